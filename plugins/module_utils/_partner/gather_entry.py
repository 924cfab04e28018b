# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""A pair of connectors -> the entry of a partner list that would make it. Pure."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import BY_OPTION, domains_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gather_names import (
    partner_of,
    remarks_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.times import iso

Entry = dict[str, t.Any]
_REMARKS = ("contact", "reference", "description")


@dataclasses.dataclass(frozen=True)
class Terms:
    """What the list is run with. ``said`` are the keys, with their section in front, that ``defaults`` fill in."""

    prefix: str
    owner: str
    now: dt.datetime
    defaults: object = None
    said: frozenset[str] = frozenset()


def entry_of(outbound: Connector, inbound: t.Sequence[Connector], terms: Terms) -> Entry:
    """Return the entry, in the order in which people read it. What is as built in is left out.

    Unless the defaults say something else: then the entry has to say that it is not so.
    """
    domains, said = _domains(inbound), terms.said
    ours = [connector for connector in (outbound, *inbound) if connector.owner == terms.owner]
    named = (partner_of(connector, terms.prefix) for connector in ours)
    name = next(filter(None, named), domains[0].removeprefix("*."))
    enabled = outbound.settings.get("enabled") is True
    remarks = remarks_of(str(ours[0].settings.get("comment", "")), name) if ours else {}
    state = "enforced" if enabled else "suspended" if "until" in remarks else "prepared"
    # It is enforced already, whatever day others are to begin on.
    begun = {"enforce_from": iso(terms.now)} if enabled and "enforce_from" in said else {}
    return {
        "name": name,
        "domains": domains,
        "state": state,
        **begun,
        **{key: remarks[key] for key in ("reason", "until") if key in remarks},
        "outbound": {**_outbound(outbound, said), **_adopt(outbound, ours)},
        **_section("inbound", {**_inbound(inbound[0], said), **_adopt(inbound[0], ours)}),
        # What was made by hand keeps its comment, so that there the defaults may be told to the partner.
        **{key: remarks.get(key, "") for key in _REMARKS if key in remarks or (ours and key in said)},
    }


def _domains(inbound: t.Sequence[Connector]) -> list[str]:
    """The domains, each before its wildcard; in the parts of a long list the longest first, so that each stays in its.

    The longest of a part does not fit into the part before: the one that began it did not, and is no longer.
    """
    if len(inbound) == 1:
        found = domains_of("inbound", inbound[0].settings)
        return sorted(found, key=lambda domain: (domain.removeprefix("*."), domain.startswith("*.")))
    parts = [domains_of("inbound", part.settings) for part in inbound]
    return [domain for part in parts for domain in sorted(part, key=lambda domain: (-len(domain), domain))]


def _outbound(connector: Connector, said: t.Container[str]) -> Entry:
    settings = connector.settings
    side: Entry = {"level": settings.get("tls_settings")}
    if side["level"] == "domain_validation":
        side["certificate_name"] = settings.get("tls_domain")
    if not settings.get("use_mx_record") or "outbound.smart_hosts" in said:
        side["smart_hosts"] = _list(settings.get("smart_hosts"))
    for option in ("smtp_dane_mode", "mta_sts_mode"):
        unset = BY_OPTION[option].kind.unset
        mode = settings.get(option) or unset
        if mode != unset or f"outbound.{option}" in said:
            side[option] = mode
    if "outbound.validation_recipients" in said and not settings.get("validation_recipients"):
        side["validation_recipients"] = []
    return side


def _inbound(connector: Connector, said: t.Container[str]) -> Entry:
    settings = connector.settings
    side: Entry = {}
    if settings.get("restrict_domains_to_certificate"):
        side["certificate_name"] = settings.get("tls_sender_certificate_name")
    elif "inbound.certificate_name" in said:
        side["certificate_name"] = ""
    if settings.get("restrict_domains_to_ip_addresses"):
        side["ip_addresses"] = _list(settings.get("sender_ip_addresses"))
    elif "inbound.ip_addresses" in said:
        side["ip_addresses"] = []
    return side


def _adopt(connector: Connector, ours: t.Sequence[Connector]) -> Entry:
    return {} if connector in ours else {"adopt": connector.name}


def _section(name: str, side: Entry) -> Entry:
    return {name: side} if side else {}


def _list(value: object) -> list[str]:
    return list(value) if isinstance(value, tuple) else []

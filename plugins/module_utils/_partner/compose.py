# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Partners -> the connectors that shall stand in Exchange, as entries of the module ``connectors``. Pure."""

from __future__ import annotations

import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Key
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.rules import (
    SENDER_DOMAINS_LIMIT,
    sender_domains_length,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import (
    DEFAULT_PREFIX,
    connector_name,
    keyed,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.standing import Stand, standing
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.times import said

Connector = dict[str, t.Any]


def compose(
    partners: t.Iterable[Partner], now: dt.datetime, prefix: str = DEFAULT_PREFIX, consent: t.Container[str] = ()
) -> list[Connector]:
    """Return the connectors of all partners, in the order of the list, outbound before inbound.

    Each partner's connectors depend on that partner and on the time alone. ``consent`` holds the keys of the partners
    whose connectors may be weakened.
    """
    return [
        {**connector, "allow_weaken": True} if partner.key in consent else connector
        for partner in partners
        for connector in connectors_of(partner, prefix, standing(partner, now).stand)
    ]


def names_of(partner: Partner, prefix: str = DEFAULT_PREFIX) -> list[str]:
    """Return the names of a partner's connectors, outbound before inbound, whether they are to stand or not.

    An adopted connector keeps its own name.
    """
    inbound = [
        connector_name(prefix, "inbound", partner.name, number)
        for number, _domains in enumerate(inbound_parts(partner.domains), start=1)
    ]
    inbound[0] = partner.inbound.adopt or inbound[0]
    return [partner.outbound.adopt or connector_name(prefix, "outbound", partner.name), *inbound]


def keys_of(partner: Partner, prefix: str = DEFAULT_PREFIX) -> list[Key]:
    """Return what identifies the same connectors, in the same order."""
    return keyed(names_of(partner, prefix))


def connectors_of(partner: Partner, prefix: str, stand: Stand) -> t.Iterator[Connector]:
    """Return a partner's connectors as they are to stand, outbound before inbound."""
    outbound, *inbound = names_of(partner, prefix)
    if stand == "absent":
        yield {"name": outbound, "direction": "outbound", "state": "absent"}
        yield from ({"name": name, "direction": "inbound", "state": "absent"} for name in inbound)
    elif stand != "untouched":
        yield _outbound(partner, outbound, _common(partner, stand, partner.outbound.adopt))
        for name, domains in zip(inbound, inbound_parts(partner.domains), strict=True):
            adopted = name == partner.inbound.adopt
            yield _inbound(partner, name, domains, _common(partner, stand, adopted))


def inbound_parts(domains: t.Sequence[str]) -> list[list[str]]:
    """Spread domains over inbound connectors, because Exchange limits the length of SenderDomains.

    They are filled in the given order, so a domain added at the end moves no other one. There is always one part.
    """
    if sender_domains_length(domains) <= SENDER_DOMAINS_LIMIT:
        return [[*domains]]
    parts: list[list[str]] = [[]]
    for domain in domains:
        if sender_domains_length([*parts[-1], domain]) > SENDER_DOMAINS_LIMIT:
            parts.append([])
        parts[-1].append(domain)
    return parts


def _outbound(partner: Partner, name: str, common: Connector) -> Connector:
    side = partner.outbound
    connector: Connector = {
        "name": name,
        "direction": "outbound",
        **common,
        "recipient_domains": list(partner.domains),
        "use_mx_record": not side.smart_hosts,
        "smart_hosts": list(side.smart_hosts),
        "tls_settings": side.level,
        "tls_domain": side.certificate_name,
        # A connector for mail flow rules only would leave this partner's mail without forced TLS.
        "transport_rule_scoped": False,
    }
    if side.smtp_dane_mode is not None:
        connector["smtp_dane_mode"] = side.smtp_dane_mode
    if side.mta_sts_mode is not None:
        connector["mta_sts_mode"] = side.mta_sts_mode
    if side.validation_recipients is not None:
        connector["validation_recipients"] = list(side.validation_recipients)
    return connector


def _inbound(partner: Partner, name: str, domains: t.Sequence[str], common: Connector) -> Connector:
    side = partner.inbound
    return {
        "name": name,
        "direction": "inbound",
        **common,
        "sender_domains": list(domains),
        "require_tls": True,
        "restrict_domains_to_certificate": bool(side.certificate_name),
        "tls_sender_certificate_name": side.certificate_name,
        "restrict_domains_to_ip_addresses": bool(side.ip_addresses),
        "sender_ip_addresses": list(side.ip_addresses),
    }


def _common(partner: Partner, stand: Stand, adopted: object) -> Connector:
    # Whoever made an adopted connector finds its comment as it was; and without a mark it is never pruned.
    text: Connector = {"owner": ""} if adopted else {"comment": comment_of(partner)}
    return {"state": "present", "enabled": stand == "enabled", "connector_type": "partner", **text}


def comment_of(partner: Partner) -> str:
    """Return what a colleague reads in the admin center."""
    texts = [
        f"Forced TLS with {partner.name}",
        f"Contact: {partner.contact}" if partner.contact else "",
        f"Reference: {partner.reference}" if partner.reference else "",
        partner.description,
        f"Suspended until {said(partner.until)}: {partner.reason}" if partner.until else "",
    ]
    return " ".join(_sentence(text) for text in texts if text)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."

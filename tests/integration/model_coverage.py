# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is enforced in a tenant at a moment, read from its records, and whether that is less than it has to be.

It knows nothing of the product: what both agree on was written down twice.
"""

from __future__ import annotations

import json
import re
import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.lab.exchange.records import Record
    from ansible_collections.mailflow.exchange_online.tests.lab.exchange.state import ExchangeState

#: TLS and its pins, one number a demand: outbound the level and DANE, inbound TLS, certificate and addresses.
Strength = tuple[int, ...]
Place = tuple[str, str]  # direction and domain
Coverage = dict[Place, set[Strength]]

LEVELS = (None, "EncryptionOnly", "CertificateValidation", "DomainValidation")
_OPTIONS = ("opportunistic", "encryption_only", "certificate_validation", "domain_validation")
_DEMANDS = {
    "require_tls": "RequireTls",
    "restrict_domains_to_certificate": "RestrictDomainsToCertificate",
    "restrict_domains_to_ip_addresses": "RestrictDomainsToIPAddresses",
}
_TRIAL = re.compile(r"^\[mailflow\.exchange_online trial (\{.*\})\]$", re.MULTILINE)


def domains_of(direction: str, record: Record) -> list[str]:
    """The domains of a connector."""
    if direction == "outbound":
        return [str(domain).lower() for domain in t.cast("list[str]", record.values["RecipientDomains"])]
    domains = t.cast("list[str]", record.values["SenderDomains"])
    return [domain.removeprefix("smtp:").partition(";")[0].lower() for domain in domains]


def in_use(direction: str, record: Record) -> bool:
    """Whether ordinary mail takes the connector."""
    if direction == "outbound" and (record.flag("IsTransportRuleScoped") or record.flag("TestMode")):
        return False
    return record.flag("Enabled")


def strength_of(direction: str, record: Record) -> Strength:
    """What it asks for."""
    if direction == "outbound":
        return LEVELS.index(record.values["TlsSettings"]), int(record.values["SmtpDaneMode"] == "Mandatory")
    return tuple(int(record.flag(name)) for name in _DEMANDS.values())


def agreed_strength(direction: str, record: Record) -> Strength:
    """What it asks for, less what a run has left on trial: the next one takes that back."""
    now, mark = strength_of(direction, record), _TRIAL.search(str(record.values["Comment"]))
    if mark is None:
        return now
    was = json.loads(mark[1])
    if direction == "inbound":
        return lower(now, tuple(int(was.get(option, True)) for option in _DEMANDS))
    level = _OPTIONS.index(was["tls_settings"]) if "tls_settings" in was else now[0]
    return lower(now, (level, int(was.get("smtp_dane_mode", "mandatory") == "mandatory")))


def coverage_of(state: ExchangeState) -> Coverage:
    """By direction and domain, how strictly the connectors in use ask for TLS."""
    found: Coverage = {}
    for direction, noun in (("outbound", "OutboundConnector"), ("inbound", "InboundConnector")):
        for record in state.collections[noun].truth.by_guid.values():
            if in_use(direction, record):
                for domain in domains_of(direction, record):
                    found.setdefault((direction, domain), set()).add(strength_of(direction, record))
    return found


def lacking(demanded: Coverage, now: Coverage) -> list[str]:
    """What is demanded and not covered."""
    return [
        f"{direction} {domain}: {wanted} is demanded, and there is {sorted(now.get((direction, domain), ()))}"
        for (direction, domain), strengths in demanded.items()
        for wanted in strengths
        if any(wanted) and not any(at_least(found, wanted) for found in now.get((direction, domain), ()))
    ]


def at_least(found: Strength, wanted: Strength) -> bool:
    """Whether it asks for as much in everything."""
    return all(one >= other for one, other in zip(found, wanted, strict=True))


def lower(first: Strength, second: Strength) -> Strength:
    """What both ask for."""
    return tuple(map(min, first, second))

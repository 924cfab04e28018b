# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Partners of the model: their entries in the list, and what has to stand in a tenant because of them.

It knows nothing of the product: what both agree on was written down twice.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.tests.integration.model_coverage import LEVELS, Coverage, domains_of

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.lab.exchange.records import Record

Values = dict[str, t.Any]

NAMES = ("Alpha", "Beta", "Gamma", "Delta")
DOMAINS = ("one.example", "two.example", "three.example", "four.example", "five.example", "*.five.example")
MARK = "[mailflow.exchange_online owner=forced_tls]"
_PREFIXES = {"outbound": "Forced TLS to", "inbound": "Forced TLS from"}
_LEVELS = {
    "encryption_only": "EncryptionOnly",
    "certificate_validation": "CertificateValidation",
    "domain_validation": "DomainValidation",
}


def is_shared(direction: str, name: str) -> bool:
    """Whether a connector has the name of one that partners share."""
    return name.startswith(f"{_PREFIXES[direction]} shared ")


def is_composed(direction: str, record: Record) -> bool:
    """Whether a connector has a name that a list gives."""
    return record.name.startswith(_PREFIXES[direction])


def mailed(domain: str) -> str:
    """A domain below a wildcard, which is not for the domain itself."""
    return domain.replace("*.", "sub.")


@dataclasses.dataclass(frozen=True)
class Partner:
    """An entry of the list."""

    name: str
    domains: tuple[str, ...]
    state: str = "enforced"
    level: str = "certificate_validation"
    hosts: bool = False
    demand: str = "tls"
    dane: bool = False
    validated: bool = False
    starts: dt.datetime | None = None
    #: By direction, the name of a connector that stood already and has become its own.
    adopts: tuple[tuple[str, str], ...] = ()

    def connector(self, direction: str) -> str:
        """The name of one of its connectors."""
        return self.adopted(direction) or self.composed(direction)

    def adopted(self, direction: str) -> str:
        """The name of the connector that it has adopted, if any."""
        return dict(self.adopts).get(direction, "")

    def composed(self, direction: str) -> str:
        """The name that its connector has where it has adopted none."""
        return f"{_PREFIXES[direction]} {self.name}"

    @property
    def recipient(self) -> str:
        """The domain to which Exchange's test mail goes."""
        return mailed(self.domains[0])

    def entry(self) -> Values:
        """What the list says."""
        outbound: Values = {"level": self.level}
        if self.level == "domain_validation":
            outbound["certificate_name"] = f"mx.{self.recipient}"
        if self.hosts:
            outbound["smart_hosts"] = [f"relay.{self.recipient}"]
        if self.dane:
            outbound["smtp_dane_mode"] = "mandatory"
        if self.validated:
            outbound["validation_recipients"] = [f"postmaster@{self.recipient}"]
        inbound: Values = {}
        if self.demand == "certificate":
            inbound["certificate_name"] = f"mx.{self.recipient}"
        if self.demand == "addresses":
            inbound["ip_addresses"] = ["192.0.2.0/24"]
        for direction, name in self.adopts:
            {"outbound": outbound, "inbound": inbound}[direction]["adopt"] = name
        entry: Values = {"name": self.name, "domains": list(self.domains), "state": self.state}
        if self.state == "suspended":
            entry |= {"reason": "INC1", "until": "2999-01-01"}
        if self.starts is not None and self.state == "enforced":
            entry["enforce_from"] = f"{self.starts:%Y-%m-%dT%H:%M:%SZ}"
        return {**entry, "outbound": outbound, "inbound": inbound}

    def dated(self, now: dt.datetime) -> bool:
        """Whether its day is still to come."""
        return self.state == "enforced" and self.starts is not None and now < self.starts

    def wish(self, now: dt.datetime) -> Coverage:
        """What is to be enforced for its domains, whatever holds it back."""
        if self.state != "enforced" or self.dated(now):
            return {}
        outbound = (LEVELS.index(_LEVELS[self.level]), int(self.dane))
        inbound = (1, int(self.demand == "certificate"), int(self.demand == "addresses"))
        wished: Coverage = {("outbound", domain): {outbound} for domain in self.domains}
        return {**wished, **{("inbound", domain): {inbound} for domain in self.domains}}

    def members(self, direction: str) -> Values:
        """What its connector has to be, without its domains and whether it is enabled."""
        mx = f"mx.{self.recipient}"
        if direction == "inbound":
            certificate, addresses = self.demand == "certificate", self.demand == "addresses"
            return {
                "ConnectorType": "Partner",
                "RequireTls": True,
                "RestrictDomainsToCertificate": certificate,
                "TlsSenderCertificateName": mx if certificate else None,
                "RestrictDomainsToIPAddresses": addresses,
                "SenderIPAddresses": ["192.0.2.0/24"] if addresses else [],
            }
        found: Values = {
            "ConnectorType": "Partner",
            "UseMXRecord": not self.hosts,
            "SmartHosts": [f"relay.{self.recipient}"] if self.hosts else [],
            "TlsSettings": _LEVELS[self.level],
            "TlsDomain": mx if self.level == "domain_validation" else None,
            "IsTransportRuleScoped": False,
        }
        if self.dane:
            found["SmtpDaneMode"] = "Mandatory"
        if self.validated:
            found["ValidationRecipients"] = [f"postmaster@{self.recipient}"]
        return found


def unlike(partner: Partner, direction: str, record: Record, *, enabled: bool, others: t.Container[str]) -> list[str]:
    """How a connector differs from what it has to be; domains among ``others`` may stay in it."""
    found = [
        f"{record.name}: {name} is {record.values[name]!r}, not {value!r}"
        for name, value in {**partner.members(direction), "Enabled": enabled}.items()
        if (record.values[name] or None) != (value or None)
    ]
    if (MARK in str(record.values["Comment"])) is bool(partner.adopted(direction)):
        found.append(f"{record.name}: its mark is that of {'ours' if partner.adopts else 'nobody'}")
    domains = set(domains_of(direction, record))
    extra = {domain for domain in domains - set(partner.domains) if domain not in others}
    if extra or not set(partner.domains) <= domains:
        found.append(f"{record.name}: it is for {sorted(domains)}, not for {sorted(partner.domains)}")
    return found


def partners(name: str, now: dt.datetime) -> st.SearchStrategy[Partner]:
    """Entries of one name; most of them are enforced."""
    often = ("enforced",) * 5
    return st.builds(
        Partner,
        name=st.just(name),
        domains=st.lists(st.sampled_from(DOMAINS), min_size=1, max_size=2, unique=True).map(tuple),
        state=st.sampled_from((*often, "prepared", "planned", "suspended", "absent")),
        level=st.sampled_from(tuple(_LEVELS)),
        hosts=st.sampled_from((False, False, True)),
        demand=st.sampled_from(("tls", "tls", "certificate", "addresses")),
        dane=st.sampled_from((False, False, False, True)),
        validated=st.booleans(),
        starts=st.sampled_from((None, None, None, now - dt.timedelta(hours=1), now + dt.timedelta(hours=30))),
    )

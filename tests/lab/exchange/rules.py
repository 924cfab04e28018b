# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules between parameters: a table of rows, each with the switch that turns it on where nothing is documented."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .errors import CmdletError, rule_broken, too_long
from .evidence import cite
from .records import Record, Values

if t.TYPE_CHECKING:
    from ..switches import Switches

PROPERTY_LIMIT = 2243


@dataclass(frozen=True, slots=True)
class Change:
    """What a New or Set would do: the record's values afterwards, the names it sent, and the other records."""

    verb: str
    values: Values
    sent: t.AbstractSet[str]
    others: t.Callable[[], t.Iterable[Record]]
    switches: Switches

    def on(self, name: str) -> bool:
        """A Boolean that is true afterwards."""
        return self.values.get(name) is True

    def filled(self, name: str) -> bool:
        """A list or text that is not empty afterwards."""
        return bool(self.values.get(name))

    def items(self, name: str) -> list[str]:
        """A list as it is afterwards."""
        return t.cast("list[str]", self.values.get(name) or [])


Verdict = str | CmdletError | None


@dataclass(frozen=True, slots=True)
class Rule:
    """``check`` returns the text of the refusal, or a whole error; ``switch`` is (name, value that enforces it)."""

    number: str
    noun: str
    evidence: str
    check: t.Callable[[Change], Verdict]
    switch: tuple[str, str] | None = None


def _out_1(change: Change) -> Verdict:
    if change.values["UseMXRecord"] or not {"UseMXRecord", "SmartHosts"} & change.sent:
        return None
    stored_suffice = change.switches["smart_hosts_same_call"] == "stored_suffice"
    if change.filled("SmartHosts") and (
        stored_suffice or "SmartHosts" in change.sent or "UseMXRecord" not in change.sent
    ):
        return None
    return "The SmartHosts parameter is required when the UseMXRecord parameter is $false."


def _out_2(change: Change) -> Verdict:
    if change.values["ConnectorType"] == "OnPremises":
        return None
    for name in ("AllAcceptedDomains", "RouteAllMessagesViaOnPremises", "SenderRewritingEnabled"):
        if change.on(name) and (name in change.sent or "ConnectorType" in change.sent):
            return f"The {name} parameter can only be specified for Connector type OnPremises."
    return None


def _out_3(change: Change) -> Verdict:
    if change.values["TlsSettings"] == "DomainValidation" and not change.filled("TlsDomain"):
        return "The TlsDomain parameter is required when the TlsSettings parameter is DomainValidation."
    return None


def _out_4(change: Change) -> Verdict:
    if "TlsDomain" in change.sent and change.filled("TlsDomain") and change.values["TlsSettings"] != "DomainValidation":
        return "The TlsDomain parameter can only be used when the TlsSettings parameter is DomainValidation."
    return None


def _out_6(change: Change) -> Verdict:
    if change.filled("RecipientDomains") or change.on("IsTransportRuleScoped") or change.on("AllAcceptedDomains"):
        return None
    return "Specify recipient domains, or scope the connector to transport rules."


def _out_8(change: Change) -> Verdict:
    if not change.on("Enabled") or change.on("IsTransportRuleScoped"):
        return None
    mine = {domain.lower() for domain in change.items("RecipientDomains")}
    for other in change.others():
        if other.flag("Enabled") and not other.flag("IsTransportRuleScoped"):
            domains = t.cast("list[str]", other.values["RecipientDomains"])
            if not mine.isdisjoint(domain.lower() for domain in domains):
                return f"A recipient domain is already used by the connector '{other.name}'."
    return None


def _out_e5(change: Change) -> Verdict:
    if change.filled("SmartHosts") and change.values["UseMXRecord"] and "SmartHosts" in change.sent:
        return "The SmartHosts parameter can't be used when the UseMXRecord parameter is $true."
    return None


def _out_e15(change: Change) -> Verdict:
    length = sum(len(domain) for domain in change.items("RecipientDomains"))
    length += max(len(change.items("RecipientDomains")) - 1, 0)
    return too_long(PROPERTY_LIMIT, length, cite("rule.E15")) if length > PROPERTY_LIMIT else None


def _in_2(change: Change) -> Verdict:
    if not change.on("TreatMessagesAsInternal"):
        return None
    if change.values["ConnectorType"] == "OnPremises" and not change.on("CloudServicesMailEnabled"):
        return None
    return (
        "The TreatMessagesAsInternal parameter requires Connector type OnPremises "
        "and the CloudServicesMailEnabled parameter to be $false."
    )


def _in_3(change: Change) -> Verdict:
    if change.on("RestrictDomainsToIPAddresses") and not change.filled("SenderIPAddresses"):
        return "The SenderIPAddresses parameter is required when RestrictDomainsToIPAddresses is $true."
    return None


def _in_4(change: Change) -> Verdict:
    if not change.on("RestrictDomainsToCertificate"):
        return None
    if change.filled("TlsSenderCertificateName") and change.on("RequireTls"):
        return None
    return "RestrictDomainsToCertificate requires TlsSenderCertificateName and RequireTls."


def _in_6(change: Change) -> Verdict:
    domains = change.items("SenderDomains")
    length = sum(map(len, domains)) + max(len(domains) - 1, 0)
    return too_long(PROPERTY_LIMIT, length, cite("rule.IN-6")) if length > PROPERTY_LIMIT else None


def _in_7(change: Change) -> Verdict:
    restricted = (
        change.on("RequireTls")
        or change.on("RestrictDomainsToCertificate")
        or change.on("RestrictDomainsToIPAddresses")
        or change.filled("TlsSenderCertificateName")
        or change.filled("SenderIPAddresses")
    )
    if restricted or change.values["ConnectorType"] != "Partner":
        return None
    return "You did not select any restriction."


def _in_8(change: Change) -> Verdict:
    if change.on("RestrictDomainsToIPAddresses") and change.on("RestrictDomainsToCertificate"):
        return "Restrict a partner connector either to IP addresses or to a certificate."
    return None


def _in_1(change: Change) -> Verdict:
    return None if change.filled("SenderDomains") else "The SenderDomains parameter can't be empty."


OUT, IN = "OutboundConnector", "InboundConnector"
RULES: tuple[Rule, ...] = (
    Rule("OUT-1", OUT, cite("rule.OUT-1"), _out_1),
    Rule("OUT-2", OUT, cite("rule.OUT-2"), _out_2),
    Rule("OUT-3", OUT, cite("rule.OUT-3"), _out_3, ("domain_validation_without_tls_domain", "refused")),
    Rule("OUT-4", OUT, cite("rule.OUT-4"), _out_4, ("tls_domain_without_domain_validation", "refused")),
    Rule("OUT-6", OUT, cite("rule.OUT-6"), _out_6, ("outbound_without_scope", "refused")),
    Rule("OUT-8", OUT, cite("rule.OUT-8"), _out_8, ("duplicate_recipient_domain", "refused")),
    Rule("E5", OUT, cite("rule.E5"), _out_e5, ("smart_hosts_with_mx", "refused")),
    Rule("E15", OUT, cite("rule.E15"), _out_e15, ("recipient_domains_limit", "2243")),
    Rule("IN-1", IN, cite("rule.IN-1"), _in_1),
    Rule("IN-2", IN, cite("rule.IN-2"), _in_2),
    Rule("IN-3", IN, cite("rule.IN-3"), _in_3, ("ip_restriction_without_addresses", "refused")),
    Rule("IN-4", IN, cite("rule.IN-4"), _in_4, ("certificate_restriction_without_name", "refused")),
    Rule("IN-6", IN, cite("rule.IN-6"), _in_6),
    Rule("IN-7", IN, cite("rule.IN-7"), _in_7, ("partner_without_restriction", "refused")),
    Rule("IN-8", IN, cite("rule.IN-8"), _in_8, ("ip_and_certificate", "refused")),
)


def enforce(noun: str, change: Change) -> None:
    """Refuse a change that breaks a rule in force, with the first one's text."""
    for rule in RULES:
        if rule.noun != noun:
            continue
        if rule.switch is not None and change.switches[rule.switch[0]] != rule.switch[1]:
            continue
        verdict = rule.check(change)
        if isinstance(verdict, CmdletError):
            raise verdict
        if verdict is not None:
            raise rule_broken(verdict, rule.evidence)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which inbound connector a message falls to, and the verdict. Pure; connectors are as Get-InboundConnector shows them.

OnPremises connectors are not matched: they are for a tenant's own servers.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ..switches import Switches
from .inbound_evidence import cite
from .inbound_shapes import ClientCertificate, Facts, Verdict

Connector = t.Mapping[str, t.Any]

RESTRICTED: t.Final = (
    "550 5.7.51 TenantInboundAttribution; There is a partner connector configured that matched the message's recipient "
    "domain. The connector had either the RestrictDomainsToIPAddresses or RestrictDomainsToCertificate set "
    "[{server} {time} {session}]"
)
RELAY_DENIED: t.Final = "550 5.7.64 TenantAttribution; Relay Access Denied [{server}]"
UNTRUSTED_ROOT: t.Final = "454 4.7.0 Failed to establish appropriate TLS channel: UntrustedRoot: Access Denied"
CLEAR: t.Final[t.Mapping[str, str]] = {
    "454": "454 4.7.0 Failed to establish appropriate TLS channel: Access Denied",
    "451": "451 5.7.3 STARTTLS is required to send mail",
    "530": "530 5.7.0 Must issue a STARTTLS command first",
}
#: What OpenSSL says of a chain without a trusted root (X509_V_ERR_*), as inbound_tls.py puts it.
UNTRUSTED: t.Final = "untrusted root"


def judge(
    facts: Facts, connectors: t.Sequence[Connector], accepted_domains: t.Collection[str], switches: Switches
) -> Verdict:
    """Take or refuse a message for one recipient."""
    if facts.recipient_domain not in {domain.lower() for domain in accepted_domains}:
        return Verdict(cite("inbound.relay-denied"), None, RELAY_DENIED)
    candidates = matching(facts, connectors, switches)
    if not candidates:
        return Verdict(cite("inbound.no-connector"))
    chosen = candidates[0]
    if is_restricting(chosen):
        satisfied = [one for one in candidates if is_restricting(one) and is_satisfied(one, facts, switches)]
        if switches["inbound_several_restrictions"] == "most_specific":
            satisfied = [one for one in satisfied if one is chosen]
        if not satisfied:
            return _refused(chosen, facts, switches)
        chosen = satisfied[0]
    row = cite("inbound.precedence" if len(candidates) > 1 else "inbound.connector")
    return _of_tls(chosen, facts, switches) or Verdict(row, str(chosen["Name"]))


def _refused(chosen: Connector, facts: Facts, switches: Switches) -> Verdict:
    of_tls = _of_tls(chosen, facts, switches) if switches["inbound_first_check"] == "tls" else None
    return of_tls or Verdict(cite("inbound.restricted"), str(chosen["Name"]), RESTRICTED)


def _of_tls(connector: Connector, facts: Facts, switches: Switches) -> Verdict | None:
    """The refusal for a message without the TLS that a connector requires."""
    if not connector.get("RequireTls"):
        return None
    name = str(connector["Name"])
    if not facts.encrypted:
        kind = switches["inbound_clear_reply"]
        rows = {"454": "inbound.clear-454", "451": "inbound.clear-451", "530": "inbound.clear-530"}
        return Verdict(cite(rows[kind]), name, CLEAR[kind])
    shown = facts.certificate
    if shown is not None and shown.problem == UNTRUSTED and switches["inbound_untrusted_root"] == "refused":
        return Verdict(cite("inbound.untrusted-root"), name, UNTRUSTED_ROOT)
    return None


# -- which connector -------------------------------------------------------------------------------------------------


def matching(facts: Facts, connectors: t.Sequence[Connector], switches: Switches) -> list[Connector]:
    """The connectors for a message, the one that counts first: restricting before others, then the exacter domain."""
    found = [
        (not is_restricting(one), _vagueness(one, facts, switches), str(one["Name"]).lower(), one)
        for one in connectors
        if _is_for(one, facts, switches)
    ]
    return [entry[3] for entry in sorted(found, key=lambda entry: entry[:3])]


def is_restricting(connector: Connector) -> bool:
    """Whether it refuses what comes from elsewhere."""
    return bool(connector.get("RestrictDomainsToIPAddresses") or connector.get("RestrictDomainsToCertificate"))


def is_satisfied(connector: Connector, facts: Facts, switches: Switches) -> bool:
    """Whether a message comes from where a restricting connector wants it; both where it restricts by both."""
    by_address, by_name = connector.get("RestrictDomainsToIPAddresses"), connector.get("RestrictDomainsToCertificate")
    if by_address and not covers(_texts(connector, "SenderIPAddresses"), facts.address):
        return False
    if by_name:
        wanted = str(connector.get("TlsSenderCertificateName") or "")
        return facts.encrypted and is_named(wanted, facts.certificate, switches)
    return True


def _is_for(connector: Connector, facts: Facts, switches: Switches) -> bool:
    if not connector.get("Enabled") or connector.get("ConnectorType") != "Partner":
        return False
    associated = [one.lower() for one in _texts(connector, "AssociatedAcceptedDomains")]
    if associated and facts.recipient_domain not in associated:
        return False
    addresses = _texts(connector, "SenderIPAddresses")
    identifies = addresses and not connector.get("RestrictDomainsToIPAddresses")
    if identifies and switches["inbound_sender_addresses"] == "identify" and not covers(addresses, facts.address):
        return False
    return _vagueness(connector, facts, switches) is not None


def _vagueness(connector: Connector, facts: Facts, switches: Switches) -> tuple[int, int] | None:
    """How exactly a connector names the sender's domain, the smaller the exacter; None where it does not."""
    found = [
        (kind, -len(pattern))
        for pattern in map(plain_domain, _texts(connector, "SenderDomains"))
        if (kind := _kind_of_match(pattern, facts.sender_domain, switches)) is not None
    ]
    return min(found, default=None)


def _kind_of_match(pattern: str, domain: str, switches: Switches) -> int | None:
    if pattern == domain:
        return 0
    if pattern == "*":
        return 2
    return 1 if domain and is_below(pattern, domain, switches) else None


def plain_domain(stored: str) -> str:
    """``contoso.com`` of ``smtp:contoso.com;1``."""
    return re.sub(r";\d+$", "", stored.strip().lower().removeprefix("smtp:"))


def is_below(pattern: str, name: str, switches: Switches) -> bool:
    """Whether a pattern with an asterisk stands for a name: all subdomains, and by a switch the domain itself."""
    if not pattern.startswith("*."):
        return False
    return name.endswith(pattern[1:]) or (switches["inbound_wildcard_apex"] == "yes" and name == pattern[2:])


# -- restrictions ----------------------------------------------------------------------------------------------------


def covers(ranges: t.Iterable[str], address: str) -> bool:
    """Whether one of the addresses and networks, which may have host bits set, holds an address."""
    wanted = ipaddress.ip_address(address)
    return any(wanted in ipaddress.ip_network(one, strict=False) for one in ranges)


def is_named(wanted: str, certificate: ClientCertificate | None, switches: Switches) -> bool:
    """Whether a certificate that is trusted has the name that a connector wants."""
    if certificate is None or certificate.problem:
        return False
    names = certificate.names if switches["inbound_certificate_san"] == "yes" else certificate.common_names
    return any(_is_name(wanted.lower(), name, switches) for name in names)


def _is_name(wanted: str, name: str, switches: Switches) -> bool:
    if wanted == name or is_below(wanted, name, switches):
        return True
    # One label, as in RFC 9525: a certificate does not speak for what lies deeper.
    in_place = name.startswith("*.") and wanted.partition(".")[2] == name[2:] and not wanted.startswith("*")
    return in_place and switches["inbound_certificate_asterisk"] == "yes"


def _texts(connector: Connector, member: str) -> list[str]:
    return [str(one) for one in connector.get(member) or ()]

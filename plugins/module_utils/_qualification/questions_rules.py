# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Which settings the service takes together. Pure."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import (
    Finding,
    Question,
    Seen,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.readings import (
    CONNECTORS,
    WIRE,
    member,
    question,
    rule,
    told,
    words,
)

_MOOT = "It does not come to that, after the answers to the questions before it."


def _hosts_with_mx(seen: Seen) -> Finding | None:
    answer = seen.get("hosts_alone")
    if answer is None or answer.refused:
        return Finding(words(answer), "refused") if answer is not None else None
    if not member(seen, "hosts_alone", "SmartHosts"):
        return None
    if member(seen, "hosts_alone", "UseMXRecord"):
        return Finding("Stored, and mail still goes by MX", "stored")
    return Finding("UseMXRecord becomes false", "turns_mx_off")


def _hosts_after_mx(seen: Seen) -> Finding | None:
    hosts = member(seen, "mx_again", "SmartHosts")
    if hosts is None or not member(seen, "hosts", "SmartHosts"):
        return None
    return Finding("They stay", "kept") if hosts else Finding("They go", "cleared")


def _hosts_same_call(seen: Seen) -> Finding | None:
    before = seen.get("hosts_again.read" if "hosts_again" in seen else "mx_again.read")
    stored = (before.own("out") if before is not None else None) or {}
    if not stored.get("SmartHosts") or not stored.get("UseMXRecord") or "mx_off" not in seen:
        return None
    if seen["mx_off"].done:
        return Finding("Stored ones suffice", "stored_suffice")
    return Finding(words(seen["mx_off"]), "required") if seen["mx_off"].refused else None


def _level_change(seen: Seen) -> Finding | None:
    if "name" not in seen or not seen["name"].done or member(seen, "level", "TlsSettings") is None:
        return None
    value = member(seen, "level", "TlsDomain")
    return Finding("It stays", "kept") if value else Finding("It goes", "cleared")


def _limit(seen: Seen) -> Finding | None:
    answer = seen.get("long")
    if answer is None:
        return None
    if answer.done:
        return Finding("3,000 characters are accepted", "none")
    return Finding(words(answer), "2243" if "2243" in answer.error.text else None) if answer.refused else None


QUESTIONS: tuple[Question, ...] = (
    question(
        "outbound_without_scope",
        "An outbound connector that matches no mail at all",
        f"{WIRE}.1",
        rule("scopeless"),
        "accepted",
        "scopeless",
    ),
    question(
        "domain_validation_without_tls_domain",
        "DomainValidation without TlsDomain",
        f"{CONNECTORS}.6",
        rule("no_name"),
        "refused",
        "no_name",
    ),
    question(
        "tls_domain_without_domain_validation",
        "TlsDomain with another level",
        f"{CONNECTORS}.6",
        rule("name_only"),
        "accepted",
        "name_only",
    ),
    question(
        "mx_without_hosts",
        "UseMXRecord false without SmartHosts",
        f"{CONNECTORS}.6",
        told("no_hosts"),
        None,
        "no_hosts",
    ),
    question(
        "smart_hosts_with_mx",
        "SmartHosts sent while UseMXRecord stays true",
        f"{CONNECTORS}.5",
        _hosts_with_mx,
        "stored",
        "hosts_alone",
        "hosts_alone.read",
    ),
    question(
        "smart_hosts_same_call",
        "UseMXRecord false: whether stored SmartHosts suffice",
        f"{CONNECTORS}.5",
        _hosts_same_call,
        "required",
        "mx_again.read",
        "hosts_again.read",
        "mx_off",
        still=_MOOT,
    ),
    question(
        "smart_hosts_after_mx",
        "SmartHosts left over when UseMXRecord becomes true",
        f"{CONNECTORS}.5",
        _hosts_after_mx,
        "kept",
        "hosts.read",
        "mx_again",
        "mx_again.read",
    ),
    question(
        "tls_domain_on_level_change",
        "TlsDomain when the level leaves DomainValidation",
        f"{CONNECTORS}.6",
        _level_change,
        "kept",
        "name",
        "level",
        "level.read",
    ),
    question(
        "recipient_domains_limit",
        "Length limit of RecipientDomains",
        f"{CONNECTORS}.11, {WIRE}.5",
        _limit,
        "none",
        "long",
    ),
    question(
        "ip_restriction_without_addresses",
        "RestrictDomainsToIPAddresses without addresses",
        f"{WIRE}.1",
        rule("no_addresses"),
        "accepted",
        "no_addresses",
    ),
    question(
        "certificate_restriction_without_name",
        "RestrictDomainsToCertificate without a name",
        f"{WIRE}.1",
        rule("no_certificate"),
        "accepted",
        "no_certificate",
    ),
    question(
        "partner_without_restriction",
        "An inbound partner connector that restricts nothing",
        f"{WIRE}.1",
        rule("nothing"),
        "accepted",
        "nothing",
    ),
    question(
        "ip_and_certificate",
        "Addresses and certificate restricted in one connector",
        f"{WIRE}.1",
        rule("two"),
        "accepted",
        "two",
    ),
    question(
        "address_v6",
        "An IPv6 address among SenderIPAddresses",
        f"{CONNECTORS}.7, {WIRE}.1",
        told("address_v6"),
        None,
        "address_v6",
    ),
    question(
        "address_wide",
        "A network wider than /24 among SenderIPAddresses",
        f"{CONNECTORS}.7",
        told("address_wide"),
        None,
        "address_wide",
    ),
    question(
        "inbound_name_length", "An inbound name of 65 characters", f"{WIRE}.5", told("long_name"), None, "long_name"
    ),
)

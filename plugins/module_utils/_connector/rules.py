# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What must hold between the settings of one connector. Pure.

Each rule judges only what is known: a setting that was left out and cannot be read yet makes a rule silent, not
broken. Sources: the parameter texts of Microsoft's New-OutboundConnector and New-InboundConnector pages, and for
the length of SenderDomains Microsoft's support article KB 4014351.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import codec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import (
    BY_OPTION,
    LONGEST_NAME,
    applies,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Direction, Settings, Wish

#: Characters that SenderDomains may take in its stored form, "smtp:contoso.com;1" a domain, one more between two.
SENDER_DOMAINS_LIMIT = 2243

_CONTROL = re.compile(r"[\x00-\x1f]")


@dataclasses.dataclass(frozen=True)
class Rule:
    """``judge`` gets the options in their order and returns a sentence when they do not fit together.

    ``asked`` names an option that must be in the user's own input for the rule to matter: Exchange keeps values
    that have no effect any more, and those are not the user's fault.
    """

    options: tuple[str, ...]
    judge: t.Callable[..., str | None]
    asked: str | None = None


def sender_domains_length(domains: t.Collection[str]) -> int:
    """Return the characters these domains take in Exchange's stored form."""
    return sum(len(f"smtp:{domain};1") for domain in domains) + max(len(domains) - 1, 0)


def _route(use_mx_record: bool, smart_hosts: tuple[str, ...]) -> str | None:
    if use_mx_record or smart_hosts:
        return None
    return "use_mx_record is false but smart_hosts is empty; list a smart host, or set use_mx_record to true."


def _hosts_unused(use_mx_record: bool, smart_hosts: tuple[str, ...]) -> str | None:
    if not (use_mx_record and smart_hosts):
        return None
    return (
        "smart_hosts are only used with use_mx_record false, and it is true, so mail would go by MX;"
        " set use_mx_record to false, or leave smart_hosts out."
    )


def _no_mark(comment: str) -> str | None:
    if codec.split_comment(comment)[1] is None:
        return None
    return "comment holds an owner's mark; take that line out, and name the owner with the option owner of connectors."


def _name_needed(tls_settings: str, tls_domain: str) -> str | None:
    if tls_settings != "domain_validation" or tls_domain:
        return None
    return (
        "tls_settings is domain_validation but tls_domain is empty; give the name in the partner's certificate,"
        " or choose certificate_validation."
    )


def _name_unused(tls_settings: str, tls_domain: str) -> str | None:
    if tls_settings == "domain_validation" or not tls_domain:
        return None
    return (
        f"tls_domain '{tls_domain}' is only checked with tls_settings domain_validation, not with {tls_settings};"
        " set that level, or leave tls_domain out."
    )


def _somewhere_to_go(domains: tuple[str, ...], rule_scoped: bool, all_accepted: bool) -> str | None:
    if domains or rule_scoped or all_accepted:
        return None
    return (
        "recipient_domains is empty, so the connector would never be used; list the partner's domains,"
        " or set transport_rule_scoped if a mail flow rule names it."
    )


def _someone_to_hear(domains: tuple[str, ...]) -> str | None:
    if domains:
        return None
    return "sender_domains is empty; list the partner's domains (Exchange requires it, '*' stands for any)."


def _sender_domains_fit(domains: tuple[str, ...]) -> str | None:
    length = sender_domains_length(domains)
    if length <= SENDER_DOMAINS_LIMIT:
        return None
    return (
        f"sender_domains has {len(domains)} domains, which take {length} characters in Exchange; it stores"
        f" {SENDER_DOMAINS_LIMIT} at most. Spread them over several inbound connectors."
    )


def _certificate_pin(restrict: bool, name: str) -> str | None:
    if not restrict or name:
        return None
    return (
        "restrict_domains_to_certificate is true but tls_sender_certificate_name is empty;"
        " give the name in the partner's certificate."
    )


def _certificate_needs_tls(restrict: bool, require_tls: bool) -> str | None:
    if not restrict or require_tls:
        return None
    return "restrict_domains_to_certificate is true but require_tls is false; a certificate comes with TLS only."


def _address_pin(restrict: bool, addresses: tuple[str, ...]) -> str | None:
    if not restrict or addresses:
        return None
    return (
        "restrict_domains_to_ip_addresses is true but sender_ip_addresses is empty;"
        " list the addresses the partner sends from."
    )


def _internal(treat: bool, cloud: bool) -> str | None:
    if not (treat and cloud):
        return None
    return "treat_messages_as_internal and cloud_services_mail_enabled cannot both be true; choose one."


RULES: tuple[Rule, ...] = (
    Rule(("comment",), _no_mark),
    Rule(("use_mx_record", "smart_hosts"), _route),
    Rule(("use_mx_record", "smart_hosts"), _hosts_unused, asked="smart_hosts"),
    Rule(("tls_settings", "tls_domain"), _name_needed),
    Rule(("tls_settings", "tls_domain"), _name_unused, asked="tls_domain"),
    Rule(("recipient_domains", "transport_rule_scoped", "all_accepted_domains"), _somewhere_to_go),
    Rule(("sender_domains",), _someone_to_hear),
    Rule(("sender_domains",), _sender_domains_fit),
    Rule(("restrict_domains_to_certificate", "tls_sender_certificate_name"), _certificate_pin),
    Rule(("restrict_domains_to_certificate", "require_tls"), _certificate_needs_tls),
    Rule(("restrict_domains_to_ip_addresses", "sender_ip_addresses"), _address_pin),
    Rule(("treat_messages_as_internal", "cloud_services_mail_enabled"), _internal),
)


def broken(settings: Settings, *, asked: t.Container[str]) -> list[tuple[Rule, str]]:
    """Return the rules these settings break, each with its sentence."""
    values = tuple(settings.values())
    return [
        (rule, sentence)
        for rule, places in _rules_about(tuple(settings))
        if rule.asked is None or rule.asked in asked
        if (sentence := rule.judge(*[values[place] for place in places])) is not None
    ]


@functools.lru_cache  # a list of connectors knows few sets of options
def _rules_about(options: tuple[str, ...]) -> list[tuple[Rule, list[int]]]:
    """The rules about some of these options, and the places of the options that each of them is about."""
    places = {option: place for place, option in enumerate(options)}
    return [(rule, [places[option] for option in rule.options]) for rule in RULES if places.keys() >= set(rule.options)]


def misplaced(wish: Wish, connector_type: object) -> list[str]:
    """Return a sentence for each option that a connector of this direction or type does not have."""
    return [*_misplaced(tuple(wish.settings), wish.direction, t.cast("str | None", connector_type))]


@functools.lru_cache
def _misplaced(options: tuple[str, ...], direction: Direction, connector_type: str | None) -> list[str]:
    found = []
    for option in options:
        field = BY_OPTION[option]
        if direction not in field.directions:
            found.append(
                f"{option} is an option of {field.directions[0]} connectors, and this one is {direction}; leave it out."
            )
        elif not applies(field, connector_type):
            found.append(
                f"{option} is an option of connector_type {field.connector_type}, and this one is {connector_type};"
                " leave it out."
            )
    return found


def name_problem(name: str) -> str | None:
    """Return what is wrong with a connector's name."""
    if not name.strip():
        return "the name is empty; give each connector a name."
    if name != name.strip():
        return "the name begins or ends with a blank; remove it."
    if _CONTROL.search(name):
        return "the name holds a control character; use printable characters."
    if len(name) > LONGEST_NAME:
        return f"the name has {len(name)} characters; Exchange takes {LONGEST_NAME} at most. Shorten it."
    return None

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold between the settings of one connector."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import rules
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import BY_OPTION
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    inn,
    out,
    wished,
)

Case = tuple[dict[str, t.Any], tuple[str, ...]]
NONE: tuple[str, ...] = ()

#: Settings that break exactly one rule, and what its sentence must hold: option names and the remedy.
BROKEN: dict[str, Case] = {
    "no route": ({"use_mx_record": False, "smart_hosts": NONE}, ("use_mx_record", "smart_hosts", "list a smart host")),
    "hosts unused": (
        {"use_mx_record": True, "smart_hosts": ("h.example",)},
        ("use_mx_record", "smart_hosts", "set use_mx_record to false"),
    ),
    "no name to check": (
        {"tls_settings": "domain_validation", "tls_domain": ""},
        ("tls_settings", "tls_domain", "certificate_validation"),
    ),
    "name not checked": (
        {"tls_settings": "encryption_only", "tls_domain": "m.a.example"},
        ("tls_domain", "m.a.example", "encryption_only", "leave tls_domain out"),
    ),
    "name not checked when opportunistic": (
        {"tls_settings": "opportunistic", "tls_domain": "m.a.example"},
        ("tls_domain", "opportunistic"),
    ),
    "for nobody": (
        {"recipient_domains": NONE, "transport_rule_scoped": False, "all_accepted_domains": False},
        ("recipient_domains", "list the partner's domains", "transport_rule_scoped"),
    ),
    "from nobody": ({"sender_domains": NONE}, ("sender_domains", "list the partner's domains")),
    "certificate pin without name": (
        {"restrict_domains_to_certificate": True, "tls_sender_certificate_name": ""},
        ("restrict_domains_to_certificate", "tls_sender_certificate_name", "give the name"),
    ),
    "certificate pin without TLS": (
        {"restrict_domains_to_certificate": True, "require_tls": False},
        ("restrict_domains_to_certificate", "require_tls"),
    ),
    "address pin without addresses": (
        {"restrict_domains_to_ip_addresses": True, "sender_ip_addresses": NONE},
        ("restrict_domains_to_ip_addresses", "sender_ip_addresses", "list the addresses"),
    ),
    "internal and hybrid": (
        {"treat_messages_as_internal": True, "cloud_services_mail_enabled": True},
        ("treat_messages_as_internal", "cloud_services_mail_enabled", "choose one"),
    ),
    "comment with a mark": (
        {"comment": "text\n[mailflow.exchange_online owner=x]"},
        ("comment", "owner's mark", "take that line out"),
    ),
}

FINE: list[dict[str, t.Any]] = [
    {},
    {"use_mx_record": True, "smart_hosts": NONE},
    {"use_mx_record": False, "smart_hosts": ("h.example",)},
    {"tls_settings": "domain_validation", "tls_domain": "m.a.example"},
    {"tls_settings": "certificate_validation", "tls_domain": ""},
    {"tls_settings": "opportunistic", "tls_domain": ""},
    {"recipient_domains": ("a.example",), "transport_rule_scoped": False, "all_accepted_domains": False},
    {"recipient_domains": NONE, "transport_rule_scoped": True, "all_accepted_domains": False},
    {"recipient_domains": NONE, "transport_rule_scoped": False, "all_accepted_domains": True},
    {"sender_domains": ("*",)},
    {"restrict_domains_to_certificate": True, "tls_sender_certificate_name": "m.a.example"},
    {"restrict_domains_to_certificate": False, "tls_sender_certificate_name": ""},
    {"restrict_domains_to_certificate": True, "require_tls": True},
    {"restrict_domains_to_certificate": False, "require_tls": False},
    {"restrict_domains_to_ip_addresses": True, "sender_ip_addresses": ("192.0.2.1",)},
    {"restrict_domains_to_ip_addresses": False, "sender_ip_addresses": NONE},
    {"restrict_domains_to_ip_addresses": False, "sender_ip_addresses": ("192.0.2.1",)},
    {"treat_messages_as_internal": True, "cloud_services_mail_enabled": False},
    {"treat_messages_as_internal": False, "cloud_services_mail_enabled": True},
    {"comment": "an [mailflow.exchange_online owner=x] in a line"},
]


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_names_options_and_remedy(case: str) -> None:
    settings, words = BROKEN[case]
    ((rule, sentence),) = rules.broken(settings, asked=settings)
    assert set(rule.options) == set(settings)
    assert all(word in sentence for word in words), sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize("case", BROKEN)
def test_a_rule_is_silent_about_what_is_not_known(case: str) -> None:
    settings, _words = BROKEN[case]
    for option in settings:
        known = {name: value for name, value in settings.items() if name != option}
        assert rules.broken(known, asked=settings) == []


@pytest.mark.parametrize("settings", FINE)
def test_fine_settings(settings: dict[str, t.Any]) -> None:
    assert rules.broken(settings, asked=settings) == []


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({"tls_settings": "encryption_only", "tls_domain": "left.over.example"}, {"tls_settings"}),
        ({"use_mx_record": True, "smart_hosts": ("left.over.example",)}, {"use_mx_record"}),
    ],
)
def test_a_left_over_that_nobody_asked_for_is_no_fault(settings: dict[str, t.Any], asked: set[str]) -> None:
    assert rules.broken(settings, asked=asked) == []
    assert len(rules.broken(settings, asked=settings)) == 1


def test_every_rule_has_a_broken_case_here() -> None:
    met = {id(rule) for settings, _words in BROKEN.values() for rule, _s in rules.broken(settings, asked=settings)}
    met |= {id(rule) for rule, _s in rules.broken({"sender_domains": domains(2244)}, asked=())}
    assert met == {id(rule) for rule in rules.RULES}
    assert {option for rule in rules.RULES for option in rule.options} <= set(BY_OPTION)


def domains(length: int) -> tuple[str, ...]:
    """Domains that take so many characters in Exchange's stored form."""
    found = [f"d{number:03}.partner.example" for number in range(70)]
    taken = len(",".join(f"smtp:{domain};1" for domain in found))
    rest = length - taken - len(",smtp:.example;1")
    labels = [("x" * 50) for _turn in range(rest // 51)]
    labels.append("y" * (rest - 51 * len(labels)))
    return (*found, ".".join(labels) + ".example")


def test_the_length_of_sender_domains() -> None:
    assert rules.sender_domains_length([]) == 0
    assert rules.sender_domains_length(["contoso.com"]) == len("smtp:contoso.com;1")
    assert rules.sender_domains_length(["a.example", "*"]) == len("smtp:a.example;1,smtp:*;1")
    assert len(",".join(f"smtp:{domain};1" for domain in domains(2243))) == 2243


def test_sender_domains_at_and_above_the_limit() -> None:
    assert rules.broken({"sender_domains": domains(2243)}, asked=()) == []
    ((_rule, sentence),) = rules.broken({"sender_domains": domains(2244)}, asked=())
    assert "2244 characters" in sentence
    assert "2243" in sentence
    assert "several inbound connectors" in sentence


def test_misplaced_knows_direction_and_type() -> None:
    (wish,) = wished(out("A", all_accepted_domains=True))
    assert rules.misplaced(wish, None) == []
    assert rules.misplaced(wish, "on_premises") == []
    (sentence,) = rules.misplaced(wish, "partner")
    assert "all_accepted_domains" in sentence
    (pinned,) = wished(inn("A", restrict_domains_to_ip_addresses=False))
    assert rules.misplaced(pinned, "partner") == []
    assert len(rules.misplaced(pinned, "on_premises")) == 1

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user wrote -> wishes, with every problem found in one go."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.wishes import read_wishes
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    Entry,
    inn,
    out,
    wished,
)


def problems(*entries: Entry, listed: bool = True) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_wishes(entries, listed=listed)
    assert caught.value.kind == "input"
    assert caught.value.message == " ".join(caught.value.problems)
    return caught.value.problems


def test_none_is_left_out_and_an_empty_value_is_kept() -> None:
    (wish,) = wished(out("A", smart_hosts=[], tls_domain="", comment="", enabled=None, recipient_domains=None))
    assert dict(wish.settings) == {"smart_hosts": (), "tls_domain": "", "comment": ""}
    assert (wish.direction, wish.name, wish.present) == ("outbound", "A", True)


def test_values_are_brought_into_their_normal_form() -> None:
    (wish,) = wished(inn("A", sender_domains=["B.example", "smtp:a.example;5", "b.example."], require_tls=False))
    assert dict(wish.settings) == {"sender_domains": ("a.example", "b.example"), "require_tls": False}


def test_state_absent() -> None:
    (wish,) = wished({**out("A"), "state": "absent"})
    assert not wish.present


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("recipient_domains", ["a b"]),
        ("recipient_domains", ["*.*.x"]),
        ("recipient_domains", ["x..y"]),
        ("recipient_domains", ["192.0.2.1"]),
        ("recipient_domains", ["a" * 64 + ".com"]),
        ("recipient_domains", [".".join(["a" * 63] * 3 + ["b" * 62])]),
        ("recipient_domains", ["com"]),
        ("recipient_domains", ["*.com"]),
        ("smart_hosts", ["h:25"]),
        ("smart_hosts", ["[1.2.3.4]:25"]),
        ("smart_hosts", ["1.2.3.4:25"]),
        ("tls_domain", "a b"),
        ("validation_recipients", ["postmaster"]),
        ("sender_domains", ["smtp:*.*.x;1"]),
        ("sender_ip_addresses", ["2001:db8::1"]),
        ("sender_ip_addresses", ["192.0.2.0/23"]),
        ("tls_sender_certificate_name", "*"),
    ],
)
def test_a_bad_value_is_refused_naming_entry_option_and_value(option: str, given: t.Any) -> None:
    inbound = option in ("sender_domains", "sender_ip_addresses", "tls_sender_certificate_name")
    entry = (inn if inbound else out)("Contoso", **{option: given})
    (problem,) = problems(out("Fine"), entry)
    place = f"connectors[1] ({'inbound' if inbound else 'outbound'} 'Contoso'): {option}: "
    assert problem.startswith(place)
    assert repr(given[0] if isinstance(given, list) else given) in problem
    assert problem.endswith(".")


def test_every_problem_of_every_entry_in_one_go() -> None:
    found = problems(
        out("", recipient_domains=["a b", "fine.example", "x..y"], tls_domain="com"),
        inn("B", sender_domains=[]),
    )
    assert [problem.partition(": ")[0] for problem in found] == [
        "connectors[0] (outbound '')",
        "connectors[0] (outbound '')",
        "connectors[0] (outbound '')",
        "connectors[1] (inbound 'B')",
    ]
    assert "'a b'" in found[0]
    assert "'x..y'" in found[0]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "the name is empty"),
        ("   ", "the name is empty"),
        ("x" * 65, "65 characters"),
        (" a", "blank"),
        ("a ", "blank"),
        ("a\nb", "control character"),
        ("a\tb", "control character"),
    ],
)
def test_a_bad_name_is_refused(name: str, problem: str) -> None:
    for state in ("present", "absent"):
        assert any(problem in sentence for sentence in problems({**out(name), "state": state}))


@pytest.mark.parametrize("name", ["x" * 64, "a", "Contoso (forced TLS) - ü", "0"])
def test_a_fine_name(name: str) -> None:
    assert wished(out(name))[0].name == name


def test_one_name_twice_in_one_direction_is_refused_without_case() -> None:
    (problem,) = problems(out("Contoso"), inn("Contoso"), out("CONTOSO"))
    assert problem.startswith("connectors[2] (outbound 'CONTOSO'): connectors[0] has the same name")


def test_one_name_in_both_directions_is_fine() -> None:
    assert len(wished(out("Contoso"), inn("Contoso"))) == 2


def test_a_single_connector_is_named_without_a_place() -> None:
    (problem,) = problems(out("Contoso", tls_domain="com"), listed=False)
    assert problem.startswith("connector 'Contoso': tls_domain: 'com' ")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (out("A", require_tls=True), ("require_tls", "inbound connectors", "outbound", "leave it out")),
        (out("A", sender_domains=["a.example"]), ("sender_domains", "inbound connectors")),
        (inn("A", tls_settings="encryption_only"), ("tls_settings", "outbound connectors", "leave it out")),
        (inn("A", recipient_domains=[]), ("recipient_domains", "outbound connectors")),
        (
            out("A", connector_type="partner", all_accepted_domains=True),
            ("all_accepted_domains", "on_premises", "partner", "leave it out"),
        ),
        (
            inn("A", connector_type="on_premises", restrict_domains_to_certificate=True),
            ("restrict_domains_to_certificate", "partner", "on_premises"),
        ),
    ],
)
def test_an_option_that_direction_or_type_does_not_have_is_refused(entry: Entry, words: tuple[str, ...]) -> None:
    (problem,) = problems(entry)
    assert all(word in problem for word in words), problem


def test_the_type_is_not_guessed_before_the_connector_was_read() -> None:
    assert wished(out("A", all_accepted_domains=True))


def test_the_rules_are_judged_on_what_was_written() -> None:
    (problem,) = problems(out("A", tls_settings="domain_validation", tls_domain=""))
    assert "tls_domain is empty" in problem
    assert wished(out("A", tls_settings="domain_validation"))


def test_an_absent_connector_needs_no_fitting_options() -> None:
    entry = out("A", tls_settings="domain_validation", tls_domain="", recipient_domains=[])
    assert wished({**entry, "state": "absent"})

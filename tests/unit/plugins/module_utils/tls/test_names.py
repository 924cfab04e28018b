# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names in certificates against the names that are expected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.names import (
    belongs_to,
    candidates,
    covers,
    exchange_match,
    matches_9525,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.observations import certificate


@pytest.mark.parametrize(
    ("pattern", "host", "matches"),
    [
        ("mx.contoso.com", "mx.contoso.com", True),
        ("mx.contoso.com", "mx2.contoso.com", False),
        ("*.contoso.com", "mx.contoso.com", True),
        ("*.contoso.com", "a.mx.contoso.com", False),
        ("*.contoso.com", "contoso.com", False),
        ("*.contoso.com", "*.contoso.com", False),
        ("*.com", "contoso.com", False),
        ("", "", False),
        ("contoso.com", "", False),
    ],
)
def test_a_wildcard_stands_for_one_label(pattern: str, host: str, matches: bool) -> None:
    assert matches_9525(pattern, host) is matches


def test_the_common_name_does_not_count() -> None:
    assert not covers(certificate("other.example", common_name="mx.contoso.com"), "mx.contoso.com")


@pytest.mark.parametrize(
    ("wanted", "name", "kind"),
    [
        ("mail.contoso.com", "mail.contoso.com", "match"),
        ("mail.contoso.com", "*.contoso.com", "match"),
        ("*.contoso.com", "mail.contoso.com", "match"),
        ("*.contoso.com", "*.contoso.com", "match"),
        ("*.contoso.com", "a.b.contoso.com", "ambiguous"),
        ("*.contoso.com", "*.b.contoso.com", "ambiguous"),
        ("*.contoso.com", "contoso.com", "ambiguous"),
        ("contoso.com", "*.contoso.com", "ambiguous"),
        ("mail.contoso.com", "contoso.com", "no"),
        ("contoso.com", "mail.contoso.com", "no"),
        ("*.contoso.com", "mail.notcontoso.com", "no"),
        ("a.mail.contoso.com", "*.contoso.com", "no"),
    ],
)
def test_exchanges_rule(wanted: str, name: str, kind: str) -> None:
    match = exchange_match(wanted, certificate(name))
    assert match.kind == kind
    assert match.name == ("" if kind == "no" else name)


def test_a_match_beats_a_doubt_and_a_doubt_beats_the_common_name() -> None:
    assert exchange_match("*.contoso.com", certificate("contoso.com", "mx.contoso.com")).name == "mx.contoso.com"
    doubtful = certificate("*.contoso.com", common_name="contoso.com")
    assert exchange_match("contoso.com", doubtful).kind == "ambiguous"
    assert exchange_match("contoso.com", certificate("x.example", common_name="Contoso.com")).kind == "common_name"


def test_candidates_are_shared_by_all_and_the_partners_own_come_first() -> None:
    first = certificate("mx1.contoso.com", "filter.example", "contoso.com")
    second = certificate("mx2.contoso.com", "filter.example", "contoso.com")
    hosts = ("mx1.contoso.com", "mx2.contoso.com")
    assert candidates([first, second], "contoso.com", hosts) == ("contoso.com", "*.contoso.com", "filter.example")
    assert candidates([first], "contoso.com", hosts)[0] == "mx1.contoso.com"
    assert candidates([], "contoso.com", hosts) == ()


def test_a_shared_providers_wildcard_is_offered_behind() -> None:
    provider = certificate("*.mail.protection.outlook.com", "mail.protection.outlook.com")
    found = candidates([provider], "contoso.com", ("contoso-com.mail.protection.outlook.com",))
    assert found == (
        "contoso-com.mail.protection.outlook.com",
        "mail.protection.outlook.com",
        "*.mail.protection.outlook.com",
    )
    assert not any(belongs_to(name, "contoso.com") for name in found)


def test_names_that_prove_nobody_are_not_offered() -> None:
    assert candidates([certificate("localhost", "*.com", "*.contoso.com")], "contoso.com", ("localhost",)) == (
        "*.contoso.com",
    )
    # The partner's own wildcard, where each certificate has a name below it; no wildcard above the partner's domain.
    for domain, offered in (("contoso.co.uk", ("*.contoso.co.uk",)), ("other.co.uk", ())):
        pair = [certificate("a.contoso.co.uk"), certificate("b.contoso.co.uk")]
        assert candidates(pair, domain, ()) == offered


def test_twenty_candidates_are_enough() -> None:
    many = certificate(*(f"n{number}.example" for number in range(60)), "mx.contoso.com")
    found = candidates([many], "contoso.com", ("n59.example",))
    assert len(found) == 20
    assert found[0] == "mx.contoso.com"


def test_a_servers_name_comes_before_a_strangers_of_the_same_length() -> None:
    assert candidates([certificate("aa.example", "mx.example")], "contoso.com", ("mx.example",))[0] == "mx.example"


LABEL = st.sampled_from(["a", "b", "mx", "contoso", "example", "com", "co", "uk"])
NAME = st.lists(LABEL, min_size=2, max_size=4).map(".".join)


@given(st.lists(st.lists(NAME, min_size=1, max_size=4), min_size=1, max_size=3), NAME)
def test_every_candidate_matches_every_certificate_and_no_wildcard_is_made_up(
    lists: list[list[str]], domain: str
) -> None:
    certificates = [certificate(*names) for names in lists]
    for name in candidates(certificates, domain, ()):
        assert all(exchange_match(name, one).kind == "match" for one in certificates)
        if name.startswith("*."):
            assert name == f"*.{domain}"

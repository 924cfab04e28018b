# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What takes enforcement away, and what does not."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Direction, Settings, key

DV: dict[str, t.Any] = {
    "enabled": True,
    "connector_type": "partner",
    "recipient_domains": ("a.example", "b.example"),
    "transport_rule_scoped": False,
    "test_mode": False,
    "tls_settings": "domain_validation",
    "tls_domain": "mx.a.example",
    "smtp_dane_mode": "opportunistic",
    "comment": "",
}
PINNED: dict[str, t.Any] = {
    "enabled": True,
    "connector_type": "partner",
    "sender_domains": ("a.example", "b.example"),
    "require_tls": True,
    "restrict_domains_to_certificate": True,
    "tls_sender_certificate_name": "mx.a.example",
    "restrict_domains_to_ip_addresses": True,
    "sender_ip_addresses": ("192.0.2.1",),
}
OWN = "own"


def reasons(
    before: Settings, after: Settings | None, *others: Settings, direction: Direction = "outbound"
) -> list[str]:
    """What a change of one connector takes away, with these other connectors there afterwards."""
    final = [(key(direction, f"other {number}"), settings) for number, settings in enumerate(others)]
    if after is not None:
        final.append((key(direction, OWN), after))
    return weaken.reasons(key(direction, OWN), before, after, weaken.Coverage(final))


LEVELS = ["opportunistic", "encryption_only", "certificate_validation", "domain_validation", "UnheardOfValidation"]


@pytest.mark.parametrize("old", range(len(LEVELS)))
@pytest.mark.parametrize("new", range(len(LEVELS)))
def test_levels(old: int, new: int) -> None:
    found = reasons({**DV, "tls_settings": LEVELS[old]}, {**DV, "tls_settings": LEVELS[new]})
    assert found == ([f"tls_settings from {LEVELS[old]} to {LEVELS[new]}"] if new < old else [])


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, {"enabled": False}, "disabled"),
        ({}, {"transport_rule_scoped": True}, "for mail flow rules only"),
        ({}, {"test_mode": True}, "in test mode"),
        ({}, {"recipient_domains": ("a.example",)}, "no longer for b.example"),
        ({}, {"connector_type": "on_premises"}, "connector_type from partner to on_premises"),
        ({"smtp_dane_mode": "mandatory"}, {"smtp_dane_mode": "opportunistic"}, "smtp_dane_mode from mandatory"),
        ({"smtp_dane_mode": "mandatory"}, {"smtp_dane_mode": "none"}, "smtp_dane_mode from mandatory to none"),
        (
            {"tls_settings": "opportunistic", "smtp_dane_mode": "mandatory"},
            {"smtp_dane_mode": "opportunistic", "tls_settings": "domain_validation"},
            "smtp_dane_mode from mandatory",
        ),
    ],
)
def test_what_weakens_an_outbound_connector(before: dict[str, t.Any], after: dict[str, t.Any], words: str) -> None:
    (found,) = reasons({**DV, **before}, {**DV, **before, **after})
    assert words in found


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ({"enabled": False}, "disabled"),
        ({"require_tls": False}, "require_tls from true to false"),
        ({"restrict_domains_to_certificate": False}, "restrict_domains_to_certificate from true to false"),
        ({"restrict_domains_to_ip_addresses": False}, "restrict_domains_to_ip_addresses from true to false"),
        ({"sender_domains": ("b.example",)}, "no longer for a.example"),
    ],
)
def test_what_weakens_an_inbound_connector(after: dict[str, t.Any], words: str) -> None:
    (found,) = reasons(PINNED, {**PINNED, **after}, direction="inbound")
    assert words in found


def test_deleting_an_enforcing_connector_weakens() -> None:
    assert reasons(DV, None) == ["deleted"]
    assert reasons(PINNED, None, direction="inbound") == ["deleted"]


def test_several_reasons_are_all_named() -> None:
    found = reasons(DV, {**DV, "enabled": False, "tls_settings": "opportunistic", "recipient_domains": ()})
    assert len(found) == 3


def test_a_pin_is_nobodys_where_all_domains_have_moved_elsewhere() -> None:
    gone = {**PINNED, "sender_domains": ("c.example",), "restrict_domains_to_ip_addresses": False}
    assert reasons(PINNED, gone, PINNED, direction="inbound") == []
    assert len(reasons(PINNED, gone, {**PINNED, "sender_domains": ("a.example",)}, direction="inbound")) == 2
    one_stays = {**gone, "sender_domains": ("b.example",)}
    assert len(reasons(PINNED, one_stays, PINNED, direction="inbound")) == 1


@pytest.mark.parametrize(
    "after",
    [
        {"comment": "new"},
        {"tls_domain": "mx.b.example"},
        {"recipient_domains": ("a.example", "b.example", "c.example")},
        {"smtp_dane_mode": "mandatory"},
        {"smtp_dane_mode": "none"},
        {},
    ],
)
def test_what_does_not_weaken(after: dict[str, t.Any]) -> None:
    assert reasons(DV, {**DV, **after}) == []


DISABLED = {"enabled": False}
TEST_ONLY = {"test_mode": True}
TOOTHLESS = {"tls_settings": "opportunistic"}


@pytest.mark.parametrize("idle", [DISABLED, TEST_ONLY, TOOTHLESS])
@pytest.mark.parametrize(
    "after", [None, {"recipient_domains": ()}, {"tls_settings": "opportunistic"}, {"transport_rule_scoped": True}]
)
def test_a_connector_that_enforces_nothing_cannot_be_weakened(
    idle: dict[str, t.Any], after: dict[str, t.Any] | None
) -> None:
    before = {**DV, **idle}
    assert reasons(before, None if after is None else {**before, **after}) == []


def test_enabling_does_not_weaken() -> None:
    assert reasons({**DV, **DISABLED}, DV) == []


def test_whether_it_is_enabled_is_not_taken_for_no_when_it_was_not_read() -> None:
    before = {option: value for option, value in DV.items() if option not in ("enabled", "test_mode")}
    assert reasons(before, None) == ["deleted"]


WITHOUT_B = {**DV, "recipient_domains": ("a.example",)}
FOR_B = {**DV, "recipient_domains": ("b.example",)}


@pytest.mark.parametrize("level", ["domain_validation", "UnheardOfValidation"])
def test_a_domain_that_another_connector_enforces_as_strictly_may_go(level: str) -> None:
    assert reasons(DV, WITHOUT_B, {**FOR_B, "tls_settings": level}) == []


@pytest.mark.parametrize(
    "other",
    [
        {"tls_settings": "certificate_validation"},
        {"tls_settings": "opportunistic"},
        {"tls_settings": "certificate_validation", "smtp_dane_mode": "mandatory"},
        {"enabled": False},
        {"test_mode": True},
        {"transport_rule_scoped": True},
        {"recipient_domains": ("c.example",)},
        {"recipient_domains": ("*.example",)},
    ],
)
def test_a_domain_that_no_other_connector_holds_as_strictly_may_not(other: dict[str, t.Any]) -> None:
    assert reasons(DV, WITHOUT_B, {**FOR_B, **other}) == ["no longer for b.example"]


def test_mandatory_dane_must_move_along() -> None:
    before = {**DV, "smtp_dane_mode": "mandatory"}
    after = {**before, "recipient_domains": ("a.example",)}
    assert reasons(before, after, FOR_B) == ["no longer for b.example"]
    assert reasons(before, after, {**FOR_B, "smtp_dane_mode": "mandatory"}) == []


@pytest.mark.parametrize("pin", ["require_tls", "restrict_domains_to_certificate", "restrict_domains_to_ip_addresses"])
def test_every_inbound_pin_must_move_along(pin: str) -> None:
    after = {**PINNED, "sender_domains": ("a.example",)}
    other = {**PINNED, "sender_domains": ("b.example",)}
    assert reasons(PINNED, after, other, direction="inbound") == []
    assert reasons(PINNED, after, {**other, pin: False}, direction="inbound") == ["no longer for b.example"]


@pytest.mark.parametrize("after", [None, {"enabled": False}, {"transport_rule_scoped": True}, {"test_mode": True}])
def test_a_covered_connector_may_leave(after: dict[str, t.Any] | None) -> None:
    changed = None if after is None else {**DV, **after}
    for_a = {**DV, "recipient_domains": ("a.example",)}
    assert reasons(DV, changed, for_a, FOR_B) == []
    assert len(reasons(DV, changed, FOR_B)) == 1
    assert len(reasons(DV, changed, for_a, {**FOR_B, "enabled": False})) == 1


def test_what_mail_flow_rules_use_is_covered_by_nobody() -> None:
    before = {**DV, "transport_rule_scoped": True}
    assert reasons(before, None, DV) == ["deleted"]
    assert reasons(before, {**before, "enabled": False}, DV) == ["disabled"]


def test_the_two_directions_do_not_cover_each_other() -> None:
    inbound = {**PINNED, "sender_domains": ("a.example", "b.example")}
    coverage = weaken.Coverage([(key("inbound", "other"), inbound)])
    assert weaken.reasons(key("outbound", OWN), DV, None, coverage) == ["deleted"]


def test_a_connector_does_not_cover_itself() -> None:
    assert reasons(DV, WITHOUT_B) == ["no longer for b.example"]
    coverage = weaken.Coverage([(key("outbound", OWN), DV)])
    assert weaken.reasons(key("outbound", OWN), DV, None, coverage) == ["deleted"]

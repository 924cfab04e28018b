# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How full a tenant is, and what a run costs."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector, Plan, Policy
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import make_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.wishes import read_wishes
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.capacity import (
    capacity_of,
    requests_of,
)


def out(name: str, *domains: str, **settings: t.Any) -> Connector:
    return Connector("outbound", name, f"guid of {name}", {"recipient_domains": domains, **settings})


def inn(name: str, *domains: str, **settings: t.Any) -> Connector:
    return Connector("inbound", name, f"guid of {name}", {"sender_domains": domains, **settings})


def plan(standing: t.Sequence[Connector], *entries: dict[str, t.Any], **policy: t.Any) -> Plan:
    return make_plan(read_wishes(entries, listed=True), standing, Policy(**policy))


def wish(direction: str, name: str, *domains: str, **options: t.Any) -> dict[str, t.Any]:
    option = {"outbound": "recipient_domains", "inbound": "sender_domains"}[direction]
    return {"name": name, "direction": direction, "state": "present", option: list(domains), **options}


def many(count: int, start: int = 0) -> list[dict[str, t.Any]]:
    return [wish("outbound", f"to {number}", f"p{number}.example") for number in range(start, start + count)]


# -- how full ------------------------------------------------------------------------------------------------------


def test_connectors_now_and_afterwards() -> None:
    standing = [out("stays", "a.example"), out("goes", "b.example", enabled=False), inn("in", "a.example")]
    wishes = [
        wish("outbound", "new", "c.example"),
        wish("outbound", "newer", "d.example"),
        wish("inbound", "in", "a.example", "e.example"),
        {"name": "goes", "direction": "outbound", "state": "absent"},
    ]
    found = capacity_of(standing, plan(standing, *wishes).changes)
    assert found["connectors"] == {
        "outbound": {"now": 2, "after": 3, "limit": None},
        "inbound": {"now": 1, "after": 1, "limit": None},
    }
    assert found["connectors_limit"] == "none published"


def test_what_is_held_back_is_not_counted() -> None:
    standing = [out("kept", "a.example", tls_settings="encryption_only")]
    gone = {"name": "kept", "direction": "outbound", "state": "absent"}
    for allowed, after in ((False, 1), (True, 0)):
        changes = plan(standing, gone, allow_weaken=allowed).changes
        assert capacity_of(standing, changes)["connectors"]["outbound"]["after"] == after
        assert requests_of(standing, changes)["write"] == 1 - after


def test_the_fullest_inbound_connectors() -> None:
    # "smtp:" and ";1" are seven characters a domain, and one stands between two.
    standing = [inn("small", "a.example"), inn("large", *(f"d{number:02d}.example" for number in range(50)))]
    standing += [inn("empty"), inn("middle", "a.example", "b.example"), out("to", *("x.example",) * 90)]
    found = capacity_of(
        standing, plan(standing, wish("inbound", "large", *(f"d{n:02d}.example" for n in range(60)))).changes
    )
    assert found["sender_domains"] == {
        "limit": 2243,
        "fullest": [
            {"name": "large", "domains": 60, "characters": 60 * 18 + 59, "room": 2243 - 60 * 18 - 59},
            {"name": "middle", "domains": 2, "characters": 33, "room": 2210},
            {"name": "small", "domains": 1, "characters": 16, "room": 2227},
        ],
    }


# -- what it costs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outbound", "scoped", "inbound", "single", "batched"),
    [
        (0, 0, 0, 5, 1),
        (1000, 0, 1000, 5, 1),
        (1001, 0, 0, 7, 2),
        (0, 1001, 0, 7, 2),
        (0, 0, 1001, 6, 2),
        (1800, 0, 4450, 11, 5),
    ],
)
def test_reading(outbound: int, scoped: int, inbound: int, single: int, batched: int) -> None:
    standing = [out(f"o{number}") for number in range(outbound)]
    standing += [out(f"s{number}", transport_rule_scoped=True) for number in range(scoped)]
    standing += [inn(f"i{number}") for number in range(inbound)]
    assert requests_of(standing, [])["read"] == single
    assert requests_of(standing, [], batch_size=10)["read"] == batched
    assert requests_of(standing, [], batch_size=10)["write"] == 0


def test_batches_that_do_not_hold_all_lists() -> None:
    assert requests_of([], [], batch_size=2)["read"] == 3


@pytest.mark.parametrize(("count", "batch_size", "writes"), [(1, 1, 1), (500, 1, 500), (500, 10, 50), (21, 10, 3)])
def test_creating_asks_for_the_own_domains_once(count: int, batch_size: int, writes: int) -> None:
    changes = plan([], *many(count)).changes
    assert requests_of([], changes, batch_size=batch_size)["write"] == writes + 1


def test_changing_without_a_new_domain() -> None:
    standing = [out("a", "a.example", "b.example"), out("b", "c.example", connector_type="on_premises")]
    wishes = [wish("outbound", "a", "a.example"), wish("outbound", "b", "c.example", "d.example")]
    changes = plan(standing, *wishes).changes
    assert requests_of(standing, changes)["write"] == 2


def test_the_own_domains_are_asked_for_before_it_is_known_that_nothing_is_done() -> None:
    standing = [out("a", "a.example", tls_settings="certificate_validation")]
    (change,) = plan(standing, wish("outbound", "a", "b.example")).changes
    assert change.blocked
    assert requests_of(standing, [change])["write"] == 1


def test_a_domain_that_moves_is_two_rounds() -> None:
    standing = [out("old", "a.example", "b.example"), out("new", "c.example")]
    wishes = [wish("outbound", "old", "a.example"), wish("outbound", "new", "b.example", "c.example")]
    changes = plan(standing, *wishes).changes
    assert requests_of(standing, changes, batch_size=10)["write"] == 2 + 1


def test_looking_once_more_is_one_list_a_direction() -> None:
    standing = [out(f"o{number}") for number in range(1001)] + [
        inn("in", "in.example", require_tls=True, comment="old")
    ]
    both = plan([], wish("outbound", "a", "a.example"), wish("inbound", "a", "a.example")).changes
    assert requests_of([], both)["look"] == 2
    assert requests_of([], both, batch_size=10)["look"] == 1
    assert requests_of(standing, both)["look"] == 3
    # What is made disabled, or goes, has nobody beside it.
    prepared = plan(standing, wish("outbound", "a", "a.example", enabled=False)).changes
    gone = {"name": "in", "direction": "inbound", "state": "absent"}
    assert requests_of(standing, [*prepared, *plan(standing, gone, allow_weaken=True).changes])["look"] == 0
    assert (
        requests_of(standing, plan(standing, wish("inbound", "in", "in.example", comment="new")).changes)["look"] == 1
    )


def test_validating() -> None:
    standing = [out(f"o{number}") for number in range(1500)]
    assert requests_of(standing, [], validations=0)["validate"] == 0
    assert requests_of(standing, [], validations=3)["validate"] == 6 + 2 * 3 + 2
    assert requests_of(standing, [], validations=3, batch_size=10)["validate"] == 2 + 2 * 3 + 2

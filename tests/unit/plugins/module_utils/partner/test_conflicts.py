# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in a partner's way, on the list and in the tenant."""

from __future__ import annotations

import datetime as dt
import random
import sys
import types
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Direction,
    Key,
    key,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.rivals import wider
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import compose
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.conflicts import (
    Conflict,
    find_conflicts,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import connector_name

OWNER = "forced_tls"
NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.timezone.utc)

Short = tuple[str, str, str, str]


def out(name: str, *domains: str, owner: str | None = None, **settings: t.Any) -> Connector:
    """An outbound connector that stands in Exchange, made in the wizard unless said otherwise."""
    wizard = {"enabled": True, "connector_type": "partner", "tls_settings": "certificate_validation"}
    return Connector("outbound", name, f"guid of {name}", {**wizard, "recipient_domains": domains, **settings}, owner)


def inn(name: str, *domains: str, owner: str | None = None, **settings: t.Any) -> Connector:
    """An inbound one."""
    wizard = {"enabled": True, "connector_type": "partner", "require_tls": True}
    return Connector("inbound", name, f"guid of {name}", {**wizard, "sender_domains": domains, **settings}, owner)


BY_NAME = {"restrict_domains_to_certificate": True, "tls_sender_certificate_name": "mail.contoso.com"}
BY_ADDRESS = {"restrict_domains_to_ip_addresses": True, "sender_ip_addresses": ("192.0.2.0/24",)}


def names_and_keys(partners: t.Iterable[Partner]) -> tuple[dict[str, list[str]], set[Key]]:
    names, ours = {}, set()
    for partner in partners:
        pair: list[tuple[Direction, str]] = [
            ("outbound", partner.outbound.adopt or connector_name("Forced TLS", "outbound", partner.name)),
            ("inbound", partner.inbound.adopt or connector_name("Forced TLS", "inbound", partner.name)),
        ]
        names[partner.key] = [name for _direction, name in pair]
        ours |= {key(direction, name) for direction, name in pair}
    return names, ours


def found(entries: t.Sequence[object], *standing: Connector, owner: str | None = OWNER) -> list[Conflict]:
    partners = check_partners(list(entries))
    names, ours = names_and_keys(partners)
    return find_conflicts(partners, names, standing, ours, owner)


def short(conflicts: t.Iterable[Conflict]) -> list[Short]:
    return [(one.kind, one.severity, one.partner, one.domain) for one in conflicts]


CONTOSO = {"name": "Contoso", "domains": ["contoso.com"]}
BELOW = {"name": "Contoso", "domains": ["*.contoso.com"]}
PINNED = {**CONTOSO, "inbound": {"certificate_name": "mx.contoso.com"}}
PINNED_BELOW = {**BELOW, "inbound": {"certificate_name": "mx.contoso.com"}}


# -- one foreign connector ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "standing", "kind", "severity"),
    [
        (CONTOSO, out("X", "contoso.com"), "same_domain", "hold"),
        (CONTOSO, out("X", "contoso.com", owner="others"), "same_domain", "hold"),
        (CONTOSO, out("X", "contoso.com", connector_type="on_premises"), "same_domain", "hold"),
        (CONTOSO, out("X", "contoso.com", enabled=False), "same_domain_disabled", "notice"),
        (CONTOSO, out("X", "contoso.com", transport_rule_scoped=True), "rule_scoped", "notice"),
        (
            CONTOSO,
            out("X", "contoso.com", transport_rule_scoped=True, enabled=False),
            "same_domain_disabled",
            "notice",
        ),
        (CONTOSO, out("X", "contoso.com", test_mode=True), "test_mode", "notice"),
        (CONTOSO, out("X", "contoso.com", owner=OWNER), "leftover", "hold"),
        (CONTOSO, out("X", "contoso.com", owner=OWNER, enabled=False), "same_domain_disabled", "notice"),
        (CONTOSO, out("X", "*.contoso.com"), "covered_by_wildcard", "notice"),
        (CONTOSO, out("X", "*.com"), "covered_by_wildcard", "notice"),
        (BELOW, out("X", "*.com"), "covered_by_wildcard", "notice"),
        (BELOW, out("X", "*.contoso.com"), "same_domain", "hold"),
        (BELOW, out("X", "sub.contoso.com"), "exact_beats_wildcard", "notice"),
        (BELOW, out("X", "a.b.contoso.com"), "exact_beats_wildcard", "notice"),
        (BELOW, out("X", "*.sub.contoso.com"), "exact_beats_wildcard", "notice"),
        (BELOW, out("X", "contoso.com"), "exact_beats_wildcard", "notice"),
        (PINNED_BELOW, out("X", "sub.contoso.com"), "exact_beats_wildcard", "notice"),
        (CONTOSO, inn("X", "contoso.com"), "same_domain", "hold"),
        (CONTOSO, inn("X", "contoso.com", enabled=False, **BY_NAME), "same_domain_disabled", "notice"),
        (CONTOSO, inn("X", "contoso.com", owner=OWNER), "leftover", "hold"),
        (CONTOSO, inn("X", "contoso.com", connector_type="on_premises"), "on_premises", "notice"),
        (CONTOSO, inn("X", "contoso.com", **BY_NAME), "restrict_beats_domain", "hold"),
        (CONTOSO, inn("X", "contoso.com", **BY_ADDRESS), "restrict_beats_domain", "hold"),
        (CONTOSO, inn("X", "*.contoso.com", **BY_NAME), "restrict_beats_domain", "hold"),
        (PINNED, inn("X", "contoso.com", **BY_NAME), "same_domain", "hold"),
        (PINNED, inn("X", "contoso.com"), "same_domain", "hold"),
        (PINNED, inn("X", "*.contoso.com", **BY_NAME), "covered_by_wildcard", "notice"),
        (CONTOSO, inn("X", "*.contoso.com"), "covered_by_wildcard", "notice"),
        (BELOW, inn("X", "sub.contoso.com"), "exact_beats_wildcard", "notice"),
        (BELOW, inn("X", "sub.contoso.com", **BY_NAME), "exact_beats_wildcard", "notice"),
        (PINNED_BELOW, inn("X", "sub.contoso.com"), "restriction_covers", "notice"),
        (PINNED_BELOW, inn("X", "sub.contoso.com", **BY_NAME), "exact_beats_wildcard", "notice"),
    ],
)
def test_a_foreign_connector(entry: dict[str, t.Any], standing: Connector, kind: str, severity: str) -> None:
    (conflict,) = found([entry], standing)
    assert (conflict.kind, conflict.severity) == (kind, severity)
    assert (conflict.partner, conflict.domain) == ("Contoso", entry["domains"][0])
    assert (conflict.direction, conflict.connector) == (standing.direction, "X")
    assert conflict.message.startswith("Contoso: ")
    assert "'X'" in conflict.message


@pytest.mark.parametrize(
    "standing",
    [
        out("X", "fabrikam.com"),
        out("X", "sub.contoso.com"),
        out("X", "acontoso.com", "*.acontoso.com"),
        out("X", "*.contoso.com", enabled=False),
        out("X", "*.contoso.com", test_mode=True),
        out("X", "*.contoso.com", transport_rule_scoped=True),
        out("X", transport_rule_scoped=True),
        out("X", all_accepted_domains=True, connector_type="on_premises"),
        inn("X", "sub.contoso.com", **BY_NAME),
        inn("X", "*.contoso.com", connector_type="on_premises", **BY_NAME),
    ],
)
def test_a_foreign_connector_that_is_in_nobodys_way(standing: Connector) -> None:
    assert found([CONTOSO], standing) == []


@pytest.mark.parametrize("standing", [out("X", "sub.contoso.com"), inn("X", "sub.contoso.com")])
@pytest.mark.parametrize("settings", [{"enabled": False}, {"test_mode": True}, {"transport_rule_scoped": True}])
def test_below_a_wildcard_only_what_is_in_force_counts(standing: Connector, settings: dict[str, t.Any]) -> None:
    asleep = standing._replace(settings={**standing.settings, **settings})
    assert found([BELOW], asleep) == []


def test_each_direction_is_asked_by_itself() -> None:
    conflicts = found([CONTOSO], inn("X", "contoso.com"), out("X", "contoso.com"))
    assert [(one.direction, one.kind) for one in conflicts] == [("outbound", "same_domain"), ("inbound", "same_domain")]


# -- what is enforced already stays ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "foreign"),
    [
        (out("Forced TLS to Contoso", "contoso.com", owner=OWNER), out("X", "contoso.com")),
        (inn("Forced TLS from Contoso", "contoso.com", owner=OWNER), inn("X", "contoso.com", **BY_NAME)),
        (inn("Forced TLS from Contoso", "contoso.com", owner=OWNER), inn("X", "*.contoso.com", **BY_NAME)),
        (out("Forced TLS to Contoso", "contoso.com", owner=OWNER), out("X", "contoso.com", owner=OWNER)),
    ],
)
def test_a_duplicate_beside_what_is_in_force_holds_nothing_back(own: Connector, foreign: Connector) -> None:
    (conflict,) = found([CONTOSO], own, foreign)
    assert (conflict.severity, conflict.connector) == ("notice", "X")
    asleep = own._replace(settings={**own.settings, "enabled": False})
    (conflict,) = found([CONTOSO], asleep, foreign)
    assert conflict.severity == "hold"


def test_what_stands_for_another_direction_or_domain_does_not_count() -> None:
    foreign = out("X", "contoso.com")
    for own in (
        inn("Forced TLS from Contoso", "contoso.com", owner=OWNER),
        out("Forced TLS to Contoso", "contoso.net", owner=OWNER),
        out("Forced TLS to Contoso", "contoso.com", owner=OWNER, transport_rule_scoped=True),
    ):
        assert short(found([CONTOSO], own, foreign)) == [("same_domain", "hold", "Contoso", "contoso.com")]


def test_a_domain_that_moves_within_the_list_is_in_force_already() -> None:
    old = out("Forced TLS to Fabrikam", "contoso.com", "fabrikam.com", owner=OWNER)
    fabrikam = {"name": "Fabrikam", "domains": ["fabrikam.com"]}
    (conflict,) = found([fabrikam, CONTOSO], old, out("X", "contoso.com"))
    assert (conflict.partner, conflict.severity) == ("Contoso", "notice")


def test_the_partners_own_connectors_are_no_conflict() -> None:
    own = (
        out("FORCED TLS TO contoso", "contoso.com", owner=OWNER),
        inn("Forced TLS from Contoso", "contoso.com", owner=OWNER),
    )
    assert found([CONTOSO], *own) == []


def test_partners_that_go_take_no_part() -> None:
    gone = {**BELOW, "state": "absent"}
    assert found([gone], out("X", "*.contoso.com"), out("Y", "sub.contoso.com")) == []
    # Neither do their domains stand in another one's way.
    assert found([gone, {"name": "Sub", "domains": ["sub.contoso.com"]}]) == []


@pytest.mark.parametrize("state", ["planned", "prepared", "suspended"])
def test_partners_that_are_not_enforced_hear_of_it_in_time(state: str) -> None:
    suspended = {"reason": "mending", "until": "2026-12-31"} if state == "suspended" else {}
    conflicts = found([{**CONTOSO, "state": state, **suspended}], out("X", "contoso.com"))
    assert short(conflicts) == [("same_domain", "hold", "Contoso", "contoso.com")]


# -- names -------------------------------------------------------------------------------------------------------------


def test_an_adopted_connector_is_the_partners() -> None:
    adopting = {**CONTOSO, "outbound": {"adopt": "hand MADE"}, "inbound": {"adopt": "In"}}
    standing = [out("Hand made", "contoso.com"), inn("In", "contoso.com", **BY_NAME)]
    assert found([adopting], *standing) == []
    # Also where its name is given as Exchange spells it.
    partners = check_partners([adopting])
    assert (
        find_conflicts(partners, {"contoso": ["Hand made", "In"]}, standing, names_and_keys(partners)[1], OWNER) == []
    )


def test_a_connector_to_adopt_that_is_not_there() -> None:
    adopting = {**CONTOSO, "inbound": {"adopt": "In"}}
    (conflict,) = found([adopting], out("In", "adatum.com"))
    assert (conflict.kind, conflict.severity, conflict.direction) == ("adopt_missing", "hold", "inbound")
    assert conflict.message == (
        "Contoso: inbound.adopt names 'In', and no inbound connector of that name stands in Exchange; correct the name,"
        " or remove adopt to have a connector made."
    )


def test_a_name_that_another_owner_has() -> None:
    (conflict,) = found([CONTOSO], out("Forced TLS to Contoso", "adatum.com", owner="others"))
    assert (conflict.kind, conflict.severity) == ("same_name", "hold")
    assert "carries the mark of owner 'others'" in conflict.message
    adopting = {**CONTOSO, "outbound": {"adopt": "Hand made"}}
    (conflict,) = found([adopting], out("Hand made", "contoso.com", owner="others"))
    assert (conflict.kind, conflict.severity) == ("same_name", "hold")
    (conflict,) = found([adopting], out("Hand made", "contoso.com", owner="others"), owner=None)
    assert (conflict.kind, conflict.severity) == ("same_name", "hold")


def test_a_name_that_nobody_has_marked() -> None:
    unmarked = out("Forced TLS to Contoso", "contoso.com")
    (conflict,) = found([CONTOSO], unmarked)
    assert (conflict.kind, conflict.severity) == ("same_name", "notice")
    # Without marks there is nothing to tell.
    assert found([CONTOSO], unmarked, owner=None) == []
    # What holds the partner back comes first.
    asleep = unmarked._replace(settings={**unmarked.settings, "enabled": False})
    conflicts = found([CONTOSO], asleep, out("X", "contoso.com"))
    assert [one.kind for one in conflicts] == ["same_domain", "same_name"]


def test_without_a_mark_of_ones_own_nothing_is_left_over() -> None:
    conflicts = found([CONTOSO], out("X", "contoso.com"), owner=None)
    assert short(conflicts) == [("same_domain", "hold", "Contoso", "contoso.com")]


# -- everybody ---------------------------------------------------------------------------------------------------------


def test_a_catch_all_is_told_once_and_not_for_each_partner() -> None:
    every = [out("Gateway", "*"), inn("Filter", "*", **BY_ADDRESS), inn("Open", "*"), out("Off", "*", enabled=False)]
    hybrid = inn("Hybrid", "*", connector_type="on_premises")
    conflicts = found(["a.example", "b.example"], *every, hybrid)
    assert [(one.kind, one.severity, one.partner, one.domain, one.connector) for one in conflicts] == [
        ("catch_all", "notice", "", "*", "Gateway"),
        ("catch_all", "notice", "", "*", "Filter"),
        ("catch_all", "notice", "", "*", "Open"),
    ]
    assert conflicts[1].message == (
        "The inbound connector 'Filter' has mail from every domain (*) refused unless it comes from 192.0.2.0/24, and"
        " such a restriction comes before connectors that go by the domain alone; make sure that all partners' mail"
        " comes that way, or give them an inbound.certificate_name or inbound.ip_addresses."
    )
    assert "refused" not in conflicts[2].message


# -- partners of one list ----------------------------------------------------------------------------------------------


def test_a_wildcard_of_another_partner_is_told_once() -> None:
    conflicts = found(
        [{"name": "Whole", "domains": ["*.contoso.com"]}, {"name": "Sub", "domains": ["sub.contoso.com"]}]
    )
    assert [(*row, one.direction, one.connector) for row, one in zip(short(conflicts), conflicts, strict=True)] == [
        ("listed_wildcard", "notice", "Sub", "sub.contoso.com", "outbound", "Forced TLS to Whole")
    ]
    assert found([{"name": "Whole", "domains": ["contoso.com", "*.contoso.com"]}]) == []


def test_a_restriction_for_a_wildcard_takes_the_mail_of_another_partner() -> None:
    sub = {"name": "Sub", "domains": ["sub.contoso.com"]}
    conflicts = found([PINNED_BELOW, sub])
    assert short(conflicts)[1:] == [("restrict_beats_domain", "hold", "Sub", "sub.contoso.com")]
    assert conflicts[1].connector == "Forced TLS from Contoso"
    assert "partner 'Contoso' has mail from *.contoso.com, which covers sub.contoso.com," in conflicts[1].message
    own = inn("Forced TLS from Sub", "sub.contoso.com", owner=OWNER)
    assert short(found([PINNED_BELOW, sub], own))[1:] == [("restrict_beats_domain", "notice", "Sub", "sub.contoso.com")]
    assert len(found([{**PINNED_BELOW, "state": "prepared"}, sub])) == 1
    assert len(found([PINNED_BELOW, {**sub, "inbound": {"ip_addresses": ["192.0.2.1"]}}])) == 1


def test_a_domain_below_a_wildcard_that_another_partner_lists_is_told_there() -> None:
    sub = {"name": "Sub", "domains": ["sub.contoso.com"]}
    conflicts = found([BELOW, sub], out("X", "sub.contoso.com"))
    assert [(one.kind, one.partner) for one in conflicts] == [("same_domain", "Sub"), ("listed_wildcard", "Sub")]


# -- sentences ---------------------------------------------------------------------------------------------------------


def test_one_sentence_for_all_domains_that_meet_the_same_connector() -> None:
    domains = [f"d{number}.example" for number in range(6)]
    (conflict,) = found([{"name": "Many", "domains": domains}], out("X", *domains))
    assert (conflict.domain, conflict.domains) == ("d0.example", tuple(domains))
    assert "mail to d0.example, d1.example, d2.example and 3 more," in conflict.message


def test_whoever_has_the_very_domain_is_told_about_once() -> None:
    both = {"name": "Contoso", "domains": ["contoso.com", "*.contoso.com"]}
    (conflict,) = found([both], out("X", "*.contoso.com", "sub.contoso.com"))
    assert (conflict.kind, conflict.domains) == ("same_domain", ("*.contoso.com",))


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (
            out("Hand made", "contoso.com"),
            (
                "the outbound connector 'Hand made' already takes mail to contoso.com, TWO;"
                " take it over with outbound.adopt: \"Hand made\", or remove the domain from 'Hand made'"
            ),
        ),
        (
            out("Hand made", "contoso.com", "adatum.com"),
            (
                "the outbound connector 'Hand made' already takes mail to contoso.com, TWO; remove the domain from"
                " 'Hand made', or take it over with outbound.adopt: \"Hand made\" and list adatum.com with the partner"
                " as well"
            ),
        ),
        (
            out("X", "contoso.com", owner="others"),
            (
                "the outbound connector 'X' (which carries the mark of owner 'others') already takes mail to"
                " contoso.com, TWO; agree with owner 'others' on who keeps the domain, and remove the domain from the"
                " other"
            ),
        ),
        (
            inn("X", "contoso.com", owner=OWNER),
            (
                "the inbound connector 'X' already takes mail from contoso.com, TWO; it carries the mark of this list"
                " and belongs to no partner on it: give it its name back if somebody has renamed it, else list its"
                " partner with state absent, or set forced_tls_prune to true"
            ),
        ),
        (
            inn("X", "contoso.com", **BY_NAME),
            (
                "the inbound connector 'X' has mail from contoso.com refused unless it comes with a certificate for"
                " mail.contoso.com, FIRST; give this partner an inbound.certificate_name or inbound.ip_addresses, or"
                " else: take it over with inbound.adopt: \"X\", or remove the domain from 'X'"
            ),
        ),
        (
            inn("X", "contoso.com", tls_sender_certificate_name="unused.contoso.com", **BY_ADDRESS),
            (
                "the inbound connector 'X' has mail from contoso.com refused unless it comes from 192.0.2.0/24, FIRST;"
                " give this partner an inbound.certificate_name or inbound.ip_addresses, or else: take it over with"
                " inbound.adopt: \"X\", or remove the domain from 'X'"
            ),
        ),
    ],
)
def test_the_sentence_names_the_remedy(standing: Connector, said: str) -> None:
    said = said.replace("TWO", "and with two connectors for one domain Exchange may lose mail")
    said = said.replace("FIRST", "and it comes before this partner's, which goes by the domain alone")
    (conflict,) = found([CONTOSO], standing)
    assert conflict.reason == said
    assert conflict.message == f"Contoso: {said}."


def test_beside_what_is_in_force_nothing_is_taken_over() -> None:
    own = out("Forced TLS to Contoso", "contoso.com", owner=OWNER)
    (conflict,) = found([CONTOSO], own, out("X", "contoso.com"))
    assert "beside this partner's own" in conflict.message
    assert "adopt" not in conflict.message


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("encryption_only", True),
        ("opportunistic", True),
        ("certificate_validation", False),
        ("domain_validation", False),
    ],
)
def test_a_more_exact_connector_at_a_lower_level_is_told_with_it(level: str, told: bool) -> None:
    (conflict,) = found([BELOW], out("X", "sub.contoso.com", tls_settings=level))
    assert (f"it asks for {level} instead of certificate_validation" in conflict.message) is told


def test_plain_values() -> None:
    (conflict,) = found([CONTOSO], out("X", "contoso.com"))
    assert conflict.plain() == {
        "kind": "same_domain",
        "severity": "hold",
        "partner": "Contoso",
        "domain": "contoso.com",
        "domains": ["contoso.com"],
        "direction": "outbound",
        "connector": "X",
        "message": conflict.message,
    }


# -- order and cost ----------------------------------------------------------------------------------------------------


def a_tenant(size: int) -> tuple[list[dict[str, t.Any]], list[Connector]]:
    """Partners of every kind, and connectors of every kind for them."""
    entries = [
        {"name": f"P{number}", "domains": [f"p{number}.example", f"*.p{number}.example"]} for number in range(size)
    ]
    standing = [inn("Every", "*"), out("Every", "*")]
    for number in range(size):
        standing += [
            out(f"exact {number}", f"p{number}.example"),
            out(f"below {number}", f"sub.p{number}.example"),
            inn(f"wildcard {number}", f"*.p{number}.example", **BY_NAME),
            out(f"Forced TLS to P{number}", f"p{number}.example", owner=OWNER),
        ]
    return entries, standing


def test_the_order_is_that_of_the_list_whatever_the_order_of_the_inventory() -> None:
    entries, standing = a_tenant(5)
    standing += [out("another", "*"), out("A third", "*")]
    conflicts = found(entries, *standing)
    assert [one.connector for one in conflicts[:4]] == ["A third", "another", "Every", "Every"]
    assert [one.partner for one in conflicts[4:]] == [f"P{number}" for number in range(5) for _time in range(3)]
    for seed in range(5):
        random.Random(seed).shuffle(standing)
        assert found(entries, *standing) == conflicts


def steps(work: t.Callable[[], object]) -> int:
    """How many lines of Python are run for it: the same on every machine, other than seconds."""
    count = 0

    def trace(frame: types.FrameType, event: str, _argument: object) -> t.Callable[..., t.Any]:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_twice_the_list_and_twice_the_tenant_are_twice_the_work() -> None:
    def cost(size: int) -> int:
        entries, standing = a_tenant(size)
        partners = check_partners(list(entries))
        names, ours = names_and_keys(partners)
        return steps(lambda: find_conflicts(partners, names, standing, ours, OWNER))

    assert cost(120) < 2.1 * cost(60)


def test_wider_domains() -> None:
    assert list(wider("a.b.contoso.com")) == ["*.a.b.contoso.com", "*.b.contoso.com", "*.contoso.com", "*.com"]
    assert list(wider("*.b.contoso.com")) == ["*.contoso.com", "*.com"]


def test_the_names_here_are_those_that_partners_get() -> None:
    partners = check_partners([CONTOSO])
    names, ours = names_and_keys(partners)
    made = compose(partners, NOW)
    assert [one["name"] for one in made] == names["contoso"]
    assert {key(one["direction"], one["name"]) for one in made} == ours

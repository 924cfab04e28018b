# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plan for all has against one partner is seen before anything is written."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.planning import Terms
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.partner.planning import (
    NOT_READY,
    AllReady,
    Tenant,
    changes,
    held,
    of,
    outbound,
)

Direction = t.Literal["outbound", "inbound"]
DIRECTIONS: tuple[Direction, ...] = ("outbound", "inbound")
STRICTER = {"level": "domain_validation", "certificate_name": "mx.example"}


def asked(name: str, *domains: str, **outbound: t.Any) -> dict[str, t.Any]:
    """A partner that Exchange validates."""
    return {"name": name, "domains": [*domains], "outbound": {"validation_recipients": [f"x@{domains[0]}"], **outbound}}


def answer(name: str, *, success: bool) -> dict[str, t.Any]:
    error = None if success else {"message": "No."}
    return {"connector": f"Forced TLS to {name}", "success": success, "status": "", "error": error}


def serving(tenant: Tenant, domain: str) -> list[str]:
    """The names of the connectors that a domain's mail takes, outbound first."""
    return [
        connector.name
        for direction in DIRECTIONS
        for connector in tenant.connectors.values()
        if connector.direction == direction and domain in weaken.serves(direction, connector.settings)
    ]


def both(name: str) -> list[str]:
    return [f"Forced TLS to {name}", f"Forced TLS from {name}"]


# -- refused -----------------------------------------------------------------------------------------------------------


def takeover() -> Tenant:
    """m.com goes from A to B, who asks for less, and whose other domain has yet to be validated."""
    tenant = Tenant([{"name": "A", "domains": ["a.com", "m.com"]}])
    tenant.run()
    tenant.partners = [{"name": "A", "domains": ["a.com"]}, asked("B", "m.com", "b.com", level="encryption_only")]
    return tenant


def test_a_takeover_that_nobody_agreed_to_is_not_begun() -> None:
    tenant = takeover()
    for stage in t.get_args(t.Literal["plan", "first", "last"]):
        staged, plan = tenant.stage(stage)
        assert (held(plan, "B"), plan["validate"]) == ("refused", [])
        assert "it was to take over a domain of 'Forced TLS to A'" in of(plan, "B")["held"]["message"]
        # It is asked for all the same, so that the run tells it and fails.
        blocked = [change["name"] for change in plan["changes"] if change["blocked"]]
        assert blocked == ["Forced TLS to A", "Forced TLS to B"]
        assert {entry["enabled"] for entry in plan["connectors"] if entry["name"] == "Forced TLS from B"} == {False}
        tenant.carry_out(staged)
        assert serving(tenant, "m.com") == both("A")
        assert serving(tenant, "b.com") == []
    assert tenant.plan()["waves"] == [[]]
    assert [change["name"] for change in tenant.plan()["changes"] if not change["blocked"]] == []


def test_with_consent_it_is_validated_and_made() -> None:
    tenant = dataclasses.replace(takeover(), allow_weaken=["A"])
    first, plan = tenant.stage("first")
    assert [one["name"] for one in plan["validate"]] == ["Forced TLS to B"]
    tenant.carry_out(first)
    assert serving(tenant, "m.com") == both("A")
    tenant.carry_out(tenant.stage("last", validations=[answer("B", success=True)])[0])
    assert (serving(tenant, "m.com"), serving(tenant, "b.com")) == (both("B"), both("B"))
    assert tenant.plan()["changes"] == []


def test_what_a_broken_off_run_has_left_halfway_is_taken_back() -> None:
    tenant = takeover()
    agreed = dataclasses.replace(tenant, allow_weaken=["A"])
    agreed.carry_out(agreed.stage("first")[0])
    disabled = [{**answer("B", success=False), "refused_disabled": True}]
    agreed.carry_out(agreed.stage("first", validations=disabled, scoped=True)[0])
    assert tenant.settings("Forced TLS to B")["transport_rule_scoped"] is True
    tenant.run()
    settings = tenant.settings("Forced TLS to B")
    assert (settings["enabled"], settings["transport_rule_scoped"]) == (False, False)
    assert [change["blocked"] is not None for change in tenant.run()["changes"]] == [True, True]


def test_a_change_of_who_is_in_force_is_not_begun_either() -> None:
    tenant = Tenant([{"name": "A", "domains": ["a.com", "m.com"]}, {"name": "B", "domains": ["b.com"]}])
    tenant.run()
    # In, B takes m.com as it is; out, it would ask for less than A.
    tenant.partners = [{"name": "A", "domains": ["a.com"]}, asked("B", "b.com", "m.com", smart_hosts=["gw.b.com"])]
    tenant.partners[1]["outbound"]["level"] = "encryption_only"
    tenant.allow_weaken = ["B"]
    staged, plan = tenant.stage("first")
    assert (held(plan, "B"), plan["validate"]) == ("refused", [])
    tenant.carry_out(staged)
    assert (serving(tenant, "m.com"), serving(tenant, "b.com")) == (both("A"), both("B"))
    assert tenant.settings("Forced TLS to B")["tls_settings"] == "certificate_validation"


@pytest.mark.parametrize("prune", [True, False])
def test_what_a_later_wave_would_leave_without_cover_is_not_taken_away_in_an_earlier_one(prune: bool) -> None:
    """m.com stands twice. A is to let it go, to which nobody has agreed, and B later, to which somebody has."""
    tenant = Tenant([{"name": "A", "domains": ["m.com"]}])
    tenant.run()
    tenant.holding(outbound("Forced TLS to B", ["b.com", "m.com"], owner="forced_tls"))
    leaving = [] if prune else [{"name": "A", "domains": ["m.com"], "state": "prepared"}]
    moved = {"name": "B", "domains": ["b.com"], "outbound": {"smart_hosts": ["gw.b.com"]}}
    tenant.partners = [{"name": "C", "domains": ["c.com"]}, *leaving, moved]
    tenant.terms, tenant.allow_weaken = Terms(wave_size=1, prune=prune), ["B"]
    plan = tenant.plan()
    assert plan["waves"] == [["C"], ["B"]]
    told = {one["name"]: one["error"]["kind"] for one in plan["refused"]}
    assert told == {"Forced TLS to A": "refused", "Forced TLS from A": "refused"}
    for admitted, made in ((["C"], "C"), (["C", "B"], "B")):
        staged, stage = tenant.stage("first", admitted)
        tenant.carry_out(staged)
        assert serving(tenant, f"{made.lower()}.com") == both(made)
        assert set(both("A")) <= set(serving(tenant, "m.com"))
        asked_for = {entry["name"] for entry in stage["connectors"]}
        # In the module, nothing of this stage would stand against it.
        assert ("Forced TLS to A" in stage["keep"]) is (made == "C")
        assert ("Forced TLS to A" in asked_for) is (made == "B" and not prune)
    assert stage["refused"] == plan["refused"]


def test_what_the_plan_refuses_is_not_prepared_in_an_earlier_wave_either() -> None:
    """m.com goes from a shared connector, which nobody may weaken, to R, who asks for less of who sends."""
    pinned = {"ip_addresses": ["192.0.2.0/24"]}
    tenant = Tenant(
        [{"name": "G", "domains": ["g.com", "m.com"], "inbound": pinned}], terms=Terms(pack_size=4, wave_size=1)
    )
    tenant.run()
    (shared_out, shared_in) = serving(tenant, "m.com")
    route = {"smart_hosts": ["gw.example"]}
    tenant.partners = [
        {"name": "C", "domains": ["c.com"]},
        {"name": "G", "domains": ["g.com"], "inbound": pinned, "outbound": route},
        asked("R", "r.com", "m.com"),
    ]
    plan = tenant.plan()
    assert (held(plan, "R"), plan["waves"]) == ("refused", [["C"], ["G"]])
    refused = {one["name"] for one in plan["refused"]}
    assert {"Forced TLS from R", shared_in} <= refused
    for admitted in (["C"], ["C", "G"]):
        staged, stage = tenant.stage("first", admitted)
        open_changes = {change["name"] for change in stage["changes"] if not change["blocked"]}
        assert open_changes.isdisjoint(refused)
        tenant.carry_out(staged)
    assert serving(tenant, "m.com") == [shared_out, shared_in]


# -- connectors that keep a domain -------------------------------------------------------------------------------------


def heir(outbound: dict[str, t.Any], **evidence: t.Any) -> Tenant:
    """m.com goes from A to B, and A is to ask for something else at the same time."""
    loose = {"level": "encryption_only"}
    tenant = Tenant([{"name": "A", "domains": ["a.com", "m.com"], "outbound": loose}])
    tenant.run()
    tenant.partners = [{"name": "A", "domains": ["a.com"], "outbound": outbound}, asked("B", "m.com")]
    return dataclasses.replace(tenant, evidence=AllReady(evidence), allow_weaken="all")


@pytest.mark.parametrize("outbound", [STRICTER, {"level": "encryption_only", "smart_hosts": ["gw.a.com"]}])
def test_the_change_of_a_connector_does_not_reach_the_mail_of_who_is_held(outbound: dict[str, t.Any]) -> None:
    tenant = heir(outbound, b=NOT_READY)
    before = tenant.settings("Forced TLS to A")
    plan = tenant.run()
    assert (held(plan, "A"), held(plan, "B")) == ("conflict", "probe")
    assert "'Forced TLS to A' keeps m.com until another partner may have it" in of(plan, "A")["held"]["message"]
    assert tenant.settings("Forced TLS to A") == before
    assert tenant.plan()["changes"] == []
    tenant.evidence = AllReady()
    tenant.run()
    assert (held(tenant.plan(), "A"), serving(tenant, "m.com")) == (None, both("B"))


def test_it_is_changed_once_the_other_one_was_validated() -> None:
    tenant = heir(STRICTER)
    before = tenant.settings("Forced TLS to A")
    tenant.carry_out(tenant.stage("first", ["A", "B"])[0])
    assert tenant.settings("Forced TLS to A") == before
    tenant.carry_out(tenant.stage("last", ["A", "B"], validations=[answer("B", success=True)])[0])
    assert tenant.settings("Forced TLS to A")["tls_settings"] == "domain_validation"
    assert (serving(tenant, "m.com"), tenant.plan()["changes"]) == (both("B"), [])


def test_who_keeps_a_domain_and_is_validated_too_comes_in_a_later_wave() -> None:
    tenant = heir({**STRICTER, "validation_recipients": ["x@a.com"]})
    assert tenant.plan()["waves"] == [["B"], ["A"]]
    tenant.carry_out(tenant.stage("first", ["B"])[0])
    passed = [answer("B", success=True)]
    tenant.carry_out(tenant.stage("last", ["B"], validations=passed)[0])
    first, plan = tenant.stage("first", ["B", "A"], validations=passed)
    assert [one["name"] for one in plan["validate"]] == ["Forced TLS to A"]
    tenant.carry_out(first)
    assert serving(tenant, "m.com") == both("B")


def test_who_was_not_validated_in_the_run_is_not_changed_by_it() -> None:
    tenant = Tenant([{"name": "A", "domains": ["a.com"]}])
    tenant.run()
    tenant.partners = [asked("A", "a.com", **STRICTER)]
    assert held(tenant.plan("last"), "A") == "validation"
    assert changes(tenant.plan("last")) == []


# -- domains on trial --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["absent", "prepared"])
def test_who_is_to_go_keeps_a_domain_while_another_one_tries_it(state: str) -> None:
    tenant = Tenant([{"name": "A", "domains": ["m.com"]}, {"name": "B", "domains": ["b.com"]}])
    tenant.run()
    tenant.partners = [{"name": "A", "domains": ["m.com"], "state": state}, asked("B", "b.com", "m.com", **STRICTER)]
    if state == "prepared":
        tenant.partners[0]["domains"] = ["a.com"]
    tenant.carry_out(tenant.stage("first")[0])
    assert set(both("A")) <= set(serving(tenant, "m.com"))
    tried = dataclasses.replace(tenant, connectors=dict(tenant.connectors))
    tenant.carry_out(tenant.stage("last", validations=[answer("B", success=True)])[0])
    assert serving(tenant, "m.com") == both("B")
    before = dataclasses.replace(
        tried, partners=[{"name": "A", "domains": ["m.com"]}, {"name": "B", "domains": ["b.com"]}]
    )
    assert set(both("A")) <= set(serving(before, "m.com"))


def test_who_has_lost_all_while_it_was_tried_in_vain_is_prepared_as_listed() -> None:
    tenant = Tenant([{"name": "A", "domains": ["m.com"]}])
    tenant.run()
    route = {"smart_hosts": ["gw.b.com"]}
    tenant.partners = [asked("A", "a.com", **STRICTER), asked("B", "m.com", **route)]
    answers = [answer("A", success=False), answer("B", success=True)]
    tenant.carry_out(tenant.stage("first")[0])
    tenant.carry_out(tenant.stage("last", validations=answers)[0])
    settings = tenant.settings("Forced TLS to A")
    assert (settings["enabled"], settings["recipient_domains"]) == (False, ("a.com",))
    assert settings["tls_settings"] == "domain_validation"
    assert serving(tenant, "m.com") == both("B")
    assert changes(tenant.plan("last", validations=[answer("A", success=False)])) == []


def test_who_leaves_a_pack_for_connectors_of_its_own_is_validated_before_mail_takes_them() -> None:
    tenant = Tenant(
        [{"name": "A", "domains": ["a.com"]}, {"name": "B", "domains": ["b.com"]}], terms=Terms(pack_size=4)
    )
    tenant.run()
    shared = serving(tenant, "b.com")
    tenant.partners[1] = asked("B", "b.com", **STRICTER)
    tenant.carry_out(tenant.stage("first")[0])
    assert (serving(tenant, "b.com"), tenant.settings("Forced TLS to B")["enabled"]) == (shared, False)
    tenant.carry_out(tenant.stage("last", validations=[answer("B", success=False)])[0])
    assert (serving(tenant, "b.com"), tenant.settings("Forced TLS to B")["enabled"]) == (shared, False)
    tenant.carry_out(tenant.stage("last", validations=[answer("B", success=True)])[0])
    assert serving(tenant, "b.com") == both("B")


def test_partners_among_whom_domains_move_come_in_one_wave() -> None:
    tenant = Tenant(["c.com", {"name": "A", "domains": ["a.com"]}, {"name": "B", "domains": ["b.com"]}])
    tenant.run()
    route = {"smart_hosts": ["gw.example"]}
    tenant.partners = [
        {"name": "A", "domains": ["b.com"], "outbound": route},
        {"domains": ["c.com"], "outbound": route},
        {"name": "B", "domains": ["a.com"], "outbound": route},
    ]
    tenant.terms = Terms(wave_size=1)
    assert tenant.plan()["waves"] == [["A", "B"], ["c.com"]]
    tenant.terms = Terms(wave_size=3)
    assert tenant.plan()["waves"] == [["A", "B", "c.com"]]


@pytest.mark.parametrize("validated", [False, True])
def test_what_is_refused_holds_nobody_of_a_later_wave(validated: bool) -> None:
    """It was told before the run, nothing of it is tried, and without waves it would hold nobody either."""
    tenant = Tenant([{"name": "A", "domains": ["a.com", "old.com"]}])
    tenant.run()
    # Nobody has agreed that old.com is without enforcement.
    stricter = {**STRICTER, **({"validation_recipients": ["x@a.com"]} if validated else {})}
    tenant.partners = [{"name": "A", "domains": ["a.com"], "outbound": stricter}, "b.com"]
    at_once = tenant.plan()
    tenant.terms = Terms(wave_size=1)
    plan = tenant.plan()
    assert plan["waves"] == [["b.com"]]
    assert (held(plan, "A"), held(plan, "b.com")) == ("refused" if validated else None, None)
    assert [one["name"] for one in plan["refused"]] == both("A")
    assert (plan["plan_id"], plan["changes"]) == (at_once["plan_id"], at_once["changes"])
    admitted: list[str] = []
    for wave in plan["waves"]:
        admitted += wave
        tenant.carry_out(tenant.stage("first", admitted)[0])
    assert (serving(tenant, "b.com"), serving(tenant, "old.com")) == (both("b.com"), both("A"))


@pytest.mark.parametrize("pack_size", [0, 4])
def test_who_is_refused_altogether_takes_no_place_in_a_wave_and_waits_for_none(pack_size: int) -> None:
    tenant = Tenant([{"name": "A", "domains": ["a.com", "old.com"]}], terms=Terms(pack_size=pack_size))
    tenant.run()
    tenant.partners = [
        {"name": "A", "domains": ["a.com"], "outbound": STRICTER},
        *(
            {"name": name, "domains": [f"{name}.com"], "outbound": {"smart_hosts": [f"gw.{name}.com"]}}
            for name in "bcd"
        ),
    ]
    tenant.terms = Terms(wave_size=2, pack_size=pack_size)
    plan = tenant.plan()
    assert [change["name"] for change in plan["changes"] if change["blocked"]] != []
    assert plan["waves"] == [["b", "c"], ["d"]]
    assert "In 2 waves of at most 2 partners." in plan["lines"]
    for admitted in ([], ["b", "c"], ["b", "c", "d"]):
        staged, stage = tenant.stage("first", admitted)
        assert (held(stage, "A"), held(plan, "A")) == (None, None)
        tenant.carry_out(staged)
        assert set(serving(tenant, "old.com")) == set(serving(tenant, "a.com")) != set()
    assert serving(tenant, "d.com") != []
    assert held(tenant.plan("last", admitted=["b", "c", "d"]), "A") is None


def test_who_is_held_is_validated_with_addresses_in_the_domains_that_stand() -> None:
    tenant = Tenant([asked("A", "a.com", "m.com")])
    tenant.with_rules(validate=False).run()
    # Refused, because nobody is to have a.com any more; and m.com goes to B, who is held as well.
    tenant.partners = [asked("A", "n.com", **STRICTER), asked("B", "m.com", level="encryption_only")]
    made = [{"name": "Forced TLS to A", "direction": "outbound", "error": None}]
    plan = tenant.plan("last", outcomes=made)
    assert held(plan, "A") == "refused"
    assert plan["validate"] == [{"name": "Forced TLS to A", "recipients": ["x@a.com"]}]


def test_a_shared_connector_is_not_taken_away_before_the_wave_of_those_who_are_to_have_it() -> None:
    """All that its former members had has gone elsewhere."""
    tenant = Tenant([{"name": "A", "domains": ["a.com"]}], terms=Terms(pack_size=4, wave_size=1, prune=True))
    tenant.run()
    (shared, _inbound) = serving(tenant, "a.com")
    tenant.partners = [
        {"name": "A", "domains": ["a.com"], "outbound": {"smart_hosts": ["gw.a.com"]}},
        {"name": "B", "domains": ["b.com"]},
    ]
    tenant.allow_weaken = "all"
    assert tenant.plan()["waves"] == [["A"], ["B"]]
    for admitted in (["A"], ["A", "B"]):
        tenant.carry_out(tenant.stage("first", admitted)[0])
        assert shared in {connector.name for connector in tenant.connectors.values()}
    assert serving(tenant, "b.com")[0] == shared

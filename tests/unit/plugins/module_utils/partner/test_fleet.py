# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What concerns several partners at once: domains that move, shared connectors, leftovers, an emptied list."""

from __future__ import annotations

import dataclasses
import random
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Policy
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import make_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.wishes import read_wishes
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
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


def served(tenant: Tenant, direction: t.Literal["outbound", "inbound"] = "outbound") -> dict[str, list[str]]:
    """Domain -> the connectors that its mail takes."""
    found: dict[str, list[str]] = {}
    for connector in tenant.connectors.values():
        if connector.direction == direction:
            for domain in weaken.serves(direction, connector.settings):
                found.setdefault(domain, []).append(connector.name)
    return found


# -- moves -------------------------------------------------------------------------------------------------------------


def moved(**receiver: t.Any) -> Tenant:
    """m.com belongs to A, and is to belong to B."""
    tenant = Tenant([{"name": "A", "domains": ["a.com", "m.com"]}, {"name": "B", "domains": ["b.com"]}])
    tenant.run()
    tenant.partners = [{"name": "A", "domains": ["a.com"]}, {"name": "B", "domains": ["b.com", "m.com"], **receiver}]
    return tenant


def test_a_domain_moves_in_one_run() -> None:
    tenant = moved()
    tenant.run()
    assert served(tenant)["m.com"] == ["Forced TLS to B"]
    assert served(tenant, "inbound")["m.com"] == ["Forced TLS from B"]
    assert tenant.plan()["changes"] == []


def test_a_domain_stays_until_its_new_partner_may_have_it() -> None:
    tenant = moved(outbound={"level": "domain_validation", "certificate_name": "mx.b.com"})
    tenant.evidence = AllReady({"b": NOT_READY})
    plan = tenant.run()
    assert held(plan, "B") == "probe"
    assert served(tenant)["m.com"] == ["Forced TLS to A"]
    assert served(tenant, "inbound")["m.com"] == ["Forced TLS from A"]
    notice = "B: until it is enforced, its domains stay with the connector 'Forced TLS to A'."
    assert notice in of(plan, "B")["notices"]
    assert [change for change in plan["changes"] if change["weakens"]] == []
    tenant.evidence = AllReady()
    tenant.run()
    assert served(tenant)["m.com"] == ["Forced TLS to B"]


def test_it_stays_where_the_old_partner_was_to_go_altogether() -> None:
    tenant = Tenant([{"name": "A", "domains": ["m.com"]}])
    tenant.run()
    tenant.partners = [
        {"name": "A", "domains": ["m.com"], "state": "absent"},
        {"name": "B", "domains": ["m.com"], "outbound": {"smart_hosts": ["gw.b.com"]}},
    ]
    tenant.evidence = AllReady({"b": NOT_READY})
    plan = tenant.run()
    assert (held(plan, "B"), served(tenant)["m.com"]) == ("probe", ["Forced TLS to A"])
    tenant.evidence = AllReady()
    tenant.run()
    assert served(tenant)["m.com"] == ["Forced TLS to B"]
    assert {connector.name for connector in tenant.connectors.values()} == {"Forced TLS to B", "Forced TLS from B"}


def test_it_stays_until_the_new_partner_was_validated() -> None:
    tenant = moved(
        name="C", domains=["m.com"], outbound={"validation_recipients": ["x@m.com"], "level": "encryption_only"}
    )
    tenant.partners[1]["outbound"]["smart_hosts"] = ["gw.c.com"]
    tenant.partners.append({"name": "B", "domains": ["b.com"]})
    tenant.allow_weaken = ["A"]
    staged, first = tenant.stage("first")
    assert [entry["name"] for entry in first["validate"]] == ["Forced TLS to C"]
    tenant_then = dataclasses.replace(tenant, connectors=dict(tenant.connectors))
    tenant_then.carry_out(staged)
    assert served(tenant_then)["m.com"] == ["Forced TLS to A"]


def test_it_goes_back_where_the_new_partner_does_not_pass() -> None:
    tenant = Tenant([{"name": "A", "domains": ["a.com", "m.com"]}, {"name": "B", "domains": ["b.com"]}])
    tenant.run()
    asked = {"validation_recipients": ["x@b.com"], "smart_hosts": ["gw.b.com"]}
    tenant.partners = [
        {"name": "A", "domains": ["a.com"]},
        {"name": "B", "domains": ["b.com", "m.com"], "outbound": asked},
    ]
    first, plan = tenant.stage("first")
    assert [entry["name"] for entry in plan["validate"]] == ["Forced TLS to B"]
    broken = {"connector": "Forced TLS to B", "status": "failed", "success": False, "error": {"message": "No."}}
    last = tenant.plan("last", validations=[broken])
    domains = {
        entry["name"]: entry["recipient_domains"] for entry in last["connectors"] if "recipient_domains" in entry
    }
    assert domains == {"Forced TLS to A": ["a.com", "m.com"], "Forced TLS to B": ["b.com"]}
    tenant.carry_out(first)
    assert served(tenant)["m.com"] == ["Forced TLS to B"]


def test_a_domain_that_nobody_takes_over_weakens() -> None:
    tenant = Tenant([{"name": "A", "domains": ["a.com", "m.com"]}])
    tenant.run()
    tenant.partners = [{"name": "A", "domains": ["a.com"]}]
    plan = tenant.run()
    assert plan["summary"]["refused"] == 2
    assert served(tenant)["m.com"] == ["Forced TLS to A"]


# -- shared connectors -------------------------------------------------------------------------------------------------


def packing(partners: list[t.Any], size: int = 4) -> Tenant:
    return Tenant(partners, terms=Terms(pack_size=size))


def test_partners_that_agree_share_connectors_and_the_others_do_not() -> None:
    tenant = packing(
        [
            "a.com",
            "b.com",
            {"domains": ["c.com"], "outbound": {"level": "encryption_only"}},
            {"domains": ["d.com"], "outbound": {"validation_recipients": ["x@d.com"]}},
            {"domains": ["e.com"], "state": "prepared"},
            {"domains": ["f.com"], "enforce_from": "2027-01-01"},
        ]
    ).with_rules(validate=False)
    tenant.run()
    where = {domain: names[0] for domain, names in served(tenant).items()}
    assert where["a.com"] == where["b.com"] != where["c.com"]
    assert where["d.com"] == "Forced TLS to d.com"
    assert set(where) == {"a.com", "b.com", "c.com", "d.com"}
    own = {connector.name for connector in tenant.connectors.values() if "shared" not in connector.name}
    assert own == {f"Forced TLS {word} {name}.com" for word in ("to", "from") for name in "def"}
    assert tenant.plan()["changes"] == []


def test_an_estate_goes_into_packs_and_out_of_them_without_weakening_anybody() -> None:
    tenant = Tenant([f"p{number}.com" for number in range(6)])
    tenant.run()
    tenant.terms = Terms(pack_size=4)
    plan = tenant.run()
    assert [change for change in plan["changes"] if change["weakens"] or change["blocked"]] == []
    assert len(tenant.connectors) == 4
    assert {len(names) for names in served(tenant).values()} == {1}
    tenant.terms = Terms()
    plan = tenant.run()
    assert [change for change in plan["changes"] if change["weakens"] or change["blocked"]] == []
    assert sorted(names[0] for names in served(tenant).values()) == [f"Forced TLS to p{n}.com" for n in range(6)]
    assert len(tenant.connectors) == 12


def test_who_comes_or_goes_moves_nobody_else() -> None:
    pick = random.Random(5)
    names = [f"p{number}.com" for number in range(12)]
    tenant = packing(names, size=3)
    tenant.allow_weaken = "all"
    tenant.run()
    for step in range(12):
        before = {domain: where[0] for domain, where in served(tenant).items()}
        listed = [str(name) for name in tenant.partners if isinstance(name, str)]
        gone = pick.choice(listed)
        rest = [name for name in listed if name != gone]
        pick.shuffle(rest)
        tenant.partners = [*rest, f"new{step}.com", {"name": gone, "domains": [gone], "state": "absent"}]
        tenant.run()
        after = {domain: where[0] for domain, where in served(tenant).items()}
        assert {domain: after[domain] for domain in rest} == {domain: before[domain] for domain in rest}
        assert gone not in after
        assert f"new{step}.com" in after
        assert tenant.plan()["changes"] == []


def test_a_partner_leaves_a_pack_only_with_its_own_consent() -> None:
    tenant = packing(["a.com", "b.com"])
    tenant.run()
    suspended = {"domains": ["a.com"], "state": "suspended", "reason": "broken", "until": "2027-01-01"}
    tenant.partners = [suspended, "b.com"]
    tenant.allow_weaken = ["b.com"]
    tenant.run()
    assert set(served(tenant)) == {"a.com", "b.com"}
    tenant.allow_weaken = ["a.com"]
    tenant.run()
    assert set(served(tenant)) == {"b.com"}
    assert tenant.settings("Forced TLS to a.com")["enabled"] is False


def test_who_is_held_with_a_stricter_level_stays_in_its_pack() -> None:
    tenant = packing(["a.com", "b.com"])
    tenant.run()
    before = served(tenant)
    stricter = {"domains": ["a.com"], "outbound": {"level": "domain_validation", "certificate_name": "mx.a.com"}}
    tenant.partners = [stricter, "b.com"]
    tenant.evidence = AllReady({"a.com": NOT_READY})
    plan = tenant.run()
    assert (held(plan, "a.com"), served(tenant)) == ("probe", before)


def test_a_pack_that_nobody_is_in_goes() -> None:
    tenant = packing(["a.com"])
    tenant.run()
    tenant.partners = [{"domains": ["a.com"], "state": "absent"}]
    tenant.allow_weaken = "all"
    tenant.run()
    assert tenant.connectors == {}


# -- what belongs to nobody --------------------------------------------------------------------------------------------


def test_an_emptied_list_stops_the_run() -> None:
    tenant = Tenant(["a.com"])
    tenant.run()
    tenant.partners = []
    with pytest.raises(InputError, match=r"The partner list is empty, but 2 connectors with the mark of owner"):
        tenant.plan()
    tenant.terms = Terms(allow_empty=True)
    assert tenant.plan()["changes"] == []


def test_an_empty_list_in_an_empty_tenant_is_nothing_to_speak_of() -> None:
    assert Tenant([]).plan()["changes"] == []


def test_who_is_held_is_not_pruned() -> None:
    tenant = Tenant(["a.com", "b.com"], terms=Terms(prune=True))
    tenant.run()
    tenant.partners = [{"domains": ["a.com"], "outbound": {"smart_hosts": ["gw.a.com"]}}, "b.com"]
    tenant.evidence = AllReady({"a.com": NOT_READY})
    tenant.allow_weaken = "all"
    assert changes(tenant.plan()) == []
    tenant.partners = ["b.com"]
    assert sorted(changes(tenant.plan())) == [
        ("inbound", "Forced TLS from a.com", "delete"),
        ("outbound", "Forced TLS to a.com", "delete"),
    ]


def test_a_renamed_partner_is_not_held_by_what_it_was_called() -> None:
    tenant = Tenant([{"name": "Old", "domains": ["a.com"]}])
    tenant.run()
    tenant.partners = [{"name": "New", "domains": ["a.com"]}]
    assert held(tenant.plan(), "New") == "conflict"
    tenant.terms = Terms(prune=True)
    tenant.allow_weaken = "all"
    tenant.run()
    assert served(tenant) == {"a.com": ["Forced TLS to New"]}
    assert tenant.plan()["changes"] == []


# -- what the model of the whole found (tests/integration/test_model.py) ----------------------------------------------

MADE = [
    {"name": f"Forced TLS {word} {name}", "direction": direction, "error": None}
    for name in ("A", "B")
    for word, direction in (("to", "outbound"), ("from", "inbound"))
]


def struck_out() -> Tenant:
    """m.com belongs to A, who is not on the list any more; B is to have it, once Exchange has validated B."""
    tenant = Tenant([{"name": "A", "domains": ["m.com"]}])
    tenant.run()
    stricter = {"level": "domain_validation", "certificate_name": "mx.m.com"}
    tenant.partners = [
        {"name": "B", "domains": ["m.com"], "outbound": {**stricter, "validation_recipients": ["x@m.com"]}}
    ]
    return dataclasses.replace(tenant, allow_weaken="all", terms=Terms(prune=True))


def test_what_is_pruned_stays_until_the_new_partner_was_validated() -> None:
    tenant = struck_out()
    assert ("outbound", "Forced TLS to A", "delete") in changes(tenant.plan())
    staged, _plan = tenant.stage("first")
    tenant.carry_out(staged)
    assert served(tenant)["m.com"] == ["Forced TLS to A"]
    assert served(tenant, "inbound")["m.com"] == ["Forced TLS from A"]
    failed = {"connector": "Forced TLS to B", "success": False, "status": "failed", "error": {"message": "No."}}
    tenant.carry_out(tenant.stage("last", validations=[failed], outcomes=MADE)[0])
    assert served(tenant)["m.com"] == ["Forced TLS to A"]
    passed = {**failed, "success": True, "status": "passed", "error": None}
    tenant.carry_out(tenant.stage("last", validations=[passed], outcomes=MADE)[0])
    assert (served(tenant)["m.com"], served(tenant, "inbound")["m.com"]) == (["Forced TLS to B"], ["Forced TLS from B"])
    assert "outbound Forced TLS to A" not in {f"{c.direction} {c.name}" for c in tenant.connectors.values()}


STRICT = {"level": "domain_validation", "certificate_name": "mx.a.com"}


def moving(*partners: dict[str, t.Any], first: str = "A", **terms: t.Any) -> Tenant:
    """m.com and n.com are in force with A, and the list has others for them now; who is strict is not ready for it."""
    tenant = Tenant([{"name": first, "domains": ["m.com", "n.com"]}])
    tenant.run()
    tenant.partners = list(partners)
    tenant.evidence = AllReady({p["name"].casefold(): NOT_READY for p in partners if p.get("outbound") == STRICT})
    return dataclasses.replace(tenant, **terms)


@pytest.mark.parametrize(
    ("tenant", "where"),
    [
        (
            moving({"name": "A", "domains": ["m.com"], "outbound": STRICT}, {"name": "B", "domains": ["n.com"]}),
            {"m.com": ["A"], "n.com": ["B"]},
        ),
        (
            moving(
                {"name": "A", "domains": ["x.com"], "outbound": STRICT}, {"name": "B", "domains": ["m.com", "n.com"]}
            ),
            {"m.com": ["B"], "n.com": ["B"]},
        ),
        (
            moving(
                {"name": "A", "state": "absent"},
                {"name": "B", "domains": ["m.com"], "outbound": STRICT},
                {"name": "C", "domains": ["n.com"]},
            ),
            {"m.com": ["A"], "n.com": ["C"]},
        ),
        (
            moving(
                {"name": "B", "domains": ["m.com"], "outbound": STRICT},
                {"name": "C", "domains": ["n.com"]},
                terms=Terms(prune=True),
                allow_weaken="all",
            ),
            {"m.com": ["A"], "n.com": ["C"]},
        ),
        (
            moving(
                {"name": "A", "domains": ["n.com"]},
                {"name": "B", "domains": ["m.com"], "outbound": STRICT},
                terms=Terms(pack_size=9),
            ),
            {"m.com": ["A"], "n.com": ["shared 1 (certificate_validation 0469ae)"]},
        ),
    ],
    ids=["held", "held without a domain left", "absent", "pruned", "shared"],
)
def test_what_stays_as_it_was_keeps_no_domain_beside_another_one(tenant: Tenant, where: dict[str, list[str]]) -> None:
    """With two connectors for one domain Exchange may lose mail."""
    tenant.run()
    for direction, word in (("outbound", "to"), ("inbound", "from")):
        found = served(tenant, t.cast("t.Literal['outbound', 'inbound']", direction))
        assert found == {domain: [f"Forced TLS {word} {name}" for name in names] for domain, names in where.items()}
    assert tenant.plan()["changes"] == []


def test_who_is_held_keeps_its_own_domains_that_another_one_has_from_before() -> None:
    """Two connectors were for them already. Which of them is to go is for a person to say."""
    tenant = Tenant([{"name": "A", "domains": ["m.com"], "outbound": {"adopt": "TLS", **STRICT}}, "b.com"])
    tenant.holding(outbound("TLS", ["m.com"]), outbound("Forced TLS to b.com", ["b.com", "m.com"], owner="forced_tls"))
    tenant.evidence = AllReady({"a": NOT_READY})
    tenant.partners[1] = {"name": "b.com", "domains": ["b.com"], "outbound": STRICT}
    tenant.run()
    assert served(tenant)["m.com"] == ["TLS", "Forced TLS to b.com"]


def test_a_domain_goes_to_nobody_who_asks_for_less_unless_that_was_agreed_to() -> None:
    tenant = moving(
        {"name": "A", "domains": ["m.com"], "outbound": STRICT},
        {"name": "B", "domains": ["n.com"], "outbound": {"level": "encryption_only"}},
    )
    refused = {(one["direction"], one["name"]) for one in tenant.run()["refused"]}
    assert {("outbound", "Forced TLS to A"), ("outbound", "Forced TLS to B")} <= refused
    assert served(tenant)["n.com"] == ["Forced TLS to A"]
    tenant.allow_weaken = ["A"]
    tenant.run()
    assert served(tenant)["n.com"] == ["Forced TLS to B"]


def test_a_domain_stays_with_who_is_held_until_the_other_one_was_validated() -> None:
    tenant = moving(
        {"name": "A", "domains": ["m.com"], "outbound": STRICT},
        {
            "name": "B",
            "domains": ["n.com"],
            "outbound": {"smart_hosts": ["gw.b.com"], "validation_recipients": ["x@n.com"]},
        },
    )
    failed = {"connector": "Forced TLS to B", "success": False, "status": "failed", "error": {"message": "No."}}
    passed = {**failed, "success": True, "status": "passed", "error": None}
    for stage, validations, name in (("first", [], "A"), ("last", [failed], "A"), ("last", [passed], "B")):
        tenant.carry_out(tenant.stage(t.cast("t.Any", stage), validations=validations)[0])
        assert served(tenant)["n.com"] == [f"Forced TLS to {name}"], stage


@pytest.mark.parametrize("weaker", [False, True])
def test_what_is_put_back_claims_no_domain_that_another_partner_has_got(weaker: bool) -> None:
    tenant = Tenant([{"name": "A", "domains": ["m.com"]}])
    tenant.run()
    level = "encryption_only" if weaker else "certificate_validation"
    route = {"level": level, "smart_hosts": ["gw.b.com"], "validation_recipients": ["x@m.com"]}
    tenant.partners = [
        {"name": "A", "domains": ["a.com"], "outbound": {"validation_recipients": ["x@a.com"]}},
        {"name": "B", "domains": ["m.com"], "outbound": route},
    ]
    validations = [
        {"connector": "Forced TLS to A", "success": False, "status": "failed", "error": {"message": "No."}},
        {"connector": "Forced TLS to B", "success": True, "status": "passed", "error": None},
    ]
    staged, plan = tenant.stage("last", validations=validations, outcomes=MADE)
    assert held(plan, "A") == ("refused" if weaker else "validation")
    tenant.carry_out(staged)
    # Without consent, m.com stays as strict as it was.
    assert served(tenant)["m.com"] == ["Forced TLS to A" if weaker else "Forced TLS to B"]
    assert len(served(tenant, "inbound")["m.com"]) == 1


@pytest.mark.parametrize("consent", [(), "all"])
def test_the_way_in_stays_enforced_while_the_way_out_is_validated(consent: t.Any) -> None:
    tenant = Tenant([{"name": "A", "domains": ["a.com"], "outbound": {"validation_recipients": ["x@a.com"]}}])
    tenant.with_rules(validate=False).run()
    del tenant.connectors["outbound", "forced tls to a"]
    tenant.allow_weaken = consent
    for stage in ("plan", "first", "last"):
        for evidence in (AllReady(), AllReady({"a": NOT_READY})):
            tenant.evidence = evidence
            (change,) = tenant.plan(t.cast("t.Any", stage))["changes"]
            assert (change["name"], change["action"]) == ("Forced TLS to A", "create")


@pytest.mark.parametrize(("domain", "shared"), [("b.com", True), ("c.com", False)])
def test_a_plan_says_whether_it_goes_ahead_beside_somebody_elses(domain: str, shared: bool) -> None:
    """A partner in force is not held up by what another connector takes of it; only by that, one would be news."""
    tenant = Tenant(["a.com"])
    tenant.run()
    tenant.holding(outbound("Theirs", ["b.com"]))
    tenant.partners = [{"name": "a.com", "domains": ["a.com", domain]}]
    plan = tenant.plan()
    assert {change["name"] for change in plan["changes"]} == {"Forced TLS to a.com", "Forced TLS from a.com"}
    assert plan["shared"] is shared


@pytest.mark.parametrize(
    ("says", "why", "becomes"),
    [
        ({"state": "suspended", "reason": "INC0815", "until": "2027-01-01"}, "state suspended", "disabled"),
        ({"state": "prepared"}, "state prepared", "disabled"),
        ({"state": "absent"}, "state absent", "deleted"),
        ({"enforce_from": "2027-01-01"}, "enforce_from", "disabled"),
    ],
)
def test_what_stays_in_force_against_the_list_is_told(says: dict[str, str], why: str, becomes: str) -> None:
    """Whoever reads the state alone would think that TLS is off; here somebody has enabled one connector by hand."""
    tenant = Tenant([{"name": "A", "domains": ["a.com"]}])
    tenant.allow_weaken = "all"
    tenant.run()
    inbound = tenant.connectors["inbound", "forced tls from a"]
    tenant.holding(inbound._replace(settings={**inbound.settings, "enabled": False}))
    tenant.partners = [{"name": "A", "domains": ["a.com"], **says}]
    agreed = tenant.plan()
    assert f"weakens: outbound connector 'Forced TLS to A': {becomes}." in agreed["lines"]
    assert of(agreed, "A")["notices"] == []
    tenant.allow_weaken = ()
    plan = tenant.plan()
    (notice,) = of(plan, "A")["notices"]
    assert notice == (
        f"A: the list takes forced TLS off ({why}), but that is refused; still in force: the outbound connector"
        " 'Forced TLS to A'."
    )
    assert plan["lines"][-1] == f"refused: outbound connector 'Forced TLS to A': {becomes}."
    assert [line for line in plan["lines"] if line.startswith("weakens")] == []


def test_what_is_left_of_entries_that_were_taken_away_is_told() -> None:
    tenant = Tenant(["a.com", "b.com", {"name": "C", "domains": ["c.com"]}])
    tenant.holding(outbound("Theirs", ["d.com"], owner="them"), outbound("By hand", ["e.com"]))
    tenant.run()
    assert [line for line in tenant.plan()["lines"] if line.startswith("note")] == []
    tenant.partners = ["a.com", {"name": "C", "domains": ["c.com"], "state": "planned"}]
    (note,) = (line for line in tenant.plan()["lines"] if line.startswith("note"))
    assert note == (
        "note: of connectors with the mark of this list, 2 belong to no partner on it and stay as they are: 'Forced TLS"
        " to b.com' and 'Forced TLS from b.com'. List their partners with state absent, or set forced_tls_prune to"
        " true, to have them deleted."
    )
    tenant.terms = dataclasses.replace(tenant.terms, prune=True)
    assert [line for line in tenant.plan()["lines"] if line.startswith("note")] == []


def agreeing(level: str) -> Tenant:
    """A and B are in force with the usual level; A asks for another one, and both agree to be weakened."""
    tenant = Tenant(["a.com", "b.com"])
    tenant.run()
    tenant.partners = [{"domains": ["a.com"], "outbound": {"level": level}}, "b.com"]
    tenant.allow_weaken = ["a.com", "b.com"]
    return tenant


def test_consent_is_for_what_the_plan_weakens() -> None:
    plan = agreeing("encryption_only").plan()
    assert [change["weakens"] != [] for change in plan["changes"]] == [True]
    assert [entry["name"] for entry in plan["connectors"] if entry.get("allow_weaken")] == ["Forced TLS to a.com"]


def test_what_a_lagging_replica_hid_from_the_plan_is_weakened_by_nobodys_consent() -> None:
    """The plan was made from what stood before somebody made it stricter; the module reads that."""
    tenant = agreeing("encryption_only")
    strict = dict(tenant.connectors)
    tenant.run()
    entries = tenant.plan()["connectors"]
    found = make_plan(read_wishes(entries, listed=True), strict.values(), Policy(owner="forced_tls"))
    (change,) = found.touched
    assert change.weakens
    assert change.blocked is not None
    assert "Set allow_weaken to true if that is meant" in change.blocked.message


def validated(name: str, domain: str) -> dict[str, t.Any]:
    return {"name": name, "domains": [domain], "outbound": {"validation_recipients": [f"x@{domain}"]}}


def test_who_is_changed_is_validated_in_the_same_run() -> None:
    tenant = Tenant([validated("A", "a.com")])
    tenant.with_rules(validate=False).run()
    ours = tenant.connectors["outbound", "forced tls to a"]
    when = "2026-11-26T07:00:00Z"
    success = {"is_validated": True, "last_validation_timestamp": when, "when_changed": when}
    tenant.holding(ours._replace(details=success))
    outcomes = [{"name": "Forced TLS to A", "direction": "outbound", "error": None}]
    assert tenant.plan("last", outcomes=outcomes)["validate"] == []
    tenant.partners[0]["contact"] = "it@a.com"
    assert [one["name"] for one in tenant.plan()["validate"]] == ["Forced TLS to A"]
    assert [one["name"] for one in tenant.plan("last", outcomes=outcomes)["validate"]] == ["Forced TLS to A"]


def test_who_could_not_be_changed_is_not_validated_with_addresses_in_other_domains() -> None:
    tenant = Tenant([validated("A", "a.com"), {"name": "B", "domains": ["b.com", "c.com"]}])
    tenant.with_rules(validate=False).run()
    tenant.partners = [validated("A", "c.com"), {"name": "B", "domains": ["b.com"]}]
    refused = {"direction": "outbound", "error": {"message": "It would weaken it."}}
    plan = tenant.plan("last", outcomes=[{"name": "Forced TLS to A", **refused}])
    assert held(plan, "A") is None
    assert plan["validate"] == [{"name": "Forced TLS to A", "recipients": ["x@a.com"]}]


@pytest.mark.parametrize(("stands", "validated_with"), [(["x@a.com"], ["x@a.com"]), ([], None)])
def test_a_refused_change_reaches_no_address_by_way_of_the_validation(
    stands: list[str], validated_with: list[str] | None
) -> None:
    """What a validation was made with is written down with the connector, and that is to be left as it is."""
    partner = validated("A", "a.com")
    partner["outbound"]["validation_recipients"] = stands
    tenant = Tenant([partner])
    tenant.with_rules(validate=False).run()
    tenant.partners = [{**partner, "outbound": {"validation_recipients": ["y@a.com"], "level": "encryption_only"}}]
    wanted = [] if validated_with is None else [{"name": "Forced TLS to A", "recipients": validated_with}]
    plan = tenant.plan()
    assert [change["name"] for change in plan["changes"] if change["blocked"]] == ["Forced TLS to A"]
    assert (plan["validate"], tenant.plan("last")["validate"]) == (wanted, wanted)
    agreed = dataclasses.replace(tenant, allow_weaken=["A"])
    assert agreed.plan()["validate"] == [{"name": "Forced TLS to A", "recipients": ["y@a.com"]}]


def test_no_validation_is_recorded_in_somebody_elses_connector() -> None:
    tenant = Tenant([{"name": "A", "domains": ["a.com"], "outbound": {"validation_recipients": ["x@a.com"]}}])
    tenant.with_rules(validate=False).run()
    ours = tenant.connectors["outbound", "forced tls to a"]
    assert [one["name"] for one in tenant.plan("last")["validate"]] == ["Forced TLS to A"]
    tenant.holding(ours._replace(owner="somebody else"))
    assert tenant.plan("last")["validate"] == []

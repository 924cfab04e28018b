# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is enforced, who is held back, and who is left as it is."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import state_id
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import settings_from
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.partner.planning import (
    NOT_READY,
    READY,
    UNSEEN,
    AllReady,
    Tenant,
    changes,
    held,
    of,
    outbound,
)

VALIDATED = {"domains": ["contoso.com"], "outbound": {"validation_recipients": ["postmaster@contoso.com"]}}


def contoso(**members: t.Any) -> dict[str, t.Any]:
    return {"name": "Contoso", "domains": ["contoso.com"], **members}


def test_who_was_seen_to_be_ready_is_enforced() -> None:
    plan = Tenant([contoso()], evidence={"contoso": READY}).plan()
    assert (of(plan, "Contoso")["stands"], held(plan, "Contoso"), of(plan, "Contoso")["in_force"]) == (
        "enabled",
        None,
        False,
    )


@pytest.mark.parametrize(
    ("evidence", "message"),
    [
        (NOT_READY, "Its server offers no STARTTLS (and 1 more)."),
        (UNSEEN, "Port 25 is closed; look from a host whose port 25 is open (forced_tls_probe_from), or let"),
        ({"verdict": "unknown", "names": [], "obstacles": []}, "the probe says unknown; look from a host"),
        (None, "its servers were not looked at; run the step probe, or the whole role."),
    ],
)
def test_who_was_not_seen_to_be_ready_is_held_disabled_in_both_directions(evidence: t.Any, message: str) -> None:
    tenant = Tenant([contoso()], evidence={"contoso": evidence} if evidence else {})
    plan = tenant.run()
    assert held(plan, "Contoso") == "probe"
    assert plan["held"] == [of(plan, "Contoso")["held"]]
    assert of(plan, "Contoso")["held"]["message"].startswith(message)
    assert tenant.settings("Forced TLS to Contoso")["enabled"] is False
    assert tenant.settings("Forced TLS from Contoso", "inbound")["enabled"] is False
    assert tenant.plan()["changes"] == []


def test_without_the_probe_nobody_is_held_by_it() -> None:
    assert held(Tenant([contoso()], evidence={}).with_rules(probe=False).plan(), "Contoso") is None


def test_who_is_in_force_stays_so_and_is_told() -> None:
    tenant = Tenant([contoso()])
    tenant.run()
    tenant.evidence = {"contoso": NOT_READY}
    plan = tenant.plan()
    assert plan["changes"] == []
    assert held(plan, "Contoso") is None
    (alert,) = of(plan, "Contoso")["alerts"]
    assert alert["alert"] == "probe_failing"
    assert alert["message"] == (
        "Contoso: it is enforced, stays so, and mail may not get through: Its server offers no STARTTLS (and 1 more)."
    )
    assert of(plan, "Contoso")["in_force"] is True


def test_unreachable_is_no_alert_about_who_is_in_force() -> None:
    tenant = Tenant([contoso()])
    tenant.run()
    tenant.evidence = {"contoso": UNSEEN}
    assert of(tenant.plan(), "Contoso")["alerts"] == []


@pytest.mark.parametrize(
    "stricter",
    [
        {"outbound": {"level": "domain_validation", "certificate_name": "mx.contoso.com"}},
        {"outbound": {"smart_hosts": ["gateway.contoso.com"]}},
        {"outbound": {"smtp_dane_mode": "mandatory"}},
        {"domains": ["contoso.com", "contoso.net"]},
    ],
)
def test_what_could_stop_mail_is_held_and_what_is_in_force_stays(stricter: dict[str, t.Any]) -> None:
    tenant = Tenant([contoso()])
    tenant.run()
    tenant.partners = [contoso(**stricter)]
    tenant.evidence = {"contoso": NOT_READY}
    plan = tenant.plan()
    assert held(plan, "Contoso") == "probe"
    assert plan["changes"] == []
    assert "Contoso: what is in force stays as it is; only the change is held." in of(plan, "Contoso")["notices"]
    assert sorted(plan["keep"]) == ["Forced TLS from Contoso", "Forced TLS to Contoso"]

    tenant.evidence = {"contoso": READY}
    assert tenant.plan()["changes"] != []


def test_what_cannot_stop_mail_needs_no_probe() -> None:
    tenant = Tenant([contoso(outbound={"level": "domain_validation", "certificate_name": "mx.contoso.com"})])
    tenant.run()
    tenant.evidence = {"contoso": NOT_READY}
    tenant.partners = [contoso(outbound={"level": "encryption_only"}, reference="CHG1")]
    tenant.allow_weaken = ["Contoso"]
    tenant.run()
    assert tenant.settings("Forced TLS to Contoso")["tls_settings"] == "encryption_only"


def test_another_certificate_name_could_stop_mail() -> None:
    tenant = Tenant([contoso(outbound={"level": "domain_validation", "certificate_name": "mx.contoso.com"})])
    tenant.run()
    tenant.evidence = {"contoso": NOT_READY}
    tenant.partners = [contoso(outbound={"level": "domain_validation", "certificate_name": "mail.contoso.com"})]
    assert held(tenant.plan(), "Contoso") == "probe"


def test_unseen_can_be_left_to_the_validation_of_those_who_have_one() -> None:
    other = {"name": "Other", "domains": ["other.com"]}
    tenant = Tenant([{"name": "Contoso", **VALIDATED}, other], evidence={"contoso": UNSEEN, "other": UNSEEN})
    plan = tenant.with_rules(unseen_by_validation=True).plan()
    assert (held(plan, "Contoso"), held(plan, "Other")) == (None, "probe")
    assert of(plan, "Contoso")["validate"] is True
    assert held(tenant.with_rules(unseen_by_validation=True, validate=False).plan(), "Contoso") == "probe"
    tenant.evidence = {"contoso": NOT_READY, "other": UNSEEN}
    assert held(tenant.with_rules(unseen_by_validation=True).plan(), "Contoso") == "probe"


# -- validation ------------------------------------------------------------------------------------------------------


def passed(name: str = "Forced TLS to contoso.com") -> dict[str, t.Any]:
    return {"connector": name, "status": "passed", "success": True, "refused_disabled": False, "error": None}


def failed(name: str = "Forced TLS to contoso.com", *, disabled: bool = False) -> dict[str, t.Any]:
    error = {"kind": "not_validated", "message": "It did not pass."}
    return {"connector": name, "status": "failed", "success": False, "refused_disabled": disabled, "error": error}


def test_nobody_new_carries_mail_before_it_was_validated() -> None:
    tenant = Tenant([VALIDATED])
    staged, first = tenant.stage("first")
    assert first["validate"] == [{"name": "Forced TLS to contoso.com", "recipients": ["postmaster@contoso.com"]}]
    assert {entry["name"]: entry["enabled"] for entry in first["connectors"]} == {
        "Forced TLS to contoso.com": False,
        "Forced TLS from contoso.com": False,
    }
    tenant.carry_out(staged)
    last = tenant.plan("last", validations=[passed()])
    assert [entry["enabled"] for entry in last["connectors"]] == [True, True]
    assert (held(last, "contoso.com"), last["validate"]) == (None, [])


@pytest.mark.parametrize("success", [False, None])
def test_who_did_not_pass_is_held_with_what_exchange_said(success: bool | None) -> None:
    tenant = Tenant([VALIDATED])
    tenant.carry_out(tenant.stage("first")[0])
    last = tenant.plan("last", validations=[{**failed(), "success": success}])
    assert last["changes"] == []
    assert of(last, "contoso.com")["held"] == {
        "name": "contoso.com",
        "reason": "validation",
        "until": None,
        "message": "It did not pass.",
    }


def test_the_last_answer_of_several_counts() -> None:
    tenant = Tenant([VALIDATED])
    assert held(tenant.plan("last", validations=[failed(disabled=True), passed()]), "contoso.com") is None
    assert held(tenant.plan("last", validations=[passed(), failed()]), "contoso.com") == "validation"


def test_whose_connectors_could_not_be_made_is_held_although_it_passed() -> None:
    error = {"message": "The inbound one was not created."}
    outcome = {"name": "Forced TLS from contoso.com", "direction": "inbound", "error": error}
    last = Tenant([VALIDATED]).plan("last", validations=[passed()], outcomes=[outcome])
    assert held(last, "contoso.com") == "validation"
    assert of(last, "contoso.com")["held"]["message"] == "The inbound one was not created."


def test_another_connector_that_came_beside_one_takes_nothing_back() -> None:
    """It was made as it was asked for: a later wave that disabled it again would leave its mail to the other one."""
    error = {"kind": "changed_meanwhile", "message": "Somebody else made one.", "retryable": False}
    outcome = {"name": "Forced TLS to contoso.com", "direction": "outbound", "error": error}
    last = Tenant([VALIDATED]).plan("last", validations=[passed()], outcomes=[outcome])
    assert held(last, "contoso.com") is None
    changed = {**outcome, "error": {**error, "retryable": True}}
    last = Tenant([VALIDATED]).plan("last", validations=[passed()], outcomes=[changed])
    assert held(last, "contoso.com") == "validation"


def test_who_was_refused_for_being_disabled_is_enabled_for_mail_flow_rules_only() -> None:
    tenant = Tenant([VALIDATED, {"domains": ["b.com"], "outbound": {"validation_recipients": ["x@b.com"]}}])
    refused = [failed(disabled=True), failed("Forced TLS to b.com")]
    again = tenant.plan("first", validations=refused, scoped=True)
    found = {e["name"]: (e["enabled"], e.get("transport_rule_scoped")) for e in again["connectors"]}
    assert found == {
        "Forced TLS to contoso.com": (True, True),
        "Forced TLS from contoso.com": (False, None),
        "Forced TLS to b.com": (False, False),
        "Forced TLS from b.com": (False, None),
    }


def recorded(enabled: bool = False, **details: t.Any) -> t.Any:
    stamp = {
        "is_validated": True,
        "last_validation_timestamp": "2026-11-26T07:00:00",
        "when_changed": "2026-11-26T07:00:01Z",
    }
    return outbound("Forced TLS to contoso.com", ["contoso.com"], enabled=enabled, details={**stamp, **details})


def test_a_recorded_success_of_that_very_connector_is_enough() -> None:
    first = Tenant([VALIDATED]).holding(recorded()).plan("first")
    assert (first["validate"], of(first, "contoso.com")["stands"]) == ([], "enabled")


@pytest.mark.parametrize(
    "connector",
    [
        recorded(is_validated=False),
        recorded(last_validation_timestamp="2026-09-01T07:00:00"),
        recorded(when_changed="2026-11-26T07:30:00Z"),
        recorded()._replace(settings={**recorded().settings, "tls_settings": "encryption_only"}),
        recorded()._replace(settings={**recorded().settings, "recipient_domains": ("b.com",)}),
    ],
)
def test_another_success_is_not(connector: t.Any) -> None:
    first = Tenant([VALIDATED]).holding(connector).plan("first")
    assert [entry["name"] for entry in first["validate"]] == ["Forced TLS to contoso.com"]
    assert of(first, "contoso.com")["stands"] == "disabled"


def test_a_change_of_what_is_in_force_is_taken_back_where_it_does_not_pass() -> None:
    tenant = Tenant([VALIDATED]).with_rules(validate=False)
    tenant.run()
    tenant = tenant.with_rules(validate=True)
    before = dict(tenant.connectors)
    stricter = {**VALIDATED["outbound"], "level": "domain_validation", "certificate_name": "mx.contoso.com"}  # type: ignore[dict-item]
    tenant.partners = [{**VALIDATED, "outbound": stricter, "inbound": {"certificate_name": "mx.contoso.com"}}]
    first, plan = tenant.stage("first")
    assert [entry["name"] for entry in plan["validate"]] == ["Forced TLS to contoso.com"]
    assert len(plan["changes"]) == 2

    # The last stage is worked out from what stood before the run, and carried out on what stands by then.
    done = [{**one, "status": "applied", "error": None} for one in plan["changes"]]
    last = tenant.stage("last", validations=[failed()], outcomes=done)[1]
    assert held(last, "contoso.com") == "validation"
    assert all(entry["allow_weaken"] and "allow_weaken_from" not in entry for entry in last["connectors"])
    # What the run has not written is not put back over what somebody else has made of it.
    idle = tenant.stage("last", validations=[failed()], outcomes=[{**one, "status": "skipped"} for one in done])[1]
    assert not any("allow_weaken" in entry for entry in idle["connectors"])
    tenant.carry_out(first)
    assert tenant.connectors != before
    # Where a killed run has left the change, it is put back from what stands, and not from what stood before it.
    left = {connector.name: state_id(connector) for connector in tenant.connectors.values()}
    back = tenant.stage("last", validations=[failed()])[1]
    asked = {entry["name"]: entry for entry in back["connectors"]}
    assert {name: entry["allow_weaken_from"] for name, entry in asked.items()} == left
    assert asked["Forced TLS to contoso.com"]["allow_weaken"] is True
    assert all(change["blocked"] is None for change in back["changes"])
    restored = Tenant([]).holding(*before.values())
    assert {e["name"]: e["tls_settings"] for e in last["connectors"] if e["direction"] == "outbound"} == {
        "Forced TLS to contoso.com": restored.settings("Forced TLS to contoso.com")["tls_settings"]
    }
    assert last["changes"] == []


#: Made by hand: without it, mail would go by MX.
ROUTE = outbound(
    "Relay", ["contoso.com"], tls_settings="opportunistic", use_mx_record=False, smart_hosts=["relay.contoso.com"]
)


def adopting(by: dict[str, t.Any] | None = None, **members: t.Any) -> Tenant:
    """A tenant with that route, and its partner, who is to have TLS forced on it."""
    way = {"adopt": "Relay", "smart_hosts": ["relay.contoso.com"], **(by or {})}
    return Tenant([contoso(outbound=way, **members)]).holding(ROUTE)


@pytest.mark.parametrize(
    ("members", "evidence", "reason"),
    [({}, NOT_READY, "probe"), ({}, UNSEEN, "probe"), ({"enforce_from": "2027-01-01"}, READY, "enforce_from")],
)
def test_an_adopted_route_leads_mail_while_its_partner_is_held(
    members: dict[str, str], evidence: dict[str, t.Any], reason: str
) -> None:
    tenant = adopting(**members)
    tenant.evidence = {"contoso": evidence}
    assert held(tenant.run(), "Contoso") == reason
    assert tenant.settings("Relay") == ROUTE.settings
    assert tenant.plan()["changes"] == []
    tenant.partners[0]["state"] = "prepared"  # which says that it is to be disabled
    tenant.run()
    assert tenant.settings("Relay")["enabled"] is False


def test_an_adopted_route_leads_mail_until_the_date_also_beside_a_shared_connector() -> None:
    shared = outbound("Forced TLS to shared 1 (certificate_validation 0469ae)", ["contoso.com"], owner="forced_tls")
    tenant = adopting(enforce_from="2027-01-01").holding(shared)
    plan = tenant.run()
    assert (held(plan, "Contoso"), of(plan, "Contoso")["in_force"]) == ("enforce_from", True)
    assert tenant.settings("Relay") == ROUTE.settings


def test_an_adopted_route_leads_mail_while_exchange_validates_it_and_when_that_fails() -> None:
    tenant = adopting({"validation_recipients": ["postmaster@contoso.com"]})
    plan = tenant.plan("first")
    assert [entry["name"] for entry in plan["validate"]] == ["Relay"]
    done = [{**one, "status": "applied", "error": None} for one in plan["changes"]]
    last = tenant.plan("last", validations=[failed("Relay")], outcomes=done)
    assert held(last, "Contoso") == "validation"
    tried, back = (next(e for e in found["connectors"] if e["name"] == "Relay") for found in (plan, last))
    assert (tried["enabled"], tried["tls_settings"]) == (True, "certificate_validation")
    assert settings_from(back).items() <= ROUTE.settings.items()
    assert (back["enabled"], back["allow_weaken"]) == (True, True)


def test_a_failed_validation_of_somebody_in_force_is_an_alert() -> None:
    tenant = Tenant([VALIDATED]).with_rules(validate=False)
    tenant.run()
    last = tenant.with_rules(validate=True).plan("last", validations=[failed()])
    assert last["changes"] == []
    assert [alert["alert"] for alert in of(last, "contoso.com")["alerts"]] == ["validation_failed"]


def test_a_validation_that_check_mode_has_only_planned_is_no_failure() -> None:
    tenant = Tenant([VALIDATED]).with_rules(validate=False)
    tenant.run()
    planned = {**failed(), "status": "planned", "success": None, "error": None}
    assert of(tenant.with_rules(validate=True).plan("last", validations=[planned]), "contoso.com")["alerts"] == []


def test_who_is_in_force_is_validated_when_the_success_is_old_and_not_while_it_is_young() -> None:
    tenant = Tenant([VALIDATED]).with_rules(validate=False)
    tenant.run()
    tenant = tenant.with_rules(validate=True)
    assert [entry["name"] for entry in tenant.plan("last")["validate"]] == ["Forced TLS to contoso.com"]
    assert tenant.plan("first")["validate"] == []
    tenant.holding(recorded(enabled=True))
    assert tenant.plan("last")["validate"] == []
    assert tenant.with_rules(validate=False).plan("last")["validate"] == []


def test_who_takes_over_a_domain_in_force_is_validated_once_its_connector_stands() -> None:
    tenant = Tenant([{"name": "Old", "domains": ["contoso.com", "old.com"]}])
    tenant.run()
    tenant.partners = [{"name": "Old", "domains": ["old.com"]}, VALIDATED]
    assert tenant.plan("first")["validate"] == []
    made = [
        {"name": "Forced TLS to contoso.com", "direction": "outbound", "error": None},
        {"name": "Forced TLS from contoso.com", "direction": "inbound", "error": None},
    ]
    last = tenant.plan("last", outcomes=made)
    assert [entry["name"] for entry in last["validate"]] == ["Forced TLS to contoso.com"]
    assert tenant.plan("last")["validate"] == []
    made[0]["error"] = {"message": "It was not made."}  # type: ignore[assignment]
    assert tenant.plan("last", outcomes=made)["validate"] == []


# -- exceptions, waves, break glass, conflicts ------------------------------------------------------------------------


def exception(finding: str, until: str) -> dict[str, t.Any]:
    return {"finding": finding, "owner": "alice@example.com", "until": until, "reason": "CHG0050"}


def test_an_exception_from_the_validation_ends_and_is_told() -> None:
    partner = {**VALIDATED, "exceptions": [exception("validation", "2026-12-01")]}
    assert Tenant([partner]).plan("first")["validate"] == []
    late = Tenant([partner], now="2026-12-01T00:00:00Z").plan("first")
    assert [entry["name"] for entry in late["validate"]] == ["Forced TLS to contoso.com"]
    (alert,) = of(late, "contoso.com")["alerts"]
    assert (alert["alert"], alert["since"]) == ("exception_over", "2026-12-01T00:00:00Z")
    assert "alice@example.com is to extend it or to take it off the list (reason: CHG0050)." in alert["message"]
    assert [entry["active"] for entry in of(late, "contoso.com")["exceptions"]] == [False]


def test_of_two_who_have_a_domain_both_are_in_the_wave_in_which_one_gives_it_up() -> None:
    tenant = Tenant(
        [
            {"name": name, "domains": [f"{name}.com"], "outbound": {"adopt": name, "smart_hosts": ["gw.x.com"]}}
            for name in "ab"
        ]
    )
    tenant.partners[1]["domains"].append("m.com")
    tenant.terms = dataclasses.replace(tenant.terms, wave_size=1)
    tenant.holding(outbound("a", ["a.com", "m.com"]), outbound("b", ["b.com", "m.com"]))
    assert tenant.plan()["waves"] == [["a", "b"]]


def test_of_three_in_a_row_two_come_together_if_the_one_between_them_gives_and_takes() -> None:
    """Whose domain is with the one in between would wait for whom that one waits for."""
    tenant = Tenant([{"name": "A", "domains": ["a.com"]}, {"name": "B", "domains": ["b.com"]}])
    tenant.run()
    strict = {"outbound": {"level": "domain_validation", "certificate_name": "mx.x.com"}}
    pinned = {"inbound": {"certificate_name": "mx.x.com"}}
    tenant.partners = [
        {"name": "A", "domains": ["x.com"], **strict},
        {"name": "B", "domains": ["a.com"], **pinned},
        {"name": "C", "domains": ["b.com"], **strict},
    ]
    tenant.terms = dataclasses.replace(tenant.terms, wave_size=1)
    tenant.allow_weaken = "all"
    plan = tenant.plan()
    assert [len(plan["held"]), plan["waves"]] == [0, [["A", "C"]]]


def test_waves_are_filled_in_the_order_of_the_list_with_those_who_come_newly() -> None:
    tenant = Tenant(["a.com", "b.com", "c.com", "d.com", {"domains": ["e.com"], "state": "prepared"}])
    tenant.terms = dataclasses.replace(tenant.terms, wave_size=2)
    tenant.evidence = AllReady({"b.com": NOT_READY})
    assert tenant.plan()["waves"] == [["a.com", "c.com"], ["d.com"]]
    first = tenant.plan("first", admitted=["a.com", "c.com"])
    assert held(first, "d.com") == "wave"
    assert {entry["name"] for entry in first["connectors"]}.isdisjoint({"Forced TLS to d.com", "Forced TLS from d.com"})
    assert "Forced TLS to d.com" in first["keep"]
    tenant.run()
    assert tenant.plan()["waves"] == [[]]


def test_broken_glass_holds_until_it_is_resumed() -> None:
    tenant = Tenant([contoso()])
    tenant.run()
    mark = "[mailflow.exchange_online break glass 2026-11-26T01:30:00Z: mail is stuck]"
    for key, connector in tenant.connectors.items():
        settings = {**connector.settings, "enabled": False, "comment": f"{connector.settings['comment']}\n{mark}"}
        tenant.connectors[key] = connector._replace(settings=settings)
    plan = tenant.plan()
    assert plan["changes"] == []
    assert held(plan, "Contoso") == "break_glass"
    assert of(plan, "Contoso")["held"]["message"].startswith(
        "taken off on 2026-11-26T01:30:00Z (mail is stuck); name it"
    )

    tenant.partners = [contoso(state="suspended", reason="stuck", until="2027-01-01")]
    assert {change["name"] for change in tenant.plan()["changes"]} == {
        "Forced TLS to Contoso",
        "Forced TLS from Contoso",
    }
    tenant.partners = [contoso()]
    tenant = tenant.with_rules(resume=frozenset({"contoso"}))
    tenant.run()
    assert tenant.settings("Forced TLS to Contoso")["enabled"] is True
    assert "break glass" not in tenant.settings("Forced TLS to Contoso")["comment"]


def test_glass_that_somebody_has_mended_by_hand_is_whole_for_those_domains_alone() -> None:
    mark = "[mailflow.exchange_online break glass 2026-11-26T07:00:01Z: mail is stuck]"
    tenant = Tenant([contoso()]).holding(outbound("Forced TLS to Contoso", ["contoso.com"], comment=mark))
    assert held(tenant.plan(), "Contoso") is None
    tenant.partners = [contoso(domains=["contoso.com", "fabrikam.com"])]
    assert held(tenant.plan(), "Contoso") is None
    tenant.partners = [contoso(domains=["fabrikam.com"])]
    plan = tenant.plan()
    assert (held(plan, "Contoso"), plan["changes"]) == ("break_glass", [])


def test_who_is_resumed_is_validated_anew() -> None:
    mark = "[mailflow.exchange_online break glass 2026-11-26T07:00:01Z: mail is stuck]"
    broken = recorded()._replace(settings={**recorded().settings, "comment": mark})
    tenant = Tenant([VALIDATED]).with_rules(resume=frozenset({"contoso.com"})).holding(broken)
    assert [entry["name"] for entry in tenant.plan("first")["validate"]] == ["Forced TLS to contoso.com"]


def test_another_connector_for_the_domain_holds_and_nothing_is_made_beside_it() -> None:
    tenant = Tenant([contoso()]).holding(outbound("By hand", ["contoso.com"]))
    plan = tenant.plan()
    assert (held(plan, "Contoso"), plan["changes"]) == ("conflict", [])
    assert "By hand" in of(plan, "Contoso")["held"]["message"]
    tenant.partners = [contoso(outbound={"adopt": "By hand"})]
    plan = tenant.run()
    assert held(plan, "Contoso") is None
    assert changes(plan) == [("inbound", "Forced TLS from Contoso", "create")]
    assert tenant.plan()["changes"] == []

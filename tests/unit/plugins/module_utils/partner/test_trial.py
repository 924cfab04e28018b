# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change that is being validated says what stood before, so that the run after a killed one can take it back."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import key
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import trial
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.partner.planning import (
    NOT_READY,
    AllReady,
    Tenant,
    held,
    outbound,
)

LOW: dict[str, t.Any] = {"name": "Contoso", "domains": ["contoso.com"], "outbound": {"level": "encryption_only"}}
RAISED: dict[str, t.Any] = {
    "name": "Contoso",
    "domains": ["contoso.com"],
    "outbound": {
        "level": "domain_validation",
        "certificate_name": "mx.contoso.com",
        "validation_recipients": ["postmaster@contoso.com"],
    },
    "inbound": {"certificate_name": "mx.contoso.com"},
}
FAILED = {
    "connector": "Forced TLS to Contoso",
    "status": "failed",
    "success": False,
    "error": {"message": "It did not pass."},
}
PASSED = {**FAILED, "status": "passed", "success": True, "error": None}


def killed_after(stage: str) -> Tenant:
    """In force at a low level, then raised, and the run killed after the stage."""
    tenant = Tenant([LOW])
    tenant.run()
    tenant.partners = [RAISED]
    if stage == "first":
        tenant.carry_out(tenant.stage("first")[0])
    return tenant


def comment(tenant: Tenant, direction: t.Literal["outbound", "inbound"] = "outbound") -> str:
    name = "Forced TLS to Contoso" if direction == "outbound" else "Forced TLS from Contoso"
    return str(tenant.settings(name, direction)["comment"])


def test_the_trial_says_what_it_was_in_both_directions() -> None:
    tenant = killed_after("first")
    assert tenant.settings("Forced TLS to Contoso")["tls_settings"] == "domain_validation"
    was = '{"tls_domain": "", "tls_settings": "encryption_only", "validation_recipients": []}'
    assert comment(tenant) == f"Forced TLS with Contoso.\n[mailflow.exchange_online trial {was}]"
    assert '"tls_sender_certificate_name": ""' in comment(tenant, "inbound")


def test_the_next_run_goes_on_where_the_killed_one_was() -> None:
    tenant = killed_after("first")
    first = tenant.plan("first")
    assert first["changes"] == []
    assert [entry["name"] for entry in first["validate"]] == ["Forced TLS to Contoso"]


def test_what_passes_keeps_the_change_and_loses_the_line() -> None:
    tenant = killed_after("first")
    tenant.carry_out(tenant.stage("last", validations=[PASSED])[0])
    assert tenant.settings("Forced TLS to Contoso")["tls_settings"] == "domain_validation"
    assert comment(tenant) == comment(tenant, "inbound") == "Forced TLS with Contoso."


@pytest.mark.parametrize("stage", ["none", "first"])
def test_what_does_not_pass_is_taken_back_also_by_the_next_run(stage: str) -> None:
    tenant = killed_after(stage)
    before = dict(killed_after("none").connectors)
    if stage == "none":
        first = tenant.stage("first")[0]
        last, plan = tenant.stage("last", validations=[FAILED])
        tenant.carry_out(first)
        assert tenant.connectors != before
        # The same entries, carried out on what stands by then.
        tenant.partners = [RAISED]
    last, plan = tenant.stage("last", validations=[FAILED])
    assert held(plan, "Contoso") == "validation"
    assert [change for change in plan["changes"] if change["blocked"]] == []
    tenant.carry_out(last)
    assert tenant.connectors == before


def test_a_hold_takes_it_back_as_well() -> None:
    tenant = killed_after("first")
    tenant.evidence = AllReady({"contoso": NOT_READY})
    plan = tenant.run()
    assert held(plan, "Contoso") == "probe"
    assert tenant.connectors == killed_after("none").connectors
    assert tenant.plan()["changes"] == []


def test_an_adopted_connector_gets_its_comment_back() -> None:
    hand = outbound("By hand", ["contoso.com"], tls_settings="encryption_only", comment="Do not touch")
    adopted = {**RAISED, "outbound": {**RAISED["outbound"], "adopt": "By hand"}}
    tenant = Tenant([adopted]).holding(hand)
    tenant.carry_out(tenant.stage("first")[0])
    assert str(tenant.settings("By hand")["comment"]).startswith("Do not touch\n[mailflow.exchange_online trial ")
    passed = [{**PASSED, "connector": "By hand"}]
    once, again = (dataclasses.replace(tenant, connectors=dict(tenant.connectors)) for _time in range(2))
    once.carry_out(once.stage("last", validations=passed)[0])
    again.carry_out(again.stage("last", validations=[{**FAILED, "connector": "By hand"}])[0])
    for after, level in ((once, "domain_validation"), (again, "encryption_only")):
        assert after.settings("By hand")["comment"] == "Do not touch"
        assert after.settings("By hand")["tls_settings"] == level


def test_who_is_new_and_what_needs_no_validation_has_no_line() -> None:
    assert "trial" not in str(Tenant([RAISED]).plan("first")["connectors"])
    tenant = killed_after("none").with_rules(validate=False)
    assert "trial" not in str(tenant.plan("first")["connectors"])
    assert "trial" not in str(killed_after("none").plan()["connectors"])


@pytest.mark.parametrize("was", ["{}", "{broken}", '{"tls_settings": "nonsense"}', '["a"]', '{"smart_hosts": 5}'])
def test_a_line_that_somebody_has_edited_changes_nothing(was: str) -> None:
    edited = outbound("Forced TLS to Contoso", ["contoso.com"], comment=f"[mailflow.exchange_online trial {was}]")
    assert trial.before_trial(edited).settings["tls_settings"] == "certificate_validation"
    assert key("outbound", "Forced TLS to Contoso") == trial.before_trial(edited).key


def test_a_line_that_is_too_long_is_none() -> None:
    many = {"smart_hosts": tuple(f"gateway{number}.contoso.com" for number in range(100))}
    assert trial.trial_mark(many, {"smart_hosts": ()}) == ""
    assert trial.with_trial("text", "") == "text"

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The promises that hold for every run, on every scenario: see "Contracts" in CONTRIBUTING.md."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.integration.both_ways import where
from ansible_collections.mailflow.exchange_online.tests.integration.scenarios import (
    LEFT_BEHIND,
    PAIR,
    SCENARIOS,
    Scenario,
    inbound,
    outbound,
)
from ansible_collections.mailflow.exchange_online.tests.lab import Lab

__all__ = ["where"]

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


@pytest.fixture
def prepared(scenario: Scenario, run: Run) -> Scenario:
    """The scenario with its tenant as it stands."""
    if scenario.standing:
        made = run.connectors(*scenario.standing, **scenario.standing_options)
        assert made["summary"]["applied"] == len(scenario.standing), made
    run.lab.journal.clear()
    return scenario


@each_scenario
def test_check_mode_writes_nothing_and_predicts_the_real_run(prepared: Scenario, run: Run) -> None:
    before = (run.lab.tenant.outbound, run.lab.tenant.inbound)
    check = run.connectors(*prepared.wished, check=True, **prepared.options)
    assert run.lab.journal.writes() == []
    assert (run.lab.tenant.outbound, run.lab.tenant.inbound) == before

    real = run.connectors(*prepared.wished, **prepared.options)
    assert {
        s: n for s, n in real["summary"].items() if s in ("applied", "unchanged", "skipped", "failed", "unknown") and n
    } == prepared.outcomes
    assert real.get("failed", False) == ("skipped" in prepared.outcomes)
    for key in ("changed", "diff", "plan_id", "msg"):
        assert check.get(key) == real.get(key), key
    assert [
        {**o, "status": "applied" if o["status"] == "planned" else o["status"]} for o in check["connectors"]
    ] == real["connectors"]


@each_scenario
def test_a_second_run_writes_nothing(prepared: Scenario, run: Run) -> None:
    run.connectors(*prepared.wished, **prepared.options)
    run.lab.journal.clear()
    second = run.connectors(*prepared.wished, **prepared.options)
    assert run.lab.journal.writes() == []
    assert second["changed"] is False
    assert second["summary"]["applied"] == 0
    assert len(run.lab.journal.admin()) <= 5
    assert second["requests"] == len(run.lab.journal.admin())


@each_scenario
def test_information_fed_back_changes_nothing(prepared: Scenario, run: Run) -> None:
    run.connectors(*prepared.wished, **prepared.options)
    read = run.module("connector_info")
    assert len(read["connectors"]) == len(run.lab.tenant.outbound) + len(run.lab.tenant.inbound)
    run.lab.journal.clear()
    again = run.connectors(*read["connectors"])
    assert "msg" not in again
    assert again["changed"] is False
    assert run.lab.journal.writes() == []


@each_scenario
def test_one_token_a_call_and_no_warning(prepared: Scenario, run: Run) -> None:
    result = run.connectors(*prepared.wished, **prepared.options)
    assert len(run.lab.journal.tokens()) == 1
    assert "warnings" not in result
    assert "deprecations" not in result


def test_what_the_console_and_powershell_left_behind_can_be_fed_back() -> None:
    """Records that this collection would never write: on-premises, rule-scoped, test mode, with stale values."""
    with Lab(seed=LEFT_BEHIND) as lab:
        read = harness.run_module("connector_info", lab.connection())
        assert [c["name"] for c in read["connectors"] if c["direction"] == "outbound"] == sorted(
            record["Name"] for record in lab.tenant.outbound
        )
        again = harness.run_module("connectors", {**lab.connection(), "connectors": read["connectors"]})
        assert again["changed"] is False, again
        assert lab.journal.writes() == []


def test_an_approved_plan_is_carried_out_and_another_is_not(run: Run) -> None:
    planned = run.connectors(*PAIR, check=True)
    other = run.connectors(*PAIR, outbound("third", "third.example"), plan_id=planned["plan_id"])
    assert other["failed"] is True
    assert other["error"]["kind"] == "plan_changed"
    assert run.lab.journal.writes() == []

    done = run.connectors(*PAIR, plan_id=planned["plan_id"])
    assert done["summary"]["applied"] == 2
    assert done["plan_id"] == planned["plan_id"]


def test_state_that_changed_after_approval_stops_the_plan(run: Run) -> None:
    run.connectors(*PAIR)
    wished = outbound("to adatum", "adatum.com", comment="new")
    planned = run.connectors(wished, check=True)
    run.module("connector", name="to adatum", direction="outbound", smtp_dane_mode="none")
    run.lab.journal.clear()
    stopped = run.connectors(wished, plan_id=planned["plan_id"])
    assert stopped["error"]["kind"] == "plan_changed"
    assert stopped["connectors"][0]["status"] == "skipped"
    assert run.lab.journal.writes() == []


def test_secrets_appear_nowhere(run: Run) -> None:
    results = [
        run.connectors(*PAIR),
        run.module("connector_info"),
        run.connectors(*PAIR, client_secret="wrong-canary-secret"),
        run.connectors(outbound("x", "a b")),
        run.connectors(*PAIR, api_url="https://127.0.0.1:9"),
    ]
    tokens = run.lab.issued_tokens()
    assert tokens
    text = json.dumps(results) + repr(run.lab.journal.entries)
    for secret in (run.lab.tenant.client_secret, "wrong-canary-secret", *tokens):
        # The arguments come back as "invocation", where Ansible masks what the spec calls a secret.
        assert secret not in text


def test_swapped_domains_are_never_unenforced_in_between(run: Run) -> None:
    run.connectors(outbound("one", "a.example"), outbound("two", "b.example"))
    run.lab.journal.clear()
    run.connectors(outbound("one", "b.example"), outbound("two", "a.example"))
    served = {"one": {"a.example"}, "two": {"b.example"}}
    guids = {record["Guid"]: record["Name"] for record in run.lab.tenant.outbound}
    for entry in run.lab.journal.writes():
        for parameters in entry.parameters:
            served[guids[parameters["Identity"]]] = set(parameters["RecipientDomains"])
            assert set().union(*served.values()) == {"a.example", "b.example"}
    assert served == {"one": {"b.example"}, "two": {"a.example"}}


def test_inbound_and_outbound_may_share_a_name(run: Run) -> None:
    result = run.connectors(outbound("Adatum", "adatum.com"), inbound("Adatum", "adatum.com"))
    assert result["summary"]["applied"] == 2

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The qualification finds out how a lab is set, in every reading that it claims to find out."""

from __future__ import annotations

import json
import pathlib
import time
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification import (
    document,
    steps_read,
    steps_write,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import Exchange
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.questions import (
    NOT_ASKED,
    QUESTIONS,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._result import Result
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Call
from ansible_collections.mailflow.exchange_online.tests.integration.qualification import (
    CLAIMED,
    SWITCHES,
    ask,
    nothing,
    own,
    settings,
)
from ansible_collections.mailflow.exchange_online.tests.lab import Fault, Lab
from ansible_collections.mailflow.exchange_online.tests.lab.pytest_plugin import MakeLab
from ansible_collections.mailflow.exchange_online.tests.lab.qualified import load
from ansible_collections.mailflow.exchange_online.tests.lab.switches import Value

Settings = dict[str, Value]
#: Found out by tests of their own: they stop the run, or take something that is not there by itself.
APART = (
    *("cmdlet_latency", "visibility_seconds", "replicas", "fresh_write_target", "throttle_body", "retry_after"),
    *("blocked_connector_id", "dehydrated_tenant", "developer_tenant", "batch"),
)
TURNING = [name for name in CLAIMED if name not in APART]
#: Where every other answer lets it show.
ALONE: tuple[Settings, ...] = (
    {"next_link": "usable", "smart_hosts_same_call": "stored_suffice"},
    {"next_link": "expired", "smart_hosts_with_mx": "turns_mx_off", "smart_hosts_same_call": "stored_suffice"},
    {"next_link": "needs_anchor", "smart_hosts_after_mx": "cleared"},
    {"clear_other_forms": "ignored", "clear_list": "null", "clear_scalar": "empty_string"},
    {"clear_other_forms": "refused", "clear_list": "empty_array", "clear_scalar": "null"},
    {"partner_without_restriction": "refused", "require_tls_default": "false"},
    {"validation_disabled": "validated", "validation_detail": "list"},
)
#: What does not show, and where.
MOOT: t.Mapping[str, t.Callable[[Settings], bool]] = {
    "next_link": lambda given: given.get("result_size", "honoured") != "honoured",
    "clear_other_forms": lambda given: {given.get("clear_list", "any"), given.get("clear_scalar", "any")} == {"any"},
    "smart_hosts_same_call": lambda given: (
        given.get("smart_hosts_after_mx") == "cleared" and given.get("smart_hosts_with_mx", "stored") != "stored"
    ),
    "validation_disabled": lambda given: given.get("validation_detail") == "absent",
}


class Run(t.NamedTuple):
    """How a lab was set, and what was found out."""

    given: Settings
    result: Result
    left: list[str]


def turned(number: int) -> Settings:
    """Settings in which each switch has another value in each of the first runs, whatever the others have."""
    chosen: Settings = {}
    for place, name in enumerate(TURNING):
        values = SWITCHES[name].values or ()
        chosen[name] = values[(number + place) % len(values)]
    return chosen


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    """A run in each of some labs, which have every value of every switch among them."""
    most = max(len(SWITCHES[name].values or ()) for name in TURNING)
    found = []
    for given in (*(turned(number) for number in range(most)), *ALONE):
        with Lab(switches=given) as lab:
            result = ask(lab, recipients=["somebody@contoso.com"])
            found.append(Run(given, result, own(lab)))
    return found


PAIRS = [(name, value) for name in TURNING for value in SWITCHES[name].values or ()]


@pytest.mark.parametrize(("name", "value"), PAIRS)
def test_each_setting_is_found_out(name: str, value: Value, runs: list[Run]) -> None:
    of_value = [run for run in runs if run.given.get(name, SWITCHES[name].default) == value]
    answers = [settings(run.result).get(name) for run in of_value]
    assert str(value) in answers
    for run, answer in zip(of_value, answers, strict=True):
        assert answer == str(value) or (answer is None and MOOT[name](run.given)), run.given


def test_runs_end_well_and_leave_nothing(runs: list[Run]) -> None:
    for run in runs:
        assert run.result.error is None
        assert run.result.changed
        assert run.result.data["left"] == run.left == []
        assert run.result.data["qualification"]["whole"]


def test_answers_follow_from_the_file_alone(runs: list[Run]) -> None:
    for run in runs:
        found = json.loads(json.dumps(run.result.data["qualification"]))
        again = document.make(
            [
                Exchange(
                    number=one["number"],
                    step=one["step"],
                    calls=[Call(command["cmdlet"], command["parameters"]) for command in one["commands"]],
                    asked=one.get("unusual", {}),
                    status=one["answer"]["status"],
                    headers=one["answer"]["headers"],
                    body=one["answer"].get("body"),
                    other=one["answer"].get("other", ""),
                    at=one["at"],
                    seconds=one["seconds"],
                )
                for one in found["exchanges"]
            ],
            **{name: found[name] for name in ("made", "cloud", "wrote", "whole")},
        )
        assert again == found


def test_a_lab_with_the_file_answers_as_the_tenant_did(runs: list[Run], tmp_path: pathlib.Path) -> None:
    first = next(run for run in runs if run.given.get("domain_case") == "lower")
    path = tmp_path / "qualification.json"
    path.write_text(json.dumps(first.result.data["qualification"]), encoding="utf-8")
    measured = {"cmdlet_latency"}
    with Lab(switches=load(path).settings) as lab:
        again = settings(ask(lab, recipients=["somebody@contoso.com"]))
    before = settings(first.result)
    assert {name: again[name] for name in before if name not in measured} == {
        name: value for name, value in before.items() if name not in measured
    }
    assert again["domain_case"] == "lower"


# -- what takes a lab of its own ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["404", "400"])
def test_a_service_without_batches(status: str, make_lab: MakeLab) -> None:
    found = settings(ask(make_lab(switches={"batch": status}), write=False))
    assert found["batch"] == status
    assert not {"batch_item_status", "batch_item_bearer", "batch_without_accept"} & set(found)


def test_a_tenant_in_which_nothing_may_be_written_yet(make_lab: MakeLab) -> None:
    lab = make_lab(switches={"dehydrated_tenant": "yes"})
    result = ask(lab)
    assert settings(result)["dehydrated_tenant"] == "yes"
    assert "developer_tenant" not in settings(result)
    assert (result.error, own(lab)) == (None, [])


def test_a_tenant_without_inbound_connectors(make_lab: MakeLab) -> None:
    found = settings(ask(make_lab(switches={"developer_tenant": "yes"})))
    assert found["developer_tenant"] == "yes"
    assert found["domain_case"] == "as_sent"  # the other direction is asked all the same
    assert "cidr_form" not in found


@pytest.mark.parametrize("member", ["ConnectorId", "Identity"])
def test_a_blocked_connector(member: str, make_lab: MakeLab) -> None:
    seed = {"tenants": [{"inbound": [{"Name": "from x", "SenderDomains": ["x.com"]}], "blocked": ["from x"]}]}
    lab = make_lab(seed=seed, switches={"blocked_connector_id": member})
    assert settings(ask(lab, write=False))["blocked_connector_id"] == member


@pytest.mark.parametrize(
    ("shape", "wish", "expected"),
    [
        ({"json": True}, 0, ("json", "seconds")),
        ({}, "Thu, 26 Nov 2026 11:00:00 GMT", ("text", "date")),
        ({}, None, ("text", "absent")),
    ],
)
def test_throttling_by_chance(
    shape: dict[str, t.Any], wish: object, expected: tuple[str, str], make_lab: MakeLab
) -> None:
    lab = make_lab()
    lab.faults.add(Fault({"service": "admin"}, "throttle", after=3, retry_after=wish, **shape))
    found = settings(ask(lab, write=False, sleep=nothing))
    assert (found["throttle_body"], found["retry_after"]) == expected


@pytest.mark.parametrize("target", ["found", "by_name", "404"])
@pytest.mark.parametrize("replicas", ["one", "flip_flop"])
def test_writes_that_are_seen_late(target: str, replicas: str, make_lab: MakeLab) -> None:
    lab = make_lab(switches={"visibility_seconds": 0.2, "fresh_write_target": target, "replicas": replicas})
    # The rest of the run would be spent waiting.
    lab.faults.add(Fault({"cmdlet": "New-*"}, "status", status=500, after=1))
    result = ask(lab, sleep=lambda seconds: time.sleep(seconds / 10))
    found = settings(result)
    assert (found["fresh_write_target"], found["replicas"]) == (target, replicas)
    assert 0.0 < float(found["visibility_seconds"]) < 2.0
    assert result.error is not None
    assert not result.data["qualification"]["whole"]
    assert own(lab) == []


def test_late_sight_changes_no_other_answer(make_lab: MakeLab) -> None:
    lab = make_lab(switches={"visibility_seconds": 3600.0})

    def sleep(seconds: float) -> None:
        """All that was written before is seen after a while."""
        if seconds >= 0.1:
            lab.switches["visibility_seconds"] = 0.0
            for noun in ("OutboundConnector", "InboundConnector"):
                lab.world.tenants[lab.tenant.tenant_id].exchange.visible(noun)
            lab.switches["visibility_seconds"] = 3600.0
        time.sleep(seconds if seconds == 1.2 else 0.0)

    result = ask(lab, sleep=sleep)
    found = result.data["qualification"]
    differ = {one["id"] for one in found["answers"] if one["agrees"] is False}
    assert differ == {"visibility_seconds"}
    assert (result.error, own(lab)) == (None, [])


def test_latency_is_measured(make_lab: MakeLab) -> None:
    lab = make_lab(switches={"cmdlet_latency": "Get-*=0.05"})
    (told,) = settings(ask(lab, write=False))["cmdlet_latency"].split(",")
    verb, seconds = told.split("=")
    assert verb == "Get-*"
    assert 0.05 <= float(seconds) < 1.0


# -- the tables --------------------------------------------------------------------------------------------------------


def test_questions_are_the_switches_and_assume_their_defaults() -> None:
    assumed = {question.id: question.assumed for question in QUESTIONS if question.assumed is not None}
    assert assumed == {name: str(SWITCHES[name].default) for name in assumed}
    left = [name for one in NOT_ASKED for name in one.switches]
    assert sorted([*assumed, *left]) == sorted(SWITCHES)
    assert len({question.id for question in QUESTIONS}) == len(QUESTIONS)


def test_each_step_that_a_question_names_is_there() -> None:
    parts = (steps_read.READS, steps_write.CREATE, steps_write.UNSEEN, steps_write.MORE, steps_write.OUTBOUND)
    parts = (*parts, steps_write.INBOUND_CREATE, steps_write.INBOUND, (steps_write.VALIDATION,))
    keys = {step.key for part in parts for step in part} | {"fresh.1"}
    for question in QUESTIONS:
        assert set(question.steps) <= keys, question.id

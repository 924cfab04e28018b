# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each fault x each write, alone and in a batch: what is reported is what stands, and nothing is done twice."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _client
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import apply
from ansible_collections.mailflow.exchange_online.tests.integration.both_ways import where
from ansible_collections.mailflow.exchange_online.tests.integration.scenarios import Connector, outbound
from ansible_collections.mailflow.exchange_online.tests.lab import Fault

__all__ = ["where"]

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run

STANDING = (outbound("changes", "changes.example"), outbound("goes", "goes.example"))
#: Cmdlet -> the wish whose write meets the fault.
WRITES: dict[str, Connector] = {
    "New-OutboundConnector": outbound("comes", "comes.example"),
    "Set-OutboundConnector": outbound("changes", "changes.example", comment="changed"),
    "Remove-OutboundConnector": {"name": "goes", "direction": "outbound", "state": "absent"},
}
#: What happens to the write, as often as the fault says.
FAULTS: dict[str, tuple[str, dict[str, t.Any]]] = {
    "429 with Retry-After": ("throttle", {"retry_after": 1}),
    "429 with a date": ("throttle", {"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}),
    "429 in JSON without Retry-After": ("throttle", {"json": True}),
    "503": ("status", {"status": 503}),
    "500 before it took effect": ("status", {"status": 500}),
    "500 after it took effect": ("status", {"status": 500, "effect": True}),
    "502 after it took effect": ("status", {"status": 502, "effect": True}),
    "504 before it took effect": ("status", {"status": 504}),
    "400": ("status", {"status": 400}),
    "401": ("status", {"status": 401}),
    "403": ("status", {"status": 403}),
    "lost before it took effect": ("drop_before", {}),
    "lost after it took effect": ("drop_after", {}),
    "no answer in time": ("stall", {"seconds": 5, "answer": False}),
    "cut short": ("truncate", {}),
    "JSON cut short": ("invalid_json", {}),
    "HTML": ("not_json", {}),
    "false gzip": ("false_gzip", {}),
    "redirect": ("redirect", {"location": "https://localhost:9/"}),
    "error inside a 200": ("error_in_200", {}),
}
each_write = pytest.mark.parametrize("cmdlet", WRITES)
each_batch = pytest.mark.parametrize("batch_size", [1, 10], ids=["alone", "batched"])


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits are asked for and not served; what they add up to is for the unit tests."""
    waits: list[float] = []
    monkeypatch.setattr(_client, "Pace", lambda: dataclasses.replace(PACE, sleep=waits.append))
    monkeypatch.setattr(apply, "PAUSES", (0.0,) * len(apply.PAUSES))
    return waits


PACE = _client.Pace()


def settings(run: Run) -> dict[str, str]:
    """What stands: each name and its comment."""
    return {record["Name"]: record["Comment"] for record in run.lab.tenant.outbound}


BEFORE = {"changes": "", "goes": ""}
AFTER = {"changes": "changed", "comes": ""}


def reached(name: str, stands: dict[str, str]) -> bool:
    """Whether the connector stands as wished."""
    return stands.get(name) == AFTER.get(name)


@each_batch
@each_write
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
def test_a_fault_ends_in_a_true_report(fault: str, cmdlet: str, batch_size: int, times: int | None, run: Run) -> None:
    assert run.connectors(*STANDING)["summary"]["applied"] == 2
    run.lab.journal.clear()
    action, arguments = FAULTS[fault]
    run.lab.faults.add(Fault({"cmdlet": cmdlet}, action, times, **arguments))
    # Long enough that only the stall runs into it, however busy the machine is.
    timeout = 2 if action == "stall" else 60
    options = {"allow_weaken": True, "batch_size": batch_size, "timeout": timeout, "retries": 2}
    result = run.connectors(*WRITES.values(), **options)

    stands = settings(run)
    for outcome in result["connectors"]:
        name, status = outcome["name"], outcome["status"]
        assert status in ("applied", "failed", "unknown"), outcome
        if status == "applied":
            assert reached(name, stands), (outcome, stands)
        elif status == "failed":
            assert stands.get(name) == BEFORE.get(name), (outcome, stands)
            assert name in outcome["error"]["message"]
        assert (outcome["error"] is None) == (status == "applied")
    assert result.get("failed", False) == any(o["status"] != "applied" for o in result["connectors"])
    if times == 1 and fault not in ("400", "403", "redirect"):
        assert result["summary"]["applied"] == 3, result["msg"]

    run.lab.faults.clear()
    again = run.connectors(*WRITES.values(), **options)
    assert "msg" not in again
    assert settings(run) == AFTER


@each_batch
@pytest.mark.parametrize("fault", ["missing_item", "duplicate_item", "error_item"])
def test_faults_of_a_batch_concern_their_item_alone(fault: str, batch_size: int, run: Run) -> None:
    run.connectors(*STANDING)
    arguments = {"status": 500} if fault == "error_item" else {}
    run.lab.faults.add(Fault({"item": 2}, fault, **arguments))
    result = run.connectors(*WRITES.values(), allow_weaken=True, batch_size=batch_size, retries=2)
    assert result["summary"]["applied"] == 3, result
    assert settings(run) == AFTER


@each_batch
def test_a_batch_answered_out_of_order_is_matched_by_id(batch_size: int, run: Run) -> None:
    run.connectors(*STANDING)
    run.lab.faults.add(Fault({}, "reorder", None))
    wished = (outbound("changes", "changes.example", smtp_dane_mode="none"), outbound("comes", "contoso.invalid"))
    result = run.connectors(*wished, batch_size=batch_size)
    assert [(o["name"], o["status"]) for o in result["connectors"]] == [("changes", "applied"), ("comes", "applied")]


@pytest.mark.parametrize(
    "fault", ["drop_before", "empty_body", "not_json", "invalid_json", "error_in_200", "bad_next_link"]
)
@pytest.mark.parametrize("cmdlet", ["Get-OutboundConnector", "Get-InboundConnector", "Get-AcceptedDomain"])
def test_a_list_that_cannot_be_read_whole_stops_the_run(fault: str, cmdlet: str, run: Run) -> None:
    run.lab.faults.add(Fault({"cmdlet": cmdlet}, fault, None))
    sender = {"name": "b", "direction": "inbound", "sender_domains": ["b.example"]}
    result = run.connectors(outbound("a", "a.example"), sender, retries=2)
    assert result["failed"] is True
    assert result["error"]["kind"] in ("network", "unreadable", "incomplete", "rejected")
    assert result.get("changed", False) is False
    assert run.lab.journal.writes() == []


def test_a_lost_answer_to_new_makes_no_second_connector(run: Run) -> None:
    run.lab.faults.add(Fault({"cmdlet": "New-*"}, "drop_after"))
    result = run.connectors(outbound("a", "a.example"))
    assert result["connectors"][0]["status"] == "applied"
    assert len(run.lab.journal.writes()) == 1


def test_nothing_is_sent_after_the_first_failure_when_asked(run: Run) -> None:
    run.connectors(*STANDING)
    run.lab.journal.clear()
    run.lab.faults.add(Fault({"cmdlet": "New-*"}, "status", None, status=400))
    result = run.connectors(*WRITES.values(), allow_weaken=True, continue_on_error=False)
    assert [o["status"] for o in result["connectors"]] == ["failed", "skipped", "skipped"]
    assert len(run.lab.journal.writes()) == 1
    assert settings(run) == BEFORE

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each cell of the fault matrix: it ends as the table says, and what is reported is what stands in the tenant."""

from __future__ import annotations

import dataclasses
import email.utils
import time
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _client, _retry
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import apply
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation import carry, runner
from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.integration.fault_matrix import OPERATIONS, ROWS, Ending, Row
from ansible_collections.mailflow.exchange_online.tests.integration.scenarios import Connector, outbound
from ansible_collections.mailflow.exchange_online.tests.lab import Fault, Lab
from ansible_collections.mailflow.exchange_online.tests.lab.fault_actions import ACTIONS
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld

PARTNER = "a-good.test"
LADDER = (None, "EncryptionOnly", "CertificateValidation", "DomainValidation")
SEED = {
    "tenants": [
        {
            "outbound": [
                {"Name": "changes", "RecipientDomains": ["changes.example"], "TlsSettings": "EncryptionOnly"},
                {"Name": "goes", "RecipientDomains": ["goes.example"], "TlsSettings": "EncryptionOnly"},
                {"Name": "stays", "RecipientDomains": ["stays.example"], "TlsSettings": "CertificateValidation"},
                {"Name": "checked", "RecipientDomains": [PARTNER], "TlsSettings": "CertificateValidation"},
            ]
        }
    ]
}
WISHES: dict[str, Connector] = {
    "comes": outbound("comes", "comes.example"),
    "changes": outbound("changes", "changes.example", comment="changed"),
    "goes": {"name": "goes", "direction": "outbound", "state": "absent"},
    "stays": outbound("stays", "stays.example"),
}
BEFORE = {"changes": ("EncryptionOnly", ""), "goes": ("EncryptionOnly", ""), "stays": ("CertificateValidation", "")}
AFTER = {
    "comes": ("CertificateValidation", ""),
    "changes": ("CertificateValidation", "changed"),
    "stays": ("CertificateValidation", ""),
}
#: Whom an operation is about.
NAMES = {"new": "comes", "set": "changes", "remove": "goes", "validate": "checked", "record": "checked"}

Stands = dict[str, tuple[str | None, str]]
Result = dict[str, t.Any]


@dataclasses.dataclass
class Case:
    """A cell in one of its two halves, and the lab that it is tried on."""

    row: Row
    operation: str
    always: bool
    lab: Lab
    way: harness.Way

    @property
    def ending(self) -> Ending:
        return self.row.cells[self.operation][self.always]

    @property
    def name(self) -> str | None:
        """Whom it is about."""
        return NAMES.get(self.operation.partition(",")[0])

    @property
    def alone(self) -> bool:
        """Whether only this one may end badly."""
        whole = OPERATIONS[self.operation].batched and not ACTIONS[self.row.action or "warning"].of_item
        return not self.row.spreads and not whole

    def prepare(self) -> None:
        """A fresh tenant in which the fault is to come."""
        operation = OPERATIONS[self.operation]
        self.lab.switches.update(self.row.switches)
        if self.row.action is None:
            return
        match = {"service": "entra" if self.operation == "sign in" else "admin", "cmdlet": operation.cmdlet}
        arguments = {**self.row.arguments}
        if arguments.get("retry_after") == "+1":
            arguments["retry_after"] = email.utils.formatdate(time.time() + 1, usegmt=True)
        if "name" in arguments:
            arguments["name"] = arguments["name"].format(name=self.name)
        self.lab.faults.add(Fault(match, self.row.action, None if self.always else 1, **arguments))

    def run(self) -> Result:
        # Long enough that only the stall runs into it, however busy the machine is.
        options = {**self.lab.connection(), "timeout": 1 if self.row.action == "stall" else 60, "retries": 2}
        if self.name == "checked":
            entries = [{"name": "checked", "recipients": [f"postmaster@{PARTNER}"]}]
            return self._module("tls_validation", {**options, "connectors": entries})
        size = 10 if OPERATIONS[self.operation].batched else 1
        wishes = list(WISHES.values())
        return self._module("connectors", {**options, "connectors": wishes, "allow_weaken": True, "batch_size": size})

    def _module(self, name: str, options: Result) -> Result:
        return (harness.run_module if self.way == "module" else harness.run_action)(name, options)


def stands(lab: Lab) -> Stands:
    """Each connector's level and comment. No name stands twice."""
    records = [record for record in lab.tenant.outbound if record["Name"] not in ("checked", "hers")]
    found = {record["Name"]: (record["TlsSettings"], record["Comment"]) for record in records}
    assert len(found) == len(records), records
    return found


def checked(lab: Lab) -> dict[str, t.Any] | None:
    return next((record for record in lab.tenant.outbound if record["Name"] == "checked"), None)


def news(lab: Lab) -> int:
    """How many connectors were made, by commands that came alone: the journal tells of a batch only that it changed."""
    made = [entry for entry in lab.journal.writes() if entry.effect and not entry.batch]
    return sum(entry.cmdlets.count("New-OutboundConnector") for entry in made)


# -- the judges ------------------------------------------------------------------------------------------------------


def judge_list(case: Case, result: Result) -> None:
    """Of a run of ``connectors``: statuses and standing connectors are what the cell says, and agree."""
    found = stands(case.lab)
    assert LADDER.index(found.get("changes", ("DomainValidation", ""))[0]) >= LADDER.index("EncryptionOnly")
    assert found["stays"] == BEFORE["stays"]
    assert result.get("failed", False) == (case.ending != "done"), result
    if case.ending == "stopped":
        assert result["error"]["message"] == result["msg"]
        assert case.lab.journal.writes() == []
        assert "connectors" not in result
        assert found == BEFORE
        return
    assert [outcome["name"] for outcome in result["connectors"]] == list(WISHES)
    for outcome in result["connectors"]:
        judge_outcome(case, outcome, found)
    assert result["changed"] == any(found.get(name) != BEFORE.get(name) for name in WISHES)


def judge_outcome(case: Case, outcome: Result, found: Stands) -> None:
    name, status = outcome["name"], outcome["status"]
    if name == case.name:
        assert status == ("applied" if case.ending == "done" else "failed"), outcome
    elif name == "stays":
        assert status == "unchanged"
    elif case.alone or case.ending == "done":
        assert status == "applied", outcome
    if status == "applied":
        assert found.get(name) == AFTER.get(name), outcome
        assert outcome["error"] is None
    elif status == "failed":
        assert name in outcome["error"]["message"]
        if case.ending == "told":
            assert outcome["error"]["kind"] == "changed_meanwhile"
            assert found[name] == AFTER[name]
        elif case.row.action != "edit":
            assert found.get(name) == BEFORE.get(name), outcome


def judge_validation(case: Case, result: Result) -> None:
    """Of a run of ``tls_validation``: nothing that was not seen to pass is recorded, and no mail goes twice."""
    assert result.get("failed", False) == (case.ending != "done"), result
    (one,) = result["validations"]
    record = checked(case.lab)
    recorded = record is not None and record["IsValidated"] is True
    expected = "passed" if case.operation == "record" else {"done": "passed"}.get(case.ending, case.ending)
    assert (one["status"], one["recorded"]) == (expected, recorded), result
    assert recorded == (case.ending == "done")
    assert case.ending == "done" or "checked" in result["msg"]
    assert len(case.lab.partners.journal.letters) <= 1


# -- the matrix ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world() -> t.Iterator[Lab]:
    with Lab(SEED, partners=PartnerWorld(["a_good"])) as running:
        yield running


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Waits are asked for and not served; what they add up to is for the unit tests and test_throttling.py."""
    monkeypatch.setattr(apply, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(carry, "PAUSES", (0.0,))
    monkeypatch.setattr(carry, "LOOKS", (0.0,) * len(carry.LOOKS))
    return monkeypatch


PACE = _client.Pace()
CELLS = [(row, operation) for row in ROWS for operation in row.cells]


def restore_rights(lab: Lab) -> None:
    lab.tenant.app.exchange_roles[:] = ["Remote and Accepted Domains", "View-Only Configuration"]


@pytest.mark.parametrize(("row", "operation"), CELLS, ids=[f"{row.fault}-{name}" for row, name in CELLS])
def test_a_cell_ends_as_it_must(row: Row, operation: str, world: Lab, quick: pytest.MonkeyPatch) -> None:
    pace = dataclasses.replace(PACE, sleep=lambda _seconds: None, now=lambda: time.time() + row.skew)
    quick.setattr(_client, "Pace", lambda: pace)
    quick.setattr(runner, "Pace", lambda: pace)
    if row.action == "stall":
        quick.setitem(t.cast("dict[str, float]", _retry.PATIENCE), "validate", 0.0)
    # Both ways in turn: what differs between them is not what they make of faults.
    way = harness.WAYS[CELLS.index((row, operation)) % 2]
    for always in (False, True):
        world.reset()
        restore_rights(world)
        case = Case(row, operation, always, world, way)
        case.prepare()
        result = case.run()
        (judge_validation if case.name == "checked" else judge_list)(case, result)
        assert news(world) <= 1
        if row.action is not None:
            assert world.faults.all[0].done >= 1, "The fault did not happen"
    if row.action != "edit":
        judge_next_run(case, quick)


def judge_next_run(case: Case, quick: pytest.MonkeyPatch) -> None:
    """Whatever it was: when it is over, the next run brings about what was wished."""
    case.lab.faults.clear()
    case.lab.switches.reset()
    restore_rights(case.lab)
    quick.setattr(_client, "Pace", lambda: PACE)
    quick.setattr(runner, "Pace", lambda: PACE)
    again = case.run()
    assert not again.get("failed"), again
    assert stands(case.lab) == (BEFORE if case.name == "checked" else AFTER)
    record = checked(case.lab)
    assert record is not None
    assert record["IsValidated"] is (case.name == "checked")


def test_every_fault_of_the_lab_is_in_the_matrix() -> None:
    assert {row.action for row in ROWS} - {None} == set(ACTIONS)


def test_every_operation_is_in_the_matrix_and_no_row_stands_twice() -> None:
    assert {operation for row in ROWS for operation in row.cells} == set(OPERATIONS)
    assert len({row.fault for row in ROWS}) == len(ROWS)
    for row in ROWS:
        # What concerns any request concerns each operation.
        if row.action is not None and ACTIONS[row.action].transport:
            assert set(row.cells) == set(OPERATIONS) or not {"admin", "entra"} <= set(ACTIONS[row.action].services)


# -- what is not about one operation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["drop_before", "empty_body", "error_in_200", "bad_next_link"])
@pytest.mark.parametrize("cmdlet", ["Get-InboundConnector", "Get-AcceptedDomain"])
def test_any_list_that_cannot_be_read_whole_stops_the_run(
    fault: str, cmdlet: str, world: Lab, quick: pytest.MonkeyPatch
) -> None:
    world.reset()
    quick.setattr(_client, "Pace", lambda: dataclasses.replace(PACE, sleep=lambda _seconds: None))
    world.faults.add(Fault({"cmdlet": cmdlet}, fault, None))
    sender = {"name": "b", "direction": "inbound", "sender_domains": ["b.example"]}
    options = {**world.connection(), "connectors": [outbound("a", "a.example"), sender], "retries": 2}
    result = harness.run_module("connectors", options)
    assert result["failed"] is True
    assert result["error"]["kind"] in ("network", "unreadable", "incomplete")
    assert result.get("changed", False) is False
    assert world.journal.writes() == []


@pytest.mark.parametrize("way", harness.WAYS)
def test_nothing_is_sent_after_the_first_failure_when_asked(way: harness.Way, world: Lab) -> None:
    world.reset()
    world.faults.add(Fault({"cmdlet": "New-*"}, "status", None, status=400))
    wishes = list(WISHES.values())
    options = {**world.connection(), "connectors": wishes, "allow_weaken": True, "continue_on_error": False}
    result = (harness.run_module if way == "module" else harness.run_action)("connectors", options)
    assert [o["status"] for o in result["connectors"]] == ["failed", "skipped", "skipped", "unchanged"]
    assert len(world.journal.writes()) == 1
    assert stands(world) == BEFORE

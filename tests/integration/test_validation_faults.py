# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of a validation and of its record, many validations, and an interruption."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration.fault_matrix import ROWS, Row
from ansible_collections.mailflow.exchange_online.tests.integration.harness import ROOT
from ansible_collections.mailflow.exchange_online.tests.integration.validation import (
    CLEAR,
    GOOD,
    lab,
    letters,
    record,
    standing,
    validate,
    waits,
    world,
)
from ansible_collections.mailflow.exchange_online.tests.lab import Fault, Lab
from ansible_collections.mailflow.exchange_online.tests.lab.fault_actions import ACTIONS
from ansible_collections.mailflow.exchange_online.tests.lab.partners.many import many

__all__ = ["lab", "waits", "world"]


FAULTS = [row for row in ROWS if "validate" in row.cells and row.action is not None and ACTIONS[row.action].transport]


@pytest.mark.parametrize("row", FAULTS, ids=[row.fault for row in FAULTS])
def test_no_fault_of_a_failing_validation_becomes_a_success(row: Row, lab: Lab) -> None:
    """The fault matrix tells of a partner who passes; this one does not, and has a success on record."""
    arguments = {**row.arguments, **({"seconds": 0.2} if row.action == "stall" else {})}
    lab.faults.add(Fault({"cmdlet": "Validate-*"}, str(row.action), **arguments))
    before = record(lab, f"to {CLEAR}")
    result = validate(lab, CLEAR, retries=2, timeout=5)
    (one,) = result["validations"]
    after = record(lab, f"to {CLEAR}")
    assert result["failed"] is True
    assert one["success"] is not True
    assert one["status"] in ("failed", "unknown")
    if one["status"] == "unknown" or not one["steps"]:
        assert after == before
    else:
        assert after["IsValidated"] is False
    assert letters(lab) == []


# -- many, and interrupted -------------------------------------------------------------------------------------------

HOW_MANY = 100


@pytest.fixture(scope="module")
def crowd() -> t.Iterator[Lab]:
    """A tenant with a hundred connectors, each to a partner of its own."""
    partners = many(HOW_MANY, key="ec")
    seed = {"tenants": [{"outbound": [standing(case.domain) for case in partners.cases]}]}
    with Lab(seed, partners=partners) as running:
        yield running


def test_a_hundred_validations_are_a_hundred_records(crowd: Lab) -> None:
    crowd.reset()
    domains = [case.domain for case in crowd.partners.cases]
    result = validate(crowd, *domains, concurrency=8)
    assert not result.get("failed"), result["msg"]
    assert result["summary"]["recorded"] == HOW_MANY
    assert crowd.journal.commands("Validate-OutboundConnector") == ["Validate-OutboundConnector"] * HOW_MANY
    assert crowd.journal.commands("Set-OutboundConnector") == ["Set-OutboundConnector"] * HOW_MANY
    # Four lists to plan from, and one to look whether somebody else was at them.
    assert result["requests"] == len(crowd.journal.admin()) == 2 * HOW_MANY + 5
    assert [one["IsValidated"] for one in crowd.tenant.outbound] == [True] * HOW_MANY
    assert sorted(letters(crowd)) == sorted((f"postmaster@{domain}", True) for domain in domains)


def settle(lab: Lab) -> None:
    """Wait until what was on its way has arrived, however busy the machine is."""
    seen = -1
    for _turn in range(60):
        if seen == len(lab.journal.entries):
            return
        seen = len(lab.journal.entries)
        time.sleep(1)


def test_after_an_interruption_only_the_rest_is_done(crowd: Lab) -> None:
    crowd.reset()
    crowd.switches["cmdlet_latency"] = "Validate-*=0.2"
    domains = [case.domain for case in crowd.partners.cases]
    entries = [{"name": f"to {domain}", "recipients": [f"it@{domain}"]} for domain in domains]
    options = {**crowd.connection(), "connectors": entries, "concurrency": 8}
    told = json.dumps({"ANSIBLE_MODULE_ARGS": options})
    name = "ansible_collections.mailflow.exchange_online.plugins.modules.tls_validation"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".cache" / "collections")}
    with subprocess.Popen(
        [sys.executable, "-m", name], stdin=subprocess.PIPE, text=True, env=environment
    ) as interrupted:
        assert interrupted.stdin is not None
        interrupted.stdin.write(told)
        interrupted.stdin.close()
        for _turn in range(600):
            if interrupted.poll() is not None or len(crowd.journal.commands("Set-OutboundConnector")) >= 20:
                break
            time.sleep(0.05)
        interrupted.kill()
    settle(crowd)
    done = sum(one["IsValidated"] for one in crowd.tenant.outbound)
    assert 20 <= done < HOW_MANY
    assert len(crowd.journal.commands("Validate-OutboundConnector")) <= done + 8

    crowd.journal.clear()
    result = validate(crowd, *domains, concurrency=8)
    assert not result.get("failed"), result["msg"]
    assert (result["summary"]["fresh"], result["summary"]["passed"]) == (done, HOW_MANY - done)
    assert len(crowd.journal.commands("Validate-OutboundConnector")) == HOW_MANY - done
    assert [one["IsValidated"] for one in crowd.tenant.outbound] == [True] * HOW_MANY


def test_an_application_that_may_not_validate_is_told_so(lab: Lab) -> None:
    lab.faults.add(Fault({"cmdlet": "Validate-*"}, "status", None, status=403))
    result = validate(lab, GOOD)
    assert result["error"]["kind"] == "permission"
    assert f"The outbound connector 'to {GOOD}' was not validated" in result["msg"]

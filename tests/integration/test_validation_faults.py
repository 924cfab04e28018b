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

from ansible_collections.mailflow.exchange_online.tests.integration.harness import ROOT
from ansible_collections.mailflow.exchange_online.tests.integration.test_faults import FAULTS
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
from ansible_collections.mailflow.exchange_online.tests.lab.partners.many import many

__all__ = ["lab", "waits", "world"]


@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("partner", [GOOD, CLEAR])
def test_no_fault_of_a_validation_becomes_a_success(fault: str, times: int | None, partner: str, lab: Lab) -> None:
    action, arguments = FAULTS[fault]
    if action == "stall":
        arguments = {**arguments, "seconds": 0.2}
    lab.faults.add(Fault({"cmdlet": "Validate-*"}, action, times, **arguments))
    before = record(lab, f"to {partner}")
    result = validate(lab, partner, retries=2, timeout=5)
    (one,) = result["validations"]
    after = record(lab, f"to {partner}")
    assert one["success"] is True or result["failed"] is True
    assert (one["status"] == "passed") == (after["IsValidated"] is True and after != before)
    assert (one["status"] == "passed") == (partner == GOOD and any(step["success"] for step in one["steps"]))
    if one["status"] in ("unknown",) or not one["steps"]:
        assert after == before
    assert len(letters(lab)) <= 1


@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_record_is_repeated_looked_up_or_told(fault: str, times: int | None, lab: Lab) -> None:
    action, arguments = FAULTS[fault]
    if action == "stall":
        arguments = {**arguments, "seconds": 2}
    lab.faults.add(Fault({"cmdlet": "Set-*"}, action, times, **arguments))
    result = validate(lab, GOOD, retries=2, timeout=1)
    (one,) = result["validations"]
    assert (one["status"], one["success"]) == ("passed", True)
    stands = record(lab, f"to {GOOD}")["IsValidated"]
    assert one["recorded"] is stands
    assert one["recorded"] is not bool(result.get("failed"))
    if not one["recorded"]:
        assert "passed the validation, but that could not be recorded" in result["msg"]
        assert f"to {GOOD}" in result["msg"]
    effects = [entry for entry in lab.journal.writes() if entry.effect and "Set-OutboundConnector" in entry.cmdlets]
    assert len(effects) == stands
    assert len(letters(lab)) == 1


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
    assert result["requests"] == len(crowd.journal.admin()) == 2 * HOW_MANY + 4
    assert [one["IsValidated"] for one in crowd.tenant.outbound] == [True] * HOW_MANY
    assert sorted(letters(crowd)) == sorted((f"postmaster@{domain}", True) for domain in domains)


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
    time.sleep(0.5)  # what was on its way arrives
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

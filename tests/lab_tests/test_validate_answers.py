# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate-OutboundConnector as a request: shapes of the answer, rights, batches, faults, several at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from ansible_collections.mailflow.exchange_online.tests.lab import Fault
from ansible_collections.mailflow.exchange_online.tests.lab.partners.many import many
from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import Api, Json
from ansible_collections.mailflow.exchange_online.tests.lab_tests.flow_fixtures import GOOD, PLAIN, Post, made, until

VALIDATE = "Validate-OutboundConnector"


@pytest.fixture
def ready(post: Post) -> Post:
    """A connector that passes, and one that does not."""
    post.connect(GOOD, "good", TlsSettings="EncryptionOnly")
    post.connect(PLAIN, "plain", TlsSettings="EncryptionOnly")
    post.lab.journal.clear()
    return post


def parameters(post: Post, name: str = "good") -> Json:
    return {"Identity": name, "Recipients": [post.address(GOOD if name == "good" else PLAIN)]}


# -- shapes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "member", "kind"), [("text", "Detail", str), ("list", "Detail", list), ("other_name", "TaskDetails", str)]
)
def test_the_member_with_the_details(ready: Post, value: str, member: str, kind: type) -> None:
    ready.lab.switches["validation_detail"] = value
    (task,) = ready.api.value(VALIDATE, **parameters(ready))
    assert isinstance(task[member], kind)
    assert "250 2.6.0 Message taken" in task[member]
    assert set(task) - {f"{member}@odata.type"} == {"TaskName", "IsTaskSuccessful", member}


def test_there_may_be_no_details(ready: Post) -> None:
    ready.lab.switches["validation_detail"] = "absent"
    assert ready.api.value(VALIDATE, **parameters(ready)) == [{"TaskName": "Send test email", "IsTaskSuccessful": True}]


@pytest.mark.parametrize(("value", "flags"), [("bool", [True, False]), ("text", ["True", "False"])])
def test_the_form_of_the_flag(ready: Post, value: str, flags: list[object]) -> None:
    ready.lab.switches["validation_flag"] = value
    tasks = [ready.api.value(VALIDATE, **parameters(ready, name))[0] for name in ("good", "plain")]
    assert [task["IsTaskSuccessful"] for task in tasks] == flags


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("labels", ["Check connectivity to '{}'", "Send test email"]),
        ("others", ["SMTP connectivity: {}", "Test message"]),
    ],
)
def test_the_names_of_tasks(ready: Post, value: str, names: list[str]) -> None:
    ready.lab.switches["validation_task_names"] = value
    host = f"mx.{ready.domain(GOOD)}"
    ready.change("good", UseMXRecord=False, SmartHosts=[host])
    tasks = ready.api.value(VALIDATE, **parameters(ready))
    assert [task["TaskName"] for task in tasks] == [name.format(host) for name in names]


@pytest.mark.parametrize(("value", "sidecars"), [("present", {"Detail@odata.type"}), ("absent", set())])
def test_lists_have_their_sidecar(ready: Post, value: str, sidecars: set[str]) -> None:
    ready.lab.switches.update({"annotations": value, "validation_detail": "list"})
    (task,) = ready.api.value(VALIDATE, **parameters(ready))
    assert {name for name in task if "@" in name} == sidecars


def test_members_can_be_selected(ready: Post) -> None:
    body = {"CmdletInput": {"CmdletName": VALIDATE, "Parameters": parameters(ready, "plain")}}
    answer = ready.api.send(body, ready.api.url() + "?%24select=istasksuccessful,TaskName")
    assert answer.json()["value"] == [{"TaskName": "Send test email", "IsTaskSuccessful": False}]


def test_a_page_is_never_cut(ready: Post) -> None:
    ready.change("good", UseMXRecord=False, SmartHosts=[f"mx.{ready.domain(GOOD)}"])
    ready.api.headers["Prefer"] = "odata.maxpagesize=1"
    answer = ready.api.done(VALIDATE, **parameters(ready))
    assert len(answer["value"]) == 2
    assert "@odata.nextLink" not in answer


# -- the journal, rights -----------------------------------------------------------------------------------------------


def test_the_journal_has_it_as_a_request_that_changes_nothing(ready: Post) -> None:
    ready.api.value(VALIDATE, **parameters(ready, "plain"))
    (entry,) = ready.lab.journal.admin()
    assert (entry.cmdlets, entry.parameters, entry.status) == ([VALIDATE], [parameters(ready, "plain")], 200)
    assert (entry.effect, entry.outcome, entry.evidence) == (False, "ok", "validate.tasks")
    assert (ready.lab.journal.writes(), ready.lab.journal.commands("validate")) == ([], [VALIDATE])


def test_it_takes_the_right_to_write(ready: Post) -> None:
    ready.lab.tenant.app.exchange_roles[:] = ["Global Reader"]
    with pytest.raises(requests.exceptions.ContentDecodingError):
        ready.api.call(VALIDATE, **parameters(ready))
    ready.lab.tenant.app.exchange_roles[:] = ["Exchange Administrator"]
    assert ready.api.call(VALIDATE, **parameters(ready)).status_code == 200
    ready.lab.switches["denied_parameters"] = f"{VALIDATE}:Recipients"
    with pytest.raises(requests.exceptions.ContentDecodingError):
        ready.api.call(VALIDATE, **parameters(ready))
    assert [entry.status for entry in ready.lab.journal.admin()] == [403, 200, 403]
    assert len(ready.letters(GOOD)) == 1


# -- batches, faults ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("execution", ["sequential", "parallel"])
def test_a_batch_may_hold_validations(ready: Post, execution: str) -> None:
    ready.lab.switches["batch_execution"] = execution
    calls = [(VALIDATE, parameters(ready, name)) for name in ("good", "plain", "good")]
    responses = ready.api.batch(*calls, ("Get-OutboundConnector", {})).json()["responses"]
    found = {one["id"]: one["body"]["value"] for one in responses}
    assert [found[number][0]["IsTaskSuccessful"] for number in "123"] == [True, False, True]
    assert len(found["4"]) == 2
    assert len(ready.letters(GOOD)) == 2


@pytest.mark.parametrize(
    ("action", "letters"),
    [("drop_before", 0), ("drop_after", 1), ("truncate", 1)],
)
def test_an_answer_that_is_lost(ready: Post, action: str, letters: int) -> None:
    ready.lab.faults.add(Fault({"cmdlet": VALIDATE}, action))
    with pytest.raises(requests.RequestException):
        ready.api.call(VALIDATE, **parameters(ready))
    assert len(ready.letters(GOOD)) == letters
    assert [entry.fault for entry in ready.lab.journal.admin()] == [action]
    assert ready.api.value(VALIDATE, **parameters(ready))[0]["IsTaskSuccessful"] is True


@pytest.mark.parametrize(
    ("action", "arguments", "status", "letters"),
    [
        ("status", {"status": 500}, 500, 0),
        ("status", {"status": 500, "effect": True}, 500, 1),
        ("throttle", {}, 429, 0),
        ("invalid_json", {}, 200, 1),
        ("empty_body", {}, 200, 1),
        ("error_in_200", {"effect": True}, 200, 1),
        ("stall", {"seconds": 0.05}, 200, 1),
    ],
)
def test_an_answer_that_is_spoilt(ready: Post, action: str, arguments: Json, status: int, letters: int) -> None:
    ready.lab.faults.add(Fault({"cmdlet": VALIDATE}, action, **arguments))
    answer = ready.api.call(VALIDATE, **parameters(ready))
    assert answer.status_code == status
    assert len(ready.letters(GOOD)) == letters
    assert [entry.fault for entry in ready.lab.journal.admin()] == [action]
    if action == "error_in_200":
        assert "error" in answer.json()


# -- several at a time -------------------------------------------------------------------------------------------------


def test_it_takes_the_time_that_a_switch_says(ready: Post) -> None:
    ready.lab.switches["cmdlet_latency"] = f"{VALIDATE}=30"
    with pytest.raises(requests.Timeout):
        ready.api.session.post(
            ready.api.url(),
            json={"CmdletInput": {"CmdletName": VALIDATE, "Parameters": parameters(ready)}},
            headers={"Authorization": f"Bearer {ready.api.token}"},
            timeout=0.3,
        )
    ready.lab.switches["cmdlet_latency"] = ""
    assert ready.api.value(VALIDATE, **parameters(ready))[0]["IsTaskSuccessful"] is True


def test_other_requests_are_served_while_partners_are_silent() -> None:
    silent = 12
    with made(many(silent + 1, hang=silent)) as lab, ThreadPoolExecutor(silent) as pool:
        api = Api(lab, lab.tenant.issue_token())
        for number in range(silent + 1):
            domain = f"p{number:05}.example"
            api.value("New-OutboundConnector", Name=domain, RecipientDomains=[domain], ConnectorType="Partner")

        def validated(number: int) -> None:
            one = Api(lab, api.token)
            domain = f"p{number:05}.example"
            try:
                one.call(VALIDATE, Identity=domain, Recipients=[f"a@{domain}"])
            except requests.RequestException:
                pass  # the lab ends first
            finally:
                one.session.close()

        lab.journal.clear()
        waiting = [pool.submit(validated, number) for number in range(1, silent + 1)]
        until(lambda: len({visit.address for visit in lab.partners.journal.visits}) == silent)
        (task,) = api.value(VALIDATE, Identity="p00000.example", Recipients=["a@p00000.example"])
        assert task["IsTaskSuccessful"] is True
        assert len(api.value("Get-OutboundConnector")) == silent + 1
        assert lab.journal.commands() == [VALIDATE, "Get-OutboundConnector"]
        assert not any(one.done() for one in waiting)
        api.session.close()
        lab.stop()

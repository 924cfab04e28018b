# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load and mishaps: too many requests at once, latency, and faults of whole requests."""

from __future__ import annotations

import concurrent.futures
import email.utils
import time

import pytest
import requests

from ansible_collections.mailflow.exchange_online.tests.lab import Fault
from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import Api, Json

TEXT = "You have reached the maximum number of concurrent requests per tenant. Please wait and try again"
NEW: Json = {"Name": "a"}


def stored(api: Api) -> list[str]:
    return [str(record["Name"]) for record in api.lab.tenant.outbound]


def while_running(api: Api, count: int) -> list[requests.Response]:
    """The answers to quick requests, one after the other, while ``count`` slow ones are under way."""

    def slow() -> int:
        own = Api(api.lab, api.token)
        try:
            return own.call("Get-OutboundConnector").status_code
        finally:
            own.session.close()

    api.lab.switches["cmdlet_latency"] = "Get-Outbound*=1.0"
    quick = []
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        running = [pool.submit(slow) for _turn in range(count)]
        while not all(one.done() for one in running):
            quick.append(api.call("Get-InboundConnector"))
            time.sleep(0.01)
    assert [one.result() for one in running] == [200] * count
    return quick


@pytest.mark.parametrize(
    ("limit", "running", "turned_away"), [(0, 2, False), (1, 1, True), (2, 1, False), (2, 2, True), (3, 2, False)]
)
def test_more_requests_than_may_run_at_once(api: Api, limit: int, running: int, turned_away: bool) -> None:
    api.lab.switches["concurrency_limit"] = limit
    refused = [answer for answer in while_running(api, running) if answer.status_code == 429]
    assert bool(refused) is turned_away
    assert all(answer.text == TEXT for answer in refused)
    api.done("Get-InboundConnector")


@pytest.mark.parametrize("form", ["seconds", "date", "absent"])
@pytest.mark.parametrize("body", ["text", "json"])
def test_forms_of_a_429(api: Api, form: str, body: str) -> None:
    api.lab.switches.update({"concurrency_limit": 1, "retry_after_seconds": 90})
    api.lab.switches.update({"retry_after": form, "throttle_body": body})
    refused = next(answer for answer in while_running(api, 1) if answer.status_code == 429)
    wait = refused.headers.get("Retry-After")
    if form == "seconds":
        assert wait == "90"
    elif form == "date":
        assert wait is not None
        assert 0 < email.utils.parsedate_to_datetime(wait).timestamp() - time.time() <= 91
    else:
        assert wait is None
    if body == "json":
        assert refused.json()["error"]["message"] == TEXT
    else:
        assert (refused.text, refused.headers["Content-Type"]) == (TEXT, "text/plain")


@pytest.mark.parametrize(("pattern", "slow"), [("New-*=30", False), ("get-outbound*=30", True), ("*=30", True)])
def test_latency_by_cmdlet(api: Api, pattern: str, slow: bool) -> None:
    api.lab.switches["cmdlet_latency"] = pattern
    call = {"CmdletInput": {"CmdletName": "Get-OutboundConnector"}}
    headers = {"Authorization": f"Bearer {api.token}"}
    if slow:
        with pytest.raises(requests.ReadTimeout):
            api.session.post(api.url(), json=call, headers=headers, timeout=0.3)
    else:
        assert api.session.post(api.url(), json=call, headers=headers, timeout=10).status_code == 200


@pytest.mark.parametrize(("action", "effect"), [("drop_before", False), ("drop_after", True)])
def test_a_dropped_connection(api: Api, action: str, effect: bool) -> None:
    api.lab.faults.add(Fault({"cmdlet": "New-*"}, action))
    with pytest.raises(requests.ConnectionError):
        api.call("New-OutboundConnector", **NEW)
    assert stored(api) == (["a"] if effect else [])
    (entry,) = api.lab.journal.admin()
    assert (entry.status, entry.effect, entry.fault, entry.cmdlets) == (None, effect, action, ["New-OutboundConnector"])


@pytest.mark.parametrize("effect", [True, False])
@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("truncate", {}),
        ("not_json", {}),
        ("invalid_json", {}),
        ("false_gzip", {}),
        ("empty_body", {}),
        ("error_in_200", {}),
    ],
)
def test_answers_that_cannot_be_read(api: Api, action: str, arguments: Json, effect: bool) -> None:
    api.lab.faults.add(Fault({"cmdlet": "New-*"}, action, effect=effect, **arguments))
    answer: requests.Response | None = None
    try:
        answer = api.call("New-OutboundConnector", **NEW)
    except requests.RequestException:
        assert action in ("truncate", "false_gzip")
    if answer is not None:
        assert answer.status_code == 200
        readable = action == "error_in_200"
        if readable:
            assert "error" in answer.json()
        else:
            with pytest.raises(ValueError, match=r"."):
                answer.json()
    assert stored(api) == (["a"] if effect else [])
    assert api.lab.journal.admin()[0].effect is effect
    api.lab.faults.clear()
    assert api.call("New-OutboundConnector", **NEW).status_code == (400 if effect else 200)


def test_a_status_without_and_with_effect(api: Api) -> None:
    api.lab.faults.add(Fault({"cmdlet": "New-*"}, status=503, body="busy"))
    answer = api.call("New-OutboundConnector", **NEW)
    assert (answer.status_code, answer.text, stored(api)) == (503, "busy", [])
    api.lab.faults.add(Fault({"cmdlet": "New-*"}, status=504, effect=True))
    assert api.call("New-OutboundConnector", **NEW).status_code == 504
    assert stored(api) == ["a"]
    assert [entry.status for entry in api.lab.journal.admin()] == [503, 504]


def test_a_throttled_cmdlet(api: Api) -> None:
    api.lab.faults.add(Fault({"cmdlet": "Get-Outbound*"}, "throttle", retry_after=2))
    api.done("Get-InboundConnector")
    answer = api.call("Get-OutboundConnector")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    api.done("Get-OutboundConnector")


def test_errors_beside_a_200_in_the_module_s_form(api: Api) -> None:
    body = {"value": [], "@adminapi.errors": ["something went wrong"]}
    api.lab.faults.add(Fault({}, "error_in_200", body=body))
    assert api.done("Get-OutboundConnector") == body


def test_a_link_to_a_foreign_host(api: Api) -> None:
    for name in "abc":
        api.done("New-OutboundConnector", Name=name)
    api.headers["Prefer"] = "odata.maxpagesize=2"
    api.lab.faults.add(Fault({}, "bad_next_link", host="evil.example"))
    link = api.done("Get-OutboundConnector")["@odata.nextLink"]
    assert link.startswith(f"https://evil.example/adminapi/beta/{api.tenant}/InvokeCommand?%24skiptoken=")


def test_a_warning_and_a_redirect(api: Api) -> None:
    api.lab.faults.add(Fault({}, "warning", text="careful"))
    assert api.done("Get-OutboundConnector")["@adminapi.warnings"] == ["careful"]
    api.lab.faults.add(Fault({}, "redirect", location="https://elsewhere.example/"))
    answer = api.call("Get-OutboundConnector")
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://elsewhere.example/")


def test_a_stalled_write_has_its_effect(api: Api) -> None:
    api.lab.faults.add(Fault({"cmdlet": "New-*"}, "stall", seconds=30))
    with pytest.raises(requests.ReadTimeout):
        api.session.post(
            api.url(),
            json={"CmdletInput": {"CmdletName": "New-OutboundConnector", "Parameters": NEW}},
            headers={"Authorization": f"Bearer {api.token}"},
            timeout=0.4,
        )
    assert stored(api) == ["a"]

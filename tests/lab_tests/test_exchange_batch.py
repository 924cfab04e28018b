# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""$batch: several commands in one request, and the faults that strike one of them."""

from __future__ import annotations

import re

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab import Fault
from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import Api, Json, names

THREE: list[tuple[str, Json]] = [
    ("New-OutboundConnector", {"Name": "a"}),
    ("Set-OutboundConnector", {"Identity": "nope"}),
    ("Get-OutboundConnector", {}),
]


def responses(api: Api, *calls: tuple[str, Json], **headers: str) -> list[Json]:
    answer = api.batch(*calls, **headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["responses"])


def stored(api: Api) -> list[str]:
    return [str(record["Name"]) for record in api.lab.tenant.outbound]


def test_every_item_is_answered_by_its_id_in_order(api: Api) -> None:
    new, missing, listed = responses(api, *THREE)
    assert [row["id"] for row in (new, missing, listed)] == ["1", "2", "3"]
    assert [row["status"] for row in (new, missing, listed)] == [200, 404, 200]
    assert missing["body"]["error"]["details"][0]["message"].startswith("Ex6F9304|")
    assert names(listed["body"]["value"]) == ["a"]
    (entry,) = api.lab.journal.admin()
    assert (entry.batch, entry.effect, entry.cmdlets) == (True, True, [name for name, _parameters in THREE])
    assert entry.parameters == [parameters for _name, parameters in THREE]


@pytest.mark.parametrize("setting", ["present", "absent"])
def test_status_of_items(api: Api, setting: str) -> None:
    api.lab.switches["batch_item_status"] = setting
    for row in responses(api, *THREE):
        assert ({"status", "headers"} <= set(row)) is (setting == "present")


@pytest.mark.parametrize(("setting", "status"), [("on", 200), ("404", 404), ("400", 400)])
def test_whether_batches_are_served(api: Api, setting: str, status: int) -> None:
    api.lab.switches["batch"] = setting
    assert api.batch(*THREE).status_code == status
    assert stored(api) == (["a"] if setting == "on" else [])
    assert api.lab.journal.admin()[0].batch


@pytest.mark.parametrize(("most", "status"), [(2, 400), (3, 200), (0, 200)])
def test_the_size_of_a_batch(api: Api, most: int, status: int) -> None:
    api.lab.switches["batch_maximum"] = most
    assert api.batch(*THREE).status_code == status
    assert stored(api) == (["a"] if status == 200 else [])


@pytest.mark.parametrize("setting", ["not_needed", "needed"])
def test_a_bearer_for_each_item(api: Api, setting: str) -> None:
    api.lab.switches["batch_item_bearer"] = setting
    items = api.items(("New-OutboundConnector", {"Name": "a"}), ("New-OutboundConnector", {"Name": "b"}))
    items[1]["headers"] = {"Authorization": f"Bearer {api.token}"}
    rows = api.send({"requests": items}, api.url("$batch")).json()["responses"]
    assert [row["status"] for row in rows] == ([200, 200] if setting == "not_needed" else [401, 200])


@pytest.mark.parametrize("setting", ["json", "multipart"])
def test_a_batch_without_accept(api: Api, setting: str) -> None:
    api.lab.switches["batch_without_accept"] = setting
    answer = api.batch(*THREE, Accept="*/*")
    if setting == "json":
        assert len(answer.json()["responses"]) == 3
    else:
        assert answer.headers["Content-Type"].startswith("multipart/mixed; boundary=")
        assert re.findall(r"HTTP/1.1 (\d+)", answer.text) == ["200", "404", "200"]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/adminapi/beta/{tenant}/InvokeCommand",
        "/adminapi/beta/other/InvokeCommand",
        "/adminapi/beta/{tenant}/Mailbox",
        "",
        "/adminapi/v1.0/{tenant}/InvokeCommand",
    ],
)
def test_items_for_somewhere_else_are_not_run(api: Api, url: str) -> None:
    items = api.items(("New-OutboundConnector", {"Name": "a"}))
    items[0]["url"] = url.format(tenant=api.tenant)
    (row,) = api.send({"requests": items}, api.url("$batch")).json()["responses"]
    assert row["status"] == 404
    assert stored(api) == []


@pytest.mark.parametrize("url", ["InvokeCommand", "/InvokeCommand", "/adminapi/beta/{tenant}/InvokeCommand"])
def test_relative_urls(api: Api, url: str) -> None:
    items = api.items(("New-OutboundConnector", {"Name": "a"}))
    items[0]["url"] = url.format(tenant=api.tenant)
    assert api.send({"requests": items}, api.url("$batch")).json()["responses"][0]["status"] == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"requests": {}},
        {"requests": [1]},
        {"requests": [{"method": "POST"}]},
        {"requests": [{"id": "1"}, {"id": "1"}]},
    ],
)
def test_bodies_that_are_no_batch(api: Api, body: Json) -> None:
    assert api.send(body, api.url("$batch")).status_code == 400


def test_items_page_on_their_own(api: Api) -> None:
    for name in "abc":
        api.done("New-OutboundConnector", Name=name)
    api.headers["Prefer"] = "odata.maxpagesize=2"
    (row,) = responses(api, ("Get-OutboundConnector", {}))
    assert names(row["body"]["value"]) == ["a", "b"]
    items = api.items(("Get-OutboundConnector", {}))
    items[0]["url"] = row["body"]["@odata.nextLink"]
    (rest,) = api.send({"requests": items}, api.url("$batch")).json()["responses"]
    assert names(rest["body"]["value"]) == ["c"]


def test_rights_are_those_of_each_item(api: Api) -> None:
    api.lab.tenant.app.exchange_roles[:] = ["Global Reader"]
    new, listed = responses(api, ("New-OutboundConnector", {"Name": "a"}), ("Get-OutboundConnector", {}))
    assert (new["status"], listed["status"]) == (403, 200)
    assert new["body"]["error"]["code"] == "Forbidden"


@pytest.mark.parametrize("setting", ["sequential", "parallel"])
def test_execution_of_items(api: Api, setting: str) -> None:
    api.lab.switches.update({"batch_execution": setting, "cmdlet_latency": "New-*=0.05"})
    rows = responses(api, *THREE)
    # Only where items wait for each other does the list see what the first one made.
    assert names(rows[2]["body"]["value"]) == (["a"] if setting == "sequential" else [])
    assert stored(api) == ["a"]


PAIR: list[tuple[str, Json]] = [("New-OutboundConnector", {"Name": "a"}), ("New-OutboundConnector", {"Name": "b"})]


@pytest.mark.parametrize("effect", [True, False])
def test_a_missing_item(api: Api, effect: bool) -> None:
    api.lab.faults.add(Fault({"cmdlet": "New-*", "item": 1}, "missing_item", effect=effect))
    assert [row["id"] for row in responses(api, *PAIR)] == ["2"]
    assert stored(api) == (["a", "b"] if effect else ["b"])
    assert api.lab.journal.admin()[0].effect is True


def test_an_item_twice_and_in_another_order(api: Api) -> None:
    api.lab.faults.add(Fault({"item": 2}, "duplicate_item"), Fault({}, "reorder"))
    assert [row["id"] for row in responses(api, *PAIR)] == ["2", "2", "1"]
    assert stored(api) == ["a", "b"]


@pytest.mark.parametrize(("retry_after", "shown"), [(None, None), (3, "3")])
def test_an_item_that_fails(api: Api, retry_after: int | None, shown: str | None) -> None:
    api.lab.faults.add(Fault({"item": 2}, "error_item", status=503, retry_after=retry_after))
    good, bad = responses(api, *PAIR)
    assert (good["status"], bad["status"]) == (200, 503)
    assert bad["headers"].get("Retry-After") == shown
    assert stored(api) == ["a"]


def test_an_item_that_is_throttled(api: Api) -> None:
    api.lab.faults.add(Fault({"item": 1}, "throttle", retry_after=7))
    bad, good = responses(api, *PAIR)
    assert (bad["status"], bad["headers"]["Retry-After"], good["status"]) == (429, "7", 200)
    assert "maximum number of concurrent requests" in str(bad["body"])


@pytest.mark.parametrize("action", ["drop_before", "drop_after", "empty_body", "not_json", "error_in_200", "warning"])
def test_other_faults_of_one_item(api: Api, action: str) -> None:
    arguments = {"text": "careful"} if action == "warning" else {}
    api.lab.faults.add(Fault({"item": 1}, action, **arguments))
    rows = responses(api, *PAIR)
    assert "b" in stored(api)
    assert ("a" in stored(api)) is (action not in ("drop_before", "error_in_200"))
    if action.startswith("drop"):
        assert [row["id"] for row in rows] == ["2"]
    elif action == "error_in_200":
        assert rows[0]["status"] == 200
        assert "error" in rows[0]["body"]
    elif action == "warning":
        assert rows[0]["body"]["@adminapi.warnings"] == ["careful"]
    else:
        assert rows[0]["body"] is None

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Get: filters in both readings, unknown identities, late replicas, pages."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.exchange.shapes import INBOUND_MEMBERS
from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import Api, Json, names

EXPIRED = "Expired or Invalid pagination request. Default Expiry time is 00:30:00"
MORE = "There are more results available"


@pytest.fixture
def four(api: Api) -> Api:
    """A tenant with every combination of rule-scoped and test-mode connectors."""
    for name, scoped, test in (
        ("plain", False, False),
        ("scoped", True, False),
        ("test", False, True),
        ("both", True, True),
    ):
        api.done("New-OutboundConnector", Name=name, IsTransportRuleScoped=scoped, TestMode=test)
    return api


# Parameters sent -> names seen, by reading of the two filters.
SCOPED, UNSCOPED = {"IsTransportRuleScoped": True}, {"IsTransportRuleScoped": False}
TEST = {"IncludeTestModeConnectors": True}
WHEN_SENT_ALL: list[tuple[Json, list[str]]] = [
    ({}, ["plain", "scoped"]),
    (SCOPED, ["scoped"]),
    (UNSCOPED, ["plain"]),
    (TEST, ["plain", "scoped", "test", "both"]),
    ({**SCOPED, **TEST}, ["scoped", "both"]),
]
HIDDEN_ONLY: list[tuple[Json, list[str]]] = [
    ({}, ["plain"]),
    (SCOPED, ["scoped"]),
    (UNSCOPED, ["plain"]),
    (TEST, ["test"]),
    ({**SCOPED, **TEST}, ["both"]),
]
WHEN_SENT_ONLY: list[tuple[Json, list[str]]] = [({}, ["plain", "scoped"]), (TEST, ["test", "both"])]
HIDDEN_ALL: list[tuple[Json, list[str]]] = [({}, ["plain"]), (TEST, ["plain", "test"]), (SCOPED, ["scoped"])]
READINGS = [
    *(("when_sent", "all", *row) for row in WHEN_SENT_ALL),
    *(("hidden_by_default", "only", *row) for row in HIDDEN_ONLY),
    *(("when_sent", "only", *row) for row in WHEN_SENT_ONLY),
    *(("hidden_by_default", "all", *row) for row in HIDDEN_ALL),
]


@pytest.mark.parametrize(("scoped", "test", "parameters", "seen"), READINGS)
def test_filters_in_each_reading(four: Api, scoped: str, test: str, parameters: Json, seen: list[str]) -> None:
    four.lab.switches["rule_scoped_filter"] = scoped
    four.lab.switches["include_test_mode"] = test
    assert names(four.value("Get-OutboundConnector", **parameters)) == seen


@pytest.mark.parametrize("setting", ["both_filters", "either_parameter"])
def test_a_connector_that_is_rule_scoped_and_in_test_mode(four: Api, setting: str) -> None:
    four.lab.switches.update({"rule_scoped_filter": "hidden_by_default", "include_test_mode": "only"})
    four.lab.switches["rule_scoped_and_test"] = setting
    either = setting == "either_parameter"
    assert ("both" in names(four.value("Get-OutboundConnector", **SCOPED))) is either
    assert ("both" in names(four.value("Get-OutboundConnector", **TEST))) is either
    assert "both" in names(four.value("Get-OutboundConnector", **SCOPED, **TEST))
    assert "both" not in names(four.value("Get-OutboundConnector"))


@pytest.mark.parametrize(("setting", "status"), [("ignored", 200), ("applied", 404)])
def test_filters_beside_an_identity(four: Api, setting: str, status: int) -> None:
    four.lab.switches["filters_with_identity"] = setting
    assert four.call("Get-OutboundConnector", Identity="test").status_code == status


@pytest.mark.parametrize("noun", ["OutboundConnector", "InboundConnector", "AcceptedDomain"])
@pytest.mark.parametrize("setting", ["404", "all"])
def test_an_unknown_identity(api: Api, noun: str, setting: str) -> None:
    api.lab.switches["get_unknown_identity"] = setting
    api.done("New-OutboundConnector", Name="a")
    api.done("New-InboundConnector", Name="a", SenderDomains="*")
    answer = api.call(f"Get-{noun}", Identity="nope")
    if setting == "404":
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "NotFound"
    else:
        assert answer.json()["value"] == api.value(f"Get-{noun}") != []
        assert answer.headers["X-Lab-Evidence"] == "get.unknown-identity-all"


@pytest.mark.parametrize("setting", ["404", "all"])
def test_a_null_identity_returns_everything(api: Api, setting: str) -> None:
    api.lab.switches["get_unknown_identity"] = setting
    api.done("New-OutboundConnector", Name="a")
    assert names(api.value("Get-OutboundConnector", Identity=None)) == ["a"]


# -- late replicas


def seen(api: Api, reads: int) -> list[list[str]]:
    return [names(api.value("Get-OutboundConnector")) for _turn in range(reads)]


def test_a_write_stays_unseen_for_so_many_reads(api: Api) -> None:
    api.lab.switches["visibility_reads"] = 2
    api.done("New-OutboundConnector", Name="a")
    assert names(t.cast("list[Json]", api.lab.tenant.outbound)) == ["a"]
    assert seen(api, 4) == [[], [], ["a"], ["a"]]
    api.done("Remove-OutboundConnector", Identity="a")
    assert seen(api, 3) == [["a"], ["a"], []]


def test_a_write_stays_unseen_for_so_many_seconds(api: Api) -> None:
    api.lab.switches["visibility_seconds"] = 3600
    api.done("New-OutboundConnector", Name="a")
    assert seen(api, 2) == [[], []]
    api.lab.switches["visibility_seconds"] = 0
    assert seen(api, 1) == [["a"]]


def test_a_change_is_late_too_and_earlier_pages_keep_theirs(api: Api) -> None:
    api.done("New-OutboundConnector", Name="a", Comment="old")
    api.lab.switches["visibility_reads"] = 1
    api.done("Set-OutboundConnector", Identity="a", Comment="new")
    assert [api.one("Get-OutboundConnector", "a")["Comment"] for _turn in range(2)] == ["old", "new"]


@pytest.mark.parametrize(("setting", "expected"), [("one", [[], [], [], []]), ("flip_flop", [["a"], [], ["a"], []])])
def test_two_replicas_take_turns(api: Api, setting: str, expected: list[list[str]]) -> None:
    api.lab.switches.update({"visibility_seconds": 3600, "replicas": setting})
    api.done("New-OutboundConnector", Name="a")
    assert seen(api, 4) == expected


@pytest.mark.parametrize(
    ("setting", "by_name", "by_guid"), [("found", 200, 200), ("by_name", 200, 404), ("404", 404, 404)]
)
def test_writing_to_an_object_that_get_does_not_show(api: Api, setting: str, by_name: int, by_guid: int) -> None:
    api.lab.switches.update({"visibility_seconds": 3600, "fresh_write_target": setting})
    (record,) = api.value("New-OutboundConnector", Name="a")
    assert api.call("Set-OutboundConnector", Identity="A", Comment="1").status_code == by_name
    assert api.call("Set-OutboundConnector", Identity=record["Guid"], Comment="2").status_code == by_guid
    assert "already exists" in api.refused("New-OutboundConnector", Name="a")


# -- pages


@pytest.fixture
def five(api: Api) -> Api:
    """A tenant with five inbound connectors, and pages of two."""
    for number in range(5):
        api.done("New-InboundConnector", Name=f"i{number}", SenderDomains=[f"d{number}.example"])
    api.headers["Prefer"] = "odata.maxpagesize = 2"
    return api


def body(**parameters: object) -> Json:
    return {"CmdletInput": {"CmdletName": "Get-InboundConnector", "Parameters": parameters}}


def pages(api: Api, **parameters: object) -> t.Iterator[Json]:
    url: str | None = None
    for _turn in range(20):
        answer = api.send(body(**parameters), url)
        assert answer.status_code == 200, answer.text
        yield answer.json()
        url = answer.json().get("@odata.nextLink")
        if url is None:
            return


def test_a_long_list_comes_in_pages(five: Api) -> None:
    read = list(pages(five, ResultSize="Unlimited"))
    assert [names(page["value"]) for page in read] == [["i0", "i1"], ["i2", "i3"], ["i4"]]
    assert [len(page["@adminapi.warnings"]) for page in read] == [1, 1, 0]
    assert read[0]["@adminapi.warnings"][0].startswith(MORE)
    assert read[0]["@odata.nextLink"].startswith(five.url() + "?%24skiptoken=")


def test_pages_are_those_of_the_first_moment(five: Api) -> None:
    iterator = pages(five, ResultSize="Unlimited")
    next(iterator)
    five.done("Remove-InboundConnector", Identity="i3")
    five.done("Set-InboundConnector", Identity="i4", Comment="later")
    rest = [record for page in iterator for record in page["value"]]
    assert [(record["Name"], record["Comment"]) for record in rest] == [("i2", ""), ("i3", ""), ("i4", "")]


def test_select_holds_for_every_page(five: Api) -> None:
    first = five.send(body(ResultSize="Unlimited"), five.url() + "?$select=Name").json()
    second = five.send(body(ResultSize="Unlimited"), first["@odata.nextLink"]).json()
    assert second["value"] == [{"Name": "i2"}, {"Name": "i3"}]


@pytest.mark.parametrize(("reading", "members"), [("trims", {"Name"}), ("ignored", set(INBOUND_MEMBERS))])
def test_readings_of_select(five: Api, reading: str, members: set[str]) -> None:
    five.lab.switches["select"] = reading
    (first, *_rest) = five.send(body(ResultSize="Unlimited"), five.url() + "?$select=Name").json()["value"]
    assert {name for name in first if "@" not in name} == members - {"DirectoryObjectVersion"}


def test_a_service_that_does_not_select(five: Api) -> None:
    five.lab.switches["select"] = "refused"
    assert five.send(body(ResultSize="Unlimited"), five.url() + "?$select=Name").status_code == 400
    assert five.send(body(ResultSize="Unlimited"), five.url()).status_code == 200


@pytest.mark.parametrize(
    ("prefer", "size"),
    [
        ("odata.maxpagesize=1", 1),
        ("odata.continue-on-error; odata.maxpagesize=3", 3),
        ("odata.maxpagesize=0", 1),
        ("odata.maxpagesize=9999", 5),
    ],
)
def test_page_sizes(five: Api, prefer: str, size: int) -> None:
    five.headers["Prefer"] = prefer
    assert len(five.value("Get-InboundConnector")) == size


def follow(api: Api, first: dict[str, str], then: dict[str, str]) -> int:
    start = api.send(body(ResultSize="Unlimited"), None, **first).json()
    answer = api.send(body(ResultSize="Unlimited"), start["@odata.nextLink"], **then)
    if answer.status_code == 400:
        assert EXPIRED in answer.text
    return answer.status_code


ANCHOR = {"X_AnchorMailbox": "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@t", "connection_id": "c1"}


@pytest.mark.parametrize(
    ("setting", "bare", "constant", "moved"),
    [("usable", 200, 200, 200), ("expired", 400, 400, 400), ("needs_anchor", 400, 200, 400)],
)
def test_whether_the_next_link_works(five: Api, setting: str, bare: int, constant: int, moved: int) -> None:
    five.lab.switches["next_link"] = setting
    assert follow(five, {}, {}) == bare
    assert follow(five, ANCHOR, ANCHOR) == constant
    assert follow(five, ANCHOR, {**ANCHOR, "connection_id": "c2"}) == moved


def test_links_grow_old(five: Api) -> None:
    first = five.send(body(ResultSize="Unlimited")).json()
    five.lab.switches["next_link_life"] = 0
    assert EXPIRED in five.send(body(ResultSize="Unlimited"), first["@odata.nextLink"]).text


def test_links_belong_to_their_cmdlet_and_are_unguessable(five: Api) -> None:
    link = five.send(body(ResultSize="Unlimited")).json()["@odata.nextLink"]
    other = {"CmdletInput": {"CmdletName": "Get-OutboundConnector", "Parameters": {}}}
    assert five.send(other, link).status_code == 400
    assert five.send(body(), five.url() + "?$skiptoken=guess").status_code == 400
    assert five.send(body(), link, method="GET").status_code == 405


@pytest.mark.parametrize(
    ("setting", "sent", "first", "link", "warned"),
    [
        ("honoured", 3, 3, True, True),
        ("honoured", "5", 5, False, False),
        ("honoured", "unlimited", 5, False, False),
        ("ignored", 3, 5, False, False),
        ("total", 3, 3, False, True),
        ("total", "Unlimited", 5, False, False),
    ],
)
def test_readings_of_result_size(five: Api, setting: str, sent: object, first: int, link: bool, warned: bool) -> None:
    five.lab.switches["result_size"] = setting
    del five.headers["Prefer"]
    answer = five.done("Get-InboundConnector", ResultSize=sent)
    assert len(answer["value"]) == first
    assert ("@odata.nextLink" in answer) is link
    assert bool(answer["@adminapi.warnings"]) is warned


@pytest.mark.parametrize(("setting", "complete"), [("honoured", True), ("ignored", True), ("total", False)])
def test_a_thousand_is_the_default(many: Api, setting: str, complete: bool) -> None:
    many.lab.switches["result_size"] = setting
    read = [page["value"] for page in pages(many)]
    assert len(list(itertools.chain.from_iterable(read))) == (1200 if complete else 1000)


def test_a_list_of_thousands(many: Api) -> None:
    read = list(pages(many, ResultSize="Unlimited"))
    assert [len(page["value"]) for page in read] == [1000, 200]
    assert len({record["Guid"] for page in read for record in page["value"]}) == 1200

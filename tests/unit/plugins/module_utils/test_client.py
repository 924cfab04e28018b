# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client against answers that no well-behaved service gives; the rules of Exchange are the lab's business."""

from __future__ import annotations

import json
import threading
import time
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._client import (
    Call,
    Client,
    Done,
    NotSent,
    Outcome,
    Pace,
    Refused,
    Unknown,
    open_client,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, InputError
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.wire_server import (
    TENANT,
    Answering,
    Seen,
    WireServer,
    in_turn,
    response,
    token,
)

GET = Call("Get-OutboundConnector", {"ResultSize": "Unlimited"})
SET = Call("Set-OutboundConnector", {"Identity": "abc", "Confirm": False})
NEW = Call("New-OutboundConnector", {"Name": "to x"})
REMOVE = Call("Remove-OutboundConnector", {"Identity": "abc", "Confirm": False})
VALIDATE = Call("Validate-OutboundConnector", {"Identity": "abc"})
WRITES = (SET, NEW, REMOVE, VALIDATE)
OK = response(200, {"value": [], "@adminapi.warnings": []})
FALSE_GZIP = response(200, b"\0" * 4096, Content_Encoding="gzip")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


class Opened(t.NamedTuple):
    client: Client
    slept: list[float]


def opened(server: WireServer, **options: t.Any) -> Opened:
    """A client whose clock moves by sleeping only."""
    slept: list[float] = []
    lock = threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            slept.append(seconds)

    pace = Pace(sleep=sleep, clock=lambda: sum(slept), now=lambda: 1000.0, random=lambda: 0.5)
    given = {"access_token": token(), "api_url": server.url, "ca_path": server.ca_path, "timeout": 5, **options}
    return Opened(open_client(given, lambda _secret: None, pace=pace), slept)


def page(*names: str, **members: object) -> bytes:
    return response(200, {"@adminapi.warnings": [], "value": [{"Name": name} for name in names], **members})


def refusal(status: int, exception: str, text: str = "no") -> bytes:
    return response(status, {"error": {"details": [{"message": f"Ex1|{exception}|{text}"}]}})


def cmdlet(seen: Seen) -> str:
    return str(seen.json["CmdletInput"]["CmdletName"])


def read_error(client: Client) -> ExchangeError:
    with pytest.raises(ExchangeError) as caught:
        client.read_all([GET])
    return caught.value


# --- one request


def test_a_request_as_the_service_wants_it() -> None:
    with WireServer(in_turn(page("a"))) as server:
        client = opened(server).client
        (answer,) = client.read_all([GET])
        client.read_all([GET])
        first, second = server.seen
    assert answer.value == [{"Name": "a"}]
    assert (first.method, first.path) == ("POST", f"/adminapi/beta/{TENANT}/InvokeCommand")
    assert first.json == {
        "CmdletInput": {"CmdletName": "Get-OutboundConnector", "Parameters": {"ResultSize": "Unlimited"}}
    }
    assert first.headers["x-anchormailbox"].endswith(f"@{TENANT}")
    assert first.headers["x-cmdletname"] == "Get-OutboundConnector"
    assert first.headers["connection-id"] == second.headers["connection-id"]
    assert first.headers["client-request-id"] != second.headers["client-request-id"]
    assert client.requests == 2


def test_the_tenant_comes_from_the_token_and_else_from_the_option() -> None:
    with WireServer(in_turn(page())) as server:
        opened(server, tenant_id="contoso.com").client.read_all([GET])
        opened(server, tenant_id="contoso.com", access_token="opaque").client.read_all([GET])
        with pytest.raises(InputError, match="tenant_id"):
            opened(server, access_token="opaque").client.read_all([GET])
        assert [seen.path.split("/")[3] for seen in server.seen] == [TENANT, "contoso.com"]


def test_many_reads_keep_their_order() -> None:
    def answering(seen: Seen) -> bytes:
        return page(str(seen.json["CmdletInput"]["Parameters"]["N"]))

    with WireServer(answering) as server:
        answers = opened(server).client.read_all([Call("Get-X", {"N": number}) for number in range(20)])
    assert [answer.value[0]["Name"] for answer in answers] == [str(number) for number in range(20)]


def test_no_more_requests_are_in_flight_than_allowed() -> None:
    inside, most, lock, all_in = 0, 0, threading.Lock(), threading.Barrier(3)

    def answering(seen: Seen) -> bytes:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        if seen.json["CmdletInput"]["Parameters"]["N"] < 3:
            all_in.wait(5)
        with lock:
            inside -= 1
        return page()

    with WireServer(answering) as server:
        opened(server, concurrency=3).client.read_all([Call("Get-X", {"N": number}) for number in range(9)])
    assert most == 3


def test_nothing_is_asked_when_there_is_nothing_to_ask() -> None:
    with WireServer(in_turn(page())) as server:
        client = opened(server).client
        assert (client.read_all([]), client.write_all([]), client.write_all([], stop_on_failure=True)) == ([], [], [])
        assert (server.seen, client.requests) == ([], 0)


@pytest.mark.parametrize(
    ("options", "word"),
    [({"batch_size": 11}, "batch_size"), ({"timeout": 0}, "timeout"), ({"api_url": "http://x"}, "api_url")],
)
def test_options_of_no_use_are_refused_before_anything_is_sent(options: dict[str, t.Any], word: str) -> None:
    with WireServer(in_turn(page())) as server, pytest.raises(InputError, match=word):
        opened(server, **options)


# --- failures: every class, reads and writes

RETRIED = {"429": response(429, b"slow down"), "503": response(503), "busy": refusal(400, "A.ServerBusyException")}
OPEN = {
    "500": response(500, b"<html>"),
    "502": response(502),
    "504": response(504),
    "transient": refusal(400, "A.StorageTransientException"),
    "dropped": None,
    "cut off": response(200, b'{"value": [', Content_Length="99", Connection="close"),
    "not JSON": response(200, b"<html>"),
    "false gzip": FALSE_GZIP,
}


@pytest.mark.parametrize("name", [*RETRIED, *OPEN])
def test_reads_survive_passing_failures(name: str) -> None:
    answer = {**RETRIED, **OPEN}[name]
    with WireServer(in_turn(answer, answer, page("a"))) as server:
        client, slept = opened(server)
        assert client.read_all([GET])[0].value == [{"Name": "a"}]
        assert client.requests == len(server.seen) == 3
    assert slept[:2] == [1.0, 2.0]


@pytest.mark.parametrize("name", [*RETRIED, *OPEN])
def test_reads_end_after_as_many_tries_as_allowed(name: str) -> None:
    with WireServer(in_turn({**RETRIED, **OPEN}[name])) as server:
        error = read_error(opened(server, retries=3).client)
        assert len(server.seen) == 3
    assert error.retryable
    assert error.message.startswith("Get-OutboundConnector ")


@pytest.mark.parametrize("call", WRITES, ids=lambda call: call.cmdlet)
@pytest.mark.parametrize("name", RETRIED)
def test_writes_that_did_not_run_are_repeated(name: str, call: Call) -> None:
    with WireServer(in_turn(RETRIED[name], OK)) as server:
        (outcome,) = opened(server).client.write_all([call])
        assert len(server.seen) == 2
    assert isinstance(outcome, Done)


@pytest.mark.parametrize("call", WRITES, ids=lambda call: call.cmdlet)
@pytest.mark.parametrize("name", OPEN)
def test_writes_in_the_open_are_left_to_the_caller(name: str, call: Call) -> None:
    with WireServer(in_turn(OPEN[name], OK)) as server:
        (outcome,) = opened(server).client.write_all([call])
        assert len(server.seen) == 1
    assert isinstance(outcome, Unknown)
    assert outcome.error.kind == "unknown_outcome"
    assert call.label in outcome.error.message


@pytest.mark.parametrize("call", [GET, SET])
def test_a_late_answer_is_one_more_open_question(call: Call) -> None:
    release = threading.Event()

    def answering(_seen: Seen) -> bytes:
        release.wait(20)
        return page()

    with WireServer(answering) as server:
        client = opened(server, timeout=1, retries=2).client
        if call is GET:
            assert read_error(client).kind == "network"
        else:
            assert isinstance(client.write_all([call])[0], Unknown)
        release.set()
    assert client.requests == (2 if call is GET else 1)


def test_a_validation_is_waited_for_longer_than_the_time_out() -> None:
    released = threading.Event()

    def answering(seen: Seen) -> bytes:
        if cmdlet(seen) == VALIDATE.cmdlet:
            released.wait(20)
        else:
            time.sleep(1.5)
            released.set()
        return page()

    with WireServer(answering) as server:
        outcomes = opened(server, timeout=1, concurrency=2).client.write_all([VALIDATE, SET])
    assert [type(outcome) for outcome in outcomes] == [Done, Unknown]


@pytest.mark.parametrize("call", [GET, SET])
def test_a_closed_door_is_knocked_on_again_and_not_counted(call: Call) -> None:
    server = WireServer(in_turn(OK))
    with WireServer(in_turn(OK)) as closing:
        server.url = closing.url
    client, slept = opened(server, retries=3)
    if call is GET:
        assert read_error(client).kind == "network"
    else:
        (outcome,) = client.write_all([call])
        assert isinstance(outcome, Refused)
        assert outcome.error.kind == "network"
    assert (client.requests, len(slept)) == (0, 2)


def test_an_untrusted_service_gets_no_token() -> None:
    with WireServer(in_turn(OK)) as server:
        client, slept = opened(server, ca_path=None)
        assert read_error(client).kind == "network"
        assert (server.seen, slept) == ([], [])


def test_the_wish_to_wait_is_honoured() -> None:
    with WireServer(in_turn(response(429, b"", Retry_After="15"), response(503, b"", Retry_After="4"), OK)) as server:
        client, slept = opened(server)
        assert isinstance(client.write_all([SET])[0], Done)
    assert slept == [15.5, 4.5]


def test_a_wish_for_too_long_ends_it_at_once() -> None:
    with WireServer(in_turn(response(429, b"", Retry_After="3600"))) as server:
        client, slept = opened(server)
        (outcome,) = client.write_all([SET])
        assert len(server.seen) == 1
    assert isinstance(outcome, Refused)
    assert (outcome.error.kind, slept) == ("throttled", [])
    assert "3600 s" in outcome.error.message


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(400, "A.ADObjectAlreadyExistsException"), "already_exists"),
        (refusal(404, "A.ManagementObjectNotFoundException"), "not_found"),
        (refusal(400, "A.DataValidationException"), "rejected"),
        (response(404, b"<html>"), "rejected"),
        (response(403, b"\0" * 4096, Content_Encoding="gzip"), "permission"),
        (response(302, b"", Location="https://evil.example/"), "rejected"),
        (response(200, {"error": {"details": [{"message": "|A.ADObjectAlreadyExistsException|x"}]}}), "already_exists"),
    ],
)
def test_refusals_are_final(answer: bytes, kind: str) -> None:
    with WireServer(in_turn(answer)) as server:
        (outcome,) = opened(server).client.write_all([NEW])
        assert len(server.seen) == 1
    assert isinstance(outcome, Refused)
    assert outcome.error.kind == kind


def test_a_redirect_takes_no_token_along() -> None:
    with WireServer(in_turn(OK)) as foreign:
        with WireServer(in_turn(response(307, b"", Location=f"{foreign.url}/adminapi/x"))) as server:
            error = read_error(opened(server).client)
        assert foreign.seen == []
    assert "redirects" in error.message


def test_a_refused_ready_token_is_not_tried_again() -> None:
    with WireServer(in_turn(response(401))) as server:
        client = opened(server, concurrency=1).client
        outcomes = client.write_all([SET, NEW, REMOVE])
        assert len(server.seen) == 1
    assert all(isinstance(outcome, Refused) and outcome.error.kind == "authentication" for outcome in outcomes)
    assert [
        call.label in outcome.error.message for call, outcome in zip((SET, NEW, REMOVE), outcomes, strict=True)
    ] == [True] * 3


def test_no_token_is_in_any_message() -> None:
    secret = token(jti="canary")
    for answer in (response(401), response(403), response(500), None, FALSE_GZIP, response(302)):
        with WireServer(in_turn(answer)) as server:
            client = opened(server, access_token=secret, retries=1).client
            (outcome,) = client.write_all([SET])
            assert secret not in repr(outcome) + repr(read_error(client).as_result()) + repr(client)


# --- reading whole lists


def linked(*links: str | None) -> Answering:
    """Pages with these links to the next one; ``{url}`` stands for the server's address."""
    answers: list[bytes | Answering | None] = []
    for number, link in enumerate(links):

        def answering(seen: Seen, number: int = number, link: str | None = link) -> bytes:
            more = {"@odata.nextLink": link.replace("{host}", seen.headers["host"])} if link else {}
            return page(f"p{number}", **more)

        answers.append(answering)
    return in_turn(*answers)


NEXT = "https://{host}/adminapi/beta/t/InvokeCommand?%24skiptoken="


def test_every_page_is_asked_for_with_the_same_body() -> None:
    with WireServer(linked(f"{NEXT}1", f"{NEXT}2", None)) as server:
        (answer,) = opened(server).client.read_all([GET])
        assert [record["Name"] for record in answer.value] == ["p0", "p1", "p2"]
        assert [seen.path.partition("?")[2] for seen in server.seen] == ["", "%24skiptoken=1", "%24skiptoken=2"]
        assert len({seen.body for seen in server.seen}) == 1
        assert len({seen.headers["connection-id"] for seen in server.seen}) == 1


def test_a_foreign_link_is_not_followed() -> None:
    with WireServer(in_turn(page())) as foreign:
        with WireServer(linked(f"{foreign.url}/adminapi/beta/t/InvokeCommand?x=1")) as server:
            error = read_error(opened(server).client)
        assert foreign.seen == []
    assert error.kind == "incomplete"
    assert "leads away" in error.message


@pytest.mark.parametrize(
    ("answering", "requests"),
    [
        (linked(f"{NEXT}1"), 2),
        (in_turn(page("a", **{"@odata.nextLink": ""})), 1),
        (in_turn(page("a", **{"@adminapi.errors": ["x"]})), 1),
        (in_turn(page("a", error={"message": "x"})), 1),
        (in_turn(page("a", **{"@adminapi.warnings": ["There are more results available than ..."]})), 1),
    ],
    ids=["circle", "empty link", "errors", "error", "cut off"],
)
def test_a_list_that_is_not_whole_is_never_returned(answering: Answering, requests: int) -> None:
    with WireServer(answering) as server:
        assert read_error(opened(server).client).kind == "incomplete"
        assert len(server.seen) == requests


def test_endless_pages_end() -> None:
    numbers = iter(range(10_000))

    def answering(seen: Seen) -> bytes:
        return page("a", **{"@odata.nextLink": f"https://{seen.headers['host']}/adminapi/x?n={next(numbers)}"})

    with WireServer(answering) as server:
        assert "more than 100 pages" in read_error(opened(server).client).message
        assert len(server.seen) == 100


def test_a_stale_link_is_loud() -> None:
    stale = refusal(400, "A.BException", "Expired or Invalid pagination request. Default Expiry time is 00:30:00")
    first = linked(f"{NEXT}1")
    with WireServer(lambda seen: stale if "?" in seen.path else first(seen)) as server:
        assert read_error(opened(server).client).kind == "incomplete"


def test_one_unread_list_spoils_all() -> None:
    def answering(seen: Seen) -> bytes:
        return page("a") if cmdlet(seen) == "Get-InboundConnector" else response(200)

    with WireServer(answering) as server, pytest.raises(ExchangeError) as caught:
        opened(server).client.read_all([Call("Get-InboundConnector", {}), GET, Call("Get-InboundConnector", {})])
    assert caught.value.kind == "unreadable"


def test_warnings_are_collected_once() -> None:
    with WireServer(in_turn(page(**{"@adminapi.warnings": ["mind this"]}))) as server:
        client = opened(server).client
        assert client.read_all([GET, GET])[0].warnings == ["mind this"]
        client.write_all([SET])
        assert client.warnings == ["mind this"]


# --- several writes


def test_outcomes_come_in_the_order_of_the_calls() -> None:
    def answering(seen: Seen) -> bytes:
        number = seen.json["CmdletInput"]["Parameters"]["N"]
        return OK if number % 3 else refusal(400, "A.BException", f"number {number}")

    with WireServer(answering) as server:
        outcomes = opened(server).client.write_all([Call("Set-X", {"N": number}) for number in range(12)])
    assert [isinstance(outcome, Done) for outcome in outcomes] == [bool(number % 3) for number in range(12)]
    assert all(f"number {number}" in _error(outcomes[number]).message for number in (0, 3, 6, 9))


def _error(outcome: Outcome) -> ExchangeError:
    assert isinstance(outcome, (Refused, Unknown))
    return outcome.error


@pytest.mark.parametrize("answer", [refusal(400, "A.BException"), response(500)])
@pytest.mark.parametrize("batch_size", [1, 10])
def test_nothing_is_sent_after_the_first_failure(answer: bytes, batch_size: int) -> None:
    with WireServer(in_turn(OK, answer, OK)) as server:
        client = opened(server, batch_size=batch_size).client
        outcomes = client.write_all([SET, NEW, REMOVE, SET], stop_on_failure=True)
        assert [cmdlet(seen) for seen in server.seen] == ["Set-OutboundConnector", "New-OutboundConnector"]
    assert [type(outcome) for outcome in outcomes[2:]] == [NotSent, NotSent]
    assert isinstance(outcomes[0], Done)
    assert NEW.label in t.cast("NotSent", outcomes[2]).reason


def test_throttling_reaches_all_requests_of_the_client() -> None:
    told = in_turn(response(429, b"", Retry_After="10"), OK)
    with WireServer(told) as server:
        client, slept = opened(server, concurrency=2)
        outcomes = client.write_all([Call("Set-X", {"N": number}) for number in range(10)])
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert slept[0] == 10.5


def test_the_wish_of_a_last_try_holds_for_the_other_requests() -> None:
    with WireServer(in_turn(response(429, b"", Retry_After="40"), OK)) as server:
        client, slept = opened(server, concurrency=1, retries=1)
        refused, done = client.write_all([SET, NEW])
    assert isinstance(refused, Refused)
    assert isinstance(done, Done)
    assert slept == [40.5]


def test_after_a_wish_for_too_long_nothing_more_is_sent() -> None:
    with WireServer(in_turn(response(429, b"", Retry_After="3600"))) as server:
        client, slept = opened(server, concurrency=4)
        outcomes = client.write_all(calls(20))
        with pytest.raises(ExchangeError, match="3600 s"):
            client.read_all([GET])
        assert len(server.seen) <= 4
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert len(refused) == 20
    assert all("3600 s" in outcome.error.message for outcome in refused)
    assert slept == []


# --- batches


def batches(
    judge: t.Callable[[int, t.Mapping[str, t.Any]], object], single: Answering | bytes = OK
) -> tuple[Answering, list[int]]:
    """Answer batches item by item: ``judge`` gets the number in the call and the item, and returns the response.

    None leaves the item out; a list gives several. The second value collects the sizes of batches.
    """
    sizes: list[int] = []

    def answering(seen: Seen) -> bytes | None:
        if not seen.path.endswith("/$batch"):
            return single(seen) if callable(single) else single
        requests = seen.json["requests"]
        sizes.append(len(requests))
        responses: list[object] = []
        for request in requests:
            told = judge(request["body"]["CmdletInput"]["Parameters"]["N"], request)
            responses += told if isinstance(told, list) else [] if told is None else [told]
        return response(200, {"responses": responses[::-1]})

    return answering, sizes


def good_item(_number: int, request: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {"id": request["id"], "status": 200, "body": {"value": []}}


def calls(count: int) -> list[Call]:
    return [Call("Set-X", {"N": number}) for number in range(count)]


def test_writes_travel_in_batches() -> None:
    answering, sizes = batches(good_item)
    with WireServer(answering) as server:
        client = opened(server, batch_size=10, concurrency=1).client
        assert all(isinstance(outcome, Done) for outcome in client.write_all(calls(25)))
        assert (sizes, client.requests) == ([10, 10, 5], 3)
        whole = server.seen[0]
        item = whole.json["requests"][0]
    assert whole.path == f"/adminapi/beta/{TENANT}/$batch"
    assert item["url"] == f"{server.url}/adminapi/beta/{TENANT}/InvokeCommand"
    assert item["headers"]["Authorization"] == whole.headers["authorization"]
    assert item["headers"]["X-CmdletName"] == "Set-X"


def test_one_write_is_no_batch() -> None:
    with WireServer(in_turn(OK)) as server:
        opened(server, batch_size=10).client.write_all([SET])
        assert server.seen[0].path.endswith("/InvokeCommand")


def test_one_read_is_no_batch() -> None:
    with WireServer(in_turn(page())) as server:
        opened(server, batch_size=10).client.read_all([GET])
        assert server.seen[0].path.endswith("/InvokeCommand")


def test_each_item_is_judged_by_itself() -> None:
    taken = {"error": {"details": [{"message": "|A.ADObjectAlreadyExistsException|taken"}]}}

    def judge(number: int, request: t.Mapping[str, t.Any]) -> object:
        identifier = request["id"]
        return [
            {"id": identifier, "status": 200, "body": {"value": []}},
            {"id": identifier, "status": 400, "body": taken},
            {"id": identifier, "body": taken},
            {"id": identifier, "status": 504},
            None,
            [{"id": identifier, "status": 200}, {"id": identifier, "status": 400, "body": taken}],
            [{"id": identifier, "status": 200}, {"id": identifier, "status": 200}],
            {"id": identifier},
            {"id": identifier, "status": 204},
            {"id": identifier, "status": 403},
        ][number]

    with WireServer(batches(judge)[0]) as server:
        outcomes = opened(server, batch_size=10).client.write_all(calls(10))
        assert len(server.seen) == 1
    kinds = [outcome.error.kind if isinstance(outcome, (Refused, Unknown)) else "done" for outcome in outcomes]
    assert kinds == [
        "done",
        "already_exists",
        "already_exists",
        "unknown_outcome",
        "unknown_outcome",
        "unknown_outcome",
        "done",
        "unknown_outcome",
        "done",
        "permission",
    ]


def test_items_that_were_put_off_wait_as_long_as_any_of_them_was_told() -> None:
    wishes = {0: {}, 1: {"Retry-After": "7"}, 2: {"Retry-After": "20"}}

    def judge(number: int, request: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        return {"id": request["id"], "status": 503 if number == 0 else 429, "headers": wishes[number], "body": None}

    answering, _sizes = batches(judge)
    with WireServer(answering) as server:
        client, slept = opened(server, batch_size=10, concurrency=1)
        assert all(isinstance(outcome, Done) for outcome in client.write_all(calls(3)))
    assert sum(slept) == 20.5


def test_a_batch_of_reads_that_was_put_off_is_waited_for() -> None:
    answering, _sizes = batches(
        lambda _number, request: {"id": request["id"], "status": 429, "headers": {"Retry-After": "9"}, "body": None}
    )
    with WireServer(answering) as server:
        client, slept = opened(server, batch_size=10)
        assert len(client.read_all([Call("Get-X", {"N": number}) for number in range(3)])) == 3
    assert sum(slept) == 9.5


@pytest.mark.parametrize("status", [429, 503, 401])
def test_items_that_were_put_off_are_repeated_alone(status: int) -> None:
    def judge(number: int, request: t.Mapping[str, t.Any]) -> object:
        if number != 1:
            return good_item(number, request)
        return {"id": request["id"], "status": status, "headers": {"Retry-After": "3"}}

    answering, sizes = batches(judge)
    with WireServer(answering) as server:
        client, slept = opened(server, batch_size=10)
        assert all(isinstance(outcome, Done) for outcome in client.write_all(calls(3)))
        assert sizes == [3]
        (single,) = [seen for seen in server.seen if seen.path.endswith("/InvokeCommand")]
    assert single.json["CmdletInput"]["Parameters"] == {"N": 1}
    assert slept == [3.5]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 501])
def test_a_service_without_batches_gets_single_commands_for_the_rest_of_the_run(status: int) -> None:
    def answering(seen: Seen) -> bytes:
        return response(status, b"") if seen.path.endswith("/$batch") else OK

    with WireServer(answering) as server:
        client = opened(server, batch_size=5, concurrency=1).client
        for _turn in range(2):
            assert all(isinstance(outcome, Done) for outcome in client.write_all(calls(10)))
        assert client.requests == len(server.seen) == 21


@pytest.mark.parametrize("answer", [response(500), response(502), None, FALSE_GZIP, response(200, b"--multipart")])
def test_a_batch_in_the_open_leaves_all_its_commands_open(answer: bytes | None) -> None:
    with WireServer(in_turn(answer)) as server:
        outcomes = opened(server, batch_size=10).client.write_all(calls(3))
        assert len(server.seen) == 1
    assert all(isinstance(outcome, Unknown) for outcome in outcomes)


@pytest.mark.parametrize("content", [{}, {"responses": None}, {"responses": "x"}, {"value": []}])
def test_an_answer_to_something_else_leaves_them_open_too(content: dict[str, t.Any]) -> None:
    with WireServer(in_turn(response(200, content))) as server:
        outcomes = opened(server, batch_size=10).client.write_all(calls(2))
    assert all(isinstance(outcome, Unknown) for outcome in outcomes)


@pytest.mark.parametrize("status", [429, 503])
def test_a_batch_that_was_put_off_is_repeated_as_a_whole(status: int) -> None:
    answering, sizes = batches(good_item)
    with WireServer(in_turn(response(status), answering)) as server:
        assert all(isinstance(outcome, Done) for outcome in opened(server, batch_size=10).client.write_all(calls(3)))
    assert sizes == [3]


def test_a_refused_batch_names_each_command() -> None:
    with WireServer(in_turn(response(302))) as server:
        outcomes = opened(server, batch_size=10).client.write_all([SET, NEW])
    assert [call.label in _error(outcome).message for call, outcome in zip((SET, NEW), outcomes, strict=True)] == [
        True,
        True,
    ]
    assert "$batch" not in json.dumps([_error(outcome).as_result() for outcome in outcomes])

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _wire
from ansible_collections.mailflow.exchange_online.plugins.module_utils._auth import Token, claims_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._judge import Fault, Page, Reading, judge
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Body, Call, Item
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils import wire_server

RESOURCE = "https://outlook.office365.com"
GET = Call("Get-OutboundConnector", {})
SET = Call("Set-OutboundConnector", {"Identity": "abc"})
NEW = Call("New-OutboundConnector", {"Name": "to x"})
COMPLETE = {"@odata.context": "c", "@adminapi.warnings": [], "value": [{"Name": "a"}]}


def told(
    call: Call,
    status: int | None,
    content: object = b"",
    claims: t.Mapping[str, object] | None = None,
    **headers: str,
) -> Page | Fault:
    body = _wire.read_body(content if isinstance(content, bytes) else json.dumps(content).encode())
    value = wire_server.token(**(claims or {}))
    names = {name.lower().replace("_", "-"): value for name, value in headers.items()}
    return judge(Reading(call, status, names, body, Token(value, claims_of(value)), RESOURCE))


def fault(*arguments: t.Any, **more: t.Any) -> Fault:
    found = told(*arguments, **more)
    assert isinstance(found, Fault), found
    return found


def page(*arguments: t.Any, **more: t.Any) -> Page:
    found = told(*arguments, **more)
    assert isinstance(found, Page), found
    return found


def refusal(exception: str, text: str, code: str = "BadRequest") -> dict[str, t.Any]:
    inner = {"message": "Exception of type 'X' was thrown.", "type": "X", "stacktrace": "at " * 5000}
    return {
        "error": {
            "code": code,
            "message": "Error executing cmdlet",
            "details": [{"code": "Context", "target": "", "message": f"Ex6F9304|{exception}|{text}"}],
            "innererror": {"message": "Error executing cmdlet", "internalexception": inner},
        }
    }


# --- what is sent


def test_the_envelope_is_spelled_exactly() -> None:
    assert _wire.envelope(Call("Get-X", {"A": None, "B": [1]})) == {
        "CmdletInput": {"CmdletName": "Get-X", "Parameters": {"A": None, "B": [1]}}
    }
    assert _wire.encode(_wire.envelope(Call("Get-X", {"A": "ü"}))).decode().endswith('"Parameters":{"A":"ü"}}}')


def test_addresses() -> None:
    assert _wire.invoke_url("https://h", "t") == "https://h/adminapi/beta/t/InvokeCommand"
    assert _wire.batch_url("https://h", "t") == "https://h/adminapi/beta/t/$batch"


def test_headers_route_by_the_system_mailbox() -> None:
    headers = _wire.headers("tok", "t-1", "conn", "req")
    assert headers["X-AnchorMailbox"] == "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@t-1"
    assert headers["Authorization"] == "Bearer tok"
    assert (headers["connection-id"], headers["client-request-id"]) == ("conn", "req")
    assert headers["Prefer"] == "odata.maxpagesize=1000"


def test_labels_name_the_object() -> None:
    assert (GET.label, SET.label, NEW.label) == (
        "Get-OutboundConnector",
        "Set-OutboundConnector of 'abc'",
        "New-OutboundConnector of 'to x'",
    )


# --- pieces of answers


def test_annotations_are_dropped_at_every_depth() -> None:
    record = {"Guid@data.type": "G", "Guid": "1", "L@odata.type": "x", "L": [{"a@b": 1, "c": "d@e"}], "@odata.id": 1}
    assert _wire.plain(record) == {"Guid": "1", "L": [{"c": "d@e"}]}
    assert _wire.wanted(record, None) == _wire.plain(record)


def test_only_the_members_that_are_wanted_are_kept() -> None:
    record = {"Guid": "1", "Long": "x" * 1000, "L": [{"a@b": 1, "c": "d@e"}], "Null": None}
    assert _wire.wanted(record, ("L", "Guid", "Null", "Missing")) == {"L": [{"c": "d@e"}], "Guid": "1", "Null": None}


def test_a_member_that_is_nested_too_deeply_is_no_record() -> None:
    deep: object = "x"
    for _level in range(40):
        deep = [deep]
    assert _wire.wanted({"Guid": "1", "Other": deep}, ("Guid",)) == {"Guid": "1"}
    with pytest.raises(RecursionError):
        _wire.wanted({"L": deep}, ("L",))


@pytest.mark.parametrize(
    ("content", "damaged", "state"),
    [
        (b"", False, "empty"),
        (b" \r\n", False, "empty"),
        (b"", True, "garbled"),
        (b"{}", True, "garbled"),
        (b"{}", False, "json"),
        (b"\xef\xbb\xbf{}", False, "json"),
        (b'{"value": [', False, "garbled"),
        (b"<html>", False, "garbled"),
        (b"\0" * 4096, False, "garbled"),
        (b"\xff\xfe", False, "garbled"),
        (b"[" * 100_000, False, "garbled"),
    ],
)
def test_bodies(content: bytes, damaged: bool, state: str) -> None:
    assert _wire.read_body(content, damaged).state == state


@pytest.mark.parametrize(
    ("error", "exception", "text"),
    [
        (refusal("A.B", "it | broke")["error"], "A.B", "it | broke"),
        ({"details": [{"message": "|A.B|text"}]}, "A.B", "text"),
        ({"details": [{"message": "just text"}]}, None, "just text"),
        ({"innererror": {"internalexception": {"type": "A.B", "message": "m"}}}, "A.B", "m"),
        ({"innerError": {"internalException": {"Type": "A.B", "Message": "m"}}}, "A.B", "m"),
        ({"message": "outer", "details": []}, None, "outer"),
        ({"message": json.dumps(refusal("A.B", "deep"))}, "A.B", "deep"),
        ({"message": "{not json"}, None, "{not json"),
        ({"details": "x", "innererror": 5, "message": 7}, None, ""),
        ("invalid_token", None, "invalid_token"),
        (None, None, ""),
        (["x"], None, ""),
    ],
)
def test_errors_are_taken_apart(error: object, exception: str | None, text: str) -> None:
    assert _wire.service_error(error) == _wire.ServiceError(exception, text)


def test_texts_come_as_one_line_of_bearable_length() -> None:
    assert _wire.one_line("a\r\n\tb\x1b[31m  c\u2028d") == "a b [31m c d"
    assert len(_wire.one_line("x" * 10_000)) == 500


@pytest.mark.parametrize(
    ("link", "followed"),
    [
        ("https://h:8443/adminapi/beta/t/InvokeCommand?%24skiptoken=1", True),
        ("https://H:8443/AdminApi/beta/t/InvokeCommand?%24skiptoken=1", True),
        ("/adminapi/beta/t/InvokeCommand?%24skiptoken=1", True),
        ("?%24skiptoken=1", True),
        ("https://h/adminapi/x", False),
        ("http://h:8443/adminapi/x", False),
        ("https://other:8443/adminapi/x", False),
        ("//other:8443/adminapi/x", False),
        ("https://h:8443@other/adminapi/x", False),
        ("https://joe@h:8443/adminapi/x", False),
        ("https://h:8443/elsewhere", False),
        ("https://h:8443\\@other/adminapi/x", False),
        ("https://h:8443/adminapi/x\r\nHost: other", False),
        ("https://[", False),
        ("https://h:port/adminapi/", False),
    ],
)
def test_links_stay_at_home(link: str, followed: bool) -> None:
    assert (_wire.safe_link(link, "https://h:8443/adminapi/beta/t/InvokeCommand") is not None) is followed


# --- good answers


def test_a_complete_page() -> None:
    found = page(GET, 200, {**COMPLETE, "@adminapi.warnings": ["mind\nthis", 5]})
    assert found == Page([{"Name": "a"}], ["mind this"], None)


def test_an_empty_list_is_an_empty_tenant() -> None:
    assert page(GET, 200, {"value": []}).value == []


def test_a_page_with_more_to_come() -> None:
    warning = "There are more results available than are currently displayed."
    found = page(GET, 200, {**COMPLETE, "@odata.nextLink": "https://x", "@adminapi.warnings": [warning]})
    assert (found.next_link, found.warnings) == ("https://x", [])


@pytest.mark.parametrize(
    "content",
    [{"value": None}, {"value": []}, {"@odata.context": "c"}, {"value": ["x"]}, {"value": [{"Name": "a"}]}],
)
@pytest.mark.parametrize("status", [200, 201, 204])
def test_writes_are_done_whatever_they_return(status: int, content: object) -> None:
    assert isinstance(told(SET, status, content), Page)


def test_only_a_204_may_be_empty() -> None:
    """Exchange sends JSON with each 200: one without any body may come from something on the way that knows nothing."""
    assert isinstance(told(SET, 204), Page)
    assert fault(SET, 200).failure == "unreadable"
    assert fault(GET, 204).failure == "unreadable"


# --- bad answers


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b'{"value": [{"Na',
        {},
        {"@odata.context": "c"},
        {"value": None},
        {"value": {}},
        {"value": [None]},
        {"value": ["a"]},
    ],
)
def test_a_read_without_a_list_is_unread(content: object) -> None:
    found = fault(GET, 200, content)
    assert found.failure == "unreadable"
    assert found.error(GET).kind == "unreadable"


@pytest.mark.parametrize("content", [b"<html>", b"null", b"[]", b'{"value": [', {}])
def test_a_write_with_an_unreadable_answer_is_in_the_open(content: object) -> None:
    found = fault(SET, 200, content)
    assert found.failure == "unreadable"
    assert found.error(SET).kind == "unknown_outcome"
    assert "Set-OutboundConnector of 'abc'" in found.error(SET).message


@pytest.mark.parametrize(
    "extra",
    [
        {"@adminapi.warnings": ["There are more results available than are currently displayed. To view them, ..."]},
        {"@odata.nextLink": None},
        {"@odata.nextLink": ""},
        {"@odata.nextLink": {"href": "x"}},
        {"@adminapi.errors": [{"message": "one replica is down"}]},
        {"error": {"message": "odd"}},
        {"@odata.error": {"message": "odd"}},
        {"error": refusal("A.SomethingException", "odd")["error"]},
    ],
)
def test_a_list_that_is_not_whole_is_incomplete(extra: dict[str, t.Any]) -> None:
    found = fault(GET, 200, {**COMPLETE, **extra})
    assert (found.failure, found.error(GET).kind) == ("partial", "incomplete")


def test_empty_error_members_mean_nothing() -> None:
    assert page(GET, 200, {**COMPLETE, "error": None, "@adminapi.errors": []}).value == [{"Name": "a"}]


def test_a_stale_link_is_incomplete() -> None:
    text = "Expired or Invalid pagination request. Default Expiry time is 00:30:00"
    assert fault(GET, 400, refusal("A.BException", text)).error(GET).kind == "incomplete"


def test_errors_inside_a_200_of_a_write() -> None:
    inside = refusal("A.ADObjectAlreadyExistsException", "taken")
    assert fault(NEW, 200, {"value": [], **inside}).error(NEW).kind == "already_exists"
    assert fault(SET, 200, {"@odata.error": {"code": "BadRequest"}}).error(SET).kind == "rejected"
    assert fault(SET, 200, {"@odata.error": {"message": "no"}}).error(SET).kind == "unknown_outcome"
    assert fault(SET, 200, {"error": {"code": "InternalServerError"}}).error(SET).kind == "unknown_outcome"
    assert fault(SET, 200, {"@adminapi.errors": ["half"]}).error(SET).kind == "unknown_outcome"
    assert fault(SET, 200, refusal("A.ServerBusyException", "later")).failure == "busy"


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (
            404,
            refusal("M.ManagementObjectNotFoundException", "object 'abc' couldn't be found", "NotFound"),
            "not_found",
        ),
        (500, refusal("M.ManagementObjectNotFoundException", "gone", "InternalServerError"), "not_found"),
        (400, refusal("M.ADObjectAlreadyExistsException", "taken"), "already_exists"),
        (400, refusal("M.DataValidationException", "too long"), "rejected"),
        (404, b"<html>", "rejected"),
        (404, {"error": {"code": "NotFound", "message": "No HTTP resource was found"}}, "rejected"),
        (405, b"", "rejected"),
    ],
)
def test_refusals(status: int, content: object, kind: str) -> None:
    found = fault(SET, status, content)
    assert (found.failure, found.error(SET).kind) == ("refused", kind)
    assert found.error(SET).message.startswith("Exchange Online refused Set-OutboundConnector of 'abc': ")


def test_a_refusal_carries_its_facts_and_no_raw_body() -> None:
    error = fault(SET, 400, refusal("M.DataValidationException", "too long."), request_id="r-1").error(SET)
    assert error.as_result() == {
        "kind": "rejected",
        "message": "Exchange Online refused Set-OutboundConnector of 'abc': too long.",
        "http_status": 400,
        "code": "M.DataValidationException",
        "request_id": "r-1",
        "retryable": False,
    }


def test_a_dehydrated_tenant_is_told_what_to_do() -> None:
    content = refusal("M.InvalidOperationInDehydratedContextException", "The operation isn't allowed.")
    assert "Enable-OrganizationCustomization" in fault(SET, 400, content).error(SET).message


def test_the_exception_header_counts_where_the_body_says_nothing() -> None:
    assert fault(SET, 400, b"", X_ExceptionType="UnableToWriteToAadException").failure == "transient"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_refused_in_words(status: int) -> None:
    found = fault(SET, status, b"", Location="https://evil.example")
    assert found.failure == "refused"
    assert "redirects" in found.error(SET).message
    assert "api_url" in found.error(SET).message


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"roles": ["Exchange.ManageAsAppV2"]}, "lacks the application permission Exchange.ManageAsApp;"),
        ({"roles": None}, "lacks the application permission Exchange.ManageAsApp;"),
        ({"aud": "https://graph.microsoft.com"}, "meant for 'https://graph.microsoft.com'"),
        ({"aud": "00000002-0000-0ff1-ce00-000000000000"}, "the token has expired, or"),
        ({}, "the token has expired, or"),
    ],
)
def test_a_401_is_explained_by_the_token(claims: dict[str, object], words: str) -> None:
    found = fault(GET, 401, b"", claims)
    assert found.failure == "unauthorized"
    assert found.error(GET).kind == "authentication"
    assert words in found.error(GET).message


def test_a_401_hands_on_what_the_service_says() -> None:
    header = '2000003;reason="The audience claim value is invalid \'aud\'.";error_category="invalid_resource"'
    message = fault(GET, 401, b"", x_ms_diagnostics=header).error(GET).message
    assert message.endswith("(the service says: The audience claim value is invalid 'aud').")


@pytest.mark.parametrize(
    ("call", "claims", "words"),
    [
        (GET, {}, "assign the role Global Reader"),
        (SET, {}, "assign the role Exchange Administrator"),
        (SET, {"roles": []}, "lacks the application permission Exchange.ManageAsApp"),
    ],
)
def test_a_403_is_explained_by_the_token(call: Call, claims: dict[str, object], words: str) -> None:
    found = fault(call, 403, b"\0" * 4096, claims)
    assert found.error(call).kind == "permission"
    assert words in found.error(call).message


def test_an_unreadable_token_leaves_both_explanations() -> None:
    found = judge(Reading(SET, 403, {}, Body("empty"), Token("opaque"), RESOURCE))
    assert isinstance(found, Fault)
    assert "check that it has the permission Exchange.ManageAsApp" in found.words


def test_the_claims_challenge_is_read() -> None:
    wanted = '{"access_token":{"nbf":{"essential":true}}}'
    coded = base64.b64encode(wanted.encode()).decode()
    header = f'Bearer realm="", error="insufficient_claims", claims="{coded}"'
    assert fault(GET, 401, b"", WWW_Authenticate=header).claims == wanted
    assert fault(GET, 401, b"", WWW_Authenticate=header.replace("insufficient_claims", "x")).claims is None
    assert fault(GET, 401, b"", WWW_Authenticate=header.replace(coded, "AAAA")).claims is None


# --- batches

IDS = ("1", "2")


def items(*responses: object) -> dict[str, Item | None] | None:
    return _wire.read_batch(Body("json", {"responses": list(responses)}), IDS)


def test_a_batch_carries_each_command_with_its_own_headers() -> None:
    common = {"Authorization": "Bearer x", "client-request-id": "whole"}
    made = _wire.batch({"1": (SET, "https://h/InvokeCommand"), "2": (NEW, "https://h/InvokeCommand")}, common)
    assert [request["id"] for request in made["requests"]] == ["1", "2"]
    assert made["requests"][0] == {
        "id": "1",
        "method": "POST",
        "url": "https://h/InvokeCommand",
        "headers": {"Authorization": "Bearer x", "X-CmdletName": "Set-OutboundConnector", "client-request-id": "1"},
        "body": _wire.envelope(SET),
    }
    assert _wire.batch_headers({"Prefer": "x"})["Prefer"].endswith("odata.continue-on-error")


def test_items_are_matched_by_id_not_by_order() -> None:
    found = items({"id": "2", "status": 404, "body": {"error": {}}}, {"id": "1", "status": "200"}, {"id": "9"}, None)
    assert found == {
        "1": Item(200, {}, Body("empty")),
        "2": Item(404, {}, Body("json", {"error": {}})),
    }


def test_missing_and_contradicting_items_are_none() -> None:
    assert items({"id": "1", "status": 200}) == {"1": Item(200, {}, Body("empty")), "2": None}
    found = items({"id": "1", "status": 200}, {"id": "2", "status": 200}, {"id": "2", "status": 500})
    assert found is not None
    assert found["2"] is None


def test_the_same_item_twice_is_one() -> None:
    found = items({"id": "1", "status": 200}, {"id": "1", "status": 200}, {"id": "2", "status": 200})
    assert found is not None
    assert found["1"] is not None


@pytest.mark.parametrize(
    "body", [Body("empty"), Body("garbled"), Body("json", {}), Body("json", []), Body("json", {"responses": {}})]
)
def test_what_is_no_answer_to_a_batch(body: Body) -> None:
    assert _wire.read_batch(body, IDS) is None


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"id": "1", "body": {"value": []}}, None),
        ({"id": "1", "body": {"error": refusal("M.ADObjectAlreadyExistsException", "x")["error"]}}, "refused"),
        ({"id": "1", "body": {"error": refusal("M.ServerBusyException", "x")["error"]}}, "busy"),
        ({"id": "1", "body": {"error": {"code": "InternalServerError", "message": "x"}}}, "server_error"),
        ({"id": "1", "body": {"error": {"code": "BadRequest", "message": "x"}}}, "refused"),
        ({"id": "1", "body": {"error": "x"}}, "server_error"),
        ({"id": "1"}, "unreadable"),
        ({"id": "1", "body": "text"}, "unreadable"),
        ({"id": "1", "status": 200, "body": "text"}, "unreadable"),
        ({"id": "1", "status": True, "body": {"value": []}}, None),
        ({"id": "1", "status": 429, "body": "slow down"}, "throttled"),
    ],
)
def test_an_item_without_status_is_judged_by_its_error(item: dict[str, t.Any], expected: str | None) -> None:
    found = items(item)
    assert found is not None
    one = found["1"]
    assert one is not None
    judged = judge(Reading(SET, one.status, one.headers, one.body, Token("x"), RESOURCE))
    assert (judged.failure if isinstance(judged, Fault) else None) == expected

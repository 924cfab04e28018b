# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Answers of the admin API -> a page of a result, or a fault with its words. Pure."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _rights, _wire
from ansible_collections.mailflow.exchange_online.plugins.module_utils._auth import Token
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, Kind
from ansible_collections.mailflow.exchange_online.plugins.module_utils._retry import (
    CmdletKind,
    Failure,
    classify,
    cmdlet_kind,
    wish_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._session import TransportFailure
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Body, Call, Record

_DONE = (200, 201, 204)
_CUT_OFF = "more results available"
_CODES: t.Mapping[str, int] = {
    "badrequest": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "notfound": 404,
    "toomanyrequests": 429,
    "serviceunavailable": 503,
}
_REQUEST_IDS = ("request-id", "x-ms-request-id", "client-request-id")
_STALE_LINK = "invalid pagination request"


@dataclasses.dataclass(frozen=True)
class Page:
    """A good answer, or one page of it."""

    value: list[Record]
    warnings: list[str]
    next_link: str | None = None


@dataclasses.dataclass(frozen=True)
class Fault:
    """A bad answer, or none: how the retry table calls it, and what to say if it stays."""

    failure: Failure
    words: str  # the end of a sentence, without its full stop
    kind: Kind | None = None  # if it is not the usual one of the failure
    facts: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)  # further arguments of ExchangeError
    retry_after: str | None = None
    claims: str | None = None

    def error(self, call: Call) -> ExchangeError:
        """Return the error of ``call``: the same fault leaves a read unread and a write in the open."""
        settled = _KINDS.get(self.failure)
        if settled is not None:
            refused = self.failure == "refused"
            sentence = f"Exchange Online refused {call.label}" if refused else f"{call.label} was not run"
        elif cmdlet_kind(call.cmdlet) == "read":
            settled, sentence = _READ_KINDS[self.failure], f"{call.label} could not be read whole"
        else:
            settled, sentence = "unknown_outcome", f"{call.label} was sent and brought no clear answer"
        return ExchangeError(
            self.kind or settled,
            f"{sentence}: {self.words}.{_REMEDIES.get(self.failure, '')}",
            retryable=self.failure not in _LASTING,
            **self.facts,
        )


@dataclasses.dataclass(frozen=True)
class Reading:
    """One answer and what is needed to put its fault into words."""

    call: Call
    status: int | None
    headers: t.Mapping[str, str]
    body: Body
    token: Token
    resource: str

    @property
    def kind(self) -> CmdletKind:
        return cmdlet_kind(self.call.cmdlet)


def judge(reading: Reading) -> Page | Fault:
    """Return what an answer means."""
    status, members = reading.status, reading.body.members
    if status is None:  # an item of a batch, whose service may leave the status out
        if _error_member(members) is not None:
            return _failed(reading, _status_of(members))
        return (
            _succeeded(reading)
            if members
            else _fault(reading, "unreadable", "the answer has neither status nor result")
        )
    if status in _DONE:
        return _succeeded(reading)
    if status < 400:
        return _redirected(reading, status)
    return _failed(reading, status)


def no_answer(problem: TransportFailure) -> Fault:
    """Return the fault of a request without an answer."""
    return Fault(problem.kind, problem.text)


#: A command that the answer to its batch leaves out, or answers in two ways.
LOST_ITEM = Fault("unreadable", "the answer to the batch says nothing definite about it")


def _succeeded(reading: Reading) -> Page | Fault:
    read, members = reading.kind in ("read", "validate"), reading.body.members
    if reading.body.state == "empty" and reading.status == 204 and not read:
        return Page([], [])  # an empty 200 may come from anything on the way
    if not members:
        what = {"empty": "the answer is empty", "garbled": "the answer is cut off or not JSON"}
        return _fault(reading, "unreadable", what.get(reading.body.state, "the answer has not the expected form"))
    if _error_member(members) is not None:
        return _failed(reading, _status_of(members), inside_success=True)
    errors = members.get("@adminapi.errors")
    if errors:
        return _fault(reading, "partial", f"errors came beside the result: {_wire.one_line(json.dumps(errors))}")
    page = _page(reading) if read else _result(members)
    if reading.kind == "validate" and isinstance(page, Page) and page.next_link is not None:
        return _fault(reading, "partial", "only a part of the result came")
    return page


def _page(reading: Reading) -> Page | Fault:
    members = reading.body.members
    value = members.get("value")
    if not isinstance(value, list) or not all(isinstance(record, dict) for record in value):
        return _fault(reading, "unreadable", "the answer has no list of results")
    warnings = _wire.texts(members.get("@adminapi.warnings"))
    links = [member for name, member in members.items() if name.lower().endswith("odata.nextlink")]
    link = links[0] if links else None
    if links and not (isinstance(link, str) and link):
        return _fault(reading, "partial", "more results were announced, and the link to them is of no use")
    if link is None and any(_CUT_OFF in warning.lower() for warning in warnings):
        return _fault(reading, "partial", "the service cut the list off")
    kept = [warning for warning in warnings if _CUT_OFF not in warning.lower()]
    return Page([_wire.wanted(record, reading.call.members) for record in value], kept, link)


def _result(members: t.Mapping[str, t.Any]) -> Page:
    value = members.get("value")
    records = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
    return Page(
        [_wire.plain(record) for record in records if isinstance(record, dict)],
        _wire.texts(members.get("@adminapi.warnings")),
    )


def _error_member(members: t.Mapping[str, t.Any]) -> object:
    return next((members[name] for name in ("error", "@odata.error", "odata.error") if members.get(name)), None)


def _status_of(members: t.Mapping[str, t.Any]) -> int:
    """Return the status that an error without one would have had. What is not known may have taken effect: 500."""
    error = _error_member(members)
    code = error.get("code") if isinstance(error, dict) else None
    return _CODES.get(code.lower(), 500) if isinstance(code, str) else 500


def _failed(reading: Reading, status: int, *, inside_success: bool = False) -> Fault:
    found = _wire.service_error(_error_member(reading.body.members))
    exception = found.exception or reading.headers.get("x-exceptiontype")
    failure = classify(status, exception, found.text)
    if failure == "refused" and _STALE_LINK in found.text.lower():
        return _fault(reading, "partial", "the link to the next page was not accepted (expired or invalid)")
    if failure in ("refused", "server_error") and inside_success and reading.kind == "read":
        return _fault(reading, "partial", f"an error came in place of the result: {found.text or 'no text'}", exception)
    if failure == "unauthorized":
        return _fault(
            reading, failure, _rights.why_unauthorized(reading.token, reading.resource, reading.headers), exception
        )
    if failure == "forbidden":
        return _fault(
            reading, failure, _rights.why_forbidden(reading.token, reading.call.cmdlet, found.text), exception
        )
    if failure == "refused":
        return _refused(reading, status, exception, found.text)
    said = f" and says: {found.text.rstrip('.')}" if found.text else ""
    answered = f"HTTP {reading.status}" if reading.status else "with an error"
    return _fault(reading, failure, f"the service answered {answered}{said}", exception)


def _redirected(reading: Reading, status: int) -> Fault:
    return _fault(
        reading,
        "refused",
        f"the service redirects elsewhere (HTTP {status}), and tokens are not sent after it; check api_url and any"
        " gateway on the way",
    )


def _refused(reading: Reading, status: int, exception: str | None, text: str) -> Fault:
    name = (exception or "").rpartition(".")[2]
    kind: Kind = "rejected"
    if name.endswith("AlreadyExistsException"):
        kind = "already_exists"
    elif name.endswith("ObjectNotFoundException"):
        kind = "not_found"
    words = text.rstrip(".") or f"it answered HTTP {status} without a reason"
    if name == "InvalidOperationInDehydratedContextException":
        words += "; run Enable-OrganizationCustomization once in this tenant and wait an hour"
    elif not text and status in (404, 405):
        words += "; check api_url, which may lead to something other than Exchange Online"
    return _fault(reading, "refused", words, exception, kind)


def _fault(
    reading: Reading, failure: Failure, words: str, exception: str | None = None, kind: Kind | None = None
) -> Fault:
    headers = reading.headers
    facts = {
        "http_status": reading.status,
        "code": _wire.one_line(exception, 200) or None,
        "request_id": _wire.one_line(next(filter(None, map(headers.get, _REQUEST_IDS)), None), 100) or None,
    }
    return Fault(failure, words, kind, facts, wish_of(headers), _challenge(headers.get("www-authenticate", "")))


_READ_KINDS: t.Mapping[Failure, Kind] = {
    "timed_out": "network",
    "lost": "network",
    "unreadable": "unreadable",
    "transient": "unavailable",
    "server_error": "unavailable",
    "partial": "incomplete",
}
_KINDS: t.Mapping[Failure, Kind] = {
    "never_connected": "network",
    "untrusted": "network",
    "throttled": "throttled",
    "busy": "unavailable",
    "unauthorized": "authentication",
    "forbidden": "permission",
    "refused": "rejected",
}
_REMEDIES: t.Mapping[Failure, str] = {
    "never_connected": " Check the network, the proxy variables and api_url, and run again.",
    "timed_out": " Check the network, or give a longer timeout, and run again.",
    "lost": " Check the network and run again.",
    "throttled": " Run again later; if it happens often, with a lower concurrency or with a higher batch_size.",
}
_LASTING = ("untrusted", "unauthorized", "forbidden", "refused")


def _challenge(header: str) -> str | None:
    """Return the claims that the service asks for (Microsoft's page "Claims challenges"), as JSON."""
    found = re.search(r'\bclaims="([A-Za-z0-9+/=_-]{1,8192})"', header)
    if found is None or "insufficient_claims" not in header:
        return None
    try:
        text = base64.urlsafe_b64decode(found.group(1).replace("+", "-").replace("/", "_") + "===").decode()
        return text if isinstance(json.loads(text), dict) else None
    except (ValueError, RecursionError):
        return None

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that only the admin API can perform: wrong content, and anything that strikes one item of a batch.

Faults of a whole connection (dropped, stalled, cut short ...) are performed by the lab's transport.
"""

from __future__ import annotations

import json
import typing as t

from ..faults import Fault
from .evidence import cite
from .throttle import TEXT
from .wire import ERROR_TYPE, JSON_TYPE, Answer

INTERNAL: t.Final = {"code": "InternalServerError", "message": "Error executing cmdlet"}
# What becomes of an item whose connection would be cut, were it a request of its own: it is not in the answer.
_LOST = frozenset({"missing_item", "drop_before", "drop_after", "truncate"})
_SPOILT = frozenset({"not_json", "invalid_json", "false_gzip", "empty_body"})


def told(fault: Fault) -> str:
    """The fault in a few words, for the journal."""
    return f"fault {fault.action}"


def _json_or_text(body: object) -> tuple[bytes, str]:
    if isinstance(body, str):
        return body.encode(), "text/plain"
    return json.dumps(body).encode(), ERROR_TYPE


def _members(answer: Answer) -> dict[str, t.Any]:
    """The JSON object of an answer; an empty one where it has none."""
    try:
        body = json.loads(answer.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def spoil(fault: Fault, answer: Answer) -> Answer:
    """An answer whose content a fault changes; the answer itself where the fault is not about content."""
    if fault.action == "error_in_200":
        body = fault["body"] if fault["body"] is not None else {**_members(answer), "error": INTERNAL}
        return _with(answer, json.dumps(body).encode(), 200, fault)
    if fault.action == "warning":
        body = _members(answer)
        body["@adminapi.warnings"] = [*body.get("@adminapi.warnings", []), str(fault["text"])]
        return _with(answer, json.dumps(body).encode(), answer.status, fault)
    if fault.action == "bad_next_link":
        body = _members(answer)
        link = str(body.get("@odata.nextLink") or "https://host/adminapi/beta/tenant/InvokeCommand?%24skiptoken=x")
        body["@odata.nextLink"] = f"https://{fault['host']}/{link.split('/', 3)[3]}"
        return _with(answer, json.dumps(body).encode(), answer.status, fault)
    return answer


def _with(answer: Answer, body: bytes, status: int, fault: Fault) -> Answer:
    headers = {**answer.headers, "Content-Type": JSON_TYPE}
    return Answer(status, body, cite("fault.content"), told(fault), headers, answer.effect)


def instead(fault: Fault) -> Answer:
    """The base of an answer to a command that a fault keeps from being run."""
    return Answer(200, b'{"value":[]}', cite("fault.content"), told(fault), {"Content-Type": JSON_TYPE})


def of_item(fault: Fault, answer: Answer) -> list[Answer]:
    """What stands in a batch answer in place of one item's: nothing, one entry or two."""
    if fault.action in _LOST or (fault.action == "stall" and not fault["answer"]):
        return []
    if fault.action == "duplicate_item":
        return [answer, answer]
    if fault.action in ("status", "error_item"):
        body, kind = _json_or_text(fault["body"] if fault["body"] is not None else {"error": INTERNAL})
        return [_refusal(fault, int(fault["status"]), body, kind)]
    if fault.action == "throttle":
        body, kind = _json_or_text(fault["body"] or {"error": {"code": "TooManyRequests", "message": TEXT}})
        return [_refusal(fault, 429, body, kind)]
    if fault.action in _SPOILT:
        return [Answer(200, b"", cite("fault.item"), told(fault), {}, answer.effect)]
    return [spoil(fault, answer)]


def _refusal(fault: Fault, status: int, body: bytes, kind: str) -> Answer:
    headers = {"Content-Type": kind}
    if fault["retry_after"] is not None:
        headers["Retry-After"] = str(fault["retry_after"])
    return Answer(status, body, cite("fault.item"), told(fault), headers)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers before they are sent: status, headers, bytes, what they rest on and what the journal says of them."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from .errors import CmdletError, Forbidden
from .evidence import cite
from .records import Shape, Shown

JSON_TYPE = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
ERROR_TYPE = "application/json; odata.metadata=minimal"
NULS = b"\x00" * 4096


@dataclass(slots=True)
class Answer:
    """The answer to one command, or to one HTTP request as a whole.

    ``effect`` tells whether the state changed; ``outcome`` is one word or sentence for the journal.
    """

    status: int
    body: bytes
    evidence: str
    outcome: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    effect: bool = False


def context_url(base: str, tenant: str) -> str:
    """The context of every answer; it repeats the tenant as the caller wrote it."""
    return f"{base}/adminapi/beta/{tenant}/$metadata#Collection(Exchange.GenericHashTable)"


class Page(t.NamedTuple):
    """What one answer shows of a result."""

    records: t.Sequence[Shown] | None
    warnings: tuple[str, ...] = ()
    next_link: str | None = None
    confirmation: str | None = None


def success(page: Page, context: str, shape: Shape, select: tuple[str, ...], empty: str) -> tuple[int, bytes]:
    """Status and body of a 200 (or, with ``empty`` = no_content, of a 204 where there is nothing to show)."""
    if page.records is None and empty == "no_content" and not page.warnings and page.confirmation is None:
        return 204, b""
    head: dict[str, t.Any] = {
        "@odata.context": context,
        "adminapi.warnings@odata.type": "#Collection(String)",
        "@adminapi.warnings": list(page.warnings),
    }
    if page.confirmation is not None:
        head["@adminapi.confirmationmessage"] = page.confirmation
    if page.next_link is not None:
        head["@odata.nextLink"] = page.next_link
    opened = json.dumps(head).encode()[:-1]
    if page.records is not None:
        return 200, opened + b',"value":[' + b",".join(one.wire(shape, select) for one in page.records) + b"]}"
    tail = {"null": b',"value":null}', "absent": b"}"}.get(empty, b',"value":[]}')
    return 200, opened + tail


def refused(error: CmdletError) -> Answer:
    """A command that failed."""
    body = json.dumps(error.body).encode()
    headers = {"Content-Type": ERROR_TYPE}
    return Answer(error.status, body, error.evidence, error.summary, headers)


def forbidden(error: Forbidden) -> Answer:
    """The 403 of the service: NUL bytes that call themselves gzip."""
    return Answer(403, NULS, error.evidence, error.summary, {"Content-Encoding": "gzip"})


def plain(status: int, text: str, evidence: str, headers: t.Mapping[str, str] | None = None) -> Answer:
    """An answer in plain text, or with an empty body."""
    kind = {"Content-Type": "text/plain"} if text else {}
    return Answer(status, text.encode(), evidence, text or f"status {status}", {**kind, **(headers or {})})


def stale_page() -> Answer:
    """The 400 for a page link that is expired, unknown, or followed in a way the service does not like."""
    text = "Expired or Invalid pagination request. Default Expiry time is 00:30:00"
    body = {"error": {"code": "BadRequest", "message": text}}
    return Answer(400, json.dumps(body).encode(), cite("page.expired"), text, {"Content-Type": ERROR_TYPE})

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``$batch``: several commands in one request, each answered by its id."""

from __future__ import annotations

import json
import typing as t
import urllib.parse
import uuid
from dataclasses import dataclass

from .command import Command, command_of, query_of, target_of
from .errors import CmdletError, bad_body
from .evidence import cite
from .wire import ERROR_TYPE, Answer, refused

if t.TYPE_CHECKING:
    from ..identity import TenantIdentity
    from ..switches import Switches


@dataclass(frozen=True, slots=True)
class Item:
    """One request of a batch: its id and the command in it, or the answer that it gets without being run."""

    id: str
    command: Command | None
    answer: Answer | None = None


def refusal(switches: Switches) -> Answer | None:
    """The answer of a service that does not serve batches at all."""
    if switches["batch"] == "404":
        return Answer(404, b"", cite("batch.not-served"), "no $batch here")
    if switches["batch"] == "400":
        return refused(bad_body("The batch request isn't supported."))
    return None


def items_of(
    body: object, headers: t.Mapping[str, str], host: str, identity: TenantIdentity, switches: Switches
) -> list[Item]:
    """The items of a batch body. Raises CmdletError when the body as a whole is refused.

    ``headers`` are those of the request (lower-case names), which an item inherits but for its own; an item's URL
    must name ``host`` (or none) and the tenant ``identity``.
    """
    rows = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise bad_body("The body of a batch must be an object with a list named requests.")
    most = int(switches["batch_maximum"])
    if most and len(rows) > most:
        error = bad_body(f"The batch holds {len(rows)} requests; the maximum is {most}.")
        error.evidence = cite("batch.too-many")
        raise error
    names = [str(row.get("id")) for row in rows]
    if len(set(names)) != len(names) or any("id" not in row for row in rows):
        raise bad_body("Every request of a batch needs an id of its own.")
    return [_item(row, headers, host, identity, switches) for row in rows]


def _item(
    row: dict[str, t.Any],
    outer: t.Mapping[str, str],
    host: str,
    identity: TenantIdentity,
    switches: Switches,
) -> Item:
    number = str(row["id"])
    given = row.get("headers")
    own = {str(name).lower(): str(value) for name, value in given.items()} if isinstance(given, dict) else {}
    needs_bearer = switches["batch_item_bearer"] == "needed"
    if needs_bearer and own.get("authorization") != outer.get("authorization"):
        return Item(number, None, Answer(401, b"", cite("batch.item-bearer"), "the item has no bearer of its own"))
    url = urllib.parse.urlsplit(str(row.get("url", "")))
    target = target_of("/" + url.path.lstrip("/")) if url.netloc or url.path.startswith("/") else None
    relative = not url.netloc and url.path.lstrip("/").lower() == "invokecommand"
    here = target is not None and target.version == "beta" and target.resource == "invokecommand"
    ours = target is not None and identity.is_named(target.tenant) and url.netloc.lower() in ("", host)
    if str(row.get("method", "")).upper() != "POST" or not (relative or (here and ours)):
        return Item(number, None, Answer(404, b"", cite("batch.item-url"), f"no such resource: {url.geturl()}"))
    headers = {**{name: value for name, value in outer.items() if name != "content-type"}, **own}
    try:
        return Item(number, command_of(row.get("body"), query_of(url.query), headers))
    except CmdletError as error:
        return Item(number, None, refused(error))


def _inner_body(answer: Answer) -> bytes:
    """An item's body is JSON always: what is bytes or nothing on its own becomes an error object or null."""
    if answer.headers.get("Content-Type", "").startswith("application/json") and answer.body:
        return answer.body
    if answer.headers.get("Content-Type") == "text/plain" and answer.body:
        return json.dumps(answer.body.decode()).encode()
    if answer.status < 400:
        return b"null"
    names = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 429: "TooManyRequests"}
    code = names.get(answer.status, "ServiceError")
    return json.dumps({"error": {"code": code, "message": answer.outcome}}).encode()


def encoded(number: str, answer: Answer, with_status: bool) -> bytes:
    """One entry of the list of responses."""
    head = b'{"id":' + json.dumps(number).encode()
    if with_status:
        headers = {"Content-Type": ERROR_TYPE, **{k: v for k, v in answer.headers.items() if k == "Retry-After"}}
        head += b',"status":' + str(answer.status).encode() + b',"headers":' + json.dumps(headers).encode()
    return head + b',"body":' + _inner_body(answer) + b"}"


def assembled(answers: t.Sequence[tuple[str, Answer]], switches: Switches) -> bytes:
    """The JSON body of a batch answer, entries in the order given."""
    with_status = switches["batch_item_status"] == "present"
    return b'{"responses":[' + b",".join(encoded(number, one, with_status) for number, one in answers) + b"]}"


def multipart(answers: t.Sequence[tuple[str, Answer]]) -> tuple[str, bytes]:
    """Content type and body of the older form of a batch answer."""
    boundary = f"batchresponse_{uuid.uuid4()}"
    parts = []
    for number, one in answers:
        head = (
            f"--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
            f"Content-ID: {number}\r\n\r\nHTTP/1.1 {one.status} \r\nContent-Type: {ERROR_TYPE}\r\n\r\n"
        )
        parts.append(head.encode() + _inner_body(one) + b"\r\n")
    return f"multipart/mixed; boundary={boundary}", b"".join(parts) + f"--{boundary}--\r\n".encode()

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Performs faults that concern a whole answer or its connection, on aiohttp. Used by every service of the lab."""

from __future__ import annotations

import asyncio
import json
import typing as t

from aiohttp import web

from .faults import Fault

THROTTLED: t.Final = "You have reached the maximum number of concurrent requests per tenant. Please wait and try again"
_KEPT_HEADERS = ("X-Lab-Evidence", "request-id", "client-request-id", "OData-Version")


def status_of(fault: Fault, status: int) -> int | None:
    """The status that the caller will see: None where it sees none. ``status`` is that of the answer itself."""
    if fault.action in ("drop_before", "drop_after"):
        return None
    if fault.action == "throttle":
        return 429
    if fault.action in ("status", "not_json", "empty_body", "redirect"):
        return int(fault["status"])
    if fault.action == "stall" and not fault["answer"]:
        return None
    return status


async def perform_transport(fault: Fault, request: web.Request, response: web.Response) -> web.StreamResponse:
    """Answer ``request`` as the fault wants it; ``response`` is the answer that it would have had.

    Whether the request was carried out is the caller's business (``fault.happens``), and so is the journal: both come
    before this. Raises KeyError for an action that is not performed here.
    """
    return await _PERFORMERS[fault.action](fault, request, response)


def _instead(
    response: web.Response, status: int, body: bytes, kind: str | None, headers: t.Mapping[str, str]
) -> web.Response:
    """Another answer in place of ``response``, with its request ids."""
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    if kind is not None:
        kept["Content-Type"] = kind
    return web.Response(status=status, body=body, headers={**kept, **headers})


def _encoded(body: t.Any) -> tuple[bytes, str | None]:
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8" if body else None
    return json.dumps(body).encode(), "application/json; charset=utf-8"


def _retry_after(fault: Fault) -> dict[str, str]:
    return {} if fault["retry_after"] is None else {"Retry-After": str(fault["retry_after"])}


async def _status(fault: Fault, _request: web.Request, response: web.Response) -> web.StreamResponse:
    body, kind = _encoded(fault["body"])
    headers = {**_retry_after(fault), **{str(name): str(value) for name, value in fault["headers"].items()}}
    return _instead(response, int(fault["status"]), body, kind, headers)


async def _throttle(fault: Fault, _request: web.Request, response: web.Response) -> web.StreamResponse:
    body = THROTTLED if fault["body"] is None else fault["body"]
    if fault["json"] and isinstance(body, str):
        body = {"error": {"code": "TooManyRequests", "message": body}}
    raw, kind = _encoded(body)
    return _instead(response, 429, raw, kind, _retry_after(fault))


async def _drop(_fault: Fault, request: web.Request, response: web.Response) -> web.StreamResponse:
    _abort(request)
    return response


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _stall(fault: Fault, request: web.Request, response: web.Response) -> web.StreamResponse:
    await asyncio.sleep(float(fault["seconds"]))
    if not fault["answer"]:
        _abort(request)
    return response


def _raw(response: web.Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b""


async def _begin(request: web.Request, response: web.Response, length: int) -> web.StreamResponse:
    """The head of the answer, which promises ``length`` bytes."""
    headers = {name: value for name, value in response.headers.items() if name.lower() != "content-length"}
    stream = web.StreamResponse(status=response.status, headers=headers)
    stream.content_length = length
    await stream.prepare(request)
    return stream


async def _slow_body(fault: Fault, request: web.Request, response: web.Response) -> web.StreamResponse:
    body = _raw(response)
    stream = await _begin(request, response, len(body))
    size = max(1, -(-len(body) // max(1, int(fault["pieces"]))))
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    for piece in pieces:
        await asyncio.sleep(float(fault["seconds"]) / len(pieces))
        await stream.write(piece)
    await stream.write_eof()
    return stream


async def _truncate(fault: Fault, request: web.Request, response: web.Response) -> web.StreamResponse:
    body = _raw(response)
    stream = await _begin(request, response, max(len(body), 1))
    # One byte at least is missing; close(), other than abort(), sends what is written before it ends the connection.
    await stream.write(body[: min(int(len(body) * float(fault["keep"])), max(len(body) - 1, 0))])
    if request.transport is not None:
        request.transport.close()
    return stream


async def _not_json(fault: Fault, _request: web.Request, response: web.Response) -> web.StreamResponse:
    return _instead(response, int(fault["status"]), str(fault["body"]).encode(), "text/html; charset=utf-8", {})


async def _invalid_json(fault: Fault, _request: web.Request, response: web.Response) -> web.StreamResponse:
    body = _raw(response)
    kept = body[: min(max(1, int(len(body) * float(fault["keep"]))), max(len(body) - 1, 0))]
    return _instead(response, response.status, kept, response.headers.get("Content-Type"), {})


async def _false_gzip(_fault: Fault, _request: web.Request, response: web.Response) -> web.StreamResponse:
    response.headers["Content-Encoding"] = "gzip"
    return response


async def _empty_body(fault: Fault, _request: web.Request, response: web.Response) -> web.StreamResponse:
    return _instead(response, int(fault["status"]), b"", None, {})


async def _redirect(fault: Fault, _request: web.Request, response: web.Response) -> web.StreamResponse:
    return _instead(response, int(fault["status"]), b"", None, {"Location": str(fault["location"])})


_Performer = t.Callable[[Fault, web.Request, web.Response], t.Awaitable[web.StreamResponse]]
_PERFORMERS: dict[str, _Performer] = {
    "status": _status,
    "throttle": _throttle,
    "drop_before": _drop,
    "drop_after": _drop,
    "stall": _stall,
    "slow_body": _slow_body,
    "truncate": _truncate,
    "not_json": _not_json,
    "invalid_json": _invalid_json,
    "false_gzip": _false_gzip,
    "empty_body": _empty_body,
    "redirect": _redirect,
}
PERFORMED = frozenset(_PERFORMERS)

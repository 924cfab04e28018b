# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The admin API on aiohttp: reads the request, asks the service, writes journal and answer."""

from __future__ import annotations

import typing as t
import uuid

from aiohttp import web

from ..evidence import HEADER
from ..fault_actions import ACTIONS
from ..faults import Fault
from ..transport import perform_transport, status_of
from .command import target_of
from .evidence import cite
from .mishaps import told
from .service import Handled, Request, Service
from .state import ExchangeState
from .wire import Answer

if t.TYPE_CHECKING:
    from ..world import World

__all__ = ["ExchangeState", "routes"]


def routes(world: World) -> list[web.RouteDef]:
    """The routes of the admin API; one that takes every path, because paths are matched without case."""
    service = Service(world)

    async def handler(request: web.Request) -> web.StreamResponse:
        return await _handle(world, service, request)

    return [web.route("*", "/{path:.*}", handler)]


async def _request_of(request: web.Request) -> Request | None:
    target = target_of(request.path)
    if target is None:
        return None
    return Request(
        method=request.method,
        path=request.raw_path.partition("?")[0],
        target=target,
        query=request.rel_url.raw_query_string,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
        base=f"https://{request.host}",
        host=request.host.lower(),
    )


async def _handle(world: World, service: Service, request: web.Request) -> web.StreamResponse:
    asked = await _request_of(request)
    if asked is None:
        handled = Handled(Answer(404, b"", cite("http.no-route"), "no such resource"))
    else:
        handled = await service.handle(asked)
    fault = handled.fault if handled.fault is not None and ACTIONS[handled.fault.action].transport else None
    response = _response(world, service, request, handled, fault)
    _write_down(world, request, handled, fault, response)
    if fault is None:
        return response
    return await perform_transport(fault, request, response)


def _response(
    world: World, service: Service, request: web.Request, handled: Handled, fault: Fault | None
) -> web.Response:
    answer = handled.answer
    headers = {
        "OData-Version": "4.0",
        "request-id": str(uuid.uuid4()),
        HEADER: answer.evidence if fault is None else cite("fault.transport"),
        **answer.headers,
    }
    if "client-request-id" in request.headers:
        headers["client-request-id"] = request.headers["client-request-id"]
    if world.switches["rate_limit_headers"] == "present" and answer.status != 401:
        headers |= service.meter.headers()
    return web.Response(status=answer.status, body=answer.body, headers=headers)


def _write_down(
    world: World, request: web.Request, handled: Handled, fault: Fault | None, response: web.Response
) -> None:
    """Into the journal before the answer goes out, so that a caller who has the answer finds the entry."""
    world.journal.record(
        "admin",
        request.method,
        request.raw_path,
        status=response.status if fault is None else status_of(fault, response.status),
        cmdlets=[command.cmdlet for command in handled.commands],
        parameters=[command.parameters for command in handled.commands],
        outcome=handled.answer.outcome if handled.fault is None else told(handled.fault),
        effect=handled.effect,
        batch=handled.batch,
        tenant=handled.tenant_id,
        client_id=handled.client_id,
        host=request.host,
        headers=dict(request.headers),
        fault=None if handled.fault is None else handled.fault.action,
        evidence=response.headers[HEADER],
    )

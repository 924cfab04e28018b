# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of sign-in: written down, spoilt by a fault where one is due, and sent."""

from __future__ import annotations

import json
import typing as t
import uuid
from dataclasses import dataclass, field

from aiohttp import web

from .evidence import HEADER
from .fault_actions import ACTIONS
from .faults import Fault
from .transport import perform_transport, status_of
from .world import World


@dataclass
class Answered:
    """An answer before it is sent. ``outcome`` is one word or sentence for the journal."""

    status: int
    body: t.Mapping[str, t.Any] | None
    evidence: str
    outcome: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    tenant: str | None = None
    client_id: str | None = None


async def finish(
    world: World,
    service: str,
    request: web.Request,
    operation: str | None,
    form: t.Mapping[str, str],
    answered: Answered,
    fault: Fault | None,
    fault_evidence: str,
) -> web.StreamResponse:
    """Write the request down and answer it."""
    broken = fault if fault is not None and ACTIONS[fault.action].transport else None
    evidence = answered.evidence if broken is None else fault_evidence
    response = _response(request, answered, evidence)
    world.journal.record(
        service,
        request.method,
        request.raw_path,
        status=response.status if broken is None else status_of(broken, response.status),
        cmdlets=[] if operation is None else [operation],
        parameters=[dict(form)] if form else [],
        outcome=answered.outcome if fault is None else f"fault {fault.action}",
        tenant=answered.tenant,
        client_id=answered.client_id,
        host=request.host,
        headers=dict(request.headers),
        fault=None if fault is None else fault.action,
        evidence=evidence,
    )
    return response if broken is None else await perform_transport(broken, request, response)


def _response(request: web.Request, answered: Answered, evidence: str) -> web.Response:
    headers = {"x-ms-request-id": str(uuid.uuid4()), "Cache-Control": "no-store, no-cache", HEADER: evidence}
    if "client-request-id" in request.headers:
        headers["client-request-id"] = request.headers["client-request-id"]
    headers |= answered.headers
    if answered.body is None:
        return web.Response(status=answered.status, headers=headers)
    headers["Content-Type"] = "application/json; charset=utf-8"
    return web.Response(status=answered.status, body=json.dumps(answered.body).encode(), headers=headers)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The managed identity endpoint of the machine that the lab plays: plain HTTP, as on an Azure virtual machine."""

from __future__ import annotations

import time

from aiohttp import web

from .answering import Answered, finish
from .entra_errors import Refusal
from .entra_evidence import cite
from .faults import Fault
from .identity import App, TenantIdentity
from .scopes import audience_of
from .world import World

PATH = "/metadata/identity/oauth2/token"


def routes(world: World) -> list[web.RouteDef]:
    """The routes of the endpoint."""

    async def token(request: web.Request) -> web.StreamResponse:
        found = _find(world, request.query.get("client_id"))
        tenants = () if found is None else (found[0].tenant_id, found[0].domain)
        fault = world.faults.take("imds", "token", tenant=tenants)
        if fault is not None and not fault.happens:
            answered = Answered(200, {}, cite("imds.fault"))
        else:
            answered = _answer(world, request, found, fault)
        answered.client_id = request.query.get("client_id")
        return await finish(world, "imds", request, "token", dict(request.query), answered, fault, cite("imds.fault"))

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        answered = Answered(404, None, cite("imds.no-route"), "no such resource")
        return await finish(world, "imds", request, None, {}, answered, None, cite("imds.fault"))

    return [web.get(PATH, token), web.route("*", "/{path:.*}", elsewhere)]


def _find(world: World, client_id: str | None) -> tuple[TenantIdentity, App] | None:
    """The identity that is meant: the one with that id, else the system-assigned one, else the only one."""
    there = [
        (one.identity, app)
        for one in world.tenants.values()
        for app in one.identity.apps.values()
        if app.managed_identity is not None
    ]
    if client_id is not None:
        return next((pair for pair in there if pair[1].client_id.lower() == client_id.lower()), None)
    system = [pair for pair in there if pair[1].managed_identity == "system"]
    if system:
        return system[0]
    return there[0] if len(there) == 1 else None


def _refused(evidence: str, text: str, error: str = "invalid_request") -> Answered:
    return Answered(400, {"error": error, "error_description": text}, cite(evidence), text)


def _answer(
    world: World, request: web.Request, found: tuple[TenantIdentity, App] | None, fault: Fault | None
) -> Answered:
    if request.headers.get("Metadata", "").lower() != "true":
        return _refused("imds.no-metadata-header", "Required metadata header not specified")
    if "X-Forwarded-For" in request.headers:
        return _refused("imds.forwarded", "X-Forwarded-For is not allowed")
    resource = request.query.get("resource", "").rstrip("/")
    if not resource or not request.query.get("api-version"):
        return _refused("imds.bad-request", "Required query variable api-version or resource is missing")
    if found is None:
        return _refused("imds.no-identity", "Identity not found")
    tenant, app = found
    try:
        audience = audience_of(resource, tenant, world.urls.api, str(world.switches["token_audience"]))
    except Refusal as refusal:
        return _refused("imds.bad-resource", f"AADSTS{refusal.code}: {refusal.text()}", "invalid_resource")
    roles: list[str] | None = [] if fault is not None and fault.action == "token_without_roles" else None
    token = world.tokens.issue(tenant, app, audience, method="managed_identity", app_roles=roles)
    now, seconds = int(time.time()), int(world.switches["token_lifetime"])
    body = {
        "access_token": token,
        "client_id": app.client_id,
        "expires_in": str(seconds),
        "expires_on": str(now + seconds),
        "ext_expires_in": str(seconds),
        "not_before": str(now),
        "resource": resource,
        "token_type": "Bearer",
    }
    return Answered(200, body, cite("imds.token"), tenant=tenant.tenant_id)

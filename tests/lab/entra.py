# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entra ID on aiohttp: discovery, keys and the token endpoint of every tenant."""

from __future__ import annotations

import json
import typing as t

import jwt
from aiohttp import web

from .answering import Answered, finish
from .entra_errors import Refusal, body_of
from .entra_evidence import cite
from .faults import Fault
from .identity import TenantIdentity
from .keys import signing_key
from .sign_in import sign_in
from .world import World

_UNAUTHORIZED_CLIENT = (700016, 7000112)
_FEDERATED = (700211, 700212, 700213)


def routes(world: World) -> list[web.RouteDef]:
    """The routes of the sign-in service."""
    entra = Entra(world)
    return [
        web.get("/{tenant}/v2.0/.well-known/openid-configuration", entra.discovery),
        web.get("/{tenant}/discovery/v2.0/keys", entra.keys),
        web.post("/{tenant}/oauth2/v2.0/token", entra.token),
        web.route("*", "/{path:.*}", entra.elsewhere),
    ]


class Entra:
    """The sign-in service of one lab."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def discovery(self, request: web.Request) -> web.StreamResponse:
        """The OpenID configuration of a tenant; its URLs repeat the tenant as the caller wrote it."""
        name = request.match_info["tenant"]
        fault = self._fault("discovery", name)
        found = self._world.tenant(name)
        if found is None:
            answered = self._refused(Refusal(90002, tenant=name), request, "invalid_tenant")
            answered.evidence = cite("entra.discovery-unknown")
        else:
            base = f"{_base(request)}/{name}"
            document = {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "issuer": f"{_base(request)}/{found.identity.tenant_id}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "response_types_supported": ["code", "id_token", "token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
            answered = Answered(200, document, cite("entra.discovery"), tenant=found.identity.tenant_id)
        return await self._finish(request, "discovery", {}, answered, fault)

    async def keys(self, request: web.Request) -> web.StreamResponse:
        """The key that access tokens are signed with."""
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(signing_key().public_key()))
        document = {"keys": [{**key, "kid": "lab", "use": "sig", "alg": "RS256"}]}
        return await self._finish(request, "keys", {}, Answered(200, document, cite("entra.keys")), None)

    async def token(self, request: web.Request) -> web.StreamResponse:
        """The token endpoint."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        name = request.match_info["tenant"]
        fault = self._fault("token", name)
        if fault is not None and fault.action == "token_error":
            answered = self._refused(
                Refusal(int(fault["code"]), tenant=name, client=form.get("client_id", "")), request
            )
            if fault["retry_after"] is not None:
                answered.headers["Retry-After"] = str(fault["retry_after"])
        elif fault is not None and not fault.happens:
            answered = Answered(200, {}, cite("entra.fault"))
        else:
            answered = self._grant(request, name, form, fault)
        answered.client_id = form.get("client_id")
        return await self._finish(request, "token", form, answered, fault)

    async def elsewhere(self, request: web.Request) -> web.StreamResponse:
        """Any other path."""
        answered = Answered(404, None, cite("entra.no-route"), "no such resource")
        return await self._finish(request, None, {}, answered, None)

    def _grant(self, request: web.Request, name: str, form: t.Mapping[str, str], fault: Fault | None) -> Answered:
        def endpoints(tenant: TenantIdentity) -> set[str]:
            names = {name, tenant.tenant_id, *tenant.domains}
            return {f"{_base(request)}/{one}/{end}" for one in names for end in ("oauth2/v2.0/token", "v2.0")}

        try:
            tenant, granted = sign_in(self._world, name, form, endpoints)
        except Refusal as refusal:
            return self._refused(refusal, request)
        roles: list[str] | None = [] if fault is not None and fault.action == "token_without_roles" else None
        token = self._world.tokens.issue(tenant, granted.app, granted.audience, method=granted.method, app_roles=roles)
        seconds = int(self._world.switches["token_lifetime"])
        body = {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token}
        return Answered(200, body, cite("entra.token"), granted.method, tenant=tenant.tenant_id)

    def _refused(self, refusal: Refusal, request: web.Request, error: str | None = None) -> Answered:
        status = refusal.kind.status
        if refusal.code in _UNAUTHORIZED_CLIENT:
            status = int(self._world.switches["unauthorized_client_status"])
        elif refusal.code in _FEDERATED:
            status = int(self._world.switches["federated_error_status"])
        body = body_of(refusal, request.headers.get("client-request-id"), error)
        return Answered(status, body, cite(refusal.evidence), f"AADSTS{refusal.code}")

    def _fault(self, operation: str, tenant: str) -> Fault | None:
        found = self._world.tenant(tenant)
        names = [tenant] if found is None else [tenant, found.identity.tenant_id, found.identity.domain]
        return self._world.faults.take("entra", operation, tenant=names)

    async def _finish(
        self,
        request: web.Request,
        operation: str | None,
        form: t.Mapping[str, str],
        answered: Answered,
        fault: Fault | None,
    ) -> web.StreamResponse:
        return await finish(self._world, "entra", request, operation, form, answered, fault, cite("entra.fault"))


def _base(request: web.Request) -> str:
    return f"https://{request.host}"

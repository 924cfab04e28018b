# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decision on one token request: which app, whether it is who it says, and what its token is for."""

from __future__ import annotations

import secrets
import typing as t
from dataclasses import dataclass

from .assertions import JWT_BEARER, check_assertion
from .entra_errors import Refusal
from .identity import App, TenantIdentity
from .scopes import audience_of, resource_of
from .world import World


@dataclass(frozen=True)
class Granted:
    """A sign-in that succeeded."""

    app: App
    method: str
    audience: str


def sign_in(
    world: World, tenant_name: str, form: t.Mapping[str, str], endpoints: t.Callable[[TenantIdentity], set[str]]
) -> tuple[TenantIdentity, Granted]:
    """Judge a request to the token endpoint of a tenant. Raises Refusal.

    ``endpoints`` gives the names of a tenant's token endpoint that an assertion may be addressed to.
    """
    found = world.tenant(tenant_name)
    if found is None:
        raise Refusal(90002, tenant=tenant_name)
    tenant = found.identity
    grant = form.get("grant_type", "")
    for name in ("grant_type", "client_id", "scope"):
        if not form.get(name):
            raise Refusal(900144, parameter=name)
    if grant != "client_credentials":
        raise Refusal(70003, detail=grant)
    if tenant.other_cloud:
        raise Refusal(900382)
    app = _app(tenant, form["client_id"])
    method = _prove(world, app, form, endpoints(tenant))
    resource = resource_of(form["scope"])
    audience = audience_of(resource, tenant, world.urls.api, str(world.switches["token_audience"]))
    if not app.consented:
        raise Refusal(650052)
    if app.conditional_access:
        raise Refusal(53003)
    return tenant, Granted(app, method, audience)


def _app(tenant: TenantIdentity, client_id: str) -> App:
    app = tenant.app(client_id)
    if app is None or app.managed_identity is not None:
        raise Refusal(700016, client=client_id, tenant=tenant.domain)
    if not app.enabled:
        raise Refusal(7000112, client=app.client_id)
    return app


def _prove(world: World, app: App, form: t.Mapping[str, str], endpoints: set[str]) -> str:
    assertion, secret = form.get("client_assertion"), form.get("client_secret")
    if assertion:
        if form.get("client_assertion_type") != JWT_BEARER:
            raise Refusal(900144, parameter="client_assertion_type")
        combined = world.switches["federated_errors"] == "combined"
        return check_assertion(assertion, app, endpoints, combined_errors=combined)
    if not secret:
        # 7000216 is the form for this grant; 7000218 is what clients meet as well.
        raise Refusal(7000218 if world.switches["no_credential_error"] == 7000218 else 7000216)
    if app.secret is None or not secrets.compare_digest(secret.encode(), app.secret.encode()):
        raise Refusal(7000215, client=app.client_id)
    if app.secret_expired:
        raise Refusal(7000222, client=app.client_id)
    return "secret"

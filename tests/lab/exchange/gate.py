# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door: is there a token, is it good for this tenant, and does the app hold the permission at all."""

from __future__ import annotations

import typing as t

from ..tokens import TokenInfo, TokenProblem
from .evidence import cite
from .state import ExchangeState
from .wire import Answer

if t.TYPE_CHECKING:
    from ..world import World

PERMISSION = "Exchange.ManageAsApp"
_CHALLENGE = (
    'Bearer client_id="00000002-0000-0ff1-ce00-000000000000", '
    'trusted_issuers="00000001-0000-0000-c000-000000000000@*", '
    'token_types="app_asserted_user_v1 service_asserted_app_v1", '
    'authorization_uri="https://login.windows.net/common/oauth2/authorize", error="invalid_token"'
)
_AUDIENCE = '2000003;reason="The audience claim value is invalid \'aud\'.";error_category="invalid_resource"'
_EXPIRED = '2000008;reason="The token has expired.";error_category="token_expired"'
_TENANT = '2000004;reason="The tenant of the token is not the one addressed.";error_category="invalid_tenant"'
_INVALID = '2000001;reason="The token is invalid.";error_category="invalid_token"'
_DIAGNOSTICS = {TokenProblem.WRONG_AUDIENCE: _AUDIENCE, TokenProblem.EXPIRED: _EXPIRED}


class Admitted(t.NamedTuple):
    """A caller that got through: the tenant it works in, its roles there, and which application it is."""

    state: ExchangeState
    roles: tuple[str, ...]
    client_id: str


def _unauthorized(reason: str, evidence: str, diagnostics: str | None = None) -> Answer:
    """A 401 with nothing in it; its headers tell why, where anything does."""
    headers = {"WWW-Authenticate": _CHALLENGE}
    if diagnostics is not None:
        headers["x-ms-diagnostics"] = diagnostics
    return Answer(401, b"", evidence, reason, headers)


def expired() -> Answer:
    """The 401 for a token whose time is over."""
    return _unauthorized(f"token {TokenProblem.EXPIRED.value}", cite("auth.bad-token"), _EXPIRED)


def _no_bearer() -> Answer:
    challenge = {"WWW-Authenticate": 'Basic Realm=""'}
    return Answer(401, b"", cite("auth.no-bearer"), "no bearer token", challenge)


def admit(world: World, authorization: str | None, tenant: str) -> Admitted | Answer:
    """Who calls, or the 401 for it. A caller without any role is let in: what it may not run is a 403 later."""
    scheme, _separator, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return _no_bearer()
    known: TokenInfo | TokenProblem = world.tokens.verify(token.strip())
    if isinstance(known, TokenProblem):
        return _unauthorized(f"token {known.value}", cite("auth.bad-token"), _DIAGNOSTICS.get(known, _INVALID))
    addressed = world.tenant(tenant)
    if addressed is None or addressed.identity.tenant_id.lower() != known.tenant_id.lower():
        return _unauthorized("token of another tenant", cite("auth.wrong-tenant"), _TENANT)
    if PERMISSION not in known.app_roles:
        return _unauthorized(f"the app lacks {PERMISSION}", cite("auth.no-app-role"))
    return Admitted(addressed.exchange, known.exchange_roles, known.client_id)

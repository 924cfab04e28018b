# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access tokens: real signed JWTs, kept in a registry that knows what each is good for."""

from __future__ import annotations

import enum
import secrets
import threading
import time
import typing as t
import uuid
from dataclasses import dataclass, replace

import jwt

from .clouds import EXCHANGE_APP_ID, EXCHANGE_RESOURCES
from .keys import signing_key
from .roles import directory_role_ids

if t.TYPE_CHECKING:
    from .identity import App, TenantIdentity
    from .switches import Switches


class TokenProblem(enum.Enum):
    """Why a token is no good."""

    UNKNOWN = "unknown"  # not one of this lab's tokens, or altered
    EXPIRED = "expired"
    NOT_YET = "not yet valid"
    WRONG_AUDIENCE = "wrong audience"
    REVOKED = "revoked"


@dataclass(frozen=True)
class TokenInfo:
    """What a good token says. Times are seconds since 1970; ``exchange_roles`` are read anew at each verification."""

    tenant_id: str
    client_id: str
    object_id: str
    audience: str
    app_roles: tuple[str, ...]
    exchange_roles: tuple[str, ...]
    not_before: float
    expires: float
    token_id: str


class TokenRegistry:
    """Issues tokens and judges them. May be used from any thread."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[TokenInfo, App]] = {}
        self._revoked: set[str] = set()

    def issue(
        self,
        tenant: TenantIdentity,
        app: App,
        audience: str,
        *,
        method: str = "secret",
        lifetime: float | None = None,
        app_roles: t.Sequence[str] | None = None,
        issuer: str = "https://sts.windows.net/",
        not_before: float | None = None,
    ) -> str:
        """A signed RS256 JWT for ``audience``.

        ``method`` is how the app proved who it is: ``secret`` gives appidacr 1, anything else 2. ``lifetime`` is in
        seconds, by default that of the switch token_lifetime; a negative one makes a token that has expired.
        """
        now = time.time() if not_before is None else not_before
        seconds = float(self._switches["token_lifetime"]) if lifetime is None else lifetime
        exchange = audience in EXCHANGE_RESOURCES
        roles = tuple(app.app_roles if app_roles is None else app_roles) if exchange else ()
        info = TokenInfo(
            tenant.tenant_id, app.client_id, app.object_id, audience, roles, (), now, now + seconds, uuid.uuid4().hex
        )
        token = jwt.encode(_claims(info, app, method, issuer), signing_key(), "RS256", {"kid": "lab", "x5t": "lab"})
        with self._lock:
            self._tokens[token] = (info, app)
        return token

    def verify(self, token: str, audiences: t.Collection[str] = EXCHANGE_RESOURCES) -> TokenInfo | TokenProblem:
        """What the token is good for, or why it is not. ``audiences`` are those that the service takes."""
        with self._lock:
            found = self._tokens.get(token)
            revoked = token in self._revoked
        if found is None:
            return TokenProblem.UNKNOWN
        info, app = found
        if revoked:
            return TokenProblem.REVOKED
        if info.audience not in audiences:
            return TokenProblem.WRONG_AUDIENCE
        now = time.time()
        if now >= info.expires + float(self._switches["token_clock_skew"]):
            return TokenProblem.EXPIRED
        if now < info.not_before - 1:
            return TokenProblem.NOT_YET
        return replace(info, exchange_roles=tuple(app.exchange_roles))

    def revoke(self, token: str | None = None) -> None:
        """Take a token back, or all that were issued so far."""
        with self._lock:
            self._revoked.update(self._tokens if token is None else [token])

    def issued(self) -> list[str]:
        """All tokens so far, oldest first."""
        with self._lock:
            return list(self._tokens)

    def clear(self) -> None:
        """Forget all tokens: none of them is known any more."""
        with self._lock:
            self._tokens.clear()
            self._revoked.clear()


def _claims(info: TokenInfo, app: App, method: str, issuer: str) -> dict[str, t.Any]:
    claims: dict[str, t.Any] = {
        "aud": info.audience,
        "iss": f"{issuer}{info.tenant_id}/",
        "iat": int(info.not_before),
        "nbf": int(info.not_before),
        "exp": int(info.expires),
        "appid": info.client_id,
        "app_displayname": app.name,
        "appidacr": "1" if method == "secret" else "2",
        "idtyp": "app",
        "oid": info.object_id,
        "sub": info.object_id,
        "tid": info.tenant_id,
        "uti": secrets.token_urlsafe(16),
        "ver": "1.0",
        # Directory roles by template; the built-in guest-like entry is what a principal without one carries.
        "wids": directory_role_ids(app.exchange_roles) or ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"],
    }
    if info.app_roles:
        claims["roles"] = list(info.app_roles)
    return claims


__all__ = ["EXCHANGE_APP_ID", "TokenInfo", "TokenProblem", "TokenRegistry"]

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tenant as users of the lab see it: its names, the credentials of its apps, and what stands in its Exchange."""

from __future__ import annotations

import typing as t

from .credentials import federated_token
from .identity import App
from .world import TenantWorld, World

OnLoop = t.Callable[[t.Callable[[], t.Any]], t.Any]


class Tenant:
    """One tenant of a running lab. The credentials without further word are those of its first app."""

    def __init__(self, world: World, tenant: TenantWorld, on_loop: OnLoop) -> None:
        self._world = world
        self._tenant = tenant
        self._on_loop = on_loop

    @property
    def tenant_id(self) -> str:
        """GUID."""
        return self._tenant.identity.tenant_id

    @property
    def domain(self) -> str:
        """Initial domain, ``<name>.onmicrosoft.com``."""
        return self._tenant.identity.domain

    @property
    def apps(self) -> list[App]:
        """All apps, managed identities among them; their fields may be changed."""
        return list(self._tenant.identity.apps.values())

    @property
    def app(self) -> App:
        """The first app."""
        return self.apps[0]

    @property
    def client_id(self) -> str:
        """Client id of the first app."""
        return self.app.client_id

    @property
    def client_secret(self) -> str:
        """Secret of the first app; empty where it has none."""
        return self.app.secret or ""

    @property
    def certificate_pem_path(self) -> str:
        """PEM file with key and certificate of the first app."""
        return _there(self.app.certificate_pem_path)

    @property
    def pfx_path(self) -> str:
        """The same as PFX."""
        return _there(self.app.pfx_path)

    @property
    def pfx_passphrase(self) -> str:
        """Passphrase of the PFX."""
        return _there(self.app.pfx_passphrase)

    @property
    def federated_token_path(self) -> str:
        """File with a federated token for the first app."""
        return _there(self.app.federated_token_path)

    @property
    def managed_identity_client_id(self) -> str:
        """Client id of the tenant's first managed identity."""
        return _there(next((app.client_id for app in self.apps if app.managed_identity is not None), None))

    @property
    def outbound(self) -> list[dict[str, t.Any]]:
        """Outbound connectors as they are, without any delay."""
        return t.cast("list[dict[str, t.Any]]", self._on_loop(lambda: self._tenant.exchange.outbound))

    @property
    def inbound(self) -> list[dict[str, t.Any]]:
        """Inbound connectors as they are, without any delay."""
        return t.cast("list[dict[str, t.Any]]", self._on_loop(lambda: self._tenant.exchange.inbound))

    def block(self, *connectors: str) -> None:
        """Have the service block these inbound connectors, named or by their Guids, and no others."""

        def do() -> None:
            self._tenant.exchange.block(connectors)

        self._on_loop(do)

    @property
    def accepted_domains(self) -> list[dict[str, t.Any]]:
        """The tenant's own domains."""
        return t.cast("list[dict[str, t.Any]]", self._on_loop(lambda: self._tenant.exchange.accepted_domains))

    def issue_token(self, app: App | None = None, **arguments: t.Any) -> str:
        """An access token got elsewhere; ``arguments`` are those of TokenRegistry.issue, by default for Exchange."""
        audience = arguments.pop("audience", "https://outlook.office365.com")
        return self._world.tokens.issue(self._tenant.identity, app or self.app, audience, **arguments)

    def federated_token(self, **claims: t.Any) -> str:
        """Another federated token for the first app; ``claims`` replace the good ones."""
        return federated_token(self.app, **claims)

    def describe(self) -> dict[str, t.Any]:
        """Names and credentials as JSON can hold them."""
        app = self.app if self.apps else None
        return {
            "tenant_id": self.tenant_id,
            "domain": self.domain,
            "domains": sorted(self._tenant.identity.domains),
            **({} if app is None else describe_app(app)),
            "apps": [describe_app(one) for one in self.apps],
        }


def describe_app(app: App) -> dict[str, t.Any]:
    """An app's credentials as JSON can hold them."""
    return {
        "name": app.name,
        "client_id": app.client_id,
        "client_secret": app.secret,
        "certificate_pem_path": app.certificate_pem_path,
        "pfx_path": app.pfx_path,
        "pfx_passphrase": app.pfx_passphrase,
        "federated_token_path": app.federated_token_path,
        "managed_identity": app.managed_identity,
    }


def _there(value: str | None) -> str:
    if value is None:
        raise LookupError("The seed gives the app no such credential")
    return value

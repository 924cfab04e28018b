# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tenants and apps as a running lab knows them: made from a seed, with credentials of this run only."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from cryptography import x509


@dataclass(frozen=True)
class Federation:
    """A federated credential: which outside token an app takes for its own."""

    issuer: str
    subject: str
    audience: str = "api://AzureADTokenExchange"


@dataclass
class App:
    """An application (or managed identity) in one tenant. Fields may be changed while the lab runs."""

    name: str
    client_id: str
    object_id: str
    secret: str | None = None
    secret_expired: bool = False
    certificates: list[x509.Certificate] = field(default_factory=list)
    federation: Federation | None = None
    managed_identity: t.Literal["system", "user"] | None = None
    app_roles: list[str] = field(default_factory=list)
    exchange_roles: list[str] = field(default_factory=list)
    enabled: bool = True
    conditional_access: bool = False  # a policy for workload identities blocks it
    consented: bool = True  # the tenant has consented to the resource
    certificate_pem_path: str | None = None
    pfx_path: str | None = None
    pfx_passphrase: str | None = None
    federated_token_path: str | None = None


@dataclass
class TenantIdentity:
    """Who a tenant is; ``domains`` are its verified ones in lower case, ``apps`` go by client id."""

    tenant_id: str
    domain: str
    domains: frozenset[str] = frozenset()
    apps: dict[str, App] = field(default_factory=dict)
    cloud: str = "worldwide"
    exchange: bool = True  # whether the Exchange service principal is in the tenant
    other_cloud: bool = False  # whether the tenant signs in at another cloud's authority

    def is_named(self, name: str) -> bool:
        """Whether a URL means this tenant: by GUID or by one of its verified domains."""
        return name.lower() == self.tenant_id.lower() or name.lower() in self.domains

    def app(self, client_id: str) -> App | None:
        """The app with this client id."""
        return self.apps.get(client_id.lower())

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeds: what a lab starts with. A dict, a YAML or JSON file, a TenantSeed or a list of them; nothing is a seed too.

::

    latency: 0.0                    # seconds that each admin request takes
    switches: {get_unknown_identity: all}
    tenants:                        # left out: contoso and fabrikam
      - domain: contoso.onmicrosoft.com
        tenant_id: ...              # GUID; left out: a new one
        accepted_domains: [contoso.example]     # beside the initial one
        cloud: worldwide            # worldwide, gcc_high, dod or china: which names Exchange Online has there
        exchange: true              # false: the tenant has no Exchange Online (AADSTS500011)
        other_cloud: false          # true: the tenant signs in elsewhere (AADSTS900382)
        apps:                       # left out: one app with every credential, and a managed identity
          - name: mailflow
            client_id: ...          # GUID; left out: a new one
            secret: true            # true: a new one; false: none; a text: this one
            secret_expired: false   # AADSTS7000222
            certificate: true       # true: a new self-signed one; false: none
            federated: true         # true: by the lab's outside issuer; false; {issuer, subject, audience}
            managed_identity: null  # system or user: an identity of the machine, no sign-in at the token endpoint
            app_roles: [Exchange.ManageAsApp]
            exchange_roles: [Remote and Accepted Domains, View-Only Configuration]
            enabled: true           # false: AADSTS7000112
            conditional_access: false   # true: AADSTS53003
            consented: true         # false: AADSTS650052
        outbound: [{Name: to fabrikam, RecipientDomains: [fabrikam.com]}]   # as given to New- or returned by Get-
        inbound: [{Name: from fabrikam, SenderDomains: [fabrikam.com]}]
        blocked: [from fabrikam]    # inbound connectors that the service has blocked, by name or Guid
        generate: {outbound: 1800, inbound: 4450}   # so many more
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import typing as t

import yaml

from .clouds import CLOUDS

Records = list[dict[str, t.Any]]
Source = t.Union[None, "Seed", "TenantSeed", "list[TenantSeed]", t.Mapping[str, t.Any], str, "os.PathLike[str]"]

_NAMES = ("contoso", "fabrikam", "adatum", "litware", "proseware", "tailspin", "wingtip", "woodgrove")


@dataclasses.dataclass
class AppSeed:
    """An application; see the module's text."""

    name: str = "mailflow"
    client_id: str | None = None
    secret: bool | str = True
    secret_expired: bool = False
    certificate: bool = True
    federated: bool | dict[str, str] = True
    managed_identity: t.Literal["system", "user"] | None = None
    app_roles: list[str] = dataclasses.field(default_factory=lambda: ["Exchange.ManageAsApp"])
    exchange_roles: list[str] = dataclasses.field(
        default_factory=lambda: ["Remote and Accepted Domains", "View-Only Configuration"]
    )
    enabled: bool = True
    conditional_access: bool = False
    consented: bool = True

    def __post_init__(self) -> None:
        if self.managed_identity not in (None, "system", "user"):
            raise ValueError(f"managed_identity of app {self.name} is system or user, not {self.managed_identity!r}")
        if self.managed_identity is not None:
            self.secret = self.certificate = self.federated = False


def _usual_apps() -> list[AppSeed]:
    return [AppSeed(), AppSeed(name="host", managed_identity="system")]


@dataclasses.dataclass
class TenantSeed:
    """A tenant; see the module's text. ``domain`` None takes the next of the usual names."""

    domain: str | None = None
    tenant_id: str | None = None
    accepted_domains: list[t.Any] | None = None
    cloud: str = "worldwide"
    exchange: bool = True
    other_cloud: bool = False
    apps: list[AppSeed] = dataclasses.field(default_factory=_usual_apps)
    outbound: Records = dataclasses.field(default_factory=list)
    inbound: Records = dataclasses.field(default_factory=list)
    blocked: list[str] = dataclasses.field(default_factory=list)
    generate: dict[str, int] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.cloud not in CLOUDS:
            raise ValueError(f"A tenant's cloud is one of {', '.join(CLOUDS)}, not {self.cloud!r}")
        unknown = set(self.generate) - {"outbound", "inbound"}
        if unknown:
            raise ValueError(f"A tenant can generate outbound and inbound, not {sorted(unknown)}")

    def named(self, number: int) -> TenantSeed:
        """The same with a domain and accepted domains; ``number`` is its place in the seed, from 0."""
        name = _NAMES[number] if number < len(_NAMES) else f"tenant{number + 1}"
        domain = self.domain or f"{name}.onmicrosoft.com"
        accepted = self.accepted_domains
        if accepted is None:
            accepted = [f"{domain.partition('.')[0]}.example"]
        return dataclasses.replace(self, domain=domain, accepted_domains=accepted)

    def exchange_part(self) -> dict[str, t.Any]:
        """What the Exchange side starts with."""
        return {
            "accepted_domains": list(self.accepted_domains or []),
            "outbound": self.outbound,
            "inbound": self.inbound,
            "blocked": self.blocked,
            "generate": self.generate,
        }


@dataclasses.dataclass
class Seed:
    """The whole of it."""

    tenants: list[TenantSeed] = dataclasses.field(default_factory=lambda: [TenantSeed(), TenantSeed()])
    switches: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    latency: float = 0.0

    def __post_init__(self) -> None:
        if not self.tenants:
            raise ValueError("A seed needs a tenant")
        self.tenants = [tenant.named(number) for number, tenant in enumerate(self.tenants)]


def load_seed(source: Source = None) -> Seed:
    """The seed that ``source`` stands for. Raises ValueError when it holds what no seed has."""
    if isinstance(source, Seed):
        return source
    if source is None:
        return Seed()
    if isinstance(source, TenantSeed):
        return Seed([source])
    if isinstance(source, list):
        return Seed(list(source))
    if isinstance(source, (str, os.PathLike)):
        text = pathlib.Path(source).read_text(encoding="utf-8")
        read = yaml.safe_load(text)  # JSON is YAML as well
        if not isinstance(read, dict):
            raise ValueError(f"The seed in {os.fspath(source)} is no mapping")
        source = read
    return _seed(source)


def _seed(values: t.Mapping[str, t.Any]) -> Seed:
    known = dict(values)
    if "tenants" in known:
        known["tenants"] = [_tenant(one) for one in known["tenants"]]
    return _made(Seed, known)


def _tenant(values: t.Mapping[str, t.Any] | TenantSeed) -> TenantSeed:
    if isinstance(values, TenantSeed):
        return values
    known = dict(values)
    if "apps" in known:
        known["apps"] = [one if isinstance(one, AppSeed) else _made(AppSeed, dict(one)) for one in known["apps"]]
    return _made(TenantSeed, known)


_Made = t.TypeVar("_Made", Seed, TenantSeed, AppSeed)


def _made(kind: type[_Made], values: dict[str, t.Any]) -> _Made:
    unknown = set(values) - {field.name for field in dataclasses.fields(kind)}
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return kind(**values)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a seed to the world of a lab."""

from __future__ import annotations

import pathlib
import uuid

from .credentials import make_app
from .exchange.api import ExchangeState
from .identity import TenantIdentity
from .seeds import Seed, TenantSeed
from .switch_table import TABLE
from .switches import Switches
from .tokens import TokenRegistry
from .world import TenantWorld, Urls, World


def build(seed: Seed, urls: Urls, directory: pathlib.Path, settings: dict[str, object], latency: float) -> World:
    """The world of a seed. ``settings`` win over the seed's switches; ``directory`` gets the credentials' files.

    Raises ValueError or KeyError for a seed or setting that cannot be.
    """
    switches = Switches(TABLE, {**seed.switches, **settings})
    world = World(switches, urls, TokenRegistry(switches), latency=latency)
    count = 0
    for one in seed.tenants:
        identity = _identity(one)
        for app in one.apps:
            made = make_app(app, count, directory)
            identity.apps[made.client_id.lower()] = made
            count += 1
        exchange = ExchangeState.from_seed(one.exchange_part(), identity, switches, world.clock)
        if identity.tenant_id in world.tenants:
            raise ValueError(f"Two tenants have the id {identity.tenant_id}")
        world.tenants[identity.tenant_id] = TenantWorld(identity, exchange)
    return world


def _identity(seed: TenantSeed) -> TenantIdentity:
    assert seed.domain is not None
    names = [seed.domain]
    for domain in seed.accepted_domains or []:
        names.append(domain if isinstance(domain, str) else str(domain.get("DomainName") or domain.get("Name")))
    return TenantIdentity(
        tenant_id=str(uuid.UUID(seed.tenant_id)) if seed.tenant_id else str(uuid.uuid4()),
        domain=seed.domain,
        domains=frozenset(name.lower() for name in names),
        cloud=seed.cloud,
        exchange=seed.exchange,
        other_cloud=seed.other_cloud,
    )

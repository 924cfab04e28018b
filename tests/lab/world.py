# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts of one running lab share."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .clock import Clock
from .faults import Faults
from .identity import TenantIdentity
from .journal import Journal
from .switches import Switches
from .tokens import TokenRegistry

if t.TYPE_CHECKING:
    from .exchange.api import ExchangeState


@dataclass(frozen=True)
class Urls:
    """Where the parts listen: scheme, host and port, no path."""

    authority: str
    api: str
    imds: str
    control: str


@dataclass
class TenantWorld:
    """One tenant: who it is, and what stands in its Exchange."""

    identity: TenantIdentity
    exchange: ExchangeState


@dataclass
class World:
    """All there is. ``tenants`` goes by tenant id; ``latency`` is the seconds that each admin request takes."""

    switches: Switches
    urls: Urls
    tokens: TokenRegistry
    tenants: dict[str, TenantWorld] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)
    faults: Faults = field(default_factory=Faults)
    latency: float = 0.0
    clock: Clock = field(default_factory=Clock)

    def tenant(self, name: str) -> TenantWorld | None:
        """The tenant that a URL means, by GUID or verified domain, without case."""
        found = self.tenants.get(name.lower())
        if found is not None:
            return found
        return next((one for one in self.tenants.values() if one.identity.is_named(name)), None)

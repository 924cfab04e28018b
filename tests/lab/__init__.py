# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: Entra ID and Exchange Online's admin API on loopback, for the demo, tests and benchmarks."""

from __future__ import annotations

from .client import RemoteLab
from .faults import Fault
from .journal import Entry
from .seeds import AppSeed, Seed, TenantSeed
from .server import Lab
from .tenant import Tenant

__all__ = ["AppSeed", "Entry", "Fault", "Lab", "RemoteLab", "Seed", "Tenant", "TenantSeed"]

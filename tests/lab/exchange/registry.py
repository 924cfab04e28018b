# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cmdlets the lab knows. A new one is a Cmdlet row in a module of its own, added to MODULES below."""

from __future__ import annotations

from . import cmdlets_blocked, cmdlets_read, cmdlets_validate, cmdlets_write
from .cmdlet import Cmdlet

MODULES = (cmdlets_read, cmdlets_write, cmdlets_validate, cmdlets_blocked)

CMDLETS: dict[str, Cmdlet] = {cmdlet.name.lower(): cmdlet for module in MODULES for cmdlet in module.CMDLETS}


def find(name: str) -> Cmdlet | None:
    """A cmdlet by name, whatever its case."""
    return CMDLETS.get(name.lower())

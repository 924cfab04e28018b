# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of Validate-OutboundConnector (Microsoft's cmdlet page)."""

from __future__ import annotations

from .parameters import Family, Kind, Parameter

VALIDATE = frozenset({"Validate"})

VALIDATION = Family(
    "OutboundConnector",
    (
        Parameter("Identity", Kind.IDENTITY, VALIDATE, required_by=VALIDATE, nullable=True, stored=False),
        Parameter("Recipients", Kind.LIST, VALIDATE, required_by=VALIDATE, item="smtp_address", stored=False),
        Parameter("Confirm", Kind.SWITCH, VALIDATE, aliases=("cf",), stored=False),
        Parameter("WhatIf", Kind.SWITCH, VALIDATE, aliases=("wi",), stored=False),
    ),
)

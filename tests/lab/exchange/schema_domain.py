# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of Get-AcceptedDomain (Microsoft's cmdlet page)."""

from __future__ import annotations

from .parameters import GET, IDENTITY, RESULT_SIZE, Family, Kind, Parameter

ACCEPTED_DOMAIN = Family(
    "AcceptedDomain",
    (IDENTITY, RESULT_SIZE, Parameter("DomainController", Kind.TEXT, GET, nullable=True, stored=False)),
)

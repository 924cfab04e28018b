# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names under which Exchange Online is known as a resource, by cloud."""

from __future__ import annotations

EXCHANGE_APP_ID = "00000002-0000-0ff1-ce00-000000000000"

#: Cloud -> URLs of Exchange Online in it, the usual one first. Sources: Microsoft's pages on Connect-ExchangeOnline and
#: on the admin API v2.0, which name different hosts for China; outlook.office.com is in public captures.
CLOUDS: dict[str, tuple[str, ...]] = {
    "worldwide": ("https://outlook.office365.com", "https://outlook.office.com"),
    "gcc_high": ("https://outlook.office365.us",),
    "dod": ("https://outlook-dod.office365.us",),
    "china": ("https://partner.outlook.cn", "https://outlook.office365.cn"),
}
EXCHANGE_RESOURCES = frozenset({EXCHANGE_APP_ID, *(url for urls in CLOUDS.values() for url in urls)})

#: Resources that exist in every tenant beside Exchange; a token for one of them is of no use at the admin API.
OTHER_RESOURCES = frozenset({"https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"})


def resources_of(cloud: str) -> frozenset[str]:
    """The names of Exchange Online that a tenant of this cloud knows."""
    return frozenset({EXCHANGE_APP_ID, *CLOUDS[cloud]})

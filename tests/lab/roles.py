# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directory roles that Exchange Online honours for applications, with the template ids of Entra's built-in roles."""

from __future__ import annotations

import typing as t

DIRECTORY_ROLES: dict[str, str] = {
    "Compliance Administrator": "17315797-102d-40b4-93e0-432062caca18",
    "Exchange Administrator": "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "Exchange Recipient Administrator": "31392ffb-586c-42d1-9346-e59415a2cc4e",
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Global Reader": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "Security Administrator": "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "Security Reader": "5d6b6bb7-de71-4623-b4af-96380a352509",
}


def directory_role_ids(roles: t.Iterable[str]) -> list[str]:
    """The template ids of those roles that are directory roles; role groups of Exchange have none."""
    return [DIRECTORY_ROLES[role] for role in roles if role in DIRECTORY_ROLES]

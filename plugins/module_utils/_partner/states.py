# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What holds for each partner -> what users see of it. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import names_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.listed import Listed
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.standing import standing


def states_of(listed: Listed) -> list[dict[str, t.Any]]:
    """Return plain values for each partner, in the order of the list."""
    return [_state(partner, listed) for partner in listed.partners]


def _state(partner: Partner, listed: Listed) -> dict[str, t.Any]:
    holds = standing(partner, listed.now)
    hold, alert = holds.hold, holds.alert
    return {
        "name": partner.name,
        "state": partner.state,
        "domains": list(partner.domains),
        "connectors": names_of(partner, listed.prefix),
        "stands": holds.stand,
        "held": hold.plain(partner.name) if hold else None,
        "alert": alert.plain(partner.name) if alert else None,
        "lines": [*([hold.line(partner.name)] if hold else []), *([f"ALERT: {alert.message}."] if alert else [])],
    }

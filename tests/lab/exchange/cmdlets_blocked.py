# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Get-BlockedConnector: inbound connectors that the service has blocked because they seem to be compromised."""

from __future__ import annotations

from .cmdlet import Call, Cmdlet, Result
from .evidence import cite
from .parameters import GET, Family, Kind, Parameter
from .records import Plain

#: Microsoft's cmdlet page; there is no Identity and no ResultSize.
BLOCKED_CONNECTOR = Family("BlockedConnector", (Parameter("ConnectorId", Kind.GUID, GET, stored=False),))


def _get(call: Call) -> Result:
    wanted = call.bound.text("ConnectorId")
    member = str(call.switches["blocked_connector_id"])
    rows = [
        Plain({member: guid, "Reason": "OutboundSpam", "CreatedDatetime": "2026-11-20T10:00:00Z"})
        for guid in call.state.blocked
        if not wanted or guid == wanted
    ]
    return Result(cite("blocked.list"), rows)


CMDLETS = (Cmdlet("Get-BlockedConnector", BLOCKED_CONNECTOR, "Get", "blocked_connectors", writes=False, run=_get),)

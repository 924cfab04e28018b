# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All switches of the lab, collected from the parts that obey them."""

from __future__ import annotations

from .entra_switches import SWITCHES as ENTRA_SWITCHES
from .exchange.switches import SWITCHES as EXCHANGE_SWITCHES
from .mailflow.flow_switches import SWITCHES as FLOW_SWITCHES
from .mailflow.inbound_switches import SWITCHES as INBOUND_SWITCHES
from .mailflow.transport_switches import SWITCHES as TRANSPORT_SWITCHES
from .switches import Switch

TABLE: tuple[Switch, ...] = (
    *ENTRA_SWITCHES,
    *EXCHANGE_SWITCHES,
    *TRANSPORT_SWITCHES,
    *INBOUND_SWITCHES,
    *FLOW_SWITCHES,
)

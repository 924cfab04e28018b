# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way out of a lab without partners: no name can be resolved there."""

from __future__ import annotations

from .flow_evidence import cite
from .shapes import Attempt, Envelope, Reached, Route

_NOTE = "-- this lab has no partners: no name is resolved"


class Nowhere:
    """Implements Transport (see shapes.py): every look-up fails."""

    def attempt(self, route: Route, envelope: Envelope) -> Attempt:
        """Deferred, as where DNS fails."""
        name = route.smart_hosts[0] if route.smart_hosts else envelope.domain
        return Attempt(
            "deferred", "450 4.4.312 DNS query failed", cite("flow.nowhere"), server=name, conversation=(_NOTE,)
        )

    def reach(self, host: str) -> Reached:
        """Not reached."""
        return Reached(host, False, (_NOTE,))

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way from a tenant to its partners: SMTP as Exchange Online is documented to speak it."""

from __future__ import annotations

from ..switches import Switches
from .delivering import Delivery
from .demands import Where
from .names import Names
from .shapes import Attempt, Envelope, Reached, Route
from .talk import BrokenOff, Talk

__all__ = ["SmtpTransport", "Where"]


class SmtpTransport:
    """Implements Transport (see shapes.py). Keeps nothing between two calls, so threads do not meet."""

    def __init__(self, where: Where, switches: Switches) -> None:
        self._where = where
        self._switches = switches

    def attempt(self, route: Route, envelope: Envelope) -> Attempt:
        """Try every server of the route until one takes the message. Never raises."""
        return Delivery(self._where, self._switches, self._names(), route, envelope).run()

    def reach(self, host: str) -> Reached:
        """Resolve a smart host, connect, say EHLO, and QUIT; the first address that answers is enough. Never raises."""
        found = self._names().of_smart_host(host)
        detail = list(found.notes)
        for server in found.servers:
            detail.append(f"-- {server.name or 'smart host'} [{server.address}]:25")
            try:
                with Talk(server.address, self._where.port, self._where.timeout, detail) as talk:
                    talk.greet(self._where.helo_name)
                    talk.quit()
            except BrokenOff:
                continue
            return Reached(host, True, tuple(detail))
        return Reached(host, False, tuple(detail or [f"-- {host}: no address"]))

    def _names(self) -> Names:
        return Names(self._where.resolver, self._where.timeout)

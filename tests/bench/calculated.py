# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests of other tools, calculated from their code and not measured: they need Windows, or a service of their own.

Counted as for the collection: requests to Exchange, without the sign-in, for N partners with an outbound and an inbound
connector each.
"""

from __future__ import annotations

import typing as t

from .scenarios import FIRST, SECOND


class Requests(t.NamedTuple):
    """So many for each partner, and so many besides."""

    each: int
    fixed: int

    def of(self, partners: int) -> int:
        return self.each * partners + self.fixed

    def formula(self) -> str:
        return f"{self.each} N" + (f" + {self.fixed}" if self.fixed else "")


class Tool(t.NamedTuple):
    """``code``: of which day it was read. ``how``: what it does, in sentences."""

    name: str
    code: str
    runs: dict[str, Requests]
    how: str


TOOLS: t.Final = (
    Tool(
        "Microsoft365DSC",
        "October 2024",
        {FIRST: Requests(7, 0), SECOND: Requests(2, 0)},
        "Each connector is a resource of its own, and to test it all connectors of its direction are read, so a check"
        " moves 2 N² records. To make an outbound one, it reads for the test, reads again to set, and sends New and"
        " Set; for an inbound one the same without Set.",
    ),
    Tool(
        "CIPP",
        "August 2026",
        {FIRST: Requests(2, 1), SECOND: Requests(2, 1)},
        "The standard that remediates connector templates: one batch reads both lists, then every connector is sent,"
        " whether it differs or not.",
    ),
)

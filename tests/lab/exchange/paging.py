# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long results in pages: how many records an answer shows, and the link to the next."""

from __future__ import annotations

import re
import secrets
import time
import typing as t
from collections import OrderedDict
from dataclasses import dataclass

from .records import Shown

if t.TYPE_CHECKING:
    from ..switches import Switches

LARGEST_PAGE = 1000
LIFE = 30 * 60.0
KEPT = 2000
MORE = (
    "There are more results available than are currently displayed. "
    "To view them, increase the value for the ResultSize parameter."
)
_SIZE = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)", re.IGNORECASE)


class Origin(t.NamedTuple):
    """Who reads: the links of one caller are of no use to another, nor for another cmdlet."""

    tenant_id: str
    cmdlet: str


class Affinity(t.NamedTuple):
    """The headers that may decide to which server a page request is routed."""

    anchor: str | None
    connection: str | None


@dataclass(frozen=True, slots=True)
class Cursor:
    """The rest of a result, frozen when its first page was answered."""

    origin: Origin
    affinity: Affinity
    records: tuple[Shown, ...]
    size: int
    select: tuple[str, ...]
    made: float


class Slice(t.NamedTuple):
    """One page: its records, and the token of the next."""

    records: t.Sequence[Shown]
    warnings: tuple[str, ...]
    token: str | None


def page_size(prefer: str | None) -> int:
    """Records per page that a Prefer header asks for, 1 to 1000."""
    match = _SIZE.search(prefer or "")
    return min(max(int(match[1]), 1), LARGEST_PAGE) if match else LARGEST_PAGE


class Pager:
    """Open cursors by their token; the oldest are forgotten, so a long run cannot grow without bound."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._cursors: OrderedDict[str, Cursor] = OrderedDict()

    def clear(self) -> None:
        """Forget every link."""
        self._cursors.clear()

    def first(
        self,
        records: t.Sequence[Shown],
        limit: int | None,
        prefer: str | None,
        origin: Origin,
        affinity: Affinity,
        select: tuple[str, ...],
    ) -> Slice:
        """The first page of a result; ``limit`` is the ResultSize in force, None for all."""
        size = page_size(prefer)
        if limit is not None and self._switches["result_size"] == "total":
            # The other reading: so many in all, a warning when there are more, and no way to get the rest.
            if len(records) > limit:
                page = self._cut(Cursor(origin, affinity, tuple(records[:limit]), size, select, time.monotonic()))
                return Slice(page.records, (MORE,), page.token)
        elif limit is not None:
            size = max(min(size, limit), 1)
        return self._cut(Cursor(origin, affinity, tuple(records), size, select, time.monotonic()))

    def _cut(self, cursor: Cursor) -> Slice:
        if len(cursor.records) <= cursor.size:
            return Slice(cursor.records, (), None)
        rest = Cursor(
            cursor.origin, cursor.affinity, cursor.records[cursor.size :], cursor.size, cursor.select, cursor.made
        )
        token = secrets.token_urlsafe(24)
        self._cursors[token] = rest
        while len(self._cursors) > KEPT:
            self._cursors.popitem(last=False)
        return Slice(cursor.records[: cursor.size], (MORE,), token)

    def follow(self, token: str, origin: Origin, affinity: Affinity) -> tuple[Slice, tuple[str, ...]] | None:
        """The page behind a link and the properties selected at first; None when the link cannot be used.

        A link may be followed more than once: a client that lost the answer asks again.
        """
        rule = self._switches["next_link"]
        cursor = self._cursors.get(token)
        if cursor is None or rule == "expired" or cursor.origin != origin:
            return None
        if time.monotonic() - cursor.made > min(LIFE, float(self._switches["next_link_life"])):
            return None
        if rule == "needs_anchor" and (None in affinity or affinity != cursor.affinity):
            return None
        return self._cut(cursor), cursor.select

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of one noun in one tenant: the truth, and the replica that learns of it late.

Every write and every look-up costs the same whatever the number of objects; lists of thousands are normal here.
"""

from __future__ import annotations

import time
import typing as t
from collections import deque
from dataclasses import dataclass, field

from .records import Record


@dataclass(frozen=True, slots=True)
class Delay:
    """How long a write stays unseen: so many reads, and so many seconds."""

    reads: int = 0
    seconds: float = 0.0


class Pending(t.NamedTuple):
    """A write that the late replica has not seen yet; no record means the object is gone."""

    read_number: int
    at: float
    delay: Delay
    guid: str
    record: Record | None


@dataclass(slots=True)
class Replica:
    """One copy of the objects, found by GUID, by name or by path."""

    by_guid: dict[str, Record] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)

    def apply(self, guid: str, record: Record | None) -> None:
        """Store, replace (keeping its place in the list) or forget one object."""
        old = self.by_guid.get(guid)
        if old is not None and self.by_name.get(old.name.lower()) == guid:
            del self.by_name[old.name.lower()]
        if record is None:
            self.by_guid.pop(guid, None)
            return
        self.by_guid[guid] = record
        self.by_name[record.name.lower()] = guid

    def find(self, identity: str) -> Record | None:
        """By GUID, name or distinguished name; none of them looks at case."""
        wanted = identity.strip().lower()
        found = self.by_guid.get(wanted.strip("{}"))
        if found is None and wanted in self.by_name:
            found = self.by_guid[self.by_name[wanted]]
        if found is None and wanted.startswith("cn="):
            name = wanted[3:].partition(",cn=transport settings,")[0].replace("\\,", ",").replace("\\\\", "\\")
            candidate = self.by_guid.get(self.by_name.get(name, ""))
            if candidate is not None and candidate.distinguished_name.lower() == wanted:
                found = candidate
        return found

    def records(self) -> list[Record]:
        """All objects, in order of creation."""
        return list(self.by_guid.values())


class Collection:
    """The objects of one noun: ``truth``, and what a read sees of it."""

    def __init__(self, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.truth = Replica()
        self._late = Replica()
        self._pending: deque[Pending] = deque()
        self._reads = 0

    def seed(self, record: Record) -> None:
        """Store an object that was always there: every replica knows it."""
        self.truth.apply(record.guid, record)
        self._late.apply(record.guid, record)

    def write(self, guid: str, record: Record | None, delay: Delay) -> None:
        """Store, replace or remove an object; the late replica learns of it when ``delay`` is over."""
        self.truth.apply(guid, record)
        self._pending.append(Pending(self._reads, self._clock(), delay, guid, record))
        self._catch_up(delay)

    def _catch_up(self, delay: Delay) -> None:
        now = self._clock()
        while self._pending:
            first = self._pending[0]
            # A delay that is shortened meanwhile is shortened for what waits already.
            reads, seconds = min(first.delay.reads, delay.reads), min(first.delay.seconds, delay.seconds)
            if self._reads - first.read_number < reads or now - first.at < seconds:
                return
            self._late.apply(first.guid, first.record)
            self._pending.popleft()

    def read(self, delay: Delay, flip_flop: bool) -> Replica:
        """The replica that answers this read.

        With ``flip_flop`` a replica that is up to date and the late one take turns, as behind a load balancer.
        """
        self._catch_up(delay)
        self._reads += 1
        if flip_flop and self._reads % 2:
            return self.truth
        return self._late

    def settled(self, delay: Delay) -> Replica:
        """The late replica as it is now, without counting as a read."""
        self._catch_up(delay)
        return self._late

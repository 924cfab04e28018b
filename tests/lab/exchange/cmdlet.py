# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cmdlet is to the lab: a name, its parameters, the rights it needs, and a function."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .binding import Bound
from .parameters import Family
from .records import Shown
from .state import ExchangeState

if t.TYPE_CHECKING:
    from ..switches import Switches


@dataclass(frozen=True, slots=True)
class Call:
    """One bound call of a cmdlet."""

    state: ExchangeState
    noun: str
    verb: str
    bound: Bound

    @property
    def switches(self) -> Switches:
        """The lab's switches."""
        return self.state.switches


@dataclass(slots=True)
class Result:
    """What a cmdlet gave: rows (None where it emits nothing), warnings, and whether the state changed.

    ``limit`` cuts the records to so many; the pager decides what the cut looks like on the wire.
    """

    evidence: str
    records: t.Sequence[Shown] | None = None
    warnings: tuple[str, ...] = ()
    effect: bool = False
    limit: int | None = None
    confirmation: str | None = None


@dataclass(frozen=True, slots=True)
class Cmdlet:
    """One cmdlet. ``area`` names the row of the role table (rbac.py) that decides who may run it.

    What ``run`` gives back is waited for where it takes its time; other requests are served meanwhile.
    """

    name: str
    family: Family
    verb: str
    area: str
    writes: bool
    run: t.Callable[[Call], Result | t.Awaitable[Result]]

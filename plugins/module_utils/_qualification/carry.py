# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Takes the steps of a qualification, in their order."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification import (
    guard,
    steps_read,
    steps_write,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.ask import Wire
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import (
    Exchange,
    Names,
    Seen,
    Step,
    is_own,
    seen_in,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.questions_time import lag
from ansible_collections.mailflow.exchange_online.plugins.module_utils._sender import Pace
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Call

#: How often the new connector is looked for, and for how many seconds at the most between two looks.
_LOOKS = 14
_LONGEST = 10.0
#: So many looks in a row have to show it.
_STAYS = 3


class Carrier:
    """Takes steps for one run. ``made`` are the commands by which connectors may have come to be."""

    def __init__(self, wire: Wire, names: Names, pace: Pace) -> None:
        self._wire = wire
        self._names = names
        self._pace = pace
        self._identities: dict[str, str] = {}
        self._lag = 0.0
        self.made: list[Call] = []

    @property
    def seen(self) -> Seen:
        return seen_in(self._wire.exchanges)

    @property
    def guids(self) -> t.Mapping[str, str]:
        """The Guids of our own connectors by their names, as far as they are known."""
        return self._identities

    def read(self) -> None:
        """Take the steps that only read. Raises ExchangeError when connectors cannot even be listed."""
        first = self.take(steps_read.FIRST)
        if first is not None and not first.done:
            raise ExchangeError(
                "permission",
                f"Get-OutboundConnector was answered with HTTP {first.status}, so nothing can be found out; the"
                " application needs the role Global Reader, or View-Only Configuration.",
                http_status=first.status,
            )
        self._all(step for step in steps_read.READS if step is not steps_read.FIRST)

    def write(self) -> None:
        """Take the steps about throw-away connectors. Raises ExchangeError when one brings no clear answer."""
        self._all(steps_write.CREATE)
        if self._made_well("New-OutboundConnector"):
            self._look()
            self._all(steps_write.MORE)
            self._all(steps_read.AGAIN)
            self._all(steps_write.OUTBOUND)
            if self._names.recipients:
                self.take(steps_write.VALIDATION)
        self._all(steps_write.INBOUND_CREATE)
        if self._made_well("New-InboundConnector"):
            self._all(steps_read.AGAIN_IN)
            self._all(steps_write.INBOUND)

    def take(self, step: Step) -> Exchange | None:
        """Take a step, if it is to be taken."""
        seen = self.seen
        if not step.when(seen):
            return None
        pause = max(step.pause, self._lag if step.calls[0].cmdlet.startswith("Get-") else 0.0)
        if pause:
            self._pace.sleep(pause)
        calls = [call._replace(parameters=self._names.fill(call.parameters, self._identities)) for call in step.calls]
        for call in calls:
            guard.check(call, set(self._identities.values()))
        if calls[0].cmdlet.startswith("New-"):
            self.made.append(calls[0])
        exchange = self._wire.ask(step, calls, seen[step.follow].link if step.follow else None)
        if calls[0].cmdlet.startswith("New-") and not exchange.done:
            self.made.pop()
        self._learn(exchange)
        return exchange

    def _all(self, steps: t.Iterable[Step]) -> None:
        for step in steps:
            self.take(step)

    def _made_well(self, cmdlet: str) -> bool:
        return any(one.done and one.calls[0].cmdlet == cmdlet for one in self._wire.exchanges)

    def _learn(self, exchange: Exchange) -> None:
        for record in exchange.records:
            if is_own(record.get("Name")) and isinstance(record.get("Guid"), str):
                self._identities[record["Name"]] = record["Guid"]

    def _look(self) -> None:
        """Look for the new connector until it is there to stay."""
        shown: list[bool] = []
        for number in range(1, _LOOKS + 1):
            step = Step(f"fresh.{number}", steps_write.FRESH.calls)
            look = self.take(step)
            shown.append(look is not None and look.own("out") is not None)
            if shown[-_STAYS:] == [True] * _STAYS:
                self._lag = lag(self.seen) * 1.5
                return
            if not shown[-1]:
                if "fresh.by_guid" not in self.seen and self._identities:
                    self._all(steps_write.UNSEEN)
                self._pace.sleep(min(0.2 * 2.0**number, _LONGEST))
        raise ExchangeError(
            "unavailable", "The new connector was not seen in a minute of looking for it.", retryable=True
        )

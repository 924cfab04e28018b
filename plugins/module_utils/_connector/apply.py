# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""A plan -> what became of it: send, and where the answer leaves it open, read again and decide."""

from __future__ import annotations

import functools
import time
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._client import Done, NotSent, Outcome, Refused
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import guards
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.commands import (
    Command,
    rounds,
    took_effect,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fate import Fate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Change,
    Connector,
    Direction,
    Key,
    Plan,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._progress import (
    Progress,
    Tell,
    tell_nobody,
)

_PARTICIPLE = {"create": "created", "update": "changed", "delete": "deleted", "none": "changed"}

#: Seconds before each look at what stands. Reads may come from a replica that lags behind; no delay is documented.
PAUSES = (1.0, 3.0, 6.0, 12.0)


class Writer(t.Protocol):
    """What applying needs of Exchange."""

    def inventory(self, directions: t.Collection[Direction]) -> list[Connector]:
        """Everything that stands in these directions."""

    def write(
        self, commands: t.Sequence[Command], *, stop_on_failure: bool, on_done: t.Callable[[int], None]
    ) -> list[Outcome]:
        """What became of each command, in their order; ``on_done`` is told how many more are through."""


def foresee(plan: Plan) -> list[Fate]:
    """What applying the plan would bring if every write succeeded: check mode's answer."""
    return [_at_rest(change) or Fate(change, "planned") for change in plan.changes]


def apply(
    plan: Plan,
    writer: Writer,
    *,
    continue_on_error: bool,
    on_progress: Tell = tell_nobody,
    sleep: t.Callable[[float], None] = time.sleep,
) -> list[Fate]:
    """Make the changes of the plan, round by round, and return the fate of each in the plan's order."""
    fates = {change.key: _at_rest(change) or Fate(change, "applied") for change in plan.changes}
    steps = list(rounds(plan.changes))
    progress = Progress("Writing connectors", sum(len(commands) for commands in steps), on_progress)
    run = _Run(fates, writer, progress, continue_on_error, sleep)
    for commands in steps:
        run.round(run.arrived(commands))
    return [fates[change.key] for change in plan.changes]


def _at_rest(change: Change) -> Fate | None:
    if change.blocked:
        return Fate(change, "skipped", change.blocked)
    return Fate(change, "unchanged") if change.action == "none" else None


class _Run:
    """One application of a plan; ``fates`` is what it fills in."""

    def __init__(
        self,
        fates: dict[Key, Fate],
        writer: Writer,
        progress: Progress,
        continue_on_error: bool,
        sleep: t.Callable[[float], None],
    ) -> None:
        self._fates = fates
        self._writer = writer
        self._progress = progress
        self._continue = continue_on_error
        self._sleep = sleep

    def round(self, todo: t.Iterable[Command]) -> None:
        """Send, look again at what was left open, send what did not take effect.

        Ends when nothing is left, or when several rounds in a row have settled nothing.
        """
        pending: list[tuple[Command, ExchangeError | None]] = [(command, None) for command in todo]
        idle = 0
        while pending and idle < len(PAUSES):
            unsettled, unsent = self._send([command for command, _error in pending if self._may_go(command)])
            left: list[tuple[Command, ExchangeError | None]] = []
            if unsettled:
                self._sleep(PAUSES[idle])
                left += self._settle(unsettled)
            left += [(command, None) for command in unsent]
            idle = idle + 1 if len(left) == len(pending) else 0
            pending = left
        for command, error in pending:
            self._give_up(command, error)

    def arrived(self, todo: t.Iterable[Command]) -> list[Command]:
        """Hold back what waits for a domain's arrival where it did not arrive."""
        ready = []
        there = {key for key, fate in self._fates.items() if fate.status in ("applied", "unchanged")}
        for command in todo:
            fate = self._fates[command.change.key]
            if command.waits_for <= there:
                ready.append(command)
            elif fate.status == "applied":
                fate.status, fate.error = "skipped", guards.waits_in_vain(command.change)
        return ready

    def _may_go(self, command: Command) -> bool:
        fate = self._fates[command.change.key]
        if fate.status != "applied":
            return False
        if self._stopped():
            self._skip(fate)
            return False
        return True

    def _stopped(self) -> bool:
        return not self._continue and any(fate.status in ("failed", "unknown") for fate in self._fates.values())

    def _skip(self, fate: Fate) -> None:
        fate.status = "skipped"
        fate.error = ExchangeError(
            "skipped",
            f"The {fate.change.label} was {'changed in part' if fate.written else 'left as it is'}: after the first"
            " failure nothing more was sent (continue_on_error is false).",
            retryable=True,
        )

    def _send(self, todo: list[Command]) -> tuple[list[tuple[Command, ExchangeError]], list[Command]]:
        """Return what is left open, and what was not sent."""
        unsettled, unsent = [], []
        write = functools.partial(self._writer.write, stop_on_failure=not self._continue, on_done=self._progress.done)
        outcomes = write(todo) if todo else []
        for command, outcome in zip(todo, outcomes, strict=True):
            fate = self._fates[command.change.key]
            if isinstance(outcome, Done) or _gone_already(command, outcome):
                fate.written = True
            elif isinstance(outcome, NotSent):
                unsent.append(command)
            elif isinstance(outcome, Refused) and not _may_be_ours(command, outcome):
                fate.status, fate.error = "failed", _about(fate, outcome.error)
            else:
                unsettled.append((command, outcome.error))
        return unsettled, unsent

    def _settle(self, unsettled: list[tuple[Command, ExchangeError]]) -> list[tuple[Command, ExchangeError | None]]:
        """Read again; return what did not take effect, to be sent once more."""
        directions: set[Direction] = {command.change.direction for command, _error in unsettled}
        try:
            standing = {connector.key: connector for connector in self._writer.inventory(directions)}
        except ExchangeError as problem:
            for command, error in unsettled:
                self._unknown(command, error, problem)
            return []
        return [(command, error) for command, error in unsettled if not self._decided(command, standing)]

    def _decided(self, command: Command, standing: t.Mapping[Key, Connector]) -> bool:
        fate = self._fates[command.change.key]
        found = standing.get(command.change.key)
        if took_effect(command, found.settings if found else None, found.owner if found else None):
            fate.written = True
            return True
        if command.creates and found is not None:
            fate.status = "failed"
            fate.error = ExchangeError(
                "already_exists",
                f"The {fate.change.label} was not created: one of that name appeared meanwhile, with other settings."
                " Run again to see what would change.",
            )
            return True
        return False

    def _unknown(self, command: Command, error: ExchangeError, reading: ExchangeError) -> None:
        fate = self._fates[command.change.key]
        fate.status = "unknown"
        fate.error = ExchangeError(
            "unknown_outcome",
            f"It is not known whether the {fate.change.label} was changed: {error.message} And it could not be read"
            f" again: {reading.message} Run again when the service answers; the run reads before it writes.",
            http_status=error.http_status,
            request_id=error.request_id,
            retryable=True,
        )

    def _give_up(self, command: Command, error: ExchangeError | None) -> None:
        fate = self._fates[command.change.key]
        if error is None:
            self._skip(fate)
            return
        hidden = error.kind == "already_exists"
        fate.status = "unknown" if hidden else "failed"
        fate.error = ExchangeError(
            "unknown_outcome" if hidden else error.kind,
            f"The {fate.change.label} still reads as before after {len(PAUSES)} tries: {error.message}"
            " Run again later.",
            http_status=error.http_status,
            code=error.code,
            request_id=error.request_id,
            retryable=True,
        )


def _about(fate: Fate, error: ExchangeError) -> ExchangeError:
    """Name the connector, and say so when a part of the change stands already."""
    more = " A part of the change took effect; run again to complete it." if fate.written else ""
    if error.kind == "not_found" and fate.change.before is not None:
        more += " It stood there when this run began, so somebody else deleted it meanwhile; run again."
    return error.reworded(f"The {fate.change.label} was not {_PARTICIPLE[fate.change.action]}: {error.message}{more}")


def _gone_already(command: Command, outcome: Outcome) -> bool:
    return command.settings is None and isinstance(outcome, Refused) and outcome.error.kind == "not_found"


def _may_be_ours(command: Command, refused: Refused) -> bool:
    """A refusal that an earlier, lost answer or a lagging replica explains as well."""
    if command.creates:
        return refused.error.kind == "already_exists"
    return command.change.action == "create" and refused.error.kind == "not_found"

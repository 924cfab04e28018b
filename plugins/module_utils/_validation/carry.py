# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""One task: validate, look at the answer, try again where it misleads, write the result down."""

from __future__ import annotations

import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._client import Call, Client, Done, Pace, Unknown
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.gateway import Gateway
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation import readings, steps
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.model import Fate, Record, Step, Task
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.times import read_time, write_time
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import one_line

#: Seconds before the next try of a validation that may pass later: a new connector is not used at once.
PAUSES = (5.0, 15.0, 30.0, 60.0)
#: Seconds before each look at whether a result was written down whose answer was lost.
LOOKS = (1.0, 3.0, 6.0, 6.0, 12.0)
#: How often it is sent in all. The last looks are only to see it: a replica may lag behind what was sent last.
SENDS = 3


class Carrier:
    """Carries tasks out, several at a time. ``record``: whether results are written down."""

    def __init__(self, client: Client, pace: Pace, *, record: bool) -> None:
        self._client = client
        self._gateway = Gateway(client)
        self._pace = pace
        self._record = record

    def carry(self, task: Task) -> Fate:
        """Validate, and write the result down at once, so that an interrupted run has lost nothing."""
        if not task.due:
            return Fate(task, "fresh")
        start = self._pace.clock()
        fate = Fate(task, "unknown")
        self._validate(fate)
        if self._record and (fate.status == "passed" or (fate.status == "failed" and fate.steps)):
            self._write_down(fate)
        fate.seconds = round(self._pace.clock() - start, 1)
        return fate

    def take_back(self, task: Task) -> ExchangeError | None:
        """Record that the connector is not validated; return why that could not be done."""
        return self._set(task, Record(False, self._now(), task.recipients))

    def _now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(int(self._pace.now()), dt.timezone.utc)

    def _validate(self, fate: Fate) -> None:
        for pause in (*PAUSES, None):
            fate.tries += 1
            self._once(fate)
            if fate.status != "failed" or not readings.may_pass_later(fate.steps, fate.task) or pause is None:
                return
            self._pace.sleep(pause)

    def _once(self, fate: Fate) -> None:
        task = fate.task
        parameters = {"Identity": task.connector.guid, "Recipients": list(task.recipients), "Confirm": False}
        (outcome,) = self._client.write_all([Call("Validate-OutboundConnector", parameters)])
        if not isinstance(outcome, Done):
            fate.steps = ()
            fate.status = "unknown" if isinstance(outcome, Unknown) else "failed"
            fate.error = _unanswered(task, t.cast("ExchangeError", getattr(outcome, "error", None)))
            return
        fate.steps = steps.read_steps(outcome.answer.value)
        if steps.passed(fate.steps):
            fate.status, fate.error = "passed", None
        elif steps.readable(fate.steps):
            fate.status, fate.error = "failed", _not_passed(fate)
        else:
            fate.status, fate.error = "unknown", _unreadable(task)

    def _write_down(self, fate: Fate) -> None:
        task, success = fate.task, fate.status == "passed"
        if not success and not task.stands_validated:
            return  # there is no success to take back
        record = Record(success, self._now(), task.recipients)
        problem = self._set(task, record)
        fate.recorded = problem is None
        if problem is not None:
            fate.error = _not_recorded(fate, problem)

    def _set(self, task: Task, record: Record) -> ExchangeError | None:
        """Send it; where the answer leaves it open, look, and send it again if it is not there."""
        parameters = {
            "Identity": task.connector.guid,
            "IsValidated": record.success,
            "LastValidationTimestamp": write_time(record.when),
            "ValidationRecipients": list(record.recipients),
            "Confirm": False,
        }
        problem = ExchangeError("internal", "The result was not sent.")
        for number, pause in enumerate(LOOKS):
            if number < SENDS:
                (outcome,) = self._client.write_all([Call("Set-OutboundConnector", parameters)])
                if isinstance(outcome, Done):
                    return None
                problem = t.cast("ExchangeError", getattr(outcome, "error", None))
                if not isinstance(outcome, Unknown):
                    return problem
            self._pace.sleep(pause)
            try:
                if self._stands(task, record):
                    return None
            except ExchangeError as unread:
                return unread.reworded(f"{problem.message} And it could not be read again: {unread.message}")
        return problem

    def _stands(self, task: Task, record: Record) -> bool:
        for found in self._gateway.inventory({"outbound"}):
            if found.guid == task.connector.guid:
                return (
                    found.details.get("is_validated") is record.success
                    and read_time(found.details.get("last_validation_timestamp")) == record.when
                    and found.settings.get("validation_recipients") == record.recipients
                )
        return False


def _unanswered(task: Task, problem: ExchangeError) -> ExchangeError:
    again = " Nothing was recorded; run again." if problem.retryable else " Nothing was recorded."
    return problem.reworded(f"The {task.label} was not validated: {problem.message}{again}")


def _unreadable(task: Task) -> ExchangeError:
    return ExchangeError(
        "unreadable",
        f"The {task.label}: the answer to its validation says neither success nor failure, so it counts as none and"
        " nothing was recorded. Look at steps in the result, and run again.",
        retryable=True,
    )


def _not_passed(fate: Fate) -> ExchangeError:
    said = "; ".join(_said(step) for step in fate.steps if step.success is not True)
    end = "" if said.endswith(".") else "."
    return ExchangeError(
        "not_validated",
        f"The {fate.task.label} did not pass Exchange's validation: {said}{end}"
        f" {readings.advice(fate.steps, fate.task)}",
        retryable=readings.may_pass_later(fate.steps, fate.task),
    )


def _said(step: Step) -> str:
    name, detail = one_line(step.name, 100), one_line(readings.telling(step.detail), 300)
    return f"'{name or 'a step without a name'}'" + (f": {detail}" if detail else "")


def _not_recorded(fate: Fate, problem: ExchangeError) -> ExchangeError:
    """The failure to write the result down, behind the failure of the validation itself."""
    if fate.error is not None:
        first = f"{fate.error.message} And the recorded success could not be taken back"
    else:
        first = f"The {fate.task.label} passed the validation, but that could not be recorded"
    return problem.reworded(f"{first}: {problem.message} Run again.")

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Somebody else at a connector while Exchange validated it: what was recorded of it may be true of what is gone.

A validation and its record are two requests, and neither says which settings it is about. So all whose success was
recorded are looked at once more at the end, in one reading. What is not as it was at the beginning was validated as
nobody knows what, and its success is taken back.

What somebody changes after that look is told by the time of the change at the next run, but only if it lies more than
some minutes after the record (``plan.OWN_CHANGE``): recording is a change as well, and by another clock.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.meanwhile import gone
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Key,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.model import Fate, Task

#: Seconds before the second look: a replica that lags behind may show what stood before this run began.
PAUSE = 3.0

#: What has no part in how mail goes to the partner. ``validation_recipients`` is recorded by the run itself.
_APART = frozenset({"comment", "enabled", "transport_rule_scoped", "test_mode", "validation_recipients"})


class Reader(t.Protocol):
    """What is needed of Exchange."""

    def look_up(self, keys: t.Collection[Key]) -> list[Connector]:
        """Return what stands under these keys, among others."""


def look_again(
    fates: t.Sequence[Fate],
    reader: Reader,
    take_back: t.Callable[[Task], ExchangeError | None],
    sleep: t.Callable[[float], object],
) -> list[str]:
    """Take back what was recorded of connectors that are not what was to be validated, and return warnings.

    ``take_back`` records that a connector is not validated, and returns why it could not.
    """
    recorded = {fate.task.connector.key: fate for fate in fates if fate.recorded and fate.status == "passed"}
    words = dict.fromkeys(recorded, "")
    try:
        for look in range(2 if words else 0):
            if look:
                sleep(PAUSE)
            found = {connector.key: connector for connector in reader.look_up(words)}
            seen = {key: _what_else(recorded[key].task, found.get(key)) for key in words}
            words = {key: told for key, told in seen.items() if told}
            if not words:
                break
    except ExchangeError as problem:
        unseen = "The validations were recorded, but the connectors could not be read once more, so it is not known"
        return [f"{unseen} whether somebody else changed them at the same time: {problem.message}"]
    for key, told in words.items():
        fate = recorded[key]
        fate.status, fate.error = "unknown", _told(fate.task, told, take_back)
    return []


def _what_else(task: Task, found: Connector | None) -> str:
    """What somebody else did, in words; empty where the connector is as it was."""
    before = task.connector
    if found is None or found.guid != before.guid:
        return gone(found)
    options = sorted((before.settings.keys() | found.settings.keys()) - _APART)
    changed = [option for option in options if before.settings.get(option) != found.settings.get(option)]
    return f"changed {', '.join(changed)} of it" if changed else ""


def _told(task: Task, words: str, take_back: t.Callable[[Task], ExchangeError | None]) -> ExchangeError:
    problem = None if words.startswith("deleted") else take_back(task)
    end = "it does not count as validated"
    if problem is not None:
        end = f"{end}, but the recorded success could not be taken back: {problem.message.rstrip('.')}"
    return ExchangeError(
        "changed_meanwhile",
        f"The {task.label} passed the validation, but while this ran somebody else {words}. What was validated is not"
        f" known, so {end}. Run again when nobody else works on the connectors.",
        retryable=True,
    )

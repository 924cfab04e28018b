# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Fates -> what users see. The only place that knows the shape of results. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation import readings
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.model import Fate, Task

_SUCCESS: t.Mapping[str, bool | None] = {
    "passed": True,
    "fresh": True,
    "failed": False,
    "unknown": None,
    "planned": None,
}
STATUSES = tuple(_SUCCESS)


def validation(fate: Fate) -> dict[str, t.Any]:
    """What became of one connector."""
    task = fate.task
    return {
        "connector": task.connector.name,
        "status": fate.status,
        "success": _SUCCESS[fate.status],
        "reason": task.due,
        "steps": [{"name": step.name, "success": step.success, "detail": step.detail} for step in fate.steps],
        "recipients": list(task.recipients),
        "refused_disabled": fate.status == "failed" and readings.refused_disabled(fate.steps, task),
        "recorded": fate.recorded,
        "tries": fate.tries,
        "seconds": fate.seconds,
        "error": fate.error.as_result() if fate.error else None,
    }


def planned(task: Task) -> Fate:
    """What check mode says of a task."""
    return Fate(task, "planned" if task.due else "fresh")


def summary(fates: t.Sequence[Fate]) -> dict[str, int]:
    """Counts by status."""
    counts = {status: sum(1 for fate in fates if fate.status == status) for status in STATUSES}
    return {"total": len(fates), **counts, "recorded": sum(1 for fate in fates if fate.recorded)}


def task_error(fates: t.Sequence[Fate]) -> ExchangeError | None:
    """The error of the task: the gravest kind first, in a sentence for all of them."""
    bad = [fate for fate in fates if fate.error is not None]
    if not bad:
        return None
    gravest = min(bad, key=lambda fate: ("unknown", "passed", "failed").index(fate.status))
    shown = [fate.error.message for fate in bad[:5] if fate.error]
    more = f" And {len(bad) - len(shown)} more; see validations in the result." if len(bad) > len(shown) else ""
    sentence = f"{len(bad)} of {len(fates)} connectors did not come through their validation. {' '.join(shown)}{more}"
    return t.cast("ExchangeError", gravest.error).reworded(sentence)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What Validate-OutboundConnector answers, where somebody named an address for its test mail. Pure."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import (
    Finding,
    Question,
    Seen,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.readings import (
    CONNECTORS,
    Read,
    question,
    told,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Record

_STEP = "validate"
_KNOWN = ("TaskName", "IsTaskSuccessful", "Detail")
_LABELS = ("check connectivity", "send test email")
_NOT_OF_CONNECTOR = "not configured as part of connector"


def _tasks(seen: Seen) -> list[Record]:
    return seen[_STEP].records if _STEP in seen and seen[_STEP].done else []


def _detail(seen: Seen) -> Finding | None:
    tasks = _tasks(seen)
    if not tasks:
        return None
    named = sorted({name for task in tasks for name in task if "@" not in name})
    text = f"Members: {', '.join(named)}"
    shapes = {type(task.get("Detail")) for task in tasks if "Detail" in task}
    if shapes:
        return Finding(text, "list" if list in shapes else "text")
    return Finding(text, "other_name" if set(named) - set(_KNOWN) else "absent")


def _flag(seen: Seen) -> Finding | None:
    values = {repr(task["IsTaskSuccessful"]) for task in _tasks(seen) if "IsTaskSuccessful" in task}
    return Finding(", ".join(sorted(values)), "bool" if values <= {"True", "False"} else "text") if values else None


def _names(seen: Seen) -> Finding | None:
    names = [str(task["TaskName"]) for task in _tasks(seen) if "TaskName" in task]
    if not names:
        return None
    labels = all(name.lower().startswith(_LABELS) for name in names)
    return Finding("; ".join(names), "labels" if labels else "others")


def _connectivity(seen: Seen) -> Finding | None:
    tasks = _tasks(seen)
    if not tasks:
        return None
    return Finding(f"{len(tasks)} tasks for a connector by MX", "mx_too" if len(tasks) > 1 else "smart_hosts")


def _disabled(seen: Seen) -> Finding | None:
    answer = seen.get(_STEP)
    if answer is None:
        return None
    details = [str(value) for task in _tasks(seen) for name, value in task.items() if name not in _KNOWN[:2]]
    if answer.refused or any(_NOT_OF_CONNECTOR in text for text in details):
        return Finding("Not as a connector that is enabled", "refused")
    tried = details or any(str(task.get("IsTaskSuccessful")).lower() == "true" for task in _tasks(seen))
    return Finding("As any other", "validated") if tried else None


def _row(name: str, text: str, read: Read, assumed: str | None) -> Question:
    still = "It sends a real test mail; name an address of yours with validation_recipients."
    return question(name, text, f"{CONNECTORS}.1", read, assumed, _STEP, still=still)


QUESTIONS: tuple[Question, ...] = (
    _row("validation_detail", "The member that holds the details of a validation's task", _detail, "text"),
    _row("validation_flag", "IsTaskSuccessful of a validation's task", _flag, "bool"),
    _row("validation_task_names", "The names of a validation's tasks", _names, "labels"),
    _row("validation_connectivity", "What the connectivity of is tested", _connectivity, "smart_hosts"),
    _row("validation_disabled", "Validation of a connector that is disabled", _disabled, "refused"),
    _row("validation_answer", "What Validate-OutboundConnector answers", told(_STEP), None),
)

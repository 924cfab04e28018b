# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The answer of Validate-OutboundConnector -> steps. Pure.

Microsoft publishes neither the names of the steps nor how many there are: two members are known, TaskName and
IsTaskSuccessful. So a success is that every row says so, rows are kept as they came, and whatever else a row holds is
its detail.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.model import Step

_NAME = "taskname"
_SUCCESS = "istasksuccessful"
_FLAGS = {"true": True, "false": False}


def read_steps(rows: t.Sequence[t.Mapping[str, t.Any]]) -> tuple[Step, ...]:
    """Return the steps, in their order."""
    return tuple(_step(row) for row in rows)


def passed(steps: t.Sequence[Step]) -> bool:
    """Whether this is a success: at least one step, and each of them was read as one."""
    return bool(steps) and all(step.success is True for step in steps)


def readable(steps: t.Sequence[Step]) -> bool:
    """Whether the answer tells success or failure at all."""
    return passed(steps) or any(step.success is False for step in steps)


def _step(row: t.Mapping[str, t.Any]) -> Step:
    known = {name.lower(): value for name, value in row.items()}
    name = known.get(_NAME)
    return Step(name if isinstance(name, str) else "", _flag(known.get(_SUCCESS)), _detail(row))


def _flag(value: object) -> bool | None:
    if isinstance(value, str):
        return _FLAGS.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def _detail(row: t.Mapping[str, t.Any]) -> str:
    """The other members: the text of a single one, else a line for each with its name in front."""
    texts = {name: _text(value) for name, value in row.items() if name.lower() not in (_NAME, _SUCCESS)}
    told = {name: text for name, text in texts.items() if text}
    if len(told) == 1:
        return next(iter(told.values()))
    return "\n".join(f"{name}: {text}" for name, text in told.items())


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(value).strip()
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if value not in ([], {}) else ""

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""A plan -> what the next job of a workflow needs of it, small enough to travel among its variables. Pure.

List and tenant are looked at again there. What cannot be seen again is when the plan was made, and by what evidence.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._plain import TEMPLATE_MARKS

Values = dict[str, t.Any]

_HEAD = ("format", "plan_id", "made_at", "tenant_id", "summary")
#: Sentences for the one who approves; the output of the job that planned shows all.
_MOST_LINES = 100
_LONGEST = 300


def handed_plan(plan: t.Mapping[str, t.Any]) -> Values:
    """Return a plan that can be approved in the place of ``plan``, of some hundred bytes a partner."""
    lines = [_text(line) for line in plan["lines"]]
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"... and {len(lines) - _MOST_LINES} more lines in the output of the job."]
    partners = [{"name": one["name"], "evidence": _evidence(one["evidence"])} for one in plan["partners"]]
    return {**{key: plan[key] for key in _HEAD}, "lines": lines, "partners": partners}


def _evidence(seen: t.Mapping[str, t.Any] | None) -> Values | None:
    """What the gate goes by: the verdict, and the gravest of what is against a partner."""
    if seen is None:
        return None
    told: list[Values] = [
        {key: _text(value) for key, value in obstacle.items() if key != "advice"} for obstacle in seen["obstacles"][:1]
    ]
    others = len(seen["obstacles"]) - 1
    if others > 0:
        told[0]["message"] = f"{told[0]['message'].rstrip('.')} (and {others} more)."
    # Certificate names are asked for where one is missing, and then there was no plan.
    return {**seen, "obstacles": told, "notices": [_text(notice) for notice in seen["notices"]], "names": []}


def _text(said: object) -> str:
    """A sentence. Partners' servers have a say in it: nothing in it may be taken for a template by the next job."""
    text = str(said)
    for mark in TEMPLATE_MARKS:
        text = text.replace(mark, f"{mark[0]} {mark[1]}")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."

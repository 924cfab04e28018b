# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bars of the project, compared with what this run has seen."""

from __future__ import annotations

import dataclasses
import typing as t

from .runs import Run
from .scenarios import CHANGE, FIRST, SECOND, SIDE_BY_SIDE

COMPARED = 50
CREATED = 500
PAGE = 1000


@dataclasses.dataclass(frozen=True)
class Bar:
    """``counted``: a count that is the same on every machine, other than a time or a size in memory."""

    measure: str
    aim: str
    seen: str
    reached: bool
    counted: bool


def bars(runs: t.Sequence[Run], plan: t.Mapping[str, t.Any]) -> list[Bar]:
    """Return every bar in the order in which the project set them."""
    role = [run for run in runs if run.subject == "role"]
    return [
        *_second_runs([run for run in role if run.phase == SECOND]),
        *_creations([run for run in role if run.size == CREATED]),
        *_speed([run for run in runs if run.group == SIDE_BY_SIDE and run.size == COMPARED]),
        *_plan(plan),
        *_tokens([run for run in runs if run.subject != "uri loop"]),
        *_connector([run for run in runs if run.subject == "connector"]),
    ]


def _second_runs(second: t.Sequence[Run]) -> list[Bar]:
    alone = {run.size: run.requests for run in second if run.batch_size == 1}
    batched = {run.size: run.requests for run in second if run.batch_size > 1}
    paged = {size: number for size, number in alone.items() if size > PAGE}
    within = {size: number for size, number in alone.items() if size <= PAGE}
    rows = [_at_most(f"second run, N up to {PAGE}: requests", 5, max(within.values()), _by_size(within))]
    if batched:
        rows.append(_at_most("second run, batch_size 10: requests", 5, max(batched.values()), _by_size(batched)))
    if paged:
        # The service hands out a thousand records a page; without batches each further page is a request of its own.
        beyond = _at_most(f"second run, N over {PAGE}, one by one: requests", 5, max(paged.values()), _by_size(paged))
        rows.append(dataclasses.replace(beyond, counted=False))
    return [*rows, _at_most("second run, any N: writes", 0, max(run.writes for run in second))]


def _by_size(requests: t.Mapping[int, int]) -> str:
    return ", ".join(f"{number} at N={size}" for size, number in sorted(requests.items()))


def _creations(runs: t.Sequence[Run]) -> list[Bar]:
    single = next(run for run in runs if run.phase == FIRST and run.batch_size == 1)
    batched = next(run for run in runs if run.phase == FIRST and run.batch_size == 10)
    change = next(run for run in runs if run.phase == CHANGE)
    return [
        Bar(f"one changed partner among {CREATED}: writes", "1", str(change.writes), change.writes == 1, counted=True),
        _at_most(f"create {CREATED} partners one by one: requests", 1010, single.requests),
        _at_most(f"create {CREATED} partners, batch_size 10: requests", 110, batched.requests),
    ]


def _speed(runs: t.Sequence[Run]) -> list[Bar]:
    return [
        Bar(
            f"N={COMPARED}, {phase} run: times faster than the loop",
            f">= {least}",
            f"{ratio:.1f}",
            ratio >= least,
            counted=False,
        )
        for phase, least in ((FIRST, 10), (SECOND, 25))
        for ratio in [speed_up(runs, COMPARED, phase)]
        if ratio is not None
    ]


def speed_up(runs: t.Sequence[Run], size: int, phase: str) -> float | None:
    """How many times faster the role is than the loop; None where one of them was not run."""
    walls = {
        run.subject: run.cost.wall
        for run in runs
        if run.group == SIDE_BY_SIDE and run.size == size and run.phase == phase
    }
    return walls["uri loop"] / walls["role"] if {"uri loop", "role"} <= walls.keys() else None


def _plan(plan: t.Mapping[str, t.Any]) -> list[Bar]:
    cpu, memory = plan["cpu"], plan["memory_mb"]
    return [
        Bar("plan for 1,800 partners against 6,250: CPU s", "< 2", f"{cpu:.2f}", cpu < 2, counted=False),
        Bar("plan for 1,800 partners against 6,250: MB", "< 200", f"{memory:.0f}", memory < 200, counted=False),
    ]


def partner_bar(cost: t.Mapping[str, t.Any]) -> Bar:
    """What it costs to compose the connectors of a long list and to find what is in their way."""
    measure = f"connectors and conflicts of {cost['partners']} partners against {cost['connectors']}: CPU s"
    return Bar(measure, f"< {cost['bar']:.0f}", f"{cost['cpu']:.2f}", cost["reached"], counted=False)


def _tokens(runs: t.Sequence[Run]) -> list[Bar]:
    wrong = [run for run in runs if run.tokens != run.module_calls]
    calls, tokens = sum(run.module_calls for run in runs), sum(run.tokens for run in runs)
    return [Bar("tokens per module call", "1", f"{tokens} in {calls} calls", not wrong, counted=True)]


def _connector(runs: t.Sequence[Run]) -> list[Bar]:
    return [
        _at_most("bare connector, unchanged: tokens", 1, max(run.tokens for run in runs)),
        _at_most("bare connector, unchanged: reads", 4, max(run.requests for run in runs)),
    ]


def _at_most(measure: str, most: int, number: int, seen: str | None = None) -> Bar:
    return Bar(measure, f"<= {most}" if most else "0", seen or str(number), number <= most, counted=True)

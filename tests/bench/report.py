# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers as tables on the terminal."""

from __future__ import annotations

import typing as t

from .bars import Bar, speed_up
from .runs import Run
from .scenarios import CHANGE, FIRST, SECOND, SIDE_BY_SIDE

HEAD = ("subject", "N", "run", "batch", "wall s", "CPU s", "requests", "writes", "tokens", "MB, largest", "MB, all")
WIDTHS = (14, 5, 10, 5, 7, 7, 8, 6, 6, 11, 7)


def head(title: str) -> str:
    return f"\n{title}\n{_line(HEAD)}"


def row(run: Run) -> str:
    cost = run.cost
    return _line(
        (
            run.subject,
            str(run.size),
            run.phase,
            str(run.batch_size),
            f"{cost.wall:.1f}",
            f"{cost.cpu:.1f}",
            str(run.requests),
            str(run.writes),
            str(run.tokens),
            f"{cost.largest_mb:.0f}",
            f"{cost.tree_mb:.0f}",
        )
    )


def _line(cells: t.Sequence[str]) -> str:
    left = (0, 2)
    return "  ".join(
        cell.ljust(width) if column in left else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    )


def ratios(runs: t.Sequence[Run]) -> str:
    """How many times faster the role is than the loop, and how many fewer requests it sends."""
    lines = [
        "\nThe uri loop's numbers divided by the role's (--full for all of them)",
        "N      run           wall  requests",
    ]
    for size in sorted({run.size for run in runs if run.group == SIDE_BY_SIDE}):
        for phase in (FIRST, SECOND, CHANGE):
            faster = speed_up(runs, size, phase)
            if faster is not None:
                lines.append(f"{size:<5}  {phase:<10}  {faster:>6.1f}  {_fewer(runs, size, phase):>8.1f}")
    return "\n".join(lines)


def _fewer(runs: t.Sequence[Run], size: int, phase: str) -> float:
    seen = {
        run.subject: run.requests
        for run in runs
        if run.group == SIDE_BY_SIDE and run.size == size and run.phase == phase
    }
    return seen["uri loop"] / seen["role"]


def plan(cost: t.Mapping[str, t.Any]) -> str:
    steps = ", ".join(f"{name} {seconds:.2f}" for name, seconds in cost["steps"].items())
    return (
        f"\nThe plan alone: {cost['cpu']:.2f} s CPU ({steps}), {cost['memory_mb']:.0f} MB with interpreter and input;"
        f" {cost['existing']} connectors stand, {cost['actions']}"
    )


def partners(cost: t.Mapping[str, t.Any]) -> str:
    steps = ", ".join(f"{name} {seconds:.2f}" for name, seconds in cost["steps"].items())
    return (
        f"\nA list of {cost['partners']} partners against {cost['connectors']} connectors: {cost['cpu']:.2f} s CPU"
        f" ({steps}), {cost['memory_mb']:.0f} MB; conflicts: {cost['conflicts']}"
    )


def table(found: t.Sequence[Bar]) -> str:
    """The bars as a Markdown table."""
    lines = ["\n| measure | bar | seen | reached |", "| --- | --- | --- | --- |"]
    lines += [f"| {row.measure} | {row.aim} | {row.seen} | {'yes' if row.reached else '**no**'} |" for row in found]
    return "\n".join(lines)

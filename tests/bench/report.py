# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers as tables on the terminal."""

from __future__ import annotations

import typing as t

from .bars import Bar, speed_up
from .runs import Run
from .scenarios import CHANGE, FIRST, SECOND

#: What a part has seen, by the name it is kept under, and its bars.
Seen = tuple[dict[str, t.Any], list[Bar]]

HEAD = ("subject", "N", "run", "batch", "wall s", "CPU s", "lab's CPU", "requests", "writes", "tokens", "MB", "MB, all")
WIDTHS = (23, 5, 10, 6, 7, 7, 9, 8, 6, 6, 5, 7)


def head(title: str) -> str:
    return f"\n{title}\n{_line(HEAD)}"


def row(run: Run) -> str:
    cost = run.cost
    return _line(
        (
            run.subject,
            str(run.size),
            run.phase,
            "packed" if run.packed else str(run.batch_size),
            f"{cost.wall:.1f}",
            f"{cost.cpu:.1f}",
            f"{run.lab_cpu:.1f}",
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
    """How many times faster the role is than the loops, and how many fewer requests it sends."""
    lines = ["\nThe loops' numbers divided by the role's (--full for all of them)"]
    lines.append(f"{'loop':<23}  {'N':>5}  {'run':<10}  {'wall':>6}  {'requests':>8}")
    sizes = sorted({run.size for run in runs})
    for subject in ("uri loop", "connector loop", "connector loop, modules"):
        for size, phase in ((size, phase) for size in sizes for phase in (FIRST, SECOND, CHANGE)):
            times = speed_up(runs, subject, size, phase)
            if times is not None:
                lines.append(f"{subject:<23}  {size:>5}  {phase:<10}  {times[0]:>6.1f}  {times[1]:>8.1f}")
    return "\n".join(lines)


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


def table(found: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    """The bars as a Markdown table."""
    lines = ["\n| measure | bar | seen | reached |", "| --- | --- | --- | --- |"]
    for row in found:
        reached = "yes" if row["reached"] else "**no**"
        lines.append(f"| {row['measure']} | {row['aim']} | {row['seen']} | {reached} |")
    return "\n".join(lines)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide "What it costs", with its pictures, from the numbers of a whole run. Pure, but for ``write``."""

from __future__ import annotations

import pathlib
import textwrap
import typing as t

from . import pages_text as text
from .calculated import TOOLS
from .plot import Series, plot
from .scenarios import CHANGE, FIRST, LARGE, ONE_TENANT, SECOND

Content = t.Mapping[str, t.Any]
Run = t.Mapping[str, t.Any]
Cells = t.Sequence[t.Sequence[str]]

LOOPS: t.Final = ("uri loop", "connector loop", "connector loop, modules")
#: Name of a column, and which runs of the role stand in it: phase, writes in a request, packed.
ROLE_COLUMNS: t.Final = (
    ("first run, one by one", (FIRST, 1, False)),
    ("in batches of ten", (FIRST, 10, False)),
    ("packed", (FIRST, 1, True)),
    ("nothing to do", (SECOND, 1, False)),
    ("one change", (CHANGE, 1, False)),
)


def write(content: Content, docsite: pathlib.Path) -> list[pathlib.Path]:
    """Write the guide and its pictures below ``docsite``, and return their files."""
    files = {docsite / "rst" / "cost.rst": page(content)}
    files |= {docsite / "images" / name: picture for name, picture in pictures(content).items()}
    for file, written in files.items():
        file.write_text(written, encoding="utf-8")
    return list(files)


# -- pictures ---------------------------------------------------------------------------------------------------------


def pictures(content: Content) -> dict[str, str]:
    """Name of a file -> what is in it."""
    runs = content["runs"]
    least, *_others, most = _sizes(runs)
    return {
        "cost_requests_again.svg": plot(
            "Nothing to do: requests to Exchange",
            "partners",
            "requests",
            [*_measured(runs, SECOND, "requests"), *_calculated(SECOND, least, most)],
        ),
        "cost_requests_first.svg": plot(
            "First run: requests to Exchange",
            "partners",
            "requests",
            [*_of_role(runs, FIRST, "requests"), *_calculated(FIRST, least, most)],
        ),
        "cost_seconds.svg": plot(
            f"Seconds, start-up included, at {content['latency'] * 1000:.0f} ms a request",
            "partners",
            "seconds",
            [
                *(Series(f"first run, {one.label}", one.points) for one in _of_role(runs, FIRST, "wall")),
                Series("nothing to do, role", _points(runs, "role", SECOND, "wall")),
                Series("first run, uri loop", _points(runs, "uri loop", FIRST, "wall")),
                Series("nothing to do, connector loop", _points(runs, "connector loop", SECOND, "wall")),
            ],
        ),
    }


def _measured(runs: t.Sequence[Run], phase: str, what: str) -> list[Series]:
    return [
        Series(name, _points(runs, subject, phase, what))
        for name, subject in (("this role", "role"), ("uri loop", "uri loop"), ("connector loop", "connector loop"))
    ]


def _of_role(runs: t.Sequence[Run], phase: str, what: str) -> list[Series]:
    return [
        Series(name, _points(runs, "role", phase, what, batch_size=batch_size, packed=packed))
        for name, batch_size, packed in (
            ("role, one by one", 1, False),
            ("role, batches", 10, False),
            ("role, packed", 1, True),
        )
    ]


def _calculated(phase: str, least: int, most: int) -> list[Series]:
    return [
        Series(tool.name, [(size, tool.runs[phase].of(size)) for size in (least, most)], calculated=True)
        for tool in TOOLS
    ]


def _points(
    runs: t.Sequence[Run], subject: str, phase: str, what: str, *, batch_size: int = 1, packed: bool = False
) -> list[tuple[float, float]]:
    found = (run for run in runs if _is(run, subject, phase, batch_size, packed=packed))
    return sorted((run["size"], run["cost"]["wall"] if what == "wall" else run[what]) for run in found)


def _is(run: Run, subject: str, phase: str, batch_size: int, *, packed: bool) -> bool:
    kind = (run["group"], run["subject"], run["phase"], run["batch_size"], run["packed"])
    return kind == (ONE_TENANT, subject, phase, batch_size, packed)


# -- the guide --------------------------------------------------------------------------------------------------------


def page(content: Content) -> str:
    """The guide in reStructuredText."""
    runs, latency = content["runs"], content["latency"] * 1000
    parts = [
        text.HEAD.format(**{name: content[name] for name in ("cpus", "load", "minutes")}, latency=latency),
        text.ONE.format(latency=latency),
        _table(["partners", *(name for name, _which in ROLE_COLUMNS)], _role_rows(runs)),
        _large(runs),
        _image("cost_seconds.svg", "Seconds over the number of partners, for the role and for loops."),
        text.BESIDE,
        _table(["partners", "run", "role", *LOOPS, *(f"{one.name} (calculated)" for one in TOOLS)], _beside_rows(runs)),
        _image("cost_requests_again.svg", "Requests over the number of partners where there is nothing to do."),
        _image("cost_requests_first.svg", "Requests over the number of partners in a first run."),
        text.CALCULATED + "\n".join(_how()),
        _many(content["tenants"]),
        text.BARS,
        _table(["measure", "bar", "seen", "reached"], [_bar(row) for row in content["bars"]]),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _role_rows(runs: t.Sequence[Run]) -> Cells:
    rows = []
    for size in _sizes(runs):
        found = [_only(runs, size, "role", *which) for _name, which in ROLE_COLUMNS]
        rows.append([f"{size:,}", *(_cost(run) for run in found)])
    return rows


def _beside_rows(runs: t.Sequence[Run]) -> Cells:
    rows = []
    for size in _sizes(runs):
        for phase, name in ((FIRST, "first"), (SECOND, "nothing to do")):
            ours = [_cost(_only(runs, size, subject, phase, 1, False)) for subject in ("role", *LOOPS)]
            rows.append([f"{size:,}", name, *ours, *(f"{tool.runs[phase].of(size):,} requests" for tool in TOOLS)])
    return rows


def _sizes(runs: t.Sequence[Run]) -> list[int]:
    return sorted({run["size"] for run in runs if run["group"] == ONE_TENANT and run["subject"] == "role"})


def _only(runs: t.Sequence[Run], size: int, subject: str, phase: str, batch_size: int, packed: bool) -> Run | None:
    return next(
        (run for run in runs if run["size"] == size and _is(run, subject, phase, batch_size, packed=packed)), None
    )


def _cost(run: Run | None) -> str:
    return "" if run is None else f"{run['cost']['wall']:.1f} s, {run['requests']:,} requests"


def _large(runs: t.Sequence[Run]) -> str:
    told = [
        f"{_cost(run)} {'one by one' if run['batch_size'] == 1 else 'in batches'}"
        for run in runs
        if run["group"] == LARGE and run["subject"] == "role"
    ]
    return text.LARGE.format(told="; ".join(told))


def _how() -> list[str]:
    told = [
        f"* {tool.name} (code of {tool.code}): first run {tool.runs[FIRST].formula()}, nothing to do"
        f" {tool.runs[SECOND].formula()}. {tool.how}"
        for tool in TOOLS
    ]
    return [textwrap.fill(one, 118, subsequent_indent="  ") for one in told]


def _many(runs: t.Sequence[Run]) -> str:
    many = [run for run in runs if run["latency"]]
    short = [run for run in runs if not run["latency"]]
    columns = ["tenants", "one task", "seconds", "CPU s", "the lab's CPU s", "requests", "MB of the largest fork"]
    told = {
        "partners": many[0]["partners"],
        "latency": many[0]["latency"] * 1000,
        "short": short[0]["partners"],
    }
    rows, short_rows = ([_tenants_row(run) for run in some] for some in (many, short))
    return "\n".join(
        [text.MANY.format(**told), _table(columns, rows), text.SHORT.format(**told), _table(columns, short_rows)]
    )


def _tenants_row(run: Run) -> list[str]:
    cost = run["cost"]
    counts = [f"{cost['cpu']:.1f}", f"{run['lab_cpu']:.1f}", f"{run['requests']:,}"]
    size = f"{cost['child_mb']:.0f}" if cost["child_mb"] else ""
    return [str(run["tenants"]), run["way"], f"{cost['wall']:.1f}", *counts, size]


def _bar(row: t.Mapping[str, t.Any]) -> list[str]:
    return [row["measure"], row["aim"], row["seen"], "yes" if row["reached"] else "**no**"]


def _table(head: t.Sequence[str], rows: Cells) -> str:
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (head, *rows):
        lines += [f"   {'*' if number == 0 else ' '} - {cell}".rstrip() for number, cell in enumerate(row)]
    return "\n".join(lines) + "\n"


def _image(name: str, about: str) -> str:
    return f".. image:: ../images/{name}\n   :alt: {about}\n"

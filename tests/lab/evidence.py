# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account of what the lab's answers rest on, collected from the parts that give them.

*recorded*: a public capture of the real service shows it; *documented*: Microsoft's documentation says so; *assumed*:
nobody published it, it is this lab's guess, often with a switch for another reading. Answers carry the id of their row
in the header ``X-Lab-Evidence``.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .qualified import Qualified

HEADER: t.Final = "X-Lab-Evidence"
RECORDED: t.Final = "recorded"
DOCUMENTED: t.Final = "documented"
ASSUMED: t.Final = "assumed"
BASES: t.Final = (RECORDED, DOCUMENTED, ASSUMED)


class Evidence(t.NamedTuple):
    """One row: ``answer`` says what the lab does, ``basis`` is one of the three classes."""

    id: str
    answer: str
    basis: str
    source: str
    note: str = ""


def table() -> tuple[Evidence, ...]:
    """All rows. Raises ValueError when an id stands twice or a basis is none of the three."""
    from .entra_evidence import EVIDENCE as sign_in
    from .exchange.evidence import EVIDENCE as exchange
    from .mailflow.flow_evidence import EVIDENCE as flow
    from .mailflow.inbound_evidence import EVIDENCE as inbound
    from .mailflow.transport_evidence import EVIDENCE as transport

    rows = tuple(Evidence(*row) for part in (sign_in, exchange, transport, inbound, flow) for row in part)
    seen: set[str] = set()
    for row in rows:
        if row.id in seen or row.basis not in BASES:
            raise ValueError(f"Evidence row {row.id!r} stands twice or has the basis {row.basis!r}")
        seen.add(row.id)
    return rows


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _table(head: t.Sequence[str], rows: t.Iterable[t.Sequence[object]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]


def markdown(qualified: Qualified | None = None) -> str:
    """The account as a page: answers, then switches; with what a real tenant answered, where that is given."""
    from .partners import evidence as partners
    from .switch_table import TABLE

    rows, switch_table = table(), TABLE
    if qualified is not None:
        rows, switch_table = tuple(map(qualified.row, rows)), tuple(map(qualified.switch, TABLE))
    counts = ", ".join(f"{sum(row.basis == basis for row in rows)} {basis}" for basis in BASES)
    lines = [
        "<!-- Written by `make docs`; edit the tables in tests/lab instead. -->",
        "",
        "# What the lab's answers rest on",
        "",
        "The lab stands in for Entra ID and Exchange Online. A test that passes against it proves what the real",
        "services do only as far as the answers here are *recorded* (seen on the real service, published) or",
        "*documented* (by Microsoft). What is *assumed* is a guess.",
        "",
        f"Answers: {counts}.",
        "",
        "## Answers",
        "",
        *_table(("id", "what the lab does", "rests on", "source", "note"), rows),
        "",
        "## Switches",
        "",
        "Where public facts conflict or are silent, the lab offers each reading. The first value is the default.",
        "",
    ]
    switches = []
    for one in switch_table:
        values = [one.default] if one.values is None else [one.default, *(v for v in one.values if v != one.default)]
        told = ", ".join(f"`{value}`" if value != "" else "(empty)" for value in values)
        switches.append(
            (f"`{one.name}`", one.question, told + (", ..." if one.values is None else ""), one.basis, one.source)
        )
    lines += _table(("switch", "question", "values", "the default is", "source"), switches)
    lines += [
        "",
        "## Partners",
        "",
        "The partners whose mail servers the lab runs (`--partners`), with the verdict on each for the three levels",
        "that can be asked for. Where it rests on *documented*, the sources are those of the findings (findings.md).",
        "",
        *_table(partners.HEAD, partners.rows()),
    ]
    return "\n".join(lines) + "\n"

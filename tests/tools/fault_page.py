# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fault matrix as a page, from the table that the tests run: ``make docs`` writes it."""

from __future__ import annotations

import pathlib

from ansible_collections.mailflow.exchange_online.tests.integration.fault_matrix import (
    ENDINGS,
    OPERATIONS,
    ROWS,
    Cell,
    Row,
)

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "fault_matrix.rst"
HEAD = """\
.. _ansible_collections.mailflow.exchange_online.docsite.fault_matrix:

What may break, and how it ends
===============================

..
   Written by ``make docs``. What it says stands in tests/integration/fault_matrix.py.

Each row is something that goes wrong: an answer of Exchange Online or of the sign-in service, a connection, or
somebody else at work. Each column is what is being done at that moment. Every cell is a test that runs against the
lab in each build ({cells} cells), and looks at what stands in the tenant afterwards, not only at what was reported.

Whatever the row, in every cell:

* no connector is made twice, and none is weaker than before,
* what is reported is what stands,
* nothing is called unchanged that was not read whole,
* what is recorded as validated was seen to pass, and no test mail is sent twice,
* the next run, when the fault is over, brings about what was wished.

The words in the cells:

{words}

Where a cell has two words, the first is for a fault that happens once, the second for one that happens every time.
*Batched* is where ``batch_size`` is more than 1 and the command travels with others; it stands there where it ends
otherwise, or where the row concerns batches alone. A validation and its record always travel alone. A star: what
comes after it in the same task may fail likewise, because it needs the same right, the same token or the same
service. Commands that travel in one request share what happens to it. An empty cell: that cannot happen.

The matrix
----------

.. list-table::
   :header-rows: 1
   :stub-columns: 1

"""
TAIL = """
Waiting
-------

A request that the service puts off (429, 503) is sent again as often as ``retries`` says. ``Retry-After`` is
honoured in each of its forms, and by all requests of the task, also after the last try: until it is over nothing is
sent to that tenant. A date is measured by the date of the answer, so the clock of this host does not count. Where
the service wishes for more than five minutes, the task ends there and says when to run again. A sign-in that failed
is not tried again within the task.

Somebody else at work
---------------------

Exchange Online has no lock and no conditional write. A run reads, plans, and writes only the options that differ;
what it changed it reads once more at the end. Of two runs that change one connector at the same time, the last one
to write has either brought all of it to its list, or says that somebody else changed it meanwhile. Then run again
when the other one is through.

Two runs with different lists may bring one domain into force with a connector each, when both have read before either
of them wrote. Each looks after its last write which connector has come beside its own, so at least one of them says
so (``changed_meanwhile``), names the other connector, and leaves both as they are: somebody has to decide which one
keeps the domain. The role also asks just before it writes, and makes none where another one has come since its plan.
A replica that lags behind may hide the other connector, but then it mostly hides the own one as well: that is looked
at again, and is a warning if it does not show.

Within a run, a task plans from a reading that shows what the tasks before it have written. It reads again while that
does not show, five times in 22 seconds; if it never does, nothing more is changed, and the run says so. What a
partner's consent, a partner who is held, or a trial of an earlier run would weaken is left alone where the connector
is not as the plan has seen it (``plan_changed``). A run that begins while Exchange Online still shows what was before
the last one sees what it is shown: leave some minutes between two runs that move domains.
"""
_COLUMNS = tuple(operation for operation, column in OPERATIONS.items() if not column.batched)


def page() -> str:
    """The whole page."""
    words = "\n".join(f"* *{word}*: {meaning}." for word, meaning in ENDINGS.items())
    lines = _line(["fault", *(OPERATIONS[operation].title for operation in _COLUMNS)])
    for row in ROWS:
        lines += _line([row.fault, *(_cell(row, operation) for operation in _COLUMNS)])
    head = HEAD.format(cells=sum(len(row.cells) for row in ROWS), words=words)
    return head + "\n".join(lines) + "\n" + TAIL


def _line(cells: list[str]) -> list[str]:
    first, *others = (f"{'*' if place == 0 else ' '} - {cell}".rstrip() for place, cell in enumerate(cells))
    return [f"   {line}" for line in (first, *others)]


def _cell(row: Row, operation: str) -> str:
    alone, batched = row.cells.get(operation), row.cells.get(f"{operation}, batched")
    told = [_words(row, alone)] if alone else []
    if batched and batched != alone:
        told.append(f"batched: {_words(row, batched)}")
    return "; ".join(told)


def _words(row: Row, cell: Cell) -> str:
    # A list that cannot be read ends the task anyway.
    star = "\\*" if row.spreads and "failed" in cell else ""
    return " / ".join(dict.fromkeys(cell)) + star


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

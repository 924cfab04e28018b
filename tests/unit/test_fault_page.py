# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of the fault matrix is what its table says."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.tests.integration.fault_matrix import ENDINGS, ROWS
from ansible_collections.mailflow.exchange_online.tests.tools import fault_page


def test_the_page_is_that_of_the_table() -> None:
    """``make docs`` writes it."""
    page = fault_page.PAGE.read_text(encoding="utf-8")
    assert page == fault_page.page()
    for row in ROWS:
        assert page.count(f"   * - {row.fault}\n") == 1
    for word in ENDINGS:
        assert f"* *{word}*: " in page
    assert {word for row in ROWS for cell in row.cells.values() for word in cell} == set(ENDINGS)


def test_cells_say_what_differs_in_a_batch() -> None:
    page = fault_page.page()
    refused = page.index("   * - 400\n")
    assert page[refused:].splitlines()[3] == "     - failed; batched: done / failed"
    assert page[page.index("   * - item twice\n") :].splitlines()[1:4] == [
        "     -",
        "     - batched: done",
        "     - batched: done",
    ]

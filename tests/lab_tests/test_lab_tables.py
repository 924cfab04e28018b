# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables that must agree with the code: evidence with the answers that cite it, switches with those who read them."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.entra_errors import ERRORS
from ansible_collections.mailflow.exchange_online.tests.lab.entra_evidence import EVIDENCE, cite
from ansible_collections.mailflow.exchange_online.tests.lab.evidence import BASES, markdown, table
from ansible_collections.mailflow.exchange_online.tests.lab.switch_table import TABLE

LAB = pathlib.Path(__file__).resolve().parents[1] / "lab"


def sources(*patterns: str) -> str:
    return "\n".join(path.read_text() for pattern in patterns for path in sorted(LAB.glob(pattern)))


def test_each_row_of_sign_in_is_cited_and_each_citation_is_a_row() -> None:
    text = sources("*.py")
    cited = set(re.findall(r'(?:cite|_refused)\("((?:entra|imds)\.[a-z0-9-]+)"', text))
    # Errors are cited through their number.
    cited |= {f"entra.{code}" for code in ERRORS}
    assert cited == {row.id for row in EVIDENCE}


def test_each_error_of_the_table_is_raised_somewhere_or_only_asked_for() -> None:
    raised = {
        int(code)
        for code in re.findall(r"\b(\d{5,7})\b", sources("sign_in.py", "assertions.py", "scopes.py", "entra.py"))
    }
    only_by_fault = {50196, 90038, 90055, 700229, 900432}
    assert raised & set(ERRORS) == set(ERRORS) - only_by_fault


def test_a_citation_without_a_row_is_an_error() -> None:
    with pytest.raises(KeyError):
        cite("entra.nothing")


def test_all_rows_are_sound() -> None:
    for row in table():
        assert re.fullmatch(r"[a-z]+\.[A-Za-z0-9-]+", row.id), row
        assert row.basis in BASES
        assert row.answer, row
        assert row.source, row


def test_each_switch_is_read() -> None:
    text = sources("*.py", "exchange/*.py", "mailflow/*.py")
    for switch in TABLE:
        assert text.count(f'"{switch.name}"') >= 2, f"{switch.name} stands in the table and nowhere else"
        assert switch.basis in BASES
        assert switch.values is None or switch.default in switch.values


def test_the_page_in_the_docs_is_the_table() -> None:
    page = pathlib.Path(__file__).resolve().parents[2] / "docs" / "lab-evidence.md"
    assert page.read_text(encoding="utf-8") == markdown(), "run make docs"

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the guide "Least rights" name every cmdlet that the code can send, and no other."""

from __future__ import annotations

import ast
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import commands, gateway
from ansible_collections.mailflow.exchange_online.tests.tools import rights

VERB = re.compile(r"(?:Get|New|Set|Remove|Validate|Enable|Disable|Add|Test)-(?:[A-Z]\w+)?")


def cmdlets(source: str) -> t.Iterator[str]:
    """Names of cmdlets in a file's code, not in its documentation; a name that is put together is only a verb."""
    for node in ast.walk(ast.parse(source)):
        first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and VERB.fullmatch(first.value):
            yield first.value


def test_the_table_names_the_cmdlets_of_the_code() -> None:
    found: set[str] = set()
    for path in (rights.ROOT / "plugins").rglob("*.py"):
        for name in cmdlets(path.read_text(encoding="utf-8")):
            found |= {name} if not name.endswith("-") else {f"{name}{noun}" for noun in commands._NOUN.values()}
    assert sorted(found) == sorted({*rights.CMDLETS, *rights.ASKED_TO_LEARN})


def test_the_table_names_the_parameters_of_reading() -> None:
    for calls in gateway._QUESTIONS.values():
        sent = {name for call in calls for name in call.parameters}
        assert {call.cmdlet for call in calls} <= set(rights.READING)
        assert sent == set(rights.parameters(calls[0].cmdlet))


def test_the_guide_has_the_tables() -> None:
    """``make docs`` writes them."""
    text = rights.GUIDE.read_text(encoding="utf-8")
    assert text == rights.page(text)

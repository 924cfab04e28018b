# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exchange's answer, of which only two members are known."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.model import Step
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.steps import (
    passed,
    read_steps,
    readable,
)

OK = {"TaskName": "Send test email", "IsTaskSuccessful": True}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["True", "False", "true", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
ROW = st.dictionaries(st.sampled_from(["TaskName", "IsTaskSuccessful", "istasksuccessful", "Detail"]), JSON)


@pytest.mark.parametrize(
    ("row", "step"),
    [
        (OK, Step("Send test email", True, "")),
        ({**OK, "Detail": " said \n"}, Step("Send test email", True, "said")),
        ({**OK, "Detail": None, "Log": ["a", "b"]}, Step("Send test email", True, "a\nb")),
        ({**OK, "Log": "x", "Code": 3}, Step("Send test email", True, "Log: x\nCode: 3")),
        ({**OK, "Data": {"b": 1, "a": "ü"}}, Step("Send test email", True, '{"a": "ü", "b": 1}')),
        ({"taskname": "New step", "ISTASKSUCCESSFUL": "False"}, Step("New step", False, "")),
        ({**OK, "IsTaskSuccessful": " True "}, Step("Send test email", True, "")),
        ({**OK, "IsTaskSuccessful": 1}, Step("Send test email", None, "")),
        ({**OK, "IsTaskSuccessful": "yes"}, Step("Send test email", None, "")),
        ({**OK, "IsTaskSuccessful": None}, Step("Send test email", None, "")),
        ({"TaskName": 7, "IsTaskSuccessful": False}, Step("", False, "")),
        ({}, Step("", None, "")),
    ],
)
def test_rows(row: dict[str, t.Any], step: Step) -> None:
    assert read_steps([row]) == (step,)


@pytest.mark.parametrize(
    ("flags", "success", "told"),
    [
        ([], False, False),
        ([True], True, True),
        ([True, True, True], True, True),
        ([True, False], False, True),
        ([False], False, True),
        ([None], False, False),
        ([True, None], False, False),
        ([None, False], False, True),
    ],
)
def test_success_is_that_every_step_says_so(flags: list[bool | None], success: bool, told: bool) -> None:
    found = read_steps([{"TaskName": "x", "IsTaskSuccessful": flag} for flag in flags])
    assert (passed(found), readable(found)) == (success, told)


@given(st.lists(ROW, max_size=4))
def test_nothing_else_is_ever_a_success(rows: list[dict[str, t.Any]]) -> None:
    def true(row: dict[str, t.Any]) -> bool:
        flags = [value for name, value in row.items() if name.lower() == "istasksuccessful"]
        return bool(flags) and any(f is True or (isinstance(f, str) and f.strip().lower() == "true") for f in flags)

    found = read_steps(rows)
    assert len(found) == len(rows)
    if passed(found):
        assert rows
        assert all(true(row) for row in rows)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of promises names tests that there are, for every promise."""

from __future__ import annotations

import pytest

from ansible_collections.mailflow.exchange_online.tests.tools import promises


def test_the_page_is_what_the_table_says() -> None:
    """``make docs`` writes it."""
    assert promises.PAGE.read_text(encoding="utf-8") == promises.render()


def test_every_promise_has_a_test_and_none_is_made_twice() -> None:
    _introduction, parts = promises.sections()
    made = [promise for part in parts for promise in part.get("promises", [])]
    assert len(made) > 20
    assert [promise["says"] for promise in made if not promise["tests"]] == []
    assert len({promise["says"] for promise in made}) == len(made)


@pytest.mark.parametrize(
    "test", ["unit/test_contracts.py::test_that_is_not_there", "unit/test_nowhere.py::test_no_setting_is_listed_twice"]
)
def test_a_test_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, test: str) -> None:
    part: promises.Section = {"title": "Some", "promises": [{"says": "It holds.", "tests": [test]}]}
    monkeypatch.setattr(promises, "sections", lambda: ("Words", [part]))
    with pytest.raises(ValueError, match=test):
        promises.render()

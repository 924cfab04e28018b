# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide shows what a run prints."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.tests.tools import guide


def test_the_guides_outputs_are_those_of_its_playbooks() -> None:
    """``make docs`` writes them."""
    page = guide.GUIDE.read_text(encoding="utf-8")
    assert guide.render(page) == page
    assert "verdict: ready\n" in page
    assert page.count("verdict: not_ready\n") == 3

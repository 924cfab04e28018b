# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guides of the daily work show what the playbooks print."""

from __future__ import annotations

import pathlib
import re

from ansible_collections.mailflow.exchange_online.tests.tools import daily_guides, onboard_guide


def test_the_daily_work_goes_as_the_guides_tell_it(tmp_path: pathlib.Path) -> None:
    """``make docs`` writes them."""
    blocks = onboard_guide.undisturbed(daily_guides.play, tmp_path / "desk")
    for page in daily_guides.PAGES:
        text = (daily_guides.RST / f"{page}.rst").read_text(encoding="utf-8")
        assert daily_guides.render(page, text, blocks) == text, page

    # What the text between the outputs says of them.
    assert "- Tailspin\n" in blocks["first-read"] + "\n"
    assert "4 to create, 0 to update" in _plain(blocks["first-check"])
    assert "4 created, 0 updated" in _plain(blocks["first-real"])
    assert _plan_ids(blocks["first-check"]) == _plan_ids(blocks["first-real"])
    assert "Forced TLS to Woodgrove Bank: null" in blocks["validated"]
    assert "The partner''s server offers no STARTTLS" in _plain(blocks["validated"])
    assert "2 refused" in _plain(blocks["refused"])
    assert "the consent is forced_tls_allow_weaken: all" in _plain(blocks["refused"])
    assert "Nothing was changed. Make a new plan" in _plain(blocks["overtaken"])
    assert "kind: authentication" in blocks["wrong-secret"]
    assert "it-was-better-once" not in blocks["wrong-secret"]


def _plan_ids(output: str) -> set[str]:
    found = set(re.findall(r"Plan ([0-9a-f]{32})", _plain(output)))
    assert len(found) == 1
    return found


def _plain(output: str) -> str:
    return " ".join(output.split())

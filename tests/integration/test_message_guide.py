# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide on messages shows what became of them."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.tests.tools import message_guide


def test_the_guides_tables_and_conversations_are_those_of_the_lab() -> None:
    """``make docs`` writes them."""
    page = message_guide.GUIDE.read_text(encoding="utf-8")
    assert message_guide.render(page, message_guide.play()) == page
    assert "C: MAIL FROM:<anna@contoso.example>" in page
    assert "550 5.4.317 Message expired" in page
    # Nothing of this machine or of the lab is in it.
    assert "127." not in page
    assert [name for name in message_guide.VALIDATED if name.replace("_", "-") in page] == []

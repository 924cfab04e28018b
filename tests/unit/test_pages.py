# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages that are written from the code are what the code says."""

from __future__ import annotations

import pathlib

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.codes import CODES
from ansible_collections.mailflow.exchange_online.tests.tools import findings

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


def test_the_table_of_findings_is_that_of_the_code() -> None:
    """``make docs`` writes it."""
    page = (DOCS / "findings.md").read_text(encoding="utf-8")
    assert page == findings.markdown()
    assert [code for code in CODES if f"### {code}\n" not in page] == []

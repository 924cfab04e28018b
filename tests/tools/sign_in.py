# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of clouds in the guide "Sign in", from that of the code: ``make docs`` writes it."""

from __future__ import annotations

import pathlib

from ansible_collections.mailflow.exchange_online.plugins.module_utils._clouds import CLOUDS
from ansible_collections.mailflow.exchange_online.tests.tools import message_blocks as rst

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "sign_in.rst"


def render(text: str) -> str:
    """Return the guide with the table as the code has it."""
    rows = [[rst.literal(word) for word in (cloud, one.api, one.authority)] for cloud, one in CLOUDS.items()]
    return rst.replace(text, "clouds", rst.table(("cloud", "Exchange Online", "sign-in"), rows, "20 40 40"))


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

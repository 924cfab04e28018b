# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The options of ``exchange_qualification``."""

from __future__ import annotations

import typing as t


def qualification_options() -> dict[str, dict[str, t.Any]]:
    """The options, those of sign-in and connection apart."""
    return {
        "write": {"type": "bool", "default": False},
        "validation_recipients": {"type": "list", "elements": "str", "default": []},
    }

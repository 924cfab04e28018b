# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The options of ``tls_validation``."""

from __future__ import annotations

import typing as t

#: An idempotent default: a run that follows another one sends no mail.
MAX_AGE = "30d"


def validation_options() -> dict[str, dict[str, t.Any]]:
    """The options, those of sign-in and connection apart."""
    return {
        "connectors": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "recipients": {"type": "list", "elements": "str"},
            },
        },
        "max_age": {"type": "str", "default": MAX_AGE},
        "record": {"type": "bool", "default": True},
        "fail_on": {"type": "str", "choices": ["failure", "never"], "default": "failure"},
    }

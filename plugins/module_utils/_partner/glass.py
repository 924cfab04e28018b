# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Break glass: the line in a connector's comment that says since when and why it was taken off in haste. Pure.

It stands in Exchange and not in a file, so that every later run sees it, wherever it runs, and every colleague in the
admin center.
"""

from __future__ import annotations

import datetime as dt
import re

from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.times import iso

NO_REASON = "no reason given"
#: A comment is to stay readable, and Exchange does not say how long one may be.
LONGEST_REASON = 200

_MARK = re.compile(
    r"^[ \t]*\[mailflow\.exchange_online break glass (?P<since>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ):"
    r" (?P<reason>[^\]\n]*)\][ \t]*$",
    re.MULTILINE,
)


def break_glass_mark(now: dt.datetime, reason: str) -> str:
    """Return the line, without line end: [mailflow.exchange_online break glass 2026-11-26T01:30:00Z: reason]."""
    words = " ".join(reason.replace("[", "(").replace("]", ")").split())[:LONGEST_REASON].rstrip()
    return f"[mailflow.exchange_online break glass {iso(now)}: {words or NO_REASON}]"


def break_glass_of(comment: str) -> tuple[str, str] | None:
    """Return since when (in ISO form) and why the connector with this comment is taken off, or None if it is not."""
    match = _MARK.search(comment)
    return (match["since"], match["reason"]) if match else None


def without_break_glass(comment: str) -> str:
    """Return the comment without such lines."""
    if not _MARK.search(comment):
        return comment
    return "\n".join(line for line in comment.split("\n") if not _MARK.fullmatch(line)).rstrip()


def with_break_glass(comment: str, now: dt.datetime, reason: str) -> str:
    """Return the comment with the line below it; where there is one already, that first one stays."""
    if break_glass_of(comment):
        return comment
    return f"{comment}\n{break_glass_mark(now, reason)}".lstrip("\n")

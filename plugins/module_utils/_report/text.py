# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Foreign text -> text that cannot do harm where it is shown. Pure.

A mail server's greeting and a certificate's subject are written by whoever runs the server.
"""

from __future__ import annotations

import re
import typing as t

#: Controls, marks that turn the direction of writing, characters without width, halves of surrogates, and tags.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_BLANKS = re.compile(r"\s+")
#: What a spreadsheet takes for a formula; some take the full-width forms for the same.
_FORMULA = re.compile("[=+\\-@|\uff1d\uff0b\uff0d\uff20]")


def visible(text: object, longest: int = 600) -> str:
    """One line in which what would be hidden is spelt out, as \\u202e, cut where it is too long. Keeps outer blanks."""
    line = _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", str(text)) if text is not None else ""
    return shortened(_BLANKS.sub(" ", line), longest)


def bare(text: object, longest: int = 600) -> str:
    """One line without what would be hidden, for plain text."""
    line = _HIDDEN.sub("", str(text)) if text is not None else ""
    return shortened(_BLANKS.sub(" ", line).strip(), longest)


def shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3].rstrip()}..."


def cell(value: object) -> str:
    """A cell of a table that no spreadsheet calculates with."""
    text = bare(value, 5000)
    return f"'{text}" if _FORMULA.match(text) else text


def listed(values: t.Sequence[object], longest: int = 30) -> str:
    """Values in a row, the first of them if they are many."""
    shown = ", ".join(str(value) for value in values[:longest])
    return f"{shown} and {len(values) - longest} more" if len(values) > longest else shown


def counted(number: int, one: str, many: str = "") -> str:
    """A number and its noun: 1 partner, 2 partners."""
    return f"{number} {one if number == 1 else many or one + 's'}"

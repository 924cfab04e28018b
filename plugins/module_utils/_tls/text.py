# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Texts from outside: banners, certificates, policies. All are hostile until they went through here."""

from __future__ import annotations

import typing as t
import unicodedata

LONGEST = 200


def clean(text: t.Union[str, bytes], longest: int = LONGEST) -> str:
    """Return a text in one line, at most ``longest`` characters, nothing in it that a terminal could act on.

    Bytes are read as UTF-8, what is none becomes U+FFFD. Control, format and surrogate characters (Unicode categories
    Cc, Cf, Cs, Co, Cn; the format characters reorder what is read) become blanks, and runs of blanks one blank.
    """
    # Cut first: a text of megabytes is not worth looking through.
    raw = text[: longest * 8]
    decoded = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    if len(decoded) <= longest and decoded.isascii() and decoded.isprintable():
        return " ".join(decoded.split())  # what nearly all are
    shown = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in decoded)
    line = " ".join(shown.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"

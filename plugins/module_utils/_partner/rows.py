# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The entries of a partner list, each with the place where it stands: a list, a text of domains, or a file. Pure."""

from __future__ import annotations

import codecs
import collections.abc
import dataclasses
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.values import kind_of

_BETWEEN_ENTRIES = re.compile(r"[\s,;]+")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclasses.dataclass(frozen=True)
class Row:
    """One entry as it was written. ``words`` are other names for keys, where the user knows them by these."""

    place: str
    written: object
    problems: tuple[str, ...] = ()
    words: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


def rows_of(written: object) -> list[Row]:
    """Return the entries of a list, or of a text of domains as it comes from a survey."""
    items: list[object]
    if isinstance(written, str):
        items = [text for text in _BETWEEN_ENTRIES.split(written) if text]
    elif isinstance(written, collections.abc.Iterable) and not isinstance(written, (bytes, collections.abc.Mapping)):
        items = list(written)
    else:
        raise InputError([f"The partner list is {kind_of(written)}; write a list of domains or of dictionaries."])
    return [Row(f"Partner {position}", item) for position, item in enumerate(items, start=1)]


def decoded(content: bytes) -> str:
    """Return the text of a file: UTF-8, UTF-16 with its mark, or Windows-1252, which spreadsheets still write.

    Raises InputError where it is none of them.
    """
    encodings = next(([name] for mark, name in _MARKS if content.startswith(mark)), ["utf-8", "cp1252"])
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InputError(["The file is no text in UTF-8, UTF-16 or Windows-1252; save it as CSV UTF-8, YAML or JSON."])

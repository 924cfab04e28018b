# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""How the values of a partner entry are read: one small function for each kind.

Each takes what stands in the user's YAML and returns its normal form, as a plain value, or raises :class:`Wrong`.
"""

from __future__ import annotations

import collections.abc
import datetime as dt
import difflib
import reprlib
import typing as t
import unicodedata

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import normal

_LONGEST_SHOWN = 60
#: Marks that turn the direction of what follows, so that it reads otherwise than it is.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: In place of names of partners: all of them.
EVERYONE = "all"

Read = t.Callable[[object], t.Any]


class Wrong(Exception):
    """A value that cannot be used. ``problems`` are half sentences, each with its remedy.

    ``usable`` are the items of a list that nothing is wrong with: they can still stand in another entry's way.
    """

    def __init__(self, *problems: str, usable: tuple[str, ...] = ()) -> None:
        super().__init__(*problems)
        self.problems = problems
        self.usable = usable


def as_text(value: object) -> str:
    """A text as it was written, every character of it."""
    if not isinstance(value, str):
        raise Wrong(
            f"{_show(value)} is {kind_of(value)}; write a text, in quotes where YAML takes it for something else"
        )
    return str.__str__(value)  # a plain text, also where Ansible hands over one that carries tags


def line(value: object) -> str:
    """A text in one line. A number is taken as well: references of tickets often are."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    text = unicodedata.normalize("NFC", " ".join(as_text(value).split()))
    if any(unicodedata.category(character) in ("Cc", "Cs") or character in _TURNING for character in text):
        raise Wrong("holds a character that cannot be printed; remove it")
    return text


def name(value: object) -> str:
    """A name: a text in one line that is not empty."""
    text = line(value)
    if not text:
        raise Wrong("is empty; give the partner a name, or leave it out to use the first domain")
    if text.casefold() == EVERYONE:
        raise Wrong(f"'{text}' stands for every partner where consent is given; choose another name")
    return text


def paragraph(value: object) -> str:
    """A text that may have several lines."""
    return normal.comment(as_text(value)).strip()


def choice(*words: str) -> Read:
    """One of these words."""

    def read(value: object) -> str:
        for word in words:
            if value == word:
                return word
        raise Wrong(f"{_show(value)} is not known; use {_one_of(words)}{did_you_mean(value, words)}")

    return read


def single(normalise: t.Callable[[str], str], remedy: str) -> Read:
    """A text in a normal form. ``remedy`` is said where the normaliser names none after a semicolon."""

    def read(value: object) -> str:
        text = as_text(value)
        try:
            return normalise(text)
        except ValueError as problem:
            raise Wrong(f"{_show(text)} {_with_remedy(str(problem), remedy)}") from None

    return read


def several(normalise: t.Callable[[str], str], remedy: str) -> Read:
    """A list of such texts, or one text with commas between them, in the given order. Tells all that are wrong."""
    read_one = single(normalise, remedy)

    def read(value: object) -> tuple[str, ...]:
        if isinstance(value, str):
            items: list[object] = [item for item in value.split(",") if item.strip()]
        elif isinstance(value, collections.abc.Sequence) and not isinstance(value, bytes):
            items = list(value)
        else:
            raise Wrong(f"is {kind_of(value)}; write a list")
        problems: list[str] = []

        def note(item: object) -> str:
            try:
                return t.cast(str, read_one(item))
            except Wrong as wrong:
                problems.extend(wrong.problems)
                return ""

        found = tuple(note(item) for item in items)
        if problems:
            raise Wrong(*problems, usable=tuple(item for item in found if item))
        return found

    return read


def partner_domain(text: str) -> str:
    """A domain of one partner: any mail domain except all of them. Raises ValueError as the normalisers do."""
    if text.strip() == "*":
        raise ValueError("stands for every domain there is; list the partner's own domains")
    return normal.mail_domain(text)


def count(value: object) -> int:
    """A whole number from 1 on. Digits in a text are taken as well: that is what arrives from the command line."""
    text = str.__str__(value).strip() if isinstance(value, str) else ""
    if text.isascii() and text.isdigit() and len(text) < 10:
        value = int(text)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Wrong(f"{_show(value)} is {kind_of(value)}; write a whole number from 1 on")
    if value < 1:
        raise Wrong(f"{_show(value)} is too small; write a whole number from 1 on")
    return int(value)


def kind_of(value: object) -> str:
    """What somebody wrote, in words."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, dt.date):
        return "a date"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, collections.abc.Mapping):
        return "a dictionary"
    if isinstance(value, collections.abc.Sequence):
        return "a list"
    return f"a value of type {type(value).__name__}"


def did_you_mean(value: object, words: t.Iterable[str], said: t.Mapping[str, str] | None = None) -> str:
    """Return a hint in brackets where a word comes near, else nothing. ``said`` tells how to say the words."""
    near = difflib.get_close_matches(value.lower(), list(words), n=1) if isinstance(value, str) else []
    return f" (did you mean {(said or {}).get(near[0], near[0])}?)" if near else ""


def shortened(text: str) -> str:
    """Return a text short enough to be part of a sentence."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _show(value: object) -> str:
    # A few lines of YAML can stand for a list of millions: it is not written out to be cut.
    plain = isinstance(value, (str, int, float, dt.date, type(None)))
    return f"'{shortened(str(value) if plain else reprlib.repr(value))}'"


def _one_of(words: t.Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _with_remedy(problem: str, remedy: str) -> str:
    return problem if ";" in problem else f"{problem}; {remedy}"

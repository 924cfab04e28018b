# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""A partner list that somebody typed or pasted into a form -> entries of a partner list. Pure.

A line holds domains, or a name, a colon and the domains of that partner. What can be told apart is taken; what cannot
is told with the number of its line. What a domain may be is left to the check of the list.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.entry import read_partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rows import Row
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.values import kind_of, shortened

Written = t.Union[str, dict[str, t.Any]]

#: What other keyboards and word processors make of plain characters, and marks that nobody sees.
_PLAIN = {
    **{0xFF01 + offset: 0x21 + offset for offset in range(94)},  # full width
    **dict.fromkeys(map(ord, "\u00a0\u2007\u202f\u3000\t"), " "),
    **dict.fromkeys(map(ord, "\ufeff\u200b\u2060\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e"), None),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u00ab\u00bb"), '"'),
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u2039\u203a`"), "'"),
    **dict.fromkeys(map(ord, "\u3001\u060c"), ","),
    **dict.fromkeys(map(ord, "\u3002\uff61"), "."),
}
_COMMENT = re.compile(r"(?:^|\s)#.*")
_BULLET = re.compile(r"(?:[-*+\u2022\u2013\u2014\u00b7]|\d{1,4}[.)])\s+")
#: A colon of a URL, and of ``mailto:``, ends no name.
_NAMED = re.compile(r"(?!https?:|mailto:)(?P<name>[^:@]*):(?!//)(?P<rest>.*)", re.IGNORECASE)
_PIECE = re.compile(r'"[^"]*"|<[^<>]*>|[<>,;"]|[^<>,;"]+')
_BETWEEN = re.compile(r"[\s,;|]+")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_QUOTES = "\"'"
#: What no name in front of brackets holds, unless it is in quotes.
_APART = frozenset('<>,;"')


@dataclasses.dataclass(frozen=True)
class _Line:
    number: int
    name: str | None
    tokens: tuple[str, ...]


def partners_of(text: object) -> list[Written]:
    """Return the entries: a domain for each partner without a name, else ``name`` and ``domains``.

    A domain that stands there twice without a name is one partner. Raises InputError where the text lists nobody, and
    with a sentence for each line that cannot be used, the first one a headline that counts them.
    """
    if not isinstance(text, str):
        raise InputError([f"The text of partners is {kind_of(text)}; write domains, one in a line."])
    entries: list[Written] = []
    problems: list[str] = []
    seen: set[str] = set()
    for line in _lines(str.__str__(text)):
        for written in _entries(line):
            key = written.casefold() if isinstance(written, str) else ""
            if key and key in seen:
                continue
            seen.add(key)
            entries.append(written)
            problems += _problems(line.number, written)
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise InputError([f"The text of partners has {count}:", *problems])
    if not entries:
        raise InputError(["The text lists no partner; write domains, one in a line."])
    return entries


def _lines(text: str) -> t.Iterator[_Line]:
    """The lines that hold anything, with comments, bullets and quotes taken off."""
    for number, raw in enumerate(text.splitlines(), start=1):
        line = _BULLET.sub("", _COMMENT.sub("", raw.translate(_PLAIN)).strip(), count=1).strip()
        named = _NAMED.fullmatch(line)
        name = " ".join(named["name"].strip(_QUOTES + " ").split()) if named else None
        tokens = tuple(filter(None, map(_domain, _split(named["rest"] if named else line))))
        if name is not None or tokens:
            yield _Line(number, name, tokens)


def _split(line: str) -> list[str]:
    # "Bob Miller <bob@contoso.com>": only what stands in the brackets counts.
    kept: list[str] = []
    name: list[str] = []
    for piece in _PIECE.findall(line):
        if piece[0] == "<" and piece[-1] == ">":
            kept.append(f" {piece[1:-1]} ")
            name = []
        elif piece in _APART:
            kept += [*name, piece]
            name = []
        else:
            name.append(piece)
    return _BETWEEN.split("".join([*kept, *name]))


def _domain(token: str) -> str:
    """The domain in a word: quotes, a full stop at the end and the mailbox of an address taken off."""
    bare = token.strip(_QUOTES).removeprefix("mailto:").rstrip(".")
    if _URL.match(bare) or bare.count("@") > 1:
        return bare  # the check says what it is not
    return bare.rpartition("@")[2] if "@" in bare else bare


def _entries(line: _Line) -> list[Written]:
    if line.name is None:
        return list(line.tokens)
    entry: dict[str, t.Any] = {"domains": list(dict.fromkeys(line.tokens))}
    return [{"name": line.name, **entry} if line.name else entry]


def _problems(number: int, written: Written) -> list[str]:
    """What is wrong with one entry, in the words of the check of the list."""
    place = f"Line {number}"
    name, domains = ("", [written]) if isinstance(written, str) else (written.get("name", ""), written["domains"])
    if not domains:
        return [f"{place}: no domain stands behind '{shortened(name)}:'; write one."]
    urls = [domain for domain in domains if _URL.match(domain)]
    if urls:
        return [f"{place}: '{shortened(urls[0])}' is a web address; write the domain that mail goes to."]
    return read_partner(Row(place, written)).problems

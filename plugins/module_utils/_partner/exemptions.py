# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The exceptions of an entry: what does not stand in this partner's way, until when, and who answers for that. Pure."""

from __future__ import annotations

import collections.abc
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import times, values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import (
    PROBE,
    VALIDATION,
    Exemption,
)

# The table of findings is plain data: importing it brings none of the probe's libraries along.
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.codes import CODES

#: What an exception may name.
FINDINGS: tuple[str, ...] = (PROBE, VALIDATION, *CODES)

_NAME_IT = f"write {PROBE}, {VALIDATION} or a code of docs/findings.md"


def exemptions(value: object) -> tuple[Exemption, ...]:
    """Read a list of exceptions. Raises Wrong with every problem of all of them."""
    if isinstance(value, (str, bytes)) or not isinstance(value, collections.abc.Sequence):
        raise values.Wrong(f"is {values.kind_of(value)}; write a list of dictionaries with {_list(_READERS)}")
    found: list[Exemption] = []
    problems: list[str] = []
    first: dict[str, int] = {}
    for position, item in enumerate(value, start=1):
        read, wrong = _read(item)
        finding: str = read.get("finding", "")
        earlier = first.setdefault(finding, position) if finding else position
        if earlier != position:
            wrong.append(f"item {earlier} is about {finding} already; keep one of them")
        label = f"item {position} ({finding})" if finding else f"item {position}"
        problems += [f"{label}: {problem}" for problem in wrong]
        if not wrong:
            found.append(Exemption(**read))
    if problems:
        raise values.Wrong(*problems)
    return tuple(found)


def _read(item: object) -> tuple[dict[str, t.Any], list[str]]:
    """Return what an item says, and what is wrong with it."""
    if not isinstance(item, collections.abc.Mapping):
        return {}, [f"it is {values.kind_of(item)}; write a dictionary with {_list(_READERS)}"]
    read: dict[str, t.Any] = {}
    wrong = [
        f"the key '{key}' is not known{values.did_you_mean(key, _READERS)}; accepted are {_list(_READERS)}"
        for key in item
        if key not in _READERS
    ]
    for key, (reader, remedy) in _READERS.items():
        try:
            read_value = None if item.get(key) is None else reader(item[key])
        except values.Wrong as problem:
            wrong += [f"{key} {sentence}" for sentence in problem.problems]
            continue
        if read_value in (None, ""):
            wrong.append(f"{key} is missing; {remedy}")
        else:
            read[key] = read_value
    return read, wrong


def _finding(value: object) -> str:
    text = values.line(value)
    if text and text not in FINDINGS:
        shown = values.shortened(text)
        raise values.Wrong(f"'{shown}' is not known{values.did_you_mean(text, FINDINGS)}; {_NAME_IT}")
    return text


#: Key -> how its value is read, and what to do where it is missing. All are required: an exception that nobody
#: answers for, or that has no end, is a hole.
_READERS: dict[str, tuple[values.Read, str]] = {
    "finding": (_finding, _NAME_IT),
    "owner": (values.line, "name who answers for it, for example alice@example.com"),
    "until": (times.moment, "give the date on which it ends, such as 2026-12-31"),
    "reason": (values.line, "say why, for example a ticket"),
}


def _list(words: t.Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}"

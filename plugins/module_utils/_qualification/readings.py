# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""How the questions about throw-away connectors are read and written down. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import (
    Exchange,
    Finding,
    Question,
    Seen,
)

WIRE = "exo-wire.md 10"
CONNECTORS = "connectors.md 8"
Read = t.Callable[[Seen], "Finding | None"]


def words(answer: Exchange) -> str:
    """A refusal in words."""
    return f"Refused: {(answer.error.exception or 'no type').rpartition('.')[2]}: {answer.error.text or 'no text'}"


def member(seen: Seen, key: str, name: str, which: str = "out") -> t.Any:
    """A member of the throw-away connector after a step that was taken well; None where it is not known."""
    if key not in seen or f"{key}.read" not in seen or not seen[key].done:
        return None
    record = seen[f"{key}.read"].own(which)
    return None if record is None else record.get(name)


def rule(key: str) -> Read:
    """Whether the service takes something."""

    def read(seen: Seen) -> Finding | None:
        answer = seen.get(key)
        if answer is None:
            return None
        if answer.done:
            return Finding("Accepted", "accepted")
        return Finding(words(answer), "refused") if answer.refused else None

    return read


def told(key: str, name: str = "") -> Read:
    """What came of it, in words."""

    def read(seen: Seen) -> Finding | None:
        answer = seen.get(key)
        if answer is None:
            return None
        if not answer.done:
            return Finding(f"HTTP {answer.status}. {words(answer)}")
        return Finding(f"Accepted; {name} reads {member(seen, key, name)!r}" if name else "Accepted")

    return read


def question(  # a row of the table
    name: str,
    text: str,
    source: str,
    read: Read,
    assumed: str | None,
    *steps: str,
    still: str = "The steps that lead to it were refused.",
) -> Question:
    return Question(name, text, source, steps, read, assumed, writes=True, open=still)

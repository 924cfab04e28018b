# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for whatever comes out of a parser of foreign bytes."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, InputError

#: Characters of one sentence. The longest names a value of the list and all the values that are accepted.
LONGEST_SENTENCE = 4000


def shown(*texts: str) -> None:
    """Texts that are shown: nothing in them that a terminal acts on, and no end of them in sight."""
    for text in texts:
        assert text.isprintable(), ascii(text)
        assert len(text) <= LONGEST_SENTENCE, len(text)


def refused(problem: ExchangeError) -> None:
    """A refusal is made of whole sentences."""
    sentences = problem.problems if isinstance(problem, InputError) else [problem.message]
    assert sentences
    shown(*sentences)
    assert [text for text in sentences if not text.rstrip("\u2026").endswith((".", ":"))] == []
    told = problem.as_result()
    shown(*(value for value in told.values() if isinstance(value, str) and value != problem.message))


def flat(value: object) -> t.Iterator[str]:
    """All texts in what a parser returned."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, t.Mapping):
        for member in value.values():
            yield from flat(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from flat(member)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What the filters take -> the checked list, the time and the consent; every problem at once. Pure."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime as dt
import os.path
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import times, values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import Candidates, check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.document import read_json, read_yaml
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import prefix_problem
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rows import Row
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.table import read_table

_READERS: dict[str, t.Callable[[str], list[Row]]] = {
    ".csv": read_table,
    ".tsv": read_table,
    ".json": read_json,
    ".yaml": read_yaml,
    ".yml": read_yaml,
}


@dataclasses.dataclass(frozen=True)
class Listed:
    """A list in order. ``consent`` holds the keys of the partners whose connectors may be weakened."""

    partners: list[Partner]
    now: dt.datetime
    prefix: str
    consent: frozenset[str]


def read_list(
    partners: object,
    defaults: object,
    name_prefix: object,
    now: object,
    allow_weaken: object = (),
    *,
    candidates: Candidates | None = None,
    lenient_names: bool = False,
) -> Listed:
    """Return the list. Raises InputError with every problem, the first line a headline that counts them.

    ``candidates`` and ``lenient_names`` are those of :func:`check_partners`.
    """
    problems: list[str] = []
    checked: list[Partner] = []
    prefix = str.__str__(name_prefix) if isinstance(name_prefix, str) else ""
    prefix_is = prefix_problem(prefix)
    if prefix_is is not None:
        problems.append(f"The name prefix '{name_prefix}' {prefix_is}.")
    moment = dt.datetime.now(dt.timezone.utc)
    try:
        moment = moment if now is None else times.moment(now)
    except values.Wrong as wrong:
        problems += [f"The time of the run {problem}." for problem in wrong.problems]
    try:
        checked = check_partners(
            from_file(partners) if _is_file(partners) else partners,
            defaults,
            prefix=prefix if prefix_is is None else None,
            candidates=candidates,
            lenient_names=lenient_names,
        )
    except InputError as error:
        problems += error.problems
        raise InputError([_headline(partners, problems), *problems]) from None
    consent, unknown = _consent(allow_weaken, checked)
    problems += unknown
    if problems:
        raise InputError([_headline(partners, problems), *problems])
    return Listed(checked, moment, prefix, consent)


def _is_file(partners: object) -> t.TypeGuard[t.Mapping[str, object]]:
    return isinstance(partners, collections.abc.Mapping) and partners.keys() == {"file", "text"}


def from_file(found: t.Mapping[str, object]) -> list[Row]:
    """Return the entries of a file that the lookup ``partner_file`` has read. A file without any is refused."""
    name, text = str(found["file"]), str(found["text"])
    ending = os.path.splitext(name)[1].casefold()
    if ending not in _READERS:
        raise InputError([f"The file '{name}' ends in none of {', '.join(_READERS)}; name it after what it holds."])
    rows = _READERS[ending](text)
    if not rows:
        raise InputError(["The file lists no partner; an empty list is taken for a mistake."])
    return rows


def _consent(allow_weaken: object, partners: t.Sequence[Partner]) -> tuple[frozenset[str], list[str]]:
    keys = {partner.key: partner.name for partner in partners}
    if isinstance(allow_weaken, str):
        text = allow_weaken.strip()
        named: list[object] = [text] if text.casefold() in keys else [*filter(None, map(str.strip, text.split(",")))]
    elif isinstance(allow_weaken, collections.abc.Sequence) and not isinstance(allow_weaken, bytes):
        named = list(allow_weaken)
    elif allow_weaken is None:
        named = []
    else:
        return frozenset(), [
            f"The consent to weaken is {values.kind_of(allow_weaken)}; write a list of partner names, or all."
        ]
    wanted = {" ".join(str(name).split()).casefold(): str(name) for name in named}
    if values.EVERYONE in wanted:
        return frozenset(keys), []
    return frozenset(wanted), [
        f"The consent to weaken names '{values.shortened(name)}', who is not on the list"
        f"{values.did_you_mean(key, keys, said=keys)}; write names of partners as they are on the list, or all."
        for key, name in wanted.items()
        if key not in keys
    ]


def _headline(partners: object, problems: t.Sequence[str]) -> str:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    place = f"The partner list in {partners['file']}" if _is_file(partners) else "The partner list"
    return f"{place} has {count}:"

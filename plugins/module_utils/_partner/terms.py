# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What the user set for the whole list, as it comes from variables -> terms; every problem at once. Pure."""

from __future__ import annotations

import collections.abc
import datetime as dt
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gate import Rules
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.listed import Listed
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.planning import Terms
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.times import read_age

#: What decides about those whom the probe could not see.
UNSEEN = ("hold", "validation")

_T = t.TypeVar("_T")


class _Reader:
    """Reads values, and notes what is wrong with them under the names that users know."""

    def __init__(self, given: t.Mapping[str, object]) -> None:
        self._given = given
        self.problems: list[str] = []

    def flag(self, name: str, default: bool) -> bool:
        value = self._given.get(name)
        if value is None:
            return default
        try:
            return bool(boolean(value))
        except TypeError:
            return self._wrong(name, value, "write true or false", default)

    def number(self, name: str, default: int, least: int) -> int:
        value = self._given.get(name)
        if value is None:
            return default
        try:
            number = int(str(value))
        except ValueError:
            number = least - 1
        if number < least or isinstance(value, bool):
            return self._wrong(name, value, f"write a whole number, {least} or more", default)
        return number

    def age(self, name: str, default: dt.timedelta) -> dt.timedelta:
        value = self._given.get(name)
        if value is None:
            return default
        try:
            return read_age(str(value))
        except ValueError as problem:
            self.problems.append(f"forced_tls_{name}: {problem}.")
            return default

    def choice(self, name: str, choices: t.Sequence[str]) -> str:
        value = self._given.get(name)
        if value is None or value in choices:
            return choices[0] if value is None else str(value)
        return self._wrong(name, value, f"write one of {', '.join(choices)}", choices[0])

    def text(self, name: str, default: str) -> str:
        value = self._given.get(name)
        return default if value is None else str(value)

    def _wrong(self, name: str, value: object, remedy: str, default: _T) -> _T:
        self.problems.append(f"forced_tls_{name} is '{values.shortened(str(value))}'; {remedy}.")
        return default


def read_terms(given: t.Mapping[str, object], listed: Listed, *, everyone: bool) -> Terms:
    """Return the terms. Raises InputError with a sentence for each value that cannot be used.

    The keys are the role's variables without their prefix; what is None or left out takes its default.
    """
    reader = _Reader(given)
    plain = Rules()
    rules = Rules(
        probe=reader.flag("probe", plain.probe),
        unseen_by_validation=reader.choice("probe_unseen", UNSEEN) == "validation",
        validate=reader.flag("validate", plain.validate),
        max_age=reader.age("validation_max_age", plain.max_age),
        resume=_resumed(given.get("resume"), listed, reader.problems),
    )
    size = reader.number("pack_size", 50, 1)
    terms = Terms(
        owner=reader.text("owner", Terms.owner),
        everyone=everyone,
        prune=reader.flag("prune", Terms.prune),
        prune_limit=reader.number("prune_limit", Terms.prune_limit, 0),
        allow_empty=reader.flag("allow_empty", Terms.allow_empty),
        pack_size=size if reader.flag("pack", False) else 0,
        wave_size=reader.number("wave_size", 0, 0),
        rules=rules,
    )
    if reader.problems:
        raise InputError(reader.problems)
    return terms


def _resumed(given: object, listed: Listed, problems: list[str]) -> frozenset[str]:
    """The keys of the partners named, in a list or in a text with commas."""
    if given is None:
        return frozenset()
    if isinstance(given, str):
        names = [name for name in map(str.strip, given.split(",")) if name]
    elif isinstance(given, collections.abc.Iterable):
        names = [" ".join(str(name).split()) for name in given]
    else:
        problems.append(f"forced_tls_resume is {values.kind_of(given)}; write a list of partner names.")
        return frozenset()
    known = {partner.key: partner.name for partner in listed.partners}
    for name in names:
        if name.casefold() not in known:
            hint = values.did_you_mean(name.casefold(), known, said=known)
            problems.append(
                f"forced_tls_resume names '{values.shortened(name)}', who is not on the list{hint}; write names of"
                " partners as they are on the list."
            )
    return frozenset(name.casefold() for name in names)


def is_everyone(allow_weaken: object) -> bool:
    """Whether the consent is for all, and so for what belongs to nobody on the list as well."""
    named = allow_weaken.split(",") if isinstance(allow_weaken, str) else allow_weaken
    if not isinstance(named, collections.abc.Iterable):
        return False
    return any(str(name).strip().casefold() == values.EVERYONE for name in named)

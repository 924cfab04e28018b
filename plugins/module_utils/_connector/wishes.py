# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What a user wrote -> wishes, with every problem found in one go. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import codec, rules
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import BY_OPTION
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Value, Wish
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError


def read_wishes(entries: t.Sequence[t.Mapping[str, t.Any]], *, listed: bool) -> list[Wish]:
    """Return the wishes of validated module options; ``listed`` puts the entry's place in front of its problems.

    An option that is None was left out. Raises InputError with one sentence for each problem of each entry.
    """
    wishes: list[Wish] = []
    problems: list[str] = []
    places: dict[tuple[str, str], int] = {}
    for place, entry in enumerate(entries):
        wish, found = _read(entry)
        first = places.setdefault(wish.key, place)
        if first != place:
            found.append(f"connectors[{first}] has the same name; name each {wish.direction} connector once.")
        if found:
            label = f"connectors[{place}] ({wish.direction} '{wish.name}')" if listed else f"connector '{wish.name}'"
            problems += [f"{label}: {sentence}" for sentence in found]
        wishes.append(wish)
    if problems:
        raise InputError(problems)
    return wishes


def _read(entry: t.Mapping[str, t.Any]) -> tuple[Wish, list[str]]:
    settings: dict[str, Value] = {}
    found: list[str] = []
    for option, field in BY_OPTION.items():
        given = entry.get(option)
        if given is None:
            continue
        try:
            settings[option] = field.kind.parse(given)
        except ValueError as problem:
            found.append(f"{option}: {problem}.")
    wish = Wish(
        entry["direction"],
        str(entry["name"]),
        entry.get("state", "present") != "absent",
        settings,
        consent=bool(entry.get("allow_weaken")),
        consent_from=entry.get("allow_weaken_from"),
        owner=entry.get("owner"),
    )
    if wish.owner:
        found += codec.owner_problems(wish.owner)
    name_problem = rules.name_problem(wish.name)
    if name_problem:
        found.append(name_problem)
    if wish.present:
        found += rules.misplaced(wish, settings.get("connector_type"))
        found += [sentence for _rule, sentence in rules.broken(settings, asked=settings)]
    return wish, found

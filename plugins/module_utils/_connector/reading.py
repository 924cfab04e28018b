# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The result of ``connector_info`` -> the connectors it was made from. Pure; the way back of ``present``."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import BY_OPTION
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    DIRECTIONS,
    Connector,
    Settings,
    Value,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError

_NO_INVENTORY = "The inventory is not a result of connector_info, so it is not known what stands in Exchange"
#: Members of the details that have a place of their own in a connector.
_PLACED = frozenset({"name", "direction", "owner", "left_out"})


def connectors_from(info: object) -> list[Connector]:
    """Return the connectors of a result of ``connector_info``, with their settings whole and in normal form.

    Raises InputError where it is not such a result, or one of an earlier release: half of what stands is not known
    then.
    """
    entries, details = _lists(info)
    return [
        _connector(place, entry, detail) for place, (entry, detail) in enumerate(zip(entries, details, strict=True))
    ]


def settings_from(entry: t.Mapping[str, t.Any], left_out: t.Mapping[str, t.Any] | None = None) -> Settings:
    """Return the settings of an entry of ``connectors``; ``left_out`` is taken as it is.

    Raises ValueError with half a sentence for a value that an option does not take.
    """
    found: dict[str, Value] = {}
    for option, value in entry.items():
        if value is not None and option in BY_OPTION:
            found[str(option)] = BY_OPTION[option].kind.parse(value)
    for option, value in (left_out or {}).items():
        found[str(option)] = _raw(value)
    return found


def _lists(info: object) -> tuple[t.Sequence[object], t.Sequence[object]]:
    if not isinstance(info, t.Mapping):
        raise InputError([f"{_NO_INVENTORY}; hand over the registered result."])
    entries, details = _list(info, "connectors"), _list(info, "details")
    if len(entries) != len(details):
        raise InputError(
            [f"{_NO_INVENTORY}: it has {len(entries)} connectors and {len(details)} details; hand it over as it came."]
        )
    return entries, details


def _list(info: t.Mapping[str, t.Any], member: str) -> t.Sequence[object]:
    found = info.get(member)
    if not isinstance(found, t.Sequence) or isinstance(found, (str, bytes)):
        raise InputError([f"{_NO_INVENTORY}: it has no list {member}; hand over the registered result."])
    return found


def _connector(place: int, entry: object, detail: object) -> Connector:
    if not isinstance(entry, t.Mapping) or not isinstance(detail, t.Mapping):
        raise _unreadable(place, "is not a dictionary")
    direction, name, guid, left_out = (
        entry.get("direction"),
        entry.get("name"),
        detail.get("guid"),
        detail.get("left_out"),
    )
    if direction not in DIRECTIONS or not name or not isinstance(name, str):
        raise _unreadable(place, "has no name or no direction")
    if (detail.get("direction"), detail.get("name")) != (direction, name):
        raise _unreadable(place, f"is '{name}', and the details in that place are of another one")
    if not isinstance(guid, str) or not isinstance(left_out, t.Mapping):
        raise _unreadable(place, f"('{name}') has no guid or no left_out; read it with this release")
    try:
        settings = settings_from(entry, left_out)
    except (ValueError, TypeError, AttributeError) as problem:
        raise _unreadable(place, f"('{name}') has a value that cannot be read: {problem}") from None
    owner = detail.get("owner")
    rest = {str(member): value for member, value in detail.items() if member not in _PLACED}
    return Connector(direction, str(name), str(guid), settings, None if owner is None else str(owner), rest)


def _unreadable(place: int, reason: str) -> InputError:
    return InputError([f"{_NO_INVENTORY}: connectors[{place}] {reason}."])


def _raw(value: object) -> Value:
    """A value that this collection would not write, as it was read."""
    if isinstance(value, bool):
        return value
    return str(value) if isinstance(value, str) else tuple(str(item) for item in t.cast("t.Iterable[object]", value))

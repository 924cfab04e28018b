# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One JSON value into the type of its parameter, as leniently and as strictly as the service does it."""

from __future__ import annotations

import datetime as dt
import json
import typing as t
import uuid
from dataclasses import dataclass

from .errors import CmdletError, not_convertible, too_long
from .evidence import cite
from .parameters import EnumType, Kind, Parameter
from .syntax import CHECKS

if t.TYPE_CHECKING:
    from ..switches import Switches

HASH_TABLE = "#exchange.generichashtable"
_TRUE = frozenset({"true", "$true", "1"})
_FALSE = frozenset({"false", "$false", "0"})


@dataclass(frozen=True, slots=True)
class Edit:
    """Entries to add to and take from a stored list, or a value that changes nothing (``ignored``)."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    ignored: bool = False


def _shown(raw: object) -> str:
    return raw if isinstance(raw, str) else json.dumps(raw)


def _bad(parameter: Parameter, raw: object, reason: str, evidence: str) -> CmdletError:
    return not_convertible(parameter.name, _shown(raw), parameter.type_name, reason, evidence)


def convert(parameter: Parameter, raw: object, switches: Switches) -> object:
    """The value of one parameter, or the CmdletError the service answers with."""
    if parameter.kind is Kind.LIST:
        return _list(parameter, raw, switches)
    if isinstance(raw, dict):
        raise _bad(parameter, raw, "A hashtable isn't accepted here.", cite("bind.untagged-hashtable"))
    if isinstance(raw, list):
        raise _bad(parameter, raw, "A single value is expected.", cite("bind.bad-type"))
    if raw is None or (raw == "" and parameter.nullable and parameter.kind is not Kind.TEXT):
        return _cleared_scalar(parameter, raw, switches)
    if parameter.kind is Kind.ENUM:
        return _enumerated(parameter, raw)
    return _SCALARS[parameter.kind](parameter, raw)


def _cleared_scalar(parameter: Parameter, raw: object, switches: Switches) -> object:
    if not parameter.nullable:
        raise _bad(parameter, raw, "Null isn't a valid value.", cite("bind.null"))
    form = "null" if raw is None else "empty_string"
    if parameter.kind is Kind.IDENTITY or switches["clear_scalar"] in ("any", form):
        return "" if parameter.kind is Kind.TEXT else None
    return _refused_or_ignored(parameter, raw, switches)


def _refused_or_ignored(parameter: Parameter, raw: object, switches: Switches) -> Edit:
    if switches["clear_other_forms"] == "ignored":
        return Edit(ignored=True)
    raise _bad(parameter, raw, "The value can't be cleared in this way.", cite("bind.clear-form"))


def _enumerated(parameter: Parameter, raw: object) -> str:
    enum = t.cast(EnumType, parameter.enum)
    text = _shown(raw).strip().lower()
    for member in enum.members:
        if member.lower() == text:
            return member
    # The service matches like PowerShell: the beginning of a name will do when only one name begins so.
    begun = [member for member in enum.members if text and member.lower().startswith(text)]
    if len(begun) == 1:
        return begun[0]
    raise _bad(
        parameter,
        raw,
        f"Unable to match the identifier name {_shown(raw)} to a valid enumerator name. Specify one of the following "
        f"enumerator names and try again: {', '.join(enum.members)}",
        cite("bind.bad-enum"),
    )


def _bool(parameter: Parameter, raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    text = _shown(raw).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    reason = "Boolean parameters accept only Boolean values and numbers, such as $True, $False, 1 or 0."
    raise _bad(parameter, raw, reason, cite("bind.bad-type"))


def _text(parameter: Parameter, raw: object) -> str:
    text = _shown(raw)
    if parameter.max_length is not None and not text.strip():
        raise _bad(parameter, raw, "The value can't be empty.", cite("bind.null"))
    if parameter.max_length is not None and len(text) > parameter.max_length:
        raise too_long(parameter.max_length, len(text), cite("rule.name-length"))
    return text


def _checked(parameter: Parameter, raw: object) -> str:
    text = _shown(raw)
    reason = CHECKS[parameter.item](text) if parameter.item else None
    if reason is not None:
        raise _bad(parameter, raw, reason, cite("bind.bad-item"))
    return text


def _guid(parameter: Parameter, raw: object) -> str:
    try:
        return str(uuid.UUID(_shown(raw)))
    except ValueError:
        raise _bad(parameter, raw, "Unrecognized Guid format.", cite("bind.bad-type")) from None


def _size(parameter: Parameter, raw: object) -> int | None:
    """A number of results; None is "Unlimited"."""
    text = _shown(raw).strip().lower()
    if text == "unlimited":
        return None
    if text.isdigit():
        return int(text)
    raise _bad(parameter, raw, "The value must be a positive number or Unlimited.", cite("bind.bad-type"))


def _date(parameter: Parameter, raw: object) -> str:
    """A point of time as the directory keeps it: UTC, whole seconds, seven decimals, no zone."""
    try:
        when = dt.datetime.fromisoformat(_shown(raw).strip())
    except ValueError:
        raise _bad(parameter, raw, "String was not recognized as a valid DateTime.", cite("bind.bad-type")) from None
    if when.tzinfo is not None:
        when = when.astimezone(dt.timezone.utc)
    return f"{when:%Y-%m-%dT%H:%M:%S}.0000000"


def _list(parameter: Parameter, raw: object, switches: Switches) -> object:
    if isinstance(raw, dict):
        return _hash_table(parameter, raw, switches)
    if raw is None or raw == []:
        return _cleared_list(parameter, raw, "null" if raw is None else "empty_array", switches)
    return list(_items(parameter, raw))


def _cleared_list(parameter: Parameter, raw: object, form: str, switches: Switches) -> object:
    if switches["clear_list"] in ("any", form):
        return []
    return _refused_or_ignored(parameter, raw, switches)


def _items(parameter: Parameter, raw: object) -> tuple[str, ...]:
    """Items of an array or a lone value; numbers become text, anything deeper is refused."""
    items = raw if isinstance(raw, list) else [raw]
    if any(isinstance(item, (dict, list)) or item is None for item in items):
        raise _bad(parameter, raw, "The list may hold single values only.", cite("bind.bad-type"))
    return tuple(_checked(parameter, item) for item in items)


def _hash_table(parameter: Parameter, raw: dict[str, object], switches: Switches) -> object:
    tag = raw.get("@odata.type")
    if not isinstance(tag, str) or tag.lower() != HASH_TABLE:
        raise _bad(parameter, raw, "An untyped object can't be converted.", cite("bind.untagged-hashtable"))
    changes = {key.lower(): value for key, value in raw.items() if key != "@odata.type"}
    if not changes:
        return _cleared_list(parameter, raw, "empty_hashtable", switches)
    if set(changes) - {"add", "remove"}:
        raise _bad(parameter, raw, "Use the keys Add and Remove.", cite("bind.hashtable-keys"))
    add, remove = (_items(parameter, changes[key]) if changes.get(key) is not None else () for key in ("add", "remove"))
    return Edit(add, remove)


_SCALARS: dict[Kind, t.Callable[[Parameter, object], object]] = {
    Kind.TEXT: _text,
    Kind.BOOL: _bool,
    Kind.SWITCH: _bool,
    Kind.GUID: _guid,
    Kind.DATE: _date,
    Kind.DOMAIN: _checked,
    Kind.CERTIFICATE: _checked,
    Kind.IDENTITY: _text,
    Kind.SIZE: _size,
}

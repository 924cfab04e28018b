# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Exchange's records -> connectors, settings -> cmdlet parameters. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import BY_OPTION, fields_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    DIRECTIONS,
    Connector,
    Direction,
    Settings,
    Value,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError

#: A line that holds an owner's mark, and nothing else.
_MARK = re.compile(r"^[ \t]*\[mailflow\.exchange_online owner=(?P<owner>[^\]\n]*)\][ \t]*$\n?", re.MULTILINE)
_MARK_BEGINS = "[mailflow.exchange_online owner="
#: What may stand in an owner's mark.
OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/ -]{0,63}")

#: Read-only members -> their names in results. ConnectorSource tells the console (AdminUI) from PowerShell (Default).
_DETAILS: dict[str, str] = {
    "Guid": "guid",
    "ConnectorSource": "connector_source",
    "IsValidated": "is_validated",
    "LastValidationTimestamp": "last_validation_timestamp",
    "LinkForModifiedConnector": "link_for_modified_connector",
    "WhenCreatedUTC": "when_created",
    "WhenChangedUTC": "when_changed",
}

#: Those that inbound connectors do not have.
_OUTBOUND_ONLY = ("IsValidated", "LastValidationTimestamp", "LinkForModifiedConnector")

#: The members of a record that a connector is made of.
MEMBERS: dict[Direction, tuple[str, ...]] = {
    direction: (
        "Name",
        *(name for name in _DETAILS if direction == "outbound" or name not in _OUTBOUND_ONLY),
        *(field.parameter for field in fields_of(direction)),
    )
    for direction in DIRECTIONS
}

_READERS: dict[Direction, tuple[tuple[str, str, t.Callable[[t.Any], Value]], ...]] = {
    direction: tuple((field.parameter, field.option, field.kind.read) for field in fields_of(direction))
    for direction in DIRECTIONS
}


def read_record(direction: Direction, record: t.Mapping[str, t.Any]) -> Connector:
    """Turn one record of Get-*Connector into a connector.

    Unknown members are ignored: the service adds some from time to time. A member that is missing is left out of
    the settings, since it is not the same as false. Raises ExchangeError (``unreadable``) when the record has no
    name or identity, or a value of another type: a list with such a record in it cannot be trusted.
    """
    name, guid = record.get("Name"), record.get("Guid")
    if not isinstance(name, str) or not name or not isinstance(guid, str) or not guid:
        raise ExchangeError(
            "unreadable",
            f"Exchange returned an {direction} connector without a name or Guid, so the list cannot be trusted."
            " Nothing was changed. Run again; if it stays so, report it with the request's identifier.",
        )
    settings: dict[str, Value] = {}
    parameter = ""
    try:
        for parameter, option, read in _READERS[direction]:
            if parameter in record:
                settings[option] = read(record[parameter])
    except TypeError as problem:
        raise ExchangeError(
            "unreadable",
            f"Exchange returned the {direction} connector '{name}' with a {parameter} that {problem},"
            " so it cannot be compared. Nothing was changed.",
        ) from None
    owner = None
    if "comment" in settings:
        settings["comment"], owner = split_comment(t.cast(str, settings["comment"]))
    details = {ours: record[theirs] for theirs, ours in _DETAILS.items() if theirs in record}
    return Connector(direction, name, guid, settings, owner, details)


def parameters(settings: Settings, owner: str | None) -> dict[str, t.Any]:
    """Return the cmdlet parameters that set these settings; a comment carries its owner's mark."""
    sent = {}
    for option, value in settings.items():
        field = BY_OPTION[option]
        sent[field.parameter] = (
            join_comment(t.cast(str, value), owner) if option == "comment" else field.kind.wire(value)
        )
    return sent


def owner_problems(owner: str) -> list[str]:
    """Return what is wrong with the name of an owner."""
    if OWNER.fullmatch(owner):
        return []
    return [f"owner: '{owner}' cannot be marked in a comment; use up to 64 letters, digits, blanks and . _ : @ / -."]


def split_comment(stored: str) -> tuple[str, str | None]:
    """Return a stored comment's own text and the owner marked in it."""
    mark = _MARK.search(stored) if _MARK_BEGINS in stored else None
    if mark is None:
        return stored, None
    # Somebody may have written on, before or below the mark: only the lines that hold one go.
    return _MARK.sub("", stored).rstrip(), mark["owner"]


def join_comment(text: str, owner: str | None) -> str:
    """Return the text to store: the comment and, on a line of its own, the owner's mark."""
    if owner is None:
        return text
    mark = f"{_MARK_BEGINS}{owner}]"
    return f"{text}\n{mark}" if text else mark

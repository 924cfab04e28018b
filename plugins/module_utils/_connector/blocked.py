# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Which inbound connectors Exchange Online has blocked because they seem to be compromised. Pure.

After Microsoft's pages on Get-BlockedConnector and "Remove blocked connectors from the Restricted entities page".
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._client import Call
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, printable

#: It has no ResultSize, other than the cmdlets for connectors.
QUESTION = Call("Get-BlockedConnector", {})
#: Kinds of errors by which the service says that this is not for the caller to know, or not known there.
NOT_TOLD = ("permission", "rejected", "not_found")
#: The member of a connector's details: True, False, or None where it is not known.
MEMBER = "blocked"

_LONGEST = 200

Record = t.Mapping[str, t.Any]


def is_blocked(connector: Connector) -> bool:
    """Whether the connector is known to be blocked."""
    return connector.details.get(MEMBER) is True


def asked_for_blocked(inventory: t.Iterable[Connector]) -> bool:
    """Whether it was asked, and told, which connectors are blocked; not seen where no inbound one stands."""
    return any(connector.details.get(MEMBER) is not None for connector in inventory)


def unknown(inventory: t.Iterable[Connector]) -> list[Connector]:
    """Return the connectors, with nothing known of the inbound ones. Outbound ones are never blocked."""
    return [_with(connector, None) for connector in inventory]


def marked(inventory: t.Sequence[Connector], records: t.Iterable[Record]) -> tuple[list[Connector], list[str]]:
    """Return the connectors with what the records say of the inbound ones, and a warning for each that fits none.

    Only the form of a connector's identity is documented, a Guid, and not the name of the member that holds it. No
    other object has the same one, so it is looked for in all members.
    """
    inbound = {_guid(connector.guid) for connector in inventory if connector.direction == "inbound"}
    found: set[str] = set()
    warnings: list[str] = []
    for record in records:
        named = inbound & {_guid(value) for value in record.values() if isinstance(value, str)}
        found |= named
        if not named:
            warnings.append(_unmatched(record))
    return [_with(connector, _guid(connector.guid) in found) for connector in inventory], warnings


def not_told(problem: ExchangeError) -> str:
    """Return the warning for an answer that was refused."""
    status = f"HTTP {problem.http_status}" if problem.http_status else problem.kind
    return (
        f"Exchange Online did not tell which inbound connectors it has blocked (Get-BlockedConnector: {status}), so"
        " 'blocked' is null, and a blocked one is not noticed; assign the role Global Reader or Security Reader to the"
        " application, or do not ask for it."
    )


def _with(connector: Connector, known: bool | None) -> Connector:
    if connector.direction != "inbound":
        return connector
    return connector._replace(details={**connector.details, MEMBER: known})


def _guid(text: str) -> str:
    return text.strip().strip("{}").lower()


def _unmatched(record: Record) -> str:
    shown = {name: value for name, value in record.items() if "@" not in name}
    text = printable(json.dumps(shown, ensure_ascii=False, default=str)[: _LONGEST + 1])
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return (
        "Exchange Online says that it has blocked a connector which is none of the inbound connectors that stand"
        f" ({text}); look at the page Restricted entities of the Microsoft Defender portal."
    )

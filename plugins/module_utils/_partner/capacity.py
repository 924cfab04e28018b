# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What stands x what changes -> how full the tenant is and how many requests that takes. Pure.

Limits that Microsoft publishes: a thousand records a page (Get-OutboundConnector and Get-InboundConnector,
-ResultSize), and 2,243 characters of SenderDomains a connector (KB 4014351). None is published for the number of
connectors or for RecipientDomains.
"""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.blocked import asked_for_blocked
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.commands import rounds
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import PARTNER, domains_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    DIRECTIONS,
    Change,
    Connector,
    Direction,
    Key,
    Settings,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.rivals import is_seen_again
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.rules import (
    SENDER_DOMAINS_LIMIT,
    sender_domains_length,
)

#: Records that Exchange hands out at a time.
PAGE = 1000
NONE_PUBLISHED = "none published"

_FULLEST = 3
_VALIDATED: tuple[Direction, ...] = ("outbound",)


def capacity_of(inventory: t.Sequence[Connector], changes: t.Iterable[Change]) -> dict[str, t.Any]:
    """Return how many connectors stand now and afterwards, and how full the fullest inbound connectors are then.

    A change that a guard has blocked is not made.
    """
    now: dict[Key, tuple[str, Settings]] = {one.key: (one.name, one.settings) for one in inventory}
    after = dict(now)
    for change in _made(changes):
        if change.after is None:
            after.pop(change.key, None)
        else:
            after[change.key] = (change.name, change.after)
    return {
        "connectors": {
            direction: {"now": _count(now, direction), "after": _count(after, direction), "limit": None}
            for direction in DIRECTIONS
        },
        "connectors_limit": NONE_PUBLISHED,
        "sender_domains": {"limit": SENDER_DOMAINS_LIMIT, "fullest": _fullest(after)},
    }


def requests_of(
    inventory: t.Sequence[Connector],
    changes: t.Sequence[Change],
    *,
    batch_size: int = 1,
    validations: int = 0,
) -> dict[str, int]:
    """Return how many requests it takes to read the inventory once, to make the changes, to look afterwards whether
    somebody else was at them, and to validate.

    An estimate where Microsoft's pages leave open which connectors a filter shows; exact as long as a thousand
    connectors of a direction stand, and nothing has to be tried again. Signing in is not counted.
    """
    made = _made(changes)
    writes = [len(commands) for commands in rounds(made)]
    own_domains = 1 if any(_adds_domain(change) for change in changes) else 0
    seen_again = {change.direction for change in made if is_seen_again(change)}
    listing = _reading(inventory, _VALIDATED, batch_size) + _looking(inventory, _VALIDATED, batch_size)
    return {
        "read": _reading(inventory, DIRECTIONS, batch_size),
        "write": sum(_at_a_time(number, batch_size) for number in writes) + own_domains,
        "look": _looking(inventory, seen_again, batch_size),
        # Each is validated and recorded by a request of its own, and all are looked at once more at the end.
        "validate": listing + 2 * validations if validations else 0,
    }


def _made(changes: t.Iterable[Change]) -> list[Change]:
    return [change for change in changes if change.action != "none" and change.blocked is None]


def _count(standing: t.Iterable[Key], direction: Direction) -> int:
    return sum(1 for found, _name in standing if found == direction)


def _fullest(standing: t.Mapping[Key, tuple[str, Settings]]) -> list[dict[str, t.Any]]:
    """The inbound connectors with the least room, the fullest first."""
    lengths = []
    for (direction, _key), (name, settings) in standing.items():
        if direction == "inbound":
            domains = domains_of(direction, settings)
            lengths.append((-sender_domains_length(domains), name, len(domains)))
    return [
        {"name": name, "domains": domains, "characters": -length, "room": SENDER_DOMAINS_LIMIT + length}
        for length, name, domains in sorted(lengths)[:_FULLEST]
    ]


def _reading(inventory: t.Sequence[Connector], directions: t.Collection[Direction], batch_size: int) -> int:
    """A list takes at least one request, and one for each further page; a batch takes a page of several lists."""
    records = collections.Counter(
        (one.direction, one.settings.get("transport_rule_scoped", False) is True) for one in inventory
    )
    lists: list[int] = []
    if "outbound" in directions:
        # Asked for in four ways (gateway.py): unscoped and scoped ones, each with and without test-mode ones.
        lists += [records["outbound", False], records["outbound", True]] * 2
    if "inbound" in directions:
        lists.append(records["inbound", False])
        if asked_for_blocked(inventory):
            lists.append(0)
    return _paging(lists, batch_size)


def _looking(inventory: t.Sequence[Connector], directions: t.Collection[Direction], batch_size: int) -> int:
    """One list a direction (gateway.py), as long as no special connector is among those that are looked for."""
    ordinary = [one.direction for one in inventory if one.settings.get("transport_rule_scoped", False) is not True]
    return _paging([ordinary.count(direction) for direction in sorted(directions)], batch_size)


def _paging(lists: t.Sequence[int], batch_size: int) -> int:
    pages = [max(1, -(-number // PAGE)) for number in lists]
    return sum(_at_a_time(sum(1 for one in pages if one > page), batch_size) for page in range(max(pages, default=0)))


def _at_a_time(number: int, batch_size: int) -> int:
    return -(-number // batch_size)


def _adds_domain(change: Change) -> bool:
    """Whether the module asks for the tenant's own domains before it makes the plan (see runner.py)."""
    if change.after is None or change.after.get("connector_type", PARTNER) != PARTNER:
        return False
    standing = domains_of(change.direction, change.before.settings) if change.before else ()
    return not set(domains_of(change.direction, change.after)) <= set(standing)

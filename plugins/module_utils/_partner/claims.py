# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Which connector of a tenant is for which domain, found by domain and never by going through all of them. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.blocked import is_blocked
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import (
    ON_PREMISES,
    domains_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Direction,
    Key,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.rivals import EVERY_DOMAIN, wider

#: What part a connector takes in ordinary mail flow. ``on_premises`` is said of inbound ones only: Exchange gives them
#: mail by certificate or address, not by a partner's domain (Microsoft: "Configure mail flow using connectors").
#: Outbound ones of that type are chosen by recipient domain as partners' are.
Part = t.Literal["in_force", "disabled", "test_mode", "rule_scoped", "on_premises"]

#: A connector and the domain that it lists.
Claim = tuple[str, Connector]


def part_of(connector: Connector) -> Part:
    """Return what part the connector takes in ordinary mail flow."""
    settings = connector.settings
    if settings.get("test_mode", False) is True:
        return "test_mode"
    if not weaken.in_force(settings):
        return "disabled"
    if settings.get("transport_rule_scoped", False) is True:
        return "rule_scoped"
    if connector.direction == "inbound" and settings.get("connector_type") == ON_PREMISES:
        return "on_premises"
    return "in_force"


class Claims:
    """The connectors of a tenant by the domains that they list.

    ``ours`` are the keys of the connectors of partners on the list, ``wildcards`` the wildcards that they list.
    """

    def __init__(self, inventory: t.Iterable[Connector], ours: frozenset[Key], wildcards: t.Container[str]) -> None:
        self.by_key: dict[Key, Connector] = {}
        #: Those that take the mail of every domain there is.
        self.catch_all: list[Connector] = []
        self._foreign: dict[tuple[Direction, str], list[Connector]] = {}
        self._below: dict[tuple[Direction, str], list[Claim]] = {}
        self._ours_in_force: set[tuple[Direction, str]] = set()
        self._blocked: dict[str, list[Connector]] = {}
        for connector in inventory:
            self.by_key[connector.key] = connector
            if is_blocked(connector) and (connector.key in ours or part_of(connector) == "in_force"):
                for domain in domains_of(connector.direction, connector.settings):
                    self._blocked.setdefault(domain, []).append(connector)
            if connector.key in ours:
                served = weaken.serves(connector.direction, connector.settings)
                self._ours_in_force |= {(connector.direction, domain) for domain in served}
            else:
                self._take(connector, wildcards)

    def _take(self, connector: Connector, wildcards: t.Container[str]) -> None:
        in_force = part_of(connector) == "in_force"
        for domain in domains_of(connector.direction, connector.settings):
            if domain == EVERY_DOMAIN:
                if in_force:
                    self.catch_all.append(connector)
                continue
            self._foreign.setdefault((connector.direction, domain), []).append(connector)
            if not in_force:
                continue
            for wildcard in wider(domain):
                if wildcard in wildcards:
                    self._below.setdefault((connector.direction, wildcard), []).append((domain, connector))

    def at(self, direction: Direction, domain: str) -> t.Sequence[Connector]:
        """The foreign connectors that list this very domain, in force or not."""
        return self._foreign.get((direction, domain), ())

    def above(self, direction: Direction, domain: str) -> list[Claim]:
        """The foreign connectors in force with a wildcard that covers the domain, and that wildcard."""
        return [
            (wildcard, connector)
            for wildcard in wider(domain)
            for connector in self.at(direction, wildcard)
            if part_of(connector) == "in_force"
        ]

    def below(self, direction: Direction, wildcard: str) -> t.Sequence[Claim]:
        """The foreign connectors in force for what the wildcard covers, and the domain that each lists."""
        return self._below.get((direction, wildcard), ())

    def blocked_at(self, domain: str) -> t.Sequence[Connector]:
        """The blocked inbound connectors that list this very domain: ours, and the foreign ones in force."""
        return self._blocked.get(domain, ())

    def held_by_us(self, direction: Direction, domain: str) -> bool:
        """Whether a connector of ours is in force with this very domain."""
        return (direction, domain) in self._ours_in_force

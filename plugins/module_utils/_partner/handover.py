# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Domains that go from one connector to another in a stage of the run: who has which of them meanwhile. Pure.

A domain stays where it is until who is to have it may have it, and a connector that keeps one for somebody else changes
in nothing else. What is put back claims no domain that another one has got by now.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import present, weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import (
    DOMAINS_OPTION,
    domains_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Direction, Key, key
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import settings_from
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import trial
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import (
    Connector,
    connectors_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.estate import Estate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gate import Decision
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.item import Item, Ways


class Handover:
    """The moves of one stage. ``items`` are what was wanted, with the domains that each has meanwhile.

    ``leftovers`` are the names of connectors that are to be pruned, and that stay as they are for a domain that nobody
    else may have yet.
    """

    def __init__(self, decisions: t.Sequence[Decision], estate: Estate, ways: Ways, wanted: t.Sequence[Item]) -> None:
        self._estate = estate
        self._ways = ways
        self._decisions = {decision.key: decision for decision in decisions}
        self._whose = {domain: d for d in decisions if d.partner.state != "absent" for domain in d.partner.domains}
        self._shared = {connector.key for connector in estate.packs}
        #: Partner's key -> the connectors that keep a domain of it until it is enforced.
        self.waiting: dict[str, list[str]] = {}
        #: Key of a partner whose connector keeps such a domain, and why its own change must not reach that.
        self.keepers: dict[str, str] = {}
        taken = {(i.entry["direction"], domain): i.entry for i in wanted if not i.restored for domain in i.served}
        wanted = [self._less(item, taken) if item.restored else item for item in wanted]
        self._served = {(i.entry["direction"], domain) for i in wanted for domain in i.served}
        self.items = [kept for item in wanted for kept in self._until_taken_over(item)]
        self.items += self._of_others(frozenset(item.key for item in wanted) | ways.withheld)
        self.leftovers: list[str] = []
        for item in self._to_be_pruned():
            kept_of_it = list(self._until_taken_over(item))
            # The module deletes it, unless it is to be kept or is asked for.
            self.items += [kept for kept in kept_of_it if kept is not item]
            self.leftovers += [] if kept_of_it else [item.entry["name"]]

    def _of_others(self, asked: frozenset[Key]) -> t.Iterator[Item]:
        """Connectors of partners that are left as they are, because they are held back: less what others get."""
        for decision in self._decisions.values():
            for connector in self._estate.own(decision.partner):
                if connector.key not in asked:
                    entry = {"name": connector.name, "direction": connector.direction, "state": "absent"}
                    agreed = decision.key in self._ways.consent
                    less = {**entry, "allow_weaken": True} if agreed else entry
                    item = Item(less, (decision.partner.name,), agreed=agreed)
                    yield from self._less_taken(item, self._tried_of(item).union(decision.partner.domains))

    def _to_be_pruned(self) -> list[Item]:
        made, owner = {item.key for item in self.items}, self._ways.prunes
        leftovers = [c for c in self._estate.by_key.values() if c.owner and c.owner == owner and c.key not in made]
        return [Item({"name": c.name, "direction": c.direction, "state": "absent"}, ()) for c in leftovers]

    def _less(self, item: Item, taken: t.Mapping[tuple[str, str], Connector]) -> Item:
        """A connector that is put back, without the domains that others have taken over, or prepared if none is left.

        Where they ask for less, that needs the consent of its partner.
        """
        direction: Direction = item.entry["direction"]
        option, lost = DOMAINS_OPTION[direction], [d for d in item.served if (direction, d) in taken]
        if not lost:
            return item
        left = [domain for domain in item.entry[option] if domain not in lost]
        wanted = weaken.strength(direction, settings_from(item.entry))
        heirs = [weaken.strength(direction, settings_from(taken[direction, domain])) for domain in lost]
        agreed = all(name.casefold() in self._ways.consent for name in item.partners) or all(
            one >= other for heir in heirs for one, other in zip(heir, wanted, strict=True)
        )
        less = {**item.entry, option: left} if left else self._prepared(item)
        return dataclasses.replace(item, entry={**less, "allow_weaken": agreed})

    def _prepared(self, item: Item) -> Connector:
        partner = self._decisions[item.partners[0].casefold()].partner
        own = connectors_of(partner, self._ways.prefix, "disabled")
        return next(entry for entry in own if key(entry["direction"], entry["name"]) == item.key)

    def _until_taken_over(self, item: Item) -> t.Iterator[Item]:
        """Let a connector keep the domains of those who are to take them over and may not yet.

        Where it was to go or to be disabled it stays as it is, because it could not take a domain back; but what others
        have got it does not keep beside them.
        """
        staying = self._staying(item)
        if not item.served:
            needed = {*staying, *self._tried_of(item)}
            if needed:
                yield from self._less_taken(item, needed)
            else:
                yield item
        elif staying:
            self._keep(item, staying)
            option = DOMAINS_OPTION[item.entry["direction"]]
            yield dataclasses.replace(item, entry={**item.entry, option: [*item.entry[option], *staying]})
        else:
            yield item

    def _less_taken(self, item: Item, needed: t.Container[str]) -> t.Iterator[Item]:
        """What stands, without the domains that others have; nothing where there are none."""
        direction: Direction = item.entry["direction"]
        taken = {d for d in self._standing(item) if d not in needed and (direction, d) in self._served}
        if taken:
            standing = self._estate.by_key[item.key]
            left = [domain for domain in domains_of(direction, standing.settings) if domain not in taken]
            less = {**present.as_input(standing), "owner": standing.owner or ""}
            less |= {DOMAINS_OPTION[direction]: left} if left else {"enabled": False}
            if not left and self._decisions[item.partners[0].casefold()].hold is not None:
                # Nothing is in force with it any more, and so it is prepared like others who are held.
                less = self._prepared(item)
            agreed = {"allow_weaken": True} if item.entry.get("allow_weaken") else {}
            yield dataclasses.replace(item, entry={**less, **agreed})

    def _keep(self, item: Item, staying: t.Sequence[str]) -> None:
        """Note whose change would reach mail that is not its own, of somebody who was not seen to sustain it."""
        before = self._estate.by_key[item.key].settings
        if item.key not in self._shared and trial.changed(before, settings_from(item.entry)):
            text = f"the connector '{item.entry['name']}' keeps {', '.join(staying)} until another partner may have it"
            self.keepers.setdefault(item.partners[0].casefold(), f"{text}, and the change would reach that mail too")

    def _staying(self, item: Item) -> list[str]:
        """The domains that the item gives up, and that who is to have them may not have yet."""
        staying = []
        for domain in sorted(self._standing(item) - set(item.served)):
            heir = self._whose.get(domain)
            if heir is not None and (item.entry["direction"], domain) not in self._served and _waits(heir, item):
                staying.append(domain)
                self.waiting.setdefault(heir.key, []).append(item.entry["name"])
        return staying

    def _tried_of(self, item: Item) -> set[str]:
        return {domain for domain in self._standing(item) if self._tried(domain, item)}

    def _tried(self, domain: str, item: Item) -> bool:
        """Whether a domain is with somebody of whom Exchange has yet to see that it works, or has seen that not."""
        heir = self._whose.get(domain)
        if heir is None or heir.partner.name in item.partners:
            return False
        return heir.awaits and (self._ways.trial or heir.hold is not None)

    def _standing(self, item: Item) -> frozenset[str]:
        return self._estate.served_by(item.key)


def _waits(heir: Decision, item: Item) -> bool:
    if heir.hold is None and not heir.awaits:
        return False
    elsewhere = heir.partner.name not in item.partners
    return heir.stand == "untouched" or (elsewhere and (heir.restore or heir.stand == "disabled"))

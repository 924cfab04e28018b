# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Decisions about all partners x what stands -> the connectors of one stage of the run, and whose each is. Pure.

A partner's own connectors depend on the partner alone (``compose``). Here is what concerns several of them: connectors
that partners share, domains that stay with one partner until the other may have them, and connectors put back.
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
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import glass, pack, trial
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import (
    Connector,
    connectors_of,
    names_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.estate import Estate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gate import Decision


@dataclasses.dataclass(frozen=True)
class Ways:
    """How connectors are made. ``pack_size`` is the number of domains in a shared connector, 0 for none.

    ``consent`` holds the keys of the partners whose connectors may be weakened, ``scoped`` those of the partners whose
    connector only mail flow rules may use for now. ``trial``: Exchange has yet to validate, so that changes of what is
    in force say what it was. ``prunes`` is the owner whose connectors go where nobody on the list has them.
    """

    prefix: str
    consent: frozenset[str] = frozenset()
    pack_size: int = 0
    scoped: frozenset[str] = frozenset()
    trial: bool = False
    prunes: str | None = None


@dataclasses.dataclass(frozen=True)
class Item:
    """An entry for the module ``connectors``, and the partners that it belongs to.

    ``restored``: it is put back to what it was before the run.
    """

    entry: Connector
    partners: tuple[str, ...]
    restored: bool = False

    @property
    def key(self) -> Key:
        return key(self.entry["direction"], self.entry["name"])


class Fleet:
    """The connectors of all partners in one stage. ``items`` are to be made so, ``kept`` are names to leave alone."""

    def __init__(self, decisions: t.Sequence[Decision], estate: Estate, ways: Ways) -> None:
        self._estate = estate
        self._ways = ways
        self._whose = {domain: d for d in decisions if d.partner.state != "absent" for domain in d.partner.domains}
        self._gone = {domain: d.key for d in decisions if d.partner.state == "absent" for domain in d.partner.domains}
        #: Partner's key -> the connectors that keep a domain of it until it is enforced.
        self.waiting: dict[str, list[str]] = {}
        packs = self._packs(decisions)
        shared = {partner.key for one in packs for partner in one.partners}
        wanted = [item for d in decisions for item in self._own(d, shared=d.key in shared)] + self._shared(packs)
        taken = {
            (i.entry["direction"], domain): i.entry for i in wanted if not i.restored for domain in _served(i.entry)
        }
        wanted = [self._less(item, taken) if item.restored else item for item in wanted]
        served = {(i.entry["direction"], domain) for i in wanted for domain in _served(i.entry)}
        self.items = [kept for item in wanted for kept in self._until_taken_over(item, served)]
        made = {item.key for item in self.items}
        self.kept = [name for d in decisions for own, name in self._keys(d) if own not in made]
        self.kept += self._leftovers(made, served)

    def _keys(self, decision: Decision) -> t.Iterator[tuple[Key, str]]:
        outbound, *inbound = names_of(decision.partner, self._ways.prefix)
        yield key("outbound", outbound), outbound
        yield from ((key("inbound", name), name) for name in inbound)

    def _own(self, decision: Decision, *, shared: bool) -> t.Iterator[Item]:
        partner = decision.partner
        if decision.restore:
            for connector in self._estate.own(partner):
                entry = {**present.as_input(connector), "owner": connector.owner or "", "allow_weaken": True}
                yield Item(entry, (partner.name,), restored=True)
            return
        for entry in connectors_of(partner, self._ways.prefix, "absent" if shared else decision.stand):
            if shared and key(entry["direction"], entry["name"]) not in self._estate.by_key:
                continue  # it is not asked for; the domains stand in the shared one
            if self._stays_in_force(decision, entry):
                continue
            made = {**entry, **self._for_rules_only(decision, entry), **self._comment(decision, entry)}
            if decision.awaits and not decision.in_force and entry["direction"] == "outbound":
                # Enabled for mail flow rules only, so that Exchange validates it, it takes nothing from anybody's mail
                # when it is disabled again.
                made["allow_weaken"] = True
            yield Item(self._agreed(made, [decision.key]), (partner.name,))

    def _stays_in_force(self, decision: Decision, entry: Connector) -> bool:
        """Whether the way in is enforced while the way out is not, and is to stay so while the partner is held back."""
        before = self._estate.by_key.get(key(entry["direction"], entry["name"]))
        back = decision.gated and decision.stand == "disabled" and entry["direction"] == "inbound"
        return back and before is not None and bool(weaken.serves("inbound", before.settings))

    def _less(self, item: Item, taken: t.Mapping[tuple[str, str], Connector]) -> Item:
        """A connector that is put back, without the domains that others have taken over, or disabled if none is left.

        Where they ask for less, that needs the consent of its partner.
        """
        direction: Direction = item.entry["direction"]
        option, lost = DOMAINS_OPTION[direction], [d for d in _served(item.entry) if (direction, d) in taken]
        if not lost:
            return item
        left = [domain for domain in item.entry[option] if domain not in lost]
        wanted = weaken.strength(direction, settings_from(item.entry))
        heirs = [weaken.strength(direction, settings_from(taken[direction, domain])) for domain in lost]
        agreed = all(name.casefold() in self._ways.consent for name in item.partners) or all(
            one >= other for heir in heirs for one, other in zip(heir, wanted, strict=True)
        )
        less = {option: left} if left else {"enabled": False}
        return dataclasses.replace(item, entry={**item.entry, **less, "allow_weaken": agreed})

    def _for_rules_only(self, decision: Decision, entry: Connector) -> Connector:
        """In force, but for no mail as long as no mail flow rule names it: so Exchange validates it."""
        if decision.key not in self._ways.scoped or entry["direction"] != "outbound":
            return {}
        return {"enabled": True, "transport_rule_scoped": True}

    def _comment(self, decision: Decision, entry: Connector) -> Connector:
        """The comment, where it is not that of the entry: with a trial, or an adopted one without lines of ours."""
        before = self._estate.by_key.get(key(entry["direction"], entry["name"]))
        if before is None or entry["state"] != "present":
            return {}
        comment = str(before.settings.get("comment", ""))
        wanted = str(entry.get("comment", glass.without_break_glass(comment)))
        tried = decision.gated and decision.in_force
        if tried and self._ways.trial and decision.awaits:
            mark = trial.trial_mark(before.settings, settings_from(entry))
            return {"comment": trial.with_trial(wanted, mark)} if mark else {}
        ours = wanted != comment or tried or self._estate.on_trial(decision.partner)
        return {"comment": wanted} if "comment" not in entry and ours else {}

    def _packs(self, decisions: t.Sequence[Decision]) -> list[pack.Pack]:
        if not self._ways.pack_size:
            return []
        standing = {c.key: domains_of(c.direction, c.settings) for c in self._estate.packs}
        able = [d.partner for d in decisions if _may_share(d)]
        return pack.packed(able, self._ways.prefix, self._ways.pack_size, standing)

    def _shared(self, packs: t.Sequence[pack.Pack]) -> list[Item]:
        items = [
            Item(entry, tuple(partner.name for partner in one.partners))
            for one in packs
            for entry in _pack_entries(one)
        ]
        made = {item.key for item in items}
        items += [
            Item({"name": connector.name, "direction": connector.direction, "state": "absent"}, ())
            for connector in self._estate.packs
            if connector.key not in made
        ]
        return [dataclasses.replace(item, entry=self._agreed(item.entry, self._leaving(item))) for item in items]

    def _leaving(self, item: Item) -> list[str]:
        """The keys of those whose domains the shared connector loses."""
        lost = self._standing(item) - set(_served(item.entry))
        keys = {domain: d.key for domain, d in self._whose.items()}
        return [keys.get(domain) or self._gone.get(domain, "") for domain in lost]

    def _agreed(self, entry: Connector, concerned: t.Sequence[str]) -> Connector:
        agreed = bool(concerned) and all(one in self._ways.consent for one in concerned)
        return {**entry, "allow_weaken": True} if agreed else entry

    def _until_taken_over(self, item: Item, served: t.Container[tuple[str, str]]) -> t.Iterator[Item]:
        """Let a connector keep the domains of those who are to take them over and may not yet.

        It stays as it is where it was to go or to be disabled.
        """
        staying = self._staying(item, served)
        if not staying:
            yield item
        elif _served(item.entry):
            option = DOMAINS_OPTION[item.entry["direction"]]
            yield dataclasses.replace(item, entry={**item.entry, option: [*item.entry[option], *staying]})

    def _staying(self, item: Item, served: t.Container[tuple[str, str]]) -> list[str]:
        """The domains that the item gives up, and that who is to have them may not have yet."""
        staying = []
        for domain in sorted(self._standing(item) - set(_served(item.entry))):
            heir = self._whose.get(domain)
            if heir is not None and (item.entry["direction"], domain) not in served and _waits(heir, item):
                staying.append(domain)
                self.waiting.setdefault(heir.key, []).append(item.entry["name"])
        return staying

    def _leftovers(self, made: t.Container[Key], served: t.Container[tuple[str, str]]) -> list[str]:
        """The names of connectors that are to be pruned, and have a domain that nobody else may have yet."""
        leftovers = [c for c in self._estate.by_key.values() if c.owner == self._ways.prunes and c.key not in made]
        items = [Item({"name": c.name, "direction": c.direction, "state": "absent"}, ()) for c in leftovers if c.owner]
        # What is gone cannot take a domain back.
        return [i.entry["name"] for i in items if self._staying(i, served) or any(map(self._tried, self._standing(i)))]

    def _tried(self, domain: str) -> bool:
        """Whether a domain is with somebody of whom Exchange has yet to see that it works, or has seen that not."""
        heir = self._whose.get(domain)
        return heir is not None and heir.awaits and (self._ways.trial or heir.hold is not None)

    def _standing(self, item: Item) -> frozenset[str]:
        before = self._estate.by_key.get(item.key)
        return weaken.serves(before.direction, before.settings) if before is not None else frozenset()


def _may_share(decision: Decision) -> bool:
    """Exchange validates connectors, not partners, so who is validated has one of its own; and who was adopted."""
    partner = decision.partner
    own = partner.outbound.validation_recipients or partner.outbound.adopt or partner.inbound.adopt
    return decision.stand == "enabled" and not own and not decision.restore


def _waits(heir: Decision, item: Item) -> bool:
    if heir.hold is None and not heir.awaits:
        return False
    elsewhere = heir.partner.name not in item.partners
    return heir.stand == "untouched" or (elsewhere and (heir.restore or heir.stand == "disabled"))


def _served(entry: Connector) -> t.Sequence[str]:
    """The domains whose mail takes the connector that is asked for."""
    in_force = entry.get("state") == "present" and entry.get("enabled") is True
    if not in_force or entry.get("transport_rule_scoped") is True:
        return ()
    direction: Direction = entry["direction"]
    return t.cast("t.Sequence[str]", entry.get(DOMAINS_OPTION[direction], ()))


def _pack_entries(one: pack.Pack) -> t.Iterator[Connector]:
    """A shared connector is that of its first member, for the domains of all."""
    like = dataclasses.replace(one.partners[0], domains=one.domains)
    for entry, name in zip(connectors_of(like, "", "enabled"), (one.outbound_name, one.inbound_name), strict=True):
        yield {**entry, "name": name, "comment": _pack_comment(one)}


def _pack_comment(one: pack.Pack) -> str:
    names = [partner.name for partner in one.partners]
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"Forced TLS with {len(names)} partners: {', '.join(names[:10])}{more}."

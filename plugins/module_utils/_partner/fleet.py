# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Decisions about all partners x what stands -> the connectors of one stage of the run, and whose each is. Pure.

A partner's own connectors depend on the partner alone (``compose``). Here it is told which of them this stage asks for,
and who shares some; domains that go from one to another are those of ``handover``.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import present, weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import (
    domains_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Key, key
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import settings_from
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import glass, pack, trial
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import (
    Connector,
    connectors_of,
    names_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.estate import Estate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gate import Decision
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.handover import Handover
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.item import Item, Ways
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import keyed


class Fleet:
    """The connectors of all partners in one stage. ``items`` are to be made so, ``kept`` are names to leave alone.

    ``waiting`` and ``keepers`` are those of the handover.
    """

    def __init__(self, decisions: t.Sequence[Decision], estate: Estate, ways: Ways) -> None:
        self._estate = estate
        self._ways = ways
        # Who is to have a domain goes before who is to go.
        in_turn = sorted(decisions, key=lambda decision: decision.partner.state != "absent")
        self._whose = {domain: decision.key for decision in in_turn for domain in decision.partner.domains}
        packs = self._packs([d for d in decisions if _may_share(d)])
        # A shared connector of those whose wave is to come is not taken away to be made again.
        coming = self._packs([d for d in decisions if _may_share(_in_its_wave(d))])
        names = {name for one in coming for name in (one.outbound_name.casefold(), one.inbound_name.casefold())}
        self._coming = {connector.key for connector in estate.packs if connector.name.casefold() in names}
        shared = {partner.key for one in packs for partner in one.partners}
        wanted = [item for d in decisions for item in self._of(d, shared=d.key in shared)] + self._shared(packs)
        handover = Handover(decisions, estate, ways, [item for item in wanted if item.key not in ways.withheld])
        self.items = handover.items
        self.waiting, self.keepers = handover.waiting, handover.keepers
        made = {item.key for item in self.items}
        kept = [name for d in decisions for own, name in self._keys(d) if own not in made]
        kept += [connector.name for connector in estate.packs if connector.key in self._coming - made]
        kept += [connector.name for own, connector in estate.by_key.items() if own in ways.withheld]
        self.kept = list(dict.fromkeys([*kept, *handover.leftovers]))

    def _keys(self, decision: Decision) -> t.Iterator[tuple[Key, str]]:
        names = names_of(decision.partner, self._ways.prefix)
        yield from zip(keyed(names), names, strict=True)

    def _of(self, decision: Decision, *, shared: bool) -> t.Iterable[Item]:
        """The connectors of a partner; those whose change is refused as if it were enforced, so that it is told."""
        found = {item.key: item for item in self._own(decision, shared=shared)}
        if decision.hold is not None and decision.hold.reason == "refused":
            asked = dataclasses.replace(decision, hold=None, restore=False, stand="enabled")
            refused = [item for item in self._own(asked, shared=False) if item.key in self._ways.refused]
            found |= {item.key: item for item in refused if not self._stands_halfway(item.key)}
        return found.values()

    def _is_halfway(self, decision: Decision, entry: Connector) -> bool:
        """Whether this run or an earlier one may have enabled it for mail flow rules only, to have it validated."""
        if decision.awaits and not decision.in_place:
            return True
        return decision.gated and self._stands_halfway(key(entry["direction"], entry["name"]))

    def _stands_halfway(self, own: Key) -> bool:
        before = self._estate.by_key.get(own)
        return before is not None and weaken.in_force(before.settings) and not self._estate.served_by(own)

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
            if entry["direction"] == "outbound" and self._is_halfway(decision, entry):
                # It takes nothing from anybody's mail when it is disabled again.
                made["allow_weaken"] = True
            yield self._agreed(Item(made, (partner.name,)), [decision.key])

    def _stays_in_force(self, decision: Decision, entry: Connector) -> bool:
        """Whether the way in is enforced while the way out is not, and is to stay so while the partner is held back."""
        before = self._estate.by_key.get(key(entry["direction"], entry["name"]))
        back = decision.gated and decision.stand == "disabled" and entry["direction"] == "inbound"
        return back and before is not None and bool(weaken.serves("inbound", before.settings))

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
        tried = decision.gated and decision.in_place
        if tried and self._ways.trial and decision.awaits:
            mark = trial.trial_mark(before.settings, settings_from(entry))
            return {"comment": trial.with_trial(wanted, mark)} if mark else {}
        ours = wanted != comment or tried or self._estate.on_trial(decision.partner)
        return {"comment": wanted} if "comment" not in entry and ours else {}

    def _packs(self, able: t.Sequence[Decision]) -> list[pack.Pack]:
        if not self._ways.pack_size:
            return []
        standing = {c.key: domains_of(c.direction, c.settings) for c in self._estate.packs}
        return pack.packed([d.partner for d in able], self._ways.prefix, self._ways.pack_size, standing)

    def _shared(self, packs: t.Sequence[pack.Pack]) -> list[Item]:
        items = [
            Item(entry, tuple(partner.name for partner in one.partners))
            for one in packs
            for entry in _pack_entries(one)
        ]
        made = self._coming | {item.key for item in items}
        items += [
            Item({"name": connector.name, "direction": connector.direction, "state": "absent"}, ())
            for connector in self._estate.packs
            if connector.key not in made
        ]
        return [self._agreed(item, self._leaving(item)) for item in items]

    def _leaving(self, item: Item) -> list[str]:
        """The keys of those whose domains the shared connector loses."""
        lost = self._estate.served_by(item.key) - set(item.served)
        return [self._whose.get(domain, "") for domain in lost]

    def _agreed(self, item: Item, concerned: t.Sequence[str]) -> Item:
        agreed = bool(concerned) and all(one in self._ways.consent for one in concerned)
        if not agreed or item.entry.get("allow_weaken"):
            return item
        return dataclasses.replace(item, entry={**item.entry, "allow_weaken": True}, agreed=True)


def _may_share(decision: Decision) -> bool:
    """Exchange validates connectors, not partners, so who is validated has one of its own; and who was adopted."""
    partner = decision.partner
    own = partner.outbound.validation_recipients or partner.outbound.adopt or partner.inbound.adopt
    return decision.stand == "enabled" and not own and not decision.restore


def _in_its_wave(decision: Decision) -> Decision:
    waits = decision.hold is not None and decision.hold.reason == "wave"
    return dataclasses.replace(decision, stand="enabled") if waits else decision


def _pack_entries(one: pack.Pack) -> t.Iterator[Connector]:
    """A shared connector is that of its first member, for the domains of all."""
    like = dataclasses.replace(one.partners[0], domains=one.domains)
    for entry, name in zip(connectors_of(like, "", "enabled"), (one.outbound_name, one.inbound_name), strict=True):
        yield {**entry, "name": name, "comment": _pack_comment(one)}


def _pack_comment(one: pack.Pack) -> str:
    names = [partner.name for partner in one.partners]
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"Forced TLS with {len(names)} partners: {', '.join(names[:10])}{more}."

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The whole list x the whole tenant -> one stage of the run: who is decided how, which connectors, what changes. Pure.

The same code answers before the run (the plan), in the middle of it (what may be done before Exchange has validated)
and at its end (what holds now): only the course of the run differs.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Key,
    Policy,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import make_plan, state_id
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.wishes import read_wishes
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import keys_of, names_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.conflicts import (
    Conflict,
    find_conflicts,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.estate import Estate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.fleet import Fleet
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.foresight import (
    Staged,
    foreseen,
    settled,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gate import (
    Course,
    Decision,
    Evidence,
    Gate,
    Rules,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.item import Ways
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.listed import Listed
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import keyed
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.pack import is_pack_name
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.waves import waves


@dataclasses.dataclass(frozen=True)
class Terms:
    """What the user set for the whole list. ``everyone``: all may be weakened, also by pruning."""

    owner: str = "forced_tls"
    everyone: bool = False
    prune: bool = False
    prune_limit: int = 10
    allow_empty: bool = False
    pack_size: int = 0
    wave_size: int = 0
    rules: Rules = dataclasses.field(default_factory=Rules)


class Planner:
    """Answers for one list and one tenant. Raises InputError where the two cannot go together."""

    def __init__(
        self,
        listed: Listed,
        inventory: t.Sequence[Connector],
        tenant_id: str,
        terms: Terms,
        evidence: t.Mapping[str, Evidence],
    ) -> None:
        self.listed = listed
        self.inventory = inventory
        self.standing = {connector.key: connector for connector in inventory}
        self.tenant_id = tenant_id
        self.terms = terms
        self.evidence = evidence
        self.estate = Estate(inventory, listed.prefix, self._is_pack)
        self.conflicts = self._find_conflicts()
        self._conflicts_by_partner: dict[str, list[Conflict]] = {}
        for conflict in self.conflicts:
            self._conflicts_by_partner.setdefault(conflict.partner.casefold(), []).append(conflict)
        holding, blocked = _holding(self.conflicts), _blocked(self.conflicts)
        self._gate = Gate(listed.now, terms.rules, self.estate, evidence, holding, blocked)
        self._refuse_emptiness()

    def stage(self, course: Course, scoped: frozenset[str] = frozenset()) -> Staged:
        """Return what is to be done in this stage of the run.

        What the plan for all refuses is refused in every stage: with what later ones do, it would take from somebody
        what nobody has agreed to, and it is not what check mode has told. Who changes in nothing by that waits for no
        wave.
        """
        whole = self._foreseen[1]
        if course == Course():
            return whole
        if course.admitted is not None:
            course = dataclasses.replace(course, admitted=course.admitted | _refused_altogether(whole))
        denied = frozenset(change.key for change in whole.plan.changes if change.blocked)
        return self._settled(course, scoped, denied)

    @functools.cached_property
    def _foreseen(self) -> tuple[Course, Staged]:
        return foreseen(self._stage, self._own_keys)

    def _settled(
        self, course: Course, scoped: frozenset[str] = frozenset(), denied: frozenset[Key] = frozenset()
    ) -> Staged:
        found = self._foreseen[0]
        course = dataclasses.replace(course, hindered=found.hindered, refused=found.refused)
        return settled(course, lambda course: self._stage(course, scoped), self._own_keys, denied)

    def _stage(self, course: Course, scoped: frozenset[str] = frozenset()) -> Staged:
        decisions = tuple(self._gate.decide(partner, course) for partner in self.listed.partners)
        trial = course.stage == "first"
        prunes = self.terms.owner if self.terms.prune else None
        more = (self.terms.pack_size, scoped, trial, prunes, course.refused, course.withheld)
        ways = Ways(self.listed.prefix, self.listed.consent, *more)
        fleet = Fleet(decisions, self.estate, ways)
        policy = Policy(
            self.terms.owner,
            self.terms.prune,
            self.terms.prune_limit,
            self.terms.everyone,
            self.tenant_id,
            frozenset(name.casefold() for name in fleet.kept),
        )
        plan = make_plan(read_wishes([item.entry for item in fleet.items], listed=True), self.inventory, policy)
        return Staged(decisions, fleet, plan)

    def waves(self, staged: Staged) -> list[list[Decision]]:
        """Spread those who are to be enforced newly over waves."""
        refused = _refused_altogether(staged)
        enabled = (d for d in staged.decisions if d.stand == "enabled" and d.hold is None)
        moving = [d for d in enabled if d.key not in refused]
        coming = [d for d in moving if d.gated]
        later = self._later() if len(coming) > 1 and any(d.awaits for d in coming) else set()
        return waves(moving, self.estate, self.terms.wave_size, later)

    def _later(self) -> set[str]:
        """Keys of those whose connector keeps a domain until somebody else was validated, and cannot change before."""
        first = self._settled(Course("first"))
        resting = {item.key for item in first.fleet.items if not item.served}
        return {
            decision.key
            for decision in first.decisions
            if decision.hold is not None or (self._is_to_rest(decision) and self._own_keys(decision)[0] not in resting)
        }

    def _is_to_rest(self, decision: Decision) -> bool:
        """Whether its mail takes a connector that is to be disabled while Exchange validates it."""
        return decision.awaits and not decision.in_place and bool(self.estate.served_by(self._own_keys(decision)[0]))

    def _own_keys(self, decision: Decision) -> list[Key]:
        return keys_of(decision.partner, self.listed.prefix)

    def state_of(self, own: Key) -> str:
        """How a connector stood when the plan was made, as the module ``connectors`` compares it.

        That is as it was read, and not as the estate has it, which takes what a killed run was trying out for undone.
        """
        return state_id(self.standing.get(own))

    def conflicts_of(self, partner_key: str) -> t.Sequence[Conflict]:
        """What else takes the domains of a partner, or will."""
        return self._conflicts_by_partner.get(partner_key, ())

    def _is_pack(self, connector: Connector) -> bool:
        named = is_pack_name(self.listed.prefix, connector.direction, connector.name)
        return named and connector.owner == self.terms.owner

    def _find_conflicts(self) -> list[Conflict]:
        names = {partner.key: names_of(partner, self.listed.prefix) for partner in self.listed.partners}
        ours: set[Key] = {connector.key for connector in self.estate.packs}
        for own in names.values():
            ours.update(keyed(own))
        if self.terms.prune:
            # They go in this run; a renamed partner is not held up by what it was called.
            ours.update(connector.key for connector in self.inventory if connector.owner == self.terms.owner)
        return find_conflicts(self.listed.partners, names, self.inventory, ours, self.terms.owner)

    def _refuse_emptiness(self) -> None:
        """A list that was emptied by mistake must not look like a tidy run, let alone be carried out."""
        if self.listed.partners or self.terms.allow_empty:
            return
        marked = [c.name for c in self.inventory if c.owner == self.terms.owner]
        if marked:
            problem = (
                f"The partner list is empty, but {len(marked)} connectors with the mark of owner '{self.terms.owner}'"
                f" stand in Exchange ('{marked[0]}' for one); put the partners back on the list, with state absent"
                " where they are to go, or set forced_tls_allow_empty to true."
            )
            raise InputError([problem])


def _refused_altogether(staged: Staged) -> frozenset[str]:
    """The keys of the partners that the plan changes in nothing, because it refuses all that was to change."""
    whose = {item.key: [name.casefold() for name in item.partners] for item in staged.fleet.items}
    refused = {name for c in staged.plan.touched if c.blocked for name in whose.get(c.key, ())}
    return frozenset(refused.difference(*(whose.get(c.key, ()) for c in staged.plan.touched if not c.blocked)))


def _holding(conflicts: t.Iterable[Conflict]) -> dict[str, str]:
    """By partner, the first conflict that holds it back."""
    found: dict[str, str] = {}
    for conflict in conflicts:
        if conflict.severity == "hold":
            found.setdefault(conflict.partner.casefold(), conflict.reason)
    return found


def _blocked(conflicts: t.Iterable[Conflict]) -> dict[str, list[str]]:
    """By partner, the sentences about blocked connectors, without a full stop."""
    found: dict[str, list[str]] = {}
    for conflict in conflicts:
        if conflict.kind == "blocked":
            found.setdefault(conflict.partner.casefold(), []).append(conflict.message.removesuffix("."))
    return found

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the model knows of its tenant and list, and what has to hold between them.

It knows nothing of the product: what both agree on was written down twice.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from hypothesis.stateful import RuleBasedStateMachine

from ansible_collections.mailflow.exchange_online.tests.integration import model_list
from ansible_collections.mailflow.exchange_online.tests.integration.model_coverage import (
    Coverage,
    agreed_strength,
    coverage_of,
    domains_of,
    in_use,
    lower,
)
from ansible_collections.mailflow.exchange_online.tests.integration.model_list import MARK, Partner
from ansible_collections.mailflow.exchange_online.tests.integration.model_tenant import ModelTenant
from ansible_collections.mailflow.exchange_online.tests.lab.exchange.records import Record

Values = dict[str, t.Any]
Consent = str | list[str]

DIRECTIONS = ("outbound", "inbound")
GLASS = "[mailflow.exchange_online break glass "
THEIRS = "[mailflow.exchange_online owner=somebody else]"
_OF_VALIDATION = ("IsValidated", "LastValidationTimestamp")


class Checked(RuleBasedStateMachine):
    """A machine without rules."""

    def __init__(self) -> None:
        super().__init__()
        self.tenant = ModelTenant()
        self.listed: dict[str, Partner] = {}
        self.not_ready: set[str] = set()
        #: How many domains a shared connector has, 0: partners share none.
        self.pack = 0
        self.count = 0
        self.stopped = ""
        self._patches = contextlib.ExitStack()
        for patch in self.tenant.patched():
            self._patches.enter_context(patch)

    def teardown(self) -> None:
        self._patches.close()
        self.tenant.close()

    def settings(self) -> dict[tuple[str, str], Values]:
        """What stands, without when it was changed or validated."""
        return {
            (direction, guid): {name: value for name, value in record.values.items() if name not in _OF_VALIDATION}
            for direction in DIRECTIONS
            for guid, record in self.tenant.records(direction).items()
        }

    def evidence(self, name: str) -> Values:
        if name in self.not_ready:
            return {"verdict": "not_ready", "names": [], "obstacles": [{"message": "No STARTTLS."}]}
        return {"verdict": "ready", "names": [], "obstacles": []}

    def demanded(self, consent: Consent) -> Coverage:
        """What has to be covered at every moment of a run: what is now, less what may and is to be given up."""
        now, wished = self.tenant.now(), {}
        for partner in self.listed.values():
            wished.update(partner.wish(now))
        found: Coverage = {}
        for direction in DIRECTIONS:
            for record in self.tenant.records(direction).values():
                if not in_use(direction, record):
                    continue
                strength = agreed_strength(direction, record)
                owner = next((p for p in self.listed.values() if p.connector(direction) == record.name), None)
                shared = model_list.is_shared(direction, record.name)
                for domain in domains_of(direction, record):
                    if shared:
                        owner = next((p for p in self.listed.values() if domain in p.domains), None)
                    agreed = consent == "all" or (owner is not None and owner.name in consent)
                    wish = next(iter(wished.get((direction, domain), ())), (0,) * len(strength))
                    found.setdefault((direction, domain), set()).add(lower(strength, wish) if agreed else strength)
        return found

    def foreign(self, *, prune: bool) -> dict[tuple[str, str], Record]:
        """Connectors that no run may touch."""
        ours = {(d, p.connector(d)) for p in self.listed.values() for d in DIRECTIONS}
        return {
            (direction, guid): record
            for direction in DIRECTIONS
            for guid, record in self.tenant.records(direction).items()
            if THEIRS in str(record.values["Comment"])
            or (
                (direction, record.name) not in ours
                and not model_list.is_shared(direction, record.name)
                and not (prune and is_marked(record))
            )
        }

    def equals(self, result: Values | None, *, prune: bool) -> None:
        """The tenant equals the list, but for who is held, and for a reason that is one."""
        assert result is not None
        assert result["outcome"]["error"] is None or self._theirs_in_the_way(), result["outcome"]["msg"]
        held = {one["name"]: one["held"]["reason"] for one in result["partners"] if one["held"]}
        for name, reason in held.items():
            assert self._is_held(self.listed[name], reason, held), f"{name} is held by {reason}"
        waiting = {domain for name in held for domain in self.listed[name].domains}
        for partner in self.listed.values():
            if self._theirs_in_the_way():
                break  # what somebody else has holds up others as well, and that is told
            if held.get(partner.name, "enforce_from") == "enforce_from":
                wrong = self._wrong(partner, waiting)
                assert not wrong, "\n".join([*wrong, *self.tenant.told])
        if prune and not self._theirs_in_the_way():
            ours = {p.connector(d) for p in self.listed.values() for d in DIRECTIONS}
            for direction in DIRECTIONS:
                for record in self.tenant.records(direction).values():
                    left = record.name in ours or not is_marked(record) or waiting & set(domains_of(direction, record))
                    left = left or (bool(self.pack) and model_list.is_shared(direction, record.name))
                    assert left, f"{record.name} was not pruned"

    def _wrong(self, partner: Partner, waiting: set[str]) -> list[str]:
        found: list[str] = []
        for direction in DIRECTIONS:
            if self._shares(partner, direction):
                continue
            record = self._named(direction, partner)
            others = waiting - set(partner.domains)
            if record is not None and partner.state != "planned" and others & set(domains_of(direction, record)):
                continue  # it keeps what nobody else may have yet
            enabled = partner.state == "enforced" and not partner.dated(self.tenant.now())
            if partner.state == "absent":
                found += [f"{record.name} stands"] if record is not None else []
            elif partner.state != "planned":
                if record is None:
                    found.append(f"{partner.connector(direction)} is not there")
                else:
                    found += model_list.unlike(partner, direction, record, enabled=enabled, others=())
        return found

    def _shares(self, partner: Partner, direction: str) -> bool:
        """Whether a shared connector is all that it has to have."""
        if not self.pack or partner.state != "enforced" or partner.validated or partner.adopts:
            return False
        if self._named(direction, partner):
            return False
        wanted = dataclasses.replace(partner, validated=False)
        return any(
            not model_list.unlike(wanted, direction, record, enabled=True, others=domains_of(direction, record))
            for record in self.tenant.records(direction).values()
            if model_list.is_shared(direction, record.name)
        )

    def _named(self, direction: str, partner: Partner) -> Record | None:
        wanted = partner.connector(direction)
        return next((one for one in self.tenant.records(direction).values() if one.name == wanted), None)

    def is_theirs(self, partner: Partner) -> bool:
        records = [self._named(direction, partner) for direction in DIRECTIONS]
        return any(THEIRS in str(record.values["Comment"]) for record in records if record is not None)

    def _theirs_in_the_way(self) -> bool:
        shared = (
            record
            for direction in DIRECTIONS
            for record in self.tenant.records(direction).values()
            if model_list.is_shared(direction, record.name) and not is_marked(record)
        )
        return any(shared) or any(self.is_theirs(partner) for partner in self.listed.values())

    def _is_held(self, partner: Partner, reason: str, held: t.Mapping[str, str]) -> bool:
        """Whether there is such a reason."""
        if reason == "enforce_from":
            return partner.dated(self.tenant.now())
        if reason == "probe":
            return partner.name in self.not_ready
        if reason == "break_glass":
            return any(GLASS in str(record.values["Comment"]) for record in self.own(partner))
        if reason == "validation":
            return partner.validated and partner.recipient in self.tenant.partners.deaf
        if reason == "wave":
            return "validation" in held.values()
        if reason == "refused":  # with consent, by somebody else's mark alone
            return self._theirs_in_the_way()
        assert reason == "conflict", reason
        return self._is_kept_out(partner) or self._keeps(partner, held)

    def _keeps(self, partner: Partner, held: t.Iterable[str]) -> bool:
        """Whether it has a domain in use that is somebody's who is held, so that its own change has to wait."""
        waiting = {domain for name in held if name != partner.name for domain in self.listed[name].domains}
        return any(
            waiting & set(domains_of(direction, record))
            for direction in DIRECTIONS
            if (record := self._named(direction, partner)) is not None and in_use(direction, record)
        )

    def _is_kept_out(self, partner: Partner) -> bool:
        """Whether somebody else's connector is in its way, or a partner whose wildcard is pinned and goes before it."""
        pinned = [d for p in self.listed.values() if p.demand != "tls" and p is not partner for d in p.domains]
        if partner.demand == "tls" and any(_overlap(d, own) for d in pinned for own in partner.domains):
            return True
        if any(self._named(direction, partner) is None for direction, _name in partner.adopts):
            return True
        return self.is_theirs(partner) or any(
            _overlap(domain, theirs)
            for direction in DIRECTIONS
            for record in self.tenant.records(direction).values()
            if in_use(direction, record) and record.name != partner.connector(direction)
            for theirs in domains_of(direction, record)
            for domain in partner.domains
        )

    def came_true(self, told: Values, result: Values, before: dict[tuple[str, str], Values]) -> None:
        """What check mode has told is what was done, if Exchange's validation went as well as it had assumed."""
        if held_in(told) != held_in(result):
            reasons = {reason for _name, reason in held_in(result) - held_in(told)}
            assert "validation" in reasons, f"Check mode told of others who are held; what came is {sorted(reasons)}"
            return
        after, refused, planned = self.settings(), _refused(result), doing(told, "planned")
        made = {(d, str(after[d, guid]["Name"])) for d, guid in after.keys() - before.keys()}
        gone = {(d, str(before[d, guid]["Name"])) for d, guid in before.keys() - after.keys()}
        changed = {
            (d, str(after[d, guid]["Name"]))
            for d, guid in after.keys() & before.keys()
            if after[d, guid] != before[d, guid]
        }
        found = [("create", made), ("update", changed), ("delete", gone)]
        done = {(*where, action) for action, some in found for where in some}
        assert planned == done, f"Check mode told {sorted(planned - done)} too much, and not {sorted(done - planned)}"
        assert _refused(told) == refused, f"Check mode told other refusals than {sorted(refused)}"

    @staticmethod
    def waves_change_something(plan: Values) -> None:
        """Each of those in a wave is changed by it."""
        changed = {name for change in plan["changes"] if not change["blocked"] for name in change["partners"]}
        idle = {name for wave in plan["waves"] for name in wave} - changed
        assert not idle, f"{sorted(idle)} have a place in a wave, and nothing of theirs changes"

    def broken(self, resume: t.Container[str]) -> list[str]:
        """Who was taken off in haste, and is not to be enforced again by this run."""
        return [
            partner.name
            for partner in self.listed.values()
            if partner.name not in resume
            and not self.is_enforced(partner)
            and any(GLASS in str(record.values["Comment"]) for record in self.own(partner))
        ]

    def is_enforced(self, partner: Partner) -> bool:
        """Whether its own outbound connector or a shared one takes its mail."""
        return any(
            in_use("outbound", record) and set(partner.domains) & set(domains_of("outbound", record))
            for record in self.tenant.records("outbound").values()
            if record.name == partner.connector("outbound")
            or (model_list.is_shared("outbound", record.name) and is_marked(record))
        )

    def doubled(self) -> set[tuple[str, str]]:
        """Direction and domain of those that several connectors in use are for: Exchange may lose their mail."""
        places = [
            (direction, domain)
            for direction in DIRECTIONS
            for record in self.tenant.records(direction).values()
            if in_use(direction, record)
            for domain in domains_of(direction, record)
        ]
        return {place for place in places if places.count(place) > 1}

    def covered(self, less: t.Container[str]) -> Coverage:
        found = coverage_of(self.tenant.state)
        return {place: strengths for place, strengths in found.items() if place[1] not in less}

    def own(self, partner: Partner) -> list[Record]:
        return [r for r in (self._named(direction, partner) for direction in DIRECTIONS) if r is not None]

    def adopted_words(self) -> dict[tuple[str, str], list[str]]:
        """By direction and Guid, what people have written in the comments of adopted connectors."""
        return {
            (direction, guid): _words(record)
            for direction in DIRECTIONS
            for guid, record in self.tenant.records(direction).items()
            if any(record.name == partner.adopted(direction) for partner in self.listed.values())
        }

    def composed(self, partner: Partner) -> list[Record]:
        """Its connectors of a time before others were adopted."""
        names = {direction: partner.composed(direction) for direction in DIRECTIONS}
        return [r for d, name in names.items() for r in self.tenant.records(d).values() if r.name == name]


def domains_in(record: Record) -> list[str]:
    direction = "outbound" if "RecipientDomains" in record.values else "inbound"
    return domains_of(direction, record)


def held_in(result: Values) -> set[tuple[str, str]]:
    return {(one["name"], one["held"]["reason"]) for one in result["partners"] if one["held"]}


def doing(result: Values, status: str) -> set[tuple[str, str, str]]:
    """Direction, name and action of what is done."""
    found = result["outcome"]["connectors"]
    return {(one["direction"], one["name"], one["action"]) for one in found if one["status"] == status}


def _refused(result: Values) -> set[tuple[str, str]]:
    return {(one["direction"], one["name"]) for one in result["outcome"]["connectors"] if one["error"]}


def _words(record: Record) -> list[str]:
    return [line for line in str(record.values["Comment"]).split("\n") if not line.startswith("[mailflow.")]


def is_marked(record: Record) -> bool:
    return MARK in str(record.values["Comment"])


def _overlap(one: str, other: str) -> bool:
    return one.removeprefix("*.") == other.removeprefix("*.")

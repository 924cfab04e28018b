# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Plan, inventory and outcomes, put together: how connectors stand, and what the run did to them. Pure.

A run has stages: what is new is made first, then validated, then enforced. Each stage is one result of the module
``connectors``, and what it says to have applied is what holds after it.
"""

from __future__ import annotations

import collections
import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report import moments
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.model import (
    Connector,
    Decision,
    Matter,
    Run,
    Step,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.plain import Values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.stages import (
    DIRECTIONS,
    Done,
    Key,
    key_of,
    moved,
    stages_of,
)

#: A validation is recorded in the connector, which changes it: so much later is "changed since".
_OWN_CHANGE = dt.timedelta(minutes=10)
_PASSED = ("passed", "fresh")
_DOMAINS = {"outbound": "recipient_domains", "inbound": "sender_domains"}


class History:
    """Looks things up by connector and by partner."""

    def __init__(
        self, plan: Values, inventory: Values, results: t.Sequence[Values], validations: t.Sequence[Values]
    ) -> None:
        self._changes: dict[Key, Values] = {key_of(each): each for each in plan.get("changes") or []}
        self._found: dict[Key, Values] = {key_of(each): each for each in inventory.get("connectors") or []}
        self._details: dict[Key, Values] = {key_of(each): each for each in inventory.get("details") or []}
        # Where one was validated again, the last time is what counts.
        self._validations = {str(each.get("connector")).casefold(): each for each in validations}
        self.known = bool(inventory)
        self.acted = bool(results)
        self._done, self._broken = stages_of(results)
        self._asks = {key_of(each) for each in plan.get("connectors") or [] if each.get("validation_recipients")}
        self._of: dict[str, list[Key]] = collections.defaultdict(list)
        for key, change in self._changes.items():
            for partner in change.get("partners") or []:
                self._of[str(partner).casefold()].append(key)
        self._by_domain = self._index(str(plan.get("owner") or ""))

    def _index(self, owner: str) -> dict[tuple[str, str], Key]:
        """Connectors with the owner's mark, by the domains that they take: partners may share them."""
        found: dict[tuple[str, str], Key] = {}
        for key, connector in self._found.items():
            if owner and self._details.get(key, {}).get("owner") == owner:
                for domain in connector.get(_DOMAINS.get(key[0], "")) or []:
                    found.setdefault((key[0], str(domain)), key)
        return found

    def keys(self, entry: Values) -> list[Key]:
        """The connectors of a partner: by their names, by what the plan says, and else by its domains."""
        # The first is outbound, the others inbound; one name may be in both directions, of two partners.
        outbound, *inbound = [str(name).casefold() for name in entry.get("connectors") or [""]]
        named = [("outbound", outbound), *(("inbound", name) for name in inbound)]
        known = [key for key in named if key in self._found or key in self._done or key in self._changes]
        keys = dict.fromkeys([*known, *self._of.get(entry["name"].casefold(), [])])
        for way in DIRECTIONS:
            if not any(key[0] == way for key in keys):
                shared = (self._by_domain.get((way, domain)) for domain in entry.get("domains") or [])
                keys.update(dict.fromkeys(key for key in shared if key is not None))
        return list(keys)

    def connectors(self, entry: Values) -> tuple[Connector, ...]:
        """A partner's connectors, as they stand after what this run applied."""
        return tuple(each for key in self.keys(entry) if (each := self._connector(key)) is not None)

    def _connector(self, key: Key) -> Connector | None:
        found = self._found.get(key)
        settings: Values | None = dict(found) if found else None
        name = str(found.get("name")) if found else ""
        applied = [each for each in self._done.get(key, ()) if each.status == "applied"]
        for each in applied:
            settings = None if each.action == "delete" else {**(settings or {}), **each.after}
            name = name or each.name
        if found is None and not applied:
            return None
        return Connector(name, key[0], settings, self._details.get(key, {}), touched=bool(applied))

    def steps(self, entry: Values) -> tuple[Step, ...]:
        """What this run planned for a partner and did, in its order: make, validate, enforce."""
        done = [[self._step(each) for each in self._done.get(key, ())] for key in self.keys(entry)]
        first = [steps[0] for steps in done if steps]
        rest = [step for steps in done for step in steps[1:]]
        planned = [self._planned(key) for key in self._of.get(entry["name"].casefold(), []) if key not in self._done]
        validation = self._validated(self.validation(entry))
        return (*first, *planned, *([validation] if validation else []), *rest)

    def _step(self, done: Done) -> Step:
        change = self._changes.get(done.key) or {}
        pairs = [moved(option, done.before, done.after) for option in done.after if option in done.before]
        weakens = [f"weakens: {text}" for text in change.get("weakens") or []] if done.weakens else []
        detail = "; ".join(text for text in [*pairs, *weakens, done.error] if text)
        return Step(done.action, done.name, done.status, detail)

    def _planned(self, key: Key) -> Step:
        change = self._changes[key]
        before, after = change.get("before") or {}, change.get("after") or {}
        pairs = [moved(option, before, after) for option in after if option in before]
        weakens = [f"weakens: {text}" for text in change.get("weakens") or []]
        detail = "; ".join(str(text) for text in [*pairs, *weakens, change.get("blocked")] if text)
        return Step(str(change.get("action")), str(change.get("name")), self._status(key), detail)

    def _validated(self, validation: Values | None) -> Step | None:
        if validation is None:
            return None
        failed = (step for step in validation.get("steps") or [] if step.get("success") is False)
        detail = "; ".join(f"{step.get('name')}: {step.get('detail')}" for step in failed)
        return Step("validate", str(validation.get("connector")), str(validation.get("status")), detail)

    def _status(self, key: Key) -> str:
        done = self._done.get(key)
        return done[-1].status if done else ("refused" if self._changes.get(key, {}).get("blocked") else "planned")

    def validation(self, entry: Values) -> Values | None:
        """What became of the validation of this run, of the gravest of the partner's connectors."""
        found = [
            self._validations[name] for way, name in self.keys(entry) if way == "outbound" and name in self._validations
        ]
        return min(found, key=lambda each: each.get("status") in _PASSED, default=None)

    def asks(self, entry: Values) -> bool:
        """Whether Exchange's validation is asked for."""
        if self.validation(entry) is not None or any(key in self._asks for key in self.keys(entry)):
            return True
        return any((each.settings or {}).get("validation_recipients") for each in self.connectors(entry))

    def validated(self, entry: Values, connectors: t.Sequence[Connector], run: Run) -> tuple[dt.datetime | None, str]:
        """When the partner's outbound connector was last validated, and a few words on it."""
        now = self.validation(entry)
        if now is not None and now.get("status") not in ("fresh", "planned"):
            return run.finished or run.now, f"{now.get('status')}, in this run"
        for each in connectors:
            when = moments.read(each.details.get("last_validation_timestamp"))
            if each.direction == "outbound" and when is not None:
                changed = moments.read(each.details.get("when_changed"))
                since = each.touched or (changed is not None and changed > when + _OWN_CHANGE)
                # A change takes the record of a success back.
                word = "passed" if each.details.get("is_validated") else "not passed"
                return when, f"{word}; changed since" if since else word
        return None, "never recorded" if self.known else "not known"

    def troubles(self, entry: Values) -> t.Iterator[Decision]:
        """What went wrong with a partner's connectors, or was refused."""
        for key in self.keys(entry):
            trouble = self._trouble(key)
            if trouble is not None:
                yield trouble
        validation = self.validation(entry)
        told = any(alert.get("alert") == "validation_failed" for alert in entry.get("alerts") or [])
        if validation is not None and not told and validation.get("status") in ("failed", "unknown"):
            message = (validation.get("error") or {}).get("message")
            yield Decision("validation", str(message or f"{validation['connector']} was not validated."))

    def strays(self, entries: t.Sequence[Values]) -> list[Decision]:
        """The same, of connectors that belong to no partner of the list, and of a run that could not do anything."""
        known = {key for entry in entries for key in self.keys(entry)}
        keys = dict.fromkeys([*self._changes, *self._done])
        troubles = [trouble for key in keys if key not in known and (trouble := self._trouble(key)) is not None]
        return [*(Decision("failed", text) for text in self._broken), *troubles]

    def _trouble(self, key: Key) -> Decision | None:
        done = self._done.get(key)
        message = done[-1].error if done else self._changes.get(key, {}).get("blocked")
        if not message:
            return None
        matter: Matter = "failed" if self._status(key) in ("failed", "unknown") else "refused"
        return Decision(matter, str(message))

    def counts(self) -> dict[str, int]:
        """How many connectors the run dealt with, by action and by what became of them."""
        keys = dict.fromkeys([*self._changes, *self._done])
        ends = {key: self._status(key) for key in keys}
        did = collections.Counter(self._action(key) for key in keys if ends[key] in ("applied", "planned"))
        statuses = collections.Counter(ends.values())
        checked = collections.Counter(str(each.get("status")) for each in self._validations.values())
        return {
            **{action: did[action] for action in ("create", "update", "delete")},
            "failed": statuses["failed"] + statuses["unknown"],
            "refused": statuses["refused"] + statuses["skipped"],
            "validated": checked["passed"] + checked["fresh"],
            "not_validated": checked["failed"] + checked["unknown"],
        }

    def _action(self, key: Key) -> str:
        done = self._done.get(key)
        return done[0].action if done else str(self._changes[key].get("action"))

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""A partner x what is known about it -> whether it is enforced in this run, or what holds it back. Pure.

Nothing is enforced that was not seen to work, and nothing that is enforced is taken back because it was seen to fail:
that is for a person to decide.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector, Key
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import glass
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.estate import Estate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import VALIDATION, Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.standing import (
    Alert,
    Hold,
    Stand,
    standing,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.times import said
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.plan import why_due

#: Evidence of one partner: what the probe saw of its servers, as the filter ``partner_evidence`` returns it.
Evidence = t.Mapping[str, t.Any]

#: Where the run is: planning as if all went well, making what is new without letting mail through it, or enforcing
#: what was validated.
Stage = t.Literal["plan", "first", "last"]


@dataclasses.dataclass(frozen=True)
class Rules:
    """What the user set for the gate."""

    probe: bool = True
    #: Whether Exchange's validation decides about those whom the probe could not see.
    unseen_by_validation: bool = False
    validate: bool = True
    max_age: dt.timedelta = dt.timedelta(days=30)
    #: Keys of partners whose break glass is over.
    resume: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Course:
    """How far the run has come.

    ``admitted`` holds the keys of the partners whose wave has come, None those of all. ``passed`` holds the keys of
    those that were validated in this run, ``failed`` those that did not pass, and why, ``unmade`` those one of whose
    connectors could not be made, ``made`` those whose outbound connector stands as it was asked for in this run.
    ``written`` are the connectors that this run has changed, or may have.

    ``hindered`` has, by key, what the decisions about others have against it, and ``refused`` the connectors of those
    whose change is going to be refused. ``withheld`` are connectors whose change the plan for all refuses, and this
    stage by itself would not, so that they are left as they stand (all three: ``foresight``).
    """

    stage: Stage = "plan"
    admitted: frozenset[str] | None = None
    passed: frozenset[str] = frozenset()
    failed: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    unmade: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    made: frozenset[str] = frozenset()
    written: frozenset[Key] = frozenset()
    hindered: t.Mapping[str, Hold] = dataclasses.field(default_factory=dict)
    refused: frozenset[Key] = frozenset()
    withheld: frozenset[Key] = frozenset()


@dataclasses.dataclass(frozen=True)
class Decision:
    """What this stage of the run makes of a partner.

    ``awaits``: Exchange validates it before mail flows by it. ``restore``: its connectors become again what they were
    before the run. ``gated``: something is enforced that was not before. ``in_place``: its own connector carries its
    mail, so a change of it is tried out in force; any other one while no mail takes it.
    """

    partner: Partner
    stand: Stand
    in_force: bool = False
    in_place: bool = False
    hold: Hold | None = None
    alerts: tuple[Alert, ...] = ()
    awaits: bool = False
    restore: bool = False
    gated: bool = False

    @property
    def key(self) -> str:
        return self.partner.key


class Gate:
    """Decides about partners, one by one.

    ``conflicts`` has, by key, what else takes a partner's domains, ``blocked`` the sentences about connectors by which
    its mail comes and which Exchange has blocked.
    """

    def __init__(
        self,
        now: dt.datetime,
        rules: Rules,
        estate: Estate,
        evidence: t.Mapping[str, Evidence],
        conflicts: t.Mapping[str, str],
        blocked: t.Mapping[str, t.Sequence[str]],
    ) -> None:
        self._now = now
        self._rules = rules
        self._estate = estate
        self._evidence = evidence
        self._conflicts = conflicts
        self._blocked = blocked

    def decide(self, partner: Partner, course: Course) -> Decision:
        """Return what becomes of the partner in this stage."""
        dated = standing(partner, self._now)
        in_force = self._estate.in_force(partner)
        alerts = tuple(filter(None, (dated.alert, *self._exceptions_over(partner))))
        decision = Decision(partner, dated.stand, in_force, self._estate.in_place(partner), dated.hold, alerts)
        if dated.stand != "enabled":
            # Until the date its mail goes as it does. What forces TLS, a date moved ahead takes off, with consent.
            stays = dated.hold is not None and self._estate.leads(partner)
            return dataclasses.replace(decision, stand="untouched") if stays else decision
        hold = self._in_the_way(partner, in_force)
        if in_force:
            blocked = self._blocked.get(partner.key, ())
            alerts += tuple(Alert("connector_blocked", None, reason) for reason in blocked)
            decision = dataclasses.replace(decision, alerts=alerts)
        if hold is not None:
            # Nothing is made beside what is there: it is announced, not prepared.
            return dataclasses.replace(decision, hold=hold, stand="untouched")
        if partner.key in course.hindered:
            return _as_before(decision, course.hindered[partner.key])
        if not self._estate.is_new(partner):
            return dataclasses.replace(
                decision, alerts=(*alerts, *(self._failing(partner, course) if in_force else ()))
            )
        decision = dataclasses.replace(decision, gated=True)
        hold = self._before_validation(partner, course)
        if hold is not None:
            carries = in_force or decision.in_place
            if carries and self._estate.on_trial(partner):
                # A killed run has left the change, and nobody has seen that it works.
                return dataclasses.replace(decision, hold=hold, restore=True)
            # What carries mail stays as it is; and whose wave has not come is not made yet.
            leave = carries or hold.reason == "wave"
            return dataclasses.replace(decision, hold=hold, stand="untouched" if leave else "disabled")
        return self._validated(decision, course) if self._awaits(partner) else decision

    def _before_validation(self, partner: Partner, course: Course) -> Hold | None:
        if self._rules.probe:
            hold = self._seen(partner)
            if hold is not None:
                return hold
        if course.admitted is not None and partner.key not in course.admitted:
            return Hold("wave", None, "the run stopped before its wave; mend what failed in it, and run again")
        return None

    def _in_the_way(self, partner: Partner, in_force: bool) -> Hold | None:
        # Somebody may have enabled it again, which ends that; but not for domains that it was never enabled for.
        broken = None if self._estate.is_served(partner) else self._broken_glass(partner)
        if broken is None and not in_force and partner.key in self._conflicts:
            return Hold("conflict", None, self._conflicts[partner.key])
        return broken

    def _broken_glass(self, partner: Partner) -> Hold | None:
        if partner.key in self._rules.resume:
            return None
        for connector in self._estate.own(partner):
            broken = glass.break_glass_of(str(connector.settings.get("comment", "")))
            if broken is not None:
                since, reason = broken
                return Hold(
                    "break_glass",
                    None,
                    f"taken off on {since} ({reason}); name it in forced_tls_resume to enforce it again, or set its"
                    " state to suspended",
                )
        return None

    def _seen(self, partner: Partner) -> Hold | None:
        """What the probe has against enforcing it."""
        seen = self._evidence.get(partner.key)
        if seen is None:
            return Hold("probe", None, "its servers were not looked at; run the step probe, or the whole role")
        if seen["verdict"] == "ready":
            return None
        if seen["verdict"] != "not_ready" and self._rules.unseen_by_validation and self._awaits(partner):
            return None
        remedy = _UNSEEN if seen["verdict"] != "not_ready" else ""
        return Hold("probe", None, f"{_first(seen)}{remedy}")

    def _failing(self, partner: Partner, course: Course) -> t.Iterator[Alert]:
        """What was seen to fail of somebody who is enforced."""
        seen = self._evidence.get(partner.key)
        if seen is not None and seen["verdict"] == "not_ready":
            yield Alert(
                "probe_failing",
                None,
                f"{partner.name}: it is enforced, stays so, and mail may not get through: {_first(seen)}",
            )
        if partner.key in course.failed:
            yield Alert(
                "validation_failed",
                None,
                f"{partner.name}: it is enforced, stays so, and mail may not get through:"
                f" {course.failed[partner.key].rstrip('.')}",
            )

    def _exceptions_over(self, partner: Partner) -> t.Iterator[Alert]:
        for exemption in partner.exceptions:
            if exemption.until <= self._now:
                yield Alert(
                    "exception_over",
                    exemption.until,
                    f"{partner.name}: the exception for {exemption.finding} ended on {said(exemption.until)};"
                    f" {exemption.owner} is to extend it or to take it off the list (reason: {exemption.reason})",
                )

    def _awaits(self, partner: Partner) -> bool:
        if not self._rules.validate or not partner.outbound.validation_recipients:
            return False
        return not any(e.finding == VALIDATION and e.until > self._now for e in partner.exceptions)

    def _validated(self, decision: Decision, course: Course) -> Decision:
        """Whether Exchange has seen that the connector works, and what to do until it has."""
        partner = decision.partner
        wrong = course.unmade.get(partner.key) or course.failed.get(partner.key)
        if wrong:
            decision = dataclasses.replace(decision, awaits=True)
            return _as_before(decision, Hold("validation", None, wrong.rstrip(".")))
        if partner.key in course.passed or self._recorded(partner):
            return decision
        decision = dataclasses.replace(decision, awaits=True)
        if course.stage == "last":
            return _as_before(decision, Hold("validation", None, "it was not validated in this run"))
        if decision.in_place or course.stage == "plan":
            return decision
        return dataclasses.replace(decision, stand="disabled")

    def _recorded(self, partner: Partner) -> bool:
        """Whether a success is recorded for the very connector that is to be enforced, and young enough."""
        connector = self._estate.outbound(partner)
        # What was seen before the glass was broken is what was wrong.
        return (
            connector is not None
            and glass.break_glass_of(str(connector.settings.get("comment", ""))) is None
            and _is_as_wanted(connector, partner)
            and not why_due(connector, self._rules.max_age, self._now)
        )


def _as_before(decision: Decision, hold: Hold) -> Decision:
    """It is held in the middle of the run: what was in force becomes as it was, and what was not is prepared."""
    stand: Stand = "enabled" if decision.in_place else "disabled"
    return dataclasses.replace(decision, hold=hold, gated=True, restore=decision.in_place, stand=stand)


_UNSEEN = (
    "; look from a host whose port 25 is open (forced_tls_probe_from), or let Exchange's validation decide"
    " (forced_tls_probe_unseen: validation, with validation_recipients)"
)


def _first(seen: Evidence) -> str:
    """The gravest obstacle, without its full stop, and how many more there are."""
    obstacles = seen.get("obstacles") or []
    if not obstacles:
        return f"the probe says {seen['verdict']}"
    text = str(obstacles[0]["message"]).rstrip(".")
    return text if len(obstacles) == 1 else f"{text} (and {len(obstacles) - 1} more)"


def _is_as_wanted(connector: Connector, partner: Partner) -> bool:
    """Whether it asks for what is wanted, so that only letting mail through is left to do."""
    wanted = Estate([connector._replace(settings=_let_through(connector))], "", lambda connector: False)
    return not wanted.is_new(partner)


def _let_through(connector: Connector) -> dict[str, t.Any]:
    return {**connector.settings, "enabled": True, "transport_rule_scoped": False, "test_mode": False}

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""A stage of the run -> the plan as users and files see it. The only place that knows its shape. Pure."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import present, rivals, weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fate import Fate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Change,
    Connector,
    Key,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import printable
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import times
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.capacity import capacity_of, requests_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import keys_of, names_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.foresight import Staged
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gate import Course, Decision
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.planning import Planner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.plan import serves, why_due

FORMAT = 1

Values = dict[str, t.Any]


def plan_of(planner: Planner, staged: Staged, course: Course, run_id: str) -> Values:
    """Return the plan of a stage."""
    whose = {item.key: item.partners for item in staged.fleet.items}
    weakening = {change.key for change in staged.plan.touched if change.weakens}
    changes = [_change(change, whose) for change in staged.plan.touched]
    stuck = {c.key: c for c in staged.plan.touched if c.blocked and c.before and weaken.in_force(c.before.settings)}
    partners = [_partner(planner, staged, decision, stuck) for decision in staged.decisions]
    summary = _summary(planner, staged)
    validate = _to_validate(planner, staged, course)
    plan = {
        "format": FORMAT,
        "plan_id": staged.plan.plan_id,
        "run_id": run_id,
        "stage": course.stage,
        "made_at": times.iso(planner.listed.now),
        "tenant_id": planner.tenant_id,
        "owner": planner.terms.owner,
        "name_prefix": planner.listed.prefix,
        "partners": partners,
        "held": [partner["held"] for partner in partners if partner["held"]],
        "alerts": [alert for partner in partners for alert in partner["alerts"]],
        "connectors": [item.asked(weakening, course.written, planner.state_of) for item in staged.fleet.items],
        "keep": staged.fleet.kept,
        "shared": _is_shared(planner, staged),
        "changes": changes,
        "conflicts": [conflict.plain() for conflict in planner.conflicts],
        "validate": validate,
        "waves": [[d.partner.name for d in wave] for wave in planner.waves(staged)] if course.stage == "plan" else [],
        "summary": summary,
        # As the module says it, where a stage has left it out or did not come.
        "refused": [present.outcome(Fate(c, "skipped", c.blocked)) for c in staged.plan.touched if c.blocked],
        "capacity": capacity_of(planner.inventory, staged.plan.changes),
        "requests": requests_of(planner.inventory, staged.plan.changes, validations=len(validate)),
    }
    return {**plan, "lines": [*_lines(plan, times.said(planner.listed.now)), *_left_over(planner, staged)]}


def _left_over(planner: Planner, staged: Staged) -> t.Iterator[str]:
    """Whoever takes an entry away may think that its connectors go with it."""
    dealt = {change.key for change in staged.plan.changes}
    kept = {name.casefold() for name in staged.fleet.kept}
    ours = (c for c in planner.inventory if c.owner == planner.terms.owner and c.key not in dealt)
    names = [f"'{connector.name}'" for connector in ours if connector.name.casefold() not in kept]
    if names:
        yield printable(
            f"note: of connectors with the mark of this list, {len(names)} belong to no partner on it and stay as they"
            f" are: {rivals.listed(names)}. List their partners with state absent, or set forced_tls_prune to true, to"
            " have them deleted."
        )


def _is_shared(planner: Planner, staged: Staged) -> bool:
    """Whether a domain comes into force beside somebody else's connector that this plan knows of, and has told.

    Where it knows of none, one that the module finds has come since. A connector that forces nothing yet may be in
    force with the domain all along: this run takes it out while Exchange validates, so that it comes back as well.
    """
    moved = (d.partner for d in staged.decisions if d.gated and not d.in_place)
    resting = {keys_of(partner, planner.listed.prefix)[0] for partner in moved}
    standing = {own: _disabled(c) if own in resting else c for own, c in planner.standing.items()}
    changes = [change._replace(before=standing.get(change.key)) for change in staged.plan.changes]
    return bool(rivals.in_the_way(changes, standing))


def _disabled(connector: Connector) -> Connector:
    return connector._replace(settings={**connector.settings, "enabled": False})


def _lines(plan: Values, now: str) -> t.Iterator[str]:
    """The plan for people."""
    counts = plan["summary"]
    states = ", ".join(f"{counts[s]} {s}" for s in ("enforced", "held", "prepared", "planned", "suspended", "absent"))
    yield f"Partners {counts['partners']} at {now}: {states}."
    waiting = sum(1 for partner in plan["partners"] if partner["validate"] and partner["held"] is None)
    first = f"; Exchange validates {waiting} before they are enforced" if waiting else ""
    refused = f"; {counts['refused']} refused" if counts["refused"] else ""
    yield (
        f"To do: {counts['create']} to create, {counts['update']} to update, {counts['delete']} to delete{first}"
        f"{refused}. Plan {plan['plan_id']}."
    )
    if len(plan["waves"]) > 1:
        yield f"In {len(plan['waves'])} waves of at most {max(map(len, plan['waves']))} partners."
    for conflict in plan["conflicts"]:
        if not conflict["partner"]:
            yield f"note: {conflict['message']}"
    for partner in plan["partners"]:
        yield from partner["lines"]
    for change in plan["changes"]:
        if change["weakens"]:
            kind = "refused" if change["blocked"] else "weakens"
            text = f"{kind}: {change['direction']} connector '{change['name']}': {'; '.join(change['weakens'])}."
            yield printable(text)
        elif change["blocked"]:
            yield printable(f"refused: {change['blocked']}")


def _change(change: Change, whose: t.Mapping[Key, tuple[str, ...]]) -> Values:
    difference = present.difference(change)
    return {
        "name": change.name,
        "direction": change.direction,
        "partners": list(whose.get(change.key, ())),
        "action": change.action,
        "changes": list(change.changes),
        "weakens": list(change.weakens),
        "blocked": change.blocked.message if change.blocked else None,
        "before": difference["before"],
        "after": difference["after"],
    }


def _partner(planner: Planner, staged: Staged, decision: Decision, stuck: t.Mapping[Key, Change]) -> Values:
    """``stuck``: the changes that are refused of what is in force."""
    partner = decision.partner
    notices = [*_notices(planner, staged, decision), *_still_in_force(planner, decision, stuck)]
    alerts = [alert.plain(partner.name) for alert in decision.alerts]
    hold = decision.hold
    return {
        **_agreed(partner),
        "stands": decision.stand,
        "in_force": decision.in_force,
        "connectors": names_of(partner, planner.listed.prefix),
        "held": hold.plain(partner.name) if hold else None,
        "alerts": alerts,
        "notices": notices,
        "exceptions": [
            {
                "finding": exemption.finding,
                "owner": exemption.owner,
                "until": times.iso(exemption.until),
                "reason": exemption.reason,
                "active": exemption.until > planner.listed.now,
            }
            for exemption in partner.exceptions
        ],
        "validate": decision.awaits,
        "evidence": planner.evidence.get(partner.key),
        "lines": [
            *([hold.line(partner.name)] if hold else []),
            *(f"ALERT: {alert['message']}" for alert in alerts),
            *(f"note: {notice}" for notice in notices),
        ],
    }


def _agreed(partner: Partner) -> Values:
    """What the list says of it."""
    return {
        "name": partner.name,
        "state": partner.state,
        "domains": list(partner.domains),
        "level": partner.outbound.level,
        "certificate_name": partner.outbound.certificate_name,
        "smart_hosts": list(partner.outbound.smart_hosts),
        "inbound": {
            "certificate_name": partner.inbound.certificate_name,
            "ip_addresses": list(partner.inbound.ip_addresses),
        },
        "enforce_from": times.iso_or_none(partner.enforce_from),
        "until": times.iso_or_none(partner.until),
        "reason": partner.reason,
        "contact": partner.contact,
        "reference": partner.reference,
        "description": partner.description,
    }


def _notices(planner: Planner, staged: Staged, decision: Decision) -> list[str]:
    alerts = {f"{alert.message}." for alert in decision.alerts}
    notices = [
        conflict.message
        for conflict in planner.conflicts_of(decision.key)
        if conflict.severity == "notice" or decision.hold is None or decision.hold.reason != "conflict"
        if conflict.message not in alerts
    ]
    for name in dict.fromkeys(staged.fleet.waiting.get(decision.key, ())):
        text = f"{decision.partner.name}: until it is enforced, its domains stay with the connector '{name}'."
        notices.append(printable(text))
    if decision.hold is not None and decision.in_force and decision.stand == "untouched":
        notices.append(f"{decision.partner.name}: what is in force stays as it is; only the change is held.")
    return notices


def _still_in_force(planner: Planner, decision: Decision, stuck: t.Mapping[Key, Change]) -> t.Iterator[str]:
    """Where the list takes TLS off, and that is refused: whoever reads the state alone would think that it is off."""
    if not stuck or decision.stand not in ("disabled", "absent"):
        return
    own = keys_of(decision.partner, planner.listed.prefix)
    still = " and ".join(f"the {stuck[one].label}" for one in own if one in stuck)
    if still:
        why = "enforce_from" if decision.hold else f"state {decision.partner.state}"
        text = f"the list takes forced TLS off ({why}), but that is refused; still in force: {still}."
        yield printable(f"{decision.partner.name}: {text}")


def _to_validate(planner: Planner, staged: Staged, course: Course) -> list[Values]:
    """Whom Exchange is to validate: who waits for it, and who is in force and has no success on record, or an old one.

    In the middle of a run, only the former: the others can wait until everybody is enforced who is to be.
    """
    if not planner.terms.rules.validate:
        return []
    changes = {change.key: change for change in staged.plan.touched}
    asked = [(d, _validated_with(planner, d, course, changes)) for d in staged.decisions]
    return [
        {"name": names_of(decision.partner, planner.listed.prefix)[0], "recipients": list(recipients)}
        for decision, recipients in asked
        if recipients
    ]


def _validated_with(
    planner: Planner, decision: Decision, course: Course, changes: t.Mapping[Key, Change]
) -> tuple[str, ...]:
    """The addresses with which Exchange is to validate a partner's connector in this stage; none where it is not to."""
    recipients = decision.partner.outbound.validation_recipients or ()
    if decision.awaits:
        return recipients if course.stage != "last" else ()
    standing = planner.estate.outbound(decision.partner)
    if course.stage == "first" or decision.stand != "enabled" or decision.key in course.passed or not recipients:
        return ()
    if standing is None:
        # Made in this run, for domains whose mail was forced to TLS before; else it would have been validated by now.
        return recipients if course.stage == "last" and decision.key in course.made else ()
    if standing.owner not in (None, planner.terms.owner):
        return ()  # the result would be written into somebody else's connector
    change = changes.get(standing.key)
    changing = change is not None and change.blocked is None
    if not changing:
        # A validation writes its addresses down, and what is refused or put back is left as it is.
        recipients = t.cast("tuple[str, ...]", standing.settings.get("validation_recipients", ()))
    made = changing and (course.stage == "plan" or decision.key in course.made)
    if made and change is not None and change.after is not None:
        standing = standing._replace(settings=change.after)
    # What could not be changed stands for its old domains, and is validated with addresses in those only.
    if not all(serves(standing, one.rpartition("@")[2]) for one in recipients):
        return ()
    # What was changed would be due by the next run: what was seen before was seen of another connector.
    due = made or why_due(standing, planner.terms.rules.max_age, planner.listed.now)
    return recipients if due else ()


def _summary(planner: Planner, staged: Staged) -> Values:
    states = collections.Counter(decision.partner.state for decision in staged.decisions)
    open_changes = [change for change in staged.plan.touched if not change.blocked]
    actions = collections.Counter(change.action for change in open_changes)
    return {
        "partners": len(staged.decisions),
        "enforced": sum(1 for d in staged.decisions if d.stand == "enabled" and d.hold is None),
        "held": sum(1 for d in staged.decisions if d.hold is not None),
        **{state: states[state] for state in ("prepared", "planned", "suspended", "absent")},
        "alerts": sum(len(decision.alerts) for decision in staged.decisions),
        "connectors": len(staged.plan.changes),
        "create": actions["create"],
        "update": actions["update"],
        "delete": actions["delete"],
        "weakens": sum(1 for change in staged.plan.touched if change.weakens),
        "refused": len(staged.plan.touched) - len(open_changes),
    }

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What the role hands over -> the facts of the report. Pure."""

from __future__ import annotations

import datetime as dt
import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report import moments, probes
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.decisions import (
    common,
    decisions,
    notices,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.history import History
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.model import (
    STATUSES,
    Date,
    Facts,
    Run,
    Status,
    Told,
    forced_ways,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.plain import Values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.slugs import slugs
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.stages import DIRECTIONS

#: The format of plans that this report can tell.
FORMAT = 1
_INPUTS = ("plan", "inventory", "probes", "results", "validations")


def read_facts(given: object) -> Facts:
    """Return the facts of plain values. Raises InputError when there is no plan, or not one of this collection."""
    values = _parts(given)
    plan = values.get("plan")
    if not isinstance(plan, dict) or plan.get("format") != FORMAT or not isinstance(plan.get("partners"), list):
        raise InputError([f"The report needs a plan of format {FORMAT}; run the role's step 'plan' before 'report'."])
    run = _run(values.get("run") or {}, plan)
    history = History(plan, values.get("inventory") or {}, values.get("results") or [], values.get("validations") or [])
    told = _partners(plan, values.get("probes") or {}, history, run)
    return Facts(
        run=run,
        partners=told,
        common=common(plan, history),
        counts=_counts(told, history),
        capacity=plan.get("capacity") or {},
        acted=history.acted and not run.check_mode,
        inputs={name: values[name] for name in _INPUTS if values.get(name)},
    )


def _parts(given: object) -> Values:
    """What was handed over, by its names. A part may be JSON: Ansible is slow to look through large containers."""
    if not isinstance(given, dict):
        return {}
    try:
        return {name: json.loads(part) if isinstance(part, str) else part for name, part in given.items()}
    except ValueError:
        raise InputError(["A part of what the report is made from is a text, and not JSON."]) from None


def _run(run: Values, plan: Values) -> Run:
    started = moments.read(run.get("started_at")) or moments.started(run.get("run_id") or plan.get("run_id"))
    finished = moments.read(run.get("finished_at"))
    now = moments.read(plan.get("made_at")) or finished or started
    if now is None:
        raise InputError(["The plan does not say when it was made; make it again with the role's step 'plan'."])
    return Run(
        run_id=str(run.get("run_id") or plan.get("run_id") or ""),
        plan_id=str(plan.get("plan_id") or ""),
        tenant_id=str(run.get("tenant_id") or plan.get("tenant_id") or ""),
        host=str(run.get("host") or ""),
        owner=str(plan.get("owner") or ""),
        version=str(run.get("version") or ""),
        default_domain=str(run.get("default_domain") or ""),
        check_mode=bool(run.get("check_mode")),
        now=now,
        started=started,
        finished=finished,
    )


def _partners(plan: Values, looks: Values, history: History, run: Run) -> tuple[Told, ...]:
    entries = plan["partners"]
    by_key = {str(key).casefold(): value for key, value in looks.items()}
    conflicts: dict[str, list[Values]] = {}
    for each in plan.get("conflicts") or []:
        conflicts.setdefault(str(each.get("partner") or "").casefold(), []).append(each)
    return tuple(
        _told(entry, slug, by_key.get(entry["name"].casefold()) or [], conflicts, history, run)
        for entry, slug in zip(entries, slugs([entry["name"] for entry in entries]), strict=True)
    )


def _told(
    entry: Values, slug: str, looks: list[Values], conflicts: dict[str, list[Values]], history: History, run: Run
) -> Told:
    name = entry["name"]
    own = conflicts.get(name.casefold(), [])
    connectors = history.connectors(entry)
    validated, validation = history.validated(entry, connectors, run)
    certificates = probes.expiries(looks)
    return Told(
        name=name,
        slug=slug,
        entry=entry,
        status=status(entry, forces=forced_ways(entry, connectors, known=history.known)),
        connectors=connectors,
        looks=tuple(looks),
        steps=history.steps(entry),
        decisions=decisions(entry, own, history),
        notices=notices(entry, own),
        dates=tuple(_dates(entry, slug, certificates)),
        expires=min((each.until for each in certificates), default=None),
        validated=validated,
        validation=validation,
        asks=history.asks(entry),
        unproven=tuple(_unproven(entry, looks, history)),
    )


def status(entry: Values, *, forces: t.Collection[str]) -> Status:
    """The one word for a partner; ``forces`` are the directions in which its mail is forced over TLS."""
    if entry.get("held"):
        return "held"
    state = entry.get("state")
    if state == "enforced" and len(forces) < len(DIRECTIONS):
        return "pending"
    if state in ("prepared", "suspended", "absent") and forces:
        return "pending"
    return state if state in STATUSES else "planned"


def _dates(entry: Values, slug: str, certificates: t.Sequence[probes.Expiry]) -> t.Iterator[Date]:
    name = entry["name"]
    start, end = moments.read(entry.get("enforce_from")), moments.read(entry.get("until"))
    # What is in force since then is no date to wait for.
    if start and entry.get("state") in ("enforced", "prepared", "planned") and entry.get("stands") != "enabled":
        yield Date(start, "start", name, slug, f"agreed; state is {entry.get('state')}")
    if end and entry.get("state") == "suspended":
        yield Date(end, "end", name, slug, str(entry.get("reason") or ""))
    for exception in entry.get("exceptions") or []:
        over = moments.read(exception.get("until"))
        if over:
            text = f"{exception.get('finding')}, {exception.get('owner')}: {exception.get('reason')}"
            yield Date(over, "exception", name, slug, text)
    if entry.get("state") != "absent":
        for each in certificates:
            yield Date(
                each.until,
                "certificate",
                name,
                slug,
                each.host if each.subject == each.host else f"{each.subject} at {each.host}",
            )


def _unproven(entry: Values, looks: list[Values], history: History) -> t.Iterator[str]:
    """What a reader might take for proven, and is not."""
    if entry.get("state") == "absent":
        return
    if not looks:
        yield "Their servers were not looked at."
    else:
        vantages = sorted({str(look.get("vantage") or "an unnamed host") for look in looks})
        yield f"The servers were seen from {', '.join(vantages)}, not from Microsoft's network."
        if any(look.get("verdict") in ("unreachable", "unknown") for look in looks):
            yield "Servers that could not be judged may do TLS or not."
    yield "That their servers use TLS when they send cannot be seen from outside."
    if entry.get("state") == "planned":
        return
    if not history.asks(entry):
        yield "No validation by Exchange was asked for (validation_recipients is empty)."
    elif history.validation(entry) is None:
        yield "No validation by Exchange in this run."


def _counts(told: t.Sequence[Told], history: History) -> dict[str, int]:
    return {
        "partners": len(told),
        **{each: sum(1 for one in told if one.status == each) for each in STATUSES},
        "decisions": sum(1 for one in told if one.urgent),
        "alerts": sum(len(one.entry.get("alerts") or []) for one in told),
        **history.counts(),
    }


def expiring(facts: Facts, days: int) -> int:
    """How many partners have a certificate that expires within so many days, or has."""
    last = facts.run.now + dt.timedelta(days=days)
    return sum(1 for one in facts.partners if one.status != "absent" and one.expires and one.expires <= last)

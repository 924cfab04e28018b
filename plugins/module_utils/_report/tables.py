# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The report for machines: JSON with everything, CSV with a row for each partner. Pure."""

from __future__ import annotations

import csv
import io
import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report import moments, probes
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.model import (
    Connector,
    Decision,
    Facts,
    Told,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.plain import Values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.text import cell

FORMAT = 1
COLUMNS = (
    "name",
    "state",
    "stands",
    "status",
    "held",
    "held_until",
    "level",
    "domains",
    "next_date",
    "next_event",
    "certificate_expires",
    "last_validation",
    "validation",
    "verdict",
    "alerts",
    "contact",
    "reference",
)


def as_json(facts: Facts, letters: t.Mapping[str, Values]) -> str:
    """Return the report as JSON: a line for each partner, so that two reports can be compared line by line."""
    run = facts.run
    head: Values = {
        "format": FORMAT,
        "run": {
            "run_id": run.run_id,
            "plan_id": run.plan_id,
            "tenant_id": run.tenant_id,
            "host": run.host,
            "owner": run.owner,
            "version": run.version,
            "check_mode": run.check_mode,
            "judged_at": moments.iso(run.now),
            "started_at": moments.iso(run.started),
            "finished_at": moments.iso(run.finished),
        },
        "summary": facts.counts,
        "capacity": facts.capacity,
        "inputs": facts.digests,
        "outside": [_decision(each) for each in facts.common],
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    partners = ",\n".join(json.dumps(_partner(one, facts, letters.get(one.slug))) for one in facts.partners)
    return "{\n" + ",\n".join([*lines, f'"partners": [\n{partners}\n]']) + "\n}\n"


def _partner(told: Told, facts: Facts, letter: Values | None) -> Values:
    return {
        "name": told.name,
        "status": told.status,
        "plan": told.entry,
        "forces": {direction: told.forces(direction) for direction in ("outbound", "inbound")},
        "verdict": probes.verdict(told.entry, told.looks),
        "certificate_expires": moments.iso(told.expires),
        "validation": {"at": moments.iso(told.validated), "said": told.validation},
        "decisions": [_decision(each) for each in told.decisions],
        "notices": list(told.notices),
        "dates": [
            {"at": moments.iso(each.when), "occasion": each.occasion, "what": each.what} for each in sorted_dates(told)
        ],
        "connectors": [_connector(each) for each in told.connectors],
        "history": [vars(each) for each in told.steps],
        "servers": list(told.looks),
        "unproven": list(told.unproven),
        "letter": letter,
    }


def _connector(connector: Connector) -> Values:
    return {
        "name": connector.name,
        "direction": connector.direction,
        "forces": connector.forces,
        "changed_by_this_run": connector.touched,
        "settings": connector.settings,
        "details": connector.details,
    }


def _decision(decision: Decision) -> Values:
    return {"matter": decision.matter, "message": decision.message}


def sorted_dates(told: Told) -> list[t.Any]:
    return sorted(told.dates, key=lambda each: each.when)


def as_csv(facts: Facts) -> str:
    """Return the table, with lines that end as RFC 4180 has it."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for one in facts.partners:
        row = _row(one, facts)
        table.writerow([cell(row[column]) for column in COLUMNS])
    return written.getvalue()


def _row(told: Told, facts: Facts) -> Values:
    entry, hold = told.entry, told.entry.get("held") or {}
    coming = next((each for each in sorted_dates(told) if each.when >= facts.run.now), None)
    return {
        "name": told.name,
        "state": entry.get("state"),
        "stands": entry.get("stands"),
        "status": told.status,
        "held": hold.get("reason"),
        "held_until": hold.get("until"),
        "level": entry.get("level"),
        "domains": " ".join(entry.get("domains") or []),
        "next_date": moments.iso(coming.when) if coming else "",
        "next_event": coming.occasion if coming else "",
        "certificate_expires": moments.iso(told.expires),
        "last_validation": moments.iso(told.validated),
        "validation": told.validation,
        "verdict": probes.verdict(entry, told.looks),
        "alerts": " ".join(str(each.get("alert")) for each in entry.get("alerts") or []),
        "contact": entry.get("contact"),
        "reference": entry.get("reference"),
    }

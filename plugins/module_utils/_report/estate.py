# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The reports of many tenants -> one summary for all of them: a page, JSON and CSV. Pure."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
import os.path
import typing as t
import urllib.parse

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report import moments
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.model import STATUSES
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.plain import Values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.text import cell, counted

FORMAT = 1
CHANGES = ("create", "update", "delete")
#: What is counted in each tenant's report, and summed up over all.
COUNTS = (
    *("partners", *STATUSES, "decisions", "alerts"),
    *(*CHANGES, "failed", "refused", "validated", "not_validated"),
)
_UNTOLD = "The host, or the one that the probe runs on, could not be reached, or the run was stopped; see its output."


@dataclasses.dataclass(frozen=True)
class Tenant:
    """One tenant of the run. ``counts`` is None where nothing was found out, and ``problem`` says why.

    ``link`` leads to its own report, from where the summary lies.
    """

    host: str
    tenant_id: str
    counts: dict[str, int] | None
    deciding: tuple[str, ...]
    link: str
    at: dt.datetime | None
    problem: str

    def count(self, *names: str) -> int:
        """The sum of these counts, 0 where there are none."""
        return sum((self.counts or {}).get(name, 0) for name in names)


@dataclasses.dataclass(frozen=True)
class Estate:
    """All tenants, in the order of their names. ``made`` is when they were put together."""

    tenants: tuple[Tenant, ...]
    made: dt.datetime | None
    version: str

    @property
    def counts(self) -> dict[str, int]:
        """The sums over all tenants that have a report."""
        return {name: sum(one.count(name) for one in self.tenants) for name in COUNTS}

    @property
    def silent(self) -> list[Tenant]:
        """Those with something that kept them from being told in full."""
        return [one for one in self.tenants if one.problem]

    @property
    def deciding(self) -> list[Tenant]:
        """Those in which somebody has to decide something, the most first."""
        return sorted((one for one in self.tenants if one.count("decisions")), key=lambda one: -one.count("decisions"))


def read_estate(given: object, *, made_at: object = "", directory: str = "", version: str = "") -> Estate:
    """Return what is known of each host.

    ``given`` holds, by host, ``summary``, ``report`` (the path of its page), ``at`` and ``problem``; a host without any
    of them was not told. Raises InputError where it is no dictionary.
    """
    if not isinstance(given, t.Mapping):
        raise InputError(["The summary of all tenants needs a dictionary of what is known of each host, by its name."])
    tenants = [_tenant(str(host), part, directory) for host, part in given.items()]
    ordered = sorted(tenants, key=lambda one: (one.host.casefold(), one.host))
    return Estate(tuple(ordered), moments.read(made_at), version)


def _tenant(host: str, part: object, directory: str) -> Tenant:
    known = part if isinstance(part, t.Mapping) else {}
    summary = known.get("summary")
    told = summary if isinstance(summary, t.Mapping) and summary else None
    problem = str(known.get("problem") or "") or ("" if told else _UNTOLD)
    names = (told or {}).get("decision_partners")
    return Tenant(
        host=host,
        tenant_id=str((told or {}).get("tenant_id") or ""),
        counts=None if told is None else {name: _number(told.get(name)) for name in COUNTS},
        deciding=tuple(str(name) for name in names) if isinstance(names, (list, tuple)) else (),
        link=_link(str(known.get("report") or ""), directory),
        at=moments.read(known.get("at")),
        problem=problem,
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _link(report: str, directory: str) -> str:
    """The way from the summary to a report. Quoted, so that no part of it is a scheme, a query or a place."""
    return urllib.parse.quote(os.path.relpath(report, directory or None)) if report else ""


def summary(estate: Estate, *, check_mode: bool) -> Values:
    """Small, and without any text that comes from elsewhere: workflows hand it from job to job."""
    return {
        "check_mode": check_mode,
        "tenants": len(estate.tenants),
        "unreported": len(estate.silent),
        **estate.counts,
        "unreported_tenants": [one.host for one in estate.silent],
        "decision_tenants": [one.host for one in estate.deciding],
        "line": _line(estate),
    }


def _line(estate: Estate) -> str:
    counts = estate.counts
    need = "needs" if counts["decisions"] == 1 else "need"
    without = f", {len(estate.silent)} without a report" if estate.silent else ""
    return (
        f"{counted(len(estate.tenants), 'tenant')}{without}; {counted(counts['partners'], 'partner')},"
        f" {counts['decisions']} of them {need} a decision"
    )


def as_json(estate: Estate) -> str:
    """Return it as JSON: a line for each tenant, so that two of them can be compared line by line."""
    head: Values = {
        "format": FORMAT,
        "made_at": moments.iso(estate.made),
        "version": estate.version,
        "summary": {"tenants": len(estate.tenants), "unreported": len(estate.silent), **estate.counts},
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    tenants = ",\n".join(json.dumps(_plain(one)) for one in estate.tenants)
    return "{\n" + ",\n".join([*lines, f'"tenants": [\n{tenants}\n]']) + "\n}\n"


def _plain(tenant: Tenant) -> Values:
    return {
        "host": tenant.host,
        "tenant_id": tenant.tenant_id,
        "problem": tenant.problem or None,
        "summary": tenant.counts,
        "decision_partners": list(tenant.deciding),
        "report": tenant.link or None,
        "at": moments.iso(tenant.at),
    }


def as_csv(estate: Estate) -> str:
    """Return the table, with lines that end as RFC 4180 has it. What is not known is an empty cell."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(["host", "tenant_id", "problem", *COUNTS, "report", "at"])
    for one in estate.tenants:
        counts = ["" if one.counts is None else one.counts[name] for name in COUNTS]
        row = [one.host, one.tenant_id, one.problem, *counts, one.link, moments.iso(one.at)]
        table.writerow([cell(value) for value in row])
    return written.getvalue()

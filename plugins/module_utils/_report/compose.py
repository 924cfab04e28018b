# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What the role hands over -> the files of the report, and a summary for the job that follows. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report import tables
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.facts import read_facts
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.letters import FIRST_LINE, letter
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.model import Facts, Told
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.plain import Values, digest
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.text import counted


def make_report(given: object, *, files: bool = True) -> Values:
    """Return ``files`` by their names, the ``head`` of letters, the ``summary``. Raises InputError without a plan."""
    facts = read_facts(given)
    return {"files": _files(facts) if files else {}, "head": FIRST_LINE, "summary": _summary(facts)}


def _files(facts: Facts) -> dict[str, str]:
    # As much code as all the rest, which Ansible compiles wherever it is imported; and the summary needs none of it.
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.page import page  # noqa: PLC0415

    letters = {one.slug: text for one in facts.partners if (text := letter(one, facts.run)) is not None}
    of = {slug: {"file": _place(slug), "sha256": digest(text)} for slug, text in letters.items()}
    made = {"report.json": tables.as_json(facts, of), "report.csv": tables.as_csv(facts)}
    html = page(facts, {name: digest(text) for name, text in made.items()})
    return {"report.html": html, **made, **{_place(slug): text for slug, text in letters.items()}}


def _place(slug: str) -> str:
    return f"letters/{slug}.txt"


def _summary(facts: Facts) -> Values:
    """Small, and without any text that comes from elsewhere: workflows hand it from job to job."""
    run = facts.run
    return {
        "run_id": run.run_id,
        "plan_id": run.plan_id,
        "tenant_id": run.tenant_id,
        "check_mode": run.check_mode,
        **facts.counts,
        "held_partners": _names(facts, lambda one: bool(one.entry.get("held"))),
        "alert_partners": _names(facts, lambda one: bool(one.entry.get("alerts"))),
        "decision_partners": _names(facts, lambda one: one.urgent),
        "line": _line(facts),
    }


def _names(facts: Facts, wanted: t.Callable[[Told], bool]) -> list[str]:
    return [one.name for one in facts.partners if wanted(one)]


def _line(facts: Facts) -> str:
    counts = facts.counts
    need = "needs" if counts["decisions"] == 1 else "need"
    return f"{counted(counts['partners'], 'partner')}, {counts['decisions']} of them {need} a decision"

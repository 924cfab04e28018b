# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make bench``: the collection against a hand-written playbook, alone on long lists, validations, and the probe.

The exit status is 1 when a count (requests, writes, tokens, connections) misses its bar. Times and memory depend on the
machine; a missed bar of theirs is shown and no more.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import pathlib
import sys
import tempfile
import typing as t

from . import probe_bench, report, validation_bench
from .bars import Bar, bars, partner_bar
from .lab_process import LabProcess
from .probe_runs import Probed
from .runs import HERE, Bench, Run
from .scenarios import creations, large_tenant, side_by_side
from .validation_bench import Validated

PARTS = ("exchange", "partners", "validation", "probe")
RESULTS = HERE.parents[1] / ".cache" / "bench"


def main(arguments: t.Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out the 200 partners: the loop needs minutes")
    parser.add_argument("--full", action="store_true", help="every run of the loop, also over 50 and 200 partners")
    parser.add_argument("--only", choices=PARTS, help="one part of it; all without")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds the lab waits before each answer")
    options = parser.parse_args(arguments)
    found: list[Bar] = []
    probed: list[Probed] = []
    validated: list[Validated] = []
    plan: dict[str, t.Any] = {}
    with tempfile.TemporaryDirectory(prefix="mailflow-bench-") as name:
        directory = pathlib.Path(name)
        bench = Bench(directory, lambda run: print(report.row(run), flush=True))
        if options.only in (None, "exchange"):
            plan = _measure(bench, directory, options)
            found += bars(bench.runs, plan)
            print(report.ratios(bench.runs))
            print(report.plan(plan))
        if options.only in (None, "partners"):
            listed = bench.partner_cost()
            print(report.partners(listed))
            found.append(partner_bar(listed))
        if options.only in (None, "validation"):
            validated, reached = validation_bench.run_all(directory)
            found += reached
        if options.only in (None, "probe"):
            probed, reached = probe_bench.run_all(directory)
            found += reached
    print(report.table(found))
    file = _save(bench.runs, plan, [*probed, *validated], found, options.latency)
    print(f"\nThe numbers: {os.path.relpath(file)}")
    return 0 if all(row.reached for row in found if row.counted) else 1


def _measure(bench: Bench, directory: pathlib.Path, options: argparse.Namespace) -> dict[str, t.Any]:
    with LabProcess(directory, options.latency) as lab:
        print(report.head(f"Role and uri loop side by side, {options.latency * 1000:.0f} ms per request"))
        for size in (10, 50) if options.quick else (10, 50, 200):
            side_by_side(bench, lab, size, full=options.full)
        print(report.head("The collection alone"))
        for size in (500, 1000):
            creations(bench, lab, size)
    print(report.head("A tenant with 1,800 outbound and 4,450 inbound connectors"))
    large_tenant(bench, directory, options.latency)
    return bench.plan_cost()


def _save(
    runs: t.Sequence[Run],
    plan: t.Mapping[str, t.Any],
    others: t.Sequence[Probed | Validated],
    found: t.Sequence[Bar],
    latency: float,
) -> pathlib.Path:
    RESULTS.mkdir(parents=True, exist_ok=True)
    now = dt.datetime.now(dt.timezone.utc)
    content = {
        "at": now.isoformat(timespec="seconds"),
        "latency": latency,
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "runs": [run.as_json() for run in runs],
        "plan": plan,
        "others": [run.as_json() for run in others],
        "bars": [vars(row) for row in found],
    }
    file = RESULTS / f"{now:%Y%m%dT%H%M%SZ}.json"
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return file


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make bench``: the collection against hand-written playbooks, alone on long lists, in many tenants, validations, and
the probe.

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
import time
import typing as t

from . import pages, probe_bench, report, tenants_bench, validation_bench
from .bars import bars, partner_bar, tenant_bars
from .lab_process import LabProcess
from .runs import HERE, Bench
from .scenarios import QUICK_SIZES, SIZES, large_tenant, one_tenant

PARTS = ("exchange", "tenants", "partners", "validation", "probe")
RESULTS = HERE.parents[1] / ".cache" / "bench"

Content = dict[str, t.Any]


def main(arguments: t.Sequence[str]) -> int:
    options = _options(arguments)
    if options.reuse:
        content = joined([json.loads(file.read_text(encoding="utf-8")) for file in options.reuse])
    else:
        content = _measured(options)
        print(f"\nThe numbers: {os.path.relpath(_save(content))}")
    if options.docs:
        for file in pages.write(content, HERE.parents[1] / "docs" / "docsite"):
            print(f"Written: {os.path.relpath(file)}")
    return 0 if all(row["reached"] for row in content["bars"] if row["counted"]) else 1


def _options(arguments: t.Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short lists and few tenants only")
    parser.add_argument("--full", action="store_true", help="every run of the loops, over long lists as well: hours")
    parser.add_argument("--only", choices=PARTS, help="one part of it; all without")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds the lab waits before each answer")
    parser.add_argument("--docs", action="store_true", help="write the numbers into the guide 'What it costs'")
    told = "do not measure, but take the numbers of an earlier run, or of its parts"
    parser.add_argument("--reuse", type=pathlib.Path, nargs="+", metavar="FILE", help=told)
    options = parser.parse_args(arguments)
    if options.docs and (options.quick or options.only):
        parser.error("the guide is written from a whole run: leave out --quick and --only")
    return options


def joined(parts: t.Sequence[Content]) -> Content:
    """The numbers of runs with ``--only`` as those of one run. The load is the highest of them."""
    whole: Content = {}
    for part in parts:
        whole |= part
    return {
        **whole,
        "minutes": sum(part["minutes"] for part in parts),
        "load": max(part["load"] for part in parts),
        "bars": [row for part in parts for row in part["bars"]],
    }


def _measured(options: argparse.Namespace) -> Content:
    """Run what is asked for. What each part has seen is kept under its name, the bars of all together."""
    began = time.monotonic()
    content: Content = {
        "at": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        "latency": options.latency,
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "load": os.getloadavg()[0],
        "bars": [],
    }
    with tempfile.TemporaryDirectory(prefix="mailflow-bench-") as name:
        for part in PARTS if options.only is None else (options.only,):
            seen, reached = _MEASURES[part](pathlib.Path(name), options)
            content |= seen
            content["bars"] += [vars(row) for row in reached]
    content["minutes"] = (time.monotonic() - began) / 60
    print(report.table(content["bars"]))
    return content


def _exchange(directory: pathlib.Path, options: argparse.Namespace) -> report.Seen:
    bench = Bench(directory, lambda run: print(report.row(run), flush=True))
    with LabProcess(directory, options.latency) as lab:
        for size in QUICK_SIZES if options.quick else SIZES:
            print(report.head(f"{size} partners, {options.latency * 1000:.0f} ms per request"))
            one_tenant(bench, lab, size, full=options.full)
    if not options.quick:
        print(report.head("A tenant with 1,800 outbound and 4,450 inbound connectors"))
        large_tenant(bench, directory, options.latency)
    plan = bench.plan_cost()
    print(report.ratios(bench.runs))
    print(report.plan(plan))
    return {"runs": [run.as_json() for run in bench.runs], "plan": plan}, bars(bench.runs, plan)


def _tenants(directory: pathlib.Path, options: argparse.Namespace) -> report.Seen:
    runs = tenants_bench.run_all(directory, quick=options.quick)
    return {"tenants": [run.as_json() for run in runs]}, tenant_bars(runs)


def _partners(directory: pathlib.Path, _options: argparse.Namespace) -> report.Seen:
    listed = Bench(directory, lambda _run: None).partner_cost()
    print(report.partners(listed))
    return {"partners": listed}, [partner_bar(listed)]


def _validation(directory: pathlib.Path, _options: argparse.Namespace) -> report.Seen:
    runs, reached = validation_bench.run_all(directory)
    return {"validations": [run.as_json() for run in runs]}, reached


def _probe(directory: pathlib.Path, _options: argparse.Namespace) -> report.Seen:
    runs, reached = probe_bench.run_all(directory)
    return {"probes": [run.as_json() for run in runs]}, reached


_MEASURES: t.Final[dict[str, t.Callable[[pathlib.Path, argparse.Namespace], report.Seen]]] = {
    "exchange": _exchange,
    "tenants": _tenants,
    "partners": _partners,
    "validation": _validation,
    "probe": _probe,
}


def _save(content: Content) -> pathlib.Path:
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"{dt.datetime.now(dt.timezone.utc):%Y%m%dT%H%M%SZ}.json"
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return file


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

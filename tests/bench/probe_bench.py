# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The probe against servers of the lab, beside the bare handshakes and beside the tools that people use by hand."""

from __future__ import annotations

import os
import pathlib

from . import probe_peers
from .bars import Bar
from .probe_runs import ProbeBench, Probed, Servers, head

CONCURRENCY = 128
LATENCY = 0.1
MANY, SUBSET, HANGING = 1000, 100, 50
DEADLINE = 6


def run_all(directory: pathlib.Path) -> tuple[list[Probed], list[Bar]]:
    """Run all scenarios and return what was seen and the bars."""
    bench = ProbeBench(directory)
    # Client and servers share the processors: what else runs here slows both.
    print(f"\nThe probe, on {os.cpu_count()} processors with a load of {os.getloadavg()[0]:.1f} before it began")
    found: list[Bar] = []
    for key in ("ec", "rsa"):
        title = f"Answering servers with {key} keys, {LATENCY * 1000:.0f} ms before each reply, {CONCURRENCY} at a time"
        print(head(title))
        with Servers(MANY, latency=LATENCY, key=key) as servers:
            few, many = _alone(bench, servers, key)
            found += _alone_bars(bench, servers, key, many)
            if key == "ec":
                found += _beside_peers(bench, servers, few, many)
    print(head(f"{SUBSET} servers without a delay"))
    with Servers(SUBSET) as servers:
        bench.probe(servers, "partner_tls_info", concurrency=CONCURRENCY)
        probe_peers.loops(bench, servers, SUBSET, 8)
    print(head(f"500 partners, of whom {HANGING} fall silent, timeout 5 s, 32 at a time"))
    with Servers(500, hang=HANGING) as servers:
        found += _hanging(bench, servers)
    return bench.runs, found


def _alone(bench: ProbeBench, servers: Servers, key: str) -> tuple[Probed, Probed]:
    bench.probe(servers, f"partner_tls_info, one server, {key}", count=1)
    few = bench.probe(servers, f"partner_tls_info, {key}", count=SUBSET, concurrency=CONCURRENCY)
    return few, bench.probe(servers, f"partner_tls_info, {key}", concurrency=CONCURRENCY)


def _alone_bars(bench: ProbeBench, servers: Servers, key: str, run: Probed) -> list[Bar]:
    plain = bench.probe(servers, "the same by address: no MX, no policies", by_address=True, concurrency=CONCURRENCY)
    limit = min(bench.bare(servers, way, CONCURRENCY).cpu_ms for way in ("asyncio", "threads"))
    ratio, plain_ratio = run.cpu_ms / limit, plain.cpu_ms / limit
    what = f"{MANY:,} servers, {key}"
    return [
        _count(f"{what}: ready", MANY, _told(run, "ready")),
        _one_each(what, run),
        _one_each(f"{what}, by address", plain),
        _below(f"{what}: wall s", 6, run.cost.wall),
        Bar(f"{what}: CPU ms a server", "<= 4", f"{run.cpu_ms:.1f}", run.cpu_ms <= 4, counted=False),
        Bar(
            f"{what}: CPU, times the bare handshakes",
            "<= 1.5",
            f"{ratio:.1f} ({plain_ratio:.1f} by address)",
            ratio <= 1.5,
            counted=False,
        ),
        _below(f"{what}: MB", 150, run.cost.largest_mb, "{:.0f}"),
    ]


def _beside_peers(bench: ProbeBench, servers: Servers, few: Probed, many: Probed) -> list[Bar]:
    subset = {**probe_peers.loops(bench, servers, SUBSET, 8), **probe_peers.sslyze(bench, servers, SUBSET)}
    whole = probe_peers.loops(bench, servers, MANY, CONCURRENCY)
    return [_faster(what, few, run) for what, run in subset.items()] + [
        _faster(what, many, run) for what, run in whole.items()
    ]


def _hanging(bench: ProbeBench, servers: Servers) -> list[Bar]:
    answering = 500 - HANGING
    run = bench.probe(servers, "partner_tls_info", timeout=5, concurrency=32)
    cut = bench.probe(servers, f"partner_tls_info, deadline {DEADLINE} s", timeout=5, concurrency=32, deadline=DEADLINE)
    what = f"500 partners, {HANGING} silent"
    over = (cut.took_wall or 0) - DEADLINE
    return [
        _count(f"{what}: ready", answering, _told(run, "ready")),
        _count(f"{what}: unknown", HANGING, _told(run, "unknown")),
        _one_each(what, run),
        _below(f"{what}: wall s", 15, run.cost.wall),
        # How many are ready by then depends on the machine; that nobody is blamed for it does not.
        _count(f"{what}, deadline {DEADLINE} s: neither ready nor unknown", 0, 500 - _told(cut, "ready", "unknown")),
        _below(f"{what}, deadline {DEADLINE} s: s over it, without start-up", 1, over, "{:.2f}"),
    ]


# -- bars ------------------------------------------------------------------------------------------------------------


def _count(measure: str, due: int, number: int) -> Bar:
    return Bar(measure, str(due), str(number), number == due, counted=True)


def _told(run: Probed, *verdicts: str) -> int:
    """How many partners got one of these verdicts."""
    return sum(run.verdicts.get(verdict, 0) for verdict in verdicts)


def _one_each(what: str, run: Probed) -> Bar:
    """As the servers counted: as many connections as servers, and each server had one."""
    seen = f"{run.connections} to {run.addresses}"
    right = run.connections == run.addresses == run.servers
    return Bar(f"{what}: connections", f"{run.servers} to {run.servers}", seen, right, counted=True)


def _below(measure: str, least: float, seen: float, form: str = "{:.1f}") -> Bar:
    return Bar(measure, f"< {least}", form.format(seen), seen < least, counted=False)


def _faster(what: str, ours: Probed, theirs: Probed) -> Bar:
    mine, other = (run.cost.wall / run.servers * 1000 for run in (ours, theirs))
    measure = f"{theirs.servers:,} servers: ms a server beside {what}"
    return Bar(measure, f"< {other:.1f}", f"{mine:.1f}", mine < other, counted=False)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The probe against servers of the lab, beside the bare handshakes and beside the tools that people use by hand."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import typing as t

from .bars import Bar
from .lab_process import COLLECTIONS
from .measure import measure
from .runs import HERE, Surprise

PARTNERS = "ansible_collections.mailflow.exchange_online.tests.lab.partners"
ENVIRONMENT = {"PYTHONPATH": str(COLLECTIONS), "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
SSLYZE = HERE.parents[1] / ".cache" / "judges" / "bin" / "sslyze"
CONCURRENCY = 128
SUBSET = 100

World = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Probed:
    """One run: the whole process of the module, start-up included, and the bare handshakes beside it."""

    what: str
    servers: int
    wall: float
    cpu: float
    peak_mb: float
    connections: int
    verdicts: dict[str, int]
    seconds_inside: float = 0.0

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds for each server."""
        return self.cpu / self.servers * 1000

    def line(self) -> str:
        told = ", ".join(f"{number} {verdict}" for verdict, number in sorted(self.verdicts.items()))
        return (
            f"{self.what:<44}  {self.servers:>5}  {self.wall:>7.2f}  {self.cpu_ms:>9.2f}  {self.peak_mb:>6.0f}"
            f"  {self.connections:>11}  {told}"
        )


HEAD = f"{'run':<44}  {'N':>5}  {'wall s':>7}  {'CPU ms/N':>9}  {'MB':>6}  {'connections':>11}  verdicts"


@contextlib.contextmanager
def partners(count: int, *, latency: float = 0.0, hang: int = 0, key: str = "ec") -> t.Iterator[World]:
    """Start so many partners in a process of its own."""
    command = [sys.executable, "-m", PARTNERS, "--many", str(count), "--latency", str(latency), "--hang", str(hang)]
    command += ["--key", key, "--hang-seconds", "600", "--exit-on-eof"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        try:
            yield json.loads(process.stdout.readline() if process.stdout else "")
        finally:
            process.communicate(timeout=60)


def probe(directory: pathlib.Path, world: World, what: str, *, by_address: bool = False, **options: t.Any) -> Probed:
    """Run the module over all partners of a world. ``by_address`` gives each server as a smart host: no look-ups."""
    entries = [
        {**one["partner"], **({"smart_hosts": one["addresses"]} if by_address else {})} for one in world["partners"]
    ]
    given, result = directory / "options.json", directory / "result.json"
    given.write_text(json.dumps({**world["options"], **options, "partners": entries}), encoding="utf-8")
    command = [sys.executable, "-m", f"{__package__}.probe_module", str(given), str(result)]
    cost, _printed = measure(command, ENVIRONMENT, directory)
    returned = json.loads(result.read_text(encoding="utf-8"))
    verdicts: dict[str, int] = {}
    for partner in returned["partners"]:
        verdicts[partner["verdict"]] = verdicts.get(partner["verdict"], 0) + 1
    run = Probed(what, len(entries), cost.wall, cost.cpu, cost.largest_mb, returned["connections"], verdicts)
    print(run.line(), flush=True)
    return run


def bare(directory: pathlib.Path, world: World, concurrency: int) -> float:
    """CPU milliseconds of a bare handshake in Python's ssl, over all partners of a world."""
    file = directory / "world.json"
    file.write_text(json.dumps(world), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", f"{__package__}.handshakes", str(file), str(concurrency)],
        check=True,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
    )
    return float(json.loads(done.stdout)["cpu"]) / len(world["partners"]) * 1000


# -- the tools that people use by hand -------------------------------------------------------------------------------


def peers(world: World) -> dict[str, float]:
    """Wall seconds of each tool that is installed over the first hundred servers, eight at a time, one look at each."""
    port, authority = world["options"]["port"], world["options"]["ca_path"]
    found = {}
    for name, command in (
        ("posttls-finger", f"posttls-finger -c -l secure -F {authority} -t 8 -T 8 '[{{}}]:{port}'"),
        (
            "openssl s_client",
            f"openssl s_client -starttls smtp -connect {{}}:{port} -CAfile {authority} -brief </dev/null",
        ),
    ):
        if shutil.which(name.split()[0], path=f"{os.environ['PATH']}:/usr/sbin"):
            found[name] = _loop(command, [one["addresses"][0] for one in world["partners"][:SUBSET]])
    if SSLYZE.exists():
        targets = [f"{one['addresses'][0]}:{port}" for one in world["partners"][:SUBSET]]
        began = time.monotonic()
        command_line = [str(SSLYZE), "--starttls=smtp", "--certinfo", f"--certinfo_ca_file={authority}", *targets]
        subprocess.run(command_line, check=False, capture_output=True, timeout=600)
        found["sslyze --certinfo"] = time.monotonic() - began
    return found


def _loop(command: str, addresses: t.Sequence[str]) -> float:
    began = time.monotonic()
    subprocess.run(
        ["xargs", "-P", "8", "-I", "{}", "sh", "-c", f"{command} >/dev/null 2>&1 || true"],
        input="\n".join(addresses),
        text=True,
        check=True,
        timeout=600,
        env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"},
    )
    return time.monotonic() - began


# -- the scenarios ---------------------------------------------------------------------------------------------------


def run_all(directory: pathlib.Path) -> list[Bar]:
    """Run all scenarios and return the bars."""
    print(f"\nThe probe, 100 ms before each reply of a server, {CONCURRENCY} at a time\n{HEAD}")
    found: list[Bar] = []
    for key in ("ec", "rsa"):
        with partners(1000, latency=0.1, key=key) as world:
            found += _thousand(directory, world, key)
    found += _hanging(directory)
    with partners(SUBSET) as world:
        found += _beside_peers(directory, world)
    return found


def _thousand(directory: pathlib.Path, world: World, key: str) -> list[Bar]:
    few = {**world, "partners": world["partners"][:100]}
    probe(directory, few, f"100 answering servers, {key}", concurrency=CONCURRENCY)
    run = probe(directory, world, f"1,000 answering servers, {key}", concurrency=CONCURRENCY)
    plain = probe(
        directory, world, f"the same by address: no MX, no policies, {key}", concurrency=CONCURRENCY, by_address=True
    )
    if run.verdicts != {"ready": 1000}:
        raise Surprise(f"Of 1,000 good partners, the verdicts are {run.verdicts}.")
    limit = bare(directory, world, CONCURRENCY)
    print(f"{f'bare handshakes, {key}':<44}  {1000:>5}  {'':>7}  {limit:>9.2f}")
    return [
        Bar(f"1,000 servers, {key}: connections", "1000", str(run.connections), run.connections == 1000, counted=True),
        Bar(f"1,000 servers, {key}: wall s", "< 6", f"{run.wall:.1f}", run.wall < 6, counted=False),
        Bar(f"1,000 servers, {key}: CPU ms a server", "<= 4", f"{run.cpu_ms:.1f}", run.cpu_ms <= 4, counted=False),
        Bar(
            f"1,000 servers, {key}: CPU, times the bare handshake",
            "<= 1.5",
            f"{run.cpu_ms / limit:.1f} ({plain.cpu_ms / limit:.1f} without look-ups)",
            run.cpu_ms / limit <= 1.5,
            counted=False,
        ),
        Bar(f"1,000 partners, {key}: MB", "< 150", f"{run.peak_mb:.0f}", run.peak_mb < 150, counted=False),
    ]


def _hanging(directory: pathlib.Path) -> list[Bar]:
    with partners(500, hang=50) as world:
        run = probe(directory, world, "500 partners, 50 hang, time-out 5 s, 32 at a time", timeout=5, concurrency=32)
        cut = probe(directory, world, "the same with a deadline of 6 s", timeout=5, concurrency=32, deadline=6)
    right = run.verdicts == {"ready": 450, "unknown": 50}
    return [
        Bar("500 partners, 50 hang: verdicts", "450 ready, 50 unknown", str(run.verdicts), right, counted=True),
        Bar("500 partners, 50 hang: wall s", "< 15", f"{run.wall:.1f}", run.wall < 15, counted=False),
        # Start-up of Python and the module is not the deadline's business.
        Bar("deadline of 6 s: wall s", "< 7 and start-up", f"{cut.wall:.1f}", cut.wall < 8, counted=False),
    ]


def _beside_peers(directory: pathlib.Path, world: World) -> list[Bar]:
    ours = probe(directory, world, f"{SUBSET} servers, no added delay", concurrency=CONCURRENCY)
    found = peers(world)
    for name, seconds in found.items():
        print(f"{name:<44}  {SUBSET:>5}  {seconds:>7.2f}")
    return [
        Bar(
            f"{SUBSET} servers: faster than {name}",
            f"< {seconds:.1f} s",
            f"{ours.wall:.1f} s",
            ours.wall < seconds,
            counted=False,
        )
        for name, seconds in found.items()
    ]

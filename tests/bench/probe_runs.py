# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measured runs of the probe, and of other clients, against many servers of the lab."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import typing as t

from .measure import Cost, measure
from .runs import COLLECTIONS, Surprise

PARTNERS = "ansible_collections.mailflow.exchange_online.tests.lab.partners"
ENVIRONMENT = {
    "PYTHONPATH": str(COLLECTIONS),
    "LC_ALL": "C.UTF-8",
    "PATH": f"{os.environ['PATH']}:/usr/sbin",  # posttls-finger is there
}

#: Name of a column, its width, and how a value of it is written.
COLUMNS: t.Final[tuple[tuple[str, int, str], ...]] = (
    ("N", 5, "d"),
    ("wall s", 7, ".2f"),
    ("CPU s", 6, ".2f"),
    ("CPU ms/N", 9, ".2f"),
    ("less start", 10, ".2f"),
    ("MB", 4, ".0f"),
    ("connections", 11, "d"),
    ("servers' CPU s", 14, ".1f"),
)
WIDTH = 42


class Servers:
    """Partners of the lab, all alike, in a process of their own. ``hang`` of them fall silent."""

    def __init__(self, count: int, *, latency: float = 0.0, hang: int = 0, key: str = "ec") -> None:
        self._command = [sys.executable, "-m", PARTNERS, "--many", str(count), "--latency", str(latency)]
        self._command += ["--hang", str(hang), "--key", key, "--hang-seconds", "600", "--exit-on-eof"]
        self._cpu = 0.0

    def __enter__(self) -> t.Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
        )
        try:
            told = self._line()
        except RuntimeError:
            self.__exit__()
            raise
        self.options: dict[str, t.Any] = told["options"]
        #: Address, port and name of each.
        self.servers = [
            (one["addresses"][0], self.options["port"], f"mx.{one['partner']['domain']}") for one in told["partners"]
        ]
        self._partners = [one["partner"] for one in told["partners"]]
        self.seen()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)  # closes its input, on which it ends

    def partners(self, count: int | None, *, by_address: bool) -> list[dict[str, t.Any]]:
        """The first so many as the module wants them. ``by_address``: as smart hosts, so that DNS has no part in it."""
        smart_hosts = [{"smart_hosts": [address]} if by_address else {} for address, _port, _name in self.servers]
        return [{**one, **other} for one, other in zip(self._partners, smart_hosts, strict=True)][:count]

    def seen(self) -> dict[str, t.Any]:
        """What came since it was last asked, with the CPU seconds of that time."""
        with contextlib.suppress(BrokenPipeError):
            print(file=self._process.stdin, flush=True)
        seen = self._line()
        self._cpu, seen["cpu"] = seen["cpu"], seen["cpu"] - self._cpu
        return seen

    def _line(self) -> dict[str, t.Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"The partners' servers ended with {self._process.wait()}")
        return t.cast("dict[str, t.Any]", json.loads(line))


@dataclasses.dataclass(frozen=True)
class Probed:
    """One run against ``servers`` servers, the whole process with its children. Seconds, megabytes.

    ``connections`` and ``addresses`` are what the servers saw; ``took`` is a run of the module without its start-up.
    """

    what: str
    servers: int
    cost: Cost
    connections: int
    addresses: int
    servers_cpu: float
    verdicts: dict[str, int] = dataclasses.field(default_factory=dict)
    took_wall: float | None = None
    took_cpu: float | None = None

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds for each server."""
        return self.cost.cpu / self.servers * 1000

    def as_json(self) -> dict[str, t.Any]:
        return dataclasses.asdict(self)

    def line(self) -> str:
        alone = None if self.took_cpu is None else self.took_cpu / self.servers * 1000
        cost = self.cost
        counts = (self.connections, self.servers_cpu)
        values = (self.servers, cost.wall, cost.cpu, self.cpu_ms, alone, cost.largest_mb, *counts)
        cells = [
            f"{'' if value is None else format(value, form):>{width}}"
            for value, (_name, width, form) in zip(values, COLUMNS, strict=True)
        ]
        told = ", ".join(f"{number} {verdict}" for verdict, number in sorted(self.verdicts.items()))
        return "  ".join([f"{self.what:<{WIDTH}}", *cells, told]).rstrip()


def head(title: str) -> str:
    names = "  ".join(f"{name:>{width}}" for name, width, _form in COLUMNS)
    return f"\n{title}\n{'run':<{WIDTH}}  {names}  verdicts"


class ProbeBench:
    """Runs one client after the other and keeps their numbers."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self.runs: list[Probed] = []

    def probe(
        self, servers: Servers, what: str, *, count: int | None = None, by_address: bool = False, **options: t.Any
    ) -> Probed:
        """Run the module over the first ``count`` partners, all without."""
        partners = servers.partners(count, by_address=by_address)
        given = self._file("options.json", {**servers.options, **options, "partners": partners})
        result = self.directory / "result.json"
        cost, _printed, seen = self._measure(servers, ["-m", f"{__package__}.probe_module", given, str(result)])
        told = json.loads(result.read_text(encoding="utf-8"))
        if told["returned"]["connections"] != seen["connections"]:
            raise Surprise(f"Servers saw {seen['connections']} connections, told {told['returned']['connections']}.")
        verdicts = dict(collections.Counter(partner["verdict"] for partner in told["returned"]["partners"]))
        took = told["took"]
        return self._keep(Probed(what, len(partners), cost, *_numbers(seen), verdicts, took["wall"], took["cpu"]))

    def bare(self, servers: Servers, way: str, concurrency: int) -> Probed:
        """Python's ssl alone, in one of the ways of probe_handshakes."""
        file = self._file("servers.json", servers.servers)
        command = ["-m", f"{__package__}.probe_handshakes", way, file, str(concurrency)]
        cost, _printed, seen = self._measure(servers, command)
        what = f"bare handshakes, {way}"
        return self._keep(Probed(what, len(servers.servers), cost, *_numbers(seen)))

    def other(self, servers: Servers, what: str, command: t.Sequence[str], sign: str, count: int) -> Probed:
        """Another client over ``count`` servers, which prints ``sign`` for each that it was content with."""
        cost, printed, seen = self._measure(servers, command)
        if printed.count(sign) != count:
            raise Surprise(f"{what} was content with {printed.count(sign)} servers. The end of it:\n{printed[-2000:]}")
        return self._keep(Probed(what, count, cost, *_numbers(seen)))

    def _measure(self, servers: Servers, command: t.Sequence[str]) -> tuple[Cost, str, dict[str, t.Any]]:
        servers.seen()
        whole = [sys.executable, *command] if command[0] == "-m" else command
        cost, printed = measure(whole, ENVIRONMENT, self.directory)
        return cost, printed, servers.seen()

    def _file(self, name: str, content: t.Any) -> str:
        file = self.directory / name
        file.write_text(json.dumps(content), encoding="utf-8")
        return str(file)

    def _keep(self, run: Probed) -> Probed:
        self.runs.append(run)
        print(run.line(), flush=True)
        return run


def _numbers(seen: t.Mapping[str, t.Any]) -> tuple[int, int, float]:
    return seen["connections"], seen["addresses"], seen["cpu"]

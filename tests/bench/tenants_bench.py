# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many tenants that need nothing: one inventory host each, and one task; beside modules, and beside doing nothing."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import pathlib
import statistics
import sys
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.filter.partner_connectors import partner_connectors
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.programs import CONNECTORS

from . import partners
from .lab_process import LabProcess
from .measure import Cost, measure
from .runs import COLLECTIONS, HERE, Surprise

COUNTS, QUICK_COUNTS = (10, 50, 100), (2, 4)
PARTNERS, QUICK_PARTNERS = 500, 50
LATENCY, FORKS = 0.2, 20
#: As the modules send them, unless they are told otherwise.
AT_A_TIME: t.Final[int] = CONNECTORS.spec.kwargs()["argument_spec"]["concurrency"]["default"]
#: The short task is over so soon that one run tells nothing.
SHORT_PARTNERS, SHORT_RUNS = 50, 5

Way = t.Literal["in the controller", "as modules", "do nothing", "do nothing with the list", "role", "one debug task"]
PLAYBOOKS: t.Final[dict[Way, str]] = {
    "in the controller": "tenants.yml",
    "as modules": "tenants.yml",
    "do nothing": "tenants_nothing.yml",
    "do nothing with the list": "tenants_handed.yml",
    "role": "tenants_role.yml",
    "one debug task": "tenants_debug.yml",
}
_COLUMNS = ("wall s", "s/tenant", "CPU s", "lab's CPU s", "requests", "writes", "tokens", "MB, worker", "MB, all")


@dataclasses.dataclass(frozen=True)
class Tenants:
    """A measured run over ``tenants`` with ``partners`` each; ``cost`` is that of Ansible, ``lab_cpu`` comes on top.

    Both share the processors, so the wall time holds both. ``latency``: seconds the lab waits before each answer.
    """

    way: Way
    tenants: int
    partners: int
    latency: float
    cost: Cost
    requests: int
    writes: int
    tokens: int
    lab_cpu: float

    @property
    def each(self) -> float:
        """Wall seconds for one tenant."""
        return self.cost.wall / self.tenants

    def waiting(self) -> float:
        """Seconds that must pass for the requests of the run, however fast everything else is: those of one tenant, a
        few at a time, as often as the forks are filled. The lab does not wait before it hands out a token."""
        return self.latency * math.ceil(self.requests / self.tenants / AT_A_TIME) * math.ceil(self.tenants / FORKS)

    def as_json(self) -> dict[str, t.Any]:
        return {**dataclasses.asdict(self), "waiting": self.waiting()}

    def line(self) -> str:
        cost = self.cost
        values = (f"{cost.wall:.1f}", f"{self.each:.2f}", f"{cost.cpu:.1f}", f"{self.lab_cpu:.1f}")
        sizes = (f"{cost.child_mb:.0f}", f"{cost.tree_mb:.0f}")
        return _line(self.way, self.tenants, (*values, *map(str, (self.requests, self.writes, self.tokens)), *sizes))


def run_all(directory: pathlib.Path, *, quick: bool) -> list[Tenants]:
    """Run all scenarios."""
    counts, size = (QUICK_COUNTS, QUICK_PARTNERS) if quick else (COUNTS, PARTNERS)
    runs: list[Tenants] = []
    with LabProcess(directory, LATENCY, partners=size, tenants=max(counts)) as lab:
        bench = TenantsBench(directory, lab, size, LATENCY)
        # The first of all readings is dearer for the lab: it encodes each record once.
        bench.run("in the controller", max(counts))
        print(head(f"{size} partners in each tenant, nothing to do, {LATENCY * 1000:.0f} ms a request, {FORKS} forks"))
        runs.append(bench.told("do nothing", 1))
        runs += [bench.told("in the controller", count) for count in counts]
        beside: tuple[Way, ...] = ("do nothing", "do nothing with the list", "as modules")
        runs += [bench.told(way, max(counts)) for way in beside]
        runs.append(bench.told("role", min(counts)))
    return runs + _short(directory)


def _short(directory: pathlib.Path) -> list[Tenants]:
    """One task over few partners and one that says a word, in turns. Of each the run in the middle counts."""
    print(head(f"One task, {SHORT_PARTNERS} partners, no latency; the middle of {SHORT_RUNS} runs"))
    ways: tuple[Way, ...] = ("one debug task", "in the controller", "as modules")
    with LabProcess(directory, 0, partners=SHORT_PARTNERS) as lab:
        bench = TenantsBench(directory, lab, SHORT_PARTNERS, 0)
        bench.run("in the controller", 1)
        turns = [{way: bench.run(way, 1) for way in ways} for _turn in range(SHORT_RUNS)]
    middle = [middle_of([turn[way] for turn in turns]) for way in ways]
    for run in middle:
        print(run.line(), flush=True)
    return middle


def middle_of(runs: t.Sequence[Tenants]) -> Tenants:
    """The run whose wall time is the median."""
    wall = statistics.median_low(run.cost.wall for run in runs)
    return next(run for run in runs if run.cost.wall == wall)


class TenantsBench:
    """Runs the playbooks over the tenants of a lab."""

    def __init__(self, directory: pathlib.Path, lab: LabProcess, size: int, latency: float) -> None:
        self._directory = directory
        self._lab = lab
        self._size = size
        self._latency = latency
        self._connections = lab.connections()

    def told(self, way: Way, count: int) -> Tenants:
        """Run, and print it."""
        run = self.run(way, count)
        print(run.line(), flush=True)
        return run

    def run(self, way: Way, count: int) -> Tenants:
        """Run over the first ``count`` tenants. Raises Surprise where it was not what is to be measured."""
        playbook = pathlib.Path(sys.executable).with_name("ansible-playbook")
        command = [str(playbook), str(HERE / PLAYBOOKS[way]), "-i", str(self._inventory(count)), "--forks", str(FORKS)]
        if way == "as modules":
            command += ["-e", "exo_in_controller=false"]
        self._lab.forget()
        cost, printed = measure(command, self._environment(), self._directory)
        run = Tenants(way, count, self._size, self._latency, cost, *self._lab.seen())
        if printed.count("changed=0") != count or run.writes:
            raise Surprise(f"'{way}' over {count} tenants found something to do:\n{printed[-2000:]}")
        return run

    def _inventory(self, count: int) -> pathlib.Path:
        """The list stands once, as a variable of the group; the tenants differ in how to sign in."""
        shared = {name: self._connections[0][name] for name in ("api_url", "authority_url", "ca_path")}
        entries = partners.for_role(self._size)
        group = {
            **_prefixed(shared),
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "tenant_connectors": partner_connectors(entries),
            "forced_tls_partners": entries,
            "forced_tls_probe": False,
            "forced_tls_report": False,
            "forced_tls_report_dir": str(self._directory / "report" / "{{ inventory_hostname }}"),
        }
        hosts = {
            f"tenant{number:03d}": _prefixed({name: one[name] for name in one if name not in shared})
            for number, one in enumerate(self._connections[:count], start=1)
        }
        file = self._directory / "inventory.json"
        file.write_text(json.dumps({"tenants": {"hosts": hosts, "vars": group}}), encoding="utf-8")
        return file

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._directory),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_NOCOLOR": "1",
        }


def _prefixed(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {f"exo_{name}": value for name, value in options.items()}


def head(title: str) -> str:
    return f"\n{title}\n{_line('way', 'N', _COLUMNS)}"


def _line(way: str, count: object, cells: t.Sequence[str]) -> str:
    return "  ".join([f"{way:<24}", f"{count:>4}", *(f"{cell:>11}" for cell in cells)])

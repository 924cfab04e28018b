# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measured runs: one playbook against the lab, with what the lab saw of it."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import sys
import typing as t

from .lab_process import LabProcess
from .measure import Cost, measure

HERE = pathlib.Path(__file__).resolve().parent
COLLECTIONS = HERE.parents[1] / ".cache" / "collections"

Subject = t.Literal["role", "uri loop", "connector loop", "connector loop, modules", "connector_info", "connector"]


class Surprise(Exception):
    """A run that did not do what it was meant to do: its numbers would mean nothing."""


@dataclasses.dataclass(frozen=True)
class Run:
    """One measured run. ``size`` is the number of partners; ``module_calls`` tells how many tokens are due.

    ``cost`` is that of Ansible; ``lab_cpu`` are the seconds of the processors that the lab took meanwhile.
    """

    group: str
    subject: Subject
    size: int
    phase: str
    batch_size: int
    cost: Cost
    requests: int
    writes: int
    tokens: int
    lab_cpu: float
    module_calls: int = 1
    packed: bool = False

    def as_json(self) -> dict[str, t.Any]:
        return dataclasses.asdict(self)


class Bench:
    """Runs playbooks one after the other and keeps their numbers."""

    def __init__(self, directory: pathlib.Path, report: t.Callable[[Run], None]) -> None:
        self.directory = directory
        self.runs: list[Run] = []
        #: What the runs that follow belong to.
        self.group = ""
        self._report = report

    def role(
        self, lab: LabProcess, phase: str, entries: list[t.Any], *, batch_size: int = 1, packed: bool = False
    ) -> Run:
        """The partners of the bench have no servers, so the probe is off; and what is measured writes no report."""
        variables = {
            "forced_tls_partners": entries,
            "forced_tls_batch_size": batch_size,
            "forced_tls_pack": packed,
            "forced_tls_probe": False,
            "forced_tls_report": False,
            "forced_tls_report_dir": str(self.directory / "report"),
        }
        run = self._run(lab, "role", phase, "role.yml", variables, len(entries), batch_size)
        # The plan is one module call; carrying it out is another one.
        return self._keep(run, module_calls=2 if run.writes else 1, packed=packed)

    def uri_loop(self, lab: LabProcess, phase: str, entries: list[t.Any]) -> Run:
        variables = {"uri_loop_partners": entries}
        return self._keep(self._run(lab, "uri loop", phase, "uri_loop.yml", variables, len(entries)))

    def connector_loop(self, lab: LabProcess, phase: str, entries: list[t.Any], *, modules: bool = False) -> Run:
        """Each connector by a call of its own; ``modules``: not inside the controller."""
        variables = {"bench_partners": entries, "exo_in_controller": not modules}
        subject: Subject = "connector loop, modules" if modules else "connector loop"
        run = self._run(lab, subject, phase, "connector_loop.yml", variables, len(entries))
        return self._keep(run, module_calls=2 * len(entries))

    def info(self, lab: LabProcess, size: int) -> Run:
        return self._keep(self._run(lab, "connector_info", "read all", "info.yml", {}, size))

    def one_connector(self, lab: LabProcess) -> Run:
        return self._keep(self._run(lab, "connector", "unchanged", "one_connector.yml", {}, 1))

    def plan_cost(self) -> dict[str, t.Any]:
        """CPU seconds and megabytes of the pure part, in a process of its own."""
        command = [sys.executable, "-m", f"{__package__}.plan_cost"]
        _cost, printed = measure(command, {**os.environ, "PYTHONPATH": str(COLLECTIONS)}, self.directory)
        return t.cast("dict[str, t.Any]", json.loads(printed))

    def partner_cost(self) -> dict[str, t.Any]:
        """The same of a long partner list against a large tenant."""
        command = [sys.executable, "-m", f"{__package__}.partner_cost"]
        _cost, printed = measure(command, {**os.environ, "PYTHONPATH": str(COLLECTIONS)}, self.directory)
        return t.cast("dict[str, t.Any]", json.loads(printed))

    def _run(
        self,
        lab: LabProcess,
        subject: Subject,
        phase: str,
        playbook: str,
        variables: dict[str, t.Any],
        size: int,
        batch_size: int = 1,
    ) -> Run:
        file = self.directory / "variables.json"
        file.write_text(json.dumps(variables), encoding="utf-8")
        command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), str(HERE / playbook)]
        command += ["-i", "localhost,", "-c", "local", "-e", f"@{file}"]
        command += ["-e", f"ansible_python_interpreter={sys.executable}"]
        lab.forget()
        cost, _printed = measure(command, self._environment(lab), self.directory)
        return Run(self.group, subject, size, phase, batch_size, cost, *lab.seen())

    def _keep(self, run: Run, *, module_calls: int = 1, packed: bool = False) -> Run:
        run = dataclasses.replace(run, module_calls=module_calls, packed=packed)
        self.runs.append(run)
        self._report(run)
        return run

    def _environment(self, lab: LabProcess) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            **lab.environment(),
        }

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that end by SIGKILL at a chosen request: the role's sequence of modules and filters in a process that dies.

``python -m`` this module starts a process that has imported everything and waits for work; for each run it forks one
that does what the step ``apply`` does (wave.yml, write.yml) and the validations after it. A run is killed by the lab,
which has the request in its hands at that moment, and then carries it out or not: the run never learns which.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.filter.connectors_snapshot import connectors_snapshot
from ansible_collections.mailflow.exchange_online.plugins.filter.partner_outcomes import partner_outcomes
from ansible_collections.mailflow.exchange_online.plugins.filter.partner_plan import partner_plan
from ansible_collections.mailflow.exchange_online.tests.integration.harness import ROOT, run_module
from ansible_collections.mailflow.exchange_online.tests.integration.scripted import scripted
from ansible_collections.mailflow.exchange_online.tests.lab import Fault, Lab

Values = dict[str, t.Any]
Kill = t.Callable[[], None]
Module = t.Callable[[str, Values], Values]

OWNER = "forced_tls"
#: What differs between two connectors that were made alike.
_OWN = ("Guid", "ExchangeObjectId", "OriginatingServer", "NameHashGuid", "LastValidationTimestamp")
_PATIENCE_SECONDS = 120.0


def standing(lab: Lab) -> dict[str, Values]:
    """What stands, without dates and what is different each time it is made."""
    return {
        f"{direction} {record['Name']}": {
            name: value
            for name, value in record.items()
            if name not in _OWN and not name.startswith("When") and "@" not in name
        }
        for direction, records in (("outbound", lab.tenant.outbound), ("inbound", lab.tenant.inbound))
        for record in records
    }


# -- the lab's part ----------------------------------------------------------------------------------------------------


class Killing:
    """Kills whoever sends the n-th request to a lab, be it to sign in or to Exchange."""

    def __init__(self) -> None:
        self._seen = self._at = 0
        self._late = False
        self._kill: Kill = lambda: None

    def prepare(self, at: int, kill: Kill, *, late: bool) -> None:
        """Kill at the ``at``-th request from now; ``late``: the request is carried out all the same."""
        self._seen, self._at, self._kill, self._late = 0, at, kill, late

    def __call__(self, service: str, names: t.Sequence[str], item: int | None) -> Fault | None:
        if item is not None or not self._at:
            return None
        self._seen += 1
        if self._seen != self._at:
            return None
        self._kill()
        return Fault({}, "drop_after" if self._late else "drop_before")


@contextlib.contextmanager
def killing(lab: Lab) -> t.Iterator[Killing]:
    """Give a running lab such faults."""
    killer = Killing()
    with scripted(lab, killer):
        yield killer


def settled(lab: Lab, requests: int) -> None:
    """Wait until the lab is done with so many requests: the one that it killed at was still under way."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while len(lab.journal.entries) < requests:
        assert time.monotonic() < until, "The lab did not come to the end of a request"
        time.sleep(0.001)


def end_all_below(home: pathlib.Path) -> None:
    """SIGKILL to every process that was started with this HOME: a playbook, its workers, and their modules.

    Workers lead sessions of their own, so that neither a process group nor a terminal holds all of them.
    """
    mark = f"HOME={home}".encode()
    found = True
    while found:
        found = False
        for entry in pathlib.Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                pid = int(entry.name)
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    os.kill(pid, signal.SIGKILL)
                    found = True


# -- the runs ----------------------------------------------------------------------------------------------------------


class Runs:
    """Runs of the role's sequence in processes of their own."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._file = directory / "result.json"

    def __enter__(self) -> t.Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / ".cache" / "collections")},
        )
        return self

    def __exit__(self, *_problem: object) -> None:
        self._process.communicate(timeout=30)  # closes its input, on which it ends

    def whole(self, options: Values) -> Values:
        """Run to the end and return what became of it."""
        self._begin(options)
        status = self._end()
        assert status == 0, f"The run ended with {status}"
        return t.cast("Values", json.loads(self._file.read_text(encoding="utf-8")))

    def killed(self, options: Values, faults: Killing, at: int, *, late: bool) -> None:
        """Run until the ``at``-th request."""
        pid = self._begin(options, lambda pid: faults.prepare(at, lambda: os.kill(pid, signal.SIGKILL), late=late))
        status = self._end()
        faults.prepare(0, lambda: None, late=False)
        assert status == -signal.SIGKILL, f"The run {pid} that was to die at request {at} ended with {status}"

    def _begin(self, options: Values, prepare: t.Callable[[int], None] = lambda pid: None) -> int:
        self._say(json.dumps({"options": options, "file": str(self._file)}))
        pid = int(self._hear())
        prepare(pid)
        self._say("go")
        return pid

    def _end(self) -> int:
        return int(self._hear())

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        guard = threading.Timer(_PATIENCE_SECONDS, self._process.kill)
        guard.start()
        line = self._process.stdout.readline()
        guard.cancel()
        assert line, "The process that makes the runs has ended"
        return line


def main() -> None:
    """Make runs as they are asked for, until nobody asks."""
    while line := sys.stdin.readline():
        asked = json.loads(line)
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(writing)
            # Not before the lab knows whom to kill.
            os.read(reading, 1)
            result = Role(asked["options"]).run()
            pathlib.Path(asked["file"]).write_text(json.dumps(result), encoding="utf-8")
            os._exit(0)
        print(pid, flush=True)
        sys.stdin.readline()
        os.close(reading)
        os.close(writing)
        _pid, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


# -- the role without Ansible ------------------------------------------------------------------------------------------


class StoppedError(Exception):
    """A task failed, and with it the role."""


class Role:
    """What plan.yml, apply.yml, wave.yml, write.yml and validate.yml do, in their order.

    ``options``: ``connection`` (options of every module), ``partners``, ``terms`` (of the filter partner_plan), and
    ``max_failures`` of a wave. ``module`` runs a module, in check mode where its inventory says so. ``snapshot`` is
    what the run keeps before its first write. Raises StoppedError where a task of the role fails before its end.
    """

    def __init__(self, options: Values, module: Module = run_module) -> None:
        self._options = options
        self._run_module = module
        self._results: list[Values] = []
        self._validations: list[Values] = []
        self._admitted: list[str] = []
        self._warnings: list[str] = []
        self.snapshot: Values | None = None
        self._inventory = self._module("connector_info")
        if "connectors" not in self._inventory:
            raise StoppedError(self._inventory["msg"])

    def run(self) -> Values:
        plan = self._plan()
        if self._inventory["check_mode"]:
            return self._foretold(plan)
        self.snapshot = connectors_snapshot(plan, self._inventory)
        failed: set[str] = set()
        for number in range(len(plan["waves"]) if plan["changes"] else 0):
            if number and len(failed) > self._options.get("max_failures", 0):
                break
            failed |= self._wave(plan, number)
        outcome = partner_outcomes(self._results, plan, self._inventory["requests"])
        last = self._validate_in_force()
        told = {"validations": self._validations, "warnings": self._warnings}
        return {"plan": plan, "outcome": outcome, "partners": last["partners"], **told}

    def _foretold(self, plan: Values) -> Values:
        if plan["changes"]:
            self._write(plan)
        there = _ways_out(self._inventory["connectors"])
        due = [one for one in plan["validate"] if one["name"] in there]
        if due:
            self._validate(due)
        outcome = partner_outcomes(self._results, plan, self._inventory["requests"])
        told = {"validations": self._validations, "warnings": self._warnings}
        return {"plan": plan, "outcome": outcome, "partners": plan["partners"], **told}

    def _wave(self, plan: Values, number: int) -> set[str]:
        self._admitted = [name for wave in plan["waves"][: number + 1] for name in wave]
        stage = self._plan(stage="first", outcomes=self._outcomes())
        made = self._write(stage)
        if stage["validate"]:
            there = _ways_out(one for one in made["connectors"] if one["error"] is None)
            refused = self._validate([one for one in stage["validate"] if one["name"] in there])
            if refused:
                self._write(self._plan(stage="first", scoped=True))
                self._validations = [one for one in self._validations if not one["refused_disabled"]]
                self._validate([one for one in stage["validate"] if one["name"] in refused])
            stage = self._last()
            made = self._write(stage)
        wrong = {one["name"] for one in stage["partners"] if one["held"]}
        return wrong.union(partner_outcomes([made], plan)["failed_partners"]).intersection(plan["waves"][number])

    def _validate_in_force(self) -> Values:
        last = self._last()
        if last["validate"]:
            self._validate(last["validate"])
            last = self._last()
        return last

    def _last(self) -> Values:
        return self._plan(stage="last", outcomes=self._outcomes())

    def _plan(self, **course: t.Any) -> Values:
        admitted = {"admitted": self._admitted, "validations": self._validations} if course else {}
        return partner_plan(self._options["partners"], self._inventory, **self._options["terms"], **admitted, **course)

    def _write(self, stage: Values) -> Values:
        terms = self._options["terms"]
        asked = {"connectors": stage["connectors"], "prune_keep": stage["keep"], "owner": OWNER}
        asked["refuse_shared_domains"] = not stage["shared"]
        asked |= {name: terms[name] for name in ("prune", "prune_limit") if name in terms}
        asked["written_before"] = [one for result in self._results for one in result["written"]]
        made = self._module("connectors", **asked, allow_weaken="all" in terms["allow_weaken"])
        self._results.append(made)
        if "summary" not in made:
            raise StoppedError(made["msg"])
        return made

    def _validate(self, connectors: t.Sequence[Values]) -> set[str]:
        """Have connectors validated, and return those that were not, because they are disabled."""
        done = self._module("tls_validation", connectors=connectors, max_age="0", fail_on="never")
        if "validations" not in done:
            raise StoppedError(done["msg"])
        self._validations += done["validations"]
        return {str(one["connector"]) for one in done["validations"] if one["refused_disabled"]}

    def _outcomes(self) -> list[Values]:
        return [one for result in self._results for one in result["connectors"]]

    def _module(self, name: str, **options: t.Any) -> Values:
        done = self._run_module(name, {**self._options["connection"], **options})
        self._warnings += done.get("warnings", [])
        return done


def _ways_out(connectors: t.Iterable[Values]) -> set[str]:
    """The names of the outbound ones; inbound ones may have the same."""
    return {one["name"] for one in connectors if one["direction"] == "outbound"}


class CheckedRole(Role):
    """The same in check mode: the whole plan is shown at once, and who stands is looked at for a validation.

    ``module`` runs modules in check mode.
    """

    def run(self) -> Values:
        plan = self._plan()
        if plan["changes"]:
            self._write(plan)
        there = _ways_out(self._inventory["connectors"])
        moving = {one["name"] for one in plan["changes"] if "recipient_domains" in one["changes"]}
        due = [one for one in plan["validate"] if one["name"] in there - moving]
        if due:
            self._validate(due)
        outcome = partner_outcomes(self._results, plan, self._inventory["requests"])
        return {"plan": plan, "outcome": outcome, "validations": self._validations, "warnings": self._warnings}


if __name__ == "__main__":
    main()

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of ansible-playbook against the lab that can reach nothing but this machine."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import typing as t

from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.flow_evidence import cite
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.shapes import Attempt, Envelope, Reached, Route

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
#: One for all of Ansible's own words, which would make three lines of one sentence.
_FATAL = re.compile(r"^fatal: \[localhost\]: FAILED! => (\{.*\})$", re.MULTILINE)
_WRAPPING = re.compile(r"^(?:Task failed: )?(?:The filter plugin '[\w.]+' failed: )?")


class Delivered:
    """Every test mail is taken as delivered: it goes nowhere (implements the lab's Transport)."""

    def attempt(self, route: Route, envelope: Envelope) -> Attempt:
        return Attempt("delivered", "250 taken as delivered: this is a rehearsal", cite("flow.nowhere"), encrypted=True)

    def reach(self, host: str) -> Reached:
        return Reached(host, True, ("taken as reached: this is a rehearsal",))


@dataclasses.dataclass(frozen=True)
class Run:
    """One run, and what the lab saw of it."""

    rc: int
    output: str
    seconds: float
    requests: int
    writes: int
    result: dict[str, t.Any]
    partners: list[dict[str, t.Any]]

    @property
    def failures(self) -> list[str]:
        """Why it failed, in its own words."""
        found = [str(json.loads(text).get("msg", "")) for text in _FATAL.findall(self.output)]
        return [_WRAPPING.sub("", text) for text in found] or ([self.output[-3000:]] if self.rc else [])


def run(lab: Lab, place: pathlib.Path, slug: str, variables: pathlib.Path, *arguments: str) -> Run:
    """Run the playbook in a process of its own; its whole output goes to a file in ``place``."""
    written = place / f"{slug}.json"
    written.unlink(missing_ok=True)
    lab.journal.clear()
    begun = time.monotonic()
    done = subprocess.run(
        [
            *(pathlib.Path(sys.executable).with_name("ansible-playbook"), HERE / "rehearse.yml", *arguments),
            *("-e", f"@{variables}", "-e", json.dumps({"rehearsal_file": str(written)})),
        ],
        check=False,
        cwd=place,
        env={**_settings(place), **lab.environment()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=3600,
    )
    seconds = time.monotonic() - begun
    (place / f"{slug}.log").write_text(done.stdout, encoding="utf-8")
    found = json.loads(written.read_text(encoding="utf-8")) if written.exists() else {}
    return Run(
        rc=done.returncode,
        output=done.stdout,
        seconds=seconds,
        requests=len(lab.journal.admin()),
        writes=sum(len(entry.writing) for entry in lab.journal.writes()),
        result=found.get("result", {}),
        partners=found.get("partners", []),
    )


def attempts_to_leave(place: pathlib.Path) -> list[str]:
    """What would have left this machine, and was stopped."""
    log = place / "left.log"
    return sorted(set(log.read_text(encoding="utf-8").splitlines())) if log.exists() else []


def _settings(place: pathlib.Path) -> dict[str, str]:
    """Nothing of the user's own Ansible settings, credentials and proxies takes part."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(HERE / "guard"),
        "REHEARSAL_LOG": str(place / "left.log"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        "ANSIBLE_HOME": str(place / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
    }

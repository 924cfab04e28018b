# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as AWX makes them: ansible-runner, a private data directory for each job, and only what a job is given.

What AWX puts in files is in files here (the project, the inventory as a script, survey and credential variables, the
arguments, its settings), and what it hands over otherwise (environment and passwords, with ``suppress_env_files``) is
handed over. No container is about the processes, because there is no engine.

Called as a program, this file makes one run of ansible-runner in a process that holds nothing else.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t

Values = dict[str, t.Any]

COLLECTIONS = pathlib.Path(__file__).resolve().parents[2] / ".cache" / "collections"
TOOLS = pathlib.Path(sys.executable).parent
PLAYBOOK = "provision.yml"
IDENT = "1"
#: The file in env with the variables of a credential.
CREDENTIAL = "tmp_credential"
#: What a project of AWX holds: it cannot start a collection's playbook by its name.
PROJECT = "---\n- name: Provision\n  ansible.builtin.import_playbook: mailflow.exchange_online.provision\n"
_PATIENCE_SECONDS = 120.0


@dataclasses.dataclass(frozen=True)
class Done:
    """What ansible-runner left of a job. ``artifacts``: the directory of this job below artifacts."""

    artifacts: pathlib.Path

    @property
    def status(self) -> str:
        """successful, failed, canceled or timeout."""
        return (self.artifacts / "status").read_text(encoding="utf-8")

    @property
    def events(self) -> list[Values]:
        """All events, in their order."""
        files = (self.artifacts / "job_events").glob("[0-9]*.json")
        return sorted((json.loads(file.read_text(encoding="utf-8")) for file in files), key=lambda one: one["counter"])

    @property
    def stats(self) -> Values:
        """The data of the last event: changed, failures and others by host, and what ``set_stats`` handed on."""
        (last,) = (event["event_data"] for event in self.events if event["event"] == "playbook_on_stats")
        return t.cast("Values", last)

    @property
    def handed_on(self) -> Values:
        """What AWX gives to the jobs that follow in a workflow."""
        return t.cast("Values", self.stats.get("artifact_data", {}))

    @property
    def text(self) -> str:
        """The output, as AWX shows it."""
        return "\n".join(event["stdout"] for event in self.events)


class Job:
    """One job and its private data directory, which is made here."""

    def __init__(
        self,
        place: pathlib.Path,
        hosts: t.Mapping[str, Values],
        *arguments: str,
        survey: Values,
        credential: Values | None = None,
    ) -> None:
        """``hosts``: the inventory. ``survey``: variables of the job. ``credential``: variables of a credential."""
        self.place = place
        self._home = place.with_name(f"{place.name}-home")
        self._home.mkdir()
        self._passwords: Values = {}
        self.write("project", PLAYBOOK, PROJECT)
        inventory = {"all": {"hosts": list(hosts)}, "_meta": {"hostvars": hosts}}
        script = f"#!/usr/bin/env python3\nprint({json.dumps(inventory)!r})\n"
        self.write("inventory", "hosts", script).chmod(0o700)
        given = {"forced_tls_hosts": "all", "forced_tls_probe": False, **survey}
        self.write("env", "extravars", json.dumps(given))
        if credential:
            arguments += ("-e", f"@{self.write('env', CREDENTIAL, json.dumps(credential))}")
        self.write("env", "cmdline", " ".join(["-u", "root", *arguments]))
        # AWX says more seldom that a job is to end; here a test would wait for it.
        settings = {"suppress_ansible_output": True, "suppress_output_file": True, "pexpect_timeout": 0.1}
        self.write("env", "settings", json.dumps(settings))

    @property
    def home(self) -> pathlib.Path:
        """HOME of the job; every process of the job has it in its environment."""
        return self._home

    def write(self, directory: str, name: str, content: str) -> pathlib.Path:
        """Write a file of the private data directory; AWX lets nobody else read it."""
        file = self.place / directory / name
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(content, encoding="utf-8")
        return file

    def run(self, environment: t.Mapping[str, str], cancel_when: t.Callable[[], bool] = lambda: False) -> Done:
        """Run it on this machine; ``cancel_when`` is asked all the time whether somebody cancels the job."""
        cancel = self.place.with_name(f"{self.place.name}-cancel")
        asked = {
            "private_data_dir": str(self.place),
            "ident": IDENT,
            "playbook": PLAYBOOK,
            "inventory": str(self.place / "inventory" / "hosts"),
            "envvars": self._envvars(environment),
            "suppress_env_files": True,
            "fact_cache_type": "",
        }
        # -I: neither this directory nor PYTHONPATH is searched, and the playbook is not given either.
        command = (sys.executable, "-I", __file__, str(cancel))
        process = self._start(*command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert process.stdin is not None
        process.stdin.write(json.dumps(asked).encode())
        process.stdin.close()
        until = time.monotonic() + _PATIENCE_SECONDS
        while process.poll() is None:
            assert time.monotonic() < until, "ansible-runner does not end"
            if cancel_when():
                cancel.touch()
            time.sleep(0.02)
        assert process.returncode == 0
        return Done(self.place / "artifacts" / IDENT)

    def stream(self, environment: t.Mapping[str, str], back: pathlib.Path) -> Done:
        """Run it on another node of AWX's mesh: transmit, worker and process; the artifacts come back to ``back``."""
        self.write("env", "envvars", json.dumps(self._envvars(environment)))
        there = self.place.with_name(f"{self.place.name}-there")
        program = str(TOOLS / "ansible-runner")
        transmit = self._start(program, "transmit", str(self.place), "-p", PLAYBOOK, "--ident", IDENT)
        worker = self._start(program, "worker", "--private-data-dir", str(there), "--delete", stdin=transmit.stdout)
        process = self._start(program, "process", str(back), "--ident", IDENT, stdin=worker.stdout)
        for one in (transmit, worker):
            assert one.stdout is not None
            one.stdout.close()  # so that each ends when the next one does
        process.communicate(timeout=_PATIENCE_SECONDS)
        assert [one.wait(timeout=10) for one in (transmit, worker, process)] == [0, 0, 0]
        assert not there.exists()
        return Done(back / "artifacts" / IDENT)

    def _envvars(self, environment: t.Mapping[str, str]) -> dict[str, str]:
        mine = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_FORCE_COLOR": "True"}
        return {**mine, **environment}

    def _start(
        self, *command: str, stdin: t.Any = subprocess.DEVNULL, stdout: int = subprocess.PIPE
    ) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": f"{TOOLS}:{os.environ['PATH']}",
            "HOME": str(self._home),
            "LC_ALL": "C.UTF-8",
        }
        return subprocess.Popen(command, env=environment, cwd=self._home, stdin=stdin, stdout=stdout)


def main() -> None:
    """Make the run that stdin describes; it is cancelled as soon as the file of the first argument is there."""
    import ansible_runner

    cancel = pathlib.Path(sys.argv[1])
    ansible_runner.run(**json.load(sys.stdin), quiet=True, cancel_callback=cancel.exists)


if __name__ == "__main__":
    main()

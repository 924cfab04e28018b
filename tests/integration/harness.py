# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the modules and playbooks of the collection as Ansible does, against a lab."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import io
import json
import os
import pathlib
import subprocess
import sys
import typing as t
from unittest import mock

from ansible.module_utils import basic
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.action import ActionBase
from ansible.plugins.connection.local import Connection
from ansible.template import Templar

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLUGINS = "ansible_collections.mailflow.exchange_online.plugins"
COLLECTION = "mailflow.exchange_online"

#: An Exchange module runs as one, or inside the controller.
Way = t.Literal["module", "controller"]
WAYS: tuple[Way, ...] = t.get_args(Way)


def run_module(name: str, options: dict[str, t.Any], *, check: bool = False) -> dict[str, t.Any]:
    """Run a module's ``main`` in this process and return the result it printed.

    The module reads its arguments, validates them, masks secrets and prints JSON as it would on a target; only the
    transport of the file is left out, which the playbook tests cover.
    """
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {**options, "_ansible_check_mode": check, "_ansible_diff": True}})
    module = importlib.import_module(f"{PLUGINS}.modules.{name}")
    printed = io.StringIO()
    with (
        mock.patch.object(basic, "_ANSIBLE_ARGS", arguments.encode()),
        mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy", create=True),
        contextlib.redirect_stdout(printed),
        contextlib.suppress(SystemExit),
    ):
        module.main()
    return t.cast("dict[str, t.Any]", json.loads(printed.getvalue()))


def make_action(name: str, options: dict[str, t.Any], *, check: bool = False, **variables: object) -> ActionBase:
    """A module's action plugin, as a worker of Ansible makes it for a host with a local connection."""
    loader = DataLoader()
    task = Task()
    task.action, task.args, task.check_mode, task.diff = f"{COLLECTION}.{name}", options, check, True
    play_context = PlayContext()
    action: ActionBase = importlib.import_module(f"{PLUGINS}.action.{name}").ActionModule(
        task=task,
        connection=Connection(play_context, os.devnull),
        play_context=play_context,
        loader=loader,
        templar=Templar(loader=loader, variables=variables),
        shared_loader_obj=None,
    )
    return action


def run_action(name: str, options: dict[str, t.Any], *, check: bool = False) -> dict[str, t.Any]:
    """Run a module's action plugin in this process and return its result."""
    action = make_action(name, options, check=check)
    result = action.run(task_vars={"inventory_hostname": "localhost"})
    return t.cast("dict[str, t.Any]", json.loads(json.dumps({"changed": False, **result})))


@dataclasses.dataclass
class Play:
    """What a run of ansible-playbook printed, and the results of its tasks."""

    rc: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout + self.stderr

    def recap(self, host: str = "localhost") -> dict[str, int]:
        """The counts of the play recap."""
        line = next(line for line in self.stdout.splitlines() if line.startswith(host) and "ok=" in line)
        return {key: int(value) for key, value in (pair.split("=") for pair in line.split(":", 1)[1].split())}


def run_playbook(
    playbook: pathlib.Path | str,
    *arguments: str,
    environment: t.Mapping[str, str],
    variables: t.Mapping[str, t.Any] | None = None,
    home: pathlib.Path,
    interpreter: str | None = sys.executable,
    tools: pathlib.Path = pathlib.Path(sys.executable).parent,
    within: t.Sequence[str] = (),
) -> Play:
    """Run ansible-playbook as a user would: a process of its own, an empty home, nothing but the given environment.

    ``tools`` is where the program lies, that of another ansible-core for example; ``within`` a command that runs the
    one that follows it.
    """
    command = [*within, str(tools / "ansible-playbook"), str(playbook), "-i", "localhost,", "-c", "local"]
    if interpreter:
        command += ["-e", f"ansible_python_interpreter={interpreter}"]
    if variables is not None:
        command += ["-e", json.dumps(variables)]
    done = subprocess.run(
        [*command, *arguments],
        capture_output=True,
        check=False,
        cwd=home,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=300,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            **environment,
        },
    )
    return Play(done.returncode, done.stdout, done.stderr)

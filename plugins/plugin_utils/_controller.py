# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The Exchange modules inside the controller.

A module call costs half a second of start-up and more: packing, an interpreter, imports. With a local connection the
machine, the user and the files are the controller's anyhow, so the same program runs right here. Ansible loads this
file in its main process, and each worker that it forks finds the libraries loaded.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _deps, _session
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._program import Program, carry_out
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils import _entries
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._masking import masked
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._standing import as_it_stands, plain_arguments


def _load() -> bool:
    """Load the libraries, once for all workers; msal brings requests along. Whether they are there, and new enough."""
    try:
        _deps.load_msal()
    except ExchangeError:
        return False
    if _deps.missing({}) is not None:
        return False
    with contextlib.suppress(ExchangeError):  # which is told where they are needed
        _session.usual_trust()
    # What is there by now stays. Else each worker of each task, also of those that are skipped, looks through it for
    # garbage, and so copies it.
    gc.freeze()
    return True


_LOADED = _load()

#: The host variable by which a run goes back to modules.
SWITCH = "exo_in_controller"

#: New objects between two looks for garbage. Those of a few thousand connectors are many, and none of them is garbage.
_GARBAGE = 100_000

#: From this verbosity on, Ansible shows what a module was called with.
_SHOWS_INVOCATION = 3

Values = dict[str, t.Any]


class InController(ActionBase):
    """Runs ``program`` in the controller where that makes no difference, and else the module of the same name."""

    program: t.ClassVar[Program]

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = True

    @classmethod
    def finalize_task_arg(cls, name: str, value: t.Any, templar: t.Any, context: t.Any) -> t.Any:
        """Return an argument's value. Ansible asks from 2.19 on; it calls that experimental, and can do without."""
        return as_it_stands(value, templar)

    def run(self, tmp: str | None = None, task_vars: Values | None = None) -> Values:
        """Return the result of the module."""
        task_vars = task_vars or {}
        result: Values = super().run(tmp, task_vars)
        if not self._may_run_here(task_vars):
            return {**result, **self._run_as_module(task_vars)}
        # This worker's memory is the main process's until it is written to, as looking for garbage does. And it ends
        # with the task: thousands of records would be looked through again and again for nothing.
        gc.freeze()
        gc.set_threshold(_GARBAGE)
        environment: dict[str, t.Any] = {}
        self._compute_environment_string(environment)  # type: ignore[no-untyped-call]
        with _surroundings(environment, self._loader.get_basedir()):
            result |= self._run_here(str(task_vars.get("inventory_hostname", "")))
        self._let_go()
        return result

    def _may_run_here(self, task_vars: Values) -> bool:
        return (
            self._connection.transport == "local"
            # Another user may read other files; and what runs in the background outlives the worker.
            and self._connection.become is None
            and not self._task.async_val
            # Looking for a proxy after a fork ends the process there.
            and sys.platform != "darwin"
            # They may be where ansible_python_interpreter points to.
            and _LOADED
            and self._is_wanted(task_vars)
        )

    def _is_wanted(self, task_vars: Values) -> bool:
        value = self._templar.template(task_vars.get(SWITCH, True))
        try:
            return bool(boolean(value))
        except TypeError:
            raise AnsibleActionFail(f"The variable {SWITCH} is '{value}'; give true or false.") from None

    def _let_go(self) -> None:
        """Drop the lists among the task's arguments, which would travel back to the main process and stay there.

        With a hundred tenants of five hundred partners, that is what each further fork begins with: some 400 MB. A task
        that may be tried again needs them.
        """
        if not (self._task.until or self._task.retries):
            self._task.args = {name: value for name, value in self._task.args.items() if not isinstance(value, list)}

    def _run_as_module(self, task_vars: Values) -> Values:
        background = self._task.async_val and not self._connection.has_native_async
        result: Values = self._execute_module(task_vars=task_vars, wrap_async=background)
        if not background:
            self._remove_tmp_path(self._connection._shell.tmpdir)  # type: ignore[no-untyped-call]
        return result

    def _run_here(self, name: str) -> Values:
        given = plain_arguments(self._task.args)
        checked = _entries.validate(self.program.spec.kwargs(), given)
        secrets: set[str] = set(checked._no_log_values)
        options = {**given, **checked.validated_parameters}
        # A third of what is to be masked and sent to the main process, for what only -vvv shows.
        shown = {"invocation": {"module_args": options}} if Display().verbosity >= _SHOWS_INVOCATION else {}
        if checked.error_messages:
            return masked({**shown, "failed": True, "msg": self._refusal(checked)}, secrets)
        ending = carry_out(
            self.program.runner,
            options,
            check_mode=bool(self._task.check_mode),
            on_secret=secrets.add,
            on_progress=lambda text: Display().display(masked(f"[{name}] {text}", secrets)),
        )
        result = {**shown, **ending.values}
        if ending.warnings:
            result["warnings"] = list(ending.warnings)
        if ending.message is not None:
            result |= {"failed": True, "msg": ending.message}
        return masked(result, secrets)

    def _refusal(self, checked: t.Any) -> str:
        """In the words of a module."""
        text = str(checked.errors.msg)
        if isinstance(checked.errors[0], UnsupportedError):
            return f"Unsupported parameters for ({self._task.action}) module: {text}"
        return text


@contextlib.contextmanager
def _surroundings(environment: t.Mapping[str, t.Any], directory: str) -> t.Iterator[None]:
    """What a module finds: the task's environment, and the playbook's directory for relative paths.

    Both are of this process. Ansible runs each task in one of its own.
    """
    before, place = dict(os.environ), os.getcwd()
    os.environ.update({str(name): str(value) for name, value in environment.items()})
    os.chdir(directory)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        os.chdir(place)

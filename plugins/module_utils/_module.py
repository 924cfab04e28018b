# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The one place that talks to AnsibleModule."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailflow.exchange_online.plugins.module_utils._argspec import ArgumentSpec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._result import Result


class Runner(t.Protocol):
    """Validated options in, a result out; raises ExchangeError when there is no result to speak of."""

    def __call__(
        self, options: t.Mapping[str, t.Any], *, check_mode: bool, on_secret: t.Callable[[str], None]
    ) -> Result: ...


def host(spec: ArgumentSpec, runner: Runner) -> t.NoReturn:
    """Run ``runner`` as an Ansible module. A failure is a sentence and an ``error``, never a traceback."""
    module = AnsibleModule(**spec.kwargs(), supports_check_mode=True)
    try:
        result = runner(module.params, check_mode=module.check_mode, on_secret=module.no_log_values.add)
    except ExchangeError as problem:
        module.fail_json(msg=problem.message, error=problem.as_result())
    except Exception as problem:  # noqa: BLE001 - a fault of ours must not spill a traceback with its values
        unexpected = ExchangeError(
            "internal",
            f"Unexpected {type(problem).__name__} in {_place(problem)}. This is a fault of the collection; please"
            " report it. The run may have stopped half-way: run again with --check to see what is left to do.",
        )
        module.fail_json(msg=unexpected.message, error=unexpected.as_result())
    for text in result.warnings:
        module.warn(text)
    values = {**result.data, "changed": result.changed, **({} if result.diff is None else {"diff": result.diff})}
    if result.error is not None:
        module.fail_json(msg=result.error.message, error=result.error.as_result(), **values)
    module.exit_json(**values)


def _place(problem: BaseException) -> str:
    """The file and line of a fault, without any value."""
    last = problem.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None:
        return "an unknown place"
    return f"{last.tb_frame.f_code.co_filename.rpartition('/')[2]}:{last.tb_lineno}"

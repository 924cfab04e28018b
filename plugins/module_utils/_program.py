# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What a module is without Ansible, and how its run ends: the same as a module on a target and in the controller."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._argspec import ArgumentSpec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._progress import Tell
from ansible_collections.mailflow.exchange_online.plugins.module_utils._result import Result


class Runner(t.Protocol):
    """Validated options in, a result out."""

    def __call__(
        self,
        options: t.Mapping[str, t.Any],
        *,
        check_mode: bool,
        on_secret: t.Callable[[str], None],
        on_progress: Tell,
    ) -> Result:
        """Run. Raises ExchangeError when there is no result to speak of.

        ``on_secret`` is told every secret that comes up on the way, ``on_progress`` how far a long step is.
        """


@dataclasses.dataclass(frozen=True)
class Program:
    """A module: the options it takes, and what it does with them."""

    spec: ArgumentSpec
    runner: Runner


@dataclasses.dataclass(frozen=True)
class Ending:
    """What users get to see. It has failed when there is a message."""

    values: dict[str, t.Any]
    warnings: t.Sequence[str] = ()
    message: str | None = None


def carry_out(
    runner: Runner,
    options: t.Mapping[str, t.Any],
    *,
    check_mode: bool,
    on_secret: t.Callable[[str], None],
    on_progress: Tell,
) -> Ending:
    """Run it. A failure is a sentence and an ``error``, never a traceback."""
    try:
        result = runner(options, check_mode=check_mode, on_secret=on_secret, on_progress=on_progress)
    except ExchangeError as problem:
        return _failure(problem)
    except Exception as problem:  # noqa: BLE001 - a fault of ours must not spill a traceback with its values
        text = (
            f"Unexpected {type(problem).__name__} in {_place(problem)}. This is a fault of the collection; please"
            " report it. The run may have stopped half-way: run again with --check to see what is left to do."
        )
        return _failure(ExchangeError("internal", text))
    values = {**result.data, "changed": result.changed, **({} if result.diff is None else {"diff": result.diff})}
    if result.error is None:
        return Ending(values, result.warnings)
    return Ending({**values, "error": result.error.as_result()}, result.warnings, result.error.message)


def _failure(problem: ExchangeError) -> Ending:
    return Ending({"error": problem.as_result()}, message=problem.message)


def _place(problem: BaseException) -> str:
    """The file and line of a fault, without any value."""
    last = problem.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None:
        return "an unknown place"
    return f"{last.tb_frame.f_code.co_filename.rpartition('/')[2]}:{last.tb_lineno}"

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the qualification in this process, with time that need not pass."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._client import Pace
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import PREFIX
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.questions import QUESTIONS
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.runner import run_qualification
from ansible_collections.mailflow.exchange_online.plugins.module_utils._result import Result
from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.switch_table import TABLE

SWITCHES = {switch.name: switch for switch in TABLE}
#: The switches that the qualification claims to find out.
CLAIMED = [question.id for question in QUESTIONS if question.assumed is not None]
#: WhenChanged has whole seconds, so this pause cannot be left out.
SECOND = 1.2


def patient(seconds: float) -> None:
    """Sleep where the answer depends on it."""
    if seconds == SECOND:
        time.sleep(seconds)


def nothing(_seconds: float) -> None:
    """Do not sleep."""


def ask(
    lab: Lab,
    *,
    write: bool = True,
    check: bool = False,
    sleep: t.Callable[[float], None] = patient,
    recipients: t.Sequence[str] = (),
    **options: t.Any,
) -> Result:
    """Qualify the first tenant of a lab."""
    given = {**lab.connection(), "write": write, "validation_recipients": [*recipients], **options}
    pace = dataclasses.replace(Pace(), sleep=sleep)
    return run_qualification(given, check_mode=check, on_secret=lambda _text: None, pace=pace)


def settings(result: Result) -> dict[str, str]:
    """What it found out, as settings of the switches."""
    return dict(result.data["qualification"]["settings"])


def own(lab: Lab) -> list[str]:
    """The throw-away connectors that stand in the tenant."""
    records = [*lab.tenant.outbound, *lab.tenant.inbound]
    return [str(record["Name"]) for record in records if str(record["Name"]).startswith(PREFIX)]

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validate-OutboundConnector: the test is real, the connector stays as it is."""

from __future__ import annotations

import asyncio
import typing as t

from ..mailflow.routing import Readings
from ..mailflow.validation import SENDER, Given, Plan, Task, hosts, leg, perform
from .cmdlet import Call, Cmdlet, Result
from .convert import Edit
from .errors import not_found
from .evidence import cite
from .records import Plain, Record, Values
from .schema_validate import VALIDATION

if t.TYPE_CHECKING:
    from ..switches import Switches

# The second names are this lab's own: what the service says is not known.
_NAMES = {
    "labels": ("Check connectivity to '{host}'", "Send test email"),
    "others": ("SMTP connectivity: {host}", "Test message"),
}


def _recipients(call: Call) -> tuple[str, ...]:
    given = call.bound.values["Recipients"]
    found = given.add if isinstance(given, Edit) else t.cast("list[str]", given)
    return tuple(dict.fromkeys(found))


def _plan(call: Call, record: Record) -> Plan:
    """What is to be done, decided before anything is waited for: the state may change meanwhile."""
    switches, recipients = call.switches, _recipients(call)
    replica = call.state.routed()
    seen = replica.by_guid.get(record.guid)
    routed = [one.values for one in replica.records()]
    given = Given(record.values, None if seen is None else seen.values, routed)
    even_disabled = switches["validation_disabled"] == "validated"
    readings = Readings.of(switches)
    return Plan(
        connector=record.values,
        sender=f"{SENDER}@{call.state.default_domain}",
        at=call.state.clock.now(),
        hosts=hosts(record.values, recipients, mx_too=switches["validation_connectivity"] == "mx_too"),
        legs=tuple(leg(given, one, readings, even_disabled=even_disabled) for one in recipients),
    )


def row(task: Task, switches: Switches) -> Values:
    """A task as the answer shows it, in the reading that the switches choose."""
    connectivity, mail = _NAMES[switches["validation_task_names"]]
    flag: object = task.success if switches["validation_flag"] == "bool" else str(task.success)
    shown: Values = {
        "TaskName": connectivity.format(host=task.host) if task.host else mail,
        "IsTaskSuccessful": flag,
    }
    details: dict[str, Values] = {
        "text": {"Detail": "\n".join(task.detail)},
        "list": {"Detail": list(task.detail)},
        "other_name": {"TaskDetails": "\n".join(task.detail)},
    }
    return shown | details.get(switches["validation_detail"], {})


async def _validate(call: Call) -> Result:
    identity = str(call.bound.values["Identity"])
    record = call.state.target(call.noun, identity)
    if record is None:
        raise not_found(identity)
    if call.bound.flag("WhatIf"):
        text = f'What if: Performing the operation "Validate-OutboundConnector" on target "{record.name}".'
        return Result(cite("write.what-if"), confirmation=text)
    plan = _plan(call, record)
    tasks = await asyncio.to_thread(perform, plan, call.state.transport)
    return Result(cite("validate.tasks"), [Plain(row(task, call.switches)) for task in tasks])


CMDLETS = (Cmdlet("Validate-OutboundConnector", VALIDATION, "Validate", "connectors", writes=True, run=_validate),)

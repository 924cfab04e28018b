# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The module ``tls_validation`` without Ansible: validated options in, a result out."""

from __future__ import annotations

import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._client import Client, Pace, open_client
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.gateway import Gateway
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._progress import (
    Progress,
    Tell,
    tell_nobody,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._result import Result
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation import present
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.carry import Carrier
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.meanwhile import look_again
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.model import Fate, Request, Task
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.plan import make_tasks, read_requests
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.times import read_age


def run_validation(
    options: t.Mapping[str, t.Any],
    *,
    check_mode: bool,
    on_secret: t.Callable[[str], None],
    on_progress: Tell = tell_nobody,
    pace: Pace | None = None,
) -> Result:
    """Validate a list of outbound connectors and record the results."""
    pace = pace or Pace()
    requests, max_age = _asked(options)
    client = open_client(options, on_secret, pace=pace)
    tasks = _tasks(client, requests, max_age, pace.now())
    told: list[str] = []
    if check_mode:
        fates = [present.planned(task) for task in tasks]
    else:
        carrier = Carrier(client, pace, record=options["record"])
        fates = _carry_out(tasks, client, carrier, on_progress)
        told = look_again(fates, Gateway(client), carrier.take_back, pace.sleep)
    foreseen = options["record"] and any(fate.status == "planned" for fate in fates)
    return Result(
        changed=foreseen or any(fate.recorded for fate in fates),
        data={
            "validations": [present.validation(fate) for fate in fates],
            "summary": present.summary(fates),
            "requests": client.requests,
        },
        warnings=[*client.warnings, *told],
        error=present.task_error(fates) if options["fail_on"] == "failure" else None,
    )


def _carry_out(tasks: t.Sequence[Task], client: Client, carrier: Carrier, on_progress: Tell) -> list[Fate]:
    progress = Progress("Validating connectors", len(tasks), on_progress)

    def carry(task: Task) -> Fate:
        fate = carrier.carry(task)
        progress.done(failed=int(fate.status in ("failed", "unknown")))
        return fate

    return client.side_by_side(carry, tasks)


def _asked(options: t.Mapping[str, t.Any]) -> tuple[list[Request], dt.timedelta]:
    """Everything that is wrong with the options, in one go."""
    problems: list[str] = []
    requests: list[Request] = []
    max_age = dt.timedelta()
    try:
        max_age = read_age(options["max_age"])
    except ValueError as problem:
        problems.append(f"max_age: {problem}.")
    try:
        requests = read_requests(options["connectors"])
    except InputError as found:
        problems += found.problems
    if problems:
        raise InputError(problems)
    return requests, max_age


def _tasks(client: Client, requests: t.Sequence[Request], max_age: dt.timedelta, now: float) -> list[Task]:
    if not requests:
        return []
    gateway = Gateway(client)
    standing = gateway.inventory({"outbound"})
    names = {connector.name.casefold() for connector in standing}
    inbound: set[str] = set()
    if any(request.name.casefold() not in names for request in requests):
        inbound = {connector.name.casefold() for connector in gateway.inventory({"inbound"})}
    return make_tasks(requests, standing, inbound, max_age, dt.datetime.fromtimestamp(now, dt.timezone.utc))

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Short ways to say "this stands" and "this is wished" in the tests of the connector utilities."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.codec import read_record
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.commands import rounds
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    DIRECTIONS,
    Connector,
    Plan,
    Policy,
    Wish,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import make_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.wishes import read_wishes
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
)

Entry = dict[str, t.Any]


def out(name: str, **options: t.Any) -> Entry:
    """An entry of the list for an outbound connector."""
    return {"name": name, "direction": "outbound", "state": "present", **options}


def inn(name: str, **options: t.Any) -> Entry:
    """An entry of the list for an inbound connector."""
    return {"name": name, "direction": "inbound", "state": "present", **options}


def wished(*entries: Entry) -> list[Wish]:
    return read_wishes(entries, listed=True)


def inventory(exchange: Exchange) -> list[Connector]:
    """Every connector, read as the product reads it."""
    return [read_record(direction, record) for direction in DIRECTIONS for record in exchange.get(direction)]


def plan_for(exchange: Exchange, *entries: Entry, policy: Policy | None = None) -> Plan:
    return make_plan(wished(*entries), inventory(exchange), policy or Policy())


def sent(plan: Plan) -> list[tuple[int, str, dict[str, t.Any]]]:
    """What the plan sends: round, cmdlet, parameters."""
    return [
        (place, command.cmdlet, dict(command.parameters))
        for place, commands in enumerate(rounds(plan.changes), start=1)
        for command in commands
    ]


def carry_out(exchange: Exchange, plan: Plan, after_each: t.Callable[[], None] = lambda: None) -> None:
    """Apply a plan to the model, without any fault."""
    for _phase, cmdlet, parameters in sent(plan):
        exchange.run(cmdlet, parameters)
        after_each()


def named(exchange: Exchange, direction: str, name: str) -> dict[str, t.Any]:
    """The record of that name."""
    (record,) = [record for record in exchange.get(direction) if record["Name"] == name]
    return record

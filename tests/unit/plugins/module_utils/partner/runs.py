# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is carried out on a small Exchange, and what a rollback and a break glass need of it."""

from __future__ import annotations

import datetime as dt
import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Policy
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import make_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.wishes import read_wishes
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import connectors_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rollback import rollback
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.snapshot import (
    Snapshot,
    make_snapshot,
    read_snapshot,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.standing import standing
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    carry_out,
    inventory,
    sent,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
)

Values = dict[str, t.Any]
NOW = dt.datetime(2026, 11, 26, 1, 30, tzinfo=dt.timezone.utc)
TENANT = "contoso.onmicrosoft.com"


class World:
    """An Exchange, and the snapshots that runs on it have left, the newest first."""

    def __init__(self) -> None:
        self.exchange = Exchange()
        self.snapshots: list[Snapshot] = []

    def provision(self, *partners: t.Any, steps: int | None = None) -> str:
        """Bring a partner list about as the role does; ``steps`` are the writes after which it is killed."""
        plan = self.plan(*partners)
        self.keep(make_snapshot(plan, inventory(self.exchange)))
        self.write(plan["connectors"], "forced_tls", steps)
        return str(plan["run_id"])

    def plan(self, *partners: t.Any) -> Values:
        entries: list[Values] = []
        whose: dict[tuple[str, str], str] = {}
        for partner in check_partners(list(partners)):
            for entry in connectors_of(partner, "Forced TLS", standing(partner, NOW).stand):
                entries.append({**entry, "allow_weaken": True})
                whose[entry["direction"], entry["name"].casefold()] = partner.name
        plan = make_plan(read_wishes(entries, listed=True), inventory(self.exchange), Policy(owner="forced_tls"))
        changes = [
            {
                "name": change.name,
                "direction": change.direction,
                "action": change.action,
                "partners": [whose[change.key]],
                "blocked": change.blocked.message if change.blocked else None,
            }
            for change in plan.changes
        ]
        return {**self.header(), "connectors": entries, "changes": changes}

    def header(self) -> Values:
        run_id = f"20261126T01300{len(self.snapshots)}Z-000000"
        return {
            "run_id": run_id,
            "made_at": "2026-11-26T01:30:00Z",
            "tenant_id": TENANT,
            "owner": "forced_tls",
            "name_prefix": "Forced TLS",
        }

    def keep(self, snapshot: Values) -> None:
        """Keep a snapshot as a file does."""
        self.snapshots.insert(0, read_snapshot(json.dumps(snapshot), f"runs/{snapshot['run_id']}/snapshot.json"))

    def write(self, entries: list[Values], owner: str | None = None, steps: int | None = None) -> int:
        """Do what the module ``connectors`` does; returns how many writes there were."""
        policy = Policy(owner=owner, allow_weaken=owner is None)
        plan = make_plan(read_wishes(entries, listed=True), inventory(self.exchange), policy)
        if steps is None:
            carry_out(self.exchange, plan)
        else:
            for _place, cmdlet, parameters in sent(plan)[:steps]:
                self.exchange.run(cmdlet, parameters)
        return len(sent(plan))

    def back(
        self,
        *partners: str,
        run: str | None = None,
        force: bool = False,
        tenant: str | None = TENANT,
        steps: int | None = None,
    ) -> Values:
        """Roll back, and keep what that changes; ``steps`` are the writes after which it is killed."""
        if run:
            chosen = [one for one in self.snapshots if one.run_id == run]
        else:
            chosen = [one for one in self.snapshots if one.kind != "rollback"]
        run_id = self.header()["run_id"]
        found = rollback(
            chosen, inventory(self.exchange), tenant, list(partners), force=force, run_id=run_id, now="2026-11-26"
        )
        self.keep(make_snapshot(found, inventory(self.exchange), "rollback"))
        found["writes"] = self.write(found["connectors"], steps=steps)
        return found

    def state(self) -> Values:
        """What stands, by direction and name, without the identity that a new connector gets."""
        return {
            f"{direction} {record['Name']}": {key: value for key, value in record.items() if key != "Guid"}
            for direction in ("outbound", "inbound")
            for record in self.exchange.get(direction)
        }

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that earlier runs left, and that somebody may have changed: snapshots, plans, what the probe saw."""

from __future__ import annotations

import datetime as dt
import json

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import probe_store, snapshot
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.approved import approved_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rollback import rollback
from ansible_collections.mailflow.exchange_online.tests.fuzz import promises

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.timezone.utc)
SIDE = {"name": "to x", "direction": "outbound", "state": "present", "recipient_domains": ["x.test"], "enabled": True}
RECORD = {"partners": ["x"], "before": SIDE, "after": {**SIDE, "enabled": False}, "left_out": {}, "beside": {}}
SNAPSHOT = {"format": 1, "run_id": "r", "kind": "provision", "made_at": "2026-10-01", "tenant_id": None}
LOOK = {"verdict": "ready", "delivery": "ok", "sustains": None, "findings": [], "names": [], "hosts": [{"chain": [{}]}]}
SEEN = {"seen_at": "2026-10-31T23:00:00Z", "used_on": "2026-10-31", "vantage": "here", "item": LOOK}


def _snapshot(**changes: object) -> bytes:
    return b"\x02" + json.dumps({**SNAPSHOT, "connectors": [{**RECORD, **changes}], "sha256": ""}).encode()


SEEDS = (
    b"\x00" + json.dumps({"format": 1, "results": {"x": SEEN}}).encode(),
    b"\x01" + json.dumps({"format": 1, "partners": [], "made_at": "2026-10-31T00:00:00Z"}).encode(),
    _snapshot(),
    # Found here: nesting without end, and members that are not what a run writes.
    b"\x01" + b"[" * 5000,
    b"\x02" + b"[" * 5000,
    _snapshot(partners=[7]),
    _snapshot(left_out=7),
    _snapshot(left_out=0),
    _snapshot(beside={"x.test": 7}),
    _snapshot(after={**SIDE, "comment": 7}),
)


def check(data: bytes) -> None:
    """The first byte picks what the rest is to be."""
    text = data[1:].decode("utf-8", "replace")
    try:
        match (data[0] if data else 0) % 3:
            case 0:
                store = probe_store.read_store(text, present=True)
                promises.shown(store.trouble)
                for entry in store.entries.values():
                    entry.fresh(NOW, dt.timedelta(hours=24))
                json.loads(probe_store.write_store(store.entries))
            case 1:
                assert approved_plan(text, "plan.json", "7d", NOW)["format"]
            case _:
                read = snapshot.read_snapshot(_signed(text), "snapshot.json")
                rollback([read], [], read.tenant_id, (), force=True, run_id="x", now="2026-11-01T00:00:00Z")
    except InputError as problem:
        promises.refused(problem)


def _signed(text: str) -> str:
    """The same with the digest that belongs to it: whoever changes the one can change the other."""
    try:
        found = json.loads(text)
        return json.dumps({**found, "sha256": snapshot.digest(found["connectors"])})
    except (ValueError, LookupError, TypeError, RecursionError):
        return text

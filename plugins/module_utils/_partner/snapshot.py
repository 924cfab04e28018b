# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What a run is about to change, as it stands before: made, and read back. Pure.

A snapshot holds whole connectors, not differences, and also what the run makes of them: so a rollback can tell what the
run did from what somebody else did later.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import hashlib
import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import present, weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    DIRECTIONS,
    Connector,
    Direction,
    Key,
    key,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import settings_from
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError

FORMAT = 1
Values = dict[str, t.Any]
Serving = t.Mapping[tuple[Direction, str], t.Sequence[Connector]]
#: What a snapshot says of the run that made it.
HEADER = ("run_id", "made_at", "tenant_id", "owner", "name_prefix")
#: What kind of run made it.
KINDS = ("provision", "rollback", "break_glass")


@dataclasses.dataclass(frozen=True)
class Record:
    """One connector: whose it is, what it was, and what the run was to make of it; entries of ``connectors``.

    ``left_out`` are the settings that an entry cannot say, ``beside`` the domains whose mail it took before and that
    others were for as well, with their names.
    """

    partners: tuple[str, ...]
    before: t.Mapping[str, t.Any]
    after: t.Mapping[str, t.Any]
    left_out: t.Mapping[str, t.Any]
    beside: t.Mapping[str, t.Sequence[str]]

    @property
    def key(self) -> Key:
        return key(self.before["direction"], str(self.before["name"]))

    @property
    def label(self) -> str:
        return f"{self.before['direction']} connector '{self.before['name']}'"


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """A snapshot that was read. ``place`` says where it lies."""

    place: str
    run_id: str
    kind: str
    made_at: str
    tenant_id: str | None
    records: tuple[Record, ...]

    @property
    def partners(self) -> dict[str, str]:
        """Keys and names of the partners whose connectors it holds."""
        return {name.casefold(): name for record in self.records for name in record.partners}


def make_snapshot(plan: t.Mapping[str, t.Any], standing: t.Iterable[Connector], kind: str = "provision") -> Values:
    """Return the snapshot of a plan that is to be carried out. What nobody may change is not in it."""
    wished = {key(entry["direction"], str(entry["name"])): entry for entry in plan["connectors"]}
    found = {connector.key: connector for connector in standing}
    taking = serving(found.values())
    records = [
        _record(change, wished.get(key(change["direction"], str(change["name"]))), found, taking, plan.get("owner"))
        for change in plan["changes"]
        if change["action"] != "none" and not change.get("blocked")
    ]
    connectors = t.cast("list[Values]", plainly(records))
    return {
        "format": FORMAT,
        "kind": kind,
        **{member: plainly(plan.get(member)) for member in HEADER},
        "connectors": connectors,
        "sha256": digest(connectors),
    }


def _record(
    change: t.Mapping[str, t.Any],
    wish: t.Mapping[str, t.Any] | None,
    standing: t.Mapping[Key, Connector],
    taking: Serving,
    owner: str | None,
) -> Values:
    name, direction = str(change["name"]), change["direction"]
    nothing = {"name": name, "direction": direction, "state": "absent"}
    before = standing.get(key(direction, name))
    kept = {**present.as_input(before), "owner": before.owner or ""} if before else nothing
    after: t.Mapping[str, t.Any] = nothing
    # A connector that pruning deletes is on no list.
    if change["action"] != "delete" and wish is not None and wish.get("state", "present") != "absent":
        marked = wish.get("owner") if wish.get("owner") is not None else owner or kept.get("owner", "")
        known = {**(before.settings if before else {}), **settings_from(wish)}
        after = {**present.connector(direction, name, known), "owner": marked}
    return {
        "partners": list(change.get("partners", ())),
        "before": kept,
        "after": after,
        "left_out": present.details(before)["left_out"] if before else {},
        "beside": _beside(before, taking) if before else {},
    }


def serving(standing: t.Iterable[Connector]) -> Serving:
    """Return by direction and domain whose connectors take its mail. A connector for all domains is beside nobody's."""
    found: dict[tuple[Direction, str], list[Connector]] = {}
    for connector in standing:
        for domain in weaken.serves(connector.direction, connector.settings) - {"*"}:
            found.setdefault((connector.direction, domain), []).append(connector)
    return found


def _beside(before: Connector, taking: Serving) -> dict[str, list[str]]:
    domains = sorted(weaken.serves(before.direction, before.settings))
    others = {d: [c.name for c in taking.get((before.direction, d), ()) if c.key != before.key] for d in domains}
    return {domain: names for domain, names in others.items() if names}


def read_snapshot(text: str, place: str) -> Snapshot:
    """Return the snapshot in a file's text. Raises InputError with one sentence when it is none, or not whole."""
    lead = f"The snapshot '{place}'"
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError([f"{lead} is no JSON; give the run's id or the file that a run left."]) from None
    if not isinstance(found, dict) or not {"format", "run_id", "connectors", "sha256"} <= found.keys():
        raise InputError([f"{lead} is no snapshot of this collection; give the run's id or the file that a run left."])
    if found["format"] != FORMAT:
        raise InputError([f"{lead} has the format {found['format']}; use the release that made it."])
    if found["sha256"] != digest(found["connectors"]):
        raise InputError([f"{lead} was changed since it was made, so nothing is brought back from it."])
    try:
        records = tuple(_read_record(record) for record in found["connectors"])
    except (AttributeError, LookupError, TypeError, ValueError):
        raise InputError([f"{lead} holds a connector that cannot be read; use the release that made it."]) from None
    kind, tenant = str(found.get("kind", KINDS[0])), found.get("tenant_id")
    made_at = str(found.get("made_at", ""))
    return Snapshot(place, str(found["run_id"]), kind, made_at, None if tenant is None else str(tenant), records)


def _read_record(record: t.Mapping[str, t.Any]) -> Record:
    before, after = record["before"], record["after"]
    for side in (before, after):
        if side["direction"] not in DIRECTIONS or not isinstance(side["name"], str):
            raise ValueError
        settings_from(side)
    if not isinstance(record["left_out"], collections.abc.Mapping):
        raise TypeError
    settings_from({}, record["left_out"])
    beside = {str(domain): tuple(map(str, names)) for domain, names in record["beside"].items()}
    return Record(tuple(map(str, record["partners"])), before, after, record["left_out"], beside)


def digest(connectors: object) -> str:
    """Return the digest of a snapshot's connectors."""
    return hashlib.sha256(json.dumps(connectors, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def plainly(value: object) -> object:
    """Return a value as JSON has it, also where Ansible hands over texts with tags and containers of its own."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, collections.abc.Mapping):
        return {str.__str__(member): plainly(item) for member, item in value.items()}
    if isinstance(value, collections.abc.Iterable):
        return [plainly(item) for item in value]
    return value

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Snapshots x what stands now -> the connectors that bring everything back as it was. Pure."""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import (
    BY_OPTION,
    DOMAINS_OPTION,
    FIELDS,
    applies,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Key,
    Policy,
    Settings,
    Value,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import make_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.present import plain
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import settings_from
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.wishes import read_wishes
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import overlaps
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.glass import without_break_glass
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.snapshot import Record, Snapshot
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.trial import without_trial

Entry = dict[str, t.Any]
#: A connector to be written, and whose it is.
Owned = tuple[Entry, tuple[str, ...]]
#: A run switches these more than once on its way, but never takes off what is in force in the same way before and
#: afterwards.
_STAGED = frozenset({"enabled", "transport_rule_scoped"})


def choose(snapshots: t.Iterable[Snapshot], partners: t.Sequence[str]) -> list[tuple[Snapshot, Record]]:
    """Return the records to bring back: of the first snapshot, or for each partner of the first that has it.

    ``snapshots`` come newest first; those of rollbacks are passed over, so that a rollback that is run again goes on
    where it ended, and does not undo itself. Raises InputError that tells which partners there are.
    """
    wanted = {name.casefold(): name for name in partners}
    found: dict[Key, tuple[Snapshot, Record]] = {}
    seen: dict[str, str] = {}
    for snapshot in snapshots:
        seen = {**snapshot.partners, **seen}
        here = wanted.keys() & snapshot.partners.keys()
        for record in snapshot.records:
            if not partners or here & {name.casefold() for name in record.partners}:
                found.setdefault(record.key, (snapshot, record))
        for key in here:
            del wanted[key]
        if not wanted:
            return list(found.values())
    unknown = ", ".join(f"'{name}'" for name in wanted.values())
    raise InputError([f"No snapshot has a connector of {unknown}; {_near(wanted, seen)}."])


def _near(wanted: t.Iterable[str], seen: t.Mapping[str, str]) -> str:
    near = [hit for name in wanted for hit in difflib.get_close_matches(name, list(seen), n=3)]
    names = [seen[key] for key in dict.fromkeys([*near, *sorted(seen)])]
    rest = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f"there are {', '.join(names[:20])}{rest}" if names else "there is no run to bring back"


def bring_back(
    chosen: t.Sequence[tuple[Snapshot, Record]],
    standing: t.Sequence[Connector],
    tenant_id: str | None,
    *,
    force: bool,
) -> tuple[list[Owned], list[str]]:
    """Return the connectors as they were, and what has to be told. Raises InputError when it cannot be done safely."""
    problems = _other_tenants(chosen, tenant_id)
    if problems:
        raise InputError(problems)
    found = {connector.key: connector for connector in standing}
    if not force:
        problems += [
            f"The {record.label} was changed since run {snapshot.run_id} by somebody else or by a later run"
            f" ({', '.join(differences)}), so it was left as it is, and nothing was brought back. Bring back the later"
            " run first, or set forced_tls_rollback_force to true if what was done since is to go."
            for snapshot, record in chosen
            if (differences := changed_since(record, found.get(record.key)))
        ]
    records = [record for _snapshot, record in chosen]
    double = overlaps.overlaps(records, found)
    given_up = {record.key: {one.domain for one in double if record in one.goes} for record in records}
    beside = [one for one in overlaps.beside(records, found) if one.domain not in given_up[one.record.key]]
    problems += [one.line for one in beside if not one.was_there]
    if problems:
        raise InputError(problems)
    owned = [(_entry(record, given_up[record.key]), record.partners) for record in records]
    lines = [line for record in records for line in _cannot(record, found.get(record.key))]
    return owned, [*(one.line for one in double), *(one.line for one in beside), *lines]


def plan_like(owned: t.Sequence[Owned], standing: t.Sequence[Connector], header: t.Mapping[str, t.Any]) -> Entry:
    """Return a plan in the shape that a snapshot is made of."""
    whose = {(entry["direction"], str(entry["name"]).casefold()): partners for entry, partners in owned}
    policy = Policy(allow_weaken=True, scope=str(header.get("tenant_id") or ""))
    plan = make_plan(read_wishes([entry for entry, _partners in owned], listed=True), standing, policy)
    return {
        **header,
        "connectors": [entry for entry, _partners in owned],
        "changes": [
            {
                "name": change.name,
                "direction": change.direction,
                "partners": list(whose[change.key]),
                "action": change.action,
                "changes": list(change.changes),
                "weakens": list(change.weakens),
                "blocked": None,
            }
            for change in plan.touched
        ],
    }


def _other_tenants(chosen: t.Sequence[tuple[Snapshot, Record]], tenant_id: str | None) -> list[str]:
    there = tenant_id or ""
    return [
        f"The snapshot of run {snapshot.run_id} is of the tenant '{snapshot.tenant_id}', and this sign-in is for"
        f" '{there}'; sign in to that tenant, and name it with tenant_id as it was named then."
        for snapshot in {id(snapshot): snapshot for snapshot, _record in chosen}.values()
        if (snapshot.tenant_id or "").casefold() != there.casefold()
    ]


def _entry(record: Record, without: t.Collection[str]) -> Entry:
    return {**overlaps.entry_without(record, without), "allow_weaken": True}


def changed_since(record: Record, now: Connector | None) -> list[str]:
    """Return the options in which a connector is neither as before the run nor as the run left it."""
    sides = [side for side in (record.before, record.after) if side.get("state") != "absent"]
    if now is None:
        return [] if len(sides) < 2 else ["it was deleted"]
    known: list[Settings] = [settings_from(side, record.left_out if side is record.before else None) for side in sides]
    steady = len(sides) == 2 and all(map(weaken.in_force, known)) and len(set(map(_is_scoped, known))) == 1
    # What forces nothing yet is taken out of force until Exchange has validated it, unless it leads mail elsewhere.
    forces = record.key[0] == "inbound" or known[0].get("tls_settings") != "opportunistic"
    steady = steady and (forces or known[0].get("use_mx_record") is False)
    if len(sides) < 2:
        # Where a run makes it, or a rollback makes it again, it has on its way not got yet what only Set-* gives.
        known.append({one.option: one.kind.unset for one in FIELDS if not one.settable_on_create})
    found = [
        option
        for option, value in now.settings.items()
        if (steady or option not in _STAGED) and not _explained(option, value, known)
    ]
    if (now.owner or "") not in {str(side.get("owner") or "") for side in sides}:
        found.append("owner")
    return found


def _is_scoped(settings: Settings) -> Value:
    return settings.get("transport_rule_scoped", False)


def _explained(option: str, value: Value, known: t.Sequence[Settings]) -> bool:
    values = [side[option] for side in known if option in side]
    if not values or value in values:
        return True
    if option == "comment":
        return _own_words(value) in {_own_words(one) for one in values}
    if option in DOMAINS_OPTION.values() and isinstance(value, tuple):
        # On its way a domain is in both connectors.
        lists = [set(one) for one in values if isinstance(one, tuple)]
        return set.intersection(*lists) <= set(value) <= set.union(*lists)
    return False


def _own_words(comment: Value) -> str:
    """What somebody has written, without the lines of runs."""
    return without_trial(without_break_glass(str(comment)))


def _cannot(record: Record, now: Connector | None) -> list[str]:
    """What an entry cannot say, and is not as it was."""
    connector_type = record.before.get("connector_type")
    lost = [
        option
        for option, value in record.left_out.items()
        if option in BY_OPTION and applies(BY_OPTION[option], connector_type)
        if value != plain(now.settings.get(option) if now else BY_OPTION[option].kind.unset)
    ]
    return [f"The {record.label} comes back without its former {', '.join(lost)}: set that by hand."] if lost else []

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What a rollback and a break glass hand to the tasks that carry them out. Pure."""

from __future__ import annotations

import collections.abc
import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import times, values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.listed import from_file
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rows import Row, rows_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.snapshot import Snapshot
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.take_off import Alarm, take_off
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.undo import (
    bring_back,
    choose,
    plan_like,
)

Values = dict[str, t.Any]


def rollback(
    snapshots: t.Sequence[Snapshot],
    standing: t.Sequence[Connector],
    tenant_id: str | None,
    partners: object,
    *,
    force: bool,
    run_id: str,
    now: object,
) -> Values:
    """Return the connectors as they were, and what is to be told."""
    chosen = choose(snapshots, names_of(partners, "forced_tls_rollback_partners"))
    owned, lines = bring_back(chosen, standing, tenant_id, force=force)
    header = {"run_id": run_id, "made_at": times.iso(moment_of(now)), "tenant_id": tenant_id}
    plan = plan_like(owned, standing, header)
    runs = list(dict.fromkeys(snapshot.run_id for snapshot, _record in chosen))
    names = sorted({name for _entry, partners_of in owned for name in partners_of}, key=str.casefold)
    asked = {name.casefold() for name in names_of(partners, "")}
    beside = [name for name in names if asked and name.casefold() not in asked]
    if beside:
        lines.append(f"Connectors are shared, so these partners go back with them: {', '.join(beside)}.")
    which = f"{'run' if len(runs) == 1 else 'runs'} {', '.join(runs)}"
    number = "1 connector" if len(owned) == 1 else f"{len(owned)} connectors"
    head = f"Rollback of {which}: {len(plan['changes'])} to change of {number}."
    return {**plan, "runs": runs, "names": names, "lines": [head, *lines]}


def break_glass(
    names: object,
    standing: t.Sequence[Connector],
    listed: tuple[object, object],
    header: Values,
    reason: str,
) -> Values:
    """Return what takes forced TLS off these partners.

    ``listed`` is the partner list with its defaults, ``header`` what the snapshot says of the run.
    """
    known, lines = _listed(*listed, header["name_prefix"])
    alarm = Alarm(
        names_of(names, "forced_tls_break_glass"),
        moment_of(header["made_at"]),
        reason,
        header["name_prefix"],
        header["owner"],
        known,
    )
    if not alarm.names:
        raise InputError(["forced_tls_break_glass names no partner; give a name or a list of names."])
    owned, told = take_off(alarm, standing)
    plan = plan_like(owned, standing, {**header, "made_at": times.iso(alarm.now)})
    return {**plan, "names": list(alarm.names), "lines": [*lines, *told]}


def _listed(partners: object, defaults: object, prefix: str) -> tuple[dict[str, Partner], list[str]]:
    """The list, as far as it can be read: a mistake in it must not stand in the way now."""
    if not partners:
        return {}, []
    try:
        found = check_partners(rows_from(partners), defaults, prefix=prefix, lenient_names=True)
    except InputError:
        found = list(_one_by_one(partners, defaults))
        lines = [
            f"The partner list has mistakes; of its entries, {len(found)} were looked at for adopted and shared ones."
        ]
        return {partner.key: partner for partner in found}, lines
    return {partner.key: partner for partner in found}, []


def _one_by_one(partners: object, defaults: object) -> t.Iterator[Partner]:
    try:
        rows = rows_from(partners)
    except InputError:
        return
    for row in rows:
        try:
            yield from check_partners([row], defaults, prefix=None, lenient_names=True)
        except InputError:
            continue


def rows_from(partners: object) -> list[Row]:
    """The entries of a list, or of what the lookup ``partner_file`` returns."""
    if isinstance(partners, collections.abc.Mapping):
        return from_file(partners)
    return rows_of(partners)


def names_of(given: object, option: str) -> tuple[str, ...]:
    """A name or a list of names."""
    if given is None or given == "":
        return ()
    found = [given] if isinstance(given, str) else given
    if not isinstance(found, collections.abc.Sequence) or not all(isinstance(name, str) for name in found):
        raise InputError([f"{option} is {values.kind_of(given)}; give the name of a partner, or a list of names."])
    return tuple(dict.fromkeys(" ".join(str.__str__(name).split()) for name in found))


def moment_of(now: object) -> dt.datetime:
    """The time of the run."""
    try:
        return dt.datetime.now(dt.timezone.utc) if now is None else times.moment(now)
    except values.Wrong as wrong:
        raise InputError([f"The time of the run {problem}." for problem in wrong.problems]) from None

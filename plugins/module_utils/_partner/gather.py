# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The connectors of a tenant -> a partner list that, when it is run, changes nothing. Pure.

A pair of connectors becomes a partner only if what the role would make of this partner is what stands already: that is
tried with the role's own code. Everything else is told, with the reason.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import domains_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Direction,
    Key,
    Policy,
    key,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import make_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.wishes import read_wishes
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import gather_limits
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import connectors_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.entry import read_defaults
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gather_entry import Terms, entry_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gather_names import partner_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import connector_name

Entry = dict[str, t.Any]
_PLACED = re.compile(r"Partner (\d+)[^:]*: (.*?)\.?$", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Left:
    """A connector that is in no partner's entry, and why.

    ``deleted_by`` is what takes it for a connector of ours that nobody wants any more.
    """

    name: str
    direction: Direction
    reason: str
    deleted_by: str = ""


@dataclasses.dataclass(frozen=True)
class Gathered:
    """Entries of a partner list, by their first connector's name; what is not in it; and what stays as it is beside.

    ``sharing`` are the names of those who change where partners share connectors.
    """

    partners: tuple[Entry, ...]
    not_expressed: tuple[Left, ...]
    notes: tuple[str, ...]
    sharing: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class _Pair:
    outbound: Connector
    inbound: tuple[Connector, ...]

    @property
    def connectors(self) -> tuple[Connector, ...]:
        return (self.outbound, *self.inbound)


def gather(
    standing: t.Sequence[Connector], prefix: str, owner: str, *, now: dt.datetime, defaults: object = None
) -> Gathered:
    """Return the partner list of these connectors, as it changes nothing together with these defaults."""
    general = read_defaults(defaults)
    if general.problems:
        raise InputError(general.problems)
    terms = Terms(prefix, owner, now, defaults, frozenset(general.given))
    left: dict[Key, str] = {}
    usable: list[Connector] = []
    for connector in sorted(standing, key=lambda connector: connector.key):
        reason = gather_limits.obstacle(connector, prefix, owner)
        if reason:
            left[connector.key] = reason
        else:
            usable.append(connector)
    chosen: list[tuple[Entry, _Pair]] = []
    taken: dict[str, str] = {}
    for pair in _pairs(usable, prefix, left):
        entry, reason = _partner(pair, terms)
        double = next((domain for domain in entry["domains"] if domain in taken), None)
        if double and not reason:
            reason = f"{double} is in '{taken[double]}' as well, and a domain belongs to one partner"
        if reason:
            left.update({connector.key: reason for connector in pair.connectors})
            continue
        taken.update(dict.fromkeys(entry["domains"], pair.outbound.name))
        chosen.append((entry, pair))
    chosen = sorted(_agreeing(_named_apart(chosen), terms, left), key=lambda one: str(one[0]["name"]).casefold())
    found = {connector.key: connector for connector in standing}
    return Gathered(
        tuple(entry for entry, _pair in chosen),
        tuple(
            Left(found[one].name, one[0], reason, gather_limits.what_deletes(found[one], prefix, owner))
            for one, reason in sorted(left.items())
        ),
        tuple(
            f"{entry['name']}: {note}"
            for entry, pair in chosen
            for connector in pair.connectors
            for note in gather_limits.notes(connector)
        ),
        tuple(str(entry["name"]) for entry, _pair in chosen if gather_limits.may_share(entry)),
    )


def _agreeing(chosen: t.Sequence[tuple[Entry, _Pair]], terms: Terms, left: dict[Key, str]) -> list[tuple[Entry, _Pair]]:
    """The entries that can stand in one list; what they say of each other is known only when all are there."""
    kept = list(chosen)
    while kept:
        try:
            check_partners([entry for entry, _pair in kept], terms.defaults, prefix=terms.prefix)
        except InputError as error:
            refused = {int(match[1]): match[2] for match in map(_PLACED.match, error.problems) if match}
            if not refused:
                raise
            for place, problem in refused.items():
                left.update(
                    {c.key: f"as a partner it would be refused ({problem})" for c in kept[place - 1][1].connectors}
                )
            kept = [one for place, one in enumerate(kept, start=1) if place not in refused]
        else:
            break
    return kept


def _pairs(usable: t.Sequence[Connector], prefix: str, left: dict[Key, str]) -> list[_Pair]:
    """Pair connectors for the same domains. A domain is given to one partner only, so that the order decides.

    Those in force come first, and among them those that this role has made.
    """
    inbound = {c.key: c for c in usable if c.direction == "inbound"}
    by_domains: dict[frozenset[str], list[Connector]] = {}
    for connector in inbound.values():
        by_domains.setdefault(_domains(connector), []).append(connector)
    pairs: list[_Pair] = []
    rest: list[Connector] = []
    outbound = [connector for connector in usable if connector.direction == "outbound"]
    # What this role has made for one partner is one, whoever else has come to these domains since.
    own = {connector.key: _own(connector, inbound, prefix) for connector in outbound}
    reserved = {part.key for parts in own.values() for part in parts}

    def turn(connector: Connector) -> tuple[bool, bool, Key]:
        return connector.settings.get("enabled") is not True, not own[connector.key], connector.key

    free = inbound.keys() - reserved
    for connector in sorted(outbound, key=turn):
        parts = own[connector.key] or _same(connector, by_domains.get(_domains(connector), []), free)
        if parts:
            pairs.append(_Pair(connector, parts))
            for part in parts:
                del inbound[part.key]
                free.discard(part.key)
        else:
            rest.append(connector)
    for connector in (*rest, *inbound.values()):
        left[connector.key] = _alone(connector, usable)
    return sorted(pairs, key=lambda pair: turn(pair.outbound))


def _own(outbound: Connector, inbound: t.Mapping[Key, Connector], prefix: str) -> tuple[Connector, ...]:
    """The inbound connectors that this role has made beside that one: several for a long list of domains."""
    name = partner_of(outbound, prefix)
    if name is None:
        return ()
    parts: list[Connector] = []
    while (part := inbound.get(key("inbound", connector_name(prefix, "inbound", name, len(parts) + 1)))) is not None:
        parts.append(part)
    together = [domain for part in parts for domain in _domains(part)]
    alike = {part.settings.get("enabled") for part in parts} == {outbound.settings.get("enabled")}
    return tuple(parts) if alike and sorted(together) == sorted(_domains(outbound)) else ()


def _same(outbound: Connector, candidates: t.Sequence[Connector], free: t.Container[Key]) -> tuple[Connector, ...]:
    alike = [one for one in candidates if one.key in free]
    # Of several, the one that is in force when this one is.
    alike.sort(key=lambda one: (one.settings.get("enabled") != outbound.settings.get("enabled"), one.key))
    return tuple(alike[:1])


def _domains(connector: Connector) -> frozenset[str]:
    return frozenset(domains_of(connector.direction, connector.settings))


def _alone(connector: Connector, usable: t.Sequence[Connector]) -> str:
    other: Direction = "inbound" if connector.direction == "outbound" else "outbound"
    near = [c for c in usable if c.direction == other and not _domains(c).isdisjoint(_domains(connector))]
    if not near:
        return f"there is no {other} connector for its domains, and a partner is enforced in both directions"
    if any(_domains(c) == _domains(connector) for c in near):
        return f"another {connector.direction} connector is for the same domains"
    return f"the {other} connector '{near[0].name}' is for some of its domains only, or for more"


def _partner(pair: _Pair, terms: Terms) -> tuple[Entry, str]:
    """The pair as an entry, and why it cannot be one."""
    entry = entry_of(pair.outbound, pair.inbound, terms)
    if len({connector.settings.get("enabled") for connector in pair.connectors}) != 1:
        return entry, "it is enabled in one direction and disabled in the other"
    return entry, _difference(entry, pair, terms)


def _difference(entry: Entry, pair: _Pair, terms: Terms) -> str:
    """What running this entry would change: nothing, or it is not what stands."""
    try:
        (partner,) = check_partners([entry], terms.defaults, prefix=terms.prefix)
        stand: t.Literal["enabled", "disabled"] = "enabled" if partner.state == "enforced" else "disabled"
        wishes = read_wishes(list(connectors_of(partner, terms.prefix, stand)), listed=True)
        plan = make_plan(wishes, pair.connectors, Policy(owner=terms.owner))
    except InputError as error:
        return f"as a partner it would be refused ({error.problems[0].rstrip('.')})"
    changes = [f"{change.action} {', '.join(change.changes)}" for change in plan.touched]
    return f"as a partner it would be changed ({'; '.join(changes)})" if changes else ""


def _named_apart(chosen: t.Sequence[tuple[Entry, _Pair]]) -> list[tuple[Entry, _Pair]]:
    """Give each a name of its own. Where connectors are called after the partner, the name is what it is."""
    names = {str(entry["name"]).casefold() for entry, _pair in chosen if not _adopted(entry)}
    apart: list[tuple[Entry, _Pair]] = []
    for entry, pair in chosen:
        if _adopted(entry):
            name = str(entry["name"])
            others = itertools.chain((name, pair.outbound.name), (f"{name} {number}" for number in itertools.count(2)))
            name = next(other for other in others if other.casefold() not in names)
            names.add(name.casefold())
            apart.append(({**entry, "name": name}, pair))
        else:
            apart.append((entry, pair))
    return apart


def _adopted(entry: Entry) -> bool:
    return all("adopt" in entry.get(side, {}) for side in ("outbound", "inbound"))

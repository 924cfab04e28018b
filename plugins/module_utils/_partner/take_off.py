# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Break glass: names of partners x what stands -> the connectors that take their forced TLS off at once. Pure.

It must work in the worst hour: with nothing but a name, and whatever state the list is in.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import normal, present, weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import (
    DOMAINS_OPTION,
    domains_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Direction,
    Key,
    key,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError, printable
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import keys_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.glass import (
    break_glass_of,
    with_break_glass,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import connector_name, lead_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.pack import is_pack_name
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.undo import Entry, Owned


@dataclasses.dataclass(frozen=True)
class Alarm:
    """Who is to be taken off, when and why. ``listed`` are the partners of the list, as far as it can be read."""

    names: tuple[str, ...]
    now: dt.datetime
    reason: str
    prefix: str
    owner: str
    listed: t.Mapping[str, Partner]


def take_off(alarm: Alarm, standing: t.Sequence[Connector]) -> tuple[list[Owned], list[str]]:
    """Return the connectors to be written, and a line for each partner.

    Raises InputError for a name that nobody has: somebody waits for mail, and it must not look as if all was done.
    """
    found = {connector.key: connector for connector in standing}
    owned: list[Owned] = []
    lines: list[str] = []
    unknown: list[str] = []
    for name in alarm.names:
        partner = alarm.listed.get(name.casefold())
        own = [found[one] for one in _keys(alarm, name, partner) if one in found]
        if partner is None and not own:
            unknown.append(name)
            continue
        shared = _shared(alarm, partner, standing)
        entries = [entry for connector in own for entry in _disabled(alarm, connector)]
        owned += [(entry, (partner.name if partner else name,)) for entry in entries]
        left = _left(alarm, partner, own, shared, standing)
        lines.append(_line(name, own, shared, left))
        if partner is not None:
            owned += _out_of_shared(alarm, partner, shared, found)
    if unknown:
        raise InputError([_nobody(name, alarm, standing) for name in unknown])
    return _merged(owned), lines


def _keys(alarm: Alarm, name: str, partner: Partner | None) -> list[Key]:
    keys = keys_of(partner, alarm.prefix) if partner else []
    # Composed ones may stand beside: of a time before a connector was adopted, and parts of a longer list of domains.
    keys.append(key("outbound", connector_name(alarm.prefix, "outbound", name)))
    keys += [key("inbound", connector_name(alarm.prefix, "inbound", name, part)) for part in range(1, 100)]
    return list(dict.fromkeys(keys))


def _is_foreign(alarm: Alarm, connector: Connector) -> bool:
    return connector.owner not in (None, alarm.owner)


def _disabled(alarm: Alarm, connector: Connector) -> t.Iterator[Entry]:
    if weaken.in_force(connector.settings) and not _is_foreign(alarm, connector):
        yield {
            "name": connector.name,
            "direction": connector.direction,
            "state": "present",
            "enabled": False,
            "comment": with_break_glass(str(connector.settings.get("comment", "")), alarm.now, alarm.reason),
            "owner": connector.owner or "",
            "allow_weaken": True,
        }


def _shared(alarm: Alarm, partner: Partner | None, standing: t.Sequence[Connector]) -> list[Connector]:
    """Connectors in force that serve this partner together with others."""
    if partner is None:
        return []
    return [
        connector
        for connector in standing
        if connector.owner == alarm.owner and is_pack_name(alarm.prefix, connector.direction, connector.name)
        if weaken.in_force(connector.settings)
        if not set(partner.domains).isdisjoint(domains_of(connector.direction, connector.settings))
    ]


def _out_of_shared(
    alarm: Alarm, partner: Partner, shared: t.Sequence[Connector], found: t.Mapping[Key, Connector]
) -> t.Iterator[Owned]:
    """Only this partner's domains leave. A disabled connector of its own then says so, where every run looks."""
    for connector in shared:
        option = DOMAINS_OPTION[connector.direction]
        domains = domains_of(connector.direction, connector.settings)
        rest = [domain for domain in domains if domain not in partner.domains]
        common = {"name": connector.name, "direction": connector.direction, "state": "present", "allow_weaken": True}
        # Exchange takes no inbound connector without a domain: whoever leaves last disables it.
        kept: Entry = {option: rest} if rest else {"enabled": False}
        yield {**common, **kept, "owner": alarm.owner}, (partner.name,)
    for direction in dict.fromkeys(connector.direction for connector in shared):
        yield from _own_instead(alarm, partner, [one for one in shared if one.direction == direction], found)


def _own_instead(
    alarm: Alarm, partner: Partner, shared: t.Sequence[Connector], found: t.Mapping[Key, Connector]
) -> t.Iterator[Owned]:
    """One of its own instead of all in a direction: while a partner moves between shared ones, it stands in several."""
    direction = shared[0].direction
    own = connector_name(alarm.prefix, direction, partner.name)
    before = found.get(key(direction, own))
    if before is not None and weaken.in_force(before.settings):
        return
    served = [domain for connector in shared for domain in domains_of(direction, connector.settings)]
    comment = before.settings.get("comment", "") if before else f"Forced TLS with {partner.name}."
    entry = {
        **present.as_input(shared[0]),
        "name": own,
        "enabled": False,
        DOMAINS_OPTION[direction]: [domain for domain in dict.fromkeys(served) if domain in partner.domains],
        "comment": with_break_glass(str(comment), alarm.now, alarm.reason),
        "owner": alarm.owner,
    }
    yield entry, (partner.name,)


def _merged(owned: t.Sequence[Owned]) -> list[Owned]:
    """One entry a connector: several of the named may leave the same one."""
    merged: dict[tuple[str, str], Owned] = {}
    for entry, partners in owned:
        where = (entry["direction"], str(entry["name"]).casefold())
        earlier = merged.get(where)
        merged[where] = (_both(earlier[0], entry), (*earlier[1], *partners)) if earlier else (entry, partners)
    return list(merged.values())


def _both(first: Entry, second: Entry) -> Entry:
    both = {**first, **second}
    direction: Direction = first["direction"]
    option = DOMAINS_OPTION[direction]
    if option in first and option in second:
        both[option] = [domain for domain in first[option] if domain in second[option]]
    if both.get(option) == [] or (option in both and "enabled" in both):
        both.pop(option, None)
        both["enabled"] = False
    return both


def _left(
    alarm: Alarm,
    partner: Partner | None,
    own: t.Sequence[Connector],
    shared: t.Sequence[Connector],
    standing: t.Sequence[Connector],
) -> list[str]:
    """What still forces TLS for the partner's mail: it is not known to be the partner's, or is somebody else's."""
    mine = [domain for connector in own for domain in domains_of(connector.direction, connector.settings)]
    domains = partner.domains if partner else mine
    off = {connector.key for connector in (*own, *shared) if not _is_foreign(alarm, connector)}
    return [
        _stays(alarm, connector)
        for connector in standing
        if connector.key not in off and any(weaken.strength(connector.direction, connector.settings))
        for served in [weaken.serves(connector.direction, connector.settings)]
        if any(normal.covered(domain, served) for domain in domains)
    ]


def _stays(alarm: Alarm, connector: Connector) -> str:
    why = (
        f"it belongs to owner '{connector.owner}'"
        if _is_foreign(alarm, connector)
        else "neither its name nor a list says that it is this partner's"
    )
    return (
        f"the {connector.direction} connector '{printable(connector.name)}' is in force for its domains as well, and"
        f" was left as it is, because {why}"
    )


def _line(name: str, own: t.Sequence[Connector], shared: t.Sequence[Connector], left: t.Sequence[str]) -> str:
    if left:
        return (
            f"{name}: forced TLS is not off altogether: {'; '.join(left)}. Disable"
            f" {'it' if len(left) == 1 else 'them'} in the Exchange admin center if mail still waits."
        )
    if shared or any(weaken.in_force(connector.settings) for connector in own):
        return f"{name}: forced TLS is off in both directions; mail takes TLS where the other side offers it."
    broken = next(filter(None, (break_glass_of(str(c.settings.get("comment", ""))) for c in own)), None)
    since = f" (taken off on {broken[0]}: {broken[1]})" if broken else ""
    return f"{name}: nothing is in force{since}, so nothing is changed."


def _nobody(name: str, alarm: Alarm, standing: t.Sequence[Connector]) -> str:
    known = {partner.key: partner.name for partner in alarm.listed.values()}
    for connector in standing:
        lead = lead_of(alarm.prefix, connector.direction)
        if connector.name.startswith(lead) and not is_pack_name(alarm.prefix, connector.direction, connector.name):
            partner = connector.name.removeprefix(lead)
            known.setdefault(partner.casefold(), partner)
    near = difflib.get_close_matches(name.casefold(), list(known), n=5, cutoff=0.5)
    near += [other for other in sorted(known) if name.casefold() in other and other not in near]
    hint = f"names like it are {', '.join(known[one] for one in near[:10])}" if near else "no name is like it"
    connector_is = connector_name(alarm.prefix, "outbound", name)
    return (
        f"'{name}' is no partner of the list, and no connector '{connector_is}' stands;"
        f" {hint}. Name the partner as the list does, and give the list if its connectors are adopted or shared."
    )

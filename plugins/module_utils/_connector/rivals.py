# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Two connectors in force for mail of one domain: Exchange may lose it, or refuse it. Pure.

Outbound, only the very same domain meets: else the more exact one goes first, and that is clear. Inbound, a connector
that restricts its domains also meets those below its wildcard that go by the domain alone. ``*`` meets nothing: all
others are more exact.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import ON_PREMISES
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Change,
    Connector,
    Direction,
    Key,
    Settings,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import printable

EVERY_DOMAIN = "*"

DANGER = "with two connectors for one domain Exchange may lose mail"
REMEDY = "Decide which of them is to keep the domain, take it off the other one, and run again."

_SHOWN = 3


class Rival(t.NamedTuple):
    """A domain that a change takes on, and the connector that is in force for ``theirs`` beside it."""

    own: Key
    domain: str
    other: Key
    theirs: str

    @property
    def goes_first(self) -> bool:
        """Whether the mail of the domain is the other one's, or may be; else the change takes mail of the other's."""
        return self.theirs == self.domain or self.theirs in wider(self.domain)


def restricts(settings: Settings) -> bool:
    """Whether the connector refuses mail from its domains that comes from elsewhere; only inbound ones can."""
    options = ("restrict_domains_to_certificate", "restrict_domains_to_ip_addresses")
    return any(settings.get(option, False) is True for option in options)


def wider(domain: str) -> t.Iterator[str]:
    """Return the wildcards that cover a domain or another wildcard, the narrowest first, without ``*``.

    Whether ``*.contoso.com`` covers contoso.com itself is documented both ways, so here it does (as in
    ``normal.covered``).
    """
    rest = domain.removeprefix("*.")
    if rest == domain:
        yield f"*.{rest}"
    while "." in rest:
        rest = rest.partition(".")[2]
        yield f"*.{rest}"


def takes(direction: Direction, settings: Settings) -> frozenset[str]:
    """Return the domains whose mail takes this connector because of the domain."""
    if direction == "inbound" and settings.get("connector_type") == ON_PREMISES:
        return frozenset()  # chosen by certificate or address
    return weaken.serves(direction, settings) - {EVERY_DOMAIN}


def gained(change: Change) -> frozenset[str]:
    """Return the domains that the change brings into force with its connector."""
    if change.after is None or change.action == "none":
        return frozenset()
    before = takes(change.direction, change.before.settings) if change.before else frozenset()
    return takes(change.direction, change.after) - before


def is_seen_again(change: Change) -> bool:
    """Whether it is worth a look afterwards who else was at it, or beside it."""
    return change.action == "update" or bool(gained(change))


class _Taken:
    """Which connectors are in force for a domain, and which for something below a wildcard."""

    def __init__(self, others: t.Iterable[tuple[Key, Settings]]) -> None:
        self._at: dict[tuple[Direction, str], list[tuple[Key, bool]]] = {}
        self._below: dict[str, list[tuple[Key, str]]] = {}
        for other, settings in others:
            strict = restricts(settings)
            for domain in takes(other[0], settings):
                self._at.setdefault((other[0], domain), []).append((other, strict))
                for wildcard in wider(domain) if other[0] == "inbound" and not strict else ():
                    self._below.setdefault(wildcard, []).append((other, domain))

    def beside(self, direction: Direction, domain: str, *, strict: bool) -> t.Iterator[tuple[Key, str]]:
        """Those that meet a connector for this domain, ``strict`` where it restricts it, and the domain of each."""
        for other, _strict in self._at.get((direction, domain), ()):
            yield other, domain
        if direction == "outbound":
            return
        if strict:
            yield from self._below.get(domain, ())
            return
        for wildcard in wider(domain):
            for other, stricter in self._at.get((direction, wildcard), ()):
                if stricter:
                    yield other, wildcard


def met(changes: t.Iterable[Change], others: t.Iterable[tuple[Key, Settings]]) -> set[Rival]:
    """Return what the domains that the changes gain meet among the others."""
    taken = _Taken(others)
    return {
        Rival(change.key, domain, other, theirs)
        for change in changes
        for domain in gained(change)
        for other, theirs in taken.beside(change.direction, domain, strict=restricts(change.after or {}))
        if other != change.key
    }


def in_the_way(changes: t.Sequence[Change], standing: t.Mapping[Key, Connector]) -> dict[Key, list[Rival]]:
    """Return, by change, the connectors outside the plan which stand for a domain that no connector of the plan has."""
    planned = {change.key for change in changes}
    foreign = ((key, connector.settings) for key, connector in standing.items() if key not in planned)
    held = {(key[0], domain) for key in planned & standing.keys() for domain in takes(key[0], standing[key].settings)}
    found: dict[Key, list[Rival]] = {}
    for rival in sorted(met(changes, foreign)):
        if rival.goes_first and (rival.own[0], rival.domain) not in held:
            found.setdefault(rival.own, []).append(rival)
    return found


def told(rivals: t.Iterable[Rival], standing: t.Mapping[Key, Connector]) -> str:
    """Return the others and their domains, in words."""
    domains: dict[Key, list[str]] = {}
    for rival in sorted(rivals):
        domains.setdefault(rival.other, []).append(_domain(rival))
    shown = [f"{_other(standing[key])} for {listed(theirs)}" for key, theirs in domains.items()]
    return listed(shown)


def _other(connector: Connector) -> str:
    mark = "" if connector.owner is None else f" (which carries the mark of owner '{printable(connector.owner)}')"
    return f"the {connector.direction} connector '{printable(connector.name)}'{mark}"


def _domain(rival: Rival) -> str:
    if rival.theirs == rival.domain:
        return rival.domain
    return f"{rival.theirs}, which meets {rival.domain}"


def listed(texts: t.Sequence[str]) -> str:
    """Texts in a sentence, the first ones and how many more."""
    if len(texts) > _SHOWN + 1:
        return f"{', '.join(texts[:_SHOWN])} and {len(texts) - _SHOWN} more"
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))

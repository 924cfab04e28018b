# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Partner list x what stands in Exchange -> what stands in each other's way. Pure.

Exchange's order, after Microsoft's pages "Configure mail flow using connectors", "Set up connectors to route mail" and
"Set up connectors for secure mail flow with a partner organization": mail to a domain takes the connector with that
very domain, else the one with the narrowest wildcard; connectors for mail flow rules take part only where a rule
names them. Of the partner connectors for mail from a domain, those that restrict it to a certificate or to addresses
come before those that go by the domain alone. Two connectors for one domain may lose mail. Inbound connectors of type
on_premises are chosen by certificate or address, so they stand in no partner's way.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.blocked import is_blocked
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    DIRECTIONS,
    Connector,
    Direction,
    Key,
    key,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.rivals import (
    EVERY_DOMAIN,
    restricts,
    wider,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import printable
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import conflict_texts as texts
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.claims import Claims, part_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.conflict_texts import Case, Kind
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import keyed

Severity = t.Literal["hold", "notice"]

_KINDS: tuple[Kind, ...] = t.get_args(Kind)


@dataclasses.dataclass(frozen=True)
class Conflict:
    """Something in a partner's way (``hold``), or good to know (``notice``).

    ``partner`` is empty where it is about every partner. ``domain`` is the first of ``domains``. ``reason`` tells what
    is wrong and what to do, without the partner's name and without a full stop.
    """

    kind: Kind
    severity: Severity
    partner: str
    domain: str
    direction: Direction
    connector: str
    reason: str
    domains: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The whole sentence."""
        text = f"{self.partner}: {self.reason}." if self.partner else f"{self.reason[0].upper()}{self.reason[1:]}."
        return printable(text)

    def plain(self) -> dict[str, t.Any]:
        """The members as plain values."""
        values = {**dataclasses.asdict(self), "domains": list(self.domains), "message": self.message}
        del values["reason"]
        return values


def find_conflicts(
    partners: t.Sequence[Partner],
    names: t.Mapping[str, t.Sequence[str]],
    inventory: t.Iterable[Connector],
    ours: t.Collection[Key],
    owner: str | None,
) -> list[Conflict]:
    """Return the conflicts: first those of everybody, then those of each partner, in the order of the list.

    ``names`` are the names of each partner's connectors, by its key, ``ours`` the keys of the connectors of all
    partners on the list, and ``owner`` the list's mark. A partner that goes takes no part.

    Nothing that is enforced already is given up: where a connector of ours is in force with a domain, what else is
    for it is a notice. A blocked connector is none: no mail comes by it, whoever is in force.
    """
    listed = [partner for partner in partners if partner.state != "absent"]
    own = frozenset(ours)
    wildcards = {domain for partner in listed for domain in partner.domains if domain.startswith("*.")}
    claims = Claims(inventory, own, wildcards)
    search = _Search(claims, owner, _owners_of(listed), names, own)
    found = [search.catch_all(connector) for connector in sorted(claims.catch_all, key=_by_name)]
    for partner in listed:
        found += search.of(partner)
    return found


def _owners_of(listed: t.Iterable[Partner]) -> dict[str, Partner]:
    return {domain: partner for partner in listed for domain in partner.domains}


def _by_name(connector: Connector) -> tuple[int, str]:
    return DIRECTIONS.index(connector.direction), connector.name.casefold()


class _Found(t.NamedTuple):
    """One domain of a partner and what meets it. ``theirs`` is the domain that the other side lists."""

    kind: Kind
    severity: Severity
    domain: str
    theirs: str
    other: Connector | Partner


@dataclasses.dataclass(frozen=True)
class _Search:
    claims: Claims
    owner: str | None
    partner_of: t.Mapping[str, Partner]
    names: t.Mapping[str, t.Sequence[str]]
    ours: frozenset[Key]

    def catch_all(self, connector: Connector) -> Conflict:
        direction, every = connector.direction, (EVERY_DOMAIN,)
        reason = texts.reason("catch_all", Case(None, direction, every, every, connector, self._is_leftover(connector)))
        return Conflict("catch_all", "notice", "", EVERY_DOMAIN, direction, connector.name, reason, every)

    def of(self, partner: Partner) -> list[Conflict]:
        """The conflicts of one partner: outbound before inbound, holds before notices."""
        found: list[Conflict] = []
        for direction in DIRECTIONS:
            met = [*self._names(partner, direction), *self._connectors(partner, direction)]
            met += [*self._partners(partner, direction), *self._blocked(partner, direction)]
            grouped = self._grouped(partner, direction, met)
            found += sorted(grouped, key=lambda one: (one.severity != "hold", _KINDS.index(one.kind), one.connector))
        return found

    # -- names ---------------------------------------------------------------------------------------------------------

    def _names(self, partner: Partner, direction: Direction) -> t.Iterator[_Found]:
        """Connectors that have a name of the partner's own, and are somebody else's."""
        first = partner.domains[0] if partner.domains else ""
        adopted = _adopted(partner, direction)
        if adopted and key(direction, adopted) not in self.claims.by_key:
            nothing = Connector(direction, adopted, "", {})
            yield _Found("adopt_missing", "hold", first, first, nothing)
        for name in self._named(partner, direction):
            connector = self.claims.by_key.get(key(direction, name))
            if connector is None or connector.owner == self.owner:
                continue
            if connector.owner is not None:
                yield _Found("same_name", "hold", first, first, connector)
            elif name.casefold() != adopted.casefold():
                yield _Found("same_name", "notice", first, first, connector)

    # -- connectors that belong to no partner of the list --------------------------------------------------------------

    def _connectors(self, partner: Partner, direction: Direction) -> list[_Found]:
        same = [(domain, one) for domain in partner.domains for one in self.claims.at(direction, domain)]
        met = [self._same_domain(partner, domain, connector) for domain, connector in same]
        # Whoever has the very domain is told about once.
        told = {connector.key for _domain, connector in same}
        for domain in partner.domains:
            for theirs, connector in self.claims.above(direction, domain):
                if connector.key not in told:
                    met.append(self._above(partner, domain, theirs, connector))
            for theirs, connector in self.claims.below(direction, domain):
                # A domain that somebody on the list has is told about there.
                if connector.key not in told and theirs not in self.partner_of:
                    met.append(_below(partner, domain, theirs, connector))
        return met

    def _same_domain(self, partner: Partner, domain: str, connector: Connector) -> _Found:
        part = part_of(connector)
        if part == "disabled":
            return _Found("same_domain_disabled", "notice", domain, domain, connector)
        if part != "in_force":
            return _Found(part, "notice", domain, domain, connector)
        kind: Kind = "same_domain"
        if self._is_leftover(connector):
            kind = "leftover"
        elif _goes_before(connector, partner):
            kind = "restrict_beats_domain"
        return _Found(kind, self._severity(connector.direction, domain), domain, domain, connector)

    def _above(self, partner: Partner, domain: str, theirs: str, connector: Connector) -> _Found:
        if _goes_before(connector, partner):
            severity = self._severity(connector.direction, domain)
            return _Found("restrict_beats_domain", severity, domain, theirs, connector)
        return _Found("covered_by_wildcard", "notice", domain, theirs, connector)

    def _blocked(self, partner: Partner, direction: Direction) -> t.Iterator[_Found]:
        """Inbound connectors by which the partner's mail comes, or is to come, and which Exchange has blocked."""
        if direction != "inbound":
            return
        told: set[Key] = set()
        for domain in partner.domains:
            for theirs in (domain, *wider(domain)):
                for connector in self.claims.blocked_at(theirs):
                    if theirs == domain or (connector.key not in self.ours and _goes_before(connector, partner)):
                        told.add(connector.key)
                        yield _Found("blocked", "hold", domain, theirs, connector)
        for name in self._named(partner, direction):
            own = self.claims.by_key.get(key(direction, name))
            # Another partner's domains may be in it still.
            if own is not None and is_blocked(own) and own.key not in told:
                yield _Found("blocked", "hold", partner.domains[0], partner.domains[0], own)

    def _severity(self, direction: Direction, domain: str) -> Severity:
        return "notice" if self.claims.held_by_us(direction, domain) else "hold"

    def _is_leftover(self, connector: Connector) -> bool:
        return self.owner is not None and connector.owner == self.owner

    # -- other partners of the list ------------------------------------------------------------------------------------

    def _partners(self, partner: Partner, direction: Direction) -> t.Iterator[_Found]:
        for domain in partner.domains:
            for wildcard in wider(domain):
                other = self.partner_of.get(wildcard)
                if other is None or other is partner:
                    continue
                if direction == "outbound":
                    yield _Found("listed_wildcard", "notice", domain, wildcard, other)
                elif other.state == "enforced" and _is_restricted(other) and not _is_restricted(partner):
                    yield _Found("restrict_beats_domain", self._severity(direction, domain), domain, wildcard, other)

    # -- one sentence for all domains that meet the same ---------------------------------------------------------------

    def _grouped(self, partner: Partner, direction: Direction, met: t.Iterable[_Found]) -> list[Conflict]:
        groups: dict[tuple[str, str, str, str], list[_Found]] = {}
        for one in met:
            who = f"partner {one.other.key}" if isinstance(one.other, Partner) else one.other.name
            groups.setdefault((one.kind, one.severity, type(one.other).__name__, who), []).append(one)
        return [self._conflict(partner, direction, group) for group in groups.values()]

    def _conflict(self, partner: Partner, direction: Direction, group: t.Sequence[_Found]) -> Conflict:
        kind, severity, domain, _theirs, other = group[0]
        domains = tuple(dict.fromkeys(one.domain for one in group))
        theirs = tuple(dict.fromkeys(one.theirs for one in group))
        if isinstance(other, Partner):
            leftover, connector = False, next(iter(self._named(other, direction)), "")
        else:
            leftover, connector = self._is_leftover(other), other.name
        beside = severity == "notice" and self.claims.held_by_us(direction, domain)
        reason = texts.reason(kind, Case(partner, direction, domains, theirs, other, leftover, beside))
        return Conflict(kind, severity, partner.name, domain, direction, connector, reason, domains)

    def _named(self, partner: Partner, direction: Direction) -> list[str]:
        """The names of a partner's connectors of one direction."""
        names = self.names.get(partner.key, ())
        return [name for own, name in zip(keyed(names), names, strict=True) if own[0] == direction]


def _below(partner: Partner, domain: str, theirs: str, connector: Connector) -> _Found:
    ours_first = connector.direction == "inbound" and _is_restricted(partner) and not restricts(connector.settings)
    return _Found("restriction_covers" if ours_first else "exact_beats_wildcard", "notice", domain, theirs, connector)


def _goes_before(connector: Connector, partner: Partner) -> bool:
    """Whether Exchange takes this inbound connector first, be it for a wildcard: it restricts, the partner does not."""
    return restricts(connector.settings) and not _is_restricted(partner)


def _is_restricted(partner: Partner) -> bool:
    return bool(partner.inbound.certificate_name or partner.inbound.ip_addresses)


def _adopted(partner: Partner, direction: Direction) -> str:
    return partner.outbound.adopt if direction == "outbound" else partner.inbound.adopt

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Connectors that partners share: who goes into which, and what they are called. Pure.

Partners whose connectors would be alike but for the domains can share. What stands decides first: a partner stays
where its domains stand, whoever else comes, goes or changes places on the list. A newcomer goes where the first room
is, and a number that nobody has is room. So a run that was broken off is taken up where it ended, whatever it had
written.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import LONGEST_NAME
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import DIRECTIONS, Direction
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.rules import (
    SENDER_DOMAINS_LIMIT,
    sender_domains_length,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import LEVELS, Level, Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import SHARED, lead_of

PackKey = tuple[tuple[str, t.Union[str, tuple[str, ...]]], ...]
#: Direction and name of a connector, case folded -> the domains that it is for.
StandingPacks = t.Mapping[tuple[Direction, str], t.Collection[str]]

_LONGEST = f"shared 999999 ({max(LEVELS, key=len)} 012345)"


@dataclasses.dataclass(frozen=True)
class Pack:
    """Partners that share an outbound and an inbound connector. ``domains`` are sorted, ``partners`` as on the list."""

    number: int
    digest: str
    outbound_name: str
    inbound_name: str
    partners: tuple[Partner, ...]
    domains: tuple[str, ...]


def pack_key(partner: Partner) -> PackKey:
    """Return what must agree between partners that share connectors. Order within a list makes no difference.

    What is not set is left out, so that an option that is new some day changes nobody's key.
    """
    out, inbound = partner.outbound, partner.inbound
    settings: dict[str, t.Union[str, tuple[str, ...], None]] = {
        "level": out.level,
        "certificate_name": out.certificate_name,
        "smart_hosts": tuple(sorted(set(out.smart_hosts))),
        "smtp_dane_mode": out.smtp_dane_mode,
        "mta_sts_mode": out.mta_sts_mode,
        "inbound_certificate_name": inbound.certificate_name,
        "inbound_ip_addresses": tuple(sorted(set(inbound.ip_addresses))),
    }
    return tuple((name, value) for name, value in sorted(settings.items()) if value)


def key_digest(key: PackKey) -> str:
    """Return six digits that tell keys apart in names. Should two be the same, their numbers are not."""
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()[:6]


def too_large(partner: Partner, size: int) -> bool:
    """Tell whether a partner has more domains than a shared connector takes: it has connectors of its own."""
    return len(partner.domains) > size or sender_domains_length(partner.domains) > SENDER_DOMAINS_LIMIT


def pack_name(prefix: str, direction: Direction, number: int, level: Level, digest: str) -> str:
    """Return "<prefix> to shared <number> (<level> <digest>)".

    Behind a long prefix there is no room for the level, and "key" stands in its place, in both directions alike.
    """
    longest = max(len(lead_of(prefix, direction)) for direction in DIRECTIONS) + len(_LONGEST)
    word = level if longest <= LONGEST_NAME else "key"
    return f"{lead_of(prefix, direction)}shared {number} ({word} {digest})"


def read_pack_name(prefix: str, direction: Direction, name: str) -> tuple[int, str] | None:
    """Return number and digest out of a name that :func:`pack_name` gives; None for any other name."""
    lead, folded = lead_of(prefix, direction).casefold(), name.casefold()
    match = SHARED.fullmatch(folded.removeprefix(lead)) if folded.startswith(lead) else None
    if match is None:
        return None
    number, digest = int(match[1]), match[2]
    given = (pack_name(prefix, direction, number, level, digest).casefold() for level in LEVELS)
    return (number, digest) if folded in given else None


def is_pack_name(prefix: str, direction: Direction, name: str) -> bool:
    """Tell whether a connector's name is one of a shared connector."""
    return read_pack_name(prefix, direction, name) is not None


def packed(partners: t.Sequence[Partner], prefix: str, size: int, standing: StandingPacks) -> list[Pack]:
    """Return the packs of these partners, at most ``size`` domains in each; who is too large for one is in none.

    ``standing`` are the shared connectors in Exchange; others in it are not looked at. A pack that stands with more
    domains than ``size`` keeps them.
    """
    shelves: dict[str, _Shelf] = {}
    found = _standing_packs(prefix, standing)
    for partner in partners:
        if partner.domains and not too_large(partner, size):
            digest = key_digest(pack_key(partner))
            if digest not in shelves:
                shelves[digest] = _Shelf(size, found.get(digest, {}))
            shelves[digest].members.append(partner)
    place = {partner.key: position for position, partner in enumerate(partners)}
    return [
        _pack(digest, number, sorted(crate.partners, key=lambda partner: place[partner.key]), prefix)
        for digest, shelf in shelves.items()
        for number, crate in sorted(shelf.filled().items())
    ]


def _pack(digest: str, number: int, partners: t.Sequence[Partner], prefix: str) -> Pack:
    level = partners[0].outbound.level
    outbound, inbound = (pack_name(prefix, direction, number, level, digest) for direction in DIRECTIONS)
    domains = sorted(domain for partner in partners for domain in partner.domains)
    return Pack(number, digest, outbound, inbound, tuple(partners), tuple(domains))


#: Number of a pack -> its domains in each of its connectors.
_Found = dict[int, list[frozenset[str]]]


def _standing_packs(prefix: str, standing: StandingPacks) -> dict[str, _Found]:
    found: dict[str, _Found] = {}
    for (direction, name), domains in standing.items():
        read = read_pack_name(prefix, direction, name)
        if read is not None:
            number, digest = read
            found.setdefault(digest, {}).setdefault(number, []).append(frozenset(domains))
    return found


@dataclasses.dataclass
class _Crate:
    """One pack while it is being filled."""

    key: PackKey
    partners: list[Partner] = dataclasses.field(default_factory=list)
    count: int = 0
    length: int = 0

    def takes(self, partner: Partner, size: int | None) -> bool:
        """Tell whether there is room; without a ``size`` only Exchange's own limit counts."""
        length = self.length + sender_domains_length(partner.domains) + (1 if self.partners else 0)
        small = size is None or self.count + len(partner.domains) <= size
        return small and length <= SENDER_DOMAINS_LIMIT and self.key == pack_key(partner)

    def put(self, partner: Partner) -> None:
        self.length += sender_domains_length(partner.domains) + (1 if self.partners else 0)
        self.count += len(partner.domains)
        self.partners.append(partner)


class _Shelf:
    """The packs of one digest, by number."""

    def __init__(self, size: int, found: _Found) -> None:
        self.members: list[Partner] = []
        self._size = size
        self._found = found
        self._where: dict[str, set[int]] = {}
        for number, sides in found.items():
            for domain in frozenset().union(*sides):
                self._where.setdefault(domain, set()).add(number)
        self._crates: dict[int, _Crate] = {}
        self._full_below = 1

    def filled(self) -> dict[int, _Crate]:
        """Put every member into its pack: who stands whole, who stands and has grown, and then the newcomers.

        Those who stand go by name and not by their place on the list, which may change.
        """
        homes = {partner.key: self._home(partner) for partner in self.members}
        by_name = sorted(self.members, key=lambda partner: partner.key)
        settled: set[str] = set()
        for whole in (True, False):
            for partner in by_name:
                number, stands_whole = homes[partner.key]
                # What stands is not moved because the size is another one now; what grows has to fit.
                if number and stands_whole is whole and self._put(number, partner, None if whole else self._size):
                    settled.add(partner.key)
        for partner in self.members:
            if partner.key not in settled:
                self._put_anywhere(partner)
        return self._crates

    def _home(self, partner: Partner) -> tuple[int, bool]:
        """Return the pack in which a partner stands (0: in none), and whether all its domains stand there.

        While a partner moves it stands in two: where more of its domains are, it is going. Between equal ones the
        first of its domains decides.
        """
        best: tuple[int, int, int, int] = (0, 0, 0, 0)
        for number in set().union(*(self._where.get(domain, ()) for domain in partner.domains)):
            sides = [[d for d in partner.domains if d in side] for side in self._found[number]]
            counts = [len(side) for side in sides]
            first = min(partner.domains.index(side[0]) for side in sides if side)
            best = max(best, (max(counts), sum(counts), -first, -number))
        return -best[3], best[0] == len(partner.domains)

    def _put(self, number: int, partner: Partner, size: int | None) -> bool:
        crate = self._crates.get(number) or _Crate(pack_key(partner))
        if not crate.takes(partner, size):
            return False
        crate.put(partner)
        self._crates[number] = crate
        return True

    def _put_anywhere(self, partner: Partner) -> None:
        number = self._full_below
        while not self._put(number, partner, self._size):
            number += 1
        while (crate := self._crates.get(self._full_below)) and crate.count >= self._size:
            self._full_below += 1

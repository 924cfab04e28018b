# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Domains that would be in two connectors at once after a rollback, or were before the run. Pure.

With two it is open which one Exchange takes. Of those that are brought back, as a run that died leaves them, one
alone gets it: no list is carried out that brings the other about. Beside one that is not brought back, it comes back
where both had it before the run, which is told; where the other one has got it since, nothing is brought back.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import DOMAINS_OPTION
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector, Direction, Key
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import settings_from
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import printable
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.snapshot import Record, serving

Found = t.Mapping[Key, Connector]


class Overlap(t.NamedTuple):
    """A domain, who has it afterwards, and who goes without."""

    domain: str
    stays: tuple[Record, ...]
    goes: tuple[Record, ...]

    @property
    def line(self) -> str:
        names = " and ".join(repr(record.before["name"]) for record in (*self.stays, *self.goes))
        kept = " and ".join(repr(record.before["name"]) for record in self.stays)
        return (
            f"{self.domain} was in the {self.stays[0].before['direction']} connectors {names}, and with two it is open"
            f" which one Exchange takes: it comes back in {kept} alone."
        )


def overlaps(records: t.Iterable[Record], found: Found) -> list[Overlap]:
    """Return those that are not so now. Who has the domain now keeps it, so that it need not move."""
    having: dict[tuple[Direction, str], list[Record]] = {}
    for record in records:
        for domain in served(record) - {"*"}:
            having.setdefault((record.key[0], domain), []).append(record)
    told = []
    for (_direction, domain), several in sorted(having.items(), key=lambda item: item[0]):
        stays = [record for record in several if domain in serves_now(record, found)] or several[:1]
        goes = [record for record in several if record not in stays]
        if goes:
            told.append(Overlap(domain, tuple(stays), tuple(goes)))
    return told


class Beside(t.NamedTuple):
    """A domain that comes back into a connector beside another one, which is not brought back."""

    record: Record
    domain: str
    other: Connector

    @property
    def was_there(self) -> bool:
        """Whether both had it before the run as well."""
        return self.other.name.casefold() in {name.casefold() for name in self.record.beside.get(self.domain, ())}

    @property
    def line(self) -> str:
        return printable(
            f"{self.domain} is in the {self.other.direction} connectors '{self.record.before['name']}' and"
            f" '{self.other.name}' again, as before the run, and with two it is open which one Exchange takes: take it"
            " out of one of them."
            if self.was_there
            else f"The {self.record.label} was for {self.domain}, which is in the {self.other.direction} connector"
            f" '{self.other.name}' now; bring back the partner of that one too, or take the domain out of it."
        )


def beside(records: t.Sequence[Record], found: Found) -> list[Beside]:
    """Return those that are not so now."""
    ours = {record.key for record in records}
    taking = serving(connector for own, connector in found.items() if own not in ours)
    return [
        Beside(record, domain, other)
        for record in records
        for domain in sorted(served(record) - serves_now(record, found))
        for other in taking.get((record.key[0], domain), ())
    ]


def entry_without(record: Record, domains: t.Collection[str]) -> dict[str, t.Any]:
    """Return a connector as it was, without some of its domains; disabled, where these are all it was for."""
    if not domains:
        return dict(record.before)
    option = DOMAINS_OPTION[record.key[0]]
    left = [domain for domain in record.before[option] if domain not in domains]
    return {**record.before, option: left} if left else {**record.before, "enabled": False}


def served(record: Record) -> frozenset[str]:
    """Return the domains whose mail took a connector before the run."""
    if record.before.get("state") == "absent":
        return frozenset()
    return weaken.serves(record.key[0], settings_from(record.before))


def serves_now(record: Record, found: Found) -> frozenset[str]:
    """Return the domains whose mail takes it now."""
    now = found.get(record.key)
    return weaken.serves(now.direction, now.settings) if now else frozenset()

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What a report tells, whatever its form."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.plain import (
    Values,
    canonical,
    digest,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.stages import DIRECTIONS

Status = t.Literal["enforced", "pending", "held", "prepared", "planned", "suspended", "absent"]
#: In the order in which they are told, with what each means.
STATUSES: dict[Status, str] = {
    "enforced": "TLS is forced, by enabled connectors",
    "pending": "not as the list says yet: that is to be done, or was refused",
    "held": "to be enforced, and held back for a reason",
    "prepared": "connectors exist, disabled",
    "planned": "looked at only",
    "suspended": "taken back to opportunistic TLS",
    "absent": "no connectors any more",
}

#: The gravest first. The word is what the report calls it.
Matter = t.Literal["failed", "alert", "validation", "refused", "conflict", "held", "waiting"]
MATTERS: dict[Matter, str] = {
    "failed": "Failed",
    "alert": "Alert",
    "validation": "Not validated",
    "refused": "Refused",
    "conflict": "Conflict",
    "held": "Held",
    "waiting": "Waiting",
}

Occasion = t.Literal["start", "end", "exception", "certificate"]
OCCASIONS: dict[Occasion, str] = {
    "start": "Enforcement begins",
    "end": "Suspension ends",
    "exception": "Exception ends",
    "certificate": "Certificate expires",
}


@dataclasses.dataclass(frozen=True)
class Decision:
    """Something that somebody has to look at. ``waiting`` needs nobody."""

    matter: Matter
    message: str


@dataclasses.dataclass(frozen=True)
class Date:
    """Something that will happen, or has happened and was to be acted upon."""

    when: dt.datetime
    occasion: Occasion
    partner: str
    slug: str
    what: str


@dataclasses.dataclass(frozen=True)
class Connector:
    """A connector as it stands at the end of the run. ``touched``: the run changed it after the inventory was read."""

    name: str
    direction: str
    settings: Values | None
    details: Values
    touched: bool = False

    @property
    def forces(self) -> bool:
        """Whether mail without TLS is stopped by it."""
        found = self.settings or {}
        if not found.get("enabled") or found.get("transport_rule_scoped") or found.get("test_mode"):
            return False
        if self.direction == "inbound":
            return bool(found.get("require_tls"))
        return found.get("tls_settings") not in (None, "", "opportunistic")


def forced_ways(entry: Values, connectors: t.Sequence[Connector], *, known: bool) -> frozenset[str]:
    """The directions in which mail is forced over TLS; where the inventory is not ``known``, as the plan says."""
    if not known:
        return frozenset(DIRECTIONS if entry.get("in_force") else ())
    return frozenset(each.direction for each in connectors if each.forces)


@dataclasses.dataclass(frozen=True)
class Step:
    """One line of what the run did: what, to which connector, and what became of it."""

    what: str
    connector: str
    status: str
    detail: str = ""


@dataclasses.dataclass(frozen=True)
class Told:
    """One partner, with everything that is told of it. ``entry`` is its part of the plan.

    ``asks``: Exchange's validation is asked for.
    """

    name: str
    slug: str
    entry: Values
    status: Status
    connectors: tuple[Connector, ...]
    looks: tuple[Values, ...]
    steps: tuple[Step, ...]
    decisions: tuple[Decision, ...]
    notices: tuple[str, ...]
    dates: tuple[Date, ...]
    expires: dt.datetime | None
    validated: dt.datetime | None
    validation: str
    asks: bool
    unproven: tuple[str, ...]

    def forces(self, direction: str) -> bool:
        return any(each.forces for each in self.connectors if each.direction == direction)

    @property
    def urgent(self) -> bool:
        """Whether somebody has to decide something."""
        return any(each.matter != "waiting" for each in self.decisions)


@dataclasses.dataclass(frozen=True)
class Run:
    run_id: str
    plan_id: str
    tenant_id: str
    host: str
    owner: str
    version: str
    default_domain: str
    check_mode: bool
    now: dt.datetime
    started: dt.datetime | None
    finished: dt.datetime | None


@dataclasses.dataclass(frozen=True)
class Facts:
    """The whole. ``common`` are decisions that belong to no partner; ``inputs`` are what was read.

    ``acted``: the run wrote something, or tried to.
    """

    run: Run
    partners: tuple[Told, ...]
    common: tuple[Decision, ...]
    counts: dict[str, int]
    capacity: Values
    acted: bool
    inputs: t.Mapping[str, object]

    @functools.cached_property
    def digests(self) -> dict[str, str]:
        """Those of what was read, by its names."""
        return {name: digest(canonical(value)) for name, value in self.inputs.items()}

    @property
    def dates(self) -> list[Date]:
        return sorted((each for one in self.partners for each in one.dates), key=lambda each: (each.when, each.partner))

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What a connector is, in the words of the collection's options.

There may be thousands of connectors, wishes and changes, and a frozen dataclass takes five times as long to make as a
named tuple.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, printable

Direction = t.Literal["outbound", "inbound"]
DIRECTIONS: tuple[Direction, ...] = ("outbound", "inbound")

#: A setting in its normal form: lists are sorted and free of repetition, an unset text is empty.
Value = t.Union[bool, str, tuple[str, ...]]
#: Option name -> value. An option that is not in it is not known (read) or not asked for (wished).
Settings = t.Mapping[str, Value]
#: Direction and name without case: what identifies a connector.
Key = tuple[Direction, str]


def key(direction: Direction, name: str) -> Key:
    """Return the identity of a connector; Exchange compares names without case."""
    return direction, name.casefold()


class Connector(t.NamedTuple):
    """A connector as Exchange holds it."""

    direction: Direction
    name: str
    guid: str
    settings: Settings
    owner: str | None = None
    #: Read-only members for people: dates, source, validation.
    details: t.Mapping[str, t.Any] = {}

    @property
    def key(self) -> Key:
        return key(self.direction, self.name)


class Wish(t.NamedTuple):
    """A connector as the user wants it; only the options that were given are in ``settings``."""

    direction: Direction
    name: str
    present: bool
    settings: Settings
    #: Whether the user agrees that this one may be weakened.
    consent: bool = False
    #: The state that it was planned for, None: any. In another one it may not be weakened, whoever agrees.
    consent_from: str | None = None
    #: Whose mark it is to carry: None is the one of the policy, the empty text none at all.
    owner: str | None = None

    @property
    def key(self) -> Key:
        return key(self.direction, self.name)

    @property
    def label(self) -> str:
        return f"{self.direction} connector '{printable(self.name)}'"


Action = t.Literal["create", "update", "delete", "none"]
#: Whether a change in particular may weaken. What was planned for another state than the one that is found is outdated.
Consent = t.Union[bool, t.Literal["outdated"]]


@dataclasses.dataclass(frozen=True)
class Policy:
    """What the user allows. ``scope`` names the tenant, so that a plan is good for that tenant only.

    ``prune_keep`` are names, case folded, that pruning leaves alone. ``refuse_shared``: no domain is brought into force
    beside a connector outside the plan that has it.
    """

    owner: str | None = None
    prune: bool = False
    prune_limit: int = 10
    allow_weaken: bool = False
    scope: str = ""
    prune_keep: frozenset[str] = frozenset()
    refuse_shared: bool = False


class Change(t.NamedTuple):
    """What is to be done with one connector.

    ``before`` and ``after`` are whole settings (None: not there), ``changes`` the options that differ,
    ``owner`` the mark it carries afterwards (None: none), ``claimant`` the owner in whose name it is changed,
    ``waits_for`` the connectors that must have taken over a domain before it may leave this one, ``blocked``
    the guard that stands against it, ``consent`` that this change in particular may weaken.
    """

    direction: Direction
    name: str
    action: Action
    before: Connector | None
    after: Settings | None
    changes: tuple[str, ...] = ()
    owner: str | None = None
    claimant: str | None = None
    weakens: tuple[str, ...] = ()
    waits_for: frozenset[Key] = frozenset()
    pruned: bool = False
    consent: Consent = False
    blocked: ExchangeError | None = None

    @property
    def key(self) -> Key:
        return self.direction, self.name.casefold()

    @property
    def label(self) -> str:
        return f"{self.direction} connector '{printable(self.name)}'"


@dataclasses.dataclass(frozen=True)
class Plan:
    changes: tuple[Change, ...]
    plan_id: str

    @property
    def touched(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.action != "none")

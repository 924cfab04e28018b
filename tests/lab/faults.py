# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: pure data, and which of them the next request meets.

``Fault(match, action, times=1, after=0, **arguments)``: after ``after`` matching requests it happens to the next
``times`` ones (None: to all). The keys of ``match``, all optional:

``service``  ``admin``, ``entra`` or ``imds``
``cmdlet``   pattern, without case: ``New-*``; for sign-in ``token`` or ``discovery``
``tenant``   GUID or domain as it stands in the URL, or the tenant's GUID
``nth``      only the n-th request that matches otherwise, from 1
``item``     for $batch: the n-th item, from 1; the fault then concerns that item, not the request
"""

from __future__ import annotations

import fnmatch
import threading
import typing as t
from dataclasses import dataclass, field

from .fault_actions import ACTIONS, SERVICES

_KEYS = frozenset({"service", "cmdlet", "tenant", "nth", "item"})


@dataclass(slots=True, init=False, eq=False)
class Fault:
    """One fault. ``seen`` and ``done`` count the requests that matched and those that it happened to."""

    match: dict[str, t.Any]
    action: str
    times: int | None
    after: int
    arguments: dict[str, t.Any]
    seen: int = field(default=0)
    done: int = field(default=0)

    def __init__(
        self,
        match: t.Mapping[str, t.Any] | None = None,
        action: str = "status",
        times: int | None = 1,
        after: int = 0,
        **arguments: t.Any,
    ) -> None:
        """Raises ValueError for an unknown action, match key, service or argument, or one that is missing."""
        self.match = dict(match or {})
        self.action = action
        self.times = times
        self.after = after
        self.arguments = arguments
        self.seen = self.done = 0
        self._check()

    def _check(self) -> None:
        kind = ACTIONS.get(self.action)
        if kind is None:
            raise ValueError(f"No fault is named {self.action!r}; there are {', '.join(sorted(ACTIONS))}")
        unknown = set(self.match) - _KEYS
        if unknown or self.match.get("service", "admin") not in SERVICES:
            raise ValueError(f"A fault can match {', '.join(sorted(_KEYS))}; not {self.match!r}")
        if "service" in self.match and self.match["service"] not in kind.services:
            raise ValueError(f"Fault {self.action} is for {', '.join(kind.services)}, not for {self.match['service']}")
        wrong = set(self.arguments) - set(kind.arguments)
        missing = {name for name, default in kind.arguments.items() if default is ...} - set(self.arguments)
        if wrong or missing:
            raise ValueError(
                f"Fault {self.action} takes {', '.join(kind.arguments) or 'no arguments'};"
                f" unknown: {sorted(wrong)}, missing: {sorted(missing)}"
            )

    def __getitem__(self, name: str) -> t.Any:
        """An argument, or the action's default for it."""
        return self.arguments[name] if name in self.arguments else ACTIONS[self.action].arguments[name]

    @property
    def of_item(self) -> bool:
        """Whether it concerns one item of a batch and not the request as a whole."""
        return ACTIONS[self.action].of_item or "item" in self.match

    @property
    def happens(self) -> bool:
        """Whether the request is carried out all the same, so that a write has its effect."""
        kind = ACTIONS[self.action]
        return bool(self.arguments.get("effect", kind.arguments.get("effect", kind.effect)))

    def as_dict(self) -> dict[str, t.Any]:
        """The fault as JSON can hold it; ``Fault.from_dict`` reads it."""
        head = {"match": self.match, "action": self.action, "times": self.times, "after": self.after}
        return {**head, "arguments": self.arguments, "seen": self.seen, "done": self.done}

    @classmethod
    def from_dict(cls, values: t.Mapping[str, t.Any]) -> Fault:
        """The fault that ``as_dict`` wrote, uncounted; arguments may also stand beside the other keys."""
        known = ("match", "action", "times", "after", "arguments", "seen", "done")
        beside = {name: value for name, value in values.items() if name not in known}
        return cls(
            values.get("match"),
            str(values.get("action", "status")),
            values.get("times", 1),
            int(values.get("after", 0)),
            **{**(values.get("arguments") or {}), **beside},
        )

    def matches(self, service: str, cmdlets: t.Sequence[str], tenants: t.Collection[str], item: int | None) -> bool:
        """Whether the request is one that this fault counts."""
        match = self.match
        if service not in ACTIONS[self.action].services or match.get("service", service) != service:
            return False
        if self.of_item != (item is not None) or match.get("item", item) != item:
            return False
        if "tenant" in match and str(match["tenant"]).lower() not in tenants:
            return False
        pattern = str(match.get("cmdlet", "*")).lower()
        return pattern == "*" or any(fnmatch.fnmatchcase(name.lower(), pattern) for name in cmdlets)

    def due(self) -> bool:
        """Count a matching request and tell whether the fault is ready to happen to it."""
        self.seen += 1
        if "nth" in self.match:
            return self.seen == int(self.match["nth"]) + self.after
        return self.seen > self.after and (self.times is None or self.done < self.times)


class Faults:
    """The faults of one lab. The first one that is due happens; the others keep their turn, so several make a sequence.

    May be used from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Add faults behind those that are there."""
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._faults.clear()

    @property
    def all(self) -> list[Fault]:
        """The faults with their counts, those that are used up among them."""
        with self._lock:
            return list(self._faults)

    def take(
        self,
        service: str,
        cmdlet: str | t.Sequence[str] = (),
        *,
        tenant: str | t.Sequence[str] = (),
        item: int | None = None,
    ) -> Fault | None:
        """The fault that this request meets, if any; every fault that matches counts the request as seen.

        ``cmdlet`` is the name, or the names in a batch; ``tenant`` the ways in which the tenant is named. A request is
        asked for once without ``item``, and a batch then once for each item with its number from 1.
        """
        cmdlets = [cmdlet] if isinstance(cmdlet, str) else list(cmdlet)
        tenants = {name.lower() for name in ([tenant] if isinstance(tenant, str) else tenant)}
        found: Fault | None = None
        with self._lock:
            for fault in self._faults:
                if fault.matches(service, cmdlets, tenants, item) and fault.due() and found is None:
                    fault.done += 1
                    found = fault
        return found

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Takes away every throw-away connector, those of earlier runs as well, and tells which ones are left."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._client import Client
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification import guard
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.ask import Wire
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import Step, is_own
from ansible_collections.mailflow.exchange_online.plugins.module_utils._sender import Pace
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Call

_UNLIMITED = {"ResultSize": "Unlimited"}
_LISTS: tuple[Call, ...] = (
    Call("Get-OutboundConnector", _UNLIMITED),
    Call("Get-OutboundConnector", {**_UNLIMITED, "IsTransportRuleScoped": True}),
    Call("Get-OutboundConnector", {**_UNLIMITED, "IncludeTestModeConnectors": True}),
    Call("Get-OutboundConnector", {**_UNLIMITED, "IsTransportRuleScoped": True, "IncludeTestModeConnectors": True}),
    Call("Get-InboundConnector", _UNLIMITED),
)
_ROUNDS = 5
#: The round after which what was never found is not looked for any longer.
_SURE = 3


@dataclasses.dataclass(frozen=True)
class Left:
    """A connector that is there. ``identity`` is its Guid, or its name where that is all that is known."""

    noun: str
    name: str
    identity: str

    @property
    def by_hand(self) -> str:
        """The command that removes it."""
        return f"Remove-{self.noun} -Identity '{self.identity}'"


class Broom:
    """Removes for one run. ``unsure`` are connectors that may have come to be and were not found in some seconds."""

    def __init__(self, client: Client, wire: Wire, pace: Pace) -> None:
        self._client = client
        self._wire = wire
        self._pace = pace
        self._gone: set[Left] = set()
        self._denied: set[str] = set()
        self.problem: ExchangeError | None = None
        self.unsure: set[str] = set()

    @property
    def removed(self) -> int:
        return len(self._gone)

    def sweep(self, made: t.Sequence[Call] = ()) -> list[Left]:
        """Remove what is listed, and what ``made`` may have brought about unseen; return what could not be removed.

        A connector that is not listed yet, and that Remove does not find, is looked for again, some seconds long.
        """
        left: list[Left] = []
        for number in range(_ROUNDS):
            if number:
                self._pace.sleep(min(2.0**number, 10.0))
            self.problem = None
            try:
                listed = [one for one in self._listed() if not self._is_gone(one)]
            except ExchangeError as problem:
                self.problem = problem
                left = left or _made(made)
                continue
            unseen = [one for one in _made(made) if not self._is_gone(one) and one.name not in _names(listed)]
            left = [one for one in listed if not self._remove(one)]
            unseen = [one for one in unseen if not self._remove(one)]
            if not (self._failed() or left) and (not unseen or number >= _SURE):
                self.unsure = _names(unseen)  # what was looked for so long has hardly come to be
                return []
            left = left or unseen
            if left and self._denied >= {one.identity for one in left}:
                break  # asking again would bring the same answer
        return left

    def _failed(self) -> bool:
        return self.problem is not None

    def _is_gone(self, one: Left) -> bool:
        """Whether it was removed, by its Guid or by its name; a list may go on showing it for a while."""
        return any(
            (one.noun, one.identity) == (gone.noun, gone.identity)
            # One of the two is known by its name only.
            or ((one.noun, one.name) == (gone.noun, gone.name) and gone.name in (one.identity, gone.identity))
            for gone in self._gone
        )

    def _listed(self) -> list[Left]:
        found: dict[str, Left] = {}
        for call, answer in zip(_LISTS, self._client.read_all(_LISTS), strict=True):
            for record in answer.value:
                if is_own(record.get("Name")):
                    guid = str(record.get("Guid"))
                    found[guid] = Left(call.cmdlet.partition("-")[2], str(record["Name"]), guid)
        return list(found.values())

    def _remove(self, one: Left) -> bool:
        """Whether it is gone now."""
        call = Call(f"Remove-{one.noun}", {"Identity": one.identity, "Confirm": False})
        guard.check(call, {one.identity} if is_own(one.name) else ())
        try:
            exchange = self._wire.ask(Step(f"remove {one.name}", (call,)), (call,), None)
        except ExchangeError as problem:
            self.problem = problem
            return False
        if exchange.done:
            self._gone.add(one)
        elif not exchange.missing:
            self._denied.add(one.identity)
        return exchange.done


def _names(connectors: t.Iterable[Left]) -> set[str]:
    return {one.name for one in connectors}


def _made(made: t.Iterable[Call]) -> list[Left]:
    wanted = {(call.cmdlet.partition("-")[2], str(call.parameters["Name"])) for call in made}
    return [Left(noun, name, name) for noun, name in sorted(wanted)]

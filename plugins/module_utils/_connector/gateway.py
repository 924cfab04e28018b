# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The connectors of one tenant: read whole, written cmdlet by cmdlet."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._client import (
    Answer,
    Call,
    Client,
    Outcome,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import blocked, codec, normal
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.commands import Command
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Direction,
    Key,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError

_ALL = {"ResultSize": "Unlimited"}
#: Microsoft's page says that Get-OutboundConnector hides connectors scoped to mail flow rules and test-mode
#: connectors unless asked for them, and then shows only those; live answers showed them unasked. The four questions
#: together see every connector in either reading; their answers are merged by Guid.
_QUESTIONS: dict[Direction, tuple[Call, ...]] = {
    "outbound": tuple(
        Call("Get-OutboundConnector", {**_ALL, **filters}, codec.MEMBERS["outbound"])
        for filters in (
            {},
            {"IsTransportRuleScoped": True},
            {"IncludeTestModeConnectors": True},
            {"IsTransportRuleScoped": True, "IncludeTestModeConnectors": True},
        )
    ),
    "inbound": (Call("Get-InboundConnector", _ALL, codec.MEMBERS["inbound"]),),
}
_Asked = t.Sequence[tuple[Direction, Call]]


class Gateway:
    """Reads are whole or raise ExchangeError; writes return one outcome each."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def inventory(self, directions: t.Collection[Direction]) -> list[Connector]:
        """Return every connector of these directions. Never asks by identity: an unknown one may return all."""
        asked = _asked(directions)
        return _merged(asked, self._read([call for _direction, call in asked]))

    def look_up(self, keys: t.Collection[Key], also: t.Collection[Direction] = ()) -> list[Connector]:
        """Return what stands under these keys, and the ordinary connectors of these directions, among others: by one
        request for a direction whose connectors are no special ones, that is, neither for mail flow rules alone nor in
        test mode."""
        asked = [(direction, _QUESTIONS[direction][0]) for direction in sorted({key[0] for key in keys} | set(also))]
        found = _merged(asked, self._read([call for _direction, call in asked]))
        hidden = {key[0] for key in set(keys) - {connector.key for connector in found}}
        if not hidden:
            return found
        return [*(one for one in found if one.direction not in hidden), *self.inventory(hidden)]

    def inventory_and_blocked(self, directions: t.Collection[Direction]) -> tuple[list[Connector], list[str]]:
        """Return the same, the inbound ones marked with whether Exchange Online has blocked them, and warnings.

        Whoever may read connectors need not be allowed to ask for that: then only that is not known.
        """
        asked = _asked(directions)
        *answers, told = self._client.read_each([*(call for _direction, call in asked), blocked.QUESTION])
        for answer in answers:
            if isinstance(answer, ExchangeError):
                raise _advised(answer)
        inventory = _merged(asked, t.cast("list[Answer]", answers))
        if not isinstance(told, ExchangeError):
            return blocked.marked(inventory, told.value)
        if told.kind not in blocked.NOT_TOLD:
            raise _advised(told)
        return blocked.unknown(inventory), [blocked.not_told(told)]

    def accepted_domains(self) -> frozenset[str]:
        """Return the tenant's own domains."""
        (answer,) = self._read([Call("Get-AcceptedDomain", _ALL)])
        names = [record.get("DomainName") for record in answer.value]
        if not names or not all(isinstance(name, str) and name for name in names):
            raise ExchangeError(
                "unreadable",
                "Exchange returned accepted domains without a name, or none at all, so it is not known which domains"
                " are the tenant's own. Nothing was changed.",
            )
        return frozenset(_lenient_domain(t.cast("str", name)) for name in names)

    def _read(self, calls: t.Sequence[Call]) -> list[Answer]:
        try:
            return self._client.read_all(calls)
        except ExchangeError as problem:
            raise _advised(problem) from None

    def write(
        self, commands: t.Sequence[Command], *, stop_on_failure: bool, on_done: t.Callable[[int], None]
    ) -> list[Outcome]:
        """Send the commands; the outcomes come in their order. ``on_done`` is told how many more have come back."""
        calls = [Call(command.cmdlet, command.parameters) for command in commands]
        return self._client.write_all(calls, stop_on_failure=stop_on_failure, on_done=on_done)


def _asked(directions: t.Collection[Direction]) -> _Asked:
    return [(direction, call) for direction in sorted(directions) for call in _QUESTIONS[direction]]


def _merged(asked: _Asked, answers: t.Sequence[Answer]) -> list[Connector]:
    found: dict[tuple[Direction, str], Connector] = {}
    read: dict[tuple[Direction, str], t.Mapping[str, t.Any]] = {}
    for (direction, _call), answer in zip(asked, answers, strict=True):
        for record in answer.value:
            # Several questions show the same connector, and mostly as the same record.
            known = read.get((direction, str(record.get("Guid"))))
            if known is record or known == record:
                continue
            connector = codec.read_record(direction, record)
            identity = (direction, connector.guid)
            read[identity] = record
            found[identity] = _newer(found.get(identity), connector)
    return _without_twins(found.values())


def _advised(problem: ExchangeError) -> ExchangeError:
    if problem.kind not in ("incomplete", "unreadable"):
        return problem
    advice = "Without the whole list nothing is changed; run again, and if it stays so, report it with request_id."
    return problem.reworded(f"{problem.message} {advice}")


def _newer(first: Connector | None, second: Connector) -> Connector:
    """Two reads of one connector may come from two replicas."""
    if first is None:
        return second
    return max(first, second, key=lambda connector: str(connector.details.get("when_changed") or ""))


def _without_twins(connectors: t.Iterable[Connector]) -> list[Connector]:
    by_key: dict[Key, Connector] = {}
    for connector in connectors:
        twin = by_key.setdefault(connector.key, connector)
        if twin is not connector:
            raise ExchangeError(
                "unreadable",
                f"Exchange returned two {connector.direction} connectors named '{connector.name}', although names are"
                " unique, so it is not clear which one is meant. Nothing was changed. Run again in a few minutes;"
                " if it stays so, rename one of them.",
                retryable=True,
            )
    return list(by_key.values())


def _lenient_domain(name: str) -> str:
    try:
        return normal.domain(name)
    except ValueError:
        return name.strip().lower()

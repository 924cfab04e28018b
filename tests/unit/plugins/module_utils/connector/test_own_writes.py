# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A later task of a run plans from a reading that shows what the earlier ones have written."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import own_writes, present
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.apply import PAUSES
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fate import Fate, Status
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Direction,
    Policy,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, InputError
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    Entry,
    carry_out,
    inn,
    inventory,
    out,
    plan_for,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
)

BOTH: tuple[Direction, ...] = ("inbound", "outbound")


class Lagging:
    """Shows an earlier state for some readings."""

    def __init__(self, before: t.Sequence[Connector], exchange: Exchange, late: int) -> None:
        self._before, self._exchange, self._late = before, exchange, late
        self.readings = 0

    def inventory(self, directions: t.Collection[Direction]) -> list[Connector]:
        self.readings += 1
        found = self._before if self.readings <= self._late else inventory(self._exchange)
        return [one for one in found if one.direction in directions]


def tenant() -> Exchange:
    exchange = Exchange()
    exchange.seed("outbound", "A", RecipientDomains=["a.example", "moving.example"])
    exchange.seed("outbound", "Old", RecipientDomains=["old.example"])
    exchange.seed("inbound", "I", SenderDomains=["a.example"])
    return exchange


MOVE: tuple[Entry, ...] = (
    out("A", recipient_domains=["a.example"]),
    out("B", recipient_domains=["moving.example"]),
    {**out("Old"), "state": "absent"},
    inn("I"),
)


def written(exchange: Exchange, *entries: Entry) -> list[dict[str, t.Any]]:
    """Carry out what is wished, and return what the task tells of it, as it comes through Ansible."""
    plan = plan_for(exchange, *entries, policy=Policy(allow_weaken=True))
    fates = [Fate(one, "unchanged" if one.action == "none" else "applied") for one in plan.changes]
    carry_out(exchange, plan)
    told: list[dict[str, t.Any]] = json.loads(json.dumps(present.written(fates)))
    return told


def read(reader: Lagging, told: list[dict[str, t.Any]], directions: t.Sequence[Direction] = BOTH) -> list[float]:
    """Read, and return the pauses."""
    pauses: list[float] = []
    found = own_writes.read(reader, directions, own_writes.written_from(told), pauses.append)
    assert found == reader.inventory(directions)
    return pauses


def test_what_was_written_is_told() -> None:
    exchange = tenant()
    before = {one.name: one.guid for one in inventory(exchange)}
    told = written(exchange, *MOVE)
    assert [(one["name"], one["guid"]) for one in told] == [("A", before["A"]), ("B", None), ("Old", before["Old"])]
    assert told[0]["settings"] == {"recipient_domains": ["a.example"]}
    assert told[1]["settings"]["recipient_domains"] == ["moving.example"]
    assert told[2]["settings"] is None


@pytest.mark.parametrize(
    ("status", "error", "is_told"),
    [
        ("applied", None, True),
        ("failed", ExchangeError("changed_meanwhile", "another one beside it", retryable=False), True),
        ("failed", ExchangeError("changed_meanwhile", "another value in it", retryable=True), False),
        ("failed", ExchangeError("rejected", "no"), False),
        ("unknown", ExchangeError("unknown_outcome", "who knows", retryable=True), False),
        ("skipped", ExchangeError("refused", "no consent"), False),
    ],
)
def test_what_may_stand_otherwise_is_not_told(status: Status, error: ExchangeError | None, is_told: bool) -> None:
    (change,) = plan_for(Exchange(), MOVE[1]).changes
    assert bool(present.written([Fate(change, status, error, written=True)])) is is_told


def test_a_reading_that_shows_it_is_the_only_one() -> None:
    exchange = tenant()
    told = written(exchange, *MOVE)
    reader = Lagging((), exchange, late=0)
    assert read(reader, told) == []
    assert read(reader, []) == []


def test_a_reading_that_lags_behind_is_made_again() -> None:
    exchange = tenant()
    before = inventory(exchange)
    told = written(exchange, *MOVE)
    assert read(Lagging(before, exchange, late=2), told) == list(PAUSES[:2])
    # Nothing was written in the other direction.
    assert read(Lagging(before, exchange, late=0), told, ("inbound",)) == []


@pytest.mark.parametrize("hidden", ["A", "B", "Old"])
def test_what_never_shows_stops_the_task(hidden: str) -> None:
    exchange = tenant()
    before = {one.name: one for one in inventory(exchange)}
    told = written(exchange, *MOVE)
    after = {one.name: one for one in inventory(exchange)}
    seen = {name: one for name, one in after.items() if name != hidden}
    seen |= {hidden: before[hidden]} if hidden in before else {}
    reader = Lagging(list(seen.values()), exchange, late=99)
    with pytest.raises(ExchangeError) as stopped:
        read(reader, told)
    assert reader.readings == 1 + len(PAUSES)
    assert (stopped.value.kind, stopped.value.retryable) == ("incomplete", True)
    assert f"written of outbound connector '{hidden}' does not show" in stopped.value.message
    assert "5 times in 22 seconds" in stopped.value.message


def test_of_several_writes_the_last_one_counts() -> None:
    exchange = tenant()
    told = written(exchange, *MOVE)
    told += written(exchange, out("B", recipient_domains=["moving.example", "more.example"], comment="more"))
    told += written(exchange, {**out("A"), "state": "absent"})
    expected = {one.name: one for one in own_writes.written_from(told)}
    assert expected["A"].settings is None
    settings = expected["B"].settings
    assert settings is not None
    assert settings["recipient_domains"] == ("more.example", "moving.example")
    assert settings["enabled"] is True
    assert read(Lagging((), exchange, late=0), told) == []
    # Made again after it was deleted, it is another one.
    told += written(exchange, out("Old", recipient_domains=["old.example"]))
    assert read(Lagging((), exchange, late=0), told) == []


def test_what_is_not_from_a_result_is_told() -> None:
    entry = {"name": "A", "direction": "outbound", "guid": None, "settings": {"recipient_domains": ["not a domain"]}}
    with pytest.raises(InputError, match=r"written_before\[0\]: 'A' .*; hand it over as it came"):
        own_writes.written_from([entry])

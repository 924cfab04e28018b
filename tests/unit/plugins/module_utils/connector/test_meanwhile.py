# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether somebody else was at the connectors that a run changed."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fate import Fate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.meanwhile import look_again
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Key,
    Policy,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    carry_out,
    inventory,
    named,
    out,
    plan_for,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
)

WISH = out("a", recipient_domains=["a.example"], tls_settings="certificate_validation", comment="ours")


class Reader:
    """Reads the model, or fails; ``asked`` are the keys of each reading."""

    def __init__(self, exchange: Exchange, problem: ExchangeError | None = None) -> None:
        self._exchange = exchange
        self._problem = problem
        self.asked: list[t.Collection[Key]] = []

    def look_up(self, keys: t.Collection[Key]) -> list[Connector]:
        self.asked.append(keys)
        if self._problem is not None:
            raise self._problem
        return inventory(self._exchange)


class Lagging(Reader):
    """Shows at first what stood for a moment in the midst of the run."""

    def look_up(self, keys: t.Collection[Key]) -> list[Connector]:
        found = super().look_up(keys)
        if len(self.asked) > 1:
            return found
        return [
            dataclasses.replace(one, settings={**one.settings, "recipient_domains": ("a.example", "b.example")})
            for one in found
        ]


def no_sleep(_seconds: float) -> None:
    """Nothing that a second brings is waited for here."""


def applied(exchange: Exchange, policy: Policy | None = None) -> list[Fate]:
    plan = plan_for(exchange, WISH, policy=policy)
    carry_out(exchange, plan)
    return [Fate(change, "applied", written=True) for change in plan.changes]


@pytest.fixture
def exchange() -> Exchange:
    made = Exchange()
    made.seed("outbound", "a", RecipientDomains=["a.example"], ConnectorType="Partner", TlsSettings="EncryptionOnly")
    return made


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({}, None),
        ({"Enabled": False}, "changed enabled of it"),
        ({"TlsSettings": "DomainValidation", "TlsDomain": "mx.a.example"}, "changed tls_settings of it"),
        ({"Comment": "theirs", "RecipientDomains": ["b.example"]}, "changed comment, recipient_domains of it"),
        ({"TlsSettings": "EncryptionOnly", "Comment": None}, None),  # as before: a replica that lags behind
        ({"TlsDomain": "x.example"}, None),  # goes with the level that we changed
    ],
)
def test_what_is_neither_as_before_nor_as_wished_is_somebody_elses(
    exchange: Exchange, members: dict[str, t.Any], words: str | None
) -> None:
    fates = applied(exchange)
    named_record = exchange.records["outbound"][named(exchange, "outbound", "a")["Guid"]]
    named_record.update(members)
    reader = Reader(exchange)
    slept: list[float] = []
    assert look_again(fates, reader, slept.append) == []
    # What looks like somebody else's is looked at again, since replicas may lag behind.
    assert [set(asked) for asked in reader.asked] == [{("outbound", "a")}] * (2 if words else 1)
    assert slept == [0.0, 3.0][: len(reader.asked)]
    (fate,) = fates
    assert fate.written
    if words is None:
        assert (fate.status, fate.error) == ("applied", None)
        return
    assert fate.status == "failed"
    assert fate.error is not None
    assert fate.error.kind == "changed_meanwhile"
    assert fate.error.message.startswith(
        f"The outbound connector 'a' was changed, but while this ran somebody else {words}. Run again"
    )


def test_an_owner_of_somebody_else_is_a_change(exchange: Exchange) -> None:
    fates = applied(exchange, Policy(owner="us"))
    other = Exchange()
    other.records = exchange.snapshot()
    carry_out(other, plan_for(other, WISH, policy=Policy(owner="us")))
    theirs = plan_for(other, {**WISH, "owner": "them"}, policy=Policy(owner="us"))
    carry_out(other, theirs)
    look_again(fates, Reader(other), sleep=no_sleep)
    assert fates[0].error is not None
    assert "the owner's mark in its comment" in fates[0].error.message


def test_a_connector_that_is_gone_or_another_one_is_told(exchange: Exchange) -> None:
    fates = applied(exchange)
    (record,) = exchange.records["outbound"].values()
    exchange.records["outbound"] = {"other": {**record, "Guid": "other"}}
    look_again(fates, Reader(exchange), sleep=no_sleep)
    assert fates[0].error is not None
    assert "deleted it and made another one of that name" in fates[0].error.message
    exchange.records["outbound"].clear()
    fates[0].status = "applied"
    look_again(fates, Reader(exchange), sleep=no_sleep)
    assert "somebody else deleted it." in fates[0].error.message


def test_what_was_not_changed_is_not_looked_at(exchange: Exchange) -> None:
    reader = Reader(exchange)
    new = plan_for(exchange, out("b", recipient_domains=["b.example"]))
    for fates in ([Fate(change, "applied") for change in new.changes], [Fate(applied(exchange)[0].change, "failed")]):
        assert look_again(fates, reader) == []
    assert reader.asked == []


def test_where_it_cannot_be_read_a_warning_says_so(exchange: Exchange) -> None:
    fates = applied(exchange)
    (warning,) = look_again(fates, Reader(exchange, ExchangeError("network", "No answer.")))
    assert "it is not known whether somebody else changed them at the same time: No answer." in warning
    assert fates[0].status == "applied"


def test_what_a_lagging_replica_shows_for_a_moment_is_nobodys(exchange: Exchange) -> None:
    fates = applied(exchange)
    reader = Lagging(exchange)
    assert look_again(fates, reader, no_sleep) == []
    assert len(reader.asked) == 2
    assert (fates[0].status, fates[0].error) == ("applied", None)

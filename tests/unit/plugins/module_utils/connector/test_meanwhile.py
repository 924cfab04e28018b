# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether somebody else was at the connectors that a run wrote, or brought others into force for their domains."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fate import Fate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.meanwhile import look_again
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Direction,
    Key,
    Policy,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    Entry,
    carry_out,
    inn,
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
    """Reads the model, or fails; ``asked`` are the keys of each reading, ``also`` its directions."""

    def __init__(self, exchange: Exchange, problem: ExchangeError | None = None) -> None:
        self._exchange = exchange
        self._problem = problem
        self.asked: list[t.Collection[Key]] = []
        self.also: list[t.Collection[Direction]] = []

    def look_up(self, keys: t.Collection[Key], also: t.Collection[Direction] = ()) -> list[Connector]:
        self.asked.append(keys)
        self.also.append(also)
        if self._problem is not None:
            raise self._problem
        return inventory(self._exchange)


class Lagging(Reader):
    """Shows at first what stood for a moment in the midst of the run."""

    def look_up(self, keys: t.Collection[Key], also: t.Collection[Direction] = ()) -> list[Connector]:
        found = super().look_up(keys, also)
        if len(self.asked) > 1:
            return found
        return [
            one._replace(settings={**one.settings, "recipient_domains": ("a.example", "b.example")}) for one in found
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
    assert look_again(fates, reader, [], slept.append) == []
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
    look_again(fates, Reader(other), [], no_sleep)
    assert fates[0].error is not None
    assert "the owner's mark in its comment" in fates[0].error.message


def test_a_connector_that_is_gone_or_another_one_is_told(exchange: Exchange) -> None:
    fates = applied(exchange)
    (record,) = exchange.records["outbound"].values()
    exchange.records["outbound"] = {"other": {**record, "Guid": "other"}}
    look_again(fates, Reader(exchange), [], no_sleep)
    assert fates[0].error is not None
    assert "deleted it and made another one of that name" in fates[0].error.message
    exchange.records["outbound"].clear()
    fates[0].status = "applied"
    look_again(fates, Reader(exchange), [], no_sleep)
    assert "somebody else deleted it." in fates[0].error.message


def test_what_was_not_changed_is_not_looked_at(exchange: Exchange) -> None:
    reader = Reader(exchange)
    prepared = plan_for(exchange, out("b", recipient_domains=["b.example"], enabled=False))
    gone = plan_for(exchange, out("a", state="absent"))
    for fates in (
        [Fate(change, "applied") for change in prepared.changes],
        [Fate(change, "applied") for change in gone.changes],
        [Fate(applied(exchange)[0].change, "failed")],
        [Fate(change, "unchanged") for change in plan_for(exchange, out("a")).changes],
    ):
        assert look_again(fates, reader, inventory(exchange)) == []
    assert reader.asked == []


def test_where_it_cannot_be_read_a_warning_says_so(exchange: Exchange) -> None:
    fates = applied(exchange)
    (warning,) = look_again(fates, Reader(exchange, ExchangeError("network", "No answer.")), [])
    assert "it is not known whether somebody else changed them at the same time, or brought others" in warning
    assert warning.endswith(": No answer.")
    assert fates[0].status == "applied"


def test_what_a_lagging_replica_shows_for_a_moment_is_nobodys(exchange: Exchange) -> None:
    fates = applied(exchange)
    reader = Lagging(exchange)
    assert look_again(fates, reader, [], no_sleep) == []
    assert len(reader.asked) == 2
    assert (fates[0].status, fates[0].error) == ("applied", None)


# -- two connectors for one domain -------------------------------------------------------------------------------------

OURS = out("ours", recipient_domains=["new.example"], tls_settings="certificate_validation")
THEIRS = out("theirs", recipient_domains=["new.example"], tls_settings="certificate_validation", owner="them")
FROM_OURS = inn("ours", sender_domains=["new.example"], require_tls=True)


def met(
    exchange: Exchange, ours: Entry | list[Entry], *theirs: Entry, reader: Reader | None = None
) -> tuple[list[Fate], list[str]]:
    """Both plan, both write, and then ours looks once more."""
    stood = inventory(exchange)
    plan = plan_for(exchange, *(ours if isinstance(ours, list) else [ours]))
    other = plan_for(exchange, *theirs)
    carry_out(exchange, other)
    carry_out(exchange, plan)
    fates = [Fate(change, "applied" if change.action != "none" else "unchanged") for change in plan.changes]
    return fates, look_again(fates, reader or Reader(exchange), stood, no_sleep)


def test_a_connector_that_came_for_the_same_domain_is_told(exchange: Exchange) -> None:
    reader = Reader(exchange)
    (fate,), warnings = met(exchange, OURS, THEIRS, reader=reader)
    assert warnings == []
    assert fate.status == "failed"
    assert fate.error is not None
    # To try again is no help: somebody has to decide.
    assert (fate.error.kind, fate.error.retryable) == ("changed_meanwhile", False)
    assert fate.error.message == (
        "The outbound connector 'ours' was created, but while this ran somebody else brought into force the outbound"
        " connector 'theirs' (which carries the mark of owner 'them') for new.example; with two connectors for one"
        " domain Exchange may lose mail. Decide which of them is to keep the domain, take it off the other one, and run"
        " again."
    )
    assert len(reader.asked) == 2


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (OURS, {**THEIRS, "enabled": False}),
        (OURS, {**THEIRS, "transport_rule_scoped": True}),
        (OURS, {**THEIRS, "test_mode": True}),
        ({**OURS, "enabled": False}, THEIRS),
        # The more exact one goes first.
        (OURS, {**THEIRS, "recipient_domains": ["*.new.example"]}),
        ({**OURS, "recipient_domains": ["*"]}, {**THEIRS, "recipient_domains": ["*"]}),
        (OURS, {**THEIRS, "recipient_domains": ["other.example"]}),
        # The other direction.
        (OURS, inn("theirs", sender_domains=["new.example"], require_tls=True)),
        # Chosen by address.
        (
            FROM_OURS,
            inn(
                "theirs",
                sender_domains=["new.example"],
                connector_type="on_premises",
                sender_ip_addresses=["192.0.2.1"],
                require_tls=True,
            ),
        ),
        # Neither restricts, so the more exact one goes first.
        (FROM_OURS, inn("theirs", sender_domains=["*.new.example"], require_tls=True)),
    ],
)
def test_what_does_not_take_the_mail_of_the_domain_is_no_rival(exchange: Exchange, ours: Entry, theirs: Entry) -> None:
    (fate,), warnings = met(exchange, ours, theirs)
    assert (fate.status, fate.error, warnings) == ("applied", None, [])


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ({"sender_domains": ["new.example"]}, {"sender_domains": ["new.example"]}, "for new.example;"),
        # A restriction goes first, also for what its wildcard covers.
        (
            {"sender_domains": ["a.new.example"]},
            {"sender_domains": ["*.new.example"], "restrict": True},
            "for *.new.example, which meets a.new.example;",
        ),
        (
            {"sender_domains": ["*.new.example"], "restrict": True},
            {"sender_domains": ["a.new.example", "b.new.example"]},
            "for a.new.example, which meets *.new.example and b.new.example, which meets *.new.example;",
        ),
    ],
)
def test_a_restriction_meets_what_it_covers(exchange: Exchange, ours: Entry, theirs: Entry, words: str) -> None:
    def entry(name: str, options: Entry) -> Entry:
        restricted = {"restrict_domains_to_certificate": True, "tls_sender_certificate_name": f"mx.{name}.example"}
        rest = {key: value for key, value in options.items() if key != "restrict"}
        return inn(name, require_tls=True, **rest, **(restricted if "restrict" in options else {}))

    (fate,), _warnings = met(exchange, entry("ours", ours), entry("theirs", theirs))
    assert fate.error is not None
    assert words in fate.error.message


@pytest.mark.parametrize(
    "change",
    [
        {"recipient_domains": ["a.example", "new.example"]},
        {"enabled": True, "recipient_domains": ["new.example"]},
        {"transport_rule_scoped": False},
        {"test_mode": False},
    ],
)
def test_an_update_that_brings_a_domain_into_force_is_looked_at_as_well(exchange: Exchange, change: Entry) -> None:
    (record,) = exchange.records["outbound"].values()
    record["RecipientDomains"] = ["a.example" if "recipient_domains" in change else "new.example"]
    record.update(
        {
            "Enabled": "enabled" not in change,
            "IsTransportRuleScoped": "transport_rule_scoped" in change,
            "TestMode": "test_mode" in change,
        }
    )
    (fate,), _warnings = met(exchange, out("a", **change), THEIRS)
    assert fate.error is not None
    assert fate.error.message.startswith("The outbound connector 'a' was changed, but while this ran somebody else bro")


def test_what_stood_at_the_planning_is_no_news(exchange: Exchange) -> None:
    carry_out(exchange, plan_for(exchange, THEIRS))
    (fate,), warnings = met(exchange, OURS, out("theirs", comment="touched"))
    assert (fate.status, fate.error, warnings) == ("applied", None, [])
    for entry in (out("ours", state="absent"), out("theirs", enabled=False)):
        carry_out(exchange, plan_for(exchange, entry, policy=Policy(allow_weaken=True)))
    # But it is if it stood and did not take the domain.
    (fate,), _warnings = met(exchange, OURS, out("theirs", enabled=True))
    assert fate.status == "failed"


def test_what_the_plan_itself_brings_together_is_no_news(exchange: Exchange) -> None:
    restricted = {"restrict_domains_to_certificate": True, "tls_sender_certificate_name": "mx.new.example"}
    wide = inn("wide", sender_domains=["*.new.example"], require_tls=True, **restricted)
    fates, warnings = met(exchange, [wide, inn("exact", sender_domains=["a.new.example"], require_tls=True)])
    assert [(fate.status, fate.error) for fate in fates] == [("applied", None)] * 2
    assert warnings == []


def test_a_domain_that_moves_meets_nobody_by_that(exchange: Exchange) -> None:
    fates, _warnings = met(
        exchange, [out("a", recipient_domains=["b.example"]), {**OURS, "recipient_domains": ["a.example"]}]
    )
    assert [(fate.status, fate.error) for fate in fates] == [("applied", None)] * 2


def test_one_of_the_plan_to_which_somebody_else_gave_the_domain_is_told(exchange: Exchange) -> None:
    theirs = out("a", recipient_domains=["a.example", "new.example"])
    (unchanged, fate), _warnings = met(exchange, [out("a"), OURS], theirs)
    assert (unchanged.status, unchanged.error) == ("unchanged", None)
    assert fate.error is not None
    assert "the outbound connector 'a' for new.example" in fate.error.message


def test_what_somebody_did_to_it_and_beside_it_is_told_together(exchange: Exchange) -> None:
    stood = inventory(exchange)
    wish = out("a", recipient_domains=["a.example", "new.example"])
    (change,) = plan_for(exchange, wish).changes
    for theirs in (THEIRS, {**wish, "comment": "x"}):
        carry_out(exchange, plan_for(exchange, theirs))
    fate = Fate(change, "applied")
    look_again([fate], Reader(exchange), stood, no_sleep)
    assert fate.error is not None
    assert "while this ran somebody else changed comment of it, and brought into force" in fate.error.message


class Late(Reader):
    """Two replicas take turns: ``late`` looks come from one that has not heard of what was written since ``stood``."""

    def __init__(self, exchange: Exchange, stood: list[Connector], *late: int) -> None:
        super().__init__(exchange)
        self._stood = stood
        self._late = late

    def look_up(self, keys: t.Collection[Key], also: t.Collection[Direction] = ()) -> list[Connector]:
        found = super().look_up(keys, also)
        return self._stood if len(self.asked) in self._late else found


@pytest.mark.parametrize("late", [1, 2])
def test_one_of_two_looks_may_come_from_a_late_replica(exchange: Exchange, late: int) -> None:
    reader = Late(exchange, inventory(exchange), late)
    (fate,), warnings = met(exchange, OURS, THEIRS, reader=reader)
    assert fate.error is not None
    assert "'theirs'" in fate.error.message
    assert warnings == []
    assert len(reader.asked) == 2


def test_where_the_own_connector_does_not_show_nothing_is_known(exchange: Exchange) -> None:
    (fate,), warnings = met(exchange, OURS, THEIRS, reader=Late(exchange, inventory(exchange), 1, 2))
    assert (fate.status, fate.error) == ("applied", None)
    (warning,) = warnings
    assert warning == (
        "What was written of 'ours' does not show yet, so it is not known whether somebody else brought other"
        " connectors into force for the same domains at the same time. Run again in a few minutes, and look whether the"
        " plan tells of others."
    )


def test_what_a_late_replica_still_shows_of_somebody_else_is_looked_at_again(exchange: Exchange) -> None:
    """It went before this run planned, and only the first look does not know."""
    long_ago = [one._replace(name="gone") for one in inventory(exchange)]
    moved = {**OURS, "recipient_domains": ["a.example"]}
    carry_out(exchange, plan_for(exchange, out("a", state="absent")))
    (fate,), warnings = met(exchange, moved, reader=Late(exchange, long_ago, 1))
    assert (fate.status, fate.error, warnings) == ("applied", None, [])


def test_one_look_is_enough_where_nothing_is_wrong(exchange: Exchange) -> None:
    reader = Reader(exchange)
    (fate,), warnings = met(exchange, OURS, reader=reader)
    assert (fate.status, warnings) == ("applied", [])
    assert reader.asked == [[]]
    assert reader.also == [{"outbound"}]

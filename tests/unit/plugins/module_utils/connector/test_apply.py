# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan -> what became of it, with a service that loses, refuses and lags."""

from __future__ import annotations

import collections
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._client import (
    Answer,
    Done,
    NotSent,
    Outcome,
    Refused,
    Unknown,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.apply import (
    PAUSES,
    Fate,
    apply,
    foresee,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.commands import Command
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Direction,
    Plan,
    Policy,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    Entry,
    inventory,
    named,
    out,
    plan_for,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
    RefusedError,
)

DV: dict[str, t.Any] = {"TlsSettings": "DomainValidation", "TlsDomain": "mx.a.example"}
LOST = "The answer was lost."


class Faulty:
    """A Writer before the model of the service. Faults are taken in order, cmdlet by cmdlet.

    drop_before: the request is lost; drop_after: its answer is; reject: the service refuses it;
    and a fault that is a callable runs before the request arrives (somebody else's hand).
    """

    def __init__(self, exchange: Exchange, faults: dict[str, list[t.Any]] | None = None, *, lag: int = 0) -> None:
        self.exchange = exchange
        self.faults = collections.defaultdict(list, {key: list(value) for key, value in (faults or {}).items()})
        self.unreadable = 0
        self.lag = lag
        self.stale = exchange.snapshot()
        self.reads: list[set[Direction]] = []
        self.received: list[str] = []

    def inventory(self, directions: t.Collection[Direction]) -> list[Connector]:
        self.reads.append(set(directions))
        if self.unreadable > 0:
            self.unreadable -= 1
            raise ExchangeError("unavailable", "Exchange did not answer.")
        if self.lag > 0:
            self.lag -= 1
            replica = Exchange()
            replica.records = self.stale
            return inventory(replica)
        return [connector for connector in inventory(self.exchange) if connector.direction in directions]

    def write(
        self, commands: t.Sequence[Command], *, stop_on_failure: bool, on_done: t.Callable[[int], None]
    ) -> list[Outcome]:
        assert commands, "an empty write costs a request"
        outcomes: list[Outcome] = []
        for command in commands:
            stopped = stop_on_failure and any(not isinstance(outcome, Done) for outcome in outcomes)
            outcomes.append(NotSent("stopped") if stopped else self._one(command))
            on_done(1)
        return outcomes

    def _one(self, command: Command) -> Outcome:
        verb = command.cmdlet.partition("-")[0]
        waiting = self.faults[f"{verb} {command.change.name}"] or self.faults[verb]
        fault = waiting.pop(0) if waiting else None
        if callable(fault):
            fault()
        self.received.append(f"{verb} {command.change.name}")
        if fault == "drop_before":
            return Unknown(ExchangeError("network", LOST, request_id="r1", retryable=True))
        if fault == "reject":
            return Refused(ExchangeError("rejected", "Not like this.", http_status=400, code="X", request_id="r2"))
        try:
            self.exchange.run(command.cmdlet, command.parameters)
        except RefusedError as problem:
            return Refused(ExchangeError(problem.kind, str(problem)))
        if fault == "drop_after":
            return Unknown(ExchangeError("network", LOST, request_id="r1", retryable=True))
        return Done(Answer([], []))


def tenant() -> Exchange:
    exchange = Exchange()
    exchange.seed("outbound", "Set me", RecipientDomains=["s.example"], **DV)
    exchange.seed("outbound", "Drop me", RecipientDomains=["d.example"], **DV)
    return exchange


NEW = out("New me", recipient_domains=["n.example"])
SET = out("Set me", comment="x")
REMOVE: Entry = {**out("Drop me"), "state": "absent"}
ENTRIES = {"New": NEW, "Set": SET, "Remove": REMOVE}


def planned(exchange: Exchange, *entries: Entry) -> Plan:
    return plan_for(exchange, *entries, policy=Policy(allow_weaken=True))


def go(writer: Faulty, *entries: Entry, continue_on_error: bool = True) -> tuple[list[Fate], list[float]]:
    slept: list[float] = []
    plan = planned(writer.exchange, *entries)
    fates = apply(plan, writer, continue_on_error=continue_on_error, sleep=slept.append)
    assert [fate.change for fate in fates] == list(plan.changes)
    for fate in fates:
        assert (fate.error is None) == (fate.status in ("applied", "unchanged")), fate
    return fates, slept


def statuses(fates: list[Fate]) -> dict[str, str]:
    return {fate.change.name: fate.status for fate in fates}


def error_of(fate: Fate) -> ExchangeError:
    assert fate.error is not None
    assert fate.change.name in fate.error.message
    return fate.error


def stands(exchange: Exchange, verb: str) -> bool:
    """Whether what the verb's entry asks for stands in the service, and nothing twice."""
    names = [record["Name"] for record in exchange.get("outbound")]
    assert len(names) == len(set(names))
    if verb == "New":
        return "New me" in names
    if verb == "Remove":
        return "Drop me" not in names
    return bool(named(exchange, "outbound", "Set me")["Comment"] == "x")


@pytest.mark.parametrize("verb", ENTRIES)
def test_without_faults_one_request_each_and_no_reading(verb: str) -> None:
    writer = Faulty(tenant())
    (fate,), slept = go(writer, ENTRIES[verb])
    assert (fate.status, fate.written) == ("applied", True)
    assert (len(writer.received), writer.reads, slept) == (1, [], [])
    assert stands(writer.exchange, verb)


@pytest.mark.parametrize("verb", ENTRIES)
@pytest.mark.parametrize("losses", [1, 2, len(PAUSES) - 1])
def test_a_lost_request_is_read_again_and_repeated(verb: str, losses: int) -> None:
    writer = Faulty(tenant(), {verb: ["drop_before"] * losses})
    (fate,), slept = go(writer, ENTRIES[verb])
    assert (fate.status, fate.written) == ("applied", True)
    assert stands(writer.exchange, verb)
    assert writer.exchange.log == [f"{verb}-OutboundConnector"]
    assert slept == list(PAUSES[:losses])
    assert writer.reads == [{"outbound"}] * losses


@pytest.mark.parametrize("verb", ENTRIES)
def test_a_lost_answer_is_settled_by_reading_without_a_second_write(verb: str) -> None:
    writer = Faulty(tenant(), {verb: ["drop_after"]})
    (fate,), slept = go(writer, ENTRIES[verb])
    assert (fate.status, fate.written) == ("applied", True)
    assert writer.received == [f"{verb} {fate.change.name}"]
    assert stands(writer.exchange, verb)
    assert slept == [PAUSES[0]]


@pytest.mark.parametrize("verb", ENTRIES)
@pytest.mark.parametrize("lag", [1, 2, 3])
def test_a_lost_answer_and_a_lagging_replica_never_create_twice(verb: str, lag: int) -> None:
    writer = Faulty(tenant(), {verb: ["drop_after"]}, lag=lag)
    (fate,), _slept = go(writer, ENTRIES[verb])
    assert (fate.status, fate.written) == ("applied", True)
    assert stands(writer.exchange, verb)
    assert writer.exchange.log.count("New-OutboundConnector") == (verb == "New")


def test_a_connector_that_exists_and_stays_invisible_is_unknown() -> None:
    writer = Faulty(tenant(), {"New": ["drop_after"]}, lag=99)
    (fate,), slept = go(writer, NEW)
    assert fate.status == "unknown"
    assert error_of(fate).kind == "unknown_outcome"
    assert slept == list(PAUSES)
    assert stands(writer.exchange, "New")


@pytest.mark.parametrize("verb", ENTRIES)
def test_a_request_that_is_lost_every_time_has_failed(verb: str) -> None:
    writer = Faulty(tenant(), {verb: ["drop_before"] * 99})
    (fate,), slept = go(writer, ENTRIES[verb])
    assert (fate.status, fate.written) == ("failed", False)
    error = error_of(fate)
    assert (error.kind, error.request_id, error.retryable) == ("network", "r1", True)
    assert not stands(writer.exchange, verb)
    assert slept == list(PAUSES)
    assert len(writer.received) == len(PAUSES)


@pytest.mark.parametrize("verb", ENTRIES)
def test_a_refusal_is_final(verb: str) -> None:
    writer = Faulty(tenant(), {verb: ["reject"]})
    (fate,), slept = go(writer, ENTRIES[verb])
    assert (fate.status, fate.written) == ("failed", False)
    error = error_of(fate)
    assert (error.kind, error.http_status, error.code, error.request_id) == ("rejected", 400, "X", "r2")
    assert "Not like this." in error.message
    assert (len(writer.received), writer.reads, slept) == (1, [], [])


@pytest.mark.parametrize("verb", ENTRIES)
@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_when_reading_fails_the_outcome_is_unknown(verb: str, fault: str) -> None:
    writer = Faulty(tenant(), {verb: [fault]})
    writer.unreadable = 99
    (fate,), _slept = go(writer, ENTRIES[verb])
    assert fate.status == "unknown"
    error = error_of(fate)
    assert (error.kind, error.request_id, error.retryable) == ("unknown_outcome", "r1", True)
    assert LOST in error.message
    assert "Exchange did not answer." in error.message
    assert len(writer.received) == 1


def test_a_deletion_of_what_is_gone_already_is_done() -> None:
    writer = Faulty(tenant())
    writer.faults["Remove"] = [writer.exchange.records["outbound"].popitem]
    (fate,), _slept = go(writer, REMOVE)
    assert fate.status == "applied"
    assert stands(writer.exchange, "Remove")


def test_a_change_of_what_is_gone_has_failed() -> None:
    writer = Faulty(tenant())
    writer.faults["Set"] = [writer.exchange.records["outbound"].clear]
    (fate,), _slept = go(writer, SET)
    assert (fate.status, error_of(fate).kind) == ("failed", "not_found")


def test_a_lost_change_of_what_is_gone_has_failed() -> None:
    writer = Faulty(tenant())
    writer.faults["Set"] = ["drop_before", writer.exchange.records["outbound"].clear]
    (fate,), _slept = go(writer, SET)
    assert (fate.status, error_of(fate).kind) == ("failed", "not_found")


@pytest.mark.parametrize(("members", "status"), [({}, "applied"), ({"Comment": "another hand's"}, "failed")])
def test_a_connector_that_somebody_else_created_meanwhile(members: dict[str, t.Any], status: str) -> None:
    writer = Faulty(tenant())
    stored = {"RecipientDomains": ["n.example"], "Comment": "x", **members}
    writer.faults["New"] = [lambda: writer.exchange.seed("outbound", "new ME", **stored)]
    (fate,), _slept = go(writer, out("New me", recipient_domains=["n.example"], comment="x"))
    assert fate.status == status
    if status == "failed":
        assert error_of(fate).kind == "already_exists"
    assert [record["Name"] for record in writer.exchange.get("outbound")].count("new ME") == 1
    assert writer.received == ["New New me"]


# -- the second command of a creation

LATE = out("New me", recipient_domains=["n.example"], validation_recipients=["p@n.example"])


def test_a_new_connector_that_a_replica_does_not_know_yet_is_set_later() -> None:
    writer = Faulty(tenant())

    def hide() -> None:
        hidden = writer.exchange.records["outbound"]
        writer.exchange.records["outbound"] = {}
        writer.faults["Set"] = [lambda: writer.exchange.records.update(outbound=hidden)]

    writer.faults["Set"] = [hide]
    (fate,), slept = go(writer, LATE)
    assert fate.status == "applied"
    assert slept
    assert named(writer.exchange, "outbound", "New me")["ValidationRecipients"] == ["p@n.example"]


def test_a_creation_that_stops_half_way_says_so() -> None:
    writer = Faulty(tenant(), {"Set": ["reject"]})
    (fate,), _slept = go(writer, LATE)
    assert (fate.status, fate.written) == ("failed", True)
    assert "A part of the change took effect" in error_of(fate).message


def test_a_creation_that_failed_is_not_followed_up() -> None:
    writer = Faulty(tenant(), {"New": ["reject"]})
    go(writer, LATE)
    assert writer.received == ["New New me"]


# -- several changes


def test_one_failure_does_not_hinder_the_rest() -> None:
    writer = Faulty(tenant(), {"Set": ["reject"]})
    fates, _slept = go(writer, SET, NEW, REMOVE, out("Never there", state="absent"))
    assert statuses(fates) == {
        "Set me": "failed",
        "New me": "applied",
        "Drop me": "applied",
        "Never there": "unchanged",
    }


def test_each_open_outcome_is_settled_for_itself() -> None:
    writer = Faulty(tenant(), {"Set": ["drop_before"], "New": ["drop_after"]})
    fates, slept = go(writer, SET, NEW)
    assert statuses(fates) == {"Set me": "applied", "New me": "applied"}
    assert writer.received == ["Set Set me", "New New me", "Set Set me"]
    assert slept == [PAUSES[0]]


MANY = [out(f"N{number}", recipient_domains=[f"n{number}.example"]) for number in range(8)]


@pytest.mark.parametrize("fault", ["reject", "drop_before"])
def test_stop_on_the_first_failure(fault: str) -> None:
    writer = Faulty(tenant(), {"New N2": [fault] * 99})
    fates, _slept = go(writer, *MANY, REMOVE, continue_on_error=False)
    assert [fate.status for fate in fates] == ["applied", "applied", "failed"] + ["skipped"] * 6
    assert set(writer.received) == {"New N0", "New N1", "New N2"}
    assert error_of(fates[3]).kind == "skipped"
    assert "continue_on_error" in error_of(fates[3]).message
    assert not any(fate.written for fate in fates[2:])


def test_stop_on_the_first_unknown() -> None:
    writer = Faulty(tenant(), {"New N2": ["drop_before"]})
    writer.unreadable = 99
    fates, _slept = go(writer, *MANY, continue_on_error=False)
    assert [fate.status for fate in fates] == ["applied", "applied", "unknown"] + ["skipped"] * 5


def test_what_turned_out_well_is_no_failure_to_stop_at() -> None:
    writer = Faulty(tenant(), {"New": ["drop_after"] * len(MANY)})
    fates, _slept = go(writer, *MANY, continue_on_error=False)
    assert {fate.status for fate in fates} == {"applied"}
    assert len(writer.received) == len(MANY)


def test_a_deletion_of_what_is_gone_is_no_failure_to_stop_at() -> None:
    exchange = Exchange()
    for number in range(6):
        exchange.seed("outbound", f"D{number}", RecipientDomains=[f"d{number}.example"])
    writer = Faulty(exchange)
    writer.faults["Remove"] = [exchange.records["outbound"].clear]
    entries = [{**out(f"D{number}"), "state": "absent"} for number in range(6)]
    fates, slept = go(writer, *entries, continue_on_error=False)
    assert {fate.status for fate in fates} == {"applied"}
    assert slept == []


def moving() -> Exchange:
    exchange = Exchange()
    for name in "ABC":
        exchange.seed("outbound", name, RecipientDomains=[f"{name.lower()}.example", f"{name.lower()}2.example"], **DV)
    return exchange


def wish(name: str, *domains: str) -> Entry:
    return out(name, recipient_domains=[f"{domain}.example" for domain in domains])


def domains(exchange: Exchange, name: str) -> list[str]:
    return [domain.removesuffix(".example") for domain in named(exchange, "outbound", name)["RecipientDomains"]]


@pytest.mark.parametrize("fault", ["reject", "drop_before"])
def test_a_domain_does_not_leave_when_its_receiver_failed(fault: str) -> None:
    writer = Faulty(moving(), {"Set B": [fault] * 99})
    fates, _slept = go(writer, wish("A", "a"), wish("B", "b", "b2", "a2"))
    assert statuses(fates) == {"A": "skipped", "B": "failed"}
    assert "'b'" in error_of(fates[0]).message
    assert "Set A" not in writer.received
    assert domains(writer.exchange, "A") == ["a", "a2"]


def test_a_connector_is_not_deleted_when_its_heir_was_not_created() -> None:
    writer = Faulty(moving(), {"New": ["reject"]})
    heir = out("H", recipient_domains=["a.example", "a2.example"], tls_settings="domain_validation", tls_domain="x.y")
    fates, _slept = go(writer, {**out("A"), "state": "absent"}, heir)
    assert statuses(fates) == {"A": "skipped", "H": "failed"}
    assert writer.received == ["New H"]


def test_a_swap_of_which_one_half_failed_keeps_every_domain() -> None:
    writer = Faulty(moving(), {"Set B": ["reject"]})
    fates, _slept = go(writer, wish("A", "a", "b2"), wish("B", "b", "a2"))
    assert statuses(fates) == {"A": "skipped", "B": "failed"}
    assert fates[0].written
    assert domains(writer.exchange, "A") == ["a", "a2", "b2"]
    assert domains(writer.exchange, "B") == ["b", "b2"]


@pytest.mark.parametrize("turn", [1, -1])
def test_a_chain_stands_still_behind_the_link_that_failed(turn: int) -> None:
    writer = Faulty(moving(), {"Set C": ["reject"]})
    entries = [wish("A", "a"), wish("B", "b", "a2"), wish("C", "c", "c2", "b2")][::turn]
    fates, _slept = go(writer, *entries)
    assert statuses(fates) == {"A": "skipped", "B": "skipped", "C": "failed"}
    assert not any(fate.written for fate in fates)
    assert domains(writer.exchange, "A") == ["a", "a2"]
    assert domains(writer.exchange, "B") == ["b", "b2"]


def test_what_was_begun_before_the_stop_is_not_called_untouched() -> None:
    writer = Faulty(moving(), {"Set B": ["reject"]})
    fates, _slept = go(writer, wish("A", "a", "b2"), wish("B", "b", "a2"), continue_on_error=False)
    assert statuses(fates) == {"A": "skipped", "B": "failed"}
    assert [fate.written for fate in fates] == [True, False]
    assert "B" in error_of(fates[1]).message


def test_held_back_changes_are_skipped_and_nothing_is_sent_for_them() -> None:
    exchange = tenant()
    plan = plan_for(exchange, REMOVE, SET, NEW)
    writer = Faulty(exchange)
    fates = apply(plan, writer, continue_on_error=False, sleep=lambda _seconds: None)
    assert statuses(fates) == {"Drop me": "skipped", "Set me": "applied", "New me": "applied"}
    assert error_of(fates[0]).kind == "refused"


def test_check_mode_foresees_the_same_changes() -> None:
    plan = plan_for(tenant(), REMOVE, SET, NEW, out("Never there", state="absent"))
    seen = foresee(plan)
    done = apply(plan, Faulty(tenant()), continue_on_error=True, sleep=lambda _seconds: None)
    assert [fate.change for fate in seen] == [fate.change for fate in done]
    assert [fate.status for fate in seen] == ["skipped", "planned", "planned", "unchanged"]
    assert [fate.status for fate in done] == ["skipped", "applied", "applied", "unchanged"]
    assert not any(fate.written for fate in seen)


def test_a_writer_that_answers_for_too_few_is_not_believed() -> None:
    class Short(Faulty):
        def write(
            self, commands: t.Sequence[Command], *, stop_on_failure: bool, on_done: t.Callable[[int], None]
        ) -> list[Outcome]:
            return super().write(commands, stop_on_failure=stop_on_failure, on_done=on_done)[:-1]

    with pytest.raises(ValueError, match="zip"):
        go(Short(tenant()), NEW, SET)

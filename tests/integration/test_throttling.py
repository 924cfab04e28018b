# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Under heavy fire: half of all requests fail, and nothing is sent while the service asks to wait."""

from __future__ import annotations

import collections
import dataclasses
import email.utils
import random
import threading
import time
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _client
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import apply
from ansible_collections.mailflow.exchange_online.tests.integration.harness import run_module
from ansible_collections.mailflow.exchange_online.tests.integration.scenarios import Connector, outbound
from ansible_collections.mailflow.exchange_online.tests.integration.scripted import scripted
from ansible_collections.mailflow.exchange_online.tests.lab import Fault, Lab

SIZE = 60
RETRIES = 5
PACE = _client.Pace()


class Moment(t.NamedTuple):
    """A request as the lab met it: by which time, and until when it then asked to wait."""

    service: str
    at: float
    until: float


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self._lock = threading.Lock()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def moving(monkeypatch: pytest.MonkeyPatch) -> Time:
    """Waits pass at once, on a clock of their own."""
    moving = Time()
    pace = dataclasses.replace(PACE, sleep=moving.sleep, clock=moving.clock)
    monkeypatch.setattr(_client, "Pace", lambda: pace)
    monkeypatch.setattr(apply, "PAUSES", (0.0,) * len(apply.PAUSES))
    return moving


@pytest.fixture(scope="module")
def world() -> t.Iterator[Lab]:
    names = [f"old {number:02}" for number in range(SIZE // 3)]
    standing = [{"Name": name, "RecipientDomains": [f"{name.replace(' ', '')}.example"]} for name in names]
    doomed = [
        {"Name": f"gone {number:02}", "RecipientDomains": [f"gone{number}.example"]} for number in range(SIZE // 3)
    ]
    with Lab({"tenants": [{"outbound": [*standing, *doomed]}]}) as running:
        yield running


@pytest.fixture
def lab(world: Lab) -> Lab:
    world.reset()
    return world


def wishes() -> list[Connector]:
    """A third to make, a third to change and a third to remove."""
    third = range(SIZE // 3)
    made = [outbound(f"new {number:02}", f"new{number:02}.example") for number in third]
    changed = [outbound(f"old {number:02}", f"old{number:02}.example", comment="changed") for number in third]
    gone = [{"name": f"gone {number:02}", "direction": "outbound", "state": "absent"} for number in third]
    return [*made, *changed, *gone]


def run(lab: Lab, **options: t.Any) -> dict[str, t.Any]:
    given = {**lab.connection(), "connectors": wishes(), "allow_weaken": True, "retries": RETRIES, **options}
    return run_module("connectors", given)


def reached(lab: Lab) -> dict[str, bool]:
    """Whether each wish stands. No name stands twice."""
    records = {record["Name"]: record for record in lab.tenant.outbound}
    assert len(records) == len(lab.tenant.outbound)
    level = {"old": "changed", "new": ""}
    return {
        wish["name"]: (wish["name"] not in records)
        if wish.get("state") == "absent"
        else wish["name"] in records
        and records[wish["name"]]["TlsSettings"] == "CertificateValidation"
        and records[wish["name"]]["Comment"] == level[wish["name"][:3]]
        for wish in wishes()
    }


# -- half of all requests --------------------------------------------------------------------------------------------

#: What a request may meet: it is as likely to have been carried out as not.
TROUBLES: tuple[tuple[str, dict[str, t.Any]], ...] = (
    ("throttle", {"retry_after": 1}),
    ("status", {"status": 503}),
    ("status", {"status": 500}),
    ("status", {"status": 500, "effect": True}),
    ("status", {"status": 504, "effect": True}),
    ("drop_before", {}),
    ("drop_after", {}),
    ("truncate", {}),
    ("not_json", {"effect": False}),
    ("empty_body", {"effect": False}),
)
ITEM_TROUBLES: tuple[tuple[str, dict[str, t.Any]], ...] = (
    ("missing_item", {}),
    ("missing_item", {"effect": False}),
    ("duplicate_item", {}),
    ("error_item", {"status": 500}),
    ("error_item", {"status": 429, "retry_after": 1}),
)


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("batch_size", [1, 10], ids=["alone", "batched"])
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.usefixtures("moving")
def test_with_500_faults_in_1000_requests_it_converges_or_stops_cleanly(
    seed: int, batch_size: int, concurrency: int, lab: Lab
) -> None:
    dice = random.Random(seed)
    met: collections.Counter[str] = collections.Counter()

    def decide(service: str, _cmdlets: t.Sequence[str], item: int | None) -> Fault | None:
        if service != "admin":
            return None
        met["requests"] += item is None
        if dice.random() >= (0.5 if item is None else 0.2):
            return None
        met["faults"] += item is None
        action, arguments = dice.choice(TROUBLES if item is None else ITEM_TROUBLES)
        return Fault({}, action, **arguments)

    with scripted(lab, decide):
        result = run(lab, batch_size=batch_size, concurrency=concurrency)
    assert met["faults"] > 0.3 * met["requests"]
    stands = reached(lab)
    if "connectors" not in result:  # the list could not be read, so nothing was begun
        assert lab.journal.writes() == []
        assert result["error"]["retryable"] is True
    else:
        for outcome in result["connectors"]:
            if outcome["status"] in ("applied", "failed"):
                assert stands[outcome["name"]] == (outcome["status"] == "applied"), outcome
            else:
                assert outcome["status"] == "unknown"
        assert result.get("failed", False) == (result["summary"]["applied"] < SIZE)
    assert most_tries(lab) <= RETRIES * len(apply.PAUSES)

    again = run(lab)
    assert not again.get("failed"), again["msg"]
    assert all(reached(lab).values())
    assert run(lab)["summary"]["unchanged"] == SIZE


def most_tries(lab: Lab) -> int:
    """How often the most unfortunate write was sent."""
    sent: collections.Counter[str] = collections.Counter()
    for entry in lab.journal.writes():
        for cmdlet, parameters in zip(entry.cmdlets, entry.parameters, strict=True):
            sent[f"{cmdlet} {parameters.get('Identity') or parameters.get('Name')}"] += 1
    return max(sent.values(), default=0)


@pytest.mark.usefixtures("moving")
def test_with_half_of_the_requests_failing_most_lists_are_finished(lab: Lab) -> None:
    """So that converging is not the exception: with dice that fall the same each time, nine of ten are done."""
    done = 0
    for seed in range(4):
        lab.reset()
        dice = random.Random(seed)
        with scripted(
            lab, lambda service, _c, item, dice=dice: half(dice) if service == "admin" and item is None else None
        ):
            result = run(lab, concurrency=1)
        done += result.get("summary", {}).get("applied", 0)
    assert done >= 0.9 * 4 * SIZE


def half(dice: random.Random) -> Fault | None:
    action, arguments = dice.choice(TROUBLES)
    return Fault({}, action, **arguments) if dice.random() < 0.5 else None


# -- while throttled -------------------------------------------------------------------------------------------------


def wish_in(form: str, seconds: int) -> str:
    """Retry-After in one of its forms."""
    until = time.time() + seconds
    if form == "date":
        return email.utils.formatdate(until, usegmt=True)
    forms = {"asctime": "%a %b %e %H:%M:%S %Y", "rfc850": "%A, %d-%b-%y %H:%M:%S GMT"}
    return time.strftime(forms[form], time.gmtime(until)) if form in forms else str(seconds)


@pytest.mark.parametrize("batch_size", [1, 10], ids=["alone", "batched"])
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_sent_before_the_wish_is_over(seed: int, batch_size: int, moving: Time, lab: Lab) -> None:
    """Requests one after the other, on a clock that is exact; to Exchange and to the sign-in service."""
    dice = random.Random(seed)
    moments: list[Moment] = []

    def decide(service: str, cmdlets: t.Sequence[str], item: int | None) -> Fault | None:
        if item is None:
            moments.append(Moment(service, moving.now, moving.now))
        first_sign_in = service == "entra" and sum(one.service == "entra" for one in moments) == 1
        if not first_sign_in and (service == "entra" or dice.random() > 0.4):
            return None
        form, seconds = dice.choice(("seconds", "date", "asctime", "rfc850")), dice.randint(2, 200)
        # Dates are whole seconds, of which a part has passed.
        moments[-1] = moments[-1]._replace(until=max(moments[-1].until, moving.now + seconds - (form != "seconds")))
        if item is not None:
            return Fault({}, "error_item", status=429, headers={}, retry_after=wish_in(form, seconds))
        return Fault({}, "throttle", retry_after=wish_in(form, seconds), json=dice.random() < 0.5)

    with scripted(lab, decide):
        result = run(lab, batch_size=batch_size, concurrency=1, retries=3)
    early = [
        (place, one)
        for place, one in enumerate(moments)
        if any(one.service == other.service and one.at < other.until for other in moments[:place])
    ]
    assert early == []
    assert sum(one.until > one.at for one in moments) > (4 if batch_size == 1 else 2)
    assert moving.now > 100
    for outcome in result.get("connectors", []):
        assert (outcome["status"] == "applied") == reached(lab)[outcome["name"]]


@pytest.mark.parametrize("batch_size", [1, 3], ids=["alone", "batched"])
def test_nothing_is_sent_by_any_thread_before_the_wish_is_over(batch_size: int, lab: Lab) -> None:
    """Eight at a time, by the clock on the wall. What was under way may still arrive."""
    wish, under_way = 3.0, 1.0
    met: list[float] = []
    lab.latency = 0.02

    def decide(service: str, cmdlets: t.Sequence[str], item: int | None) -> Fault | None:
        if service != "admin" or item is not None or "New-OutboundConnector" not in cmdlets or met:
            return None
        met.append(time.time())
        return Fault({}, "throttle", retry_after=int(wish))

    with scripted(lab, decide):
        result = run(lab, concurrency=8, batch_size=batch_size)
    assert result["summary"]["applied"] == SIZE
    (start,) = met
    sent = [entry.at - start for entry in lab.journal.admin()]
    assert [after for after in sent if under_way < after < wish] == []
    assert len([after for after in sent if after >= wish]) > 4


def test_a_wish_for_hours_ends_all_of_it_with_what_was_done(moving: Time, lab: Lab) -> None:
    lab.faults.add(Fault({"cmdlet": "New-*"}, "throttle", None, after=5, retry_after=7200))
    result = run(lab, concurrency=1)
    assert result["error"]["kind"] == "throttled"
    assert "it asks to wait 7200 s, so run again after that" in result["msg"]
    assert [entry.status for entry in lab.journal.writes()] == [*[200] * 5, 429]
    assert lab.journal.admin()[-1].status == 429
    assert {outcome["name"] for outcome in result["connectors"] if outcome["status"] == "applied"} == {
        name for name, stands in reached(lab).items() if stands
    }
    assert moving.now == 0

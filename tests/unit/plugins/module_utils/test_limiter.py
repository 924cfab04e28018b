# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._limiter import Limiter


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


def limiter(most: int, time: Time) -> Limiter:
    return Limiter(most, sleep=time.sleep, clock=time.clock)


def test_throttling_halves_down_to_one(time: Time) -> None:
    tested = limiter(8, time)
    found = []
    for _round in range(5):
        with tested.slot() as wave:
            tested.throttled(wave, 0.0)
        found.append(tested.allowed)
    assert found == [4, 2, 1, 1, 1]


def test_requests_of_one_wave_count_once(time: Time) -> None:
    tested = limiter(8, time)
    with tested.slot() as first, tested.slot() as second, tested.slot() as third:
        for wave in (first, second, third):
            tested.throttled(wave, 0.0)
    assert tested.allowed == 4


def test_it_comes_back_one_by_one(time: Time) -> None:
    tested = limiter(4, time)
    with tested.slot() as wave:
        tested.throttled(wave, 0.0)
    found = []
    for _answer in range(6):
        tested.succeeded()
        found.append(tested.allowed)
    assert found == [2, 3, 3, 3, 4, 4]


def test_it_never_exceeds_what_was_asked_for(time: Time) -> None:
    tested = limiter(2, time)
    for _answer in range(10):
        tested.succeeded()
    assert tested.allowed == 2


def test_nobody_starts_before_the_pause_is_over(time: Time) -> None:
    tested = limiter(4, time)
    with tested.slot() as wave:
        tested.throttled(wave, 15.0)
    with tested.slot():
        assert time.slept == [15.0]
    with tested.slot():
        assert time.slept == [15.0]


def test_a_pause_made_longer_meanwhile_is_waited_for_as_well() -> None:
    clock = Time()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if len(clock.slept) == 1:  # another request, on its way since before, comes back now
            tested.throttled(None, 60.0)

    tested = Limiter(4, sleep=sleep, clock=clock.clock)
    tested.throttled(None, 5.0)
    with tested.slot():
        assert clock.slept == [5.0, 60.0]
    with tested.slot():
        assert clock.slept == [5.0, 60.0]


def test_no_more_than_allowed_are_in_flight(time: Time) -> None:
    tested = limiter(3, time)
    inside, lock = 0, threading.Lock()
    full, too_many, release = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        nonlocal inside
        with tested.slot():
            with lock:
                inside += 1
                if inside == 3:
                    full.set()
                if inside > 3:
                    too_many.set()
            release.wait(5)

    threads = [threading.Thread(target=work) for _number in range(6)]
    for thread in threads:
        thread.start()
    assert full.wait(5)
    assert not too_many.wait(0.1)
    release.set()
    for thread in threads:
        thread.join(5)
    assert inside == 6


def test_a_failure_inside_gives_the_place_back(time: Time) -> None:
    tested = limiter(1, time)
    for _round in range(3):
        with pytest.raises(OSError, match="x"), tested.slot():
            raise OSError("x")
    with tested.slot():
        pass

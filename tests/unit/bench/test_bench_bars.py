# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which bars of the benchmark are told as reached."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.bench.bars import Bar, bars, speed_up, tenant_bars
from ansible_collections.mailflow.exchange_online.tests.bench.measure import Cost
from ansible_collections.mailflow.exchange_online.tests.bench.runs import Run, Subject
from ansible_collections.mailflow.exchange_online.tests.bench.scenarios import CHANGE, FIRST, ONE_TENANT, SECOND
from ansible_collections.mailflow.exchange_online.tests.bench.tenants_bench import Tenants, Way, middle_of

PLAN = {"cpu": 0.5, "memory_mb": 60}


def cost(wall: float, child_mb: float = 50) -> Cost:
    return Cost(wall, wall, 60, 100, child_mb)


def tenants(way: Way, count: int, wall: float, requests: int = 0, **others: t.Any) -> Tenants:
    given = {"tenants": count, "partners": 500, "latency": 0.2, "cost": cost(wall), "writes": 0, "tokens": 0}
    return Tenants(way=way, requests=requests, lab_cpu=0.1, **{**given, **others})


def everything(**last: t.Any) -> list[Tenants]:
    """Runs that reach every bar; ``last`` changes the one over a hundred tenants."""
    ours = [tenants("in the controller", count, count / 10, 5 * count, tokens=count) for count in (10, 50)]
    whole: dict[str, t.Any] = {"wall": 10.0, "requests": 500, "tokens": 100, **last}
    short = {"partners": 50, "latency": 0}
    return [
        tenants("do nothing", 1, 0.1),
        *ours,
        tenants("do nothing", 100, 3),
        tenants("do nothing with the list", 100, 5),
        tenants("in the controller", 100, **whole),
        tenants("as modules", 100, 50, 500),
        tenants("one debug task", 1, 0.5, **short),
        tenants("in the controller", 1, 0.9, 5, **short),
    ]


def seen_bar(found: t.Sequence[Bar], words: str) -> Bar:
    (one,) = [row for row in found if words in row.measure]
    return one


def test_every_bar_of_many_tenants_can_be_reached() -> None:
    assert [row.measure for row in tenant_bars(everything()) if not row.reached] == []


@pytest.mark.parametrize(
    ("changed", "words", "counted"),
    [
        ({"requests": 501}, ": requests", True),
        ({"writes": 1}, ": writes", True),
        ({"tokens": 101}, ": tokens", True),
        ({"tokens": 99}, ": tokens", True),
        ({"wall": 10.1}, "faster than as modules", False),
        ({"wall": 10.1}, "doing nothing and waiting", False),
        ({"wall": 14.1}, "doing nothing with the same list and waiting", False),
        ({"cost": cost(10, 120)}, "MB of a fork", False),
    ],
)
def test_a_bar_of_many_tenants_is_missed(changed: dict[str, t.Any], words: str, counted: bool) -> None:
    given = everything(**{name: value for name, value in changed.items() if name != "cost"})
    if "cost" in changed:
        given = [dataclasses.replace(run, cost=changed["cost"]) if run.requests == 500 else run for run in given]
    row = seen_bar(tenant_bars(given), words)
    assert (row.reached, row.counted) == (False, counted)


def test_waiting_is_that_of_one_tenant_for_each_filling_of_the_forks() -> None:
    # Five requests, four at a time, are two turns of 0.2 s; twenty forks take twenty tenants at a time.
    waiting = [tenants("in the controller", count, 9, 5 * count).waiting() for count in (10, 20, 21, 100)]
    assert waiting == pytest.approx([0.4, 0.4, 0.8, 2.0])


def test_tenants_may_differ_in_time_by_15_percent() -> None:
    rows = tenant_bars(everything(wall=11.5 - 1e-9))
    assert seen_bar(rows, "s a tenant:").reached
    row = seen_bar(tenant_bars(everything(wall=11.6)), "s a tenant:")
    assert (row.reached, row.seen) == (False, "16 % (0.10 at 10, 0.10 at 50, 0.12 at 100)")


def test_the_start_of_ansible_is_taken_off_once() -> None:
    row = seen_bar(tenant_bars(everything()), "less Ansible's start")
    assert row.seen.startswith("10 % (0.09 at 10, 0.10 at 50, 0.10 at 100)")


def test_each_further_tenant_takes_as_long_as_the_one_before() -> None:
    rows = tenant_bars(everything(wall=5 + 50 * 0.114))
    row = seen_bar(rows, "each further tenant")
    assert (row.reached, row.seen) == (True, "14 % (0.10 at 10 to 50, 0.11 at 50 to 100)")
    assert not seen_bar(tenant_bars(everything(wall=5 + 50 * 0.116)), "each further tenant").reached


def test_half_a_second_above_a_debug_task_is_too_much() -> None:
    given = everything()
    assert seen_bar(tenant_bars(given), "above a debug task").seen == "0.40"
    slow = [dataclasses.replace(run, cost=cost(1.0)) if run.latency == 0 and run.requests else run for run in given]
    assert not seen_bar(tenant_bars(slow), "above a debug task").reached


def test_the_run_in_the_middle_counts() -> None:
    runs = [tenants("one debug task", 1, wall) for wall in (3, 1, 9, 2, 4)]
    assert middle_of(runs).cost.wall == 3


# -- one tenant -------------------------------------------------------------------------------------------------------


def run(subject: Subject, size: int, phase: str, requests: int, *, writes: int = 0, **others: t.Any) -> Run:
    given: dict[str, t.Any] = {"batch_size": 1, "cost": cost(2), "tokens": 1, **others}
    return Run(ONE_TENANT, subject, size, phase, requests=requests, writes=writes, lab_cpu=0, **given)


def one_tenant(**second: t.Any) -> list[Run]:
    return [
        run("role", 500, FIRST, 1008, writes=1000),
        run("role", 500, FIRST, 108, writes=1000, batch_size=10),
        run("role", 500, FIRST, 220, writes=210, packed=True),
        run("role", 500, CHANGE, 11, writes=1),
        run("role", 500, SECOND, **{"requests": 5, **second}),
        run("role", 500, SECOND, 5, packed=True),
        run("connector", 1, "unchanged", 4),
        run("role", 50, FIRST, 16, cost=cost(1), batch_size=10),
        run("role", 50, FIRST, 26, cost=cost(1), packed=True),
        run("role", 50, FIRST, 106, cost=cost(4)),
        run("uri loop", 50, FIRST, 200, cost=cost(40)),
    ]


def test_every_bar_of_one_tenant_can_be_reached() -> None:
    rows = bars(one_tenant(), PLAN)
    assert [row.measure for row in rows if not row.reached] == []
    assert seen_bar(rows, "first run: times faster than the loop").seen == "10.0"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"requests": 6}, f"N up to {1000:d}: requests"),
        ({"writes": 1}, "any N: writes"),
        ({"tokens": 2}, "tokens per module call"),
    ],
)
def test_a_count_of_one_tenant_is_missed(changed: dict[str, t.Any], words: str) -> None:
    row = seen_bar(bars(one_tenant(**changed), PLAN), words)
    assert (row.reached, row.counted) == (False, True)


def test_a_creation_that_reads_more_is_a_missed_bar() -> None:
    runs = [dataclasses.replace(one, requests=1011) if one.requests == 1008 else one for one in one_tenant()]
    rows = [row for row in bars(runs, PLAN) if row.measure == "create 500 partners one by one: requests"]
    assert [(row.reached, row.counted) for row in rows] == [(False, True)]


def test_packing_that_saves_no_write_is_a_missed_bar() -> None:
    runs = [dataclasses.replace(one, writes=1000) if one.packed and one.phase == FIRST else one for one in one_tenant()]
    assert not seen_bar(bars(runs, PLAN), "packed: writes").reached


def test_a_loop_is_compared_with_the_role_as_it_comes() -> None:
    assert speed_up(one_tenant(), "uri loop", 50, FIRST) == pytest.approx((10.0, 200 / 106))
    assert speed_up(one_tenant(), "uri loop", 50, SECOND) is None
    assert speed_up(one_tenant(), "connector loop", 50, FIRST) is None

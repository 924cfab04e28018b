# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bars of the project, compared with what this run has seen."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from .runs import Run
from .scenarios import CHANGE, FIRST, ONE_TENANT, SECOND
from .tenants_bench import Tenants

COMPARED = 50
CREATED = 500
PAGE = 1000


@dataclasses.dataclass(frozen=True)
class Bar:
    """``counted``: a count that is the same on every machine, other than a time or a size in memory."""

    measure: str
    aim: str
    seen: str
    reached: bool
    counted: bool


def bars(runs: t.Sequence[Run], plan: t.Mapping[str, t.Any]) -> list[Bar]:
    """Return every bar in the order in which the project set them."""
    role = [run for run in runs if run.subject == "role"]
    alone = [run for run in role if not run.packed]
    return [
        *_second_runs([run for run in alone if run.phase == SECOND]),
        *_creations([run for run in alone if run.size == CREATED]),
        *_packed([run for run in role if run.size == CREATED and run.phase == FIRST]),
        *_speed(runs),
        *_plan(plan),
        *_tokens([run for run in runs if run.subject != "uri loop"]),
        *_connector([run for run in runs if run.subject == "connector"]),
    ]


def _second_runs(second: t.Sequence[Run]) -> list[Bar]:
    alone = {run.size: run.requests for run in second if run.batch_size == 1}
    batched = {run.size: run.requests for run in second if run.batch_size > 1}
    paged = {size: number for size, number in alone.items() if size > PAGE}
    within = {size: number for size, number in alone.items() if size <= PAGE}
    rows = [_at_most(f"second run, N up to {PAGE}: requests", 5, max(within.values()), _by_size(within))]
    if batched:
        rows.append(_at_most("second run, batch_size 10: requests", 5, max(batched.values()), _by_size(batched)))
    if paged:
        # The service hands out a thousand records a page; without batches each further page is a request of its own.
        beyond = _at_most(f"second run, N over {PAGE}, one by one: requests", 5, max(paged.values()), _by_size(paged))
        rows.append(dataclasses.replace(beyond, counted=False))
    return [*rows, _at_most("second run, any N: writes", 0, max(run.writes for run in second))]


def _by_size(requests: t.Mapping[int, int]) -> str:
    return ", ".join(f"{number} at N={size}" for size, number in sorted(requests.items()))


def _creations(runs: t.Sequence[Run]) -> list[Bar]:
    if not runs:
        return []
    single = next(run for run in runs if run.phase == FIRST and run.batch_size == 1)
    batched = next(run for run in runs if run.phase == FIRST and run.batch_size == 10)
    change = next(run for run in runs if run.phase == CHANGE)
    return [
        Bar(f"one changed partner among {CREATED}: writes", "1", str(change.writes), change.writes == 1, counted=True),
        _at_most(f"create {CREATED} partners one by one: requests", 1010, single.requests),
        _at_most(f"create {CREATED} partners, batch_size 10: requests", 110, batched.requests),
    ]


def _packed(runs: t.Sequence[Run]) -> list[Bar]:
    packed = [run.writes for run in runs if run.packed]
    alone = min((run.writes for run in runs if not run.packed), default=0)
    measure = f"create {CREATED} partners packed: writes"
    return [Bar(measure, f"< {alone}", str(writes), writes < alone, counted=True) for writes in packed]


def _speed(runs: t.Sequence[Run]) -> list[Bar]:
    return [
        Bar(
            f"N={COMPARED}, {phase} run: times faster than the loop",
            f">= {least}",
            f"{times[0]:.1f}",
            times[0] >= least,
            counted=False,
        )
        for phase, least in ((FIRST, 10), (SECOND, 25))
        for times in [speed_up(runs, "uri loop", COMPARED, phase)]
        if times is not None
    ]


def speed_up(runs: t.Sequence[Run], subject: str, size: int, phase: str) -> tuple[float, float] | None:
    """How many times faster the role is than a loop, and how many fewer requests it sends; None where one of them was
    not run. The role as it comes: neither in batches nor packed."""
    like = [run for run in runs if (run.group, run.size, run.phase) == (ONE_TENANT, size, phase)]
    role = [run for run in like if run.subject == "role" and run.batch_size == 1 and not run.packed]
    loop = [run for run in like if run.subject == subject]
    if not role or not loop:
        return None
    return loop[0].cost.wall / role[0].cost.wall, loop[0].requests / role[0].requests


def _plan(plan: t.Mapping[str, t.Any]) -> list[Bar]:
    cpu, memory = plan["cpu"], plan["memory_mb"]
    return [
        Bar("plan for 1,800 partners against 6,250: CPU s", "< 2", f"{cpu:.2f}", cpu < 2, counted=False),
        Bar("plan for 1,800 partners against 6,250: MB", "< 200", f"{memory:.0f}", memory < 200, counted=False),
    ]


def partner_bar(cost: t.Mapping[str, t.Any]) -> Bar:
    """What it costs to compose the connectors of a long list and to find what is in their way."""
    measure = f"connectors and conflicts of {cost['partners']} partners against {cost['connectors']}: CPU s"
    return Bar(measure, f"< {cost['bar']:.0f}", f"{cost['cpu']:.2f}", cost["reached"], counted=False)


def tenant_bars(runs: t.Sequence[Tenants]) -> list[Bar]:
    """The bars of many tenants, and of the one short task."""
    many = [run for run in runs if run.latency]
    short = {run.way: run.cost.wall for run in runs if not run.latency}
    here = {run.tenants: run for run in many if run.way == "in the controller"}
    beside = {(run.way, run.tenants): run.cost.wall for run in many}
    most = max(here)
    run, what = here[most], f"{most} tenants of {here[most].partners} partners"
    faster = beside["as modules", most] / run.cost.wall
    above = short["in the controller"] - short["one debug task"]
    return [
        _at_most(f"{what}, nothing to do: requests", 5 * most, run.requests),
        _at_most(f"{what}, nothing to do: writes", 0, run.writes),
        Bar(f"{what}: tokens", str(most), str(run.tokens), run.tokens == most, counted=True),
        Bar(f"{what}: times faster than as modules", ">= 5", f"{faster:.1f}", faster >= 5, counted=False),
        *(_beside_nothing(run, way, beside[way, most]) for way in ("do nothing", "do nothing with the list")),
        _linear("s a tenant", {str(count): one.each for count, one in here.items()}),
        _linear(
            "s a tenant less Ansible's start",
            {str(count): (one.cost.wall - beside["do nothing", 1]) / count for count, one in here.items()},
        ),
        _linear(
            "s for each further tenant",
            {
                f"{fewer} to {more}": (here[more].cost.wall - here[fewer].cost.wall) / (more - fewer)
                for fewer, more in itertools.pairwise(sorted(here))
            },
        ),
        Bar(f"{what}: MB of a fork", "< 120", f"{run.cost.child_mb:.0f}", run.cost.child_mb < 120, counted=False),
        Bar("one task, 50 partners: s above a debug task", "< 0.5", f"{above:.2f}", above < 0.5, counted=False),
    ]


def _beside_nothing(run: Tenants, way: str, nothing: float) -> Bar:
    """``nothing``: seconds that Ansible takes where nothing is done, with or without the list that is handed over."""
    floor = nothing + run.waiting()
    handed = " with the same list" if "list" in way else ""
    return Bar(
        f"{run.tenants} tenants of {run.partners} partners: times the wall time of doing nothing{handed} and waiting"
        f" ({floor:.1f} s)",
        "<= 2",
        f"{run.cost.wall / floor:.1f}",
        run.cost.wall <= 2 * floor,
        counted=False,
    )


def _linear(measure: str, each: t.Mapping[str, float]) -> Bar:
    """``each``: seconds for one tenant, by how many there were."""
    spread = max(each.values()) / min(each.values()) - 1
    told = ", ".join(f"{seconds:.2f} at {count}" for count, seconds in each.items())
    seen = f"{spread * 100:.0f} % ({told})"
    return Bar(f"{measure}: from the least to the most", "<= 15 %", seen, spread <= 0.15, counted=False)


def _tokens(runs: t.Sequence[Run]) -> list[Bar]:
    wrong = [run for run in runs if run.tokens != run.module_calls]
    calls, tokens = sum(run.module_calls for run in runs), sum(run.tokens for run in runs)
    return [Bar("tokens per module call", "1", f"{tokens} in {calls} calls", not wrong, counted=True)]


def _connector(runs: t.Sequence[Run]) -> list[Bar]:
    return [
        _at_most("bare connector, unchanged: tokens", 1, max(run.tokens for run in runs)),
        _at_most("bare connector, unchanged: reads", 4, max(run.requests for run in runs)),
    ]


def _at_most(measure: str, most: int, number: int, seen: str | None = None) -> Bar:
    return Bar(measure, f"<= {most}" if most else "0", seen or str(number), number <= most, counted=True)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The network goes, or the run dies, at each request of plan, apply, validate and record; the next run converges."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration.model_list import Partner
from ansible_collections.mailflow.exchange_online.tests.integration.model_machine import Model, Values

YESTERDAY = (
    Partner("Alpha", ("one.example", "two.example")),
    Partner("Beta", ("three.example",), level="encryption_only", validated=True),
    Partner("Delta", ("five.example",), demand="certificate"),
)
#: A domain moves, a level rises and is validated first, somebody comes and is validated, somebody goes.
TODAY = (
    Partner("Alpha", ("one.example",)),
    Partner("Beta", ("three.example", "two.example"), level="domain_validation", validated=True),
    Partner("Gamma", ("four.example",), demand="addresses", validated=True),
    Partner("Delta", ("five.example",), state="absent"),
)
#: No run of these takes more requests.
_MOST = 200


class World:
    """A tenant in which yesterday's list stands, and today's list."""

    def __init__(self) -> None:
        self.model = Model()

    def __enter__(self) -> t.Self:
        for partner in YESTERDAY:
            self.model.listed[partner.name] = partner
        assert self.run() is not None
        self.model.listed = {partner.name: partner for partner in TODAY}
        return self

    def __exit__(self, *_problem: object) -> None:
        self.model.teardown()

    def run(self, **ending: t.Any) -> Values | None:
        """A run, in which nobody may be less protected at any moment than is agreed."""
        return self.model.run(["Delta"], batch=ending.pop("batch", 1), prune=False, **ending)

    def standing(self) -> dict[tuple[str, str], Values]:
        """What stands, by direction and name."""
        return {(where, str(record["Name"])): record for (where, _guid), record in self.model.settings().items()}


@pytest.mark.parametrize("batch", [1, 10], ids=["one by one", "batched"])
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("cut", [True, False], ids=["network", "killed"])
def test_whatever_ends_at_any_request_is_made_good_by_the_next_run(batch: int, late: bool, cut: bool) -> None:
    with World() as world:
        assert world.run(batch=batch) is not None
        requests, end = world.model.tenant.requests, world.standing()
    assert 15 < requests < _MOST
    assert ("inbound", "Forced TLS from Delta") not in end
    for at in range(1, requests + 1):
        with World() as world:
            result = world.run(batch=batch, die_at=at, late=late, cut=cut)
            if cut:
                _is_told(world, result, at)
            again = world.run()
            assert again is not None, at
            assert again["outcome"]["error"] is None, (at, again["outcome"]["msg"])
            assert world.standing() == end, at
            assert world.run() is not None
            assert world.model.tenant.told == [], at


def _is_told(world: World, result: Values | None, at: int) -> None:
    """A run that lost its network says so in a sentence, and claims nothing that it cannot know."""
    if result is None:
        told = world.model.stopped
    elif result["outcome"]["error"] is not None:
        told = result["outcome"]["msg"]
    else:
        # All that was to be written was written; only a validation, its record or the look at the end is missing.
        problems = [one["error"]["message"] for one in result["validations"] if one["error"]]
        told = " ".join([*problems, *result["warnings"]])
    assert "connection" in told, (at, told)
    assert "Traceback" not in told


def test_a_run_that_loses_its_network_while_it_reads_changes_nothing() -> None:
    with World() as world:
        before = world.standing()
        for at in range(1, 6):
            assert world.run(die_at=at, cut=True) is None
            assert (world.standing(), world.model.tenant.told) == (before, []), at
            assert "no connection" in world.model.stopped, world.model.stopped

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ten thousand steps of the model, and proof that it sees what it is there to see.

``HYPOTHESIS_PROFILE=explore`` with ``--hypothesis-seed=N`` walks other ways, different ones for each N and each part.
"""

from __future__ import annotations

import dataclasses
import os
import random
import re
import typing as t

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import apply, guards, runner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.commands import rounds
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fate import Fate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import (
    compose,
    fleet,
    gather_limits,
    glass,
    handover,
    outcomes,
    pack,
    undo,
)
from ansible_collections.mailflow.exchange_online.tests.integration.model_machine import Model

STEPS = 10_000
#: Each is a test of its own, so that they run side by side.
PARTS = 4
_EXAMPLES, _LENGTH, _MOST_ROUNDS = 20, 50, 20
_EXPLORING = os.environ.get("HYPOTHESIS_PROFILE") == "explore"


def walk(machine: type[Model], number: int) -> None:
    """Some walks of a machine; the same ones for the same number."""
    choose = settings(
        max_examples=_EXAMPLES,
        stateful_step_count=_LENGTH,
        deadline=None,
        database=None,
        # A walk that fails is told as it is: making it shorter takes minutes, and says little more.
        phases=(Phase.generate, Phase.shrink) if _EXPLORING else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(machine), settings=choose)


def is_seen(machine: type[Model], words: str) -> bool:
    """Whether one of several walks, which meet nearly everything, ends in these words; others may end in other ones."""
    for number in range(_MOST_ROUNDS):
        try:
            walk(machine, number)
        except AssertionError as problem:
            # Not what Hypothesis adds of the walk: that names all there is.
            if re.search(words, str(problem)):
                return True
    return False


def machine_of_its_own() -> type[Model]:
    """A machine that counts for itself."""
    return type("Model", (Model,), {"made": 0})


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_happens_the_tenant_becomes_the_list_and_nobody_is_exposed(
    part: int, pytestconfig: pytest.Config
) -> None:
    machine = machine_of_its_own()
    first = part * _MOST_ROUNDS
    if _EXPLORING:
        asked = pytestconfig.getoption("hypothesis_seed", None)
        first += 1000 * (int(asked) if asked is not None else random.randrange(1, 10**9))
    for number in range(_MOST_ROUNDS):
        if machine.made < STEPS // PARTS:
            walk(machine, first + number)
    assert machine.made >= STEPS // PARTS


def _backwards(changes: t.Iterable[t.Any]) -> list[t.Any]:
    return rounds(changes)[::-1]


def _without_guards(changes: t.Sequence[t.Any], _policy: object, _standing: object) -> list[t.Any]:
    return list(changes)


def _blind(plan: Plan) -> list[Fate]:
    return [Fate(change, "unchanged") for change in plan.changes]


def _short(one: pack.Pack) -> t.Iterator[t.Any]:
    return _PACK_ENTRIES(dataclasses.replace(one, domains=one.domains[:1]))


def _careless(_comment: str) -> None:
    return None


def _in_part(record: t.Any, _without: object) -> dict[str, t.Any]:
    kept = {name: value for name, value in record.before.items() if name not in ("enabled", "tls_settings")}
    return {**kept, "allow_weaken": True}


def _touchy(plan: t.Any, failed: t.Sequence[t.Any]) -> list[str]:
    return _FAILED_PARTNERS({**plan, "refused": []}, failed)


def _silent(*_connector: object) -> str:
    return ""


def _left_alone(*_asked: object) -> tuple[()]:
    return ()


def _talkative(partner: t.Any, stand: t.Any, _adopted: object) -> dict[str, t.Any]:
    return _COMMON(partner, stand, "")


_COMMON = compose._common
_PACK_ENTRIES = fleet._pack_entries
_FAILED_PARTNERS = outcomes._failed_partners


def _forgetful(_command: object, _standing: object, _owner: object) -> bool:
    return True


@pytest.mark.parametrize(
    ("place", "name", "fault", "told"),
    [
        (apply, "rounds", _backwards, "is demanded|could not be brought to the wished state"),
        (guards, "guarded", _without_guards, "is demanded"),
        (apply, "took_effect", _forgetful, ""),
        (runner, "foresee", _blind, "Check mode told"),
        (fleet, "_pack_entries", _short, "is not there|is demanded"),
        (glass, "break_glass_of", _careless, "although the glass is broken"),
        (undo, "_entry", _in_part, "did not come back"),
        (outcomes, "_failed_partners", _touchy, r"A wave did not come|what came is \['wave'\]"),
        (gather_limits, "what_deletes", _silent, "The gathered list changes"),
        (handover.Handover, "_less_taken", _left_alone, "are in use twice"),
        (compose, "_common", _talkative, "have another comment"),
    ],
    ids=[
        "domains leave before they arrive",
        "nobody has to agree",
        "lost writes count as made",
        "check mode tells nothing",
        "a shared connector leaves somebody out",
        "nobody sees the broken glass",
        "a rollback forgets something",
        "what is refused stops the waves",
        "a gathered list says nothing of leftovers",
        "what stays keeps what others have got",
        "what is adopted gets a comment of ours",
    ],
)
def test_a_fault_in_the_product_is_seen(
    place: object, name: str, fault: object, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, name, fault)
    assert is_seen(machine_of_its_own(), told), "No walk came upon it in these words"

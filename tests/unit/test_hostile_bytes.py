# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parsers of foreign bytes on the seeds of tests/fuzz, and on what hypothesis makes of them."""

from __future__ import annotations

import importlib
import pathlib
import time
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.tests import fuzz
from ansible_collections.mailflow.exchange_online.tests.fuzz.targets import TARGETS

#: Seconds of this process for one input, which is short. What made these seeds necessary took minutes.
SLOWEST = 5.0
HARNESSES = {name: importlib.import_module(f"{fuzz.__name__}.{name}") for name in TARGETS}
SEEDS = [(name, seed) for name, harness in HARNESSES.items() for seed in harness.SEEDS]
#: What changes the meaning of text more often than any byte does.
PIECES = [b"\x00", b"\xff", b"\r\n", b"\n", b"\x1b[", b"\xe2\x80\xae", b"\xed\xa0\x80"]
PIECES += [b"{", b"[]", b'"', b"null", b"-1", b": ", b"@"]
PLACE = st.integers(0, 9999)  # of ten thousand
CHANGE = st.tuples(PLACE, PLACE, st.sampled_from(PIECES) | st.binary(max_size=4))


def mangled(seed: bytes, changes: t.Sequence[tuple[int, int, bytes]]) -> bytes:
    """The seed with some of its bytes replaced by others, or left out."""
    for place, length, new in changes:
        start = place * len(seed) // 10000
        seed = seed[:start] + new + seed[start + len(new) * (length % 3) :]
    return seed


def check(name: str, data: bytes) -> None:
    began = time.process_time()
    HARNESSES[name].check(data)
    assert time.process_time() - began < SLOWEST


@pytest.mark.parametrize(("name", "seed"), SEEDS, ids=[f"{name}-{number}" for number, (name, _s) in enumerate(SEEDS)])
def test_seeds_keep_the_promises(name: str, seed: bytes) -> None:
    check(name, seed)


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
@settings(max_examples=settings.default.max_examples // 2)
def test_nearly_good_bytes_keep_the_promises(name: str, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(HARNESSES[name].SEEDS))
    check(name, mangled(seed, data.draw(st.lists(CHANGE, min_size=1, max_size=6))))


def test_every_harness_is_run() -> None:
    place = pathlib.Path(str(fuzz.__file__)).parent
    helpers = {"__init__", "__main__", "promises", "targets"}
    assert {file.stem for file in place.glob("*.py")} - helpers == set(TARGETS)

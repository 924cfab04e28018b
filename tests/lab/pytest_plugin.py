# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for tests against the lab. Import them in a conftest.py.

A lab of its own for each test: it starts in some hundredths of a second once the process has its keys, and nothing that
one test did is there in the next.
"""

from __future__ import annotations

import typing as t

import pytest

from .server import Lab

MakeLab = t.Callable[..., Lab]


@pytest.fixture
def make_lab() -> t.Iterator[MakeLab]:
    """Starts labs with the arguments of Lab; they end with the test."""
    running: list[Lab] = []

    def make(*arguments: t.Any, **named: t.Any) -> Lab:
        lab = Lab(*arguments, **named)
        lab.start()
        running.append(lab)
        return lab

    yield make
    for lab in running:
        lab.stop()


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """A lab with the usual seed."""
    return make_lab()

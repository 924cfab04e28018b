# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of a long step, and when."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._progress import PAUSE, Progress


class Watch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_is_told_now_and_then_and_never_at_the_end() -> None:
    told: list[str] = []
    watch = Watch()
    progress = Progress("Writing connectors", 5, told.append, watch)
    progress.done()
    watch.now += PAUSE - 0.1
    progress.done()
    assert told == []
    watch.now += 0.1
    progress.done()
    assert told == ["Writing connectors: 3 of 5 done"]
    watch.now += 1
    progress.done()
    watch.now += PAUSE
    progress.done()
    assert told == ["Writing connectors: 3 of 5 done"]


def test_failures_are_told() -> None:
    told: list[str] = []
    watch = Watch()
    progress = Progress("Validating connectors", 40, told.append, watch)
    progress.done(10, failed=2)
    watch.now += PAUSE
    progress.done(10)
    assert told == ["Validating connectors: 20 of 40 done, 2 of them failed"]

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""How many requests are in flight: fewer at once when the service asks for it, then slowly more again."""

from __future__ import annotations

import contextlib
import threading
import typing as t


class Limiter:
    """At most ``most`` at a time; halved by each wave of throttling, one more after each good round.

    ``sleep`` and ``clock`` are given so that tests need not wait; ``clock`` must never run backwards.
    """

    def __init__(self, most: int, *, sleep: t.Callable[[float], None], clock: t.Callable[[], float]) -> None:
        self._most = most
        self._allowed = most
        self._in_flight = 0
        self._good = 0
        self._wave = 0
        self._not_before = 0.0
        self._sleep = sleep
        self._clock = clock
        self._changed = threading.Condition()

    @property
    def allowed(self) -> int:
        """How many may be in flight now."""
        with self._changed:
            return self._allowed

    @contextlib.contextmanager
    def slot(self) -> t.Iterator[int]:
        """Wait for a place and hold it. The value is for ``throttled()``."""
        with self._changed:
            self._changed.wait_for(lambda: self._in_flight < self._allowed)
            self._in_flight += 1
        try:
            yield self._admitted()
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def _admitted(self) -> int:
        """Wait until the pause is over, also where it was made longer meanwhile; return the wave."""
        served = 0.0
        while True:
            with self._changed:
                wave, until = self._wave, self._not_before
                pause = until - self._clock()
            if pause <= 0 or until <= served:
                return wave
            self._sleep(pause)
            served = until

    def throttled(self, wave: int | None, pause: float) -> None:
        """The service wants less. Requests of one wave count once; nobody starts before ``pause`` seconds are over."""
        with self._changed:
            self._not_before = max(self._not_before, self._clock() + pause)
            self._good = 0
            if wave is None or wave == self._wave:
                self._wave += 1
                self._allowed = max(1, self._allowed // 2)

    def succeeded(self) -> None:
        """A request was answered: after as many as may be in flight, one more may be."""
        with self._changed:
            self._good += 1
            if self._good >= self._allowed and self._allowed < self._most:
                self._good = 0
                self._allowed += 1
                self._changed.notify_all()

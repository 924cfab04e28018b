# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""How far a long step is, for whoever watches the job."""

from __future__ import annotations

import threading
import time
import typing as t

Tell = t.Callable[[str], None]

#: Seconds from one line to the next. Who watches wants to know that it goes on, and a job's output is kept.
PAUSE = 10.0


def tell_nobody(text: str) -> None:
    """Where there is no way to show anything before the end."""


class Progress:
    """Counts what is done of a step, from several threads, and tells it now and then; nothing of a short step."""

    def __init__(self, step: str, total: int, tell: Tell, now: t.Callable[[], float] = time.monotonic) -> None:
        self._step = step
        self._total = total
        self._tell = tell
        self._now = now
        self._done = 0
        self._failed = 0
        self._last = now()
        self._lock = threading.Lock()

    def done(self, number: int = 1, *, failed: int = 0) -> None:
        """Count. ``failed`` of them did not do what they were to do."""
        with self._lock:
            self._done += number
            self._failed += failed
            now = self._now()
            if now - self._last < PAUSE or self._done >= self._total:
                return
            self._last = now
            failures = f", {self._failed} of them failed" if self._failed else ""
            self._tell(f"{self._step}: {self._done} of {self._total} done{failures}")

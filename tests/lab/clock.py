# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time of a lab: that of this machine, and what was skipped so that nobody waits for a day to pass."""

from __future__ import annotations

import datetime as dt
import time


class Clock:
    """Time that can be put forward, never back, except to that of the machine."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def monotonic(self) -> float:
        """Seconds for measuring."""
        return time.monotonic() + self._skipped

    def now(self) -> dt.datetime:
        """Date and time in UTC."""
        return dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=self._skipped)

    def skip_to(self, moment: dt.datetime) -> None:
        """Put the clock forward to a moment; one that has passed changes nothing."""
        self._skipped += max((moment - self.now()).total_seconds(), 0.0)

    def reset(self) -> None:
        """Back to the time of the machine."""
        self._skipped = 0.0

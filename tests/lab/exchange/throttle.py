# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Too many requests at once, and the headers that count them."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import time
import typing as t

from .evidence import cite
from .wire import ERROR_TYPE, Answer

if t.TYPE_CHECKING:
    from ..switches import Switches

TEXT = "You have reached the maximum number of concurrent requests per tenant. Please wait and try again"
QUOTA = 30000
WINDOW = 16.0


def retry_after(form: str, seconds: float) -> dict[str, str]:
    """The Retry-After header: whole seconds, an HTTP date, or none."""
    if form == "seconds":
        return {"Retry-After": str(int(seconds))}
    if form == "date":
        return {"Retry-After": email.utils.formatdate(time.time() + seconds, usegmt=True)}
    return {}


def throttled(switches: Switches) -> Answer:
    """The 429 for more requests in flight than the tenant may have."""
    headers = retry_after(str(switches["retry_after"]), float(switches["retry_after_seconds"]))
    if switches["throttle_body"] == "json":
        body = json.dumps({"error": {"code": "TooManyRequests", "message": TEXT}}).encode()
        return Answer(429, body, cite("throttle.json"), TEXT, {"Content-Type": ERROR_TYPE, **headers})
    return Answer(429, TEXT.encode(), cite("throttle.text"), TEXT, {"Content-Type": "text/plain", **headers})


class Meter:
    """Requests in flight per tenant, and requests left in the current window."""

    def __init__(self) -> None:
        self._in_flight: dict[str, int] = {}
        self._left = QUOTA
        self._reset = 0.0

    def enter(self, tenant_id: str, limit: int) -> bool:
        """Count a request in, unless as many as ``limit`` (0: any number) are running already."""
        running = self._in_flight.get(tenant_id, 0)
        if limit and running >= limit:
            return False
        self._in_flight[tenant_id] = running + 1
        return True

    def leave(self, tenant_id: str) -> None:
        """Count a request out."""
        self._in_flight[tenant_id] -= 1

    def headers(self) -> dict[str, str]:
        """The Rate-Limit headers of the next answer."""
        now = time.time()
        if now >= self._reset:
            self._left, self._reset = QUOTA, now + WINDOW
        self._left = max(self._left - 1, 0)
        reset = dt.datetime.fromtimestamp(self._reset, dt.timezone.utc)
        return {
            "Rate-Limit-Limit": str(QUOTA),
            "Rate-Limit-Remaining": str(self._left),
            "Rate-Limit-Reset": f"{reset:%Y-%m-%dT%H:%M:%S.%f}Z",
        }

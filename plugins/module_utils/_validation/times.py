# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Times as Exchange writes them, and ages as people write them. Pure."""

from __future__ import annotations

import datetime as dt
import re

#: 2026-07-24T18:59:12.0000000, with Z, with an offset or with neither: all of it is UTC unless it says otherwise.
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(Z|[+-]\d\d:\d\d)?", re.IGNORECASE)
_MILLISECONDS = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_AGE = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*([mhdw]?)", re.IGNORECASE)
_HOURS = {"m": 1 / 60, "h": 1.0, "": 1.0, "d": 24.0, "w": 168.0}


def read_time(stored: object) -> dt.datetime | None:
    """Return a time of Exchange in UTC, None where there is none or where it cannot be read."""
    text = stored.strip() if isinstance(stored, str) else ""
    match = _MILLISECONDS.fullmatch(text)
    try:
        if match is not None:
            return dt.datetime.fromtimestamp(int(match[1]) / 1000, dt.timezone.utc)
        match = _ISO.fullmatch(text)
        if match is None:
            return None
        zone = (match[3] or "Z").upper().replace("Z", "+00:00")
        return dt.datetime.fromisoformat(f"{match[1]}T{match[2]}{zone}").astimezone(dt.timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


def write_time(when: dt.datetime) -> str:
    """Return a time as a cmdlet takes it, in whole seconds of UTC."""
    return when.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_age(text: str) -> dt.timedelta:
    """Return an age: a number of hours, or a number with m, h, d or w. Raises ValueError with half a sentence."""
    match = _AGE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not an age; give hours such as 12, or a text such as 90m, 12h, 30d or 4w")
    return dt.timedelta(hours=float(match[1]) * _HOURS[match[2].lower()])

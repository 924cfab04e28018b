# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Points in time, as they come from modules, from Exchange and from plans, and as the report tells them. Pure."""

from __future__ import annotations

import datetime as dt
import re

# Not through the times of the validation and of the partner list: here what cannot be read is no time, never an error.
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)?)?", re.IGNORECASE)
_RUN_ID = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*", re.DOTALL)


def read(text: object) -> dt.datetime | None:
    """Return a time in UTC, None where there is none or where it cannot be read. Without a zone it is UTC."""
    match = _ISO.fullmatch(str(text).strip()) if text else None
    if match is None:
        return None
    zone = (match[4] or "Z").upper().replace("UTC", "Z").replace("Z", "+00:00")
    zone = zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    try:
        when = dt.datetime.fromisoformat(f"{match[1]}T{match[2] or '00:00'}{match[3] or ':00'}{zone}")
        return when.astimezone(dt.timezone.utc)
    except (ValueError, OverflowError):
        return None


def started(run_id: object) -> dt.datetime | None:
    """Return the time that a run's identifier begins with."""
    match = _RUN_ID.fullmatch(str(run_id or ""))
    return read("{}-{}-{}T{}:{}:{}Z".format(*match.groups())) if match else None


def said(when: dt.datetime | None) -> str:
    """For people: 2026-12-01 08:00 UTC."""
    return when.strftime("%Y-%m-%d %H:%M UTC") if when else ""


def day(when: dt.datetime | None) -> str:
    return when.strftime("%Y-%m-%d") if when else ""


def iso(when: dt.datetime | None) -> str | None:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else None


def days(until: dt.datetime, now: dt.datetime) -> int:
    """Whole days, negative once it has passed."""
    return (until - now).days


def distance(until: dt.datetime, now: dt.datetime) -> str:
    """In words: today, in 1 day, 3 days ago."""
    apart = (until.date() - now.date()).days
    if apart == 0:
        return "today"
    unit = "day" if abs(apart) == 1 else "days"
    return f"in {apart} {unit}" if apart > 0 else f"{-apart} {unit} ago"

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Points in time as people write them in a partner list, and as they are told. Pure."""

from __future__ import annotations

import datetime as dt
import re

from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.values import Wrong, kind_of, shortened

_WRITTEN = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[T ]+(?P<time>\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?\s*(?P<zone>Z|UTC|[+-]\d\d(?::?\d\d)?)?)?",
    re.IGNORECASE,
)
_REMEDY = "write a date such as 2026-12-01 or a time such as 2026-12-01T08:00Z; without a zone it is UTC"


def moment(value: object) -> dt.datetime:
    """A point in time, in UTC. A date alone is its first moment; a time without a zone is UTC.

    YAML hands over what looks like a date as an object, everything else comes as a text.
    """
    try:
        if isinstance(value, dt.datetime):
            zoned = value if value.tzinfo is not None else value.replace(tzinfo=dt.timezone.utc)
            return zoned.astimezone(dt.timezone.utc).replace(microsecond=0)
        if isinstance(value, dt.date):
            return dt.datetime(value.year, value.month, value.day, tzinfo=dt.timezone.utc)
        if isinstance(value, str):
            return _read(value)
    except (ValueError, OverflowError):
        raise Wrong(f"'{shortened(str(value))}' is neither a date nor a time; {_REMEDY}") from None
    raise Wrong(f"'{shortened(str(value))}' is {kind_of(value)}, neither a date nor a time; {_REMEDY}")


def _read(text: str) -> dt.datetime:
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    zone = (match["zone"] or "Z").upper()
    if zone in ("Z", "UTC"):
        zone = "+00:00"
    elif ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:] or '00'}"
    return dt.datetime.fromisoformat(f"{match['date']}T{match['time'] or '00:00'}{zone}").astimezone(dt.timezone.utc)


def said(when: dt.datetime) -> str:
    """A point in time for people: 2026-12-01 08:00 UTC."""
    return when.strftime("%Y-%m-%d %H:%M:%S UTC" if when.second else "%Y-%m-%d %H:%M UTC")


def iso(when: dt.datetime) -> str:
    """A point in time for machines: 2026-12-01T08:00:00Z."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(moment: dt.datetime | None) -> str | None:
    """Return a moment as results show it, or nothing where there is none."""
    return None if moment is None else iso(moment)

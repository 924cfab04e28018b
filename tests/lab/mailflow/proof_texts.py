# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts and conversations of the mail flow without what differs from run to run, for pages that people read. Pure."""

from __future__ import annotations

import datetime as dt
import re
import typing as t

from .queue import LIFE

#: When all that is shown began.
_START: t.Final = dt.datetime(2026, 11, 25, 9, 41, 7, tzinfo=dt.UTC)
_STAMP: t.Final = "2026-11-25T09:41:07.123Z"
_GREETED: t.Final = "Wed, 25 Nov 2026 09:41:07 +0000"
_AMERICAN: t.Final = re.compile(r"\b\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d:\d\d [AP]M\b")
_ADDRESS: t.Final = re.compile(r"\b127(?:\.\d+){3}\b")
_VOLATILE: t.Final = (
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), _STAMP),
    (re.compile(r"\b[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000"), _GREETED),
    (re.compile(r"\b[0-9A-F]{40}\b"), "5E0A31C7D2486B9F07E1A4D8C3B5F6902817AE4D"),
    (re.compile(r"\b[0-9A-F]{16}\b"), "08DE2BA51C0E7F94"),
    (re.compile(r"\bSIZE=\d+", re.IGNORECASE), "SIZE=412"),
)
#: What stands behind the words of a text: where it happened, and when.
_BEHIND: t.Final = " [LastAttempted"


def words(text: str) -> str:
    """A text without where and when it happened, and without the thumbprint."""
    text = re.sub(r"\b[0-9A-F]{40}\b\.?", "...", text.partition(_BEHIND)[0])
    return re.sub(r"(?: \[(?:\{[a-z]+\}|[^\s\]]+)(?: [^\s\]]+)*\])+$", "", text) if "Message=" not in text else text


def stable(text: str, domain: str = "", began: dt.datetime | None = None) -> str:
    """A text with names, addresses and times for documentation (RFC 2606, RFC 5737).

    ``domain`` is the partner's, ``began`` when the message was submitted: other times keep their distance from it.
    """
    if began is not None:
        text = _AMERICAN.sub(lambda match: _moved(match[0], began), text)
    for pattern, fixed in _VOLATILE:
        text = pattern.sub(fixed, text)
    found = list(dict.fromkeys(_ADDRESS.findall(text)))
    for number, address in enumerate(found):
        text = re.sub(rf"\b{re.escape(address)}\b", f"192.0.2.{25 + number}", text)
    return text.replace(domain, "partner.example") if domain else text


def _moved(american: str, began: dt.datetime) -> str:
    """A time of a notice, as far from the start as it was from the beginning."""
    read = dt.datetime.strptime(american, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=dt.UTC)
    moved = _START + (read - began.replace(microsecond=0))
    hour = moved.hour % 12 or 12
    return f"{moved.month}/{moved.day}/{moved.year} {hour}:{moved:%M:%S} {'AM' if moved.hour < 12 else 'PM'}"


def schedule(times: t.Sequence[dt.datetime], began: dt.datetime) -> list[str]:
    """When a message was tried, as hours and minutes after it was sent; how long it lives is the last."""
    spans = [*((moment - began) for moment in times), LIFE]
    return [f"{seconds // 3600}:{seconds % 3600 // 60:02}" for seconds in (round(one.total_seconds()) for one in spans)]

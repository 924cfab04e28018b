# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The pictures of the page: how partners stand, and what is coming. Pure.

Places across are given in percent, so that the picture is as wide as the page and its letters keep their size.
Each has a title and a description for those who do not see it, and the same as text beside it.
"""

from __future__ import annotations

import collections
import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report import moments
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.markup import Html, el
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.model import (
    OCCASIONS,
    STATUSES,
    Date,
    Occasion,
    Status,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.text import counted, listed

#: How far the picture of dates looks ahead.
AHEAD = 90
#: Hatched, so that colour is not what tells them apart.
_HATCHED: tuple[Status, ...] = ("pending", "held", "suspended")
_LANE, _TOP = 46, 22
#: Where today stands; what is overdue stands left of it, in percent.
_TODAY = 18.0
_SHAPES: dict[Occasion, str] = {
    "start": "M-5.5-7 7 0-5.5 7Z",
    "end": "M-6-6H6V6H-6Z",
    "exception": "M0-8 8 0 0 8-8 0Z",
    "certificate": "M-6.5 0A6.5 6.5 0 1 1 6.5 0 6.5 6.5 0 1 1-6.5 0Z",
}


def states_picture(counts: t.Mapping[str, int]) -> Html:
    """One bar, divided by how partners stand."""
    total = sum(counts[status] for status in STATUSES)
    shown = [status for status in STATUSES if counts[status]]
    text = ", ".join(f"{counts[status]} {status}" for status in shown) or "none"
    parts: list[Html] = []
    left = 0.0
    for status in shown:
        width = 100 * counts[status] / total
        parts.append(_segment(status, counts[status], left, width))
        left += width
    picture = el(
        "svg", _described("states", "Partners by state", f"{text}."), _hatching(), parts, **_image("states", 44)
    )
    return Html(picture + el("ul", [_key(status, counts[status]) for status in shown], class_="legend"))


def _segment(status: Status, count: int, left: float, width: float) -> Html:
    # A little narrower than its share, so that the card shows between two.
    place: dict[str, str | int] = {"x": f"{left:.2f}%", "y": 2, "width": f"{max(width - 0.4, 0.4):.2f}%", "height": 40}
    middle = f"{left + width / 2:.2f}%"
    return el(
        "g",
        el("title", f"{status}: {counted(count, 'partner')}"),
        el("rect", class_="fill", rx=3, **place),
        el("rect", fill="url(#hatch)", rx=3, **place) if status in _HATCHED else None,
        el("text", count, class_="in", x=middle, y=27, text_anchor="middle") if width >= 5 else None,
        class_=status,
    )


def _hatching() -> Html:
    line = el("line", x1=0, y1=0, x2=0, y2=8, class_="hatch")
    pattern = el(
        "pattern", line, id="hatch", width=8, height=8, patternUnits="userSpaceOnUse", patternTransform="rotate(45)"
    )
    return el("defs", pattern)


def _key(status: Status, count: int) -> Html:
    hatched = el("rect", width=14, height=14, rx=3, fill="url(#hatch)") if status in _HATCHED else None
    swatch = el("svg", el("rect", width=14, height=14, rx=3, class_="fill"), hatched, aria_hidden="true", class_=status)
    return el("li", swatch, f"{count} {status}: ", el("span", STATUSES[status], class_="soft"))


def dates_picture(dates: t.Sequence[Date], now: dt.datetime) -> Html:
    """A lane for each kind of date, from today on; what is overdue stands left of today."""
    near = [each for each in dates if each.when <= now + dt.timedelta(days=AHEAD)]
    late = sum(1 for each in near if each.when < now)
    counts = collections.Counter(each.occasion for each in near)
    text = "; ".join(f"{OCCASIONS[occasion]}: {counts[occasion]}" for occasion in OCCASIONS)
    lanes = [_lane(number, occasion, near, now) for number, occasion in enumerate(OCCASIONS)]
    height = _TOP + _LANE * len(OCCASIONS) + 6
    title = f"Dates from today to {moments.day(now + dt.timedelta(days=AHEAD))}"
    described = _described("dates", title, f"{text}; {late} of them overdue. All are in the table below.")
    return el("svg", described, _axis(now, height), lanes, **_image("dates", height))


def _axis(now: dt.datetime, height: int) -> list[Html]:
    ticks = [(0, "today"), *((days, f"+{days} days") for days in (30, 60)), (AHEAD, f"+{AHEAD}")]
    lines = [
        el("line", x1=_across(days), x2=_across(days), y1=_TOP - 4, y2=height, class_="rule") for days, _label in ticks
    ]
    texts = [
        el("text", label, x=_across(days), y=12, text_anchor="end" if days == AHEAD else "middle", class_="soft")
        for days, label in ticks
    ]
    return [*lines, el("text", "late", x="0%", y=12, class_="soft"), *texts]


def _lane(number: int, occasion: Occasion, near: t.Sequence[Date], now: dt.datetime) -> Html:
    top = _TOP + _LANE * number
    mine = [each for each in near if each.occasion == occasion]
    by_day: dict[int, list[Date]] = {}
    for each in mine:
        by_day.setdefault(max((each.when.date() - now.date()).days, 0) if each.when >= now else -1, []).append(each)
    label = el("text", f"{OCCASIONS[occasion]} ({len(mine)})", x="0%", y=top + 13)
    line = el("line", x1="0%", x2="100%", y1=top + 30, y2=top + 30, class_="rule")
    marks = [_mark(occasion, day, found, top + 30) for day, found in sorted(by_day.items())]
    return el("g", label, line, marks, class_=occasion)


def _mark(occasion: Occasion, day: int, found: t.Sequence[Date], y: int) -> Html:
    names = listed(list(dict.fromkeys(each.partner for each in found)), 8)
    when = "overdue" if day < 0 else moments.day(min(each.when for each in found))
    late = day < 0
    return el(
        "svg",
        el("title", f"{when}: {names}"),
        el("path", d=_SHAPES[occasion], class_="late" if late else "fill"),
        el("text", len(found), x=10, y=-4) if len(found) > 1 else None,
        x="2%" if late else _across(day),
        y=y,
        width=1,
        height=1,
    )


def _across(days: int) -> str:
    return f"{_TODAY + (100 - _TODAY - 1) * days / AHEAD:.2f}%"


def _described(name: str, title: str, text: str) -> list[Html]:
    return [el("title", title, id=f"{name}-title"), el("desc", text, id=f"{name}-text")]


def _image(name: str, height: int) -> dict[str, t.Any]:
    return {"role": "img", "aria_labelledby": f"{name}-title {name}-text", "width": "100%", "height": height}

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Curves as SVG: both axes logarithmic, each series labelled at its end, legible on light and on dark pages.

Pure. No scripts, no fonts or files from elsewhere.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 64, 520, 56, 388
#: Between the base lines of two labels.
LABEL_STEP = 17

#: Told apart with any eyes; the shape of the points says the same once more. For light and for dark pages.
COLOURS: t.Final = (
    ("#0072b2", "#56b4e9"),
    ("#c14a00", "#e69f00"),
    ("#00805f", "#2fc79b"),
    ("#a8457f", "#dc94bd"),
    ("#5c5c5c", "#b8b8b8"),
    ("#7a6a00", "#f0e442"),
)
_SHAPES: t.Final = (
    '<circle cx="{x}" cy="{y}" r="4"/>',
    '<path d="M{x} {y}m-4.5 4h9l-4.5-8.5z"/>',
    '<path d="M{x} {y}m-4-4h8v8h-8z"/>',
    '<path d="M{x} {y}m0-5.5l5.5 5.5-5.5 5.5-5.5-5.5z"/>',
    '<path d="M{x} {y}m-4.5-4h9l-4.5 8.5z"/>',
    '<path d="M{x} {y}m-5-1.5h10v3h-10z"/>',
)

Point = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Series:
    """A curve. ``calculated``: drawn with dashes, and said to be so in its label."""

    label: str
    points: t.Sequence[Point]
    calculated: bool = False

    def text(self) -> str:
        return f"{self.label} (calculated)" if self.calculated else self.label


class Scale:
    """From values to places on an axis: as far from 1 to 10 as from 10 to 100."""

    def __init__(self, values: t.Iterable[float], start: float, end: float) -> None:
        """Raises ValueError for a value that has no logarithm, and for none at all."""
        known = list(values)
        if not known or min(known) <= 0:
            raise ValueError("A logarithmic axis needs values, and all of them above 0")
        self._low, self._high = _round_down(min(known)), _round_up(max(known))
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        part = (math.log10(value) - math.log10(self._low)) / (math.log10(self._high) - math.log10(self._low))
        return self._start + part * (self._end - self._start)

    def ticks(self) -> list[float]:
        """Powers of ten."""
        exponents = range(math.ceil(math.log10(self._low) - 1e-9), math.floor(math.log10(self._high) + 1e-9) + 1)
        return [10.0**exponent for exponent in exponents]


def _steps(value: float) -> list[float]:
    power: float = 10.0 ** math.floor(math.log10(value))
    return [power * factor for factor in (0.5, 1, 2, 5, 10, 20)]


def _round_down(value: float) -> float:
    """The next of 1, 2, 5, 10 ... below; a little room is left."""
    return max(step for step in _steps(value) if step < value * 0.95)


def _round_up(value: float) -> float:
    return min(step for step in _steps(value) if step > value * 1.05)


def spread(wanted: t.Sequence[float], step: float, lowest: float, highest: float) -> list[float]:
    """Places near those wanted, at least ``step`` apart, between the two ends; in the order of ``wanted``.

    Raises ValueError where there is no room for so many.
    """
    if (len(wanted) - 1) * step > highest - lowest:
        raise ValueError(f"There is no room for {len(wanted)} labels")
    order = sorted(range(len(wanted)), key=lambda number: wanted[number])
    places = dict.fromkeys(order, 0.0)
    least = lowest
    for number in order:
        places[number] = max(wanted[number], least)
        least = places[number] + step
    most = highest
    for number in reversed(order):
        places[number] = min(places[number], most)
        most = places[number] - step
    return [places[number] for number in range(len(wanted))]


def plot(title: str, x_label: str, y_label: str, series: t.Sequence[Series]) -> str:
    """The picture. Raises ValueError for values that are not above 0 and for more series than can be told apart."""
    if len(series) > len(COLOURS):
        raise ValueError(f"No more than {len(COLOURS)} series can be told apart")
    across = Scale([x for one in series for x, _y in one.points], LEFT, RIGHT)
    up = Scale([y for one in series for _x, y in one.points], BOTTOM, TOP)
    ends = spread([up(one.points[-1][1]) for one in series], LABEL_STEP, TOP, BOTTOM)
    curves = [_curve(number, one, across, up, end) for number, (one, end) in enumerate(zip(series, ends, strict=True))]
    described = f"{title}. {y_label} over {x_label}: {', '.join(one.text() for one in series)}."
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title about">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="about">{escape(described)}</desc>',
            _style(len(series)),
            f'<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>',
            f'<text class="title" x="{LEFT}" y="28">{escape(title)}</text>',
            *_axes(across, up, x_label, y_label),
            *curves,
            "</svg>\n",
        ]
    )


def _style(count: int) -> str:
    """The page is painted as well, so that the colours fit wherever the picture is shown."""

    def scheme(which: int, page: str, ink: str, grid: str) -> str:
        curves = "".join(f".s{number}{{--c:{COLOURS[number][which]}}}" for number in range(count))
        return f".page{{fill:{page}}}text{{fill:{ink}}}.grid{{stroke:{grid}}}{curves}"

    return (
        "<style>text{font:13px system-ui,sans-serif}.title{font-size:16px;font-weight:600}"
        ".grid{stroke-width:1}.curve{fill:none;stroke:var(--c);stroke-width:2}.calculated{stroke-dasharray:6 5}"
        ".mark{fill:var(--c)}text.end{fill:var(--c)}.lead{stroke:var(--c);stroke-width:1;opacity:.6}"
        f"{scheme(0, '#ffffff', '#1a1a1a', '#dddddd')}"
        f"@media(prefers-color-scheme:dark){{{scheme(1, '#16181c', '#e6e6e6', '#3a3d44')}"
        "text.end{fill:var(--c)}}</style>"
    )


def _axes(across: Scale, up: Scale, x_label: str, y_label: str) -> list[str]:
    lines = []
    for tick in across.ticks():
        x = _number(across(tick))
        lines.append(f'<path class="grid" d="M{x} {TOP}V{BOTTOM}"/>')
        lines.append(f'<text x="{x}" y="{BOTTOM + 18}" text-anchor="middle">{_told(tick)}</text>')
    for tick in up.ticks():
        y = up(tick)
        lines.append(f'<path class="grid" d="M{LEFT} {_number(y)}H{RIGHT}"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{_number(y + 4)}" text-anchor="end">{_told(tick)}</text>')
    lines.append(f'<text x="{LEFT}" y="{TOP - 8}">{escape(y_label)}</text>')
    lines.append(f'<text x="{RIGHT}" y="{BOTTOM + 38}" text-anchor="end">{escape(x_label)}</text>')
    return lines


def _curve(number: int, series: Series, across: Scale, up: Scale, end: float) -> str:
    places = [(across(x), up(y)) for x, y in series.points]
    path = "L".join(f"{_number(x)} {_number(y)}" for x, y in places)
    kind = "curve calculated" if series.calculated else "curve"
    marks = "".join(_SHAPES[number].format(x=_number(x), y=_number(y)) for x, y in places)
    last_x, last_y = places[-1]
    return (
        f'<g class="s{number}"><path class="{kind}" d="M{path}"/><g class="mark">{marks}</g>'
        f'<path class="lead" d="M{_number(last_x + 7)} {_number(last_y)}L{RIGHT + 6} {_number(end)}"/>'
        f'<text class="end" x="{RIGHT + 10}" y="{_number(end + 4)}">{escape(series.text())}</text></g>'
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _told(tick: float) -> str:
    return f"{tick:,.0f}" if tick >= 1 else f"{tick:g}"

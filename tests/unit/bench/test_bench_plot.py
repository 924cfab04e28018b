# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The curves of the benchmark, and the numbers in them that are calculated."""

from __future__ import annotations

import itertools
import re
import typing as t
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.mailflow.exchange_online.tests.bench import plot
from ansible_collections.mailflow.exchange_online.tests.bench.calculated import TOOLS
from ansible_collections.mailflow.exchange_online.tests.bench.plot import Scale, Series, spread
from ansible_collections.mailflow.exchange_online.tests.bench.scenarios import FIRST, SECOND

SVG = "{http://www.w3.org/2000/svg}"
SERIES = (
    Series("role & friends", [(10, 5), (100, 5), (1800, 11)]),
    Series("loop <fast>", [(10, 40), (50, 200)]),
    Series("peer", [(10, 20), (1800, 3600)], calculated=True),
    Series("other peer", [(10, 21), (1800, 3601)], calculated=True),
)


@pytest.fixture(scope="module")
def picture() -> ET.Element:
    return ET.fromstring(plot.plot("Requests", "partners", "requests", SERIES))


def texts(picture: ET.Element, kind: str) -> list[ET.Element]:
    return [one for one in picture.iter(f"{SVG}text") if one.get("class") == kind]


def test_the_same_factor_is_the_same_way_on_an_axis() -> None:
    scale = Scale([1, 1000], 0, 300)
    assert scale(100) - scale(10) == pytest.approx(scale(1000) - scale(100))
    assert scale(1000) > scale(1)


def test_all_values_lie_on_the_axis() -> None:
    for values in ([5], [5, 5.1], [10, 1800], [0.07, 99], [1, 10, 100]):
        scale = Scale(values, 0, 100)
        assert all(0 < scale(value) < 100 for value in values), values


def test_what_has_no_logarithm_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        Scale([0, 10], 0, 1)
    with pytest.raises(ValueError, match="needs values"):
        Scale([], 0, 1)


def test_labels_keep_their_order_and_their_distance() -> None:
    assert spread([50, 10, 51, 52], 10, 0, 100) == [50, 10, 60, 70]
    assert spread([99, 98], 10, 0, 100) == [100, 90]
    with pytest.raises(ValueError, match="no room"):
        spread([1, 2, 3], 10, 0, 15)


def test_no_two_labels_stand_on_each_other(picture: ET.Element) -> None:
    heights = sorted(float(one.get("y", "")) for one in texts(picture, "end"))
    assert len(heights) == len(SERIES)
    assert all(below - above >= plot.LABEL_STEP - 0.1 for above, below in itertools.pairwise(heights))


def test_every_series_says_what_it_is(picture: ET.Element) -> None:
    told = [one.text for one in texts(picture, "end")]
    assert told == ["role & friends", "loop <fast>", "peer (calculated)", "other peer (calculated)"]
    dashed = [
        one.get("class") == "curve calculated" for one in picture.iter(f"{SVG}path") if "curve" in str(one.get("class"))
    ]
    assert dashed == [False, False, True, True]


def test_curves_rise_with_their_values(picture: ET.Element) -> None:
    (path,) = [one.get("d", "") for one in picture.iter(f"{SVG}path") if one.get("class") == "curve calculated"][:1]
    (x, y), (last_x, last_y) = (map(float, pair) for pair in re.findall(r"([\d.]+) ([\d.]+)", path))
    assert plot.LEFT < x < last_x < plot.RIGHT
    assert plot.BOTTOM > y > last_y > plot.TOP


def test_nothing_comes_from_elsewhere_and_nothing_runs(picture: ET.Element) -> None:
    known = {f"{SVG}{name}" for name in ("svg", "title", "desc", "style", "rect", "text", "path", "circle", "g")}
    assert {one.tag for one in picture.iter()} <= known
    attributes = {name for one in picture.iter() for name in one.attrib}
    assert [name for name in attributes if name.startswith("on") or "href" in name] == []
    assert "url(" not in ET.tostring(picture, encoding="unicode")


def test_a_picture_is_the_same_each_time() -> None:
    assert len({plot.plot("a", "b", "c", SERIES) for _turn in range(2)}) == 1


def test_more_series_than_colours_are_refused() -> None:
    with pytest.raises(ValueError, match="told apart"):
        plot.plot("a", "b", "c", [*SERIES, *SERIES])


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("scheme", "which"), [("light", 0), ("dark", 1)])
def test_labels_can_be_read_on_their_page(picture: ET.Element, scheme: str, which: int) -> None:
    """Contrast as WCAG counts it, 4.5 and more."""
    style = t.cast("ET.Element", picture.find(f"{SVG}style")).text or ""
    pages = re.findall(r"\.page\{fill:(#\w{6})\}", style)
    assert len(pages) == 2, "one for light and one for dark"
    page = _luminance(pages[which])
    for pair in plot.COLOURS:
        lighter, darker = sorted((page, _luminance(pair[which])), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (scheme, pair[which])


def test_calculated_requests_are_those_of_the_survey() -> None:
    found = {(tool.name, phase): tool.runs[phase].of(500) for tool in TOOLS for phase in (FIRST, SECOND)}
    assert found == {
        ("Microsoft365DSC", FIRST): 3500,
        ("Microsoft365DSC", SECOND): 1000,
        ("CIPP", FIRST): 1001,
        ("CIPP", SECOND): 1001,
    }
    assert [tool.runs[SECOND].formula() for tool in TOOLS] == ["2 N", "2 N + 1"]

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide "What it costs", as the benchmark writes it."""

from __future__ import annotations

import pathlib
import re
import typing as t

import docutils.core
import pytest

from ansible_collections.mailflow.exchange_online.tests.bench import pages, pages_text
from ansible_collections.mailflow.exchange_online.tests.bench.__main__ import joined, main
from ansible_collections.mailflow.exchange_online.tests.bench.scenarios import CHANGE, FIRST, LARGE, ONE_TENANT, SECOND

DOCSITE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "docsite"
COST = {"wall": 2.04, "cpu": 1.5, "largest_mb": 60.0, "tree_mb": 90.0, "child_mb": 83.4}

Values = dict[str, t.Any]


def run(subject: str, size: int, phase: str, requests: int, **others: t.Any) -> Values:
    usual = {"group": ONE_TENANT, "batch_size": 1, "packed": False, "cost": COST}
    return {**usual, "subject": subject, "size": size, "phase": phase, "requests": requests, **others}


def content() -> Values:
    runs = [run("connector_info", 1800, "read all", 11, group=LARGE)]
    for size in (10, 1800):
        runs.append(run("role", size, FIRST, 2 * size + 6))
        runs.append(run("role", size, FIRST, size // 5 + 7, batch_size=10))
        runs.append(run("role", size, FIRST, 17, packed=True))
        runs.append(run("role", size, SECOND, 5))
        runs.append(run("role", size, SECOND, 4, packed=True))
        runs.append(run("role", size, CHANGE, 11))
    runs.append(run("connector", 1, "unchanged", 4))
    runs += [run(loop, 10, phase, 40) for loop in pages.LOOPS for phase in (FIRST, SECOND)]
    runs += [run("role", 1800, SECOND, number, group=LARGE, batch_size=size) for size, number in ((1, 11), (10, 3))]
    many: Values = {"partners": 500, "latency": 0.2, "cost": COST, "lab_cpu": 0.25, "requests": 50}
    return {
        "cpus": 2,
        "load": 0.31,
        "minutes": 14.2,
        "latency": 0.1,
        "runs": runs,
        "tenants": [
            {**many, "way": "in the controller", "tenants": 10},
            {
                **many,
                "way": "one debug task",
                "tenants": 1,
                "partners": 50,
                "latency": 0,
                "cost": {**COST, "child_mb": 0},
            },
        ],
        "bars": [
            {"measure": "writes", "aim": "0", "seen": "0", "reached": True, "counted": True},
            {"measure": "MB of a fork", "aim": "< 120", "seen": "476", "reached": False, "counted": False},
        ],
    }


@pytest.fixture(scope="module")
def guide() -> str:
    return pages.page(content())


def rows(guide: str) -> list[list[str]]:
    """The cells of all tables."""
    found = re.findall(r"^   \* - .*(?:\n     -.*)*", guide, re.MULTILINE)
    return [[cell[6:].strip() for cell in f"  {row[2:]}".replace("   * -", "     -").splitlines()] for row in found]


def test_a_row_of_the_role_has_each_way_in_its_own_column(guide: str) -> None:
    cost = "2.0 s, {} requests"
    assert ["1,800", *(cost.format(number) for number in ("3,606", "367", "17", "5", "11"))] in rows(guide)


def test_beside_the_others_a_way_that_was_not_run_stays_empty(guide: str) -> None:
    measured = ["2.0 s, 5 requests", *["2.0 s, 40 requests"] * 3]
    assert ["10", "nothing to do", *measured, "20 requests", "21 requests"] in rows(guide)
    assert ["1,800", "nothing to do", "2.0 s, 5 requests", "", "", "", "3,600 requests", "3,601 requests"] in rows(
        guide
    )


def test_what_is_calculated_says_so(guide: str) -> None:
    (head,) = [row for row in rows(guide) if "uri loop" in row]
    assert head[-2:] == ["Microsoft365DSC (calculated)", "CIPP (calculated)"]
    assert "* CIPP (code of August 2026): first run 2 N + 1, nothing to do 2 N + 1. The standard" in guide


def test_a_missed_bar_stays_visible(guide: str) -> None:
    assert ["MB of a fork", "< 120", "476", "**no**"] in rows(guide)
    assert ["writes", "0", "0", "yes"] in rows(guide)


def test_many_tenants_and_the_short_task_stand_in_tables_of_their_own(guide: str) -> None:
    many = ["10", "in the controller", "2.0", "1.5", "0.2", "50", "83"]
    short = ["1", "one debug task", "2.0", "1.5", "0.2", "50", ""]
    told = rows(guide)
    assert many in told
    assert short in told
    assert ["tenants", *told[told.index(many) - 1][1:]] == told[told.index(short) - 1]


def test_the_guide_says_where_its_numbers_are_from(guide: str) -> None:
    assert 'make bench ARGS="--docs"' in guide
    assert "had 2 processors" in guide
    assert "11 requests one by one; 2.0 s, 3 requests in batches" in guide


def test_the_guide_is_without_fault(guide: str) -> None:
    """Whatever docutils has to say of it is an error."""
    tree = docutils.core.publish_doctree(guide, settings_overrides={"halt_level": 2, "report_level": 2})
    assert [node["uri"] for node in tree.findall(docutils.nodes.image)] == [f"../images/{name}" for name in PICTURES]


PICTURES = ("cost_seconds.svg", "cost_requests_again.svg", "cost_requests_first.svg")


def test_the_pictures_hold_every_way() -> None:
    made = pages.pictures(content())
    assert set(made) == set(PICTURES)
    for label in ("this role", "uri loop", "connector loop", "Microsoft365DSC (calculated)", "CIPP (calculated)"):
        assert f">{label}</text>" in made["cost_requests_again.svg"]
    for label in ("role, one by one", "role, batches", "role, packed", "CIPP (calculated)"):
        assert f">{label}</text>" in made["cost_requests_first.svg"]


def test_calculated_curves_are_as_long_as_those_of_the_role() -> None:
    for picture in pages.pictures(content()).values():
        if "(calculated)</text>" in picture:
            starts = {float(x) for x in re.findall(r'class="curve(?: calculated)?" d="M([0-9.]+) ', picture)}
            assert len(starts) == 1


def test_guide_and_pictures_are_written(tmp_path: pathlib.Path) -> None:
    (tmp_path / "rst").mkdir()
    (tmp_path / "images").mkdir()
    written = {str(file.relative_to(tmp_path)) for file in pages.write(content(), tmp_path)}
    assert written == {"rst/cost.rst", *(f"images/{name}" for name in PICTURES)}
    assert (tmp_path / "rst" / "cost.rst").read_text(encoding="utf-8") == pages.page(content())


def test_the_guide_that_stands_here_has_its_words_and_pictures() -> None:
    """Its numbers are those of the run that it was written from."""
    guide = (DOCSITE / "rst" / "cost.rst").read_text(encoding="utf-8")
    assert all(words in guide for words in (pages_text.BESIDE, pages_text.CALCULATED.rstrip(), pages_text.BARS))
    assert all((DOCSITE / "images" / name).is_file() for name in PICTURES)


@pytest.mark.parametrize("less", [["--quick"], ["--only", "probe"]])
def test_a_part_is_not_made_into_the_guide(less: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--docs", *less])
    assert ended.value.code == 2
    assert "from a whole run" in capsys.readouterr().err


def test_parts_that_were_run_one_by_one_make_a_whole() -> None:
    whole = content()
    parts = [
        {"load": 0.2, "minutes": 9.0, "latency": 0.1, "cpus": 2, "runs": whole["runs"], "bars": whole["bars"][:1]},
        {
            "load": 0.31,
            "minutes": 5.2,
            "latency": 0.1,
            "cpus": 2,
            "tenants": whole["tenants"],
            "bars": whole["bars"][1:],
        },
    ]
    assert pages.page(joined(parts)) == pages.page(whole)

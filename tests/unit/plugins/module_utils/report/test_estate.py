# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The summary over all tenants: what is in it, whoever wrote it, and how large it gets."""

from __future__ import annotations

import csv
import json
import re
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.compose import make_report
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.estate_page import make_estate_report
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.report import sample
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.report.test_page import (
    HOSTILE,
    Page,
)

PLACE = "/srv/reports"


def part(host: str, **over: t.Any) -> dict[str, t.Any]:
    """What the role publishes of a tenant whose report was written."""
    summary = make_report(sample.sample(), files=False)["summary"]
    return {
        "summary": {**summary, "tenant_id": f"{host}.example"},
        "report": f"{PLACE}/{host}/report.html",
        "at": sample.at(0),
        "problem": "",
        **over,
    }


def made(given: dict[str, t.Any], **over: t.Any) -> dict[str, t.Any]:
    return make_estate_report(given, made_at=sample.at(0), directory=PLACE, **over)


def rows(report: dict[str, t.Any]) -> dict[str, dict[str, str]]:
    return {row["host"]: row for row in csv.DictReader(report["files"]["estate.csv"].splitlines())}


CALM = {"partners": 3, "enforced": 3, "decision_partners": [], "tenant_id": "calm.example"}


def test_all_forms_tell_every_tenant_and_the_sums() -> None:
    report = made({"wingtip": part("wingtip"), "adatum": {"problem": "Sign-in failed."}, "calm": {"summary": CALM}})
    one = make_report(sample.sample(), files=False)["summary"]
    summary = report["summary"]
    assert (summary["tenants"], summary["unreported"], summary["partners"]) == (3, 1, one["partners"] + 3)
    assert summary["enforced"] == one["enforced"] + 3
    assert (summary["unreported_tenants"], summary["decision_tenants"]) == (["adatum"], ["wingtip"])
    assert summary["line"] == "3 tenants, 1 without a report; 19 partners, 7 of them need a decision"

    read = json.loads(report["files"]["estate.json"])
    assert [each["host"] for each in read["tenants"]] == ["adatum", "calm", "wingtip"]
    assert read["tenants"][0]["problem"] == "Sign-in failed."
    assert read["tenants"][0]["summary"] is None
    assert read["tenants"][2]["report"] == "wingtip/report.html"
    assert read["summary"]["decisions"] == one["decisions"] > 0

    table = rows(report)
    assert (table["adatum"]["problem"], table["adatum"]["partners"]) == ("Sign-in failed.", "")
    assert (table["calm"]["enforced"], table["calm"]["held"], table["calm"]["report"]) == ("3", "0", "")
    assert table["wingtip"]["decisions"] == str(one["decisions"])


def test_who_needs_somebody_comes_first_and_who_does_not_is_only_in_the_table() -> None:
    few = {**CALM, "decisions": 1, "decision_partners": ["Contoso"]}
    page = Page(
        made({"many": part("many"), "few": {"summary": few}, "z-silent": {}, "calm": {"summary": CALM}})["files"][
            "estate.html"
        ]
    )
    attention = page.text[page.text.index("Needs attention first (3)") : page.text.index("The tenants of this run")]
    places = [attention.index(words) for words in ("z-silent", "many", "few1 of 3 partners: Contoso")]
    assert places == sorted(places)
    assert "calm" not in attention
    assert "could not be reached" in attention
    nothing = Page(made({"calm": {"summary": CALM}})["files"]["estate.html"])
    assert "Needs attention first (0)Nothing." in nothing.text


def test_the_page_is_whole_loads_nothing_and_links_to_reports_alone() -> None:
    page = Page(
        made({"wingtip": part("wingtip"), "adatum": {"problem": "no"}, "calm": part("calm")})["files"]["estate.html"]
    )
    assert (page.wrong, page.open) == ([], [])
    tags = {tag for tag, _attributes in page.elements}
    assert tags & {"script", "link", "iframe", "object", "embed", "img", "form", "base"} == set()
    places = {attributes["id"] for _tag, attributes in page.elements if attributes.get("id")}
    links = [str(each["href"]) for each in page.all("a")]
    assert {link[1:] for link in links if link.startswith("#")} <= places
    assert {link.partition("#")[0] for link in links} == {"", "wingtip/report.html", "calm/report.html"}
    assert len(page.all("caption")) == len(page.all("table")) == 1
    policy = next(each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in str(policy)


@pytest.mark.parametrize(
    ("report", "link"),
    [
        ("/srv/elsewhere/a b/report.html", "../elsewhere/a%20b/report.html"),
        (f"{PLACE}/javascript:alert(1)/report.html", "javascript%3Aalert%281%29/report.html"),
        (f"{PLACE}/a#b?c/report.html", "a%23b%3Fc/report.html"),
        (f"{PLACE}/Bäckerei/report.html", "B%C3%A4ckerei/report.html"),
    ],
)
def test_a_link_is_a_relative_path_whatever_a_host_is_called(report: str, link: str) -> None:
    text = made({"a": part("a", report=report)})["files"]["estate.html"]
    assert f'href="{link}"' in text


def test_foreign_text_stays_in_its_place() -> None:
    hostile = {**CALM, "decisions": 1, "decision_partners": [HOSTILE], "tenant_id": HOSTILE}
    report = made(
        {HOSTILE: {"summary": hostile, "report": f"{PLACE}/{HOSTILE}"}, "=cmd": {"problem": "=1+1" + HOSTILE}}
    )
    page = Page(report["files"]["estate.html"])
    assert (page.wrong, page.open) == ([], [])
    assert {tag for tag, _attributes in page.elements} & {"script", "img"} == set()
    assert "\u202e" not in report["files"]["estate.html"]
    assert "{{ 7 * 7 }}" in page.text
    cells = [cell for row in csv.reader(report["files"]["estate.csv"].splitlines()) for cell in row]
    assert [cell for cell in cells if re.match(r"[=+@|-]", cell)] == []
    assert "'=cmd" in cells


@pytest.mark.parametrize("unusable", [None, "text", [], {"summary": "x"}, {"summary": {"partners": "many"}}])
def test_what_cannot_be_read_is_no_reason_to_tell_nothing(unusable: object) -> None:
    report = made({"odd": unusable, "calm": {"summary": CALM}})
    assert report["summary"]["tenants"] == 2
    assert report["summary"]["partners"] == 3
    assert "odd" in report["files"]["estate.html"]


def test_without_hosts_by_name_there_is_nothing_to_tell() -> None:
    with pytest.raises(InputError, match="dictionary of what is known of each host"):
        make_estate_report([])
    assert make_estate_report({})["summary"]["line"] == "0 tenants; 0 partners, 0 of them need a decision"


def test_a_hundred_tenants_take_a_hundred_short_rows() -> None:
    def size(tenants: int, **over: t.Any) -> int:
        given = {f"tenant{number:03}": part(f"tenant{number:03}", **over) for number in range(tenants)}
        return len(made(given)["files"]["estate.html"])

    calm = {"summary": {**CALM, "partners": 500, "enforced": 500}}
    assert size(100, **calm) - size(50, **calm) < 50 * 600
    assert size(100) < 140_000
    # However many partners need a decision, their names are no list of them all.
    many = {**CALM, "decisions": 500, "decision_partners": [f"partner{number}.example" for number in range(500)]}
    text = made({"many": part("many", summary=many)})["files"]["estate.html"]
    assert "partner11.example and 488 more" in text

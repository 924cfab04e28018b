# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: what is in it, that it is whole, and that nothing foreign gets out of its place."""

from __future__ import annotations

import copy
import hashlib
import html.parser
import itertools
import re
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.compose import make_report
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.markup import el, render
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.style import CSS
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.report import sample

VOID = {"meta", "br", "rect", "circle", "line", "path"}
#: Elements whose end tag may be left out.
OPEN = {"td", "th", "tr", "li", "dt", "dd"}
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\x00\u202e{{ 7 * 7 }}&amp;'


class Page(html.parser.HTMLParser):
    """Elements with their attributes, and what was wrong with their nesting."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if len(dict(attrs)) != len(attrs):
            self.wrong.append(f"an attribute twice in <{tag}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in OPEN:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for each, attributes in self.elements if each == tag]

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


@pytest.fixture(scope="module")
def report() -> dict[str, t.Any]:
    return make_report(sample.sample())


@pytest.fixture(scope="module")
def page(report: dict[str, t.Any]) -> Page:
    return Page(report["files"]["report.html"])


def test_it_is_nested_as_it_should_be(page: Page) -> None:
    assert (page.wrong, page.open) == ([], [])


def test_it_loads_and_runs_nothing(page: Page) -> None:
    tags = {tag for tag, _attributes in page.elements}
    assert tags & {"script", "link", "iframe", "object", "embed", "img", "form", "base"} == set()
    for tag, attributes in page.elements:
        assert [name for name in attributes if name.startswith("on") or name in ("src", "style")] == [], tag
        assert (attributes.get("href") or "#").startswith("#")
    policy = next(each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in str(policy)
    style = "".join(page.words)
    assert "@import" not in style
    assert re.findall(r"url\((?!#)", style) == []


def test_every_link_leads_somewhere_and_no_place_is_there_twice(page: Page) -> None:
    places = [str(attributes["id"]) for _tag, attributes in page.elements if attributes.get("id")]
    assert len(places) == len(set(places))
    assert {str(each["href"])[1:] for each in page.all("a")} <= set(places)
    referred = [attributes.get("aria-labelledby") or "" for _tag, attributes in page.elements]
    assert {name for names in referred for name in names.split()} <= set(places)


def test_who_does_not_see_it_can_use_it(page: Page) -> None:
    levels = [int(tag[1]) for tag, _attributes in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert {"header", "main", "footer", "nav"} <= {tag for tag, _attributes in page.elements}
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("caption")) == len(page.all("table")) > 20
    assert {each.get("scope") for each in page.all("th")} == {"col", "row", "rowgroup"}
    pictures = [each for each in page.all("svg") if each.get("role") == "img"]
    assert len(pictures) == 2
    assert page.all("a")[0] == {"href": "#main", "class": "skip"}


def test_the_pictures_are_told_in_words(page: Page) -> None:
    assert "6 enforced, 5 held, 1 prepared, 1 planned, 2 suspended, 1 absent." in page.text
    assert (
        "Enforcement begins: 3; Suspension ends: 2; Exception ends: 1; Certificate expires: 23; 3 of them" in page.text
    )


def test_each_partner_has_a_fold(page: Page) -> None:
    folds = [each for each in page.all("details") if each.get("class") == "one"]
    assert len(folds) == 16


@pytest.mark.parametrize(
    "words",
    [
        "Needs a decision first (7)",
        "Alert The suspension ended on 2026-11-20 00:00 UTC",
        "Refused The outbound connector 'Forced TLS to Consolidated Messenger' was left as it is",
        "Not validated The outbound connector 'Forced TLS to Lucerne Publishing' was not validated",
        "Conflict The outbound connector 'GDI TLS', which is not ours",
        "Held mx1.adatum.com does not send the certificate of its issuer",
        "Waiting Northwind Traders is enforced from 2026-12-01 08:00 UTC on.",
        "ready; first certificate ends 2026-12-18 (in 22 days)",
        "incomplete_chain mx1.adatum.com does not send",
        "Advice: Please have mx1.adatum.com send the intermediate certificate",
        "not trusted: incomplete_chain",
        "timeout at connect (no answer within 10 s)",
        "tls_settings: encryption_only -> certificate_validation",
        "Send test email: 450 4.4.317 Cannot connect to remote server",
        "revocation_unknown until 2026-12-31 00:00 UTC, alice@example.com: CHG0050",
        "The servers were seen from probe.example.net, not from Microsoft's network.",
        "That their servers use TLS when they send cannot be seen from outside.",
        "2026-11-23 01:30 3 days ago",
        "20261126T013012Z-4f2a9c",
        "2026-11-02 07:12 UTC (passed)",
    ],
)
def test_it_tells(page: Page, words: str) -> None:
    assert words in page.text


def test_it_carries_the_digests_of_the_other_forms(report: dict[str, t.Any], page: Page) -> None:
    for name in ("report.json", "report.csv"):
        assert hashlib.sha256(report["files"][name].encode()).hexdigest() in page.text


def hostile(value: t.Any) -> t.Any:
    """The same, with every text of it hostile that no program reads."""
    keep = {
        "state",
        "stands",
        "status",
        "severity",
        "direction",
        "action",
        "made_at",
        "not_after",
        "seen_at",
        "verdict",
    }
    if isinstance(value, dict):
        return {key: each if key in keep else hostile(each) for key, each in value.items()}
    if isinstance(value, list):
        return [hostile(each) for each in value]
    return f"{value}{HOSTILE}" if isinstance(value, str) else value


def test_whatever_is_hostile_stays_text() -> None:
    given = hostile(sample.sample())
    given["plan"]["made_at"] = sample.sample()["plan"]["made_at"]
    made = Page(make_report(given)["files"]["report.html"])
    assert (made.wrong, made.open) == ([], [])
    test_it_loads_and_runs_nothing(made)
    test_every_link_leads_somewhere_and_no_place_is_there_twice(made)
    assert "<script>alert(1)</script>" in made.text
    shown = "".join(made.words)
    assert "\x00" not in shown
    assert "\u202e" not in shown
    assert "\\u0000\\u202e" in shown


@pytest.mark.parametrize("text", [HOSTILE, "'\"<>&", "a\nb", "\ud800"])
def test_text_and_attributes_are_escaped(text: str) -> None:
    made = Page(el("p", text, title=text) + el("b", [text, None, 5]))
    assert [tag for tag, _attributes in made.elements] == ["p", "b"]
    assert list(made.all("p")[0]) == ["title"]
    made.feed(render(text))
    assert len(made.elements) == 2
    render(text).encode("utf-8")


def test_the_page_of_500_partners_is_small_enough() -> None:
    made = make_report(sample.many(500))["files"]["report.html"]
    assert len(made.encode()) < 2_000_000


def test_check_mode_is_told_first() -> None:
    given = sample.sample()
    given["run"]["check_mode"] = True
    assert "Check mode: this is how things stand, and what a run would do." in Page(page_of(given)).text
    assert "Check mode:" not in Page(page_of(sample.sample())).text


def test_nothing_but_the_plan_is_needed() -> None:
    made = Page(page_of({"plan": sample.sample()["plan"]}))
    assert (made.wrong, made.open) == ([], [])
    assert "Nothing was changed: this is how things stand" in made.text
    assert "Their servers were not looked at." in made.text


def test_what_belongs_to_no_partner_is_told() -> None:
    given = sample.sample()
    lost = {**copy.deepcopy(given["plan"]["changes"][0]), "name": "Old TLS", "partners": [], "action": "delete"}
    given["plan"]["changes"].append({**lost, "blocked": "The outbound connector 'Old TLS' was not deleted."})
    assert "Outside the listRefused The outbound connector 'Old TLS' was not deleted." in Page(page_of(given)).text


def page_of(given: object) -> str:
    return str(make_report(given)["files"]["report.html"])


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_all_text_can_be_read_in_light_in_the_dark_and_on_paper() -> None:
    themes = [dict(re.findall(r"--(\w+):(#\w+)", theme)) for theme in re.findall(r":root\{(.*?)\}", CSS, re.DOTALL)]
    assert len(themes) == 3
    for theme in themes:
        grounds = {name: theme.pop(name) for name in ("page", "card", "on")}
        theme.pop("rule")
        faint = {(name, ground) for name in theme for ground in grounds if contrast(theme[name], grounds[ground]) < 4.5}
        assert faint == set()

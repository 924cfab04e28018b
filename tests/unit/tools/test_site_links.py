# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A link of the documentation site that leads nowhere is found."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.mailflow.exchange_online.tests.tools import site_links

REPOSITORY = "https://github.com/mailflow/ansible-exchange-online"


@pytest.fixture
def site(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "guides").mkdir()
    (tmp_path / "site.css").write_text("", encoding="utf-8")
    (tmp_path / "guides" / "first.html").write_text('<h2 id="be gin">x</h2>', encoding="utf-8")
    return tmp_path


def problems(site: pathlib.Path, body: str) -> list[str]:
    (site / "index.html").write_text(f"<body>{body}</body>", encoding="utf-8")
    return site_links.problems(site, pathlib.Path(__file__).resolve().parents[3])


@pytest.mark.parametrize(
    "good",
    [
        '<a href="guides/first.html">',
        '<a href="guides/first.html#be%20gin">',
        '<a id="here"></a><a href="#here"><a href="">',
        '<link href="site.css?v=1"><img src="site.css" alt="A picture">',
        '<a href="https://learn.microsoft.com/en-us/exchange"><a href="mailto:who@example.com">',
        f'<a href="{REPOSITORY}/blob/main/docs/findings.md"><a href="{REPOSITORY}/issues/new">',
    ],
)
def test_a_link_that_leads_somewhere_is_no_problem(site: pathlib.Path, good: str) -> None:
    assert problems(site, good) == []


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ('<a href="guides/second.html">', "the link guides/second.html leads to no page"),
        ('<a href="guides">', "the link guides leads to no page"),
        ('<a href="guides/first.html#end">', "the link guides/first.html#end leads to no place in that page"),
        ('<a href="#end">', "the link #end leads to no place in that page"),
        ('<a href="http://example.com/">', "the link http://example.com/ is not https://host/..."),
        ('<a href="https://who@example.com/">', "the link https://who@example.com/ is not https://host/..."),
        ('<a href="https:///guides">', "the link https:///guides is not https://host/..."),
        ('<a href="https://[1/">', "the link https://[1/ is none"),
        (f'<a href="{REPOSITORY}/blob/main/gone.md">', "gone.md leads to no file of this project"),
        ('<img src="site.css">', "the picture site.css has no text for those who do not see it"),
    ],
)
def test_a_link_that_leads_nowhere_is_told(site: pathlib.Path, bad: str, said: str) -> None:
    (problem,) = problems(site, bad)
    assert problem.startswith("index.html: ")
    assert problem.endswith(said)

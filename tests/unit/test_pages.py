# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages that are written from the code are what the code says, and lead to what is there."""

from __future__ import annotations

import pathlib
import re
import textwrap
import typing as t

import pytest
import yaml

from ansible_collections.mailflow.exchange_online.plugins.module_utils._credential import NEEDS, choose
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ABOUT, Kind
from ansible_collections.mailflow.exchange_online.plugins.module_utils._retry import Failure
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.codes import CODES
from ansible_collections.mailflow.exchange_online.tests.tools import errors, findings, markdown_pages, sign_in

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
RST = DOCS / "docsite" / "rst"


def test_the_table_of_findings_is_that_of_the_code() -> None:
    """``make docs`` writes it."""
    page = (DOCS / "findings.md").read_text(encoding="utf-8")
    assert page == findings.markdown()
    assert [code for code in CODES if f"### {code}\n" not in page] == []


def test_the_tables_of_errors_are_those_of_the_code() -> None:
    """``make docs`` writes them."""
    page = errors.PAGE.read_text(encoding="utf-8")
    assert page == errors.render(page)
    assert [kind for kind in t.get_args(Kind) if f"* - ``{kind}``\n" not in page] == []


def test_every_kind_of_error_has_a_meaning_and_a_remedy() -> None:
    assert tuple(ABOUT) == t.get_args(Kind)
    words = [text for about in ABOUT.values() for text in about]
    assert len(set(words)) == len(words)
    assert [text for text in words if not re.fullmatch(r"[A-Z].{10,}\.", text)] == []
    assert tuple(errors.FAILURES) == t.get_args(Failure)


def test_the_table_of_clouds_is_that_of_the_code() -> None:
    """``make docs`` writes it."""
    page = sign_in.PAGE.read_text(encoding="utf-8")
    assert page == sign_in.render(page)


def test_each_way_to_sign_in_has_an_example_that_is_taken_for_it() -> None:
    page = sign_in.PAGE.read_text(encoding="utf-8")
    blocks = dict(re.findall(r"^\.\. begin (\S+)\n\n\.\. code-block:: yaml\n\n(.*?)^\.\. end \1$", page, re.M | re.S))
    for name, block in blocks.items():
        options = yaml.safe_load(textwrap.dedent(block))
        if "access_token" in options:
            options["access_token"] = "a-token"
        assert choose(options).method == name.partition("-")[0]
    assert {name.partition("-")[0] for name in blocks} == set(NEEDS)


@pytest.mark.parametrize("name", markdown_pages.PAGES)
def test_a_page_that_stands_in_markdown_is_the_same_on_the_site(name: str) -> None:
    """``make docs`` writes it."""
    assert (RST / f"{name}.rst").read_text(encoding="utf-8") == markdown_pages.page(name)


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("a `b_c`, `d`s and **e** *f*", r"a ``b_c``, ``d``\ s and **e** *f*"),
        ("a * b, x_, y_z, 1|2, c\\d", r"a \* b, x\_, y_z, 1\|2, c\\d"),
        ("&lt;server&gt; `&lt;`", "<server> ``<``"),
        ("[a page](https://example.com/a)", "`a page <https://example.com/a>`__"),
        ("see [it](findings.md)", ":ref:`it <ansible_collections.mailflow.exchange_online.docsite.findings>`"),
        ("see [it](docsite/rst/awx.rst)", ":ref:`it <ansible_collections.mailflow.exchange_online.docsite.awx>`"),
        ("[it](../Makefile)", "`it <https://github.com/mailflow/ansible-exchange-online/blob/main/Makefile>`__"),
    ],
)
def test_words_of_markdown_become_those_of_restructuredtext(markdown: str, expected: str) -> None:
    assert markdown_pages.inline(markdown, pathlib.PurePosixPath("docs")).removeprefix("see ") == expected


def test_the_site_has_every_guide() -> None:
    extra = yaml.safe_load((DOCS / "docsite" / "extra-docs.yml").read_text(encoding="utf-8"))
    listed = [page for section in extra["sections"] for page in section["toctree"]]
    assert sorted(listed) == sorted(path.stem for path in RST.glob("*.rst"))


@pytest.mark.parametrize(
    "page",
    [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md")), *sorted((ROOT / "roles").glob("*/README.md"))],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_the_links_of_markdown_lead_to_files(page: pathlib.Path) -> None:
    links = re.findall(
        r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    )
    local = [link.partition("#")[0] for link in links if "://" not in link and not link.startswith(("#", "mailto:"))]
    assert [link for link in local if not (page.parent / link).exists()] == []
    assert [link for link in links if "://" in link and not link.startswith("https://")] == []

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people paste into the survey of a template."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.filter.partner_text import partner_text
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.survey import partners_of

AWKWARD: dict[str, tuple[str, list[t.Any]]] = {
    "one": ("a.com", ["a.com"]),
    "lines": ("a.com\nb.com\n", ["a.com", "b.com"]),
    "windows": ("a.com\r\nb.com\r\n", ["a.com", "b.com"]),
    "old mac": ("a.com\rb.com", ["a.com", "b.com"]),
    "line separator": ("a.com\u2028b.com\u2029c.com", ["a.com", "b.com", "c.com"]),
    "commas": ("a.com,b.com , c.com,", ["a.com", "b.com", "c.com"]),
    "semicolons": ("a.com;b.com; c.com;;", ["a.com", "b.com", "c.com"]),
    "tabs": ("a.com\tb.com\t\tc.com", ["a.com", "b.com", "c.com"]),
    "table": ("| a.com | b.com |", ["a.com", "b.com"]),
    "empty lines": ("\n\n  \na.com\n \t \n\nb.com\n\n", ["a.com", "b.com"]),
    "comments": ("# ours\na.com # since March\n   # b.com\n", ["a.com"]),
    "bom": ("\ufeffa.com\n\u200bb.com", ["a.com", "b.com"]),
    "no-break spaces": ("a.com\u00a0b.com\u3000c.com", ["a.com", "b.com", "c.com"]),
    "double quotes": ('"a.com", "b.com"', ["a.com", "b.com"]),
    "other quotes": (
        "'a.com' \u201cb.com\u201d \u201ec.com\u201c \u00abd.com\u00bb",
        ["a.com", "b.com", "c.com", "d.com"],
    ),
    "full width": ("\uff41\uff0e\uff43\uff4f\uff4d\uff0c\uff42\u3002com\uff1bc.com", ["a.com", "b.com", "c.com"]),
    "trailing dots": ("a.com. b.com.\n", ["a.com", "b.com"]),
    "upper case": ("A.Com\nB.COM", ["A.Com", "B.COM"]),
    "several times": ("a.com, A.com\na.com. bob@a.com", ["a.com"]),
    "addresses": ("bob@a.com; <alice@b.com>, mailto:eve@c.com\n@d.com", ["a.com", "b.com", "c.com", "d.com"]),
    "from a mail": ('"Miller, Bob" <bob@a.com>; Alice O\'Hara <alice@b.com>', ["a.com", "b.com"]),
    "bullets": ("- a.com\n* b.com\n\u2022 c.com\n1. d.com\n2) e.com", ["a.com", "b.com", "c.com", "d.com", "e.com"]),
    "subdomains": ("*.a.com\n* *.b.com", ["*.a.com", "*.b.com"]),
    "own letters": ("b\u00fccher.example", ["b\u00fccher.example"]),
    "named": ("Woodgrove Bank: w.com, *.w.com", [{"name": "Woodgrove Bank", "domains": ["w.com", "*.w.com"]}]),
    "named, tight": ("Bank:w.com;x.com", [{"name": "Bank", "domains": ["w.com", "x.com"]}]),
    "named, full width": ("Bank\uff1aw.com", [{"name": "Bank", "domains": ["w.com"]}]),
    "named, quoted": ('- "Bank  of X" : w.com # 2 people', [{"name": "Bank of X", "domains": ["w.com"]}]),
    "named, address": ("Bank: bob@w.com, eve@w.com", [{"name": "Bank", "domains": ["w.com"]}]),
    "no name": (": w.com x.com", [{"domains": ["w.com", "x.com"]}]),
    "a name with a hash": ("Team #1: w.com", []),
}


@pytest.mark.parametrize("form", [form for form, (_text, entries) in AWKWARD.items() if entries])
def test_awkward_text_becomes_a_list_that_passes_the_check(form: str) -> None:
    text, entries = AWKWARD[form]
    assert partners_of(text) == entries
    assert len(check_partners(entries)) == len(entries)


WRONG = {
    "": "The text lists no partner",
    " \n# nobody\n": "The text lists no partner",
    "a.com\n\nfoo\n": "Line 3 (foo): domains 'foo' is a single label; give the whole domain",
    "a.com\r\nb.com c_d.com": "Line 2 (c_d.com): domains 'c_d.com'",
    "\n10.0.0.1": "Line 2 (10.0.0.1): domains '10.0.0.1' is an IP address",
    "*": "Line 1 (*): domains '*' stands for every domain",
    "https://a.com/mail": "Line 1: 'https://a.com/mail' is a web address; write the domain that mail goes to.",
    "a.com\nBank:\n": "Line 2: no domain stands behind 'Bank:'; write one.",
    "Bank: w.com, foo": "Line 1 (Bank): domains 'foo' is a single label",
    "Bank: https://w.com": "Line 1: 'https://w.com' is a web address",
    "all: w.com": "Line 1 (all): name 'all' stands for every partner",
    "a@b@c.com": "Line 1 (a@b@c.com): domains 'a@b@c.com'",
    "Team #1: w.com": "Line 1 (Team): domains 'Team' is a single label",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_line_that_cannot_be_used_is_told_with_its_number(text: str) -> None:
    with pytest.raises(InputError) as caught:
        partners_of(text)
    told = caught.value.problems[-1]
    assert told.startswith(WRONG[text])
    assert ";" in told, "the remedy"


def test_all_lines_are_told_at_once() -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        partner_text("foo\na.com\nbar: https://x.com\n")
    headline, *lines = str(caught.value).split("\n- ")
    assert headline == "The text of partners has 2 problems:"
    assert [line[:6] for line in lines] == ["Line 1", "Line 3"]


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="The text of partners is a list; write domains, one in a line"):
        partner_text(["a.com"])


@given(st.text() | st.text(alphabet="a.b@:#<>\"' ,;\n\t-*\uff1a"))
def test_any_text_is_a_list_or_sentences(text: str) -> None:
    told: list[str] = ["Line "]
    try:
        told += [f"Line {number}" for number, _entry in enumerate(partners_of(text))]
    except InputError as error:
        told = error.problems
    assert told
    assert all(sentence.startswith(("Line ", "The text ")) for sentence in told)

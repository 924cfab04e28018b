# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts from outside become harmless lines."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.text import LONGEST, clean


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"220 mx.contoso.com ESMTP", "220 mx.contoso.com ESMTP"),
        ("two\r\nlines\tand a tab", "two lines and a tab"),
        (b"\x1b[31mred\x1b[0m", "[31mred [0m"),
        (b"nul\x00and bell\x07", "nul and bell"),
        ("moc.osotnoc\u202ereversed", "moc.osotnoc reversed"),
        (b"caf\xc3\xa9", "café"),
        (b"caf\xe9", "caf\ufffd"),
        ("   ", ""),
    ],
)
def test_nothing_is_left_that_a_terminal_acts_on(raw: str | bytes, line: str) -> None:
    assert clean(raw) == line


def test_a_long_text_is_cut_and_shows_it() -> None:
    assert clean("x" * 300) == "x" * (LONGEST - 1) + "…"
    assert clean("x" * LONGEST) == "x" * LONGEST
    assert clean(b"abcdef", 4) == "abc…"


@given(st.one_of(st.text(), st.binary()))
def test_whatever_comes_one_short_printable_line_goes(raw: str | bytes) -> None:
    line = clean(raw, 50)
    assert len(line) <= 50
    assert not [character for character in line if unicodedata.category(character)[0] == "C"]
    assert line == line.strip()
    assert clean(line, 50) == line

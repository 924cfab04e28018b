# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of partners as names of files, texts as cells of a table, and directories that somebody has prepared."""

from __future__ import annotations

import csv
import io
import re

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.compose import make_report
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.slugs import slugs
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.text import cell
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.report import sample

#: What is a device on Windows, with whatever behind it (Microsoft: "Naming Files, Paths, and Namespaces").
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
NAMES = [
    "../../x",
    "/etc/x",
    "..",
    ".",
    "~root",
    "con",
    "NUL.contoso.com",
    "com1",
    "a\x00b",
    "a/b",
    "a\\b",
    "a b",
    "a-b",
]
NAMES += ["x" * 5000, "-rf", "ﬁ", "Ä", "a\u0308", "\u202etxt.exe", "aux.test", "deadbeef"]
NAME = st.sampled_from(NAMES) | st.text() | st.text(alphabet="aux.con-/\\0 ", max_size=8)


def assert_safe(found: list[str]) -> None:
    assert len(set(found)) == len(found)
    for slug in found:
        assert re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", slug)
        assert ".." not in slug or "/" not in slug
        assert len(slug) <= 60
        assert not DEVICE.match(slug)


@given(st.lists(NAME, max_size=12, unique_by=str.casefold))
def test_every_partner_has_a_file_of_its_own_inside(names: list[str]) -> None:
    assert_safe(slugs(names))


def test_a_name_that_looks_like_one_with_a_digest_takes_nobody_elses_file() -> None:
    (marked,) = slugs(["Bäckerei"])
    assert_safe(slugs(["Bäckerei", marked, *slugs([marked])]))


def test_letters_stay_in_their_directory_whatever_partners_are_called() -> None:
    stories = [sample.Story(sample.entry(name, [f"p{n}.test"]), []) for n, name in enumerate(NAMES)]
    files = make_report(sample.assembled(stories))["files"]
    letters = [name for name in files if name.startswith("letters/")]
    assert len(letters) == len(NAMES)
    assert_safe([name.removeprefix("letters/").removesuffix(".txt") for name in letters])


@given(st.text() | st.text(alphabet="=+-@|\t\r\n \"',;\uff1d\u200b\x00 1"))
def test_a_cell_is_never_a_formula_and_its_row_stays_whole(text: str) -> None:
    shown = cell(text)
    assert not re.match(r"[=+\-@|\t\r\uff0b\uff0d\uff1d\uff20]", shown)
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows([["a", shown], ["b", "c"]])
    assert list(csv.reader(io.StringIO(written.getvalue(), newline=""))) == [["a", shown], ["b", "c"]]

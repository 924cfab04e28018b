# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The probe beside tools that this project did not write, on the same servers of the lab.

What is installed is asked; `make test` shows the comparison, and what was not run. Where JUDGES=required, as in CI, all
must be there.
"""

from __future__ import annotations

import os
import pathlib

from ansible_collections.mailflow.exchange_online.tests.judges.__main__ import compare, gone, report, unknown
from ansible_collections.mailflow.exchange_online.tests.judges.differences import DIFFERENCES
from ansible_collections.mailflow.exchange_online.tests.judges.judges import JUDGES, missing
from ansible_collections.mailflow.exchange_online.tests.lab.partners import CASES

#: Where the comparison is left for `make test` to show: pytest keeps what a test prints to itself.
REPORT = pathlib.Path(__file__).resolve().parents[2] / ".cache" / "second-opinion.txt"


def test_every_difference_has_a_reason_and_every_reason_a_difference() -> None:
    installed = [judge for judge in JUDGES if not missing(judge)]
    opinions = compare(installed)
    REPORT.write_text("".join(f"{line}\n" for line in report(opinions)), encoding="utf-8")
    assert {one.judge for one in opinions} == set(installed)
    assert unknown(opinions) == []
    assert gone(opinions) == []


def test_the_judges_that_must_be_here_are_here() -> None:
    required = list(JUDGES) if os.environ.get("JUDGES") == "required" else []
    assert [judge for judge in required if missing(judge)] == []


def test_the_table_of_differences_names_judges_and_cases_that_there_are() -> None:
    assert set(DIFFERENCES) == set(JUDGES)
    assert {case for cases in DIFFERENCES.values() for case in cases} <= set(CASES)

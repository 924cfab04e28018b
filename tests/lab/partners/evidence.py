# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of partners as a page: what each is, what a probe must find, and what that rests on."""

from __future__ import annotations

import typing as t

from .cases import CASES
from .shapes import Case

HEAD: t.Final = (
    "id",
    "the partner",
    "sustains",
    "encryption_only, certificate_validation, domain_validation",
    "delivery",
    "findings",
    "rests on",
    "note",
)


def rows() -> list[tuple[str, ...]]:
    """One for each partner."""
    return [_row(case) for case in CASES.values()]


def _row(case: Case) -> tuple[str, ...]:
    expected = case.expected
    same = len(set(expected.verdicts)) == 1
    return (
        case.id,
        case.what,
        expected.sustains or "not judged",
        expected.verdicts[0] if same else ", ".join(expected.verdicts),
        expected.delivery,
        ", ".join((*expected.codes, *expected.domain_codes)),
        expected.basis,
        expected.note,
    )

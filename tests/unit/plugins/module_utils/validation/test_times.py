# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times of Exchange, and ages of people."""

from __future__ import annotations

import datetime as dt

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.times import (
    read_age,
    read_time,
    write_time,
)

MOMENT = dt.datetime(2026, 7, 24, 18, 59, 12, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    "stored",
    [
        "2026-07-24T18:59:12.0000000",
        "2026-07-24T18:59:12Z",
        "2026-07-24T18:59:12.1234567Z",
        "2026-07-24T20:59:12+02:00",
        "2026-07-24 18:59:12",
        f"/Date({int(MOMENT.timestamp() * 1000)})/",
    ],
)
def test_every_form_of_a_time(stored: str) -> None:
    found = read_time(stored)
    assert found == MOMENT
    assert found is not None
    assert found.utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize(
    "stored", [None, "", "yesterday", 1753383552, "2026-13-24T18:59:12Z", "2026-07-24", f"/Date({10**14}9)/", True]
)
def test_what_is_no_time(stored: object) -> None:
    assert read_time(stored) is None


def test_a_time_goes_out_in_utc_and_comes_back() -> None:
    local = MOMENT.astimezone(dt.timezone(dt.timedelta(hours=-7)))
    assert write_time(local) == "2026-07-24T18:59:12Z"
    assert read_time(write_time(local)) == MOMENT


@pytest.mark.parametrize(
    ("text", "hours"), [("12", 12), ("1.5", 1.5), ("90m", 1.5), ("12h", 12), ("30d", 720), (" 4 W ", 672), ("0", 0)]
)
def test_ages(text: str, hours: float) -> None:
    assert read_age(text) == dt.timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "month", "-1", "30 days", "1d12h", "d", "1e3"])
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(ValueError, match="is not an age; give hours such as 12"):
        read_age(text)

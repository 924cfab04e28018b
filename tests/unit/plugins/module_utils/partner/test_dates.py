# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dates as people and YAML write them, and what they make of a partner."""

from __future__ import annotations

import datetime as dt
import time
import typing as t

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import compose
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import STATES
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.standing import Standing, standing
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.times import iso, moment, said
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.values import Wrong

EIGHT = dt.datetime(2026, 12, 1, 8, tzinfo=dt.timezone.utc)
SECOND = dt.timedelta(seconds=1)


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-01T08:00:00Z",
        "2026-12-01T08:00Z",
        "2026-12-01 08:00",
        " 2026-12-01 08:00 UTC ",
        "2026-12-01t08:00:00.5z",
        "2026-12-01T09:00+01:00",
        "2026-12-01T03:00 -0500",
        "2026-12-01 13:00:00 +05",
        EIGHT,
        EIGHT.replace(tzinfo=None),
        EIGHT.astimezone(dt.timezone(dt.timedelta(hours=-5))),
    ],
    ids=str,
)
def test_a_time_in_every_spelling(written: object) -> None:
    assert moment(written) == EIGHT
    assert iso(moment(written)) == "2026-12-01T08:00:00Z"
    assert said(moment(written)) == "2026-12-01 08:00 UTC"


def test_a_time_without_a_zone_is_utc_wherever_the_controller_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert moment(EIGHT.replace(tzinfo=None)) == moment("2026-12-01 08:00") == EIGHT
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("written", ["2026-12-01", dt.date(2026, 12, 1), dt.datetime(2026, 12, 1)])  # noqa: DTZ001
def test_a_date_is_its_first_moment(written: object) -> None:
    assert iso(moment(written)) == "2026-12-01T00:00:00Z"


@pytest.mark.parametrize(
    "text", ["2026-12-01", "2026-12-01T08:00:00Z", "2026-12-01 09:00:00 +01:00", "2026-12-01T08:00Z", '"2026-12-01"']
)
def test_what_yaml_makes_of_it_is_the_same(text: str) -> None:
    assert moment(yaml.safe_load(text)) == moment(text.strip('"'))


@pytest.mark.parametrize(
    "written",
    [
        *("", "soon", "01.12.2026", "12/1/2026", "2026-12-1", "2026-13-01", "2026-12-01T25:00"),
        *("0001-01-01T00:00+14:00", 20261201, 1.5, True, [], {}),
    ],
)
def test_what_is_no_time_is_refused_with_the_remedy(written: object) -> None:
    with pytest.raises(Wrong, match=r"neither a date nor a time; write a date such as 2026-12-01 or a time"):
        moment(written)


@given(st.datetimes(timezones=st.timezones()))
def test_whatever_time_there_is_it_is_read_or_refused(when: dt.datetime) -> None:
    try:
        found = moment(when.isoformat(timespec="minutes"))
    except Wrong:
        return
    assert found.tzinfo is dt.timezone.utc


# -- what a date makes of a partner --------------------------------------------------------------------------------


def now_of(state: str, now: dt.datetime, **keys: object) -> tuple[Standing, list[bool]]:
    """What holds at that time, and whether the connectors are to be enabled."""
    (partner,) = check_partners([{"name": "Contoso", "domains": ["contoso.com"], "state": state, **keys}])
    return standing(partner, now), [connector["enabled"] for connector in compose([partner], now)]


def test_an_agreed_date_holds_until_it_has_come() -> None:
    before, enabled = now_of("enforced", EIGHT - SECOND, enforce_from=EIGHT)
    assert (before.stand, enabled) == ("disabled", [False, False])
    assert before.hold is not None
    assert before.hold.line("Contoso") == "held: Contoso until 2026-12-01 08:00 UTC: enforce_from"
    for now in (EIGHT, EIGHT + SECOND):
        assert now_of("enforced", now, enforce_from=EIGHT) == (Standing("enabled"), [True, True])


def test_planned_is_nothing_and_suspended_is_disabled() -> None:
    assert now_of("planned", EIGHT) == (Standing("untouched"), [])
    assert now_of("prepared", EIGHT) == (Standing("disabled"), [False, False])
    assert now_of("suspended", EIGHT, reason="x", until="2027-01-01") == (Standing("disabled"), [False, False])


def test_the_end_of_a_suspension_enforces_nothing_and_is_told() -> None:
    before, _enabled = now_of("suspended", EIGHT - SECOND, reason="their renewal", until=EIGHT)
    assert before.alert is None
    after, enabled = now_of("suspended", EIGHT, reason="their renewal", until=EIGHT)
    assert enabled == [False, False]
    assert after.alert is not None
    assert (after.alert.code, after.alert.since) == ("suspension_over", EIGHT)
    assert "ended on 2026-12-01 08:00 UTC" in after.alert.message
    assert "their renewal" in after.alert.message


@pytest.mark.parametrize("state", ["planned", "prepared"])
def test_a_date_that_passed_without_being_enforced_is_told(state: str) -> None:
    assert now_of(state, EIGHT - SECOND, enforce_from=EIGHT)[0].alert is None
    alert = now_of(state, EIGHT, enforce_from=EIGHT)[0].alert
    assert alert is not None
    assert alert.code == "date_passed"
    assert f"because state is {state}" in alert.message


@pytest.mark.parametrize("state", STATES)
def test_a_suspension_stands_in_the_comment_for_colleagues(state: str) -> None:
    keys: dict[str, t.Any] = {"reason": "Ticket 7", "until": "2027-01-01"} if state == "suspended" else {}
    made = compose(check_partners([{"domains": ["a.com"], "state": state, **keys}]), EIGHT)
    told = ["Suspended until 2027-01-01 00:00 UTC: Ticket 7." in entry.get("comment", "") for entry in made]
    assert told == {"planned": [], "suspended": [True, True]}.get(state, [False, False])


def test_the_time_changes_nothing_but_whether_connectors_are_enabled() -> None:
    """So that a held partner is enforced by one small change, and a plan is the same until the date has come."""
    partners = check_partners([{"domains": ["a.com"], "enforce_from": EIGHT}, "b.com"])
    early, late = (compose(partners, now) for now in (EIGHT - SECOND, EIGHT))
    differing = [{key for key in a if a[key] != b[key]} for a, b in zip(early, late, strict=True)]
    assert differing == [{"enabled"}, {"enabled"}, set(), set()]

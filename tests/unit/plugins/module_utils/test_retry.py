# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import time
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._retry import (
    TABLE,
    Backoff,
    CmdletKind,
    Failure,
    classify,
    cmdlet_kind,
    decide,
    retry_after,
    wish_of,
)

KINDS = t.get_args(CmdletKind)
FAILURES = t.get_args(Failure)
WRITES = ("replace", "create", "remove", "validate", "other")


def test_the_table_is_complete() -> None:
    assert set(TABLE) == set(itertools.product(KINDS, FAILURES))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("failure", "action"),
    [
        ("throttled", "retry"),
        ("busy", "retry"),
        ("never_connected", "retry"),
        ("unauthorized", "reauthenticate"),
        ("untrusted", "give_up"),
        ("forbidden", "give_up"),
        ("refused", "give_up"),
    ],
)
def test_where_nothing_was_done_all_kinds_are_alike(kind: CmdletKind, failure: Failure, action: str) -> None:
    assert decide(kind, failure) == action


@pytest.mark.parametrize("failure", ["timed_out", "lost", "unreadable", "transient", "server_error"])
def test_where_it_is_open_only_reads_are_repeated(failure: Failure) -> None:
    assert decide("read", failure) == "retry"
    assert {decide(kind, failure) for kind in WRITES} == {"reread"}


def test_errors_beside_a_result_are_not_repeated() -> None:
    assert decide("read", "partial") == "give_up"
    assert {decide(kind, "partial") for kind in WRITES} == {"reread"}


@pytest.mark.parametrize(
    ("cmdlet", "kind"),
    [
        ("Get-OutboundConnector", "read"),
        ("get-inboundconnector", "read"),
        ("Set-InboundConnector", "replace"),
        ("NEW-OutboundConnector", "create"),
        ("Remove-OutboundConnector", "remove"),
        ("Validate-OutboundConnector", "validate"),
        ("$batch", "other"),
        ("Get", "other"),
    ],
)
def test_verbs(cmdlet: str, kind: str) -> None:
    assert cmdlet_kind(cmdlet) == kind


@pytest.mark.parametrize(
    ("status", "exception", "text", "failure"),
    [
        (429, None, "", "throttled"),
        (400, None, "You have reached the maximum number of concurrent requests per tenant.", "throttled"),
        (401, None, "", "unauthorized"),
        (403, None, "", "forbidden"),
        (503, None, "", "busy"),
        (500, "Microsoft.Exchange.Data.Storage.ServerBusyException", "", "busy"),
        (400, "CmdletProxyNotAvailableFailure", "", "busy"),
        (400, "Microsoft.Exchange.Data.Directory.DCOverloadedException", "", "busy"),
        (400, "Microsoft.Exchange.StorageTransientException", "", "transient"),
        (500, "A.B.ADServerSettingsChangedException", "", "transient"),
        (400, "UnableToWriteToAadException", "", "transient"),
        (500, None, "", "server_error"),
        (502, None, "", "server_error"),
        (504, None, "", "server_error"),
        (408, None, "", "server_error"),
        (501, None, "", "refused"),
        (500, "A.ManagementObjectNotFoundException", "", "refused"),
        (500, "A.ADObjectAlreadyExistsException", "", "refused"),
        (400, "A.ParameterTransformationException", "", "refused"),
        (404, None, "", "refused"),
        (405, None, "", "refused"),
        (500, "System.Management.Automation.CommandNotFoundException", "", "server_error"),
    ],
)
def test_answers_are_classified_by_status_and_type(status: int, exception: str | None, text: str, failure: str) -> None:
    assert classify(status, exception, text) == failure


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("15", 15.0),
        (" 0 ", 0.0),
        ("Thu, 01 Jan 1970 00:17:10 GMT", 30.0),
        ("Thursday, 01-Jan-70 00:17:10 GMT", 30.0),
        ("Thu Jan  1 00:17:10 1970", 30.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("99999999999999999999", 999999999.0),
        (None, None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_retry_after_is_seconds_or_a_date(
    value: str | None, seconds: float | None, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert retry_after(value, now=1000.0) == seconds
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("headers", "wish"),
    [
        ({}, None),
        ({"retry-after": "7", "date": "Thu, 01 Jan 1970 00:00:00 GMT"}, "7"),
        ({"retry-after": "Thu, 01 Jan 2099 00:00:40 GMT", "date": "Thu, 01 Jan 2099 00:00:10 GMT"}, "30"),
        ({"retry-after": "Thu Jan  1 00:00:40 2099", "date": "Thu, 01 Jan 2099 00:00:10 GMT"}, "30"),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT", "date": "Thu, 01 Jan 2099 00:00:10 GMT"}, "0"),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, "Thu, 01 Jan 1970 00:00:00 GMT"),
        ({"retry-after": "soon", "date": "Thu, 01 Jan 2099 00:00:10 GMT"}, "soon"),
    ],
)
def test_a_date_is_taken_from_the_date_of_the_answer(headers: dict[str, str], wish: str | None) -> None:
    """The clock of this host may be wrong; what the service means is a span of its own time."""
    assert wish_of(headers) == wish


def test_a_sensible_wish_is_honoured_and_never_undercut() -> None:
    backoff = Backoff()
    for random in (0.0, 0.5, 1.0):
        delay = backoff.delay(1, 300.0, random)
        assert delay is not None
        assert 300.0 <= delay <= 301.0


def test_a_service_that_asks_for_too_long_is_not_waited_for() -> None:
    assert Backoff().delay(1, 300.1, 0.0) is None


def test_without_a_wish_the_whole_range_is_used_and_grows_to_the_cap() -> None:
    backoff = Backoff(base=1.0, cap=60.0)
    assert [backoff.delay(tries, None, 1.0) for tries in (1, 2, 3, 10, 5000)] == [2.0, 4.0, 8.0, 60.0, 60.0]
    assert backoff.delay(9, None, 0.0) == 0.0
    assert backoff.delay(9, None, 0.25) == 15.0

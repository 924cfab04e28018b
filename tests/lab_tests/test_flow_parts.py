# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the queue that need no partner: when it is tried, and what senders read."""

from __future__ import annotations

import ast
import datetime as dt
import pathlib
import re
import uuid

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab import mailflow as package
from ansible_collections.mailflow.exchange_online.tests.lab.clock import Clock
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow import flow_evidence
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.flow_switches import SWITCHES
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.letters import Header, compose
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.notices import (
    Last,
    Reason,
    american,
    expired,
    report,
)
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.nowhere import Nowhere
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.queue import Message
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.shapes import Attempt, Envelope, Route

SOURCES = pathlib.Path(package.__path__[0])
NOON = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.timezone.utc)
MINUTE = dt.timedelta(minutes=1)
CANNOT = "550 5.4.317 Message expired, cannot connect to remote server"
STARTTLS = (
    "450 4.4.317 Cannot connect to remote server [Message=451 5.7.3 STARTTLS is required to send mail] "
    "[LastAttemptedServerName=mx.a.example] [LastAttemptedIP=192.0.2.1:25] [AB00FT001.prod.protection.outlook.com]"
)
MISMATCH = (
    "450 4.4.317 Cannot connect to remote server [Message=SubjectMismatch Expected Subject: *.a.example. Presented "
    "Subject: CN=b [x]. Thumbprint:00.] [LastAttemptedServerName=mx.a.example] [LastAttemptedIP=192.0.2.1:25] "
    "[SmtpSecurity=-1;-1] [AB00FT001]"
)


def message(mail_from: str = "anna@contoso.example") -> Message:
    return Message("1", "t", mail_from, "b@a.example", "Hi", b"x", NOON, Route("a.example"))


def deferred(text: str = STARTTLS) -> Attempt:
    return Attempt("deferred", text, "x", server="mx.a.example", address="192.0.2.1")


@pytest.mark.parametrize(
    ("last", "text", "evidence"),
    [
        (
            STARTTLS,
            f"{CANNOT}(451 5.7.3 STARTTLS is required to send mail)",
            "flow.expired-317",
        ),
        (
            MISMATCH,
            f"{CANNOT}(SubjectMismatch Expected Subject: *.a.example. Presented Subject: CN=b [x]. Thumbprint:00.)",
            "flow.expired-317",
        ),
        (
            "450 4.4.317 Cannot connect to remote server [Message=UntrustedRoot]",
            f"{CANNOT}(UntrustedRoot)",
            "flow.expired-317",
        ),
        (
            "450 4.4.316 Connection refused [Message=Socket error code 10061] [LastAttemptedServerName=x]",
            "550 5.4.316 Message expired, connection refused(Socket error code 10061)",
            "flow.expired-316",
        ),
        ("450 4.4.312 DNS query failed [x]", "550 5.4.312 Message expired, DNS query failed", "flow.expired-312"),
        (
            "450 4.7.321 starttls-not-supported: Destination mail server must support TLS to receive mail. [Last=x]",
            "550 5.7.321 starttls-not-supported: Destination mail server must support TLS to receive mail.",
            "flow.expired-dane",
        ),
        (
            "450 4.7.5 Remote certificate failed MTA-STS validation. Reason: UntrustedRoot [Last=x]",
            "550 5.7.5 Remote certificate failed MTA-STS validation. Reason: UntrustedRoot",
            "flow.expired-sts",
        ),
        (
            "450 4.7.320 Certificate validation failed [x]",
            "550 5.4.300 Message expired -> 450 4.7.320 Certificate validation failed [x]",
            "flow.expired-300",
        ),
        ("452 4.2.2 Mailbox full", "550 5.4.300 Message expired -> 452 4.2.2 Mailbox full", "flow.expired-300"),
        ("451-later\n451 please", "550 5.4.300 Message expired -> 451-later\n451 please", "flow.expired-300"),
        ("550 5.7.321 odd", "550 5.4.300 Message expired -> 550 5.7.321 odd", "flow.expired-300"),
    ],
)
def test_what_is_said_of_a_message_that_expires(last: str, text: str, evidence: str) -> None:
    assert expired(last) == Reason(text, evidence)


def test_a_message_is_tried_after_15_minutes_twice_then_every_hour_for_a_day() -> None:
    one = message()
    at = NOON
    times = []
    while at < one.expires:
        one.tried(at, one.route, deferred())
        times.append(int((at - NOON) / MINUTE))
        assert one.next_try is not None
        at = one.next_try
    assert times == [0, 15, 30, *range(90, 1440, 60)]
    assert one.due == one.expires == NOON + 1440 * MINUTE
    assert [event.event for event in one.trace] == ["Defer"] * 26


def test_message_trace_tells_why_a_message_waits() -> None:
    one = message()
    one.received()
    one.tried(NOON, one.route, deferred())
    assert one.trace[-1].detail == (
        f"Reason: [{{LED={STARTTLS}}};{{MSG=}};{{FQDN=mx.a.example}};{{IP=192.0.2.1}};{{LRT=11/25/2026 12:00:00 PM}}]"
    )
    one.tried(NOON + 15 * MINUTE, one.route, Attempt("delivered", "250 OK", "x", True, "TLSv1.2", "mx", "192.0.2.1"))
    assert [event.event for event in one.trace] == ["Receive", "Defer", "Send external"]
    assert one.trace[-1].detail == "Message sent to mx at 192.0.2.1 using TLSv1.2"
    assert (one.status, one.next_try, one.finished) == ("delivered", None, NOON + 15 * MINUTE)


@pytest.mark.parametrize(("mail_from", "status"), [("anna@contoso.example", "returned"), ("", "failed")])
def test_nobody_is_told_where_the_return_path_is_null(mail_from: str, status: str) -> None:
    one = message(mail_from)
    one.tried(NOON, one.route, deferred())
    one.given_up(one.expires, "550 5.4.300 x")
    assert (one.status, one.trace[-1].event) == (status, "Fail")


def test_a_notice_has_the_lines_of_a_recorded_one() -> None:
    reason = expired(STARTTLS)
    text = report("b@a.example", reason, NOON, Last(NOON - 10 * MINUTE, deferred()))
    assert text.splitlines()[-2:] == [
        f"11/25/2026 12:00:00 PM - Server at XX0PR00MB0000.eurprd00.prod.outlook.com returned '{reason.text}'",
        f"11/25/2026 11:50:00 AM - Server at mx.a.example (192.0.2.1) returned '{STARTTLS}'",
    ]


def test_a_refusal_is_told_once() -> None:
    attempt = Attempt("failed", "550 5.1.1 Who?", "x", server="mx.a.example", address="192.0.2.1")
    text = report("b@a.example", Reason(attempt.text, "x"), NOON, Last(NOON, attempt))
    assert text.count("returned '") == 1
    assert "Server at mx.a.example (192.0.2.1) returned '550 5.1.1 Who?'" in text


@pytest.mark.parametrize(
    ("hour", "text"), [(0, "11/5/2026 12:07:09 AM"), (12, "11/5/2026 12:07:09 PM"), (21, "11/5/2026 9:07:09 PM")]
)
def test_times_are_written_the_american_way(hour: int, text: str) -> None:
    assert american(dt.datetime(2026, 11, 5, hour, 7, 9, tzinfo=dt.timezone.utc)) == text


def test_a_letter_is_a_message_with_lines_that_end_in_crlf() -> None:
    header = Header("a@contoso.example", "b@a.example", "Grüße", NOON, uuid.UUID(int=1))
    content = compose(header, "Tschüß\n.\nEnde")
    assert b"\r\n\r\n" in content
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert content.startswith(b"From: a@contoso.example\r\nTo: b@a.example\r\nSubject: =?utf-8?")
    assert b"Date: Wed, 25 Nov 2026 12:00:00 +0000\r\n" in content
    with pytest.raises(ValueError, match=r"(?i)linefeed|newline|header"):
        compose(header._replace(subject="a\r\nBcc: c@d.example"), "x")


def test_the_clock_goes_forward_only() -> None:
    clock = Clock()
    before, measured = clock.now(), clock.monotonic()
    clock.skip_to(before + 60 * MINUTE)
    assert clock.now() - before >= 60 * MINUTE
    assert clock.monotonic() - measured >= 3599
    later = clock.now()
    clock.skip_to(before)
    assert clock.now() >= later
    clock.reset()
    assert clock.now() < later


def test_without_partners_no_name_is_resolved() -> None:
    attempt = Nowhere().attempt(Route("a.example"), Envelope("", "b@a.example", b"x"))
    assert (attempt.result, attempt.text, attempt.server) == ("deferred", "450 4.4.312 DNS query failed", "a.example")
    assert not Nowhere().reach("a.example").success


def test_every_row_is_cited_and_every_citation_is_a_row() -> None:
    cited = set()
    for source in SOURCES.glob("*.py"):
        tree = ast.parse(source.read_text(encoding="utf-8"))
        if not any(isinstance(node, ast.ImportFrom) and node.module == "flow_evidence" for node in ast.walk(tree)):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cite":
                assert isinstance(node.args[0], ast.Constant), ast.dump(node)
                cited.add(node.args[0].value)
    assert cited == {row.id for row in flow_evidence.EVIDENCE}
    with pytest.raises(KeyError):
        flow_evidence.cite("flow.nothing")


def test_every_setting_of_every_switch_is_tried_by_a_test() -> None:
    here = pathlib.Path(__file__).parent
    tests = "".join(
        path.read_text(encoding="utf-8")
        for pattern in ("test_flow*.py", "test_validate*.py")
        for path in here.glob(pattern)
        if path != pathlib.Path(__file__)
    )
    for switch in SWITCHES:
        assert re.search(rf"\b{switch.name}\b", tests), switch.name
        for value in switch.values or ():
            assert f'"{value}"' in tests, (switch.name, value)

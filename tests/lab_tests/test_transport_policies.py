# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MTA-STS policies as the transport reads them, and what it says of those that it cannot have."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.policies import matches, parse
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab_tests.transport_client import Office

GOOD = "version: STSv1\r\nmode: enforce\r\nmx: mx.a.test\r\nmx: *.b.test\r\nmax_age: 604800\r\n"
#: What stands in the conversation for policies that do not count; the mail is delivered.
NOTES = {
    "w_sts_404": "no policy to be had (HTTP 404)",
    "w_sts_redirect": "no policy to be had (HTTP 301)",
    "w_sts_badcert": "no policy to be had (unable to get local issuer certificate)",
    "w_sts_badname": "no policy to be had (Hostname mismatch, ",
    "w_sts_refused": "no policy to be had ([Errno 111] Connection refused)",
    "w_sts_hang": "no policy to be had (",
    "w_sts_bad_policy": "the policy cannot be read",
    "w_sts_two_records": "2 records, so none",
    "w_sts_ok": "enforce, *.w-sts-ok.test",
    "w_sts_testing": "testing, mail.other.example",
}


@pytest.fixture(scope="module")
def office() -> t.Iterator[Office]:
    with PartnerWorld([*NOTES, "a_good"], hang_seconds=60) as world:
        yield Office(world)


@pytest.mark.parametrize(("case_id", "note"), NOTES.items())
def test_what_is_said_of_a_policy(case_id: str, note: str, office: Office) -> None:
    attempt = office.send(case_id)
    assert attempt.result == "delivered"
    domain = f"{case_id.replace('_', '-')}.test"
    assert any(line.startswith(f"-- MTA-STS of {domain}: {note}") for line in attempt.conversation), (
        attempt.conversation
    )


def test_nothing_is_said_where_there_is_none_and_nothing_asked_where_it_is_off(office: Office) -> None:
    assert not any("MTA-STS" in line for line in office.send("a_good").conversation)
    office.world.journal.clear()
    office.send("w_sts_ok", mta_sts_mode="None")
    assert office.world.journal.requests == []


def test_a_policy() -> None:
    policy = parse(GOOD, "a.test")
    assert policy is not None
    assert (policy.mode, policy.mx, policy.domain) == ("enforce", ("mx.a.test", "*.b.test"), "a.test")
    assert [policy.lists(host) for host in ("mx.a.test", "MX.A.TEST.", "x.b.test", "a.b.test")] == [True] * 4
    assert [policy.lists(host) for host in ("a.test", "b.test", "x.y.b.test", "xb.test", "")] == [False] * 5


@pytest.mark.parametrize(
    "body",
    [
        "",
        GOOD.replace("STSv1", "STSv2"),
        GOOD.replace("version: STSv1\r\n", ""),
        GOOD.replace("enforce", "strict"),
        GOOD.replace("mode: enforce\r\n", ""),
        GOOD.replace("mx:", "my:"),
        GOOD.replace("604800", "long"),
        GOOD.replace("max_age: 604800\r\n", ""),
    ],
)
def test_what_is_no_policy(body: str) -> None:
    assert parse(body, "a.test") is None


def test_policies_that_are_odd_but_count() -> None:
    assert getattr(parse(GOOD.replace("\r\n", "\n"), "a.test"), "mode", "") == "enforce"
    assert getattr(parse(GOOD + "mode: none\r\nother: x\r\n", "a.test"), "mode", "") == "enforce"
    none = parse("version: STSv1\nmode: none\nmax_age: 1\n", "a.test")
    assert none is not None
    assert (none.mode, none.mx) == ("none", ())


def test_patterns_and_names() -> None:
    fits = [("a.test", "a.test"), ("*.a.test", "x.a.test"), ("*.A.test.", "X.a.TEST")]
    assert all(matches(pattern, name) for pattern, name in fits)
    others = [("*.a.test", "a.test"), ("*.a.test", "x.y.a.test"), ("a.test", "x.a.test"), ("*", "test"), ("", "a")]
    assert not any(matches(pattern, name) for pattern, name in others)

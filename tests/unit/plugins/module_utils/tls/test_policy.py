# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MTA-STS policies and TLS reporting records: the tables of RFC 8461 and RFC 8460, and what strangers make of them."""

from __future__ import annotations

import asyncio
import contextlib
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Answer, MtaSts, TlsRpt
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.policy import (
    LONGEST_AGE,
    Wrong,
    find_mta_sts,
    find_tls_rpt,
    mx_matches,
    parse_sts_policy,
    parse_sts_record,
    parse_tls_rpt,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.web import FetchError, FetchFault, Page

POLICY = b"version: STSv1\r\nmode: enforce\r\nmx: mx.p.test\r\nmx: *.p.test\r\nmax_age: 604800\r\n"
RECORD = b"v=STSv1; id=20260101T000000;"


# -- the record ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "policy_id"),
    [
        ([RECORD], "20260101T000000"),
        ([b"v=STSv1;id=1"], "1"),
        ([b"v=STSv1 ;  id = a1B2 ; "], "a1B2"),
        ([b"v=STSv1; other=x; id=1; id=2"], "1"),
        ([b"v=STSv1; id=" + b"a" * 32], "a" * 32),
        ([b"v=spf1 -all", RECORD, b"\xff\xfe"], "20260101T000000"),
        ([], None),
        ([b"v=spf1 -all"], None),
        ([b"v=STSv10; id=1"], None),
        ([b"v=STSv2; id=1"], None),
        ([b"v=STSv1 id=1"], None),
        ([b"id=1; v=STSv1"], None),
        ([b""], None),
    ],
)
def test_a_record_gives_the_id(records: list[bytes], policy_id: str | None) -> None:
    assert parse_sts_record(records) == policy_id


@pytest.mark.parametrize(
    "records",
    [
        [b"v=STSv1;"],
        [b"v=STSv1; id=;"],
        [b"v=STSv1; id=" + b"a" * 33],
        [b"v=STSv1; id=2026-01-01"],
        [b"v=STSv1; id=\xc3\xa4"],
        [RECORD, RECORD],
        [RECORD, b"v=STSv1; id=2"],
    ],
)
def test_a_record_that_does_not_count(records: list[bytes]) -> None:
    with pytest.raises(Wrong):
        parse_sts_record(records)


# -- the policy ------------------------------------------------------------------------------------------------------


def policy(**lines: str) -> bytes:
    """A policy with other values; an empty one leaves the line out."""
    values = {"version": "STSv1", "mode": "enforce", "mx": "mx.p.test", "max_age": "604800", **lines}
    return "".join(f"{key}: {value}\n" for key, value in values.items() if value).encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (POLICY, ("enforce", ("mx.p.test", "*.p.test"), 604800)),
        (POLICY.replace(b"\r\n", b"\n"), ("enforce", ("mx.p.test", "*.p.test"), 604800)),
        (POLICY.removesuffix(b"\r\n"), ("enforce", ("mx.p.test", "*.p.test"), 604800)),
        (POLICY.replace(b": ", b":\t  "), ("enforce", ("mx.p.test", "*.p.test"), 604800)),
        (policy(mode="testing"), ("testing", ("mx.p.test",), 604800)),
        (policy(mode="none", mx=""), ("none", (), 604800)),
        (policy(mode="none"), ("none", ("mx.p.test",), 604800)),
        (policy(mx="MX.P.test."), ("enforce", ("mx.p.test",), 604800)),
        (policy(mx="mx.p.test\nmx: mx.p.test"), ("enforce", ("mx.p.test",), 604800)),
        (policy(max_age="0"), ("enforce", ("mx.p.test",), 0)),
        (policy(max_age=str(LONGEST_AGE)), ("enforce", ("mx.p.test",), LONGEST_AGE)),
        (policy(mode="enforce\nmode: none"), ("enforce", ("mx.p.test",), 604800)),
        (policy(max_age="1\nmax_age: x"), ("enforce", ("mx.p.test",), 1)),
        (policy(extension="anything: at all"), ("enforce", ("mx.p.test",), 604800)),
        (b"\n\n" + policy() + b"\n\n", ("enforce", ("mx.p.test",), 604800)),
    ],
)
def test_a_policy_is_taken_apart(body: bytes, expected: tuple[str, tuple[str, ...], int]) -> None:
    assert parse_sts_policy(body) == expected


@pytest.mark.parametrize(
    ("body", "about"),
    [
        (b"", "version"),
        (policy(version=""), "version"),
        (policy(version="STSv2"), "version"),
        (policy(mode=""), "mode"),
        (policy(mode="Enforce"), "mode"),
        (policy(mode="report"), "mode"),
        (policy(max_age=""), "max_age"),
        (policy(max_age="-1"), "max_age"),
        (policy(max_age="1.5"), "max_age"),
        (policy(max_age="\u0661"), "max_age"),
        (policy(max_age=str(LONGEST_AGE + 1)), "max_age"),
        (policy(max_age="9" * 5000), "max_age"),
        (policy(mx=""), "no mx"),
        (policy(mode="testing", mx=""), "no mx"),
        (policy(mx="mx.p.test, mx2.p.test"), "mx"),
        (policy(mx="mx.*.test"), "mx"),
        (policy(mx="**.p.test"), "mx"),
        (policy(mx="*"), "mx"),
        (policy(mx="b\u00fccher.test"), "mx"),
        (policy(mx="[192.0.2.1]"), "mx"),
        (b"<html><body>version STSv1</body></html>", "colon"),
        (policy() + b"nonsense\n", "colon"),
        (POLICY.replace(b"\r\n", b"\r"), "version"),
    ],
)
def test_a_policy_that_does_not_count_says_why(body: bytes, about: str) -> None:
    with pytest.raises(Wrong, match=about) as caught:
        parse_sts_policy(body)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("pattern", "host", "matches"),
    [
        ("mx.p.test", "mx.p.test", True),
        ("mx.p.test", "mx2.p.test", False),
        ("p.test", "mx.p.test", False),
        ("*.p.test", "mx.p.test", True),
        ("*.p.test", "a.mx.p.test", False),
        ("*.p.test", "p.test", False),
        ("*.p.test", ".p.test", False),
        ("*.p.test", "mx.q.test", False),
        ("*.p.test", "xp.test", False),
        ("*.test", "p.test", True),
        ("mx.p.test", "", False),
        ("*.p.test", "", False),
    ],
)
def test_a_wildcard_is_exactly_one_label(pattern: str, host: str, matches: bool) -> None:
    assert mx_matches(pattern, host) is matches


# -- the report record -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], TlsRpt()),
        ([b"v=spf1 -all"], TlsRpt()),
        ([b"v=TLSRPTv1; rua=mailto:a@p.test"], TlsRpt("found", ("mailto:a@p.test",))),
        (
            [b"v=TLSRPTv1;rua=mailto:a@p.test,https://p.test/r ;"],
            TlsRpt("found", ("mailto:a@p.test", "https://p.test/r")),
        ),
        ([b"v=TLSRPTv1; x=1; rua = MAILTO:a@p.test , ftp://p.test"], TlsRpt("found", ("MAILTO:a@p.test",))),
        ([b"v=TLSRPTv1; rua=mailto:a=b@p.test"], TlsRpt("found", ("mailto:a=b@p.test",))),
        ([b"v=TLSRPTv10; rua=mailto:a@p.test"], TlsRpt()),
    ],
)
def test_a_report_record_names_addresses(records: list[bytes], expected: TlsRpt) -> None:
    assert parse_tls_rpt(records) == expected


@pytest.mark.parametrize(
    "records",
    [
        [b"v=TLSRPTv1"],
        [b"v=TLSRPTv1; rua="],
        [b"v=TLSRPTv1; rua=a@p.test"],
        [b"v=TLSRPTv1; rua=http://p.test"],
        [b"v=TLSRPTv1; rua=mailto:a@p.test"] * 2,
    ],
)
def test_a_report_record_that_does_not_count(records: list[bytes]) -> None:
    record = parse_tls_rpt(records)
    assert (record.status, record.rua) == ("txt_invalid", ())
    assert record.detail


def test_addresses_for_reports_are_limited() -> None:
    record = parse_tls_rpt([b"v=TLSRPTv1; rua=" + b",".join(b"mailto:%d@p.test" % number for number in range(500))])
    assert len(record.rua) == 20


# -- whatever strangers write ----------------------------------------------------------------------------------------

#: Junk, and junk that begins as it should or is made of the right words.
WORDS = st.sampled_from(
    [
        *(b"v=STSv1", b"v=TLSRPTv1", b"id=", b"rua=", b"mailto:", b"version: STSv1", b"mode: ", b"mode: enforce"),
        *(b"mx: ", b"max_age: ", b"\r\n", b"\n", b";", b",", b"*.", b":", b"=", b"\xff", b"\x1b[2J", b"9" * 99),
        "\u202e".encode(),
    ]
)
JUNK = st.binary(max_size=200) | st.lists(WORDS | st.binary(max_size=8), max_size=30).map(b"".join)


@given(st.lists(JUNK, max_size=3))
def test_any_record_is_none_or_one_or_wrong(records: list[bytes]) -> None:
    with contextlib.suppress(Wrong):
        policy_id = parse_sts_record(records)
        assert policy_id is None or (policy_id.isalnum() and len(policy_id) <= 32)
    record = parse_tls_rpt(records)
    assert (record.status == "found") is bool(record.rua)
    assert all(address.isprintable() and len(address) <= 300 for address in record.rua)


@given(JUNK)
def test_any_policy_is_one_or_wrong(body: bytes) -> None:
    why = ""
    try:
        mode, patterns, age = parse_sts_policy(b"version: STSv1\nmode: none\nmax_age: 1\n" + body)
    except Wrong as problem:
        why = str(problem)
    else:
        assert (mode, age) == ("none", 1)
        assert all(pattern.isascii() and pattern.isprintable() for pattern in patterns)
    assert why.isprintable()


@given(JUNK)
def test_a_policy_of_junk_is_wrong(body: bytes) -> None:
    with contextlib.suppress(Wrong):
        mode, patterns, age = parse_sts_policy(body)
        assert mode == "none" or patterns
        assert 0 <= age <= LONGEST_AGE


# -- looked up and fetched -------------------------------------------------------------------------------------------


class World:
    """What DNS and the policy host of a domain say, and what they were asked."""

    def __init__(self, answer: Answer, page: Page | FetchError | None = None) -> None:
        self._answer = answer
        self._page = page
        self.asked: list[tuple[str, str]] = []
        self.fetched: list[tuple[str, str]] = []

    async def ask(self, name: str, kind: t.Any) -> Answer:
        self.asked.append((name, kind))
        return self._answer

    async def fetch(self, host: str, path: str) -> Page:
        self.fetched.append((host, path))
        assert self._page is not None
        if isinstance(self._page, FetchError):
            raise self._page
        return self._page

    def mta_sts(self) -> MtaSts:
        return asyncio.run(find_mta_sts("p.test", self.ask, self.fetch))


FOUND = Answer("found", (RECORD,))


def test_a_policy_is_looked_up_then_fetched() -> None:
    world = World(FOUND, Page(200, {"content-type": "text/plain"}, POLICY))
    assert world.mta_sts() == MtaSts("found", "20260101T000000", "enforce", ("mx.p.test", "*.p.test"), 604800)
    assert world.asked == [("_mta-sts.p.test", "TXT")]
    assert world.fetched == [("mta-sts.p.test", "/.well-known/mta-sts.txt")]


@pytest.mark.parametrize("answer", [Answer("absent"), Answer("nxdomain"), Answer("found", (b"v=spf1 -all",))])
def test_without_a_record_nothing_is_fetched(answer: Answer) -> None:
    assert World(answer).mta_sts() == MtaSts()


@pytest.mark.parametrize("answer", [Answer("failed", detail="SERVFAIL"), Answer("timeout", detail="no answer")])
def test_a_look_up_that_failed_is_told(answer: Answer) -> None:
    assert World(answer).mta_sts() == MtaSts("dns_failed", detail=answer.detail)
    world = World(answer)
    assert asyncio.run(find_tls_rpt("p.test", world.ask)) == TlsRpt("dns_failed", detail=answer.detail)
    assert world.asked == [("_smtp._tls.p.test", "TXT")]


def test_a_record_that_is_wrong_is_told_and_nothing_fetched() -> None:
    policy = World(Answer("found", (RECORD, RECORD))).mta_sts()
    assert policy.status == "txt_invalid"
    assert "2 records" in policy.detail


@pytest.mark.parametrize("status", [301, 302, 404, 500, 204])
def test_only_the_status_200_has_a_policy(status: int) -> None:
    policy = World(FOUND, Page(status, {"location": "https://elsewhere.test"}, POLICY)).mta_sts()
    assert (policy.status, policy.mode, policy.webpki) == ("fetch_failed", "none", False)
    assert str(status) in policy.detail


@pytest.mark.parametrize("kind", t.get_args(FetchFault))
def test_a_fetch_that_failed_is_told_with_its_reason(kind: FetchFault) -> None:
    policy = World(FOUND, FetchError(kind, "words\x1b[2J")).mta_sts()
    assert (policy.status, policy.webpki, policy.policy_id) == ("fetch_failed", kind == "webpki", "20260101T000000")
    assert policy.detail == "words [2J"


def test_a_policy_that_is_wrong_is_told() -> None:
    policy = World(FOUND, Page(200, {}, b"<html>")).mta_sts()
    assert (policy.status, policy.policy_id) == ("policy_invalid", "20260101T000000")
    assert "colon" in policy.detail


def test_a_report_record_is_looked_up() -> None:
    world = World(Answer("found", (b"v=TLSRPTv1; rua=mailto:a@p.test",)))
    assert asyncio.run(find_tls_rpt("p.test", world.ask)) == TlsRpt("found", ("mailto:a@p.test",))

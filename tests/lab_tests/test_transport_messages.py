# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent, what cannot be, and that nothing raises."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import itertools
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.shapes import Envelope, Route
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.transport import SmtpTransport, Where
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.transport_switches import SWITCHES
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab.switches import Switches
from ansible_collections.mailflow.exchange_online.tests.lab_tests.transport_cases import TABLE
from ansible_collections.mailflow.exchange_online.tests.lab_tests.transport_client import MESSAGE, Office


@pytest.fixture(scope="module")
def office() -> t.Iterator[Office]:
    with PartnerWorld(table=TABLE, hang_seconds=60) as world:
        yield Office(world, TABLE)


@pytest.fixture
def recipient() -> str:
    """A local part that no other test writes to."""
    return f"someone{next(_NUMBERS)}"


_NUMBERS: t.Final = itertools.count()


def attempt_of(route: Route, office: Office, recipient: str, **envelope: t.Any) -> t.Any:
    given = {"mail_from": "sender@tenant.test", "recipient": recipient, "content": MESSAGE, **envelope}
    return SmtpTransport(office.where, Switches(SWITCHES)).attempt(route, Envelope(**given))


@pytest.mark.parametrize("case_id", ["good", "no_tls"])
@pytest.mark.parametrize(
    ("content", "arrives"),
    [
        (MESSAGE, MESSAGE),
        (b"", b""),
        (b"Subject: x\r\n\r\nno end", b"Subject: x\r\n\r\nno end\r\n"),
        (b".\r\n..\r\n.x\r\n", b".\r\n..\r\n.x\r\n"),
        (b"Subject: \xfc\r\n\r\n\xff\x00\r\n", b"Subject: \xfc\r\n\r\n\xff\x00\r\n"),
        (b"smuggled\n.\r\nMAIL FROM:<x@y.z>\r\n", b"smuggled\n.\r\nMAIL FROM:<x@y.z>\r\n"),
        (b"Subject: big\r\n\r\n" + b"0123456789\r\n" * 100000, b"Subject: big\r\n\r\n" + b"0123456789\r\n" * 100000),
    ],
    ids=["plain", "empty", "no_end", "dots", "bytes", "smuggling", "big"],
)
def test_the_message_arrives_as_it_was(
    case_id: str, content: bytes, arrives: bytes, office: Office, recipient: str
) -> None:
    attempt = office.send(case_id, content=content, to=recipient)
    assert attempt.result == "delivered", attempt.text
    (letter,) = office.letters_to(recipient)
    assert letter.content == arrives
    mail = next(line for line in attempt.conversation if line.startswith("C: MAIL"))
    assert mail == f"C: MAIL FROM:<sender@tenant.test> SIZE={len(content)}" + (
        "" if content.isascii() else " BODY=8BITMIME"
    )


def test_the_null_return_path_and_international_domains(office: Office, recipient: str) -> None:
    route = office.route("good")
    attempt = attempt_of(route, office, f"{recipient}@bücher.test", mail_from="")
    assert attempt.result == "delivered"
    (letter,) = office.letters_to(recipient)
    assert (letter.mail_from, letter.recipients) == ("", (f"{recipient}@xn--bcher-kva.test",))


@pytest.mark.parametrize(
    "address",
    ["a@b.test>\r\nRCPT TO:<c@d.test", "a b@c.test", "a@", "@b.test", "nobody", "ä@b.test", "a<b@c.test"],
)
def test_addresses_that_smtp_cannot_carry_go_nowhere(address: str, office: Office, recipient: str) -> None:
    office.world.journal.clear()
    for envelope in ({"mail_from": address}, {"recipient": address}):
        given = {"mail_from": "sender@tenant.test", "recipient": f"{recipient}@good.test", **envelope}
        attempt = attempt_of(office.route("good"), office, given["recipient"], mail_from=given["mail_from"])
        assert (attempt.result, attempt.evidence) == ("failed", "transport.bad-address")
    nobody = attempt_of(office.route("good"), office, "")
    assert nobody.evidence == "transport.bad-address"
    assert office.world.journal.visits == []


@pytest.mark.parametrize(
    "domain", ["", ".", "a..b", "x" * 64 + ".test", "ab\u2028c.test", "a b", "-.test", "127.0.0.1"]
)
def test_domains_that_are_none_raise_nothing(domain: str, office: Office) -> None:
    for route in (Route(domain), Route("good.test", smart_hosts=(domain,))):
        attempt = attempt_of(route, office, "someone@good.test")
        assert attempt.result in ("deferred", "failed")
        assert attempt.text[:4] in ("450 ", "550 ")
    assert not SmtpTransport(office.where, Switches(SWITCHES)).reach(domain).success


def test_nobody_there_at_all() -> None:
    where = Where("127.0.0.1:9", 9, 9, "/nowhere.pem", timeout=0.3)
    transport = SmtpTransport(where, Switches(SWITCHES))
    envelope = Envelope("", "a@b.test", MESSAGE)
    assert transport.attempt(Route("b.test"), envelope).evidence == "transport.dns-failed"
    smart = Route("b.test", smart_hosts=("127.0.0.1",))
    assert transport.attempt(smart, envelope).evidence == "transport.refused"


def test_roots_that_are_gone_raise_nothing(office: Office) -> None:
    transport = SmtpTransport(dataclasses.replace(office.where, ca_path="/nowhere.pem"), Switches(SWITCHES))
    attempt = transport.attempt(office.route("good", "EncryptionOnly"), Envelope("", "a@good.test", MESSAGE))
    assert (attempt.result, attempt.evidence) == ("deferred", "transport.handshake-failed")
    assert "the lab's own TLS fails" in attempt.conversation[-1]


def test_a_conversation_can_be_read(office: Office) -> None:
    (good,) = TABLE.addresses["mx.good.test"]
    attempt = office.send("good", "DomainValidation")
    assert attempt.conversation == (
        "-- MX of good.test: 10 mx.good.test",
        f"-- mx.good.test: {good}",
        f"-- mx.good.test [{good}]:25",
        "S: 220 mx.good.test ESMTP",
        "C: EHLO mail-eopbgr00000.outbound.protection.outlook.test",
        "S: 250-mx.good.test",
        "S: 250-SIZE 36700160",
        "S: 250-8BITMIME",
        "S: 250 STARTTLS",
        "C: STARTTLS",
        "S: 220 2.0.0 Ready to start TLS",
        "-- TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384, CN=mx.good.test",
        "-- the certificate is what is asked for",
        "C: EHLO mail-eopbgr00000.outbound.protection.outlook.test",
        "S: 250-mx.good.test",
        "S: 250-SIZE 36700160",
        "S: 250-8BITMIME",
        "S: 250 REQUIRETLS",
        f"C: MAIL FROM:<sender@tenant.test> SIZE={len(MESSAGE)}",
        "S: 250 2.1.0 OK",
        "C: RCPT TO:<someone@good.test>",
        "S: 250 2.1.0 OK",
        "C: DATA",
        "S: 354 End data with <CR><LF>.<CR><LF>",
        "C: (message)",
        "S: 250 2.6.0 Message taken",
        "C: QUIT",
        "S: 221 2.0.0 Bye",
    )


# -- several at a time -------------------------------------------------------------------------------------------------


def test_attempts_at_the_same_time_do_not_meet(office: Office, recipient: str) -> None:
    transport = SmtpTransport(office.where, Switches(SWITCHES))
    route = office.route("good", "DomainValidation")
    envelopes = [
        Envelope("", f"{recipient}@good.test", b"Subject: %d\r\n\r\n" % number + b"x" * number * 999)
        for number in range(40)
    ]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda one: transport.attempt(route, one), envelopes))
    assert {attempt.result for attempt in results} == {"delivered"}
    arrived = sorted(letter.content for letter in office.letters_to(recipient))
    assert arrived == sorted(one.content + b"\r\n" * (not one.content.endswith(b"\r\n")) for one in envelopes)

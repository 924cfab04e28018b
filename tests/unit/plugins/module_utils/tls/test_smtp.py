# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole conversations with servers that do everything right, and with those that do not."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import gc
import socket
import ssl
import time
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import smtp
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Failure, Reply, Session, Step
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.handshake import (
    diagnostic_context,
    exchange_context,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.smtp_peer import (
    NAME,
    Script,
    Smtp,
    Visitor,
    closed_port,
    full_backlog,
    greet,
    peer,
    server_context,
)

BRIEF = 0.3
LONG = 10.0
HELO = "probe.example"
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


async def converse(
    port: int,
    *,
    address: str = "127.0.0.1",
    sni: str = NAME,
    context: ssl.SSLContext | None = None,
    helo_name: str = HELO,
    timeout: float = LONG,
) -> Session:
    return await smtp.converse(address, port, sni, context or exchange_context(), helo_name=helo_name, timeout=timeout)


def visit(script: Script, **how: t.Any) -> tuple[Session, Visitor]:
    """Talk to a server, and return what was seen on both sides."""
    with peer(script) as server:
        session = asyncio.run(converse(server.port, **how))
        return session, server.only


@functools.cache
def good() -> Smtp:
    return Smtp(server_context())


# -- as it should be -------------------------------------------------------------------------------------------------


def test_a_server_that_does_everything_right() -> None:
    session, visitor = visit(good())
    assert session.failure is None
    assert session.banner == Reply(220, ("mx.partner.example ESMTP",))
    assert session.ehlo is not None
    assert session.ehlo.code == 250
    assert session.extensions == ("SIZE", "STARTTLS")
    assert session.starttls == Reply(220, ("2.0.0 Ready to start TLS",))
    assert session.extensions_after_tls == ("SIZE", "PIPELINING")
    assert session.tls is not None
    assert (session.tls.protocol, session.tls.offers_tls13, len(session.tls.chain)) == ("TLSv1.2", True, 1)
    assert (session.injected, session.alert, session.client_certificate_asked) == (0, "", False)
    assert (session.sni, visitor.sni) == (NAME, NAME)
    assert visitor.heard == [b"EHLO probe.example", b"STARTTLS", b"EHLO probe.example", b"QUIT"]
    assert visitor.raw == b""


def test_each_step_has_its_time() -> None:
    session, _visitor = visit(good())
    assert list(session.milliseconds) == ["connect", "banner", "ehlo", "starttls", "handshake", "ehlo_again"]
    assert all(0 <= milliseconds < LONG * 1000 for milliseconds in session.milliseconds.values())


def test_the_time_of_a_slow_step_is_its_own() -> None:
    def slow(visitor: Visitor) -> None:
        time.sleep(0.25)
        good()(visitor)

    session, _visitor = visit(slow)
    assert session.milliseconds["banner"] >= 200
    assert session.failure is None


def test_a_banner_of_many_lines() -> None:
    session, _visitor = visit(dataclasses.replace(good(), banner=b"220-mx\r\n220-no spam\r\n220 please\r\n"))
    assert session.banner == Reply(220, ("mx", "no spam", "please"))
    assert session.failure is None


def test_replies_that_end_with_a_bare_line_feed() -> None:
    session, _visitor = visit(dataclasses.replace(good(), banner=b"220 mx\n", ehlo=b"250-mx\n250 STARTTLS\n"))
    assert session.failure is None


def test_replies_a_byte_at_a_time() -> None:
    def dripping(visitor: Visitor) -> None:
        visitor.drip(b"220 mx\r\n", 0.005)
        visitor.hear()
        visitor.drip(b"250-mx\r\n250 STARTTLS\r\n", 0.005)
        visitor.hear()
        visitor.drip(b"220 go\r\n", 0.005)
        visitor.encrypt(server_context())
        visitor.hear()
        visitor.drip(b"250 mx\r\n", 0.005)
        visitor.hear()

    assert visit(dripping)[0].failure is None


def test_a_server_over_ipv6() -> None:
    with peer(good(), socket.AF_INET6) as server:
        session = asyncio.run(converse(server.port, address="::1"))
    assert (session.failure, session.address) == (None, "::1")


@pytest.mark.parametrize(
    ("machine", "family", "said"),
    [
        ("probe.lan.example", socket.AF_INET, b"EHLO probe.lan.example"),
        ("probe", socket.AF_INET, b"EHLO [127.0.0.1]"),
        ("localhost.localdomain", socket.AF_INET, b"EHLO [127.0.0.1]"),
        ("two words.example", socket.AF_INET, b"EHLO [127.0.0.1]"),
        ("probe", socket.AF_INET6, b"EHLO [IPv6:::1]"),
    ],
)
def test_without_a_name_the_one_of_the_machine_or_its_address_is_said(
    monkeypatch: pytest.MonkeyPatch, machine: str, family: socket.AddressFamily, said: bytes
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: machine)
    smtp._own_name.cache_clear()
    try:
        with peer(good(), family) as server:
            asyncio.run(converse(server.port, address=server.address, helo_name=""))
            assert server.only.heard[0] == said
    finally:
        smtp._own_name.cache_clear()


def test_a_name_that_cannot_be_an_sni_name_is_left_out() -> None:
    session, visitor = visit(good(), sni="a..b")
    assert (session.failure, visitor.sni) == (None, None)


def test_the_next_connection_is_not_a_resumed_session() -> None:
    """A resumed session would show no chain."""
    with peer(good()) as server:
        for _turn in range(3):
            session = asyncio.run(converse(server.port))
            assert session.tls is not None
            assert len(session.tls.chain) == 1


# -- where it ends ---------------------------------------------------------------------------------------------------


def test_a_connection_that_is_refused() -> None:
    with closed_port() as port:
        session = asyncio.run(converse(port))
    assert session.failure == Failure("connect", "refused", "the connection was refused")
    assert (session.banner, list(session.milliseconds)) == (None, ["connect"])


def test_a_connection_that_is_never_answered() -> None:
    with full_backlog() as port:
        session = asyncio.run(converse(port, timeout=BRIEF))
    assert session.failure == Failure("connect", "timeout", "no answer within 0.3 seconds")


def test_an_address_without_a_way_to_it() -> None:
    session = asyncio.run(converse(25, address="ff02::1"))
    assert session.failure == Failure("connect", "unreachable", "there is no way to this address from here")


def silent_from(step: Step) -> Script:
    """Fall silent in this step."""

    def handshake(visitor: Visitor) -> None:
        greet(visitor)
        visitor.stay()

    scripts: dict[Step, Script] = {
        "banner": dataclasses.replace(good(), banner=None),
        "ehlo": dataclasses.replace(good(), ehlo=None),
        "starttls": dataclasses.replace(good(), starttls=None),
        "handshake": handshake,
        "ehlo_again": dataclasses.replace(good(), ehlo_again=None),
    }
    return scripts[step]


def dripping_from(step: Step) -> Script:
    """Send something that never ends, a byte at a time, from this step on."""

    def script(visitor: Visitor) -> None:
        endless = b"250-x\r\n" * 1000
        if step == "banner":
            visitor.drip(endless, 0.02)
        visitor.say(b"220 mx\r\n")
        visitor.hear()
        if step == "ehlo":
            visitor.drip(endless, 0.02)
        visitor.say(b"250-mx\r\n250 STARTTLS\r\n")
        visitor.hear()
        if step == "starttls":
            visitor.drip(endless, 0.02)
        visitor.say(b"220 go\r\n")
        if step == "handshake":
            visitor.read()
            visitor.drip(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03" + b"x" * 16000, 0.02)
        visitor.encrypt(server_context())
        visitor.hear()
        visitor.drip(endless, 0.02)

    return script


STEPS: tuple[Step, ...] = ("banner", "ehlo", "starttls", "handshake", "ehlo_again")


@pytest.mark.parametrize("manner", [silent_from, dripping_from])
@pytest.mark.parametrize("step", STEPS)
def test_a_server_that_keeps_us_waiting(step: Step, manner: t.Callable[[Step], Script]) -> None:
    began = time.monotonic()
    session, _visitor = visit(manner(step), timeout=BRIEF)
    assert session.failure == Failure(step, "timeout", "no answer within 0.3 seconds")
    assert time.monotonic() - began < LONG
    assert list(session.milliseconds)[-1] == step
    assert (session.tls is not None) is (step == "ehlo_again")


@pytest.mark.parametrize("step", STEPS)
def test_a_server_that_closes_the_connection(step: Step) -> None:
    def script(visitor: Visitor) -> None:
        if step == "banner":
            return
        visitor.say(b"220 mx\r\n")
        visitor.hear()
        if step == "ehlo":
            return
        visitor.say(b"250-mx\r\n250 STARTTLS\r\n")
        visitor.hear()
        if step == "starttls":
            return
        visitor.say(b"220 go\r\n")
        if step == "handshake":
            visitor.read()
            return
        visitor.encrypt(server_context())
        visitor.hear()

    session, _visitor = visit(script)
    assert session.failure is not None
    assert (session.failure.step, session.failure.fault) == (step, "closed")


def test_a_connection_that_is_reset() -> None:
    def script(visitor: Visitor) -> None:
        visitor.say(b"220 mx\r\n")
        visitor.hear()
        visitor.reset()

    assert visit(script)[0].failure == Failure("ehlo", "closed", "the connection was closed")


@pytest.mark.parametrize(
    ("answers", "failure", "heard"),
    [
        ({"banner": b"421 too busy\r\n"}, Failure("banner", "reply", "421 too busy"), []),
        ({"banner": b"554-no\r\n554 mail here\r\n"}, Failure("banner", "reply", "554 no mail here"), []),
        ({"banner": b"250 mx\r\n"}, Failure("banner", "reply", "250 mx"), []),
        ({"ehlo": b"502 what?\r\n"}, Failure("ehlo", "reply", "502 what?"), [b"EHLO"]),
        ({"ehlo": b"450 later\r\n"}, Failure("ehlo", "reply", "450 later"), [b"EHLO"]),
        ({"ehlo": b"220 mx\r\n"}, Failure("ehlo", "reply", "220 mx"), [b"EHLO"]),
        (
            {"starttls": b"454 4.7.0 not now\r\n"},
            Failure("starttls", "reply", "454 4.7.0 not now"),
            [b"EHLO", b"STARTTLS"],
        ),
        ({"starttls": b"500\r\n"}, Failure("starttls", "reply", "500"), [b"EHLO", b"STARTTLS"]),
        (
            {"ehlo_again": b"503 no\r\n"},
            Failure("ehlo_again", "reply", "503 no"),
            [b"EHLO", b"STARTTLS", b"EHLO"],
        ),
    ],
)
def test_a_reply_that_ends_it_is_answered_with_quit(
    answers: dict[str, t.Any], failure: Failure, heard: list[bytes]
) -> None:
    session, visitor = visit(dataclasses.replace(good(), **answers))
    assert session.failure == failure
    assert [line.split()[0] for line in visitor.heard] == [*heard, b"QUIT"]
    assert visitor.raw == b""


@pytest.mark.parametrize(
    "ehlo",
    [
        *(b"250 mx\r\n", b"250-mx\r\n250 XXXXXXXA\r\n", b"250-STARTTLS\r\n250 SIZE\r\n"),
        *(b"250-mx\r\n250 X-STARTTLS\r\n", b"250-mx\r\n250 SIZE STARTTLS\r\n"),
    ],
)
def test_without_starttls_nothing_but_quit_follows(ehlo: bytes) -> None:
    session, visitor = visit(dataclasses.replace(good(), ehlo=ehlo))
    assert session.failure is None
    assert (session.starttls, session.tls) == (None, None)
    assert visitor.heard == [b"EHLO probe.example", b"QUIT"]


def test_a_stripped_starttls_is_shown_as_it_came() -> None:
    session, _visitor = visit(dataclasses.replace(good(), ehlo=b"250-mx\r\n250-SIZE 1\r\n250 XXXXXXXA\r\n"))
    assert session.extensions == ("SIZE", "XXXXXXXA")


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "'SSH-2.0-OpenSSH_9.6'"),
        (b"\x00\x01\x02\xff" * 5000, "bytes that are no text"),
        (b"x" * 65536, f"'{'x' * 39}…'"),
        (b"220 " + b"x" * 70000, "more than 64 KiB and no end of the reply"),
        (b"220-x\r\n" * 513, "more than 512 lines and no end of the reply"),
        (b"220-x\r\n" * 100000, "more than 512 lines and no end of the reply"),
        (b"\r\n", "bytes that are no text"),
    ],
    ids=["another protocol", "binary", "flood", "long line", "many lines", "flood of lines", "empty line"],
)
@pytest.mark.parametrize("step", ["banner", "ehlo", "ehlo_again"])
def test_what_is_no_reply_ends_it(step: Step, data: bytes, detail: str) -> None:
    answers: dict[str, t.Any] = {step: data}
    session, _visitor = visit(dataclasses.replace(good(), **answers))
    assert session.failure == Failure(step, "protocol", detail)


# -- TLS -------------------------------------------------------------------------------------------------------------


def after_220(answer: bytes) -> Script:
    """Say this in place of a ServerHello."""

    def script(visitor: Visitor) -> None:
        greet(visitor)
        visitor.read()
        visitor.say(answer)
        visitor.stay()

    return script


def test_an_alert_in_place_of_a_handshake() -> None:
    session, _visitor = visit(after_220(b"\x15\x03\x03\x00\x02\x02\x28"))
    assert session.failure == Failure("handshake", "tls", "the server sent the alert handshake_failure")
    assert (session.alert, session.tls, session.client_certificate_asked) == ("handshake_failure", None, False)


def test_plain_text_in_place_of_a_handshake() -> None:
    session, _visitor = visit(after_220(b"454 4.3.0 TLS is broken\r\n"))
    assert session.failure == Failure("handshake", "tls", "the server answered with something that is not TLS")


def test_tls_1_3_alone_fails_and_the_diagnosis_finds_it() -> None:
    script = Smtp(server_context(TLS13, TLS13))
    session, _visitor = visit(script)
    assert session.failure == Failure("handshake", "tls", "the server sent the alert protocol_version")
    assert session.alert == "protocol_version"
    second, _visitor = visit(script, context=diagnostic_context())
    assert (second.failure, second.extensions_after_tls) == (None, ("SIZE", "PIPELINING"))
    assert second.tls is not None
    assert second.tls.protocol == "TLSv1.3"


def test_a_client_certificate_that_is_asked_for() -> None:
    session, _visitor = visit(Smtp(server_context(TLS12, TLS13, clients=ssl.CERT_OPTIONAL)))
    assert (session.failure, session.client_certificate_asked) == (None, True)


def test_a_client_certificate_that_is_required() -> None:
    session, _visitor = visit(Smtp(server_context(TLS12, TLS12, clients=ssl.CERT_REQUIRED)))
    assert session.failure is not None
    assert (session.failure.step, session.failure.fault, session.alert) == ("handshake", "tls", "handshake_failure")
    assert session.client_certificate_asked


def test_what_was_injected_in_clear_is_counted_and_forgotten() -> None:
    """RFC 3207 section 6: it must not be taken for the answer to the EHLO inside TLS."""
    injected = b"250-evil.example\r\n250 AUTH PLAIN\r\n"
    session, visitor = visit(dataclasses.replace(good(), starttls=b"220 go ahead\r\n" + injected))
    assert session.failure is None
    assert session.injected == len(injected)
    assert session.extensions_after_tls == ("SIZE", "PIPELINING")
    assert visitor.encrypted


def test_a_reply_of_many_lines_to_starttls_is_no_injection() -> None:
    session, _visitor = visit(dataclasses.replace(good(), starttls=b"220-go\r\n220 ahead\r\n"))
    assert (session.failure, session.starttls, session.injected) == (None, Reply(220, ("go", "ahead")), 0)


# -- cancelled -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_a_cancelled_conversation_leaves_nothing_open(step: Step) -> None:
    async def cancel(port: int) -> None:
        task = asyncio.ensure_future(converse(port))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with peer(silent_from(step)) as server:
        asyncio.run(cancel(server.port))
        assert server.only.over.is_set()
    gc.collect()  # a socket that is left open is a ResourceWarning here


def test_many_conversations_at_a_time() -> None:
    async def all_of_them(port: int) -> list[Session]:
        return await asyncio.gather(*(converse(port) for _turn in range(20)))

    with peer(good()) as server:
        sessions = asyncio.run(all_of_them(server.port))
        visitors = server.everybody
    assert [session.failure for session in sessions] == [None] * 20
    assert len(visitors) == 20
    for visitor in visitors:
        assert visitor.heard == [b"EHLO probe.example", b"STARTTLS", b"EHLO probe.example", b"QUIT"]

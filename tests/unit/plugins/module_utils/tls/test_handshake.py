# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Handshakes with real servers: what is agreed on, what the server shows, and how it fails."""

from __future__ import annotations

import asyncio
import ssl
import typing as t

import pytest
from cryptography import x509

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Tls
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.handshake import (
    SUITES,
    Secured,
    TlsBroken,
    diagnostic_context,
    exchange_context,
    secure,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.stream import Broken, Stream
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.smtp_peer import (
    NAME,
    Peer,
    Script,
    Visitor,
    authority,
    peer,
    server_context,
)

TLS10, TLS12, TLS13 = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
LONG = 10.0


def greeting(context: ssl.SSLContext) -> Script:
    """Do the handshake, then say hello to whoever sends a line."""

    def script(visitor: Visitor) -> None:
        visitor.encrypt(context)
        visitor.say(b"hello " + visitor.hear())

    return script


def raw(answer: bytes) -> Script:
    """Answer the ClientHello with something else."""

    def script(visitor: Visitor) -> None:
        visitor.read()
        visitor.say(answer)

    return script


async def connect(
    server: Peer, context: ssl.SSLContext, name: str, then: t.Callable[[Secured], t.Awaitable[object]]
) -> Secured:
    stream = await Stream.connect(server.address, server.port, LONG)
    try:
        with stream.within(LONG):
            secured = await secure(stream, context, name)
            await then(secured)
            return secured
    finally:
        stream.close()


async def say_hello(secured: Secured) -> None:
    await secured.send(b"me\r\n")
    assert await secured.receive() == b"hello me"
    assert await secured.receive() == b""


def agree(
    server_side: ssl.SSLContext, client: ssl.SSLContext | None = None, name: str = NAME
) -> tuple[Tls, Secured, Visitor]:
    """Agree on TLS, exchange a few bytes, and return what was seen on both sides."""
    with peer(greeting(server_side)) as server:
        secured = asyncio.run(connect(server, client or exchange_context(), name, say_hello))
        return secured.describe(), secured, server.only


def fail(script: Script, client: ssl.SSLContext | None = None, name: str = NAME) -> TlsBroken:
    """Fail to agree."""
    with peer(script) as server:
        with pytest.raises(TlsBroken) as caught:
            asyncio.run(connect(server, client or exchange_context(), name, say_hello))
        assert len(server.everybody) == 1  # and its script has read what there was
    return caught.value


# -- what is agreed on -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("maximum", "offers_tls13"), [(TLS12, False), (TLS13, True)])
def test_tls_1_2_is_agreed_on_and_1_3_is_seen_behind_it(maximum: ssl.TLSVersion, offers_tls13: bool) -> None:
    tls, _inside, _visitor = agree(server_context(TLS12, maximum))
    assert (tls.protocol, tls.cipher, tls.key_bits) == ("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384", 256)
    assert tls.offers_tls13 is offers_tls13


def test_tls_1_3_alone_fails_and_the_diagnosis_finds_it() -> None:
    problem = fail(greeting(server_context(TLS13, TLS13)))
    assert (problem.fault, problem.detail) == ("tls", "the server sent the alert protocol_version")
    assert problem.flight.alert == "protocol_version"
    tls, _inside, _visitor = agree(server_context(TLS13, TLS13), diagnostic_context())
    assert (tls.protocol, tls.offers_tls13) == ("TLSv1.3", True)


def test_tls_1_0_alone_fails_and_the_diagnosis_finds_it() -> None:
    old = server_context(TLS10, TLS10, certificate="rsa")
    assert fail(greeting(old)).fault == "tls"
    tls, _inside, _visitor = agree(old, diagnostic_context())
    assert (tls.protocol, tls.offers_tls13) == ("TLSv1", False)


def test_suites_without_forward_secrecy_are_agreed_on() -> None:
    tls, _inside, _visitor = agree(server_context(TLS12, TLS12, certificate="rsa", suites="kRSA"))
    assert (tls.protocol, tls.cipher) == ("TLSv1.2", "AES256-GCM-SHA384")


def test_dhe_suites_alone_fail_and_the_diagnosis_finds_them() -> None:
    old = server_context(TLS12, TLS12, certificate="rsa", suites="DHE-RSA-AES256-GCM-SHA384")
    problem = fail(greeting(old))
    assert (problem.fault, problem.flight.alert) == ("tls", "handshake_failure")
    tls, _inside, _visitor = agree(old, diagnostic_context())
    assert (tls.protocol, tls.cipher) == ("TLSv1.2", "DHE-RSA-AES256-GCM-SHA384")


@pytest.mark.parametrize("suite", SUITES)
def test_each_suite_of_exchange_works(suite: str) -> None:
    kind: t.Literal["ec", "rsa"] = "ec" if "ECDSA" in suite else "rsa"
    tls, _inside, _visitor = agree(server_context(TLS12, TLS12, certificate=kind, suites=suite))
    assert tls.cipher == suite


@pytest.mark.parametrize(
    "suite", ["ECDHE-RSA-CHACHA20-POLY1305", "AES128-SHA", "AES256-SHA256", "ECDHE-ECDSA-AES256-SHA"]
)
def test_no_other_suite_does(suite: str) -> None:
    kind: t.Literal["ec", "rsa"] = "ec" if "ECDSA" in suite else "rsa"
    assert (
        fail(greeting(server_context(TLS12, TLS12, certificate=kind, suites=suite))).flight.alert == "handshake_failure"
    )


# -- what the server sees and shows ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sni"),
    [
        (NAME, NAME),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("under_score.example", "under_score.example"),
        *((name, None) for name in ("", ".", ".leading.example", "a..b", "x" * 64 + ".example", "x." * 200 + "x")),
    ],
)
def test_the_server_sees_the_name_where_it_can_be_one(name: str, sni: str | None) -> None:
    assert agree(server_context(), name=name)[2].sni == sni


@pytest.mark.parametrize("context", [exchange_context(), diagnostic_context()], ids=["1.2", "1.3"])
def test_the_chain_is_the_one_that_was_sent(context: ssl.SSLContext) -> None:
    tls, _inside, _visitor = agree(server_context(certificate="chain"), context)
    chain = [x509.load_der_x509_certificate(der) for der in tls.chain]
    assert len(chain) == 3
    assert [one.issuer for one in chain[:-1]] == [one.subject for one in chain[1:]]
    root = x509.load_pem_x509_certificate(authority().cert_pem.bytes())
    assert (chain[-1].issuer, root in chain) == (root.subject, False)


@pytest.mark.parametrize("maximum", [TLS12, TLS13])
def test_a_client_certificate_that_is_asked_for(maximum: ssl.TLSVersion) -> None:
    _tls, secured, _visitor = agree(server_context(TLS12, maximum, clients=ssl.CERT_OPTIONAL))
    assert secured.flight.client_certificate_asked
    assert not agree(server_context(TLS12, maximum))[1].flight.client_certificate_asked


def test_a_client_certificate_that_is_required() -> None:
    problem = fail(greeting(server_context(TLS12, TLS12, clients=ssl.CERT_REQUIRED)))
    assert problem.fault == "tls"
    assert problem.flight.client_certificate_asked
    assert problem.flight.alert == "handshake_failure"


def test_a_client_certificate_that_is_required_behind_tls_1_3() -> None:
    """There the client is done before the server looks: the alert comes with the first bytes."""
    with peer(greeting(server_context(TLS13, TLS13, clients=ssl.CERT_REQUIRED))) as server:
        with pytest.raises(Broken) as caught:
            asyncio.run(connect(server, diagnostic_context(), NAME, say_hello))
        assert caught.value.fault in ("tls", "closed")
        assert isinstance(server.only.problem, ssl.SSLError)


# -- how it fails ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "fault", "detail"),
    [
        (b"", "closed", "the connection was closed during the handshake"),
        (b"\x16\x03\x03", "closed", "the connection was closed during the handshake"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "tls", "the server sent the alert handshake_failure"),
        (b"\x15\x03\x03\x00\x02\x02\x70", "tls", "the server sent the alert unrecognized_name"),
        (b"454 4.7.0 TLS not available\r\n", "tls", "the server answered with something that is not TLS"),
        (b"\x00" * 64, "tls", "the server answered with something that is not TLS"),
        (b"\x16\x03\x03\x00\x04\x02\x00\x00\x00", "tls", "length mismatch"),
    ],
)
def test_an_answer_that_is_no_server_hello(answer: bytes, fault: str, detail: str) -> None:
    problem = fail(raw(answer))
    assert (problem.fault, problem.detail) == (fault, detail)


def test_our_alert_is_sent_when_we_end_it() -> None:
    told: list[bytes] = []

    def script(visitor: Visitor) -> None:
        visitor.read()
        visitor.say(b"\x16\x03\x03\x00\x04\x02\x00\x00\x00")
        told.append(visitor.read())

    fail(script)
    assert told[0][:1] == b"\x15"
    assert told[0][5:] == b"\x02\x32"  # fatal, decode_error


@pytest.mark.parametrize("size", [4, 16384])
def test_a_handshake_without_end_is_ended(size: int) -> None:
    """HelloRequests are to be ignored during a handshake (RFC 5246 section 7.4.1.1), however many."""

    def script(visitor: Visitor) -> None:
        visitor.read()
        while True:
            visitor.say((b"\x16\x03\x03" + size.to_bytes(2, "big") + b"\x00" * size) * (65536 // size))

    problem = fail(script)
    assert (problem.fault, problem.detail) == ("tls", "more than 256 KiB of TLS and nothing in it")


def test_a_silent_server_is_given_up_on_with_what_it_had_said() -> None:
    def script(visitor: Visitor) -> None:
        visitor.read()
        visitor.say(b"\x15\x03\x03\x00\x02\x01\x70")  # a mere warning
        visitor.stay()

    async def briefly(port: int) -> None:
        stream = await Stream.connect("127.0.0.1", port, LONG)
        try:
            with stream.within(0.3):
                await secure(stream, exchange_context(), NAME)
        finally:
            stream.close()

    with peer(script) as server, pytest.raises(TlsBroken) as caught:
        asyncio.run(briefly(server.port))
    assert (caught.value.fault, caught.value.flight.alert) == ("timeout", "unrecognized_name")


def test_a_session_that_is_broken_inside_is_told() -> None:
    async def spoil(secured: Secured) -> None:
        await secured.send(b"me\r\n")
        await secured.receive()

    def spoiled(visitor: Visitor) -> None:
        visitor.encrypt(server_context(TLS12, TLS12))
        visitor.hear()
        visitor.say_in_clear(b"250 this is not inside\r\n")
        visitor.stay()

    with peer(spoiled) as server, pytest.raises(Broken) as caught:
        asyncio.run(connect(server, exchange_context(), NAME, spoil))
    assert caught.value.fault == "tls"


def test_the_end_is_seen_with_and_without_a_close_notify() -> None:
    def polite(visitor: Visitor) -> None:
        visitor.encrypt(server_context())
        visitor.say(b"hello " + visitor.hear())
        visitor.unwrap()

    async def heard(secured: Secured) -> list[bytes]:
        await secured.send(b"me\r\n")
        return [await secured.receive(), await secured.receive()]

    said: list[list[bytes]] = []

    async def note(secured: Secured) -> None:
        said.append(await heard(secured))

    for script in (polite, greeting(server_context())):
        with peer(script) as server:
            asyncio.run(connect(server, exchange_context(), NAME, note))
    assert said == [[b"hello me", b""]] * 2


def test_many_bytes_come_through() -> None:
    size = 3_000_000

    def script(visitor: Visitor) -> None:
        visitor.encrypt(server_context())
        visitor.say(b"x" * size)

    async def count(secured: Secured) -> None:
        found = 0
        while data := await secured.receive():
            found += len(data)
        assert found == size

    with peer(script) as server:
        asyncio.run(connect(server, exchange_context(), NAME, count))


# -- verified --------------------------------------------------------------------------------------------------------


def verifying(trusted: bool = True) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trusted:
        authority().configure_trust(context)
    return context


def test_a_verified_server() -> None:
    agree(server_context(certificate="chain"), verifying())


@pytest.mark.parametrize(
    ("trusted", "name", "reason"),
    [
        (True, "other.example", "Hostname mismatch, certificate is not valid for 'other.example'."),
        (False, NAME, "unable to get local issuer certificate"),
    ],
)
def test_a_server_that_does_not_verify(trusted: bool, name: str, reason: str) -> None:
    problem = fail(greeting(server_context(certificate="chain")), verifying(trusted), name)
    assert (problem.fault, problem.untrusted) == ("tls", reason)


@pytest.mark.parametrize("name", ["", ".leading.example", "a..b"])
def test_a_name_that_no_certificate_can_have_never_verifies(name: str) -> None:
    with peer(lambda visitor: visitor.over.wait(0)) as server, pytest.raises(TlsBroken) as caught:
        asyncio.run(connect(server, verifying(), name, say_hello))
    assert (caught.value.fault, caught.value.detail) == ("tls", "no certificate can be for this name")


def test_contexts_are_made_once_and_verify_nothing() -> None:
    assert exchange_context() is exchange_context()
    assert diagnostic_context() is diagnostic_context()
    for context in (exchange_context(), diagnostic_context()):
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)

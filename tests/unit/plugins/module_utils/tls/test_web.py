# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One GET from servers that answer well, badly, too much, too slowly or not at all."""

from __future__ import annotations

import asyncio
import gc
import ssl
import time
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import web
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.web import FetchError, Page, fetch
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.smtp_peer import (
    NAME,
    PATIENCE,
    Script,
    Visitor,
    authority,
    closed_port,
    full_backlog,
    peer,
    server_context,
)

BRIEF = 0.3
LONG = 10.0
LIMIT = 1000


def trusting() -> ssl.SSLContext:
    """What a policy host is verified with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(context)
    return context


def answering(answer: bytes, tls: ssl.SSLContext | None = None) -> Script:
    """Read a request, give this answer, and close."""

    def script(visitor: Visitor) -> None:
        if tls is not None:
            visitor.encrypt(tls)
        while visitor.hear():
            pass
        visitor.say(answer)

    return script


async def get(port: int, **how: t.Any) -> Page:
    defaults = {"host": NAME, "addresses": ["127.0.0.1"], "path": "/x", "tls": None, "timeout": LONG, "limit": LIMIT}
    return await fetch(**{**defaults, "port": port, **how})


def page(script: Script, **how: t.Any) -> Page:
    with peer(script) as server:
        return asyncio.run(get(server.port, **how))


def failure(script: Script, **how: t.Any) -> tuple[str, str]:
    with peer(script) as server, pytest.raises(FetchError) as caught:
        asyncio.run(get(server.port, **how))
    return caught.value.kind, caught.value.detail


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


# -- well ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (OK, Page(200, {"content-type": "text/plain", "content-length": "5"}, b"hello")),
        (b"HTTP/1.0 200 OK\r\n\r\nup to the end", Page(200, {}, b"up to the end")),
        (b"HTTP/1.1 200\n\nbare", Page(200, {}, b"bare")),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
            Page(200, {"transfer-encoding": "chunked"}, b"abcde"),
        ),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", Page(404, {"content-length": "2"}, b"no")),
        (
            b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
            Page(200, {"content-type": "text/plain", "content-length": "5"}, b"hello"),
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Page(204, {}, b"")),
        (OK + b" and more", Page(200, {"content-type": "text/plain", "content-length": "5"}, b"hello")),
    ],
    ids=["length", "no length", "bare", "chunked", "404", "100 first", "204", "more than its length"],
)
def test_an_answer_is_taken_apart(answer: bytes, expected: Page) -> None:
    assert page(answering(answer)) == expected


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with peer(answering(OK)) as elsewhere:
        there = f"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:{elsewhere.port}/\r\nContent-Length: 0\r\n\r\n"
        answer = page(answering(there.encode()))
    assert (answer.status, answer.body, elsewhere.visitors) == (301, b"", [])


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"path": "/crl?x=1"}, [b"GET /crl?x=1 HTTP/1.1", b"Host: mx.partner.example:PORT"]),
        ({"host": "127.0.0.1"}, [b"GET /x HTTP/1.1", b"Host: 127.0.0.1:PORT"]),
        ({"host": "::1"}, [b"GET /x HTTP/1.1", b"Host: [::1]:PORT"]),
        ({"path": "/m\xfcller%20%7E"}, [b"GET /m%C3%BCller%20%7E HTTP/1.1", b"Host: mx.partner.example:PORT"]),
    ],
)
def test_the_request(how: dict[str, t.Any], expected: list[bytes]) -> None:
    with peer(answering(OK)) as server:
        asyncio.run(get(server.port, **how))
        port = str(server.port).encode()
        assert server.only.heard[:2] == [line.replace(b"PORT", port) for line in expected]
        assert server.only.heard[2:] == [
            *(b"User-Agent: mailflow.exchange_online", b"Accept: */*", b"Connection: close", b"")
        ]


@pytest.mark.parametrize(("port", "secured", "host"), [(80, False, b"h"), (443, True, b"h"), (443, False, b"h:443")])
def test_the_usual_port_is_not_named(port: int, secured: bool, host: bytes) -> None:
    assert b"\r\nHost: " + host + b"\r\n" in web._request("h", port, "/", secured)


@pytest.mark.parametrize("path", ["/x HTTP/1.1\r\nHost: evil\r\n\r\nGET /", "/a b", "/\x00", "/\n"])
def test_a_path_cannot_become_more_than_a_path(path: str) -> None:
    with peer(answering(OK)) as server:
        asyncio.run(get(server.port, path=path))
        request = server.only.heard[0]
    assert len(request.split(b" ")) == 3
    assert all(0x20 < byte < 0x7F for byte in request.split(b" ")[1])
    assert server.only.heard[1].startswith(b"Host: mx.partner.example")


def test_over_https() -> None:
    with peer(answering(OK, server_context())) as server:
        answer = asyncio.run(get(server.port, tls=trusting()))
        assert (answer.status, answer.body, server.only.sni) == (200, b"hello", NAME)


def test_the_next_address_is_tried() -> None:
    with peer(answering(OK)) as server:
        # Nothing listens at the first two; the peer listens at 127.0.0.1 alone.
        answer = asyncio.run(get(server.port, addresses=["ff02::1", "127.0.0.2", "127.0.0.1"]))
        assert (answer.status, len(server.visitors)) == (200, 1)


def test_no_second_address_is_tried_after_an_answer() -> None:
    with peer(answering(b"")) as server, pytest.raises(FetchError):
        asyncio.run(get(server.port, addresses=["127.0.0.1", "127.0.0.1"]))
    assert len(server.visitors) == 1


# -- badly -----------------------------------------------------------------------------------------------------------


def test_nothing_listens() -> None:
    with closed_port() as port, pytest.raises(FetchError) as caught:
        asyncio.run(get(port))
    assert (caught.value.kind, caught.value.detail) == ("connect", "the connection was refused")


def test_there_is_no_address() -> None:
    with pytest.raises(FetchError) as caught:
        asyncio.run(get(80, addresses=[]))
    assert (caught.value.kind, caught.value.detail) == ("connect", "it has no address")


def test_no_connection_comes_about() -> None:
    with full_backlog() as port, pytest.raises(FetchError) as caught:
        asyncio.run(get(port, timeout=BRIEF))
    assert caught.value.kind == "timeout"


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (b"", "the answer is not HTTP"),
        (b"220 mx ESMTP\r\n", "the answer is not HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x50", "the answer is not HTTP"),
        (b"HTTP/2.0 200 OK\r\n\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 abc\r\n\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 101 + b"\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", "the answer ended early"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "the answer ended early"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhel", "the answer ended early"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhel", "the answer ended early"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhel", "the answer ended early"),
    ],
)
def test_an_answer_that_is_none(answer: bytes, detail: str) -> None:
    assert failure(answering(answer)) == ("http", detail)


@pytest.mark.parametrize("length", [b"Content-Length: 1001\r\n", b""])
def test_an_answer_that_is_too_large(length: bytes) -> None:
    assert page(answering(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1000)).body == b"x" * 1000
    kind, detail = failure(answering(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + b"x" * 1001))
    assert (kind, detail) == ("too_large", "more than 1000 bytes")


def test_an_answer_without_end() -> None:
    def endless(visitor: Visitor) -> None:
        visitor.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            visitor.say(b"x" * 65536)

    assert failure(endless) == ("too_large", "more than 1000 bytes")


@pytest.mark.parametrize("tls", [False, True])
def test_a_server_that_drips(tls: bool) -> None:
    def script(visitor: Visitor) -> None:
        if tls:
            visitor.encrypt(server_context())
        visitor.drip(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000, 0.02)

    began = time.monotonic()
    assert failure(script, timeout=BRIEF, tls=trusting() if tls else None)[0] == "timeout"
    assert time.monotonic() - began < LONG


def test_a_server_that_says_nothing() -> None:
    assert failure(Visitor.stay, timeout=BRIEF) == ("timeout", "no answer within 0.3 seconds")
    assert failure(Visitor.stay, timeout=BRIEF, tls=trusting()) == ("timeout", "no answer within 0.3 seconds")


def test_a_server_that_keeps_the_connection_open_though_all_is_said() -> None:
    def script(visitor: Visitor) -> None:
        answering(OK)(visitor)
        visitor.stay()

    began = time.monotonic()
    assert page(script, timeout=PATIENCE).body == b"hello"
    assert time.monotonic() - began < LONG


def test_a_certificate_for_another_name() -> None:
    kind, detail = failure(answering(OK, server_context()), tls=trusting(), host="mta-sts.other.example")
    assert kind == "webpki"
    assert detail == "Hostname mismatch, certificate is not valid for 'mta-sts.other.example'."


def test_a_certificate_of_an_unknown_authority() -> None:
    strict = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert failure(answering(OK, server_context()), tls=strict) == ("webpki", "unable to get local issuer certificate")


@pytest.mark.parametrize("host", ["", ".example", "a..b"])
def test_a_host_that_no_certificate_can_be_for(host: str) -> None:
    assert failure(answering(OK, server_context()), tls=trusting(), host=host)[0] == "tls"


def test_https_where_there_is_none() -> None:
    def plain(visitor: Visitor) -> None:
        visitor.read()
        visitor.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    assert failure(plain, tls=trusting()) == ("tls", "the server answered with something that is not TLS")


def test_a_connection_that_is_closed_during_the_handshake() -> None:
    assert failure(Visitor.read, tls=trusting()) == ("tls", "the connection was closed during the handshake")


def test_a_connection_that_is_reset() -> None:
    def script(visitor: Visitor) -> None:
        visitor.hear()
        visitor.reset()

    assert failure(script) == ("http", "the connection was closed")


def test_a_cancelled_fetch_leaves_nothing_open() -> None:
    async def cancel(port: int) -> None:
        task = asyncio.ensure_future(get(port))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with peer(Visitor.stay) as server:
        asyncio.run(cancel(server.port))
        assert server.only.over.is_set()
    gc.collect()  # a socket that is left open is a ResourceWarning here


#: Bytes that are often nearly an answer.
NEARLY = st.lists(
    st.sampled_from(
        [
            *(
                b"HTTP/1.1 ",
                b"200",
                b" OK",
                b"\r\n",
                b"\r\n\r\n",
                b"Content-Length: ",
                b"Transfer-Encoding: chunked\r\n",
            ),
            *(
                b"HTTP/1.1 200 OK\r\n",
                b"HTTP/1.1 100 Continue\r\n\r\n",
                b"-1",
                b"5",
                b"ffffffffffffffff",
                b"hello",
                b":",
            ),
            *(b"\xff", b"\x00", b"Content-Length: 9\r\n", b"x" * 70000),
        ]
    )
    | st.binary(max_size=6),
    max_size=16,
).map(b"".join)


@given(data=NEARLY)
def test_any_bytes_are_an_answer_or_a_fetch_error(data: bytes) -> None:
    try:
        found = web._page(data, LIMIT)
    except FetchError:
        return
    assert len(found.body) <= LIMIT

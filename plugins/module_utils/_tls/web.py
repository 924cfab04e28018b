# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""One HTTP GET, bounded in time and size: for policies, revocation lists and issuers' certificates.

The addresses come from our own look-ups, nothing is redirected, and a peer that drips its answer ends with the
time-out; no HTTP client library gives these three together. What comes is taken apart by the standard library.
"""

from __future__ import annotations

import http.client
import io
import re
import ssl
import typing as t
import urllib.parse

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.handshake import TlsBroken, secure
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.stream import Broken, Channel, Stream

FetchFault = t.Literal["connect", "timeout", "tls", "webpki", "http", "too_large"]
#: Bytes of the head of an answer that are allowed beside its body.
_HEAD = 16384
_LENGTH = re.compile(rb"\r\nContent-Length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
#: What a request target is made of (RFC 3986 appendix A); a path comes from a certificate, and may hold anything.
_TARGET = "%/:?[]@!$&'()*+,;=~"


class Page(t.NamedTuple):
    """An answer; the names of its headers are in lower case."""

    status: int
    headers: t.Mapping[str, str]
    body: bytes


class FetchError(Exception):
    """Nothing was fetched. ``kind`` webpki: the certificate of the host did not verify."""

    def __init__(self, kind: FetchFault, detail: str) -> None:
        super().__init__(kind, detail)
        self.kind: FetchFault = kind
        self.detail = detail


async def fetch(
    host: str,
    addresses: t.Sequence[str],
    port: int,
    path: str,
    *,
    tls: ssl.SSLContext | None,
    timeout: float,
    limit: int,
) -> Page:
    """Get ``path`` from the first of ``addresses`` that takes a connection. Raises FetchError.

    With ``tls``, over HTTPS with the certificate verified for ``host``. ``timeout`` is in seconds for connecting and
    for all the rest, ``limit`` in bytes for the body.
    """
    try:
        stream = await _connect(addresses, port, timeout)
    except Broken as problem:
        raise FetchError("timeout" if problem.fault == "timeout" else "connect", problem.detail) from None
    try:
        with stream.within(timeout):
            channel: Channel = stream if tls is None else await secure(stream, tls, host)
            await channel.send(_request(host, port, path, tls is not None))
            return _page(await _read(channel, limit), limit)
    except TlsBroken as problem:
        kind: FetchFault = "webpki" if problem.untrusted else "timeout" if problem.fault == "timeout" else "tls"
        raise FetchError(kind, problem.untrusted or problem.detail) from None
    except Broken as problem:
        raise FetchError("timeout" if problem.fault == "timeout" else "http", problem.detail) from None
    finally:
        stream.close()


async def _connect(addresses: t.Sequence[str], port: int, timeout: float) -> Stream:
    problem = Broken("unreachable", "it has no address")
    for address in addresses:
        try:
            return await Stream.connect(address, port, timeout)
        except Broken as one:
            problem = one
    raise problem


def _request(host: str, port: int, path: str, secured: bool) -> bytes:
    authority = f"[{host}]" if ":" in host else host
    if port != (443 if secured else 80):
        authority += f":{port}"
    lines = (
        f"GET {urllib.parse.quote(path, _TARGET)} HTTP/1.1",
        f"Host: {authority}",
        "User-Agent: mailflow.exchange_online",
        "Accept: */*",
        "Connection: close",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii", "replace")


async def _read(channel: Channel, limit: int) -> bytes:
    found = bytearray()
    end: int | None = None
    while data := await channel.receive():
        found += data
        if len(found) > limit + _HEAD:
            raise FetchError("too_large", f"more than {limit} bytes")
        end = end or _end(found)
        if end is not None and len(found) >= end:
            break  # some servers keep the connection open whatever they are asked
    return bytes(found)


def _end(found: bytearray) -> int | None:
    """Where an answer ends by its own account; None while it does not say."""
    head = found.find(b"\r\n\r\n")
    length = _LENGTH.search(found, 0, head + 2) if head >= 0 else None
    return head + 4 + int(length[1]) if length is not None else None


class _Received:
    """What http.client reads from in place of a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def _page(data: bytes, limit: int) -> Page:
    response = http.client.HTTPResponse(t.cast(t.Any, _Received(data)), method="GET")
    try:
        response.begin()
        body = response.read()
    except (http.client.IncompleteRead, OverflowError):  # a length beyond all numbers is never reached either
        raise FetchError("http", "the answer ended early") from None
    except (http.client.HTTPException, ValueError):
        raise FetchError("http", "the answer is not HTTP") from None
    if len(body) > limit:
        raise FetchError("too_large", f"more than {limit} bytes")
    return Page(response.status, {name.lower(): value for name, value in response.getheaders()}, body)

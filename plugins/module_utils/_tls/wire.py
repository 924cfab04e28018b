# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Questions to DNS over the wire: datagrams to one server, from ports that change, and TCP for long answers."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import struct
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.libraries import dns
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.stream import Broken, Stream

Server = tuple[str, int]

_RD, _AD, _TC = 0x0100, 0x0020, 0x0200
_IN = 1
CNAME = 5
TLSA = 52
TYPES: t.Mapping[str, int] = {"A": 1, "MX": 15, "TXT": 16, "AAAA": 28, "TLSA": TLSA}
#: What fits into a datagram that no network takes apart.
_PAYLOAD = 1232
#: The OPT record of every question: no name, type 41, payload, flags with DO (RFC 6891 section 6.1.2, RFC 3225).
_OPT = b"\x00" + struct.pack("!HHIH", 41, _PAYLOAD, 0x00008000, 0)
_HEADER = struct.Struct("!6H")
_RECORD = struct.Struct("!HHIH")


class Response(t.NamedTuple):
    """A response; its answer section begins at ``start``."""

    wire: bytes
    start: int

    @property
    def name(self) -> t.Any:
        """The name that was asked for."""
        return dns.name.from_wire(self.wire, 12)[0]

    @property
    def flags(self) -> int:
        return int.from_bytes(self.wire[2:4], "big")

    @property
    def code(self) -> int:
        """The RCODE, without its extension."""
        return self.flags & 0x000F

    @property
    def validated(self) -> bool:
        """The AD bit."""
        return self.flags & _AD != 0

    @property
    def truncated(self) -> bool:
        return self.flags & _TC != 0

    def records(self, *kinds: int) -> list[tuple[t.Any, int, t.Any]]:
        """Return the records of these types in the answer section: name, type, data.

        Only the answer section is taken apart; the library's own reader takes the whole message, which costs three
        times as much. The data of TLSA are bytes: the library refuses a digest of the wrong length, which makes one
        record unusable (RFC 6698 section 4.1), not the answer. Raises DNSException, ValueError or struct.error for what
        cannot be read.
        """
        found = []
        count = _HEADER.unpack_from(self.wire)[3]
        position = self.start
        for _turn in range(count):
            name, used = dns.name.from_wire(self.wire, position)
            position += used
            kind, group, _ttl, length = _RECORD.unpack_from(self.wire, position)
            position += _RECORD.size
            data = self.wire[position : position + length]
            if len(data) < length:
                raise ValueError("a record ends behind the message")
            if kind in kinds and group == _IN:
                read = None if kind == TLSA else dns.rdata.from_wire(group, kind, self.wire, position, length)
                found.append((name, kind, data if read is None else read))
            position += length
        return found


class Query(t.NamedTuple):
    """A question in wire form. ``question`` is the part that an answer repeats."""

    number: int
    question: bytes

    @property
    def wire(self) -> bytes:
        """The whole of it. AD asks to be told about validation, as DO does (RFC 6840 section 5.7)."""
        return _HEADER.pack(self.number, _RD | _AD, 1, 0, 0, 1) + self.question + _OPT

    def is_answered_by(self, wire: bytes) -> bool:
        """Whether bytes from the network are a response to this very question."""
        if len(wire) < 12 + len(self.question):
            return False
        number, flags, questions = struct.unpack_from("!3H", wire)
        asked = wire[12 : 12 + len(self.question)]
        return number == self.number and flags & 0x8000 != 0 and questions == 1 and asked.lower() == self.question

    def response(self, wire: bytes) -> Response:
        """The response that these bytes are."""
        return Response(wire, 12 + len(self.question))


def make_query(name: str, kind: str) -> Query:
    """Ask for a name in A-labels. Raises DNSException or UnicodeError for one that cannot be asked for."""
    # Lower case here, not in the text: there a letter can be written as \065. Lengths are below 64, and stay.
    wire = t.cast(bytes, dns.name.from_text(name).to_wire()).lower()
    return Query(secrets.randbelow(65536), wire + struct.pack("!HH", TYPES[kind], _IN))


class _Endpoint(asyncio.DatagramProtocol):
    """A socket that has one question on its way at a time."""

    def __init__(self) -> None:
        self._query: Query | None = None
        self._waiter: asyncio.Future[Response | None] | None = None
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = t.cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, _address: t.Any) -> None:
        # Anything else, an old or a forged answer, is passed over (RFC 5452 section 9.1).
        if self._query is not None and self._query.is_answered_by(data):
            self._end(self._query.response(data))

    def error_received(self, _problem: Exception) -> None:
        self._end(None)  # nobody listens there

    async def ask(self, query: Query, timeout: float) -> Response | None:
        """Return the response, None when there is none in time."""
        loop = asyncio.get_running_loop()
        self._query, self._waiter = query, loop.create_future()
        timer = loop.call_later(timeout, self._end, None)
        try:
            if self.transport is not None:
                self.transport.sendto(query.wire)
            return await self._waiter
        finally:
            timer.cancel()
            self._query = self._waiter = None

    def _end(self, response: Response | None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(response)


class Datagrams:
    """Endpoints to one server.

    Each question has a port of its own that the system picks, so that a forged answer has to guess it (RFC 5452 section
    9.2). Only a resolver on this machine, to which nobody else can pretend, is asked from the same port again: cheaper.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._reuse = ipaddress.ip_address(server[0]).is_loopback
        self._idle: list[_Endpoint] = []

    async def ask(self, query: Query, timeout: float) -> Response | None:
        """Return the response, None when there is none in time. Raises OSError when there is no way to the server."""
        loop = asyncio.get_running_loop()
        if self._idle:
            endpoint = self._idle.pop()
        else:
            _transport, endpoint = await loop.create_datagram_endpoint(_Endpoint, remote_addr=self._server)
        response = None
        try:
            response = await endpoint.ask(query, timeout)
        finally:
            if response is not None and self._reuse:
                self._idle.append(endpoint)
            elif endpoint.transport is not None:
                endpoint.transport.abort()
        return response

    def close(self) -> None:
        """Close all endpoints that are not in use."""
        while self._idle:
            endpoint = self._idle.pop()
            if endpoint.transport is not None:
                endpoint.transport.abort()


async def over_tcp(query: Query, server: Server, timeout: float) -> Response | None:
    """Ask for an answer that is too long for a datagram. Raises Broken."""
    stream = await Stream.connect(*server, timeout)
    wire = query.wire
    try:
        with stream.within(timeout):
            await stream.send(len(wire).to_bytes(2, "big") + wire)
            found = bytearray()
            while len(found) < 2 or len(found) < 2 + int.from_bytes(found[:2], "big"):
                data = await stream.receive()
                if not data:
                    raise Broken("closed")
                found += data
    finally:
        stream.close()
    answer = bytes(found[2:])
    return query.response(answer) if query.is_answered_by(answer) else None

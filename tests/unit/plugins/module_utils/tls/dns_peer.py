# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real DNS server on a loopback port, over UDP and TCP, that answers as a test tells it to."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
import typing as t

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

ADDRESS = "127.0.0.1"


@dataclasses.dataclass(frozen=True)
class Say:
    """A response: records as "name type data", an RCODE and flags."""

    records: tuple[str, ...] = ()
    code: str = "NOERROR"
    secure: bool = False
    truncated: bool = False

    def to(self, query: dns.message.Message) -> bytes:
        """In wire form, for this question."""
        response = dns.message.make_response(query, recursion_available=True)
        response.set_rcode(dns.rcode.from_text(self.code))
        response.flags |= (dns.flags.AD if self.secure else 0) | (dns.flags.TC if self.truncated else 0)
        for record in self.records:
            name, kind, data = record.split(maxsplit=2)
            rrset = response.find_rrset(
                response.answer,
                dns.name.from_text(name),
                dns.rdataclass.IN,
                dns.rdatatype.from_text(kind),
                create=True,
            )
            rrset.add(dns.rrset.from_text(name, 60, "IN", kind, data)[0], 60)
        return response.to_wire(max_size=65535)


NXDOMAIN = Say(code="NXDOMAIN")
#: What a server sends for a question that came by TCP or not; each item is one datagram.
Handler = t.Callable[[dns.message.Message, bool], t.Iterable[bytes]]
Zone = t.Mapping[tuple[str, str], Say]


class Question(t.NamedTuple):
    """A question that came in."""

    name: str
    kind: str
    tcp: bool
    port: int


def from_zone(zone: Zone) -> Handler:
    """Answer from a table; a name without the type is there, a name that is not in it is not."""

    def answer(query: dns.message.Message, _tcp: bool) -> t.Iterable[bytes]:
        name, kind = asked_of(query)
        missing = Say() if any(known == name for known, _kind in zone) else NXDOMAIN
        return [zone.get((name, kind), missing).to(query)]

    return answer


def asked_of(query: dns.message.Message) -> tuple[str, str]:
    """Name and type of a question, as text."""
    question = query.question[0]
    return question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)


class DnsPeer(asyncio.DatagramProtocol):
    """Listens on one port for both transports. ``questions`` are in the order in which they came."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.questions: list[Question] = []
        self.queries: list[dns.message.Message] = []
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    @property
    def server(self) -> tuple[str, int]:
        return ADDRESS, self.port

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [(question.name, question.kind) for question in self.questions]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = t.cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: t.Any) -> None:
        assert self._transport is not None
        for wire in self._answers(data, False, addr[1]):
            self._transport.sendto(wire, addr)

    async def over_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one question in a connection."""
        task = t.cast("asyncio.Task[None]", asyncio.current_task())
        self._open[writer] = task
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            data = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
            for wire in self._answers(data, True, writer.get_extra_info("peername")[1]):
                writer.write(len(wire).to_bytes(2, "big") + wire)
            await writer.drain()
            await reader.read()  # until the other side is done
        writer.close()
        del self._open[writer]

    async def hang_up(self) -> None:
        """End all connections."""
        tasks = list(self._open.values())
        for writer in self._open:
            writer.transport.abort()
        await asyncio.gather(*tasks)

    def _answers(self, data: bytes, tcp: bool, port: int) -> t.Iterable[bytes]:
        query = dns.message.from_wire(data)
        self.queries.append(query)
        self.questions.append(Question(*asked_of(query), tcp, port))
        return self._handler(query, tcp)


@contextlib.asynccontextmanager
async def listening(handler: Handler) -> t.AsyncIterator[DnsPeer]:
    """Run a server for as long as the context lasts."""
    peer = DnsPeer(handler)
    udp, tcp = _sockets()
    peer.port = udp.getsockname()[1]
    server = await asyncio.start_server(peer.over_tcp, sock=tcp)
    transport, _peer = await asyncio.get_running_loop().create_datagram_endpoint(lambda: peer, sock=udp)
    try:
        yield peer
    finally:
        transport.abort()
        server.close()
        await peer.hang_up()
        await server.wait_closed()


def _sockets() -> tuple[socket.socket, socket.socket]:
    """A datagram and a stream socket with the same number, which the system picks."""
    while True:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((ADDRESS, 0))
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            tcp.bind(udp.getsockname())
        except OSError:  # somebody else has this number for TCP
            udp.close()
            tcp.close()
        else:
            return udp, tcp


def unused_server() -> tuple[str, int]:
    """An address and port where nobody listens."""
    udp, tcp = _sockets()
    with udp, tcp:
        return ADDRESS, int(udp.getsockname()[1])

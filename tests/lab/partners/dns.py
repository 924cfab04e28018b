# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name server of the partners' world: answers from records in memory, and a validating resolver's AD bit."""

from __future__ import annotations

import asyncio
import functools
import struct
import typing as t
from dataclasses import dataclass, field

import dns.name
import dns.rdata
import dns.rdatatype

from .journal import Journal, Question

_HEADER: t.Final = struct.Struct("!HHHHHH")
_QR: t.Final = 0x8000
_TC: t.Final = 0x0200
_RD: t.Final = 0x0100
_RA: t.Final = 0x0080
_AD: t.Final = 0x0020
_DO: t.Final = 0x8000
#: The beginning of an EDNS record (RFC 6891 section 6.1): the root, type 41.
_OPT: t.Final = b"\x00\x00\x29"
_TTL: t.Final = 300
_UDP_LIMIT: t.Final = 1232
_MOST_ALIASES: t.Final = 8
_SOA: t.Final = "ns.partners.test. hostmaster.partners.test. 1 3600 600 86400 60"

#: How a question can end instead of with an answer. truncated: over UDP only.
Trouble = t.Literal["nxdomain", "servfail", "refused", "silent", "truncated"]


@dataclass
class Records:
    """What the name server knows; names are in lower case, without a trailing dot.

    ``secure`` holds the zones that are signed: answers for names in them are validated. ``troubles`` go by name and
    type; one for the type ``*`` holds for all.
    """

    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    secure: set[str] = field(default_factory=set)
    troubles: dict[tuple[str, str], Trouble] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    def add(self, name: str, kind: str, *data: str) -> None:
        """Add records in presentation format."""
        known = self.records.setdefault((name, kind), [])
        known.extend(one for one in data if one not in known)
        self._names.update(_upwards(name))

    def trouble(self, name: str, kind: str) -> Trouble | None:
        """Return what is wrong with a question."""
        return self.troubles.get((name, kind)) or self.troubles.get((name, "*"))

    def is_secure(self, name: str) -> bool:
        """Whether a name is in a signed zone."""
        return any(above in self.secure for above in _upwards(name))

    def exists(self, name: str) -> bool:
        """Whether there is anything at a name or below it."""
        return name in self._names


def _upwards(name: str) -> list[str]:
    """A name and all above it."""
    labels = name.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


class Query(t.NamedTuple):
    """A question; ``name`` is in lower case without a trailing dot, ``payload`` 0 without EDNS."""

    id: int
    flags: int
    name: str
    kind: str
    question: bytes
    payload: int
    dnssec_ok: bool

    @property
    def wants_ad(self) -> bool:
        """Whether the client understands the AD bit (RFC 6840 section 5.7): it set AD or DO."""
        return bool(self.flags & _AD) or self.dnssec_ok


def parse(wire: bytes) -> Query | None:
    """Take a query apart (RFC 1035 section 4.1), None for anything else.

    By hand, as the answers are made: in benchmarks the lab must not be what takes the time.
    """
    try:
        number, flags, questions, answers, authorities, additional = _HEADER.unpack_from(wire)
        if flags & _QR or (questions, answers, authorities) != (1, 0, 0):
            return None
        labels, end = [], _HEADER.size
        while length := wire[end]:
            labels.append(wire[end + 1 : end + 1 + length].decode("ascii").lower())
            end += 1 + length
        (kind,) = struct.unpack_from("!H", wire, end + 1)
        end += 5
        payload = edns_flags = 0
        if additional and wire[end : end + 3] == _OPT:
            payload, edns_flags = struct.unpack_from("!HxxH", wire, end + 3)
    except (struct.error, IndexError, UnicodeDecodeError):
        return None
    question = wire[_HEADER.size : _HEADER.size + sum(len(label) + 1 for label in labels) + 5]
    return Query(number, flags, ".".join(labels), _kind(kind), question, payload, bool(edns_flags & _DO))


def respond(query: Query, records: Records, transport: t.Literal["udp", "tcp"]) -> bytes | None:
    """Return the answer to a query, None for silence."""
    trouble = records.trouble(query.name, query.kind)
    if trouble == "silent":
        return None
    if trouble == "truncated" and transport == "udp":
        return _message(query, _TC)
    if trouble in ("servfail", "refused"):
        return _message(query, 2 if trouble == "servfail" else 5)
    names, answers = ([query.name], []) if trouble == "nxdomain" else _find(query, records)
    flags = _AD if query.wants_ad and all(records.is_secure(one) for one in names) else 0
    if trouble == "nxdomain" or not (answers or records.exists(query.name)):
        flags |= 3
    found = any(kind == query.kind for _name, kind, _data in answers)
    authority = [] if found else [(_zone(query.name), "SOA", _SOA)]
    response = _message(query, flags, answers, authority)
    # Room as the client says it has (RFC 6891 section 6.2.3); without EDNS, 512 bytes.
    room = max(512, min(query.payload, _UDP_LIMIT)) if transport == "udp" else 65535
    return response if len(response) <= room else _message(query, _TC)


_Record = tuple[str, str, str]


def _find(query: Query, records: Records) -> tuple[list[str], list[_Record]]:
    """Return the names that the answer is about, and its records, along aliases."""
    name, names, found = query.name, [query.name], list[_Record]()
    for _turn in range(_MOST_ALIASES):
        data = records.records.get((name, query.kind))
        if data is not None:
            return names, [*found, *((name, query.kind, one) for one in data)]
        alias = records.records.get((name, "CNAME"))
        if alias is None:
            break
        found.append((name, "CNAME", alias[0]))
        name = alias[0].removesuffix(".")
        names.append(name)
    return names, found


def _message(query: Query, flags: int, answers: t.Sequence[_Record] = (), authority: t.Sequence[_Record] = ()) -> bytes:
    flags |= _QR | _RA | query.flags & _RD
    counts = (1, len(answers), len(authority), 1 if query.payload else 0)
    # Names are written out: nothing here is large enough to be worth a compressed one.
    parts = [_HEADER.pack(query.id, flags, *counts), query.question, *map(_record, answers), *map(_record, authority)]
    if query.payload:
        parts.append(_OPT + struct.pack("!HHHH", _UDP_LIMIT, 0, _DO if query.dnssec_ok else 0, 0))
    return b"".join(parts)


@functools.lru_cache(maxsize=65536)
def _record(record: _Record) -> bytes:
    name, kind, text = record
    data = t.cast(bytes, dns.rdata.from_text("IN", kind, text).to_wire())
    owner = t.cast(bytes, dns.name.from_text(f"{name}.").to_wire())
    return owner + struct.pack("!HHIH", dns.rdatatype.from_text(kind), 1, _TTL, len(data)) + data


@functools.cache
def _kind(number: int) -> str:
    return dns.rdatatype.to_text(dns.rdatatype.RdataType.make(number))


def _zone(name: str) -> str:
    return ".".join(name.split(".")[-2:])


class NameServer(asyncio.DatagramProtocol):
    """Answers over UDP and TCP; ``latency`` in seconds comes before each answer."""

    def __init__(self, records: Records, journal: Journal, latency: float = 0.0) -> None:
        self._records = records
        self._journal = journal
        self._latency = latency
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self._transport = t.cast(asyncio.DatagramTransport, transport)

    def close(self) -> None:
        """Answer no more over UDP."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str | t.Any, int]) -> None:
        """Answer a question over UDP."""
        answer = self._answer(data, "udp")
        if answer is not None:
            asyncio.get_running_loop().call_later(self._latency, self._send, answer, addr)

    def _send(self, answer: bytes, addr: tuple[str | t.Any, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(answer, addr)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer questions over TCP."""
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(2), "big")
                answer = self._answer(await reader.readexactly(length), "tcp")
                await asyncio.sleep(self._latency)
                if answer is not None:
                    writer.write(len(answer).to_bytes(2, "big") + answer)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, data: bytes, transport: t.Literal["udp", "tcp"]) -> bytes | None:
        query = parse(data)
        if query is None:
            return None
        self._journal.questions.append(Question(query.name, query.kind, transport, query.wants_ad))
        return respond(query, self._records, transport)

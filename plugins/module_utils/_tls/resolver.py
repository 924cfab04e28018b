# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Questions to DNS: each asked once a run, with the status told apart that a mail server must tell apart."""

from __future__ import annotations

import asyncio
import ipaddress
import pathlib
import re
import socket
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.libraries import dns
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Answer, Tlsa
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.stream import Broken, Stream
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.text import clean

RecordType = t.Literal["MX", "A", "AAAA", "TXT", "TLSA"]
Server = tuple[str, int]

#: Questions in flight at a time, tries for one question, aliases that are followed, records that are kept.
_AT_A_TIME = 64
_TRIES = 3
_MOST_ALIASES = 10
_MOST_RECORDS = 200
#: What fits into a datagram that no network takes apart.
_PAYLOAD = 1232
_RESOLV_CONF = pathlib.Path("/etc/resolv.conf")
_TRUST_AD = re.compile(r"^\s*options\s.*\btrust-ad\b", re.MULTILINE)


class Resolver:
    """Asks recursive resolvers. ``answered`` and ``silent`` count questions that any of them answered, or none."""

    def __init__(self, servers: t.Sequence[Server], trust_ad: bool | None, timeout: float) -> None:
        """``servers`` are (address, port), none: the system's. ``timeout`` is in seconds for a question as a whole.

        Raises ValueError with half a sentence when the system names no resolver.
        """
        self._servers = tuple(servers) or _system_servers()
        self._timeout = timeout
        self._places = asyncio.Semaphore(_AT_A_TIME)
        self._asked: dict[tuple[str, str], asyncio.Task[Answer]] = {}
        self.answered = 0
        self.silent = 0
        #: Whether an AD bit proves DNSSEC: the path to the resolver must be safe as well (RFC 6840 section 5.8).
        self.proves_dnssec = _trusted(self._servers, system=not servers) if trust_ad is None else trust_ad

    @property
    def names(self) -> list[str]:
        """The resolvers as people write them."""
        return [
            address if port == 53 else f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
            for address, port in self._servers
        ]

    async def ask(self, name: str, kind: RecordType) -> Answer:
        """Return the answer to a question. Never raises for what a resolver answers, or does not."""
        key = (name, kind)
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.ensure_future(self._ask(name, kind))
        # Shielded: a partner that is cut off must not take the answer away from the others.
        return await asyncio.shield(task)

    async def _ask(self, name: str, kind: RecordType) -> Answer:
        try:
            query = dns.message.make_query(name, kind, use_edns=0, want_dnssec=True, payload=_PAYLOAD)
        except (dns.exception.DNSException, UnicodeError) as problem:
            return Answer("failed", detail=clean(f"not a name that can be asked for: {problem}"))
        query.flags |= dns.flags.AD
        async with self._places:
            response, detail = await self._exchange(query)
        if response is None and not detail:
            self.silent += 1
            return Answer("timeout", detail=f"no answer within {self._timeout:g} seconds")
        self.answered += 1
        if response is None:
            return Answer("failed", detail=detail)
        return read(response, kind)

    async def _exchange(self, query: t.Any) -> tuple[t.Any, str]:
        """Return a whole answer, or None and why a resolver gave none; no words where none said anything."""
        detail = ""
        failed: set[Server] = set()
        tries = max(_TRIES, len(self._servers))
        for turn in range(tries):
            server = self._servers[turn % len(self._servers)]
            if server in failed:
                continue  # it has said that it cannot; only silence is worth another try
            response = await self._once(query, server, self._timeout / tries)
            if response is None:
                continue
            code = response.rcode()
            if code in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                return response, ""
            detail = dns.rcode.to_text(code)
            failed.add(server)
        return None, detail

    async def _once(self, query: t.Any, server: Server, timeout: float) -> t.Any:
        wire = query.to_wire()
        try:
            response = await asyncio.wait_for(_over_udp(query, wire, server), timeout)
            if response.flags & dns.flags.TC:
                response = await _over_tcp(query, wire, server, timeout)
        except (asyncio.TimeoutError, TimeoutError, OSError, Broken, dns.exception.DNSException):
            return None
        return response


async def _over_udp(query: t.Any, wire: bytes, server: Server) -> t.Any:
    """Ask from a socket of its own, and so from a port that nobody can guess (RFC 5452 section 9.2)."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET6 if ":" in server[0] else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect(server)
        sock.send(wire)
        while True:
            response = _parse(query, await loop.sock_recv(sock, 65535))
            if response is not None:
                return response


async def _over_tcp(query: t.Any, wire: bytes, server: Server, timeout: float) -> t.Any:
    stream = await Stream.connect(*server, timeout)
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
    return _parse(query, bytes(found[2:]))


def _parse(query: t.Any, wire: bytes) -> t.Any:
    """The response to this very query, or None for anything else that comes."""
    try:
        response = dns.message.from_wire(wire, ignore_trailing=True)
    except Exception:  # noqa: BLE001 - a parser fed by strangers; the next datagram may be the real one
        return None
    return response if query.is_response(response) else None


def read(response: t.Any, kind: RecordType) -> Answer:
    """Take an answer apart. Aliases in it are followed."""
    secure = bool(response.flags & dns.flags.AD)
    wanted = dns.rdatatype.from_text(kind)
    name = start = response.question[0].name
    found = {(rrset.name, rrset.rdtype): rrset for rrset in response.answer}
    for _turn in range(_MOST_ALIASES):
        alias = found.get((name, dns.rdatatype.CNAME))
        if alias is None:
            break
        name = alias[0].target
    else:
        return Answer("failed", secure=secure, detail="the aliases do not end")
    canonical = "" if name == start else host_name(name)
    rrset = found.get((name, wanted))
    if rrset is not None:
        records = tuple(_READERS[kind](record) for record in list(rrset)[:_MOST_RECORDS])
        return Answer("found", tuple(sorted(records)) if kind == "MX" else records, secure, canonical)
    nothing = "nxdomain" if response.rcode() == dns.rcode.NXDOMAIN else "absent"
    return Answer(t.cast(t.Any, nothing), secure=secure, canonical=canonical)


def host_name(name: t.Any) -> str:
    """A name in lower case without the trailing dot; what is no letter, digit, hyphen or underscore stays escaped."""
    return clean(name.to_text(omit_final_dot=True).lower(), 255) if name.labels != (b"",) else ""


_READERS: t.Mapping[RecordType, t.Callable[[t.Any], t.Any]] = {
    "MX": lambda record: (record.preference, host_name(record.exchange)),
    "A": lambda record: str(record.address),
    "AAAA": lambda record: str(record.address),
    "TXT": lambda record: b"".join(record.strings),
    "TLSA": lambda record: Tlsa(record.usage, record.selector, record.mtype, bytes(record.cert)),
}


def _system_servers() -> tuple[Server, ...]:
    try:
        system = dns.resolver.Resolver(configure=True)
    except dns.exception.DNSException:
        raise ValueError("the system names no DNS resolver") from None
    return tuple((str(server), system.port) for server in system.nameservers)


def _trusted(servers: t.Sequence[Server], *, system: bool) -> bool:
    if all(ipaddress.ip_address(address).is_loopback for address, _port in servers):
        return True
    try:
        return system and _TRUST_AD.search(_RESOLV_CONF.read_text(encoding="utf-8", errors="replace")) is not None
    except OSError:
        return False

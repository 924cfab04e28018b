# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Questions to DNS: each asked once a run, with the status told apart that a mail server must tell apart."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import pathlib
import re
import struct
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Answer, DnsStatus, Tlsa
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.libraries import dns
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.once import Once
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.stream import Broken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.text import clean
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.wire import (
    CNAME,
    TYPES,
    Datagrams,
    Query,
    Response,
    Server,
    make_query,
    over_tcp,
)

RecordType = t.Literal["MX", "A", "AAAA", "TXT", "TLSA"]

#: Questions in flight at a time, tries for one question, aliases that are followed, records that are kept.
_AT_A_TIME = 64
_TRIES = 3
_MOST_TRIES = 5
_MOST_ALIASES = 10
_MOST_RECORDS = 200
_NOERROR, _NXDOMAIN = 0, 3
_RESOLV_CONF = pathlib.Path("/etc/resolv.conf")
_TRUST_AD = re.compile(r"^[ \t]*options[ \t](.*[ \t])?trust-ad[ \t]*([ \t].*)?$", re.MULTILINE)


class Resolver:
    """Asks recursive resolvers. ``answered`` and ``silent`` count questions that any of them answered, or none."""

    def __init__(self, servers: t.Sequence[Server], trust_ad: bool | None, timeout: float) -> None:
        """``servers`` are (address, port), none: the system's. ``timeout`` is in seconds for a question as a whole.

        Raises ValueError with half a sentence when the system names no resolver.
        """
        self._servers = tuple(servers) or _system_servers()
        self._timeout = timeout
        self._places = asyncio.Semaphore(_AT_A_TIME)
        self._answers: Once[tuple[str, str], Answer] = Once()
        self._preferred = self._servers[0]
        self._datagrams = {server: Datagrams(server) for server in self._servers}
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
        return await self._answers.get((name, kind), functools.partial(self._ask, name, kind))

    def close(self) -> None:
        """Give the sockets back."""
        for datagrams in self._datagrams.values():
            datagrams.close()

    async def _ask(self, name: str, kind: RecordType) -> Answer:
        try:
            query = make_query(name, kind)
        except (dns.exception.DNSException, UnicodeError, struct.error) as problem:  # the last before dnspython 2.7
            return Answer("nxdomain", detail=clean(f"no such name can exist: {problem}"))
        async with self._places:
            response, detail = await self._exchange(query)
        if response is None and not detail:
            self.silent += 1
            return Answer("timeout", detail=f"no answer within {self._timeout:g} seconds")
        self.answered += 1
        return Answer("failed", detail=detail) if response is None else read(response, kind)

    async def _exchange(self, query: Query) -> tuple[Response | None, str]:
        """Return a whole answer, or None and why a resolver gave none; no words where none said anything.

        The first is the resolver that answered last; each try has twice the time of the one before.
        """
        detail = ""
        failed: set[Server] = set()
        first = self._servers.index(self._preferred)
        order = [*self._servers[first:], *self._servers[:first]]
        tries = max(_TRIES, min(len(order), _MOST_TRIES))
        ends = asyncio.get_running_loop().time() + self._timeout
        for turn in range(tries):
            server = order[turn % len(order)]
            if server in failed:
                continue  # it has said that it cannot; only silence is worth another try
            response, problem = await self._once(query, server, self._timeout * 2**turn / (2**tries - 1), ends)
            if response is not None and response.code in (_NOERROR, _NXDOMAIN):
                self._preferred = server
                return response, ""
            if response is not None or problem:
                detail = problem or dns.rcode.to_text(dns.rcode.Rcode(response.code if response else 0))
                failed.add(server)
        return None, detail

    async def _once(self, query: Query, server: Server, timeout: float, ends: float) -> tuple[Response | None, str]:
        """Ask one server once: its response, or None and why it was of no use, without words for silence."""
        try:
            response = await self._datagrams[server].ask(query, timeout)
        except OSError:
            return None, ""
        if response is None or not response.truncated:
            return response, ""
        try:
            return await over_tcp(query, server, max(0.1, (ends - asyncio.get_running_loop().time()) / 2)), ""
        except Broken as problem:
            return None, f"the answer is too long for UDP, and over TCP {problem.detail}"


def read(response: Response, kind: RecordType) -> Answer:
    """Take an answer apart. Aliases in it are followed. Most answers say that there is nothing."""
    try:
        found = [
            (owner, number, data.target if number == CNAME else _READERS[kind](data))
            for owner, number, data in response.records(TYPES[kind], CNAME)
        ]
    except Exception:  # noqa: BLE001 - a parser fed by strangers
        return Answer("failed", detail="the answer cannot be read")
    aliases = {owner: target for owner, number, target in found if number == CNAME}
    name = response.name
    for _turn in range(_MOST_ALIASES):
        if name not in aliases:
            break
        name = aliases[name]
    else:
        return Answer("failed", detail="the aliases do not end")
    canonical = host_name(name) if aliases and name != response.name else ""
    records = [record for owner, number, record in found if number != CNAME and owner == name]
    if not records:
        nothing: DnsStatus = "nxdomain" if response.code == _NXDOMAIN else "absent"
        return Answer(nothing, (), response.validated, canonical)
    if kind == "MX":
        records.sort()
    return Answer("found", tuple(records[:_MOST_RECORDS]), response.validated, canonical)


def host_name(name: t.Any) -> str:
    """A name in lower case without the trailing dot; what is no letter, digit, hyphen or underscore stays escaped."""
    return clean(name.to_text(omit_final_dot=True).lower(), 255) if name.labels != (b"",) else ""


_READERS: t.Mapping[RecordType, t.Callable[[t.Any], t.Any]] = {
    "MX": lambda record: (record.preference, host_name(record.exchange)),
    "A": lambda record: str(record.address),
    "AAAA": lambda record: str(record.address),
    "TXT": lambda record: b"".join(record.strings),
    "TLSA": lambda data: Tlsa(data[0], data[1], data[2], data[3:]),
}


def _system_servers() -> tuple[Server, ...]:
    import dns.resolver as system_resolver  # noqa: PLC0415 - costs a tenth of a second, and is needed for this alone

    try:
        system = system_resolver.Resolver(str(_RESOLV_CONF))
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

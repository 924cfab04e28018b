# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS as a mail server asks it: which servers a route has, and which of the answers are validated."""

from __future__ import annotations

import ipaddress
import itertools
import typing as t
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdatatype
import dns.resolver
import idna

from .shapes import Route

#: Of a network given as smart host, and of the servers of a domain, so many are tried.
_MOST_ADDRESSES: t.Final = 32
_MOST_HOSTS: t.Final = 16

#: empty: the name is there, records of the type are not. failed: no answer that counts.
Ending = t.Literal["found", "empty", "nxdomain", "failed"]


class Answer(t.NamedTuple):
    """``secure``: the resolver has validated it (AD). ``name`` is the one at the end of aliases."""

    ending: Ending
    records: tuple[t.Any, ...]
    secure: bool
    name: str


@dataclass(frozen=True)
class Server:
    """An address to connect to. ``name`` is empty where the smart host is an address.

    ``policy_domain`` is whose MTA-STS policy counts. ``secure``: everything that led here is validated; ``alias_of``
    holds the end of an alias where there is one.
    """

    name: str
    address: str
    policy_domain: str = ""
    secure: bool = False
    end_of_alias: str = ""
    smart: bool = False

    @property
    def label(self) -> str:
        """What texts call it."""
        return self.name or self.address


class Servers(t.NamedTuple):
    """In the order in which they are tried; ``trouble`` says why there is none, ``notes`` what DNS said."""

    servers: tuple[Server, ...]
    trouble: t.Literal["", "no_domain", "null_mx", "dns_failed", "no_address"]
    notes: tuple[str, ...]


class _Mx(t.NamedTuple):
    preference: int
    name: str
    policy_domain: str
    secure: bool
    smart: bool


def a_label(name: str) -> str:
    """A domain as DNS has it, in lower case; one that cannot be converted stays as it is."""
    try:
        return idna.encode(name, uts46=True).decode("ascii").lower().rstrip(".")
    except idna.IDNAError:
        return name.lower().rstrip(".")


class Names:
    """A resolver with AD and EDNS."""

    def __init__(self, resolver: str, timeout: float) -> None:
        address, _colon, port = resolver.rpartition(":")
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers = [address]
        self._resolver.port = int(port)
        self._resolver.timeout = self._resolver.lifetime = timeout
        self._resolver.use_edns(0, dns.flags.DO, 1232)
        self._resolver.flags = dns.flags.RD | dns.flags.AD

    def ask(self, name: str, kind: str) -> Answer:
        """Ask for records. Never raises."""
        try:
            answer = self._resolver.resolve(dns.name.from_text(f"{name}."), kind, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return Answer("nxdomain", (), False, name)
        except (dns.exception.DNSException, UnicodeError, OSError):
            return Answer("failed", (), False, name)
        end = answer.canonical_name.to_text(omit_final_dot=True).lower()
        records = tuple(answer.rrset or ())
        return Answer("found" if records else "empty", records, _is_secure(answer.response), end)

    def addresses(self, name: str) -> tuple[list[Answer], list[str]]:
        """The answers for both kinds of addresses, and the addresses, IPv6 first."""
        answers = [self.ask(name, "AAAA"), self.ask(name, "A")]
        return answers, [str(record.address) for answer in answers for record in answer.records]

    # -- routes ------------------------------------------------------------------------------------------------------

    def servers(self, route: Route) -> Servers:
        """The servers of a route. Never raises."""
        if not route.smart_hosts:
            return self._by_mx(a_label(route.domain), smart=False)
        parts = [self.of_smart_host(one) for one in route.smart_hosts]
        found = tuple(server for part in parts for server in part.servers)
        trouble = "" if found else parts[-1].trouble
        return Servers(found, trouble, tuple(note for part in parts for note in part.notes))

    def of_smart_host(self, host: str) -> Servers:
        """The servers of one smart host: a name, an address, or a network."""
        try:
            network = ipaddress.ip_network(host.strip("[]"), strict=False)
        except ValueError:
            found = self._by_mx(a_label(host), smart=True)
            # Microsoft's page on 4.4.312 is about smart hosts that cannot be resolved, whatever the reason.
            return found._replace(trouble="dns_failed") if found.trouble in ("no_domain", "null_mx") else found
        # hosts() leaves out the ends of a network, but not those of a /31 or a single address.
        addresses = itertools.islice(network.hosts(), _MOST_ADDRESSES)
        return Servers(tuple(Server("", str(one), smart=True) for one in addresses), "", ())

    def _by_mx(self, domain: str, *, smart: bool) -> Servers:
        answer = self.ask(domain, "MX")
        if answer.ending == "nxdomain":
            return Servers((), "no_domain", (f"-- MX of {domain}: the name does not exist",))
        if answer.ending == "failed":
            return Servers((), "dns_failed", (f"-- MX of {domain}: no answer",))
        hosts = [
            _Mx(
                int(record.preference),
                record.exchange.to_text(omit_final_dot=True).lower(),
                domain,
                answer.secure,
                smart,
            )
            for record in answer.records
        ]
        if hosts and all(one.name in (".", "") for one in hosts):
            return Servers((), "null_mx", (f"-- MX of {domain}: null, it takes no mail",))
        hosts = sorted((one for one in hosts if one.name not in (".", "")), key=lambda one: one.preference)
        note = ", ".join(f"{one.preference} {one.name}" for one in hosts) or "none, its own address is asked for"
        hosts = hosts or [_Mx(0, domain, domain, answer.secure, smart)]
        return self._with_addresses(hosts[:_MOST_HOSTS], [f"-- MX of {domain}: {note}"])

    def _with_addresses(self, hosts: t.Sequence[_Mx], notes: list[str]) -> Servers:
        found: list[Server] = []
        endings: set[Ending] = set()
        for _preference, group in itertools.groupby(hosts, key=lambda one: one.preference):
            servers: list[Server] = []
            for host in group:
                answers, addresses = self.addresses(host.name)
                endings.update(answer.ending for answer in answers)
                notes.append(f"-- {host.name}: {', '.join(addresses) or 'no address'}")
                servers += [_server(host, answer, str(one.address)) for answer in answers for one in answer.records]
            # Of hosts with the same preference, first all IPv6 addresses, then the others.
            found += sorted(servers, key=lambda one: ":" not in one.address)
        trouble: t.Literal["", "dns_failed", "no_address"] = "dns_failed" if "failed" in endings else "no_address"
        return Servers(tuple(found), "" if found else trouble, tuple(notes))


def _server(host: _Mx, answer: Answer, address: str) -> Server:
    secure = host.secure and answer.secure
    end = answer.name if answer.name != host.name else ""
    return Server(host.name, address, host.policy_domain, secure, end, host.smart)


def _is_secure(response: dns.message.Message) -> bool:
    return bool(response.flags & dns.flags.AD)

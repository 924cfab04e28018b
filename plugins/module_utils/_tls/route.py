# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Where mail to a partner goes: MX hosts, the domain itself, or smart hosts. Pure, but for the questions it asks."""

from __future__ import annotations

import asyncio
import dataclasses
import ipaddress
import itertools
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import (
    Answer,
    DnsStatus,
    Host,
    Route,
    RouteProblem,
    Via,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Target
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.once import together

Ask = t.Callable[[str, t.Any], t.Awaitable[Answer]]

#: How many hosts of a partner are looked at, and addresses of each family of a host, or of a network.
_MOST_HOSTS = 50
_MOST_ADDRESSES = 16
_PROBLEMS: t.Mapping[DnsStatus, RouteProblem] = {
    "nxdomain": "nxdomain",
    "failed": "dns_failed",
    "timeout": "dns_timeout",
}


async def find_route(target: Target, ask: Ask) -> Route:
    """Return the hosts that mail to this partner would go to, with their addresses and TLSA records."""
    if target.smart_hosts:
        return await _by_smart_hosts(target, ask)
    answer = await ask(target.domain, "MX")
    if answer.status == "found":
        return await _by_mx(answer, ask)
    if answer.status == "absent":
        return await _implicit(target.domain, answer, ask)
    # After a look-up that failed there is no implicit MX: the records may exist (RFC 5321 section 5.1).
    return Route(problem=_PROBLEMS[answer.status], detail=answer.detail, secure=answer.secure)


async def _by_mx(answer: Answer, ask: Ask) -> Route:
    if not any(name for _preference, name in answer.records):
        return Route(problem="null_mx", secure=answer.secure)  # RFC 7505 section 3
    stray = not all(name for _preference, name in answer.records)
    hosts = await _named(answer, "mx", ask)
    return _checked(Route(hosts, secure=answer.secure, stray_null_mx=stray))


async def _named(answer: Answer, via: Via, ask: Ask) -> tuple[Host, ...]:
    """The hosts that MX records name, each once and with the preference that it comes first by."""
    preferences: dict[str, int] = {}
    for preference, name in answer.records:
        if name:
            preferences.setdefault(name, preference)
    first = list(preferences.items())[:_MOST_HOSTS]
    return tuple(await together([_host(name, preference, via, answer.secure, ask) for name, preference in first]))


async def _implicit(domain: str, answer: Answer, ask: Ask) -> Route:
    """The domain's own addresses stand in for MX records that do not exist (RFC 5321 section 5.1)."""
    host = await _host(domain, 0, "implicit_mx", answer.secure, ask)
    return _checked(Route((host,), secure=answer.secure))


def _checked(route: Route) -> Route:
    """A route on which no host has an address has a problem: a look-up that failed, or nowhere to go."""
    if any(host.addresses for host in route.hosts):
        return route
    failed = next((host for host in route.hosts if host.problem in ("failed", "timeout")), None)
    if failed is None:
        return dataclasses.replace(route, problem="no_address", detail="no host of it has an address")
    problem: RouteProblem = "dns_timeout" if failed.problem == "timeout" else "dns_failed"
    return dataclasses.replace(route, problem=problem, detail=failed.problem_detail)


async def _host(name: str, preference: int, via: Via, secure: bool, ask: Ask) -> Host:
    """``secure`` tells whether the answer that led to the name was."""
    if _is_address(name):
        detail = "an MX record must name a host, not an address (RFC 5321 section 5.1)"
        return Host(name, preference, via, problem="absent", problem_detail=detail)
    answers = await asyncio.gather(ask(name, "AAAA"), ask(name, "A"))
    # IPv6 first, as Exchange does.
    addresses = tuple(itertools.chain.from_iterable(answer.records[:_MOST_ADDRESSES] for answer in answers))
    given = [answer for answer in answers if answer.status == "found"] or answers
    host = Host(
        name=name,
        preference=preference,
        via=via,
        addresses=addresses,
        canonical=next((answer.canonical for answer in answers if answer.canonical), ""),
        secure=secure and all(answer.secure for answer in given),
    )
    if not addresses:
        # A look-up that failed says more than one that found nothing: there may be addresses.
        worst = next((a for s in ("failed", "timeout", "nxdomain") for a in answers if a.status == s), answers[0])
        return dataclasses.replace(host, problem=worst.status, problem_detail=worst.detail)
    return await _with_tlsa(host, ask) if host.secure else host


async def _with_tlsa(host: Host, ask: Ask) -> Host:
    """Look for TLSA records at the end of the aliases first, then at the name itself (RFC 7672 section 2.2.3).

    Always for port 25: it is what Exchange looks at.
    """
    answer, base = Answer("absent"), host.name
    for base in dict.fromkeys(name for name in (host.canonical, host.name) if name):
        answer = await ask(f"_25._tcp.{base}", "TLSA")
        if answer.status == "found" and not answer.secure:
            answer = Answer("absent")  # records that nothing vouches for are as good as none
        if answer.status not in ("absent", "nxdomain"):
            break
    return dataclasses.replace(host, tlsa=answer, tlsa_base=base)


async def _by_smart_hosts(target: Target, ask: Ask) -> Route:
    found = await together([_smart_host(smart_host, ask) for smart_host in target.smart_hosts])
    hosts = tuple(
        dataclasses.replace(host, smart_host=smart_host if host.name else "")
        for smart_host, each in zip(target.smart_hosts, found, strict=True)
        for host in each
    )
    return _checked(Route(hosts[:_MOST_HOSTS]))


async def _smart_host(smart_host: str, ask: Ask) -> tuple[Host, ...]:
    """A name with MX records, a name, an address, or a network (Microsoft: New-OutboundConnector, -SmartHosts)."""
    try:
        network = ipaddress.ip_network(smart_host, strict=False)
    except ValueError:
        pass
    else:
        each = network.hosts() if network.num_addresses > 1 else iter((network.network_address,))
        addresses = tuple(str(address) for address in itertools.islice(each, _MOST_ADDRESSES))
        reserved = 2 if network.version == 4 else 1  # network and broadcast; the subnet's routers
        usable = network.num_addresses - (reserved if network.prefixlen < network.max_prefixlen - 1 else 0)
        return (Host("", via="smart_host", addresses=addresses, more=max(0, usable - len(addresses))),)
    answer = await ask(smart_host, "MX")
    if answer.status != "found" or not any(name for _preference, name in answer.records):
        return (await _host(smart_host, 0, "smart_host", True, ask),)
    return await _named(answer, "smart_host", ask)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""How the probe behaves towards others: which addresses it may ask, and how many at a time."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import ipaddress
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Host

#: Connections at a time to the hosts of one provider.
PER_PROVIDER = 2


def is_public(address: str) -> bool:
    """Whether an address can be somebody's on the Internet: not private, loopback, multicast and the like."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return parsed.is_global and not parsed.is_multicast


def provider_of(host: Host, address: str) -> str:
    """Return what stands for the provider of a host: the name above the host's own.

    ``contoso-com.mail.protection.outlook.com`` and ``fabrikam-com.mail.protection.outlook.com`` are one provider's. A
    host that is the mail domain itself, or has no name, stands for itself.
    """
    if not host.name or host.via == "implicit_mx":
        return host.name or address
    above = host.name.partition(".")[2]
    return above if "." in above else host.name


class Turns:
    """Lets a connection begin when it is its turn: limits for one address, for one provider and for the whole run."""

    def __init__(self, concurrency: int) -> None:
        self._all = asyncio.Semaphore(concurrency)
        self._providers: dict[str, asyncio.Semaphore] = collections.defaultdict(lambda: asyncio.Semaphore(PER_PROVIDER))
        self._addresses: dict[str, asyncio.Lock] = collections.defaultdict(asyncio.Lock)

    @contextlib.asynccontextmanager
    async def at_address(self, address: str) -> t.AsyncIterator[None]:
        """Hold the address. Whoever waits for it can then see what the one before has seen there."""
        async with self._addresses[address]:
            yield

    @contextlib.asynccontextmanager
    async def to_connect(self, provider: str) -> t.AsyncIterator[None]:
        """Hold a place for a connection. Taken in this order by all, so that nobody waits for another for ever."""
        async with self._providers[provider], self._all:
            yield

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Fetches over HTTP(S): MTA-STS policies, revocation lists and issuers' certificates, each once a run."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import ssl
import typing as t
import urllib.parse

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.manners import is_public
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Settings
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.once import Once
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.resolver import Resolver
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.web import FetchError, Page, fetch

#: Largest policy (RFC 8461 section 3.3 lets a sender set a limit) and largest list of revoked certificates, in bytes.
POLICY_LIMIT = 64 * 1024
LIST_LIMIT = 10 * 1024 * 1024
#: Connections at a time for all fetches together, and addresses of each family that are tried one after the other.
_AT_A_TIME = 16
_MOST_ADDRESSES = 4


class Fetcher:
    """Looks up, connects and reads, for one run."""

    def __init__(self, settings: Settings, resolver: Resolver, trust: ssl.SSLContext) -> None:
        self._settings = settings
        self._resolver = resolver
        self._trust = trust
        self._places = asyncio.Semaphore(_AT_A_TIME)
        self._files: Once[str, bytes | None] = Once()

    async def policy(self, host: str, path: str) -> Page:
        """Fetch from a policy host over verified HTTPS (RFC 8461 section 3.3). Raises FetchError."""
        addresses = await self._addresses(host)
        return await self._get(host, addresses, self._settings.policy_port, path, self._trust, POLICY_LIMIT)

    async def file(self, url: str) -> bytes | None:
        """Return what a certificate's URL leads to, or None where nothing is to be had. Each URL is asked once."""
        return await self._files.get(url, functools.partial(self._file, url))

    async def _file(self, url: str) -> bytes | None:
        try:
            parts = urllib.parse.urlsplit(url)
            host, port = parts.hostname or "", parts.port or 80
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            addresses = await self._addresses(host)
            page = await self._get(host, addresses, port, path, None, LIST_LIMIT)
        except (FetchError, ValueError):  # a URL that cannot be taken apart is one that leads nowhere
            return None
        return page.body if page.status == 200 else None

    async def _get(
        self, host: str, addresses: t.Sequence[str], port: int, path: str, tls: ssl.SSLContext | None, limit: int
    ) -> Page:
        async with self._places:
            return await fetch(host, addresses, port, path, tls=tls, timeout=self._settings.timeout, limit=limit)

    async def _addresses(self, host: str) -> tuple[str, ...]:
        try:
            found: tuple[str, ...] = (str(ipaddress.ip_address(host)),)
        except ValueError:
            answers = await asyncio.gather(self._resolver.ask(host, "AAAA"), self._resolver.ask(host, "A"))
            found = tuple(record for answer in answers for record in answer.records[:_MOST_ADDRESSES])
        allowed = tuple(address for address in found if self._settings.allow_private or is_public(address))
        if not allowed:
            raise FetchError("connect", f"{host} has no address" + (" that is public" if found else ""))
        return allowed

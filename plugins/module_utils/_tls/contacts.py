# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The connections of a run: to each address as few as tell the whole truth, however many partners share it."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.handshake import (
    diagnostic_context,
    exchange_context,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.manners import (
    Turns,
    is_public,
    provider_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import (
    Failure,
    Host,
    Session,
    Settings,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.smtp import converse


@dataclasses.dataclass(frozen=True)
class Contact:
    """What one address showed under one name; ``second`` is there where the first handshake failed."""

    session: Session
    second: Session | None = None

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificates of the connection that came to TLS, the first one if it did."""
        for one in (self.session, self.second):
            if one is not None and one.tls is not None:
                return one.tls.chain
        return ()


class Contacts:
    """Connects, and remembers.

    A certificate can depend on the name that is asked for (SNI), so an address is connected to once for each name.
    What cannot depend on it is taken from an earlier contact: a certificate that covers the name as well, or a
    conversation that ended before TLS. ``covers`` tells whether a certificate (DER) covers a host name.
    """

    def __init__(self, settings: Settings, covers: t.Callable[[bytes, str], bool]) -> None:
        self._settings = settings
        self._covers = covers
        self._turns = Turns(settings.concurrency)
        self._tasks: dict[tuple[str, str], asyncio.Task[Contact]] = {}
        self._seen: dict[str, list[Contact]] = collections.defaultdict(list)
        self.connections = 0

    async def contact(self, host: Host, address: str) -> Contact:
        """Return what this address shows when it is asked for this host. Never raises for the peer's doing."""
        if not self._settings.allow_private and not is_public(address):
            return Contact(self.failed(host, address, Failure("connect", "private", "not a public address")))
        key = (address, host.name)
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.ensure_future(self._contact(host, address))
        # Shielded: a partner that is cut off must not take the connection away from the others.
        return await asyncio.shield(task)

    def failed(self, host: Host, address: str, failure: Failure) -> Session:
        """A session that came to nothing."""
        return Session(address=address, port=self._settings.port, sni=host.name, failure=failure)

    async def _contact(self, host: Host, address: str) -> Contact:
        async with self._turns.at_address(address):
            known = next((one for one in self._seen[address] if self._holds_for(one.session, host.name)), None)
            if known is not None:
                return known
            async with self._turns.to_connect(provider_of(host, address)):
                contact = await self._connect(host, address)
            self._seen[address].append(contact)
            return contact

    def _holds_for(self, session: Session, name: str) -> bool:
        if session.tls is None:
            return session.failure is None or session.failure.step != "handshake"
        return bool(name) and self._covers(session.tls.chain[0], name)

    async def _connect(self, host: Host, address: str) -> Contact:
        session = await self._converse(host, address, exchange_context())
        failure = session.failure
        if failure is None or failure.step != "handshake" or failure.fault not in ("tls", "closed"):
            return Contact(session)
        if session.client_certificate_asked:
            return Contact(session)  # and that is the cause
        # Once more with everything that this machine can speak: what the server accepts then names the cause.
        return Contact(session, await self._converse(host, address, diagnostic_context()))

    async def _converse(self, host: Host, address: str, context: t.Any) -> Session:
        self.connections += 1
        settings = self._settings
        return await converse(
            address, settings.port, host.name, context, helo_name=settings.helo_name, timeout=settings.timeout
        )

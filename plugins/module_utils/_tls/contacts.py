# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The connections of a run: to each address as few as tell the whole truth, however many partners share it."""

from __future__ import annotations

import collections
import dataclasses
import functools
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Failure, Host, Session
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.handshake import (
    diagnostic_context,
    exchange_context,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.manners import (
    Turns,
    is_public,
    provider_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Settings
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.once import Once
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.smtp import converse

#: When the servers of so many providers have not answered at all, and no server has, the way out is taken to be closed.
ENOUGH_SILENCE = 16


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

    Where port 25 is closed on the way out, connecting ends in silence everywhere. That is noticed after some providers,
    not after minutes of time-outs.
    """

    def __init__(self, settings: Settings, covers: t.Callable[[bytes, str], bool]) -> None:
        self._settings = settings
        self._covers = covers
        self._turns = Turns(settings.concurrency)
        self._contacts: Once[tuple[str, str], Contact] = Once()
        self._seen: dict[str, list[Contact]] = collections.defaultdict(list)
        self._silent: set[str] = set()
        self._heard = False
        self.connections = 0

    async def contact(self, host: Host, address: str) -> Contact:
        """Return what this address shows when it is asked for this host. Never raises for the peer's doing."""
        if not self._settings.allow_private and not is_public(address):
            return Contact(self.failed(host, address, Failure("connect", "private", "not a public address")))
        return await self._contacts.get((address, host.name), functools.partial(self._contact, host, address))

    def failed(self, host: Host, address: str, failure: Failure) -> Session:
        """A session that came to nothing."""
        return Session(address=address, port=self._settings.port, sni=host.name, failure=failure)

    async def _contact(self, host: Host, address: str) -> Contact:
        async with self._turns.at_address(address):
            known = next((one for one in self._seen[address] if self._holds_for(one.session, host.name)), None)
            if known is not None:
                return known
            provider = provider_of(host, address)
            async with self._turns.to_connect(provider):
                if not self._heard and len(self._silent) >= ENOUGH_SILENCE:
                    words = f"not tried, since none of {len(self._silent)} other servers answered"
                    return Contact(self.failed(host, address, Failure("connect", "timeout", words)))
                contact = await self._connect(host, address)
            self._listen(provider, contact.session.failure)
            self._seen[address].append(contact)
            return contact

    def _listen(self, provider: str, failure: Failure | None) -> None:
        if failure is None or failure.step != "connect":
            self._heard = True
        elif failure.fault == "timeout":
            self._silent.add(provider)

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

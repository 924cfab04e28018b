# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail of the tenants to their partners: routed by the connectors in force, tried again, delivered or returned."""

from __future__ import annotations

import datetime as dt
import threading
import typing as t
import uuid

from .letters import Header, compose
from .notices import Notice, Reason, expired, refused, report
from .queue import Message
from .routing import Readings, route
from .shapes import Route

if t.TYPE_CHECKING:
    from ..exchange.state import ExchangeState
    from ..world import World

OnLoop = t.Callable[[t.Callable[[], t.Any]], t.Any]


class MailFlow:
    """The mail of a lab. What is said here blocks until the partners have answered, and may be said in any thread.

    ``on_loop`` does something between two requests, when no state is half changed.
    """

    def __init__(self, world: World, on_loop: OnLoop) -> None:
        self._world = world
        self._on_loop = on_loop
        self._messages: list[Message] = []
        self._notices: list[Notice] = []
        self._lock = threading.Lock()
        self._advancing = threading.Lock()

    # -- what there is -----------------------------------------------------------------------------------------------

    @property
    def messages(self) -> list[Message]:
        """All messages, oldest first."""
        with self._lock:
            return list(self._messages)

    @property
    def notices(self) -> list[Notice]:
        """All non-delivery reports, oldest first."""
        with self._lock:
            return list(self._notices)

    @property
    def now(self) -> dt.datetime:
        """The time of the lab."""
        return self._world.clock.now()

    def inbox(self, address: str) -> list[Notice]:
        """The non-delivery reports that somebody got."""
        return [one for one in self.notices if one.to.lower() == address.lower()]

    def clear(self) -> None:
        """Forget all messages and notices."""
        with self._lock:
            self._messages.clear()
            self._notices.clear()

    # -- what can be done --------------------------------------------------------------------------------------------

    def submit(
        self,
        mail_from: str,
        recipients: str | t.Sequence[str],
        subject: str = "",
        body: str = "",
        rule_connector: str | None = None,
        tenant: str | None = None,
    ) -> list[Message]:
        """Send a message: one for each recipient, each tried once before this returns.

        ``rule_connector`` is the connector that a mail flow rule names, ``tenant`` a tenant's id or domain, by default
        the first tenant's. Raises ValueError for what cannot be sent.
        """
        exchange = self._exchange(tenant)
        to = [recipients] if isinstance(recipients, str) else list(recipients)
        if not to:
            raise ValueError("A message needs a recipient")
        for one in to:
            self._check(exchange, one)
        made = [self._made(exchange, (mail_from, one, subject), body, rule_connector) for one in to]
        with self._lock:
            self._messages += made
        for message in made:
            message.received()
            self._try(message, message.submitted)
        return made

    def advance(self, seconds: float) -> list[Message]:
        """Let time pass, without waiting for it: what is due meanwhile is tried, expires, is returned.

        Returns the messages to which something happened. Raises ValueError for a time that is past.
        """
        if not seconds >= 0:
            raise ValueError("Time goes forward only")
        clock, touched = self._world.clock, dict[str, Message]()
        with self._advancing:
            end = clock.now() + dt.timedelta(seconds=seconds)
            while (message := self._next(end)) is not None:
                due = message.due
                clock.skip_to(due)
                if due >= message.expires:
                    self._give_up(message, due, expired(message.last.attempt.text))
                else:
                    self._try(message, due)
                touched[message.id] = message
            clock.skip_to(end)
        return list(touched.values())

    def as_dict(self) -> dict[str, t.Any]:
        """All of it as JSON can hold it."""
        return {
            "now": self.now.isoformat(),
            "messages": [one.as_dict() for one in self.messages],
            "notices": [one.as_dict() for one in self.notices],
        }

    # -- how it is done ----------------------------------------------------------------------------------------------

    def _exchange(self, tenant: str | None) -> ExchangeState:
        found = next(iter(self._world.tenants.values())) if tenant is None else self._world.tenant(tenant)
        if found is None:
            raise ValueError(f"No tenant is named {tenant!r}")
        return found.exchange

    def _check(self, exchange: ExchangeState, recipient: str) -> None:
        local, _at, domain = recipient.rpartition("@")
        if not local or not domain or not recipient.isprintable():
            raise ValueError(f"{recipient!r} is no mail address")
        own = {str(one["DomainName"]).lower() for one in self._on_loop(lambda: exchange.accepted_domains)}
        if domain.lower() in own:
            raise ValueError(f"{domain} is a domain of the tenant: mail to it does not leave")

    def _made(
        self, exchange: ExchangeState, words: tuple[str, str, str], body: str, rule_connector: str | None
    ) -> Message:
        mail_from, recipient, subject = words
        number, now = uuid.uuid4(), self.now
        sender = mail_from or f"postmaster@{exchange.default_domain}"
        return Message(
            id=str(number),
            tenant_id=exchange.identity.tenant_id,
            mail_from=mail_from,
            recipient=recipient,
            subject=subject,
            content=compose(Header(sender, recipient, subject, now, number), body),
            submitted=now,
            route=self._route(exchange, recipient, rule_connector),
            rule_connector=rule_connector,
        )

    def _route(self, exchange: ExchangeState, recipient: str, rule_connector: str | None) -> Route:
        def choose() -> Route:
            connectors = [one.values for one in exchange.routed().records()]
            return route(recipient.rpartition("@")[2], connectors, rule_connector, Readings.of(exchange.switches))

        return t.cast(Route, self._on_loop(choose))

    def _next(self, end: dt.datetime) -> Message | None:
        """The message to which something happens next, until a moment."""
        with self._lock:
            waiting = [one for one in self._messages if one.next_try is not None and one.due <= end]
        return min(waiting, key=lambda one: one.due, default=None)

    def _try(self, message: Message, at: dt.datetime) -> None:
        exchange = self._exchange(message.tenant_id)
        way = message.route
        if message.attempts and exchange.switches["retry_route"] == "anew":
            way = self._route(exchange, message.recipient, message.rule_connector)
        attempt = exchange.transport.attempt(way, message.envelope)
        message.tried(at, way, attempt)
        if attempt.result == "failed":
            self._give_up(message, at, refused(attempt))

    def _give_up(self, message: Message, at: dt.datetime, reason: Reason) -> None:
        message.given_up(at, reason.text)
        if not message.mail_from:
            return
        notice = Notice(
            to=message.mail_from,
            at=at,
            subject=f"Undeliverable: {message.subject}",
            recipient=message.recipient,
            code=reason.text,
            text=report(message.recipient, reason, at, message.last),
            message_id=message.id,
            evidence=reason.evidence,
        )
        with self._lock:
            if message in self._messages:  # not where the lab was reset meanwhile
                self._notices.append(notice)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""One conversation with one address: banner, EHLO, STARTTLS, handshake, EHLO again, QUIT. No mail is asked for."""

from __future__ import annotations

import contextlib
import functools
import re
import socket
import ssl
import time
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Failure, Reply, Session, Step
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.handshake import TlsBroken, secure
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.replies import (
    NoReply,
    Replies,
    extensions,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.stream import Broken, Channel, Stream

_FULL_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)


async def converse(
    address: str, port: int, sni: str, context: ssl.SSLContext, *, helo_name: str, timeout: float
) -> Session:
    """Talk to one address and return what came of it, however far that was. Raises nothing that a server can cause.

    ``timeout`` is in seconds for each step as a whole. Without a ``helo_name`` the name of this machine is given, or
    its address as a literal (RFC 5321 section 4.1.3).
    """
    talk = _Talk(address, port, sni, timeout)
    try:
        await talk.run(context, helo_name)
    except Broken as problem:
        talk.note(failure=Failure(talk.step, problem.fault, problem.detail))
    finally:
        talk.close()
    return Session(**talk.seen)


class _Talk:
    """The state of a conversation: ``step`` is the one that it is in, ``seen`` what belongs into its session so far."""

    def __init__(self, address: str, port: int, sni: str, timeout: float) -> None:
        self.seen: dict[str, t.Any] = {"address": address, "port": port, "sni": sni}
        self.step: Step = "connect"
        self._timeout = timeout
        self._stream: Stream | None = None
        self._replies = Replies()
        self._milliseconds: dict[str, int] = {}

    async def run(self, context: ssl.SSLContext, helo_name: str) -> None:
        with self._step("connect"):
            stream = self._stream = await Stream.connect(self.seen["address"], self.seen["port"], self._timeout)
        name = helo_name or _own_name() or _literal(stream.local_address)
        if not await self._greet(stream, name):
            return
        secured = await self._secure(stream, context)
        if secured is None:
            return
        with self._step("ehlo_again"):
            # Everything said in clear is forgotten, and the server is asked again (RFC 3207 section 4.2).
            ehlo = await self._command(secured, stream, f"EHLO {name}")
            if ehlo.code == 250:
                self.note(extensions_after_tls=extensions(ehlo))
            else:
                self._refused(ehlo)
        await self._quit(secured, stream)

    async def _greet(self, stream: Stream, name: str) -> bool:
        """Whether the server greeted us, told its extensions and has STARTTLS among them."""
        with self._step("banner"), stream.within(self._timeout):
            banner = await self._reply(stream)
            self.note(banner=banner)
        if banner.code != 220:
            return await self._give_up(stream, banner)
        with self._step("ehlo"):
            ehlo = await self._command(stream, stream, f"EHLO {name}")
            self.note(ehlo=ehlo)
        if ehlo.code != 250:
            return await self._give_up(stream, ehlo)
        offered = extensions(ehlo)
        self.note(extensions=offered)
        if "STARTTLS" not in offered:
            await self._quit(stream, stream)
            return False
        return True

    async def _secure(self, stream: Stream, context: ssl.SSLContext) -> Channel | None:
        with self._step("starttls"):
            reply = await self._command(stream, stream, "STARTTLS")
            self.note(starttls=reply)
        if reply.code != 220:
            await self._give_up(stream, reply)
            return None
        # Whatever follows in clear is not the server's or not meant for us, and must not be read as if it were inside.
        self.note(injected=len(self._replies.rest()))
        with self._step("handshake"), stream.within(self._timeout):
            try:
                secured = await secure(stream, context, self.seen["sni"])
            except TlsBroken as problem:
                flight = problem.flight
                self.note(alert=flight.alert, client_certificate_asked=flight.client_certificate_asked)
                raise
        self.note(tls=secured.describe(), client_certificate_asked=secured.flight.client_certificate_asked)
        return secured

    async def _give_up(self, stream: Stream, reply: Reply) -> t.Literal[False]:
        self._refused(reply)
        await self._quit(stream, stream)
        return False

    async def _quit(self, channel: Channel, stream: Stream) -> None:
        """Say goodbye. The answer is not waited for: it would cost each server one more round trip."""
        with contextlib.suppress(Broken), stream.within(self._timeout):
            await channel.send(b"QUIT\r\n")

    async def _command(self, channel: Channel, stream: Stream, command: str) -> Reply:
        """Send a command and read its reply, within the time of a step. Raises Broken."""
        with stream.within(self._timeout):
            await channel.send(f"{command}\r\n".encode("ascii"))
            return await self._reply(channel)

    async def _reply(self, channel: Channel) -> Reply:
        """Read one whole reply. Raises Broken."""
        try:
            while (reply := self._replies.take()) is None:
                data = await channel.receive()
                if not data:
                    raise Broken("closed")
                self._replies.feed(data)
        except NoReply as problem:
            raise Broken("protocol", str(problem)) from None
        return reply

    def _refused(self, reply: Reply) -> None:
        self.note(failure=Failure(self.step, "reply", f"{reply.code} {reply.text}".strip()))

    @contextlib.contextmanager
    def _step(self, step: Step) -> t.Iterator[None]:
        self.step = step
        began = time.monotonic()
        try:
            yield
        finally:
            self._milliseconds[step] = round((time.monotonic() - began) * 1000)

    def note(self, **seen: t.Any) -> None:
        """Add to the session."""
        self.seen.update(seen)

    def close(self) -> None:
        """End the connection."""
        self.note(milliseconds=self._milliseconds)
        if self._stream is not None:
            self._stream.close()


@functools.cache
def _own_name() -> str:
    """The full name of this machine, or nothing where it has none."""
    name = socket.gethostname()
    return name if _FULL_NAME.fullmatch(name) and not name.startswith("localhost.") else ""


def _literal(address: str) -> str:
    return f"[IPv6:{address}]" if ":" in address else f"[{address or '127.0.0.1'}]"

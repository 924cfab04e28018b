# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partners' mail servers, good and bad. Those that let a client come so far take its mail, from and for anybody."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
import typing as t
from dataclasses import dataclass, field

from .journal import Letter, Visit
from .shapes import Manner
from .taking import MOST_BYTES, Content, Transaction
from .tls import Clear, Inside

#: A handshake_failure alert (RFC 8446 section 6): level fatal, description 40.
_ALERT: t.Final = bytes.fromhex("15030300020228")
_BINARY: t.Final = bytes(range(256)) * 2 + b"\r\n"
_FLOOD_LIMIT: t.Final = 256 * 2**20
_COMMAND_LIMIT: t.Final = 4096
_LINE_LIMIT: t.Final = 2**20
_CLOSED: t.Final = (ConnectionError, TimeoutError, asyncio.IncompleteReadError)

Channel = Clear | Inside


@dataclass(frozen=True)
class Times:
    """In seconds: before each reply; before a slow greeting; how long a server stays silent that hangs; between two
    bytes of one that drips."""

    latency: float = 0.0
    slow_banner: float = 1.0
    hang: float = 60.0
    drip: float = 0.2


@dataclass(frozen=True)
class MailServer:
    """What answers on one address. ``said`` overrules replies (see taking.py), and may change while it serves."""

    host: str
    manner: Manner
    context: ssl.SSLContext
    times: Times
    said: t.Mapping[str, str] = field(default_factory=dict)


class Conversation:
    """One connection; ``letters`` is where the mail goes."""

    def __init__(self, server: MailServer, visit: Visit, letters: list[Letter]) -> None:
        self.server = server
        self.visit = visit
        self._letters = letters
        self._transaction = Transaction(server.said)
        self._buffer = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk until one side ends it."""
        try:
            await self._talk(Clear(reader, writer))
        except ssl.SSLError as problem:
            self.visit.problem = (problem.reason or str(problem)).lower()
        except _CLOSED as problem:
            self.visit.problem = str(problem) or type(problem).__name__
        finally:
            self.visit.closed = time.monotonic()
            writer.close()

    async def _talk(self, clear: Clear) -> None:
        greeting = _GREETINGS.get(self.server.manner, _greet)
        if not await greeting(self, clear):
            return
        if not await self._commands(clear, inside=False):
            return
        at_handshake = _HANDSHAKES.get(self.server.manner)
        if at_handshake is not None:
            await at_handshake(self, clear)
            return
        self._buffer = b""
        self._transaction.reset()
        inside = Inside(clear, self.server.context)
        try:
            await inside.handshake()
        finally:
            self.visit.sni = inside.tls.sni
        self.visit.protocol, self.visit.cipher = inside.tls.version() or "", (inside.tls.cipher() or ("",))[0]
        await self._commands(inside, inside=True)

    async def _commands(self, channel: Channel, *, inside: bool) -> bool:
        """Answer commands; whether the client may now begin with TLS."""
        while command := await self._command(channel):
            verb = command.split()[0].upper()
            silent = {"EHLO": "hang_after_tls" if inside else "hang_ehlo", "STARTTLS": "hang_starttls"}
            if silent.get(verb) == self.server.manner:
                await self.hang(channel)
                return False
            if verb == "STARTTLS" and not inside:
                if await self._starttls(channel):
                    return True
                continue
            if verb in ("MAIL", "RCPT", "DATA"):
                if not await self._mail(channel, verb, command):
                    return False
                continue
            await self.reply(channel, self._answer(verb, inside))
            if verb == "QUIT":
                return False
        return False

    async def _mail(self, channel: Channel, verb: str, command: str) -> bool:
        """Answer a command of a transaction; false where the client went away in the middle of a message."""
        answer = self._transaction.answer(verb, command)
        await self.reply(channel, f"{answer}\r\n")
        if not answer.startswith("354"):
            return True
        content = Content()
        while True:
            line = await self._line(channel, _LINE_LIMIT)
            if not line:
                return False
            if not content.line(line):
                break
        answer = self._transaction.finished(content.whole())
        if answer.startswith("2"):
            # Before the reply, so that a client that has it can find the letter.
            self._letters.append(self._letter(channel, content.whole() or b""))
        self._transaction.reset()
        await self.reply(channel, f"{answer}\r\n")
        return True

    def _letter(self, channel: Channel, content: bytes) -> Letter:
        return Letter(
            address=self.visit.address,
            mail_from=self._transaction.mail_from or "",
            recipients=tuple(self._transaction.recipients),
            content=content,
            encrypted=isinstance(channel, Inside),
            protocol=(channel.tls.version() or "") if isinstance(channel, Inside) else "",
            helo=(self.visit.helo_names or [""])[-1],
        )

    async def _starttls(self, channel: Channel) -> bool:
        manner = self.server.manner
        refusals = {
            "no_starttls": "502 5.5.1 Not implemented",
            "stripped": "500 5.5.1 Command unrecognized: XXXXXXXA",
            "starttls_454": "454 4.7.0 TLS not available due to a temporary reason",
        }
        injected = "250 2.0.0 injected.example\r\n" if manner == "inject" else ""
        await self.reply(channel, f"{refusals.get(manner, '220 2.0.0 Ready to start TLS')}\r\n{injected}")
        return manner not in refusals

    def _answer(self, verb: str, inside: bool) -> str:
        if verb == "EHLO":
            self._transaction.reset()
            offered = {"no_starttls": [], "stripped": ["XXXXXXXA"]}.get(self.server.manner, ["STARTTLS"])
            extensions = [f"SIZE {MOST_BYTES}", "8BITMIME", *(["REQUIRETLS"] if inside else offered)]
            lines = [self.server.host, *extensions]
            return "".join(f"250{' ' if line is lines[-1] else '-'}{line}\r\n" for line in lines)
        if verb == "QUIT":
            return "221 2.0.0 Bye\r\n"
        if verb in ("HELO", "RSET"):
            self._transaction.reset()
        if verb in ("HELO", "NOOP", "RSET"):
            return "250 2.0.0 OK\r\n"
        return "502 5.5.1 Command not implemented\r\n"

    async def _command(self, channel: Channel) -> str:
        line = await self._line(channel, _COMMAND_LIMIT)
        if not line:
            return ""
        command = line.decode("ascii", "backslashreplace").strip()
        self.visit.commands.append(command)
        return command or " "

    async def _line(self, channel: Channel, limit: int) -> bytes:
        """Return the next line with its end, nothing at the end of the stream or for a line that is too long."""
        end = self._buffer.find(b"\n")
        while end < 0:
            searched = len(self._buffer)
            data = await channel.read()
            if not data or searched > limit:
                return b""
            self._buffer += data
            end = self._buffer.find(b"\n", searched)
        line, self._buffer = self._buffer[: end + 1], self._buffer[end + 1 :]
        return line

    # -- what manners do ---------------------------------------------------------------------------------------------

    async def reply(self, channel: Channel, text: str) -> None:
        """Send a reply, after the time that each takes."""
        if self.server.times.latency:
            await asyncio.sleep(self.server.times.latency)
        await channel.write(text.encode("ascii"))

    async def hang(self, channel: Channel) -> None:
        """Say nothing more, and listen until the client goes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.server.times.hang):
                while await channel.read():
                    pass


async def _greet(talk: Conversation, channel: Channel) -> bool:
    await talk.reply(channel, f"220 {talk.server.host} ESMTP\r\n")
    return True


async def _greet_late(talk: Conversation, channel: Channel) -> bool:
    await asyncio.sleep(talk.server.times.slow_banner)
    return await _greet(talk, channel)


async def _refuse(talk: Conversation, channel: Channel) -> bool:
    greetings = {
        "banner_421": "421 4.3.2 Service not available, try again later\r\n",
        "banner_554": "554 5.7.1 Your address is on a list of ours\r\n",
    }
    await talk.reply(channel, greetings[talk.server.manner])
    await talk.hang(channel)  # until the client closes: a reset could overtake the reply
    return False


async def _hang(talk: Conversation, channel: Channel) -> bool:
    await talk.hang(channel)
    return False


async def _close(_talk: Conversation, _channel: Channel) -> bool:
    return False


async def _drip(talk: Conversation, channel: Channel) -> bool:
    for _turn in range(int(talk.server.times.hang / talk.server.times.drip)):
        await channel.write(b"2")
        await asyncio.sleep(talk.server.times.drip)
    return False


async def _flood(talk: Conversation, channel: Channel) -> bool:
    piece = b"220-and so on\r\n" * 4096 if talk.server.manner == "flood_lines" else b"220 " + b"x" * 65536
    for _turn in range(_FLOOD_LIMIT // len(piece)):
        await channel.write(piece)
    return False


async def _binary(_talk: Conversation, channel: Channel) -> bool:
    await channel.write(_BINARY)
    return True


async def _alert(talk: Conversation, channel: Channel) -> bool:
    await channel.read()
    await channel.write(_ALERT)
    await talk.hang(channel)
    return False


async def _garbage(talk: Conversation, channel: Channel) -> bool:
    """A TLS 1.2 server that sends 64 bytes of something as its certificate (RFC 5246 section 7.4)."""
    await channel.read()
    hello = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x9c" + b"\x00" + b"\x00\x05" + b"\xff\x01\x00\x01\x00"
    listed = (64).to_bytes(3, "big") + b"certificate " * 5 + b"!!!!"
    messages = b"".join(
        bytes((kind,)) + len(body).to_bytes(3, "big") + body
        for kind, body in ((2, hello), (11, len(listed).to_bytes(3, "big") + listed))
    )
    await channel.write(b"\x16\x03\x03" + len(messages).to_bytes(2, "big") + messages)
    await talk.hang(channel)
    return False


Greeting = t.Callable[[Conversation, Channel], t.Awaitable[bool]]
_GREETINGS: t.Final[t.Mapping[str, Greeting]] = {
    "hang_banner": _hang,
    "slow_banner": _greet_late,
    "drip_banner": _drip,
    "flood_lines": _flood,
    "flood_bytes": _flood,
    "binary_banner": _binary,
    "close_at_connect": _close,
    "banner_421": _refuse,
    "banner_554": _refuse,
}
_HANDSHAKES: t.Final[t.Mapping[str, Greeting]] = {
    "close_in_handshake": _close,
    "alert_in_handshake": _alert,
    "hang_in_handshake": _hang,
    "garbage_certificate": _garbage,
}

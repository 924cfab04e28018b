# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One connection to the tenant's own mail server: SMTP as a server speaks it, with a time limit for each step."""

from __future__ import annotations

import asyncio
import datetime
import email.utils
import re
import typing as t
import uuid
from dataclasses import dataclass, field

from OpenSSL import SSL

from ..partners.taking import MOST_BYTES, Content
from ..partners.tls import Clear
from ..switches import Switches
from .inbound_rules import Connector, judge
from .inbound_shapes import ClientCertificate, Facts, Received, Refused, Verdict
from .inbound_tls import InsideTls

_MOST_LINE_BYTES: t.Final = 65536
_MOST_LOG_LINES: t.Final = 500
_MOST_RECIPIENTS: t.Final = 100
_ADDRESS: t.Final = re.compile(r"^(?:FROM|TO):\s*(?:<([^<>]*)>|([^<>\s]+))", re.IGNORECASE)
#: Names like those of the real servers: one in the greeting, one in refusals.
_FRONTEND: t.Final = "LAB1PEPF00000001.mail.protection.outlook.test"
_BACKEND: t.Final = "LAB1PEPF00000001.labprd01.prod.outlook.test"

Channel = Clear | InsideTls


@dataclass
class Desk:
    """What the connections of a server share. Lists are only ever appended to while it serves."""

    connectors: t.Callable[[], t.Sequence[Connector]]
    accepted_domains: t.Callable[[], t.Collection[str]]
    switches: Switches
    context: SSL.Context
    patience: float
    received: list[Received] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


class Session:
    """A connection. ``log`` has one line for each thing that happened."""

    def __init__(self, desk: Desk, address: str) -> None:
        self._desk = desk
        self._address = address
        self._id = uuid.uuid4().hex[:16].upper()
        self._buffer = b""
        self._certificate: ClientCertificate | None = None
        self._protocol = ""
        self._hello = False
        self._secure_next = False
        self.log: list[str] = []
        self._reset()

    def _reset(self) -> None:
        self._mail_from: str | None = None
        self._recipients: list[tuple[str, Verdict]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk until one side ends it."""
        try:
            clear = Clear(reader, writer)
            ready = email.utils.format_datetime(_now())
            await self._reply(clear, f"220 {_FRONTEND} Microsoft ESMTP MAIL Service ready at {ready} [{self._id}]")
            if await self._commands(clear):
                inside = InsideTls(clear, self._desk.context)
                async with asyncio.timeout(self._desk.patience):
                    await inside.handshake()
                self._secured(inside)
                await self._commands(inside)
                await inside.close()
        except (SSL.Error, ConnectionError, TimeoutError) as problem:
            self._note(f"-- the connection ends: {str(problem) or type(problem).__name__}")
        finally:
            writer.close()

    def _secured(self, inside: InsideTls) -> None:
        # What was said in clear does not count any more, nor what came behind it.
        self._buffer, self._hello = b"", False
        self._reset()
        self._protocol = inside.protocol
        self._certificate = inside.certificate(for_clients=self._desk.switches["inbound_client_purpose"] == "yes")
        shown = self._certificate
        told = "no client certificate"
        if shown is not None:
            told = f"client certificate {', '.join(shown.names)} ({shown.problem or 'trusted'})"
        self._note(f"-- {inside.protocol} {inside.cipher}, {told}")

    # -- commands ----------------------------------------------------------------------------------------------------

    async def _commands(self, channel: Channel) -> bool:
        """Answer commands; whether the client now begins with TLS."""
        while line := await self._line(channel):
            command = line.decode("ascii", "backslashreplace").strip()
            self._note(f"C: {command}")
            verb, _blank, rest = command.partition(" ")
            verb = verb.upper()
            if verb == "STARTTLS" and isinstance(channel, Clear):
                await self._reply(channel, "220 2.0.0 SMTP server ready")
                self._note("-- TLS begins")
                return True
            if verb == "DATA":
                if not await self._data(channel):
                    return False
                continue
            await self._reply(channel, self._answer(verb, rest, isinstance(channel, InsideTls)))
            if verb == "QUIT":
                return False
        return False

    def _answer(self, verb: str, rest: str, inside: bool) -> str:
        if verb in ("EHLO", "HELO"):
            return self._greet(verb, inside)
        if verb == "QUIT":
            return "221 2.0.0 Service closing transmission channel"
        if verb == "RSET":
            self._reset()
            return "250 2.0.0 Resetting"
        if verb == "NOOP":
            return "250 2.0.0 OK"
        if verb == "MAIL":
            return self._mail(rest)
        if verb == "RCPT":
            return self._rcpt(rest, inside)
        return "500 5.3.3 Unrecognized command"

    def _greet(self, verb: str, inside: bool) -> str:
        self._hello = True
        self._reset()
        lines = [f"{_FRONTEND} Hello [{self._address}]"]
        if verb == "EHLO":
            offered = [] if inside else ["STARTTLS"]
            lines += [f"SIZE {MOST_BYTES}", "PIPELINING", "ENHANCEDSTATUSCODES", *offered, "8BITMIME"]
        return "\r\n".join(f"250{' ' if line is lines[-1] else '-'}{line}" for line in lines)

    def _mail(self, rest: str) -> str:
        found = _ADDRESS.match(rest)
        if not self._hello:
            return "503 5.5.2 Send hello first"
        if self._mail_from is not None:
            return "503 5.5.2 Sender already specified"
        if found is None or not rest.upper().startswith("FROM:"):
            return "501 5.5.4 Unrecognized parameter"
        self._mail_from = found[1] if found[1] is not None else found[2]
        return "250 2.1.0 Sender OK"

    def _rcpt(self, rest: str, inside: bool) -> str:
        found = _ADDRESS.match(rest)
        if self._mail_from is None:
            return "503 5.5.2 Need mail command"
        if found is None or not rest.upper().startswith("TO:"):
            return "501 5.5.4 Unrecognized parameter"
        if len(self._recipients) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        recipient = found[1] if found[1] is not None else found[2]
        facts = Facts(_domain(self._mail_from), _domain(recipient), self._address, inside, self._certificate)
        desk = self._desk
        verdict = judge(facts, desk.connectors(), desk.accepted_domains(), desk.switches)
        if verdict.reply and desk.switches["inbound_refusal_stage"] == "RCPT":
            reply = self._filled(verdict.reply)
            self._refuse((recipient,), verdict, reply, "RCPT", inside)
            return reply
        self._recipients.append((recipient, verdict))
        return "250 2.1.5 Recipient OK"

    # -- content -----------------------------------------------------------------------------------------------------

    async def _data(self, channel: Channel) -> bool:
        """Take the content; false where the client went away in the middle of it."""
        if not self._recipients:
            await self._reply(channel, "503 5.5.2 Need rcpt command")
            return True
        await self._reply(channel, "354 Start mail input; end with <CRLF>.<CRLF>")
        content = Content()
        while True:
            line = await self._line(channel)
            if not line:
                return False
            if not content.line(line):
                break
        self._note("C: (message)")
        # Kept before the reply, so that a client that has it can find the message.
        await self._reply(channel, self._finished(content.whole(), isinstance(channel, InsideTls)), noted=True)
        self._reset()
        return True

    def _finished(self, content: bytes | None, inside: bool) -> str:
        """Return the reply to the content, and keep the message."""
        if content is None:
            return self._noted("552 5.3.4 Message size exceeds fixed maximum message size")
        late = next((verdict for _recipient, verdict in self._recipients if verdict.reply), None)
        if late is not None:
            reply = self._filled(late.reply)
            self._refuse(tuple(one for one, _verdict in self._recipients), late, reply, "DATA", inside)
            return self._noted(reply)
        reply = self._noted("250 2.6.0 Queued mail for delivery")
        for verdict in dict.fromkeys(verdict for _recipient, verdict in self._recipients):
            recipients = tuple(one for one, other in self._recipients if other == verdict)
            kept = self._kept(recipients, verdict, inside)
            self._desk.received.append(Received(**kept, conversation=tuple(self.log), content=content))
        return reply

    def _refuse(
        self,
        recipients: tuple[str, ...],
        verdict: Verdict,
        reply: str,
        stage: t.Literal["RCPT", "DATA"],
        inside: bool,
    ) -> None:
        kept = self._kept(recipients, verdict, inside)
        conversation = (*self.log, f"S: {reply}")
        self._desk.refused.append(Refused(**kept, conversation=conversation, reply=reply, stage=stage))

    def _kept(self, recipients: tuple[str, ...], verdict: Verdict, inside: bool) -> dict[str, t.Any]:
        shown = self._certificate or ClientCertificate()
        return {
            "mail_from": self._mail_from or "",
            "recipients": recipients,
            "address": self._address,
            "encrypted": inside,
            "protocol": self._protocol,
            "certificate_names": () if shown.problem else shown.names,
            "certificate_problem": shown.problem,
            "connector": verdict.connector,
            "evidence": verdict.evidence,
        }

    # -- lines -------------------------------------------------------------------------------------------------------

    def _filled(self, reply: str) -> str:
        time = _now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return reply.format(server=_BACKEND, time=time, session=self._id)

    def _note(self, line: str) -> None:
        if len(self.log) < _MOST_LOG_LINES:
            self.log.append(line)

    def _noted(self, reply: str) -> str:
        for line in reply.split("\r\n"):
            self._note(f"S: {line}")
        return reply

    async def _reply(self, channel: Channel, text: str, *, noted: bool = False) -> None:
        if not noted:
            self._noted(text)
        async with asyncio.timeout(self._desk.patience):
            await channel.write(f"{text}\r\n".encode("ascii", "backslashreplace"))

    async def _line(self, channel: Channel) -> bytes:
        """Return the next line with its end, nothing at the end of the stream or for a line that is too long."""
        end = self._buffer.find(b"\n")
        while end < 0:
            searched = len(self._buffer)
            async with asyncio.timeout(self._desk.patience):
                data = await channel.read()
            if not data or searched > _MOST_LINE_BYTES:
                return b""
            self._buffer += data
            end = self._buffer.find(b"\n", searched)
        line, self._buffer = self._buffer[: end + 1], self._buffer[end + 1 :]
        return line


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower().rstrip(".") if "@" in address else ""


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)

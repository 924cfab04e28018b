# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One connection to a partner's server: SMTP as a client speaks it, with a time limit for each step."""

from __future__ import annotations

import contextlib
import re
import socket
import time
import typing as t

from OpenSSL import SSL

from .sessions import Presented, Session

_PIECE: t.Final = 65536
_MOST_REPLY_BYTES: t.Final = 65536
_MOST_REPLY_LINES: t.Final = 100
_LINE: t.Final = re.compile(r"^([2-5]\d\d)([ -]?)(.*)$")

#: Why a conversation ended where it should not have.
Trouble = t.Literal[
    "refused",
    "timed_out",
    "closed",
    "nonsense",
    "not_ready",
    "no_starttls",
    "handshake_closed",
    "handshake_failed",
    "handshake_timed_out",
]


class BrokenOff(Exception):
    """It ended. ``said`` is the peer's reply or the reason, for people."""

    def __init__(self, trouble: Trouble, said: str = "") -> None:
        super().__init__(trouble, said)
        self.trouble = trouble
        self.said = said


class Reply(t.NamedTuple):
    """A reply of SMTP, in one line as Exchange's texts have it."""

    code: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.code} {' '.join(self.lines)}".rstrip()


class Talk:
    """A connection. Notes in ``log`` all that is said. Every call raises BrokenOff where it cannot go on."""

    def __init__(self, address: str, port: int, timeout: float, log: list[str]) -> None:
        self._timeout = timeout
        self._log = log
        self._tls: Session | None = None
        self._proven = False
        self._buffer = b""
        self.presented: Presented | None = None
        try:
            self._socket = socket.create_connection((address, port), timeout)
        except TimeoutError:
            raise self._broken("timed_out", "no connection in time") from None
        except OSError as problem:
            raise self._broken("refused", problem.strerror or str(problem)) from None

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        self._socket.close()

    # -- SMTP --------------------------------------------------------------------------------------------------------

    def reply(self) -> Reply:
        """Read a reply of any number of lines, within one time limit."""
        until = time.monotonic() + self._timeout
        lines: list[str] = []
        while True:
            line = self._line(until)
            match = _LINE.match(line)
            if match is None or len(lines) >= _MOST_REPLY_LINES:
                raise self._broken("nonsense", line[:60])
            self._log.append(f"S: {line}")
            lines.append(match[3].strip())
            if match[2] != "-":
                self._proven = self._tls is not None
                return Reply(int(match[1]), tuple(lines))

    def command(self, text: str) -> Reply:
        """Say something and read the reply."""
        self._log.append(f"C: {text}")
        self._send(f"{text}\r\n".encode("ascii"))
        return self.reply()

    def greet(self, name: str) -> set[str]:
        """Read the greeting, say EHLO, and return the names of the extensions."""
        greeting = self.reply()
        if greeting.code // 100 != 2:
            raise BrokenOff("not_ready", str(greeting))
        return self.ehlo(name)

    def ehlo(self, name: str) -> set[str]:
        """Say EHLO and return the names of the extensions."""
        reply = self.command(f"EHLO {name}")
        if reply.code // 100 != 2:
            raise BrokenOff("not_ready", str(reply))
        return {line.split()[0].upper() for line in reply.lines[1:] if line}

    def content(self, message: bytes) -> Reply:
        """Send a message after 354, and read the reply."""
        self._log.append("C: (message)")
        # Behind a bare line feed as well: a server that takes it for the end of a line must not see a dot on its own.
        stuffed = re.sub(rb"(?m)^\.", b"..", message)
        end = b"" if stuffed.endswith(b"\r\n") or not stuffed else b"\r\n"
        self._send(stuffed + end + b".\r\n")
        return self.reply()

    def quit(self) -> None:
        """Say goodbye; what comes of it does not matter."""
        with contextlib.suppress(BrokenOff):
            self.command("QUIT")

    # -- TLS ---------------------------------------------------------------------------------------------------------

    def start_tls(self, made: SSL.Context, name: str) -> Presented:
        """Say STARTTLS and agree on keys. Certificates are noted, and not judged."""
        try:
            reply = self.command("STARTTLS")
        except BrokenOff as problem:
            # As if it had happened a moment later: it is TLS that does not work.
            late: dict[Trouble, Trouble] = {"timed_out": "handshake_timed_out", "closed": "handshake_closed"}
            raise BrokenOff(late.get(problem.trouble, problem.trouble), problem.said) from None
        if reply.code != 220:
            raise BrokenOff("no_starttls", str(reply))
        if self._buffer:
            # RFC 3207 section 4.2: what came in clear must not count as if it had come inside.
            self._log.append(f"-- {len(self._buffer)} bytes in clear behind the reply: ignored")
            self._buffer = b""
        self._tls = Session(made, name)
        self._handshake(self._tls, time.monotonic() + self._timeout)
        self.presented = shown = self._tls.presented()
        self._log.append(f"-- {shown.protocol} {shown.cipher}, {shown.subject or 'no subject'}")
        return shown

    def _handshake(self, session: Session, until: float) -> None:
        try:
            while not session.handshake():
                self._socket.sendall(session.outgoing())
                data = self._receive(until)
                if not data:
                    raise self._broken("handshake_closed", "the connection is closed in the handshake")
                session.feed(data)
            self._socket.sendall(session.outgoing())
        except SSL.Error as problem:
            self._flush(session)
            raise self._broken("handshake_failed", _told(problem)) from None
        except BrokenOff as problem:
            if problem.trouble == "timed_out":
                raise self._broken("handshake_timed_out", "silence in the handshake") from None
            raise
        except OSError as problem:
            raise self._broken("handshake_closed", problem.strerror or str(problem)) from None

    def _flush(self, session: Session) -> None:
        """Send the alert, if the peer still listens."""
        with contextlib.suppress(OSError):
            self._socket.sendall(session.outgoing())

    # -- bytes -------------------------------------------------------------------------------------------------------

    def _line(self, until: float) -> str:
        while b"\n" not in self._buffer:
            if len(self._buffer) > _MOST_REPLY_BYTES:
                raise self._broken("nonsense", _printable(self._buffer[:60]))
            data = self._read(until)
            if not data:
                raise self._broken("closed", "the connection is closed")
            self._buffer += data
        line, _end, self._buffer = self._buffer.partition(b"\n")
        return _printable(line.rstrip(b"\r"))

    def _read(self, until: float) -> bytes:
        if self._tls is None:
            return self._receive(until)
        try:
            while (data := self._tls.read()) is None:
                piece = self._receive(until)
                if not piece:
                    return b""
                self._tls.feed(piece)
        except SSL.Error as problem:
            # With TLS 1.3 a server that refuses what it was shown says so only now. Later than that, TLS has worked.
            raise self._broken("closed" if self._proven else "handshake_failed", _told(problem)) from None
        return data

    def _receive(self, until: float) -> bytes:
        left = until - time.monotonic()
        if left <= 0:
            raise self._broken("timed_out", "no reply in time")
        self._socket.settimeout(left)
        try:
            return self._socket.recv(_PIECE)
        except TimeoutError:
            raise self._broken("timed_out", "no reply in time") from None
        except OSError:
            return b""

    def _send(self, data: bytes) -> None:
        self._socket.settimeout(self._timeout)
        try:
            if self._tls is not None:
                self._tls.write(data)
                data = self._tls.outgoing()
            self._socket.sendall(data)
        except TimeoutError:
            raise self._broken("timed_out", "the server does not read") from None
        except (OSError, SSL.Error):
            raise self._broken("closed", "the connection is closed") from None

    def _broken(self, trouble: Trouble, said: str) -> BrokenOff:
        self._log.append(f"-- {said}")
        return BrokenOff(trouble, said)


def _printable(data: bytes) -> str:
    return "".join(one if one.isprintable() else "?" for one in data.decode("utf-8", "replace"))


def _told(problem: SSL.Error) -> str:
    """OpenSSL's reason; it holds a list of (library, function, reason)."""
    reasons = [str(entry[-1]) for entry in (problem.args or [[]])[0] or [] if entry]
    return f"TLS fails: {reasons[0] if reasons else type(problem).__name__}"

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail that a partner's server takes: one transaction after another, as RFC 5321 section 4.1 has it."""

from __future__ import annotations

import re
import typing as t

#: What the servers say in SIZE.
MOST_BYTES: t.Final = 36700160
_MOST_RECIPIENTS: t.Final = 100
_PATH: t.Final = re.compile(r"<([^<>]*)>")
_OK: t.Final = "250 2.1.0 OK"


class Transaction:
    """What is known of a message before its content comes. ``said`` overrules replies: by verb, ``.`` after content."""

    def __init__(self, said: t.Mapping[str, str]) -> None:
        self._said = said
        self.mail_from: str | None = None
        self.recipients: list[str] = []

    def reset(self) -> None:
        """Forget it: after RSET, a greeting, or a message."""
        self.mail_from, self.recipients = None, []

    def answer(self, verb: str, command: str) -> str:
        """Return the reply to MAIL, RCPT or DATA; one with 354 asks for the content."""
        path = _PATH.search(command)
        if (verb == "MAIL") != (self.mail_from is None):
            return "503 5.5.1 Bad sequence of commands"
        if verb == "DATA":
            known = "354 End data with <CR><LF>.<CR><LF>" if self.recipients else "503 5.5.1 No recipient was taken"
            return self._said.get(verb, known) if self.recipients else known
        if path is None:
            return "501 5.5.4 Syntax error in parameters"
        if verb == "RCPT" and len(self.recipients) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        reply = self._said.get(verb, _OK)
        if reply.startswith("2"):
            self._note(verb, path[1])
        return reply

    def _note(self, verb: str, address: str) -> None:
        if verb == "MAIL":
            self.mail_from = address
        else:
            self.recipients.append(address)

    def finished(self, content: bytes | None) -> str:
        """Return the reply to the content, None where there was too much of it."""
        if content is None:
            return "552 5.3.4 Message too big"
        return self._said.get(".", "250 2.6.0 Message taken")


class Content:
    """A message on its way in: lines up to a single dot, without the dots that were added (RFC 5321 section 4.5.2)."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0

    def line(self, line: bytes) -> bool:
        """Take a line with its end; false at the last one."""
        if line == b".\r\n":
            return False
        line = line[1:] if line.startswith(b".") else line
        self._size += len(line)
        if self._size <= MOST_BYTES:
            self._lines.append(line)
        return True

    def whole(self) -> bytes | None:
        """The message, None where it was too big."""
        return b"".join(self._lines) if self._size <= MOST_BYTES else None

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""SMTP replies from bytes (RFC 5321 section 4.2). Pure, and bounded whatever comes."""

from __future__ import annotations

import re

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Reply
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.text import clean

#: Bytes and lines of one reply. Real ones have some hundred bytes, and an EHLO reply some twenty lines.
LONGEST_REPLY = 64 * 1024
MOST_LINES = 512
#: Lines that are kept of one reply.
_KEPT_LINES = 100

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)


class NoReply(Exception):
    """The bytes are not an SMTP reply. The text says in a few words what they are."""


class Replies:
    """Takes bytes as they come and gives replies. Bare line feeds are taken as line ends."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._lines: list[bytes] = []
        self._count = 0
        self._size = 0

    def feed(self, data: bytes) -> None:
        """Take what has come."""
        self._buffer += data

    def take(self) -> Reply | None:
        """Return the next whole reply, None while there is none. Raises NoReply."""
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            self._size += end + 1
            self._check_size(self._size)
            reply = self._line(line)
            if reply is not None:
                self._lines, self._count, self._size = [], 0, 0
                return reply
        self._check_size(self._size + len(self._buffer))
        if self._buffer and not self._buffer[:3].isdigit():
            raise NoReply(_shown(bytes(self._buffer)))
        return None

    def rest(self) -> bytes:
        """Return and forget what stands behind the last reply."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    @staticmethod
    def _check_size(size: int) -> None:
        if size > LONGEST_REPLY:
            raise NoReply(f"more than {LONGEST_REPLY // 1024} KiB and no end of the reply")

    def _line(self, line: bytes) -> Reply | None:
        match = _LINE.fullmatch(line)
        if match is None:
            raise NoReply(_shown(line))
        code, separator, text = match.groups()
        self._count += 1
        if self._count > MOST_LINES:
            raise NoReply(f"more than {MOST_LINES} lines and no end of the reply")
        if len(self._lines) < _KEPT_LINES:
            self._lines.append(text or b"")
        if separator == b"-":
            return None
        return Reply(int(code), tuple(clean(kept) for kept in self._lines))


def _shown(data: bytes) -> str:
    text = clean(data, 40)
    return f"'{text}'" if text.strip("\ufffd …") else "bytes that are no text"


def extensions(reply: Reply) -> tuple[str, ...]:
    """Return the keywords of an EHLO reply in upper case (RFC 5321 section 4.1.1.1); the first line is the greeting."""
    words = [line.split()[0].upper() for line in reply.lines[1:] if line]
    return tuple(dict.fromkeys(words))

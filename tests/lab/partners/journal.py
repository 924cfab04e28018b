# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came to the partners' servers, for tests to read while the world runs."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field


@dataclass
class Visit:
    """One connection to a mail server. Times are monotonic seconds; ``closed`` is None while it lasts, and only when it
    is set the rest is complete: the client can be ahead of the server.

    ``commands`` are as received, in clear and inside TLS; ``sni`` is None before TLS, empty where none was sent.
    """

    address: str
    opened: float = field(default_factory=time.monotonic)
    closed: float | None = None
    commands: list[str] = field(default_factory=list)
    sni: str | None = None
    protocol: str = ""
    cipher: str = ""
    #: Why it ended, where it was not the client's QUIT.
    problem: str = ""

    @property
    def helo_names(self) -> list[str]:
        """The names that the client gave itself."""
        greetings = (command.split(maxsplit=1) for command in self.commands)
        return [words[1] for words in greetings if len(words) == 2 and words[0].upper() in ("EHLO", "HELO")]


class Letter(t.NamedTuple):
    """A message that a mail server took; ``content`` is as sent, without the dots that SMTP adds.

    ``encrypted`` tells whether it came through TLS, ``protocol`` which; ``helo`` is the last name the client gave.
    """

    address: str
    mail_from: str
    recipients: tuple[str, ...]
    content: bytes
    encrypted: bool
    protocol: str
    helo: str


class Question(t.NamedTuple):
    """A DNS question. ``wants_ad``: the client set AD or DO."""

    name: str
    type: str
    transport: t.Literal["udp", "tcp"]
    wants_ad: bool


class Request(t.NamedTuple):
    """An HTTP request; ``secure``: over TLS, to a policy host."""

    host: str
    path: str
    secure: bool


class Journal:
    """All of it, oldest first. Written by the world's thread, read by others: only ever appended to."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.letters: list[Letter] = []
        self.questions: list[Question] = []
        self.requests: list[Request] = []

    def at(self, *addresses: str) -> list[Visit]:
        """Return the connections to these addresses."""
        return [visit for visit in self.visits if visit.address in addresses]

    def commands(self) -> set[str]:
        """Return the verbs of all commands so far, in upper case."""
        return {(command.split() or [""])[0].upper() for visit in self.visits for command in visit.commands}

    def most_at_once(self, *addresses: str) -> int:
        """Return how many connections were open at the same time, to these addresses or, without any, to all."""
        visits = self.at(*addresses) if addresses else list(self.visits)
        # An end that falls together with a beginning comes first.
        changes = sorted(
            [(visit.opened, 1) for visit in visits] + [(v.closed, -1) for v in visits if v.closed is not None]
        )
        most = now = 0
        for _time, change in changes:
            now += change
            most = max(most, now)
        return most

    def clear(self) -> None:
        """Forget all of it. Connections that last go on unseen."""
        self.visits.clear()
        self.letters.clear()
        self.questions.clear()
        self.requests.clear()

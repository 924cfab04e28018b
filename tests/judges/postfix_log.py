# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Postfix tells of its work: its log and its mailbox."""

from __future__ import annotations

import dataclasses
import email
import email.policy
import re
import typing as t

Status = t.Literal["sent", "deferred", "bounced"]


@dataclasses.dataclass(frozen=True)
class Letter:
    """A message in the mailbox. ``content`` is what came over the wire, without the lines that Postfix put before it.

    ``encrypted`` and ``protocol`` are of the ``Received`` line that Postfix wrote, which is ``received``.
    """

    mail_from: str
    recipient: str
    content: bytes
    encrypted: bool
    protocol: str
    received: str


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a message that it tried to send on.

    ``tls`` is its word for the session: ``Untrusted``, ``Trusted`` or ``Verified``. That and ``protocol`` are empty
    where nothing was encrypted.
    """

    status: Status
    dsn: str
    text: str
    relay: str
    tls: str = ""
    protocol: str = ""


@dataclasses.dataclass(frozen=True)
class Session:
    """A connection to its server, and how often each command was given: ``{"ehlo": (1, 1)}``, accepted of all."""

    client: str
    commands: t.Mapping[str, tuple[int, int]]

    def accepted(self, command: str) -> int:
        return self.commands.get(command, (0, 0))[0]

    def given(self, command: str) -> int:
        return self.commands.get(command, (0, 0))[1]


_DELIVERED = re.compile(
    r"^\S+ +\d+ \S+ \S+ postfix/smtp\[(?P<pid>\d+)\]: (?P<id>\w+): to=<[^>]*>, relay=(?P<relay>.*?), delay=.*?,"
    r" dsn=(?P<dsn>[\d.]+), status=(?P<status>sent|deferred|bounced) \((?P<text>.*)\)$"
)
_CLIENT_TLS = re.compile(
    r" postfix/smtp\[(?P<pid>\d+)\]: (?P<word>\w+) TLS connection established to \S+: (?P<protocol>\S+)"
)
_SESSION = re.compile(r" postfix/smtpd\[\d+\]: disconnect from \S*?\[(?P<client>[^]]+)\] (?P<commands>.*)")
_USING = re.compile(r"using (?P<protocol>\S+) with cipher")


def outcomes(log: str, queue_id: str) -> list[Outcome]:
    """What the log says of a message, for each time that it was tried."""
    found: list[Outcome] = []
    sessions: dict[str, tuple[str, str]] = {}
    for line in log.splitlines():
        if secured := _CLIENT_TLS.search(line):
            sessions[secured["pid"]] = (secured["word"], secured["protocol"])
        said = _DELIVERED.match(line)
        if said is None:
            continue
        # The sessions before this one were another message's.
        tls = sessions.pop(said["pid"], ("", ""))
        if said["id"] == queue_id:
            found.append(Outcome(t.cast(Status, said["status"]), said["dsn"], said["text"], said["relay"], *tls))
    return found


def sessions(log: str) -> list[Session]:
    """The connections to its server that have ended; the one for submission is not among them."""
    return [
        Session(ended["client"], dict(_count(part) for part in ended["commands"].split()))
        for ended in map(_SESSION.search, log.splitlines())
        if ended is not None
    ]


def _count(part: str) -> tuple[str, tuple[int, int]]:
    # "ehlo=2", or "mail=0/1" where one was refused.
    name, _equals, counts = part.partition("=")
    accepted, _slash, given = counts.partition("/")
    return name, (int(accepted), int(given or accepted))


def letter(stored: bytes) -> Letter:
    """Read a file of the mailbox."""
    parsed = email.message_from_bytes(stored, policy=email.policy.compat32)
    received = re.sub(r"\s+", " ", str(parsed["Received"]))
    using = _USING.search(received)
    return Letter(
        mail_from=str(parsed["Return-Path"]).strip("<>"),
        recipient=str(parsed["X-Original-To"]),
        content=_as_sent(stored),
        encrypted=using is not None,
        protocol=using["protocol"] if using is not None else "",
        received=received,
    )


def _as_sent(stored: bytes) -> bytes:
    # Postfix puts its own lines first, and Received is the last of these; a line that goes on begins with a blank.
    _own, _colon, rest = stored.partition(b"\nReceived:")
    return re.sub(rb"^.*\n(?:[ \t].*\n)*", b"", rest, count=1).replace(b"\n", b"\r\n")

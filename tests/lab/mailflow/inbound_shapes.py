# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tenant's own mail server knows of a message, and what it keeps of one."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class ClientCertificate:
    """What a client showed, names in lower case.

    ``problem`` is empty where the chain ends in a trusted root and is valid today; only then the names count.
    """

    common_names: tuple[str, ...] = ()
    alternative_names: tuple[str, ...] = ()
    problem: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(dict.fromkeys((*self.common_names, *self.alternative_names)))


@dataclass(frozen=True)
class Facts:
    """What decides on a message for one recipient. ``sender_domain`` is empty for the null return path."""

    sender_domain: str
    recipient_domain: str
    address: str
    encrypted: bool
    certificate: ClientCertificate | None = None


@dataclass(frozen=True)
class Verdict:
    """``reply`` is empty where the message is taken; ``connector`` is the one that took or refused it, None for none.

    Replies may hold ``{server}``, ``{time}`` and ``{session}``.
    """

    evidence: str
    connector: str | None = None
    reply: str = ""


@dataclass(frozen=True)
class _Message:
    """``certificate_names`` are those of a certificate that is trusted, ``certificate_problem`` says why one is not.

    ``conversation`` has one line for each thing that happened on the connection: ``C: ...``, ``S: ...``, ``-- ...``;
    the content itself is ``C: (message)``. ``evidence`` is the id of a row of the evidence table.
    """

    mail_from: str
    recipients: tuple[str, ...]
    address: str
    encrypted: bool
    protocol: str
    certificate_names: tuple[str, ...]
    certificate_problem: str
    connector: str | None
    evidence: str
    conversation: tuple[str, ...]


@dataclass(frozen=True)
class Received(_Message):
    """A message that was taken. Where its recipients fall to several connectors, there is one for each connector."""

    content: bytes = b""


@dataclass(frozen=True)
class Refused(_Message):
    """A message that was refused: for which recipients, with which words, in reply to what."""

    reply: str = ""
    stage: t.Literal["RCPT", "DATA"] = "RCPT"

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts of the mail flow hand to each other. Words are Exchange's: values of a connector as Get shows them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

#: TlsSettings of a connector; None is opportunistic.
TlsSettings = t.Literal["EncryptionOnly", "CertificateValidation", "DomainValidation"]
#: How the connector was found. ``default``: none was, the message goes to the domain's MX as everybody's does.
Found = t.Literal["rule", "exact", "wildcard", "default"]


@dataclass(frozen=True)
class Envelope:
    """One message for one recipient, since Exchange chooses the connector for each recipient by itself.

    ``mail_from`` is empty for the null return path. ``content`` is the whole message with its header; lines end in
    CRLF.
    """

    mail_from: str
    recipient: str
    content: bytes

    @property
    def domain(self) -> str:
        """The recipient's domain in lower case."""
        return self.recipient.rpartition("@")[2].lower()


@dataclass(frozen=True)
class Route:
    """Where a message for ``domain`` goes, and what is asked of the way there. ``smart_hosts`` empty: by MX."""

    domain: str
    found: Found = "default"
    connector: str | None = None
    smart_hosts: tuple[str, ...] = ()
    tls_settings: TlsSettings | None = None
    tls_domain: str | None = None
    smtp_dane_mode: t.Literal["Opportunistic", "Mandatory", "None"] = "Opportunistic"
    mta_sts_mode: t.Literal["Opportunistic", "None"] = "Opportunistic"


@dataclass(frozen=True)
class Attempt:
    """One try to hand a message on.

    ``text`` is the partner's last reply for ``delivered`` and ``failed`` (the partner said 5xx), Exchange's own text
    for ``deferred``, such as ``450 4.4.317 Cannot connect to remote server [Message=...] ...``.
    ``encrypted`` tells whether the message's content went through TLS; false where it was not sent at all.
    ``conversation`` holds one line for each thing that happened, ``C: EHLO ...``, ``S: 220 ...``,
    ``-- TLSv1.2 ECDHE-..., CN=...``; the content itself is one line ``C: (message)``.
    ``evidence`` is the id of a row of the lab's evidence table (cite()).
    """

    result: t.Literal["delivered", "deferred", "failed"]
    text: str
    evidence: str
    encrypted: bool = False
    protocol: str = ""
    server: str = ""
    address: str = ""
    conversation: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reached:
    """Whether a smart host was reached, for the connectivity task of a validation; ``detail`` is one line a step."""

    host: str
    success: bool
    detail: tuple[str, ...]


class Transport(t.Protocol):
    """The way to the partners. Both calls block, and may be made from several threads at a time."""

    def attempt(self, route: Route, envelope: Envelope) -> Attempt:
        """Try once, as Exchange would: every server of the route until one takes the message. Never raises."""

    def reach(self, host: str) -> Reached:
        """Resolve a smart host, connect to port 25, say EHLO, and QUIT. Never raises."""

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playing the cases of inbound_cases.py: a client of the standard library against a running server."""

from __future__ import annotations

import pathlib
import re
import smtplib
import ssl
import tempfile
import typing as t
from dataclasses import dataclass

from ..partners.pki import Pki
from ..partners.shapes import Leaf
from ..switches import Switches
from .inbound import InboundServer, Received, Refused
from .inbound_cases import ACCEPTED, Case, Client, Expected, connectors_of
from .inbound_switches import SWITCHES

_SECONDS: t.Final = 20.0
_HELO: t.Final = "mail.partner.example"
LEAVES: t.Final[t.Mapping[str, Leaf]] = {
    "right": Leaf(("mail.partner.example",), "mail.partner.example"),
    "other_name": Leaf(("mail.other.example",), "mail.other.example"),
    "untrusted": Leaf(("mail.partner.example",), "mail.partner.example", issuer="private"),
    "expired": Leaf(("mail.partner.example",), "mail.partner.example", valid_days=(-60, -1)),
}


@dataclass(frozen=True)
class Observed:
    """What became of a message; ``reply`` is the refusal. ``kept`` is what the server noted of it, None for nothing."""

    outcome: str
    reply: str
    kept: Received | Refused | None

    @property
    def conversation(self) -> tuple[str, ...]:
        """The connection up to the verdict, a line for each thing that happened."""
        return self.kept.conversation if self.kept is not None else ()

    def is_as(self, expected: Expected) -> bool:
        """Whether it is what was expected, whatever stands for server, time and session."""
        pattern = re.sub(r"\\\{[a-z]+\\\}", r"[^\\s\\]]+", re.escape(expected.reply))
        return self.outcome == expected.outcome and re.fullmatch(pattern, self.reply) is not None


def run(case: Case, server: InboundServer, pems: t.Mapping[str, bytes]) -> Observed:
    """Play a case on a server that has its connectors; ``pems`` holds key and chain for each of LEAVES."""
    return send(case.client, server, pems)


def send(client: Client, server: InboundServer, pems: t.Mapping[str, bytes]) -> Observed:
    """Bring one message, and look what became of it."""
    received, refused = len(server.received), len(server.refused)
    tls = client_context(server.ca_pem, pems.get(client.certificate, b"")) if client.encrypts else None
    reply = deliver(client, server, tls)
    if reply:
        return Observed("refused", reply, next(iter(server.refused[refused:]), None))
    taken = next(iter(server.received[received:]), None)
    outcome = "lost" if taken is None else "accepted encrypted" if taken.encrypted else "accepted clear"
    return Observed(outcome, "", taken)


def deliver(client: Client, server: InboundServer, tls: ssl.SSLContext | None) -> str:
    """Talk to the server; returns the refusal, nothing where the message was taken."""
    content = f"From: <{client.mail_from}>\r\nTo: <{client.recipient}>\r\nSubject: Order 7\r\n\r\nThe order.\r\n"
    where = (server.address, server.port)
    with smtplib.SMTP(*where, _HELO, _SECONDS, source_address=(client.address, 0)) as talk:
        if tls is not None:
            # smtplib checks the certificate against the name it was told to connect to.
            talk._host = server.host  # type: ignore[attr-defined]
            talk.starttls(context=tls)
        try:
            talk.sendmail(client.mail_from, [client.recipient], content)
        except smtplib.SMTPRecipientsRefused as refusal:
            code, text = refusal.recipients[client.recipient]
            return f"{code} {text.decode('ascii')}"
        except smtplib.SMTPResponseException as refusal:
            return f"{refusal.smtp_code} {t.cast(bytes, refusal.smtp_error).decode('ascii')}"
    return ""


def client_context(ca_pem: bytes, pem: bytes) -> ssl.SSLContext:
    """TLS of a client that trusts the server's authority, and shows a certificate where it has one."""
    made = ssl.create_default_context(cadata=ca_pem.decode("ascii"))
    if pem:
        with tempfile.TemporaryDirectory() as directory:  # ssl loads from files only
            path = pathlib.Path(directory) / "client.pem"
            path.write_bytes(pem)
            made.load_cert_chain(path)
    return made


class Stand:
    """A server, an authority that it trusts and clients' certificates, as a context manager."""

    def __init__(self, settings: t.Mapping[str, object] | None = None) -> None:
        self.pki = Pki()
        self.pems = {kind: self.pki.issue(leaf, "", "").pem() for kind, leaf in LEAVES.items()}
        self.switches = Switches(SWITCHES, settings)
        self.connectors: list[dict[str, t.Any]] = []
        self.server = InboundServer(lambda: self.connectors, lambda: ACCEPTED, self.switches, self.pki.root_pem())

    def __enter__(self) -> t.Self:
        self.server.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self.server.stop()

    def reset(self) -> None:
        """As new: no connectors, default switches, nothing kept."""
        self.connectors = []
        self.switches.reset()
        self.server.clear()

    def play(self, case: Case) -> Observed:
        """Put a case's connectors in force and play it."""
        self.connectors = connectors_of(case)
        return run(case, self.server, self.pems)

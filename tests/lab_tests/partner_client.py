# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the partners' servers that owes nothing to them: plain sockets and the standard library's TLS."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import time
import typing as t
import warnings

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ansible_collections.mailflow.exchange_online.tests.lab.partners import CASES, PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab.partners.cases import TABLE

_SECONDS = 20.0


def address(case_id: str, number: int = 0) -> str:
    """The address of one of a partner's servers."""
    return TABLE.addresses_of(CASES[case_id])[number]


def context(
    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    suites: str = "DEFAULT",
    ca_path: str = "",
) -> ssl.SSLContext:
    """TLS that verifies nothing or, with ``ca_path``, everything but the name."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    if ca_path:
        made.load_verify_locations(ca_path)
        made.verify_mode = ssl.CERT_REQUIRED
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version, made.maximum_version = oldest, newest
    made.set_ciphers(f"{suites}:@SECLEVEL=0")
    return made


class Smtp:
    """A conversation."""

    def __init__(self, world: PartnerWorld, where: str) -> None:
        self.socket: socket.socket = socket.create_connection((where, world.port), timeout=_SECONDS)
        self._buffer = b""

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        self.socket.close()

    def line(self) -> str:
        """The next line. Raises EOFError at the end of the stream."""
        while b"\n" not in self._buffer:
            data = self.socket.recv(4096)
            if not data:
                raise EOFError
            self._buffer += data
        line, _end, self._buffer = self._buffer.partition(b"\n")
        return line.decode("ascii").rstrip("\r")

    def reply(self) -> list[str]:
        """The lines of the next reply."""
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return lines

    def command(self, text: str) -> list[str]:
        """Say something and return the reply."""
        self.say(text)
        return self.reply()

    def say(self, text: str) -> None:
        """Say something."""
        self.socket.sendall(f"{text}\r\n".encode("ascii"))

    def rest(self) -> bytes:
        """What has come behind the last reply."""
        return self._buffer

    def to_starttls(self) -> list[str]:
        """Go as far as the reply to STARTTLS, and return it."""
        self.reply()
        self.command("EHLO client.example")
        return self.command("STARTTLS")

    def secure(self, tls: ssl.SSLContext, name: str | None) -> ssl.SSLSocket:
        """Begin with TLS."""
        self._buffer = b""
        secured = tls.wrap_socket(self.socket, server_hostname=name)
        self.socket = secured
        return secured

    def silent_for(self, seconds: float) -> bool:
        """Whether nothing comes, not even the end."""
        self.socket.settimeout(seconds)
        with contextlib.suppress(TimeoutError):
            self.socket.recv(1)
            return False
        return True


class Seen(t.NamedTuple):
    """What a handshake showed; the chain as sent."""

    version: str
    cipher: str
    chain: list[x509.Certificate]
    ehlo: list[str]


def look(
    world: PartnerWorld, case_id: str, tls: ssl.SSLContext | None = None, *, number: int = 0, name: str | None = None
) -> Seen:
    """Talk to one of a partner's servers until the end, asking for its first host's name or for ``name``."""
    case = CASES[case_id]
    wanted = case.fill(case.hosts[0].name) if name is None else name
    with Smtp(world, address(case_id, number)) as talk:
        assert talk.to_starttls()[0].startswith("220 ")
        secured = talk.secure(tls or context(), wanted or None)
        ehlo = talk.command("EHLO client.example")
        seen = Seen(secured.version() or "", (secured.cipher() or ("",))[0], chain_of(secured), ehlo)
        assert talk.command("QUIT")[0].startswith("221 ")
    return seen


def chain_of(secured: ssl.SSLSocket) -> list[x509.Certificate]:
    """The certificates as sent: public since Python 3.13 only."""
    public = getattr(secured, "get_unverified_chain", None)
    if public is not None:
        return [x509.load_der_x509_certificate(der) for der in public()]
    private = t.cast(t.Any, secured)._sslobj.get_unverified_chain()
    return [x509.load_der_x509_certificate(one.public_bytes(2)) for one in private]


def names(certificate: x509.Certificate) -> list[str]:
    """The DNS names in a certificate."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return found.value.get_values_for_type(x509.DNSName)


def spki_sha256(certificate: x509.Certificate) -> str:
    """The data of a TLSA record 3 1 1."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(certificate.public_key().public_bytes(serialization.Encoding.DER, form)).hexdigest()


def wait_for(condition: t.Callable[[], bool]) -> None:
    """Wait until the other thread has come so far."""
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)

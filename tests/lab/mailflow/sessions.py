# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's side of TLS, with what Exchange Online is documented to offer; OpenSSL judges, and goes on.

pyOpenSSL, since the standard library has no verify callback: one connection must show the certificate, say all that is
wrong with it, and carry the mail where that does not matter.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto

from ..switches import Switches

_GCM: t.Final = ("AES256-GCM-SHA384", "AES128-GCM-SHA256")
_CBC: t.Final = ("AES256-SHA384", "AES128-SHA256", "AES256-SHA", "AES128-SHA")
_PIECE: t.Final = 65536


@dataclass(frozen=True)
class Presented:
    """What a server showed: its certificates as sent, OpenSSL's verdicts (X509_V_ERR_*) on them, and the session."""

    chain: tuple[x509.Certificate, ...]
    errors: frozenset[int]
    protocol: str
    cipher: str

    @property
    def leaf(self) -> x509.Certificate:
        """The server's own certificate."""
        return self.chain[0]

    @property
    def subject(self) -> str:
        """Its subject, as Exchange writes it."""
        return self.leaf.subject.rfc4514_string()

    @property
    def thumbprint(self) -> str:
        """Windows' name for a certificate: the SHA-1 of all of it."""
        der = self.leaf.public_bytes(serialization.Encoding.DER)
        return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()

    def alternative_names(self) -> tuple[str, ...]:
        """The DNS names in it; none where they cannot be read."""
        try:
            found = self.leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        except (x509.ExtensionNotFound, ValueError):
            return ()
        return tuple(one.lower() for one in found.value.get_values_for_type(x509.DNSName))

    def names(self) -> tuple[str, ...]:
        """The DNS names and the common name: Microsoft's pages take both."""
        common = [str(one.value).lower() for one in self.leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        return tuple(dict.fromkeys((*self.alternative_names(), *common)))


def context(ca_path: str, switches: Switches) -> SSL.Context:
    """TLS as Exchange Online sends with it, and the roots that it trusts. Verdicts are noted, and do not stop it."""
    made = SSL.Context(SSL.TLS_CLIENT_METHOD)
    made.set_min_proto_version(SSL.TLS1_2_VERSION)
    made.set_max_proto_version(SSL.TLS1_3_VERSION if switches["outbound_tls13"] == "yes" else SSL.TLS1_2_VERSION)
    kinds = ("ECDHE-RSA", "ECDHE-ECDSA") if switches["outbound_ecdsa"] == "yes" else ("ECDHE-RSA",)
    suites = [f"{kind}-{one}" for one in (*_GCM, *_CBC) for kind in kinds]
    # Level 2: certificates with SHA-1 or RSA keys below 2048 bits are noted as weak.
    made.set_cipher_list(":".join([*suites, *_GCM, "@SECLEVEL=2"]).encode("ascii"))
    made.load_verify_locations(ca_path)
    made.set_verify(SSL.VERIFY_PEER, _note)
    return made


def _note(connection: SSL.Connection, _certificate: crypto.X509, error: int, _depth: int, _good: int) -> bool:
    if error:
        t.cast("set[int]", connection.get_app_data()).add(error)
    return True


class Session:
    """TLS over memory: whoever has the socket moves the bytes and keeps the time."""

    def __init__(self, made: SSL.Context, name: str) -> None:
        self._tls = SSL.Connection(made, None)
        self._errors: set[int] = set()
        self._tls.set_app_data(self._errors)
        if name:
            self._tls.set_tlsext_host_name(name.encode("ascii"))
        self._tls.set_connect_state()

    def feed(self, data: bytes) -> None:
        """Take bytes of the peer."""
        self._tls.bio_write(data)

    def outgoing(self) -> bytes:
        """Return what is to be sent."""
        parts = []
        while True:
            try:
                parts.append(self._tls.bio_read(_PIECE))
            except SSL.WantReadError:
                return b"".join(parts)

    def handshake(self) -> bool:
        """Go on with it; false while more bytes of the peer are needed. Raises SSL.Error."""
        try:
            self._tls.do_handshake()
        except SSL.WantReadError:
            return False
        return True

    def read(self) -> bytes | None:
        """Return what was received, nothing at the end, None while more bytes are needed. Raises SSL.Error."""
        try:
            return self._tls.recv(_PIECE)
        except SSL.WantReadError:
            return None
        except (SSL.ZeroReturnError, SSL.SysCallError):
            return b""

    def write(self, data: bytes) -> None:
        """Encrypt all of it. Raises SSL.Error."""
        view = memoryview(data)
        while view:
            view = view[self._tls.send(view[:_PIECE]) :]

    def presented(self) -> Presented:
        """What the server showed, when the handshake is over."""
        chain = self._tls.get_peer_cert_chain(as_cryptography=True) or []
        protocol, cipher = self._tls.get_protocol_version_name(), self._tls.get_cipher_name()
        return Presented(tuple(chain), frozenset(self._errors), protocol, cipher or "")

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's side of TLS with a client's certificate that may be missing or bad, and does not stop it.

pyOpenSSL, since the standard library ends a handshake with a certificate that it does not trust.
"""

from __future__ import annotations

import contextlib
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto

from .. import ca
from ..partners.tls import Clear
from .inbound_rules import UNTRUSTED
from .inbound_shapes import ClientCertificate

_PIECE: t.Final = 16384
#: X509_V_ERR_*: chains that end nowhere, and the dates.
_NO_ROOT: t.Final = frozenset({2, 18, 19, 20, 21})
_DATES: t.Final[t.Mapping[int, str]] = {9: "not valid yet", 10: "expired"}
_PURPOSE: t.Final = 26


def server_context(host: str, trust_pem: bytes) -> SSL.Context:
    """TLS 1.2 and 1.3 with a certificate of the lab's authority; clients' certificates are asked for and noted."""
    made = SSL.Context(SSL.TLS_SERVER_METHOD)
    made.set_min_proto_version(SSL.TLS1_2_VERSION)
    made.set_max_proto_version(SSL.TLS1_3_VERSION)
    issued = ca.issue(host)
    chain = [x509.load_pem_x509_certificate(one.bytes()) for one in issued.cert_chain_pems]
    made.use_certificate(chain[0])
    for one in chain[1:]:
        made.add_extra_chain_cert(one)
    key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    made.use_privatekey(t.cast(t.Any, key))
    store = made.get_cert_store()
    for root in x509.load_pem_x509_certificates(trust_pem):
        if store is not None:
            store.add_cert(crypto.X509.from_cryptography(root))
    made.set_verify(SSL.VERIFY_PEER, _note)
    # Each connection proves anew who it is.
    made.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    made.set_options(SSL.OP_NO_TICKET)
    return made


def _note(connection: SSL.Connection, _certificate: crypto.X509, error: int, depth: int, _good: int) -> bool:
    if error:
        t.cast("set[tuple[int, int]]", connection.get_app_data()).add((error, depth))
    return True


class InsideTls:
    """Bytes inside TLS, over memory."""

    def __init__(self, outer: Clear, context: SSL.Context) -> None:
        self._outer = outer
        self._errors: set[tuple[int, int]] = set()
        self._tls = SSL.Connection(context, None)
        self._tls.set_app_data(self._errors)
        self._tls.set_accept_state()

    async def handshake(self) -> None:
        """Agree on keys. Raises SSL.Error, ConnectionError."""
        await self._do(self._tls.do_handshake)

    async def read(self) -> bytes:
        """Return what has come, nothing at the end."""
        try:
            return bytes(await self._do(lambda: self._tls.recv(_PIECE)))
        except (SSL.ZeroReturnError, SSL.SysCallError):
            return b""

    async def write(self, data: bytes) -> None:
        """Send."""
        await self._do(lambda: self._tls.sendall(data))

    async def close(self) -> None:
        """Say that no more comes."""
        with contextlib.suppress(SSL.Error):
            self._tls.shutdown()
        await self._flush()

    @property
    def protocol(self) -> str:
        """The version, as OpenSSL calls it."""
        return self._tls.get_protocol_version_name()

    @property
    def cipher(self) -> str:
        """The suite, as OpenSSL calls it."""
        return self._tls.get_cipher_name() or ""

    def certificate(self, *, for_clients: bool) -> ClientCertificate | None:
        """What the client showed. ``for_clients``: one that is for servers only does not do."""
        leaf = self._tls.get_peer_certificate(as_cryptography=True)
        if leaf is None:
            return None
        errors = {error for error, depth in self._errors if for_clients or (error, depth) != (_PURPOSE, 0)}
        common = [str(one.value).lower() for one in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        return ClientCertificate(tuple(common), _alternative_names(leaf), _problem(errors))

    async def _do(self, work: t.Callable[[], t.Any]) -> t.Any:
        while True:
            try:
                result = work()
            except SSL.WantReadError:
                await self._flush()
                data = await self._outer.read()
                if not data:
                    raise ConnectionResetError("the client is gone") from None
                self._tls.bio_write(data)
            except SSL.Error:
                await self._flush()  # the alert
                raise
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        while True:
            try:
                data = self._tls.bio_read(_PIECE)
            except SSL.WantReadError:
                return
            await self._outer.write(data)


def _alternative_names(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(one.lower() for one in found.value.get_values_for_type(x509.DNSName))


def _problem(errors: t.Collection[int]) -> str:
    if not errors:
        return ""
    if not _NO_ROOT.isdisjoint(errors):
        return UNTRUSTED
    first = min(errors)
    return _DATES.get(first, f"verify error {first}")

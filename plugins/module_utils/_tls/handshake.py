# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""TLS over a stream: the handshake, what the server showed in it, and bytes through it."""

from __future__ import annotations

import contextlib
import functools
import ssl
import warnings

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Tls
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.flight import Flight
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.stream import Broken, Channel
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.text import clean

#: What Exchange Online offers, best first (Microsoft: technical reference details about encryption). Behind it the same
#: with ECDSA: Schannel has them, though the table does not name them.
SUITES = (
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-RSA-AES128-SHA",
    "AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-ECDSA-AES128-SHA256",
)
#: Servers without RFC 5746 are talked to, as Schannel does.
_LEGACY_SERVERS = getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
#: _ssl.ENCODING_DER, for Python before 3.13.
_DER = 2
#: Bytes that may come to no effect: a handshake has some ten thousand, a record at most 16,384 (RFC 8446 section 5.1).
_MOST_IDLE = 256 * 1024


@functools.cache
def exchange_context() -> ssl.SSLContext:
    """TLS as Exchange Online is documented to speak it when it sends mail: TLS 1.2, its suites, no verification.

    TLS 1.3 is not offered on purpose. A server that agrees to TLS 1.2 is thereby proven to work, in one connection,
    and tells in the same answer whether it has TLS 1.3 as well. Security level 0 keeps the policy of this machine's
    OpenSSL out: keys and signatures are judged by the rules.
    """
    context = _context(ssl.TLSVersion.TLSv1_2, ":".join(SUITES))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


@functools.cache
def diagnostic_context() -> ssl.SSLContext:
    """Everything that this machine's OpenSSL has, to name the cause when TLS as Exchange speaks it failed."""
    return _context(ssl.TLSVersion.TLSv1, "ALL")


def _context(minimum: ssl.TLSVersion, suites: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0 and 1.1 are what the diagnosis looks for
        context.minimum_version = minimum
    context.set_ciphers(f"{suites}:@SECLEVEL=0")
    context.options |= _LEGACY_SERVERS
    return context


class TlsBroken(Broken):
    """A handshake that failed; ``flight`` is what the server had said. ``untrusted`` holds the reason of a chain that
    did not verify, where the context asked for that."""

    def __init__(self, cause: Broken, flight: Flight, untrusted: str = "") -> None:
        super().__init__(cause.fault, cause.detail)
        self.flight = flight
        self.untrusted = untrusted


class Secured:
    """The inside of a TLS session."""

    def __init__(self, outer: Channel, tls: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
        self._outer = outer
        self._tls = tls
        self._incoming = incoming
        self._outgoing = outgoing
        self._idle = 0
        self.flight = Flight()

    def describe(self) -> Tls:
        """What was agreed on."""
        cipher, _version, bits = self._tls.cipher() or ("", "", 0)
        protocol = self._tls.version() or ""
        return Tls(
            protocol=protocol,
            cipher=cipher,
            key_bits=bits,
            chain=_chain(self._tls),
            offers_tls13=protocol == "TLSv1.3" or self.flight.offers_tls13,
        )

    async def handshake(self) -> None:
        """Agree on keys. Raises TlsBroken."""
        try:
            while True:
                try:
                    self._tls.do_handshake()
                    await self._flush()
                    return
                except ssl.SSLWantReadError:
                    if not await self._fill():
                        raise Broken("closed", "the connection was closed during the handshake") from None
        except ssl.SSLError as problem:
            with contextlib.suppress(Broken):
                await self._flush()  # our alert, so that the server's log says why
            untrusted = clean(problem.verify_message) if isinstance(problem, ssl.SSLCertVerificationError) else ""
            raise TlsBroken(Broken("tls", self._why(problem)), self.flight, untrusted) from None
        except Broken as problem:
            raise TlsBroken(problem, self.flight) from None

    async def send(self, data: bytes) -> None:
        """Send all of it. Raises Broken."""
        try:
            self._tls.write(data)
        except ssl.SSLError as problem:
            raise Broken("tls", self._why(problem)) from None
        await self._flush()

    async def receive(self) -> bytes:
        """Return what has come, nothing at the end of the stream. Raises Broken."""
        while True:
            try:
                data = self._tls.read(16384)
                self._idle = 0
                return data
            except ssl.SSLWantReadError:
                if not await self._fill():
                    return b""
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            except ssl.SSLError as problem:
                raise Broken("tls", self._why(problem)) from None

    async def _fill(self) -> bool:
        """Take what comes; False at the end of the stream. Raises Broken.

        What OpenSSL has to say goes out first: after the handshake too, a server may ask for a new one or for new
        keys. Some messages can follow each other without end (RFC 5246 section 7.4.1.1): their bytes are counted.
        """
        await self._flush()
        data = await self._outer.receive()
        self._idle += len(data)
        if self._idle > _MOST_IDLE:
            raise Broken("tls", f"more than {_MOST_IDLE // 1024} KiB of TLS and nothing in it")
        self.flight.feed(data)
        self._incoming.write(data)
        return bool(data)

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._outer.send(self._outgoing.read())

    def _why(self, problem: ssl.SSLError) -> str:
        if self.flight.alert:
            return f"the server sent the alert {self.flight.alert}"
        if not self.flight.is_tls:
            return "the server answered with something that is not TLS"
        return clean((problem.reason or "TLS failed").replace("_", " ").lower())


async def secure(outer: Channel, context: ssl.SSLContext, name: str) -> Secured:
    """Make a TLS session with ``name`` as SNI, empty for none. Raises TlsBroken."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
    except (ValueError, ssl.SSLError):  # no name, or one from DNS that cannot be an SNI name
        if context.check_hostname:  # without a name, OpenSSL would take a certificate for any
            raise TlsBroken(Broken("tls", "no certificate can be for this name"), Flight()) from None
        tls = context.wrap_bio(incoming, outgoing)
    secured = Secured(outer, tls, incoming, outgoing)
    await secured.handshake()
    return secured


def _chain(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """The certificates as sent, in DER. Public only since Python 3.13; community.crypto reads it in this way too."""
    public = getattr(tls, "get_unverified_chain", None)
    if public is not None:
        return tuple(public() or ())
    private = getattr(getattr(tls, "_sslobj", None), "get_unverified_chain", None)
    if private is not None:
        return tuple(certificate.public_bytes(_DER) for certificate in private() or ())
    leaf = tls.getpeercert(binary_form=True)
    return (leaf,) if leaf else ()

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS of the partners' servers: contexts with every limit a server can have, and the server's side of a session."""

from __future__ import annotations

import asyncio
import base64
import functools
import pathlib
import ssl
import tempfile
import typing as t
import warnings

from .pki import Issued
from .shapes import Server

_PIECE: t.Final = 16384


class ServerObject(ssl.SSLObject):
    """The server's side; ``sni`` is the name that the client asked for, empty for none."""

    sni: str = ""


def context(server: Server, issued: Issued, name: str, trusted_pem: str, other: Issued | None) -> ssl.SSLContext:
    """Make the TLS of one server. ``other`` is what it shows to those who do not ask for ``name``."""
    made = _plain_context(server, issued, trusted_pem)
    shown_first = made if other is None else _plain_context(server, other, trusted_pem)

    def named(tls: ssl.SSLObject, asked: str | None, _context: ssl.SSLContext) -> int | None:
        t.cast(ServerObject, tls).sni = asked or ""
        if server.sni == "required" and asked != name:
            return int(ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
        if asked == name:
            tls.context = made
        return None

    shown_first.sslobject_class = ServerObject
    # Its signature does not know that it may be handed an SSLObject and return an alert.
    shown_first.sni_callback = t.cast(t.Any, named)
    return shown_first


def _plain_context(server: Server, issued: Issued, trusted_pem: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0 and 1.1 are what some servers are left with
        made.minimum_version, made.maximum_version = (ssl.TLSVersion[version] for version in server.tls)
    # Level 0: weak keys and SHA-1 are to be shown, not refused by the lab's own OpenSSL.
    made.set_ciphers(f"{server.suites}:@SECLEVEL=0")
    with tempfile.TemporaryDirectory() as directory:  # ssl loads from files only
        path = pathlib.Path(directory) / "server.pem"
        path.write_bytes(issued.pem())
        made.load_cert_chain(path)
        if "DHE-" in server.suites.replace("ECDHE-", ""):
            path.write_bytes(_dh_parameters())
            made.load_dh_params(str(path))
    if server.client_certificate != "no":
        made.load_verify_locations(cadata=trusted_pem)
        made.verify_mode = ssl.CERT_REQUIRED if server.client_certificate == "required" else ssl.CERT_OPTIONAL
    return made


def web_context(issued: Issued) -> ssl.SSLContext:
    """Make the TLS of a policy host."""
    return _plain_context(Server(), issued, "")


@functools.cache
def _dh_parameters() -> bytes:
    """The group ffdhe2048 of RFC 7919 appendix A.1, by its formula: making one of our own would take a minute."""
    euler, term, count = 0, 1 << 2050, 0
    while term:  # e = 1/0! + 1/1! + 1/2! + ...
        euler, count = euler + term, count + 1
        term //= count
    shifted = euler >> (2050 - 1918)
    prime = 2**2048 - 2**1984 + (shifted + 560316) * 2**64 - 1
    # DHParameter ::= SEQUENCE { prime INTEGER, base INTEGER }; by hand, since the library is about to drop it.
    number = prime.to_bytes(257, "big")
    body = b"\x02\x82\x01\x01" + number + b"\x02\x01\x02"
    der = b"\x30\x82" + len(body).to_bytes(2, "big") + body
    return f"-----BEGIN DH PARAMETERS-----\n{base64.encodebytes(der).decode()}-----END DH PARAMETERS-----\n".encode()


class Clear:
    """Bytes in clear."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        """Return what has come, nothing at the end."""
        return await self._reader.read(_PIECE)

    async def write(self, data: bytes) -> None:
        """Send."""
        self._writer.write(data)
        await self._writer.drain()


class Inside:
    """Bytes inside TLS.

    Over memory, since asyncio's own ``start_tls`` ends a failed handshake without the alert that real servers send.
    """

    def __init__(self, outer: Clear, context: ssl.SSLContext) -> None:
        self._outer = outer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = t.cast(ServerObject, context.wrap_bio(self._incoming, self._outgoing, server_side=True))

    async def handshake(self) -> None:
        """Agree on keys. Raises ssl.SSLError, ConnectionError."""
        await self._do(self.tls.do_handshake)

    async def read(self) -> bytes:
        """Return what has come, nothing at the end."""
        try:
            return bytes(await self._do(lambda: self.tls.read(_PIECE)))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    async def write(self, data: bytes) -> None:
        """Send."""
        self.tls.write(data)
        await self._outer.write(self._outgoing.read())

    async def _do(self, work: t.Callable[[], t.Any]) -> t.Any:
        while True:
            try:
                result = work()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._outer.read()
                if not data:
                    raise ConnectionResetError("the client is gone") from None
                self._incoming.write(data)
            except ssl.SSLError:
                await self._flush()
                raise
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            await self._outer.write(data)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server on loopback that follows a script: SMTP or anything else, in clear and inside TLS, well-behaved or not."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import functools
import pathlib
import socket
import ssl
import tempfile
import threading
import time
import typing as t
import warnings

import trustme

#: Longer than any time-out in a test, so that a server never gives up first.
PATIENCE = 30.0
NAME = "mx.partner.example"

#: RFC 7919 appendix A.1, ffdhe2048.
_FFDHE2048 = """
FFFFFFFF FFFFFFFF ADF85458 A2BB4A9A AFDC5620 273D3CF1 D8B9C583 CE2D3695 A9E13641 146433FB CC939DCE 249B3EF9
7D2FE363 630C75D8 F681B202 AEC4617A D3DF1ED5 D5FD6561 2433F51F 5F066ED0 85636555 3DED1AF3 B557135E 7F57C935
984F0C70 E0E68B77 E2A689DA F3EFE872 1DF158A1 36ADE735 30ACCA4F 483A797A BC0AB182 B324FB61 D108A94B B2C8E3FB
B96ADAB7 60D7F468 1D4F42A3 DE394DF4 AE56EDE7 6372BB19 0B07A7C8 EE0A6D70 9E02FCE1 CDF7E2EC C03404CD 28342F61
9172FE9C E98583FF 8E4F1232 EEF28183 C3FE3B1B 4C6FAD73 3BB5FCBC 2EC22005 C58EF183 7D1683B2 C6F34A26 C1B2EFFA
886B4238 61285C97 FFFFFFFF FFFFFFFF
"""


class Gone(Exception):
    """The client has ended the connection, or was silent for too long."""


class Visitor:
    """One connection, seen from the server. ``heard`` are the lines in clear and inside TLS, ``raw`` other bytes."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._buffer = b""
        self.heard: list[bytes] = []
        self.raw = b""
        self.sni: str | None = None
        self.encrypted = False
        self.problem: Exception | None = None
        self.over = threading.Event()

    def say(self, data: bytes) -> None:
        """Send all of it."""
        self._sock.sendall(data)

    def drip(self, data: bytes, pause: float) -> None:
        """Send a byte at a time."""
        for at in range(len(data)):
            self.say(data[at : at + 1])
            time.sleep(pause)

    def hear(self) -> bytes:
        """Return the next line without its end."""
        while b"\r\n" not in self._buffer:
            self._buffer += self._read()
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        self.heard.append(line)
        return line

    def read(self) -> bytes:
        """Return what has come, lines or not."""
        data = self._buffer or self._read()
        self._buffer = b""
        self.raw += data
        return data

    def stay(self) -> None:
        """Say nothing until the client goes."""
        while True:
            self.read()

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Do the handshake as the server; ``context`` comes from server_context()."""
        context.sni_callback = self._named
        self._sock = context.wrap_socket(self._sock, server_side=True)
        self.encrypted = True

    def unwrap(self) -> None:
        """Send a close_notify."""
        assert isinstance(self._sock, ssl.SSLSocket)
        self._sock = self._sock.unwrap()

    def say_in_clear(self, data: bytes) -> None:
        """Send beside the TLS session."""
        socket.socket.sendall(self._sock, data)

    def reset(self) -> None:
        """End the connection with a RST."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._sock.close()

    def close(self) -> None:
        """End the connection."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def _read(self) -> bytes:
        data = self._sock.recv(65536)
        if not data:
            raise Gone
        return data

    def _named(self, _tls: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        self.sni = name


Script = t.Callable[[Visitor], object]


class Peer:
    """The server: ``visitors`` in the order in which they came."""

    def __init__(self, script: Script, family: socket.AddressFamily) -> None:
        self._script = script
        self._threads: list[threading.Thread] = []
        self.visitors: list[Visitor] = []
        self._listener = socket.create_server(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family)
        self.address, self.port = self._listener.getsockname()[:2]
        self._start(self._accept)

    @property
    def only(self) -> Visitor:
        """The one visitor, when everything it sent was read."""
        (visitor,) = self.everybody
        return visitor

    @property
    def everybody(self) -> list[Visitor]:
        """All visitors so far, when everything they sent was read."""
        assert all(visitor.over.wait(PATIENCE) for visitor in self.visitors)
        return self.visitors

    def close(self) -> None:
        """End it all. What went wrong in a script is an unhandled exception of its thread, which pytest reports."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(PATIENCE)
        self._listener.close()
        for visitor in self.visitors:
            visitor.close()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def _start(self, work: t.Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                visitor = Visitor(self._listener.accept()[0])
                self.visitors.append(visitor)
                self._start(functools.partial(self._serve, visitor))

    def _serve(self, visitor: Visitor) -> None:
        try:
            self._script(visitor)
        except (Gone, OSError) as problem:
            visitor.problem = problem
        finally:
            visitor.close()
            visitor.over.set()


@contextlib.contextmanager
def peer(script: Script, family: socket.AddressFamily = socket.AF_INET) -> t.Iterator[Peer]:
    """Run a server in threads of its own; every connection goes through ``script`` and is closed at its end."""
    server = Peer(script, family)
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def full_backlog() -> t.Iterator[int]:
    """A port on loopback that takes no more connections and does not refuse them either: SYNs are dropped."""
    with socket.socket() as listener, contextlib.ExitStack() as held:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _turn in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@contextlib.contextmanager
def closed_port() -> t.Iterator[int]:
    """A port on loopback that nothing listens on; it is held, so that nothing will."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@dataclasses.dataclass(frozen=True)
class Smtp:
    """The script of an SMTP server that does everything right, with any of its answers replaced.

    None is silence from there on.
    """

    tls: ssl.SSLContext
    banner: bytes | None = b"220 mx.partner.example ESMTP\r\n"
    ehlo: bytes | None = b"250-mx.partner.example\r\n250-SIZE 35882577\r\n250 STARTTLS\r\n"
    starttls: bytes | None = b"220 2.0.0 Ready to start TLS\r\n"
    ehlo_again: bytes | None = b"250-mx.partner.example\r\n250-SIZE 35882577\r\n250 PIPELINING\r\n"

    def __call__(self, visitor: Visitor) -> None:
        self._answer(visitor, self.banner)
        while (command := visitor.hear()) != b"QUIT":
            if command.startswith(b"EHLO "):
                self._answer(visitor, self.ehlo_again if visitor.encrypted else self.ehlo)
            elif command == b"STARTTLS":
                self._answer(visitor, self.starttls)
                if (self.starttls or b"").startswith(b"220"):
                    visitor.encrypt(self.tls)
        visitor.say(b"221 bye\r\n")
        visitor.stay()  # nothing may follow a QUIT

    @staticmethod
    def _answer(visitor: Visitor, reply: bytes | None) -> None:
        if reply is None:
            visitor.stay()
        else:
            visitor.say(reply)


def greet(visitor: Visitor) -> None:
    """Be polite up to and with the answer to STARTTLS."""
    visitor.say(b"220 mx.partner.example ESMTP\r\n")
    assert visitor.hear().startswith(b"EHLO ")
    visitor.say(b"250-mx.partner.example\r\n250 STARTTLS\r\n")
    assert visitor.hear() == b"STARTTLS"
    visitor.say(b"220 go ahead\r\n")


# -- certificates and contexts ---------------------------------------------------------------------------------------


@functools.cache
def authority() -> trustme.CA:
    """A root that nobody trusts."""
    return trustme.CA()


@functools.cache
def leaf(kind: t.Literal["ec", "rsa", "chain"] = "ec") -> trustme.LeafCert:
    """A certificate for NAME; ``chain``: below two intermediates, which are sent with it."""
    if kind == "chain":
        return authority().create_child_ca().create_child_ca().issue_cert(NAME)
    return authority().issue_cert(NAME, key_type=trustme.KeyType.RSA if kind == "rsa" else trustme.KeyType.ECDSA)


def server_context(
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    maximum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    *,
    certificate: t.Literal["ec", "rsa", "chain"] = "ec",
    suites: str = "ALL",
    clients: ssl.VerifyMode = ssl.CERT_NONE,
) -> ssl.SSLContext:
    """A server's context. ``suites`` are for TLS 1.2 and before, ``clients`` says what is asked of a client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0 is on purpose
        context.minimum_version, context.maximum_version = minimum, maximum
    context.set_ciphers(f"{suites}:@SECLEVEL=0")
    leaf(certificate).configure_cert(context)
    if clients != ssl.CERT_NONE:
        context.verify_mode = clients
        authority().configure_trust(context)
    if "DHE" in suites:
        _load_dh(context)
    return context


def _load_dh(context: ssl.SSLContext) -> None:
    # DHParameter ::= SEQUENCE { prime INTEGER, base INTEGER }
    prime = b"\x02\x82\x01\x01\x00" + bytes.fromhex(_FFDHE2048)
    body = prime + b"\x02\x01\x02"
    der = b"\x30\x82" + len(body).to_bytes(2, "big") + body
    pem = f"-----BEGIN DH PARAMETERS-----\n{base64.encodebytes(der).decode()}-----END DH PARAMETERS-----\n"
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "dh.pem")
        path.write_text(pem, "ascii")
        context.load_dh_params(str(path))

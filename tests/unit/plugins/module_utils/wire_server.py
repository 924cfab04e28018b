# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A TLS server on loopback whose every byte a test decides: for answers that no well-behaved server gives."""

from __future__ import annotations

import atexit
import base64
import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import shutil
import socket
import ssl
import tempfile
import threading
import time
import typing as t

import trustme

TENANT = "11111111-2222-3333-4444-555555555555"


@dataclasses.dataclass(frozen=True)
class Seen:
    """A request as it arrived. ``text`` leaves the headers' names in lower case."""

    method: str
    path: str
    headers: t.Mapping[str, str]
    body: bytes

    @property
    def json(self) -> t.Any:
        return json.loads(self.body)


#: Bytes of an answer; None drops the connection without one.
Answering = t.Callable[[Seen], t.Any]  # bytes, or None for no answer


def response(status: int = 200, content: object = b"", **headers: str) -> bytes:
    """Return an answer; what is not bytes is sent as JSON. Underscores in header names stand for dashes."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if "Content-Length" not in names:
        names["Content-Length"] = str(len(body))
    lines = [f"HTTP/1.1 {status} Told", *(f"{name}: {value}" for name, value in names.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def token(**claims: object) -> str:
    """Return a token as Exchange gets one; nobody here looks at its signature."""
    told = {
        "aud": "https://outlook.office365.com",
        "tid": TENANT,
        "exp": time.time() + 3600,
        "roles": ["Exchange.ManageAsApp"],
        **claims,
    }
    parts = ({"alg": "RS256"}, {name: value for name, value in told.items() if value is not None})
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".c2ln"
    )


@functools.cache
def authority() -> tuple[trustme.CA, str]:
    """Return the CA of this test run and the path of its certificate."""
    ca = trustme.CA()
    folder = tempfile.mkdtemp(prefix=f"wire-{os.getpid()}-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = pathlib.Path(folder, "ca.pem")
    ca.cert_pem.write_to_path(str(path))
    return ca, str(path)


class WireServer:
    """``with WireServer(answering) as server:`` serves at ``server.url`` and keeps what came in ``server.seen``."""

    def __init__(self, answering: Answering, *, tls: bool = True, name: str = "127.0.0.1") -> None:
        self._answering = answering
        ca, self.ca_path = authority()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
        if self._context:
            ca.issue_cert(name).configure_cert(self._context)
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.seen: list[Seen] = []

    def __enter__(self) -> t.Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"
        self._start(self._accept)
        return self

    def __exit__(self, *_problem: object) -> None:
        for connection in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: t.Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                raw, _peer = self._listener.accept()
            except OSError:
                return
            self._open.append(raw)
            self._start(self._serve, raw)

    def _serve(self, raw: socket.socket) -> None:
        try:
            connection = self._context.wrap_socket(raw, server_side=True) if self._context else raw
            self._open.append(connection)
            with connection, connection.makefile("rb") as stream:
                while True:
                    seen = self._read(stream)
                    if seen is None:
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                        connection.shutdown(socket.SHUT_WR)
                        while stream.read(4096):  # a reset would take the answer away again
                            pass
                        return
                    self.seen.append(seen)
                    answer = self._answering(seen)
                    if answer is None:
                        return
                    connection.sendall(answer)
                    if b"Connection: close" in answer.partition(b"\r\n\r\n")[0]:
                        return
        except OSError:
            return

    @staticmethod
    def _read(stream: t.BinaryIO) -> Seen | None:
        start = stream.read(1)
        if start == b"\x16":  # a TLS handshake where plain text is spoken
            return None
        first = (start + stream.readline()).decode("latin-1").split()
        if len(first) != 3:
            return None
        headers = {}
        while line := stream.readline().decode("latin-1").strip():
            name, _colon, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        return Seen(first[0], first[1], headers, body)


def in_turn(*answers: bytes | Answering | None) -> Answering:
    """Return an answering that gives these answers one after the other, the last one for ever."""
    left = list(answers)
    lock = threading.Lock()

    def answering(seen: Seen) -> bytes | None:
        with lock:
            current = left.pop(0) if len(left) > 1 else left[0]
        return current(seen) if callable(current) else current

    return answering

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's own mail server, to which partners' servers bring mail: on loopback, in a thread of this process."""

from __future__ import annotations

import asyncio
import pathlib
import socket
import tempfile
import threading
import typing as t

from .. import ca
from ..switches import Switches
from .inbound_evidence import cite
from .inbound_shapes import Received, Refused
from .inbound_talk import Desk, Session
from .inbound_tls import server_context

__all__ = ["InboundServer", "Received", "Refused"]

_PATIENCE_SECONDS: t.Final = 30.0
_BACKLOG: t.Final = 64
#: What all of its conversations rest on; messages name the row of their own verdict.
RESTS_ON: t.Final = (cite("inbound.dialogue"), cite("inbound.tls"), cite("inbound.certificate-unproven"))


class InboundServer:
    """A mail server as a context manager.

    ``connectors`` returns inbound connectors as Get shows them, ``accepted_domains`` the tenant's own; both are called
    for each recipient, in the server's thread, so that changes count at once. ``trust_pem`` holds the roots that
    clients' certificates are to lead to; ``host`` is the name in the server's own certificate. ``patience`` is how long
    a step may take.
    """

    def __init__(
        self,
        connectors: t.Callable[[], t.Sequence[t.Mapping[str, t.Any]]],
        accepted_domains: t.Callable[[], t.Collection[str]],
        switches: Switches,
        trust_pem: bytes,
        host: str = "contoso-test.mail.protection.outlook.test",
        *,
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        self.host = host
        self.address = "127.0.0.1"
        self.port = 0
        self.received: list[Received] = []
        self.refused: list[Refused] = []
        context = server_context(host, trust_pem)
        self._desk = Desk(connectors, accepted_domains, switches, context, patience, self.received, self.refused)
        self._socket: socket.socket | None = None
        self._dir: tempfile.TemporaryDirectory[str] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def ca_pem(self) -> bytes:
        """The authority with which the server's certificate can be verified."""
        return ca.ca_pem()

    @property
    def ca_path(self) -> str:
        """The same as a file, which is there while the server runs."""
        if self._dir is None:
            raise RuntimeError("The mail server is not running")
        return str(pathlib.Path(self._dir.name) / "inbound-ca.pem")

    def clear(self) -> None:
        """Forget the messages."""
        self.received.clear()
        self.refused.clear()

    # -- life --------------------------------------------------------------------------------------------------------

    def __enter__(self) -> t.Self:
        self.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; returns when it answers. A second call does nothing."""
        if self._thread is not None:
            return
        try:
            self._dir = tempfile.TemporaryDirectory(prefix="mailflow-inbound-")
            pathlib.Path(self.ca_path).write_bytes(self.ca_pem)
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._socket.bind((self.address, 0))
            self.port = int(self._socket.getsockname()[1])
            self._run_in_thread(self._socket)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End all connections and stop listening. May be called twice; what came stays to be read."""
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)
        if self._thread is not None:
            self._thread.join(_PATIENCE_SECONDS)
            self._thread = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._dir is not None:
            self._dir.cleanup()
            self._dir = None

    # -- running it --------------------------------------------------------------------------------------------------

    def _run_in_thread(self, listening: socket.socket) -> None:
        ready = threading.Event()
        problems: list[BaseException] = []
        target = (listening, ready, problems)
        self._thread = threading.Thread(target=self._run, args=target, name="mailflow-inbound", daemon=True)
        self._thread.start()
        if not ready.wait(_PATIENCE_SECONDS):
            raise TimeoutError("The mail server did not start")
        if problems:
            raise problems[0]

    def _run(self, listening: socket.socket, ready: threading.Event, problems: list[BaseException]) -> None:
        loop = asyncio.new_event_loop()
        server: asyncio.Server | None = None
        try:
            server = loop.run_until_complete(asyncio.start_server(self._serve, sock=listening, backlog=_BACKLOG))
            self._loop = loop
        except BaseException as problem:  # noqa: BLE001 - raised again where the server was started
            problems.append(problem)
        ready.set()
        try:
            if server is not None:
                loop.run_forever()
        finally:
            loop.run_until_complete(_close(server))
            loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            peer = writer.get_extra_info("peername")
            await Session(self._desk, str(peer[0])).serve(reader, writer)
        except asyncio.CancelledError:
            # The server ends; before Python 3.12 a task that ends as cancelled is reported as an error.
            writer.transport.abort()


async def _close(server: asyncio.Server | None) -> None:
    if server is not None:
        server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.001)  # lets the transports of the operating system close

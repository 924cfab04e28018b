# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's own mail server, to which partners' servers bring mail: on loopback, in a thread of this process."""

from __future__ import annotations

import asyncio
import functools
import pathlib
import socket
import tempfile
import typing as t

from .. import ca
from ..loop import LoopThread
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
        self._server: asyncio.Server | None = None
        self._loop = LoopThread("mailflow-inbound")

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
        if self._loop.started:
            return
        try:
            self._dir = tempfile.TemporaryDirectory(prefix="mailflow-inbound-")
            pathlib.Path(self.ca_path).write_bytes(self.ca_pem)
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._socket.bind((self.address, 0))
            self.port = int(self._socket.getsockname()[1])
            self._loop.start(functools.partial(self._listen, self._socket), self._close)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End all connections and stop listening. May be called twice; what came stays to be read."""
        self._loop.stop()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._dir is not None:
            self._dir.cleanup()
            self._dir = None

    # -- running it --------------------------------------------------------------------------------------------------

    async def _listen(self, listening: socket.socket) -> None:
        self._server = await asyncio.start_server(self._serve, sock=listening, backlog=_BACKLOG)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            peer = writer.get_extra_info("peername")
            await Session(self._desk, str(peer[0])).serve(reader, writer)
        except asyncio.CancelledError:
            # The server ends; before Python 3.12 a task that ends as cancelled is reported as an error.
            writer.transport.abort()

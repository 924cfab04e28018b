# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks that are lost at a chosen step, and stay lost."""

from __future__ import annotations

import asyncio
import asyncio.selector_events
import contextlib
import dataclasses
import errno
import socket
import typing as t
from unittest import mock

from ansible_collections.mailflow.exchange_online.tests.lab import Fault

_Loop = asyncio.selector_events.BaseSelectorEventLoop


@dataclasses.dataclass
class Cut:
    """Counts steps; from the ``at``-th on, none succeeds. 0: all do."""

    at: int = 0
    late: bool = False
    seen: int = 0

    @property
    def lost(self) -> bool:
        return 0 < self.at <= self.seen

    def __call__(self, _service: str, _names: t.Sequence[str], item: int | None) -> Fault | None:
        """A step is a request to the lab, as ``scripted`` asks. ``late``: the first is carried out nevertheless."""
        if item is not None:
            return None
        self.seen += 1
        if not self.lost:
            return None
        return Fault({}, "drop_after" if self.late and self.seen == self.at else "drop_before")

    @contextlib.contextmanager
    def of_the_probe(self) -> t.Iterator[None]:
        """A step is a question to a resolver, a connection, or what is sent through one, by a probe in this process.

        The servers of the lab, in the same process, use other calls.
        """
        connect, send_all, send = _Loop.sock_connect, _Loop.sock_sendall, socket.socket.send

        def step(problem: OSError) -> None:
            self.seen += 1
            if self.lost:
                raise problem

        async def connected(loop: t.Any, sock: socket.socket, address: t.Any) -> None:
            step(OSError(errno.ENETUNREACH, "Network is unreachable"))
            await connect(loop, sock, address)

        async def sent_all(loop: t.Any, sock: socket.socket, data: t.Any) -> None:
            step(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))
            await send_all(loop, sock, data)

        def sent(sock: socket.socket, data: t.Any, *flags: int) -> int:
            if sock.type == socket.SOCK_DGRAM:
                step(OSError(errno.ENETUNREACH, "Network is unreachable"))
            return send(sock, data, *flags)

        with (
            mock.patch.object(_Loop, "sock_connect", connected),
            mock.patch.object(_Loop, "sock_sendall", sent_all),
            mock.patch.object(socket.socket, "send", sent, create=True),
        ):
            yield

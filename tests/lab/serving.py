# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP servers on loopback in a thread of this process, on ports that the system picks."""

from __future__ import annotations

import asyncio
import functools
import socket
import typing as t

from aiohttp import web

from . import ca
from .loop import LoopThread

_GRACE_SECONDS: t.Final = 0.1
_BODY_LIMIT: t.Final = 64 * 2**20


class Servers:
    """A server for each of ``schemes`` (``http`` or ``https``); ``urls`` are known before anything is served."""

    def __init__(self, schemes: t.Sequence[str]) -> None:
        self._schemes = tuple(schemes)
        self._sockets: list[socket.socket] = []
        self._runners: list[web.AppRunner] = []
        self._loop = LoopThread("mailflow-lab")
        for _turn in self._schemes:
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._sockets.append(one)
            one.bind(("127.0.0.1", 0))
        self.urls = [
            f"{scheme}://127.0.0.1:{one.getsockname()[1]}"
            for scheme, one in zip(self._schemes, self._sockets, strict=True)
        ]

    def start(self, parts: t.Sequence[t.Iterable[web.RouteDef]]) -> None:
        """Serve the routes of each part; returns when all of them listen."""
        self._loop.start(functools.partial(self._listen, parts), self._close)

    def stop(self) -> None:
        """Stop serving. May be called twice, and when nothing was started."""
        self._loop.stop()
        for one in self._sockets:
            one.close()
        self._sockets = []

    def on_loop(self, work: t.Callable[[], t.Any]) -> t.Any:
        """Do it between two requests, where no state is half changed; at once when nothing is served any more."""
        return self._loop.do(work)

    async def _listen(self, parts: t.Sequence[t.Iterable[web.RouteDef]]) -> None:
        for scheme, listening, routes in zip(self._schemes, self._sockets, parts, strict=True):
            application = web.Application(client_max_size=_BODY_LIMIT)
            application.add_routes(routes)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GRACE_SECONDS)
            self._runners.append(runner)
            await runner.setup()
            tls = ca.server_context() if scheme == "https" else None
            await web.SockSite(runner, listening, ssl_context=tls, backlog=256).start()

    async def _close(self) -> None:
        """Stop serving, and end every connection at once: a caller that keeps one alive is not waited for."""
        handlers = [one for runner in self._runners if runner.server is not None for one in runner.server.connections]
        transports = [one.transport for one in handlers if one.transport is not None]
        await asyncio.gather(*(runner.cleanup() for runner in self._runners))
        for transport in transports:
            transport.abort()
        self._runners = []

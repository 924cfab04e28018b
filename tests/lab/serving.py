# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP servers on loopback in a thread of this process, on ports that the system picks."""

from __future__ import annotations

import asyncio
import concurrent.futures
import socket
import threading
import typing as t

from aiohttp import web

from . import ca

_PATIENCE_SECONDS: t.Final = 30.0
_GRACE_SECONDS: t.Final = 0.1
_THREADS: t.Final = 64
_BODY_LIMIT: t.Final = 64 * 2**20


class Servers:
    """A server for each of ``schemes`` (``http`` or ``https``); ``urls`` are known before anything is served."""

    def __init__(self, schemes: t.Sequence[str]) -> None:
        self._schemes = tuple(schemes)
        self._sockets: list[socket.socket] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
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
        ready = threading.Event()
        problems: list[BaseException] = []
        target = (parts, ready, problems)
        self._thread = threading.Thread(target=self._run, args=target, name="mailflow-lab", daemon=True)
        self._thread.start()
        if not ready.wait(_PATIENCE_SECONDS):
            raise TimeoutError("The lab did not start")
        if problems:
            raise problems[0]

    def stop(self) -> None:
        """Stop serving. May be called twice, and when nothing was started."""
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)
        if self._thread is not None:
            self._thread.join(_PATIENCE_SECONDS)
            self._thread = None
        for one in self._sockets:
            one.close()
        self._sockets = []

    def on_loop(self, work: t.Callable[[], t.Any]) -> t.Any:
        """Do it between two requests, where no state is half changed; at once when nothing is served any more."""
        if self._loop is None:
            return work()

        async def wrapped() -> t.Any:
            return work()

        return asyncio.run_coroutine_threadsafe(wrapped(), self._loop).result(_PATIENCE_SECONDS)

    def _run(
        self,
        parts: t.Sequence[t.Iterable[web.RouteDef]],
        ready: threading.Event,
        problems: list[BaseException],
    ) -> None:
        loop = asyncio.new_event_loop()
        # For what blocks (see asyncio.to_thread): by default there would be five or six threads, soon all in use.
        loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(_THREADS, "mailflow-lab"))
        runners: list[web.AppRunner] = []
        try:
            loop.run_until_complete(self._listen(parts, runners))
            self._loop = loop
        except BaseException as problem:  # noqa: BLE001 - raised again where the lab was started
            problems.append(problem)
        ready.set()
        try:
            if not problems:
                loop.run_forever()
        finally:
            loop.run_until_complete(_close(runners))
            loop.close()

    async def _listen(self, parts: t.Sequence[t.Iterable[web.RouteDef]], runners: list[web.AppRunner]) -> None:
        for scheme, listening, routes in zip(self._schemes, self._sockets, parts, strict=True):
            application = web.Application(client_max_size=_BODY_LIMIT)
            application.add_routes(routes)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GRACE_SECONDS)
            runners.append(runner)
            await runner.setup()
            tls = ca.server_context() if scheme == "https" else None
            await web.SockSite(runner, listening, ssl_context=tls, backlog=256).start()


async def _close(runners: t.Sequence[web.AppRunner]) -> None:
    """Stop serving, and end every connection at once: a caller that keeps one alive is not waited for."""
    handlers = [one for runner in runners if runner.server is not None for one in runner.server.connections]
    transports = [one.transport for one in handlers if one.transport is not None]
    await asyncio.gather(*(runner.cleanup() for runner in runners))
    for transport in transports:
        transport.abort()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.001)  # lets the transports of the operating system close

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What serves on loopback, in a thread of this process."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import typing as t

_PATIENCE_SECONDS: t.Final = 30.0
_THREADS: t.Final = 64

Step = t.Callable[[], t.Awaitable[None]]


class LoopThread:
    """An event loop in a thread of its own, called ``name``."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def started(self) -> bool:
        return self._thread is not None

    def start(self, begin: Step, end: Step) -> None:
        """Run; returns when ``begin`` is done, and raises what it raised. ``end`` is done last, whatever happened.

        Raises TimeoutError when ``begin`` takes more than half a minute.
        """
        ready = threading.Event()
        problems: list[BaseException] = []
        target = (begin, end, ready, problems)
        self._thread = threading.Thread(target=self._run, args=target, name=self._name, daemon=True)
        self._thread.start()
        if not ready.wait(_PATIENCE_SECONDS):
            raise TimeoutError(f"{self._name} did not start")
        if problems:
            raise problems[0]

    def stop(self) -> None:
        """End whatever runs in it. May be called twice, and when nothing was started."""
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)
        if self._thread is not None:
            self._thread.join(_PATIENCE_SECONDS)
            self._thread = None

    def do(self, work: t.Callable[[], t.Any]) -> t.Any:
        """Do it between two steps of what runs in it; at once when nothing runs."""
        if self._loop is None:
            return work()

        async def wrapped() -> t.Any:
            return work()

        return asyncio.run_coroutine_threadsafe(wrapped(), self._loop).result(_PATIENCE_SECONDS)

    def _run(self, begin: Step, end: Step, ready: threading.Event, problems: list[BaseException]) -> None:
        loop = asyncio.new_event_loop()
        # For what blocks (see asyncio.to_thread): by default there would be five or six threads, soon all in use.
        loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(_THREADS, self._name))
        try:
            loop.run_until_complete(_finished(begin))
            self._loop = loop
        except BaseException as problem:  # noqa: BLE001 - raised again where it was started
            problems.append(problem)
        ready.set()
        try:
            if not problems:
                loop.run_forever()
        finally:
            loop.run_until_complete(_finished(end))
            loop.run_until_complete(_cancel_others())
            loop.close()


async def _finished(step: Step) -> None:
    await step()


async def _cancel_others() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.001)  # lets the transports of the operating system close

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What is done once a run, however many ask for it, and what is done together."""

from __future__ import annotations

import asyncio
import typing as t

Key = t.TypeVar("Key", bound=t.Hashable)
Value = t.TypeVar("Value")


class Once(t.Generic[Key, Value]):
    """Finds the value for each key once: the first who asks does the work, all others wait for what comes of it.

    No task is made for it, so it costs next to nothing. If whoever does the work is cancelled, those who wait are too:
    in a run, everybody is cancelled at the same time or nobody.
    """

    def __init__(self) -> None:
        self._found: dict[Key, asyncio.Future[Value]] = {}

    async def get(self, key: Key, work: t.Callable[[], t.Awaitable[Value]]) -> Value:
        """Return what ``work`` finds for this key; what it raises is raised for all."""
        known = self._found.get(key)
        if known is not None:
            return known.result() if known.done() else await asyncio.shield(known)
        future = self._found[key] = asyncio.get_running_loop().create_future()
        try:
            value = await work()
        except asyncio.CancelledError:
            future.cancel()
            raise
        except BaseException as problem:
            future.set_exception(problem)
            future.exception()  # told to whoever waits, and to the caller: not a fault that nobody looked at
            raise
        future.set_result(value)
        return value


async def together(works: t.Sequence[t.Coroutine[t.Any, t.Any, Value]]) -> list[Value]:
    """Do all of these at the same time. Most often there is one, and a task for it would be waste."""
    if len(works) == 1:
        return [await works[0]]
    return list(await asyncio.gather(*works))

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Bytes to and from one address: the one place with sockets."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Fault

#: Bytes that are read at a time, and bytes that may wait for whoever reads them.
_PIECE = 16384
_MOST_WAITING = 128 * 1024
#: What the kernel says when there is no way to an address from here, IPv6 without a route included.
_NO_WAY = frozenset(
    {
        *(errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL),
        *(errno.EAFNOSUPPORT, errno.EACCES, errno.EPERM, errno.EPROTONOSUPPORT),
        errno.EINVAL,  # a link-local address, which says nothing without an interface
    }
)
_WORDS: t.Mapping[Fault, str] = {
    "refused": "the connection was refused",
    "unreachable": "there is no way to this address from here",
    "closed": "the connection was closed",
}


class Broken(Exception):
    """The connection is of no more use. ``detail`` is a few words for people, cleaned."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(fault, detail)
        self.fault: Fault = fault
        self.detail = detail or _WORDS.get(fault, "")


class Channel(t.Protocol):
    """Bytes in both directions, in clear or inside TLS. Both calls raise Broken."""

    async def send(self, data: bytes) -> None:
        """Hand these bytes over."""

    async def receive(self) -> bytes:
        """Return what has come, at least one byte; nothing at the end of the stream."""


class Stream:
    """A TCP connection. Made by ``connect``; ``close`` it in any case."""

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        self._sock = sock
        self._loop = loop
        self._received = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._watching = False
        self._ended = False
        self._problem: Broken | None = None
        self._watch()

    @classmethod
    async def connect(cls, address: str, port: int, timeout: float) -> Stream:
        """Connect within ``timeout`` seconds. Raises Broken: refused, timeout, unreachable or closed."""
        loop = asyncio.get_running_loop()
        sock: socket.socket | None = None
        try:
            sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            sock.setblocking(False)
            await asyncio.wait_for(loop.sock_connect(sock, (address, port)), timeout)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException as problem:
            if sock is not None:
                sock.close()
            if isinstance(problem, (asyncio.TimeoutError, TimeoutError)):
                raise Broken("timeout", f"no answer within {timeout:g} seconds") from None
            if isinstance(problem, OSError):
                raise _broken(problem) from None
            raise
        return cls(sock, loop)

    @property
    def local_address(self) -> str:
        """The address that the connection comes from, or an empty text when it is gone."""
        try:
            return str(self._sock.getsockname()[0])
        except OSError:
            return ""

    @contextlib.contextmanager
    def within(self, seconds: float) -> t.Iterator[None]:
        """Let everything inside take ``seconds`` at most, however slowly the bytes drip; then raise Broken: timeout.

        The timer ends the connection, which wakes whoever waits for it: cheaper than a task for each read, and the
        same on every Python. The connection is of no more use then.
        """
        timer = self._loop.call_later(seconds, self._expire, f"no answer within {seconds:g} seconds")
        try:
            yield
        finally:
            timer.cancel()

    def _expire(self, words: str) -> None:
        self._end(Broken("timeout", words))
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)  # wakes a send that waits as well

    async def send(self, data: bytes) -> None:
        """Send all of it. Raises Broken."""
        if self._problem is not None:
            raise self._problem
        try:
            await self._loop.sock_sendall(self._sock, data)
        except OSError as problem:
            raise self._fail(problem) from None

    async def receive(self) -> bytes:
        """Return what has come, nothing at the end of the stream. Raises Broken."""
        if not self._received and not self._ended:
            self._watch()
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._received:
            data = bytes(self._received)
            self._received.clear()
            return data
        if self._problem is not None:
            raise self._problem
        return b""

    def close(self) -> None:
        """End the connection; the other side reads the end of the stream after what was sent."""
        self._unwatch()
        self._sock.close()

    def _watch(self) -> None:
        """Have the loop tell what comes. It goes on doing so: cheaper than to ask anew for each piece."""
        if not self._watching:
            self._watching = True
            self._loop.add_reader(self._sock, self._readable)

    def _unwatch(self) -> None:
        if self._watching:
            self._watching = False
            self._loop.remove_reader(self._sock)

    def _readable(self) -> None:
        try:
            data = self._sock.recv(_PIECE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as problem:
            self._end(_broken(problem))
            return
        if not data:
            self._end(None)
            return
        self._received += data
        if len(self._received) > _MOST_WAITING:
            self._unwatch()  # until somebody has taken it
        self._wake()

    def _fail(self, problem: OSError) -> Broken:
        """What ended the connection first: the time that was over, or this."""
        broken = _broken(problem)
        self._end(broken)
        return self._problem or broken

    def _end(self, problem: Broken | None) -> None:
        self._unwatch()
        self._ended = True
        self._problem = self._problem or problem
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _broken(problem: OSError) -> Broken:
    if problem.errno == errno.ECONNREFUSED:
        return Broken("refused")
    if problem.errno == errno.ETIMEDOUT:  # the kernel was less patient than we are
        return Broken("timeout", "no answer")
    return Broken("unreachable" if problem.errno in _NO_WAY else "closed")

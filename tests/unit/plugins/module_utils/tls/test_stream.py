# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection: how it fails to come about, how it ends, and what a time-out does to it."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Fault
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.stream import Broken, Stream
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.smtp_peer import (
    PATIENCE,
    Visitor,
    closed_port,
    full_backlog,
    peer,
)

BRIEF = 0.3
LONG = 10.0


def fault_of(work: t.Coroutine[t.Any, t.Any, object]) -> tuple[Fault, str]:
    """How the work ends; it must."""
    with pytest.raises(Broken) as caught:
        asyncio.run(work)
    return caught.value.fault, caught.value.detail


async def exchange(port: int, data: bytes, seconds: float, *, address: str = "127.0.0.1") -> bytes:
    """Send, and read up to the end."""
    stream = await Stream.connect(address, port, LONG)
    found = b""
    try:
        with stream.within(seconds):
            await stream.send(data)
            while piece := await stream.receive():
                found += piece
    finally:
        stream.close()
    return found


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_bytes_go_both_ways_and_the_end_is_seen(family: socket.AddressFamily) -> None:
    def echo(visitor: Visitor) -> None:
        visitor.say(visitor.hear() + b" yourself")

    with peer(echo, family) as server:
        assert asyncio.run(exchange(server.port, b"hello\r\n", LONG, address=server.address)) == b"hello yourself"


def test_the_own_address_is_told_as_long_as_there_is_one() -> None:
    async def ask(port: int) -> tuple[str, str]:
        stream = await Stream.connect("127.0.0.1", port, LONG)
        before = stream.local_address
        stream.close()
        return before, stream.local_address

    with peer(Visitor.stay) as server:
        assert asyncio.run(ask(server.port)) == ("127.0.0.1", "")


def test_a_refused_connection() -> None:
    with closed_port() as port:
        assert fault_of(Stream.connect("127.0.0.1", port, LONG)) == ("refused", "the connection was refused")


def test_a_connection_that_is_never_answered() -> None:
    with full_backlog() as port:
        began = time.monotonic()
        assert fault_of(Stream.connect("127.0.0.1", port, BRIEF)) == ("timeout", "no answer within 0.3 seconds")
        assert BRIEF * 0.9 < time.monotonic() - began < LONG


@pytest.mark.parametrize("address", ["224.0.0.1", "ff02::1", "fe80::1"])
def test_an_address_without_a_way_to_it(address: str) -> None:
    """TCP to a multicast address has no route, whatever networks this machine has; fe80::1 lacks its interface."""
    fault, detail = fault_of(Stream.connect(address, 25, LONG))
    assert (fault, detail) == ("unreachable", "there is no way to this address from here")


def test_a_machine_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    # Family 255 is none: the kernel says EAFNOSUPPORT, as it does for IPv6 where that is switched off.
    monkeypatch.setattr(socket, "AF_INET6", 255)
    assert fault_of(Stream.connect("::1", 25, LONG))[0] == "unreachable"


def test_a_reset_connection_is_a_closed_one() -> None:
    def reset(visitor: Visitor) -> None:
        visitor.hear()
        visitor.reset()

    with peer(reset) as server:
        assert fault_of(exchange(server.port, b"hello\r\n", LONG)) == ("closed", "the connection was closed")


def test_silence_ends_with_the_time_out() -> None:
    with peer(Visitor.stay) as server:
        began = time.monotonic()
        assert fault_of(exchange(server.port, b"", BRIEF)) == ("timeout", "no answer within 0.3 seconds")
        assert BRIEF * 0.9 < time.monotonic() - began < LONG


def test_drops_of_bytes_do_not_put_off_the_time_out() -> None:
    with peer(lambda visitor: visitor.drip(b"x" * 2000, 0.02)) as server:
        began = time.monotonic()
        assert fault_of(exchange(server.port, b"", BRIEF))[0] == "timeout"
        assert time.monotonic() - began < LONG


def test_a_flood_does_not_put_off_the_time_out_nor_keep_others_waiting() -> None:
    def flood(visitor: Visitor) -> None:
        while True:
            visitor.say(b"x" * 65536)

    async def beside(port: int) -> int:
        """Count turns of the loop while another task drowns."""
        turns = 0
        drowning = asyncio.ensure_future(drain(port))
        while not drowning.done():
            await asyncio.sleep(0.01)
            turns += 1
        with pytest.raises(Broken, match="timeout"):
            drowning.result()
        return turns

    async def drain(port: int) -> None:
        stream = await Stream.connect("127.0.0.1", port, LONG)
        try:
            with stream.within(BRIEF):
                while await stream.receive():
                    pass
        finally:
            stream.close()

    with peer(flood) as server:
        began = time.monotonic()
        assert asyncio.run(beside(server.port)) >= 3
        assert time.monotonic() - began < LONG


def test_what_cannot_be_sent_ends_with_the_time_out() -> None:
    """The server reads nothing, and the buffers on the way are full."""
    done = threading.Event()
    with peer(lambda _visitor: done.wait(PATIENCE)) as server:
        try:
            assert fault_of(exchange(server.port, b"x" * 64_000_000, BRIEF))[0] == "timeout"
        finally:
            done.set()


def test_a_time_out_that_is_not_reached_leaves_no_trace() -> None:
    async def twice(port: int) -> bytes:
        stream = await Stream.connect("127.0.0.1", port, LONG)
        try:
            with stream.within(0.2):
                first = await stream.receive()
            await asyncio.sleep(0.4)
            with stream.within(LONG):
                await stream.send(b"more\r\n")
                return first + await stream.receive()
        finally:
            stream.close()

    def talk(visitor: Visitor) -> None:
        visitor.say(b"one ")
        visitor.hear()
        visitor.say(b"two")

    with peer(talk) as server:
        assert asyncio.run(twice(server.port)) == b"one two"


@pytest.mark.parametrize("work", ["connect", "receive"])
def test_a_cancelled_connection_is_closed(work: str) -> None:
    async def cancel(port: int) -> None:
        task = asyncio.ensure_future(exchange(port, b"hello\r\n", LONG))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    if work == "connect":
        with full_backlog() as port:
            asyncio.run(cancel(port))
    else:
        with peer(Visitor.stay) as server:
            asyncio.run(cancel(server.port))
            assert server.only.over.wait(PATIENCE)
    gc.collect()  # a socket that is left open is a ResourceWarning here

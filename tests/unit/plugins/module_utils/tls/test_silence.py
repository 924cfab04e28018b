# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A closed way out is noticed after some servers, and takes no verdict from those that answer."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.contacts import (
    ENOUGH_SILENCE,
    Contact,
    Contacts,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Host
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Settings

SILENT = ENOUGH_SILENCE + 8


@contextlib.contextmanager
def silence(count: int) -> t.Iterator[tuple[list[str], int]]:
    """Addresses at which connecting ends in nothing: the kernel drops what comes when a backlog is full."""
    addresses = [f"127.31.{number}.1" for number in range(count)]
    with contextlib.ExitStack() as stack:
        port = 0
        for address in addresses:
            listening = stack.enter_context(socket.socket())
            listening.bind((address, port))
            port = listening.getsockname()[1]
            listening.listen(0)
            for _turn in range(2):
                filling = stack.enter_context(socket.socket())
                filling.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    filling.connect((address, port))
        yield addresses, port


def contact(addresses: list[str], port: int) -> tuple[list[Contact], int]:
    async def run() -> tuple[list[Contact], int]:
        # One at a time, so that each knows what the ones before have met.
        contacts = Contacts(Settings(port=port, timeout=0.2, concurrency=1, allow_private=True), lambda *_: False)
        calls = [contacts.contact(Host(f"mx.partner{n}.test"), address) for n, address in enumerate(addresses)]
        return [await call for call in calls], contacts.connections

    return asyncio.run(run())


def test_after_enough_silence_the_rest_is_not_tried() -> None:
    with silence(SILENT) as (addresses, port):
        contacts, connections = contact(addresses, port)
    assert connections == ENOUGH_SILENCE
    failures = [one.session.failure for one in contacts]
    assert {(failure.step, failure.fault) for failure in failures if failure} == {("connect", "timeout")}
    assert [failure.detail for failure in failures if failure and failure.detail.startswith("not tried")] == [
        f"not tried, since none of {ENOUGH_SILENCE} other servers answered"
    ] * (SILENT - ENOUGH_SILENCE)


def test_one_server_that_answers_is_enough_to_go_on() -> None:
    with silence(SILENT) as (addresses, port), socket.socket() as answering:
        answering.bind(("127.31.200.1", port))
        answering.listen()
        answering.settimeout(30)
        _contacts, connections = contact(["127.31.200.1", *addresses], port)
    assert connections == SILENT + 1

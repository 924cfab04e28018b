# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""One command, or a batch of them, on its way to the admin API and back, judged."""

from __future__ import annotations

import threading
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _auth, _session, _wire
from ansible_collections.mailflow.exchange_online.plugins.module_utils._clouds import Endpoints
from ansible_collections.mailflow.exchange_online.plugins.module_utils._judge import (
    LOST_ITEM,
    Fault,
    Page,
    Reading,
    judge,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._retry import cmdlet_kind
from ansible_collections.mailflow.exchange_online.plugins.module_utils._sender import Request, Sender
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Call, Item

_BATCH = Call("$batch", {})


class Ask(t.NamedTuple):
    """A command, and the address of the page it asks for; None is where commands usually go."""

    call: Call
    url: str | None = None


class Transfer:
    """Sends for one client. Both methods raise ExchangeError when there is no token."""

    def __init__(self, sender: Sender, where: Endpoints) -> None:
        self._sender = sender
        self._where = where
        self._lock = threading.Lock()
        self._pages: dict[tuple[str, int], tuple[object, Page]] = {}

    def single(self, ask: Ask) -> Page | Fault:
        """Send one command."""
        call = ask.call
        body = _wire.encode(_wire.envelope(call))

        def make(_token: _auth.Token, tenant: str, headers: dict[str, str]) -> Request:
            target = ask.url or _wire.invoke_url(self._where.api, tenant)
            return Request(target, {**headers, "X-CmdletName": call.cmdlet}, body)

        def read(reply: _session.Reply, token: _auth.Token) -> Page | Fault:
            content = _wire.read_body(reply.body, reply.damaged)
            return judged(Reading(call, reply.status, reply.headers, content, token, self._where.resource))

        def read_once(reply: _session.Reply, token: _auth.Token) -> Page | Fault:
            """Several questions about connectors mostly have the same answer, which is long: byte for byte."""
            answer, place = (reply.status, reply.damaged, call.members, reply.body), (call.cmdlet, len(reply.body))
            with self._lock:
                known, page = self._pages.get(place, (None, None))
                if page is not None and known == answer:
                    return page
                result = read(reply, token)
                if isinstance(result, Page):
                    self._pages[place] = answer, result
            return result

        kind = cmdlet_kind(call.cmdlet)
        return self._sender.send(kind, make, read_once if kind == "read" else read)

    def forget(self) -> None:
        """Let go of the answers that may come again to questions asked side by side."""
        with self._lock:
            self._pages.clear()

    def batch(self, asks: t.Mapping[str, Ask]) -> dict[str, Page | Fault] | Fault:
        """Send commands by their ids as one request; a Fault is one of the batch as a whole."""

        def make(_token: _auth.Token, tenant: str, headers: dict[str, str]) -> Request:
            usual = _wire.invoke_url(self._where.api, tenant)
            content = _wire.batch({name: (ask.call, ask.url or usual) for name, ask in asks.items()}, headers)
            return Request(
                _wire.batch_url(self._where.api, tenant), _wire.batch_headers(headers), _wire.encode(content)
            )

        def read(reply: _session.Reply, token: _auth.Token) -> dict[str, Page | Fault] | Fault:
            content = _wire.read_body(reply.body, reply.damaged)
            whole = judged(Reading(_BATCH, reply.status, reply.headers, content, token, self._where.resource))
            if isinstance(whole, Fault):
                return whole
            items = _wire.read_batch(content, asks)
            if items is None:
                return Fault("unreadable", "the answer is not one to a batch")
            return {name: self._judge_item(asks[name].call, item, reply, token) for name, item in items.items()}

        return self._sender.send("other", make, read)

    def _judge_item(self, call: Call, item: Item | None, reply: _session.Reply, token: _auth.Token) -> Page | Fault:
        if item is None:
            return LOST_ITEM
        shared = ("request-id", "x-ms-request-id", "date")
        traced = {name: value for name, value in reply.headers.items() if name in shared}
        headers = {**traced, **item.headers}
        # The service itself says 200 here, and that it has nothing to return; alone it would be a 204.
        status = 204 if item.status == 200 and item.body.state == "empty" else item.status
        return judged(Reading(call, status, headers, item.body, token, self._where.resource))


def judged(reading: Reading) -> Page | Fault:
    """Return what an answer means, whatever it is."""
    try:
        return judge(reading)
    except RecursionError:
        return Fault("unreadable", "the answer is nested too deeply")

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Sends the steps of a qualification by the way that every module takes, and keeps what came, whatever it was."""

from __future__ import annotations

import typing as t
import uuid

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _wire
from ansible_collections.mailflow.exchange_online.plugins.module_utils._auth import Token
from ansible_collections.mailflow.exchange_online.plugins.module_utils._clouds import Endpoints
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._judge import Fault, Reading, judge
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import (
    FAILED,
    Exchange,
    Step,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._retry import classify, cmdlet_kind
from ansible_collections.mailflow.exchange_online.plugins.module_utils._sender import Pace, Request, Sender
from ansible_collections.mailflow.exchange_online.plugins.module_utils._session import Reply
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Call

_BATCH = Call("$batch", {})
#: Answers that are what was asked for; after any other one it is not known where things stand.
_TOLD = ("refused", "forbidden", "partial")
#: As much of an answer that is no JSON as is worth keeping.
_OTHER = 300


class Wire:
    """Keeps ``exchanges``, those among them that were tried again, and the ``claims`` of the last token."""

    def __init__(self, sender: Sender, where: Endpoints, pace: Pace) -> None:
        self._sender = sender
        self._where = where
        self._pace = pace
        self._begun = pace.clock()
        self.exchanges: list[Exchange] = []
        self.claims: t.Mapping[str, t.Any] = {}
        self.secrets: set[str] = set()

    def ask(self, step: Step, calls: t.Sequence[Call], link: str | None) -> Exchange:
        """Send a step, its calls filled in. Raises ExchangeError when the answer does not tell where things stand."""
        sent_at = self._pace.clock()

        def make(token: Token, tenant: str, headers: dict[str, str]) -> Request:
            nonlocal sent_at
            sent_at = self._pace.clock()
            self.claims = token.claims
            self.secrets.update((token.value, tenant))
            return self._request(step, calls, tenant, headers, link)

        def read(reply: Reply, token: Token) -> Exchange | Fault:
            fault = self._fault(calls, reply, token)
            exchange = self._keep(step, calls, reply, sent_at, told=fault is None)
            return fault or exchange

        call = calls[0] if len(calls) == 1 else _BATCH
        result = self._sender.send(cmdlet_kind(calls[0].cmdlet), make, read)
        if isinstance(result, Fault):
            raise result.error(call)
        return result

    def _fault(self, calls: t.Sequence[Call], reply: Reply, token: Token) -> Fault | None:
        """What is wrong with an answer that does not tell where things stand."""
        if len(calls) > 1:
            failure = None if reply.status < 400 else classify(reply.status)
            verdict = None if failure is None else Fault(failure, f"the service answered HTTP {reply.status}")
        else:
            body = _wire.read_body(reply.body, reply.damaged)
            judged = judge(Reading(calls[0], reply.status, reply.headers, body, token, self._where.resource))
            verdict = judged if isinstance(judged, Fault) else None
        return None if verdict is None or verdict.failure in _TOLD else verdict

    def _request(
        self, step: Step, calls: t.Sequence[Call], tenant: str, headers: dict[str, str], link: str | None
    ) -> Request:
        usual = _wire.invoke_url(self._where.api, tenant)
        if len(calls) > 1:
            common = {name: value for name, value in headers.items() if step.bearer or name != "Authorization"}
            content = _wire.batch({str(uuid.uuid4()): (call, usual) for call in calls}, common)
            return Request(
                _wire.batch_url(self._where.api, tenant),
                _changed(_wire.batch_headers(headers), step.headers),
                _wire.encode(content),
            )
        url = _wire.invoke_url(self._where.api, tenant, calls[0].members)
        if link is not None:
            safe = _wire.safe_link(link, usual)
            if safe is None:
                raise ExchangeError("incomplete", "The link to the next page leads away from api_url; not followed.")
            url = safe
        own = _changed({**headers, "X-CmdletName": calls[0].cmdlet}, step.headers)
        return Request(url, own, _wire.encode(_wire.envelope(calls[0])))

    def _keep(self, step: Step, calls: t.Sequence[Call], reply: Reply, sent_at: float, *, told: bool) -> Exchange:
        body = _wire.read_body(reply.body, reply.damaged)
        now = self._pace.clock()
        exchange = Exchange(
            number=len(self.exchanges) + 1,
            step=step.key if told else f"{step.key}{FAILED}",
            calls=tuple(calls),
            asked=step.unusual,
            status=reply.status,
            headers=reply.headers,
            body=body.value if body.state == "json" else None,
            other="" if body.state == "json" else _told(reply.body),
            at=now - self._begun,
            seconds=now - sent_at,
        )
        self.exchanges.append(exchange)
        return exchange


def _changed(headers: t.Mapping[str, str], other: t.Mapping[str, str | None]) -> dict[str, str]:
    merged: dict[str, str | None] = {**headers, **other}
    return {name: value for name, value in merged.items() if value is not None}


def _told(content: bytes) -> str:
    """What an answer is that is no JSON."""
    if not content:
        return ""
    if not content.strip(b"\x00"):
        return f"{len(content)} bytes, all of them NUL"
    if content.lstrip().startswith(b"--"):
        return f"{len(content)} bytes in parts (multipart)"
    return _wire.one_line(content.decode("utf-8", "replace"), _OTHER)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Sending one request until it is settled: tokens, tries, pauses, and how many at a time."""

from __future__ import annotations

import dataclasses
import random
import threading
import time
import typing as t
import uuid

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _retry, _wire
from ansible_collections.mailflow.exchange_online.plugins.module_utils._auth import Token, TokenSource
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._judge import Fault, no_answer
from ansible_collections.mailflow.exchange_online.plugins.module_utils._limiter import Limiter
from ansible_collections.mailflow.exchange_online.plugins.module_utils._retry import CmdletKind
from ansible_collections.mailflow.exchange_online.plugins.module_utils._session import Http, Reply, TransportFailure

Result = t.TypeVar("Result")


class Request(t.NamedTuple):
    """A POST to the admin API."""

    url: str
    headers: t.Mapping[str, str]
    body: bytes


@dataclasses.dataclass(frozen=True)
class Pace:
    """Time and chance, given so that tests need not wait. ``now`` is seconds since 1970."""

    sleep: t.Callable[[float], None] = time.sleep
    clock: t.Callable[[], float] = time.monotonic
    now: t.Callable[[], float] = time.time
    random: t.Callable[[], float] = random.random


class Sender:
    """Sends requests for one client. Safe to use from several threads. ``requests`` counts those that went out."""

    def __init__(
        self, http: Http, tokens: TokenSource, *, tenant_id: str | None, retries: int, concurrency: int, pace: Pace
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._tenant_id = tenant_id
        self._retries = retries
        self._pace = pace
        self._backoff = _retry.Backoff()
        self._limiter = Limiter(concurrency, sleep=pace.sleep, clock=pace.clock)
        self._connection_id = str(uuid.uuid4())
        self._lock = threading.Lock()
        self._shut: Fault | None = None
        self.requests = 0

    def send(
        self,
        kind: CmdletKind,
        make: t.Callable[[Token, str, dict[str, str]], Request],
        judge: t.Callable[[Reply, Token], Result | Fault],
    ) -> Result | Fault:
        """Send what ``make`` makes of token, tenant and headers until ``judge`` finds it good, or trying ends.

        Raises ExchangeError when there is no token.
        """
        tries, renewed = 0, False
        while True:
            if self._shut is not None:
                return self._shut
            token = self._tokens.token()
            wave, result = self._once(kind, make, judge, token)
            if not isinstance(result, Fault):
                self._limiter.succeeded()
                return result
            action = _retry.decide(kind, result.failure)
            if action == "reauthenticate":
                if renewed or self._tokens.refresh(token, result.claims) is None:
                    self._shut = result  # every further request would end the same way
                    return result
                renewed = True
                continue
            tries += 1
            if action != "retry" or tries >= self._retries:
                return result
            wish = _retry.retry_after(result.retry_after, self._pace.now())
            if self._backoff.delay(tries, wish, 0.0) is None:
                return dataclasses.replace(
                    result, words=f"{result.words}; it asks to wait {wish or 0:.0f} s, so run again after that"
                )
            self.pause(result, tries, wave)

    def tenant(self) -> str:
        """Return the tenant as it stands in addresses, signing in first. Raises ExchangeError."""
        return self._tenant(self._tokens.token())

    def pause(self, fault: Fault, tries: int = 1, wave: int | None = None) -> None:
        """Wait before the next try. Throttling makes all requests of this client wait."""
        wish = _retry.retry_after(fault.retry_after, self._pace.now())
        delay = self._backoff.delay(tries, wish, self._pace.random()) or 0.0
        if fault.failure == "throttled":
            self._limiter.throttled(wave, delay)
        else:
            self._pace.sleep(delay)

    def _once(
        self,
        kind: CmdletKind,
        make: t.Callable[[Token, str, dict[str, str]], Request],
        judge: t.Callable[[Reply, Token], Result | Fault],
        token: Token,
    ) -> tuple[int, Result | Fault]:
        tenant = self._tenant(token)
        headers = _wire.headers(token.value, tenant, self._connection_id, str(uuid.uuid4()))
        request = make(token, tenant, headers)
        with self._limiter.slot() as wave:
            try:
                reply = self._http.send(
                    "POST",
                    request.url,
                    headers=request.headers,
                    body=request.body,
                    patience=_retry.PATIENCE.get(kind, 0.0),
                )
            except TransportFailure as problem:
                if problem.kind not in ("never_connected", "untrusted"):
                    self._count()
                return wave, no_answer(problem)
        self._count()
        return wave, judge(reply, token)

    def _count(self) -> None:
        with self._lock:
            self.requests += 1

    def _tenant(self, token: Token) -> str:
        """The tenant's GUID from the token, which cannot be mistyped, else the option."""
        tenant = token.tenant or self._tenant_id
        if tenant is None:
            raise InputError(
                ["tenant_id: the token does not tell which tenant it is for; set tenant_id or EXO_TENANT_ID."]
            )
        return tenant

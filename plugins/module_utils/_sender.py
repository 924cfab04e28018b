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
            token = self._tokens.token()
            result = self._once(kind, make, judge, token, tries + 1)
            if not isinstance(result, Fault):
                self._limiter.succeeded()
                return result
            if result is self._shut:  # every further request would end the same way
                return result
            action = _retry.decide(kind, result.failure)
            if action == "reauthenticate":
                if renewed or self._tokens.refresh(token, result.claims) is None:
                    self._shut = result
                    return result
                renewed = True
                continue
            tries += 1
            if action != "retry" or tries >= self._retries:
                return result
            if not self._holds_all(result):
                self._pace.sleep(self._delay(result, tries))

    def tenant(self) -> str:
        """Return the tenant as it stands in addresses, signing in first. Raises ExchangeError."""
        return self._tenant(self._tokens.token())

    def pause(self, faults: t.Sequence[Fault]) -> None:
        """Wait before what a batch put off is asked for again: as long as the most patient of its items wishes."""
        for fault in faults:
            self._hold(fault, None, 1)
        if not any(self._holds_all(fault) for fault in faults):
            self._pace.sleep(max(self._delay(fault, 1) for fault in faults))

    def _hold(self, fault: Fault, wave: int | None, tries: int) -> Fault:
        """Make all requests of this client wait where the service wants it, or end them where it wants too much.

        Also when this was the last try: others are still to be sent, and the wish is meant for them as well.
        """
        if not self._holds_all(fault):
            return fault
        wish = _retry.retry_after(fault.retry_after, self._pace.now())
        if self._backoff.delay(tries, wish, 0.0) is None:
            words = f"{fault.words}; it asks to wait {wish or 0:.0f} s, so run again after that"
            self._shut = dataclasses.replace(fault, words=words)
            return self._shut
        self._limiter.throttled(wave, self._delay(fault, tries))
        return fault

    def _holds_all(self, fault: Fault) -> bool:
        """Whether it concerns more than one request: too many of them, or a service that says when it is back."""
        wish = _retry.retry_after(fault.retry_after, self._pace.now())
        return fault.failure == "throttled" or (fault.failure == "busy" and wish is not None)

    def _delay(self, fault: Fault, tries: int) -> float:
        wish = _retry.retry_after(fault.retry_after, self._pace.now())
        return self._backoff.delay(tries, wish, self._pace.random()) or 0.0

    def _once(
        self,
        kind: CmdletKind,
        make: t.Callable[[Token, str, dict[str, str]], Request],
        judge: t.Callable[[Reply, Token], Result | Fault],
        token: Token,
        tries: int,
    ) -> Result | Fault:
        tenant = self._tenant(token)
        headers = _wire.headers(token.value, tenant, self._connection_id, str(uuid.uuid4()))
        request = make(token, tenant, headers)
        with self._limiter.slot() as wave:
            if self._shut is not None:
                return self._shut
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
                return no_answer(problem)
            self._count()
            result = judge(reply, token)
            if isinstance(result, Fault):
                return self._hold(result, wave, tries)  # before the next request gets this place
        return result

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

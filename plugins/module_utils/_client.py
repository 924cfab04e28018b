# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The client of the Exchange Online admin API: commands in, settled answers out."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import threading
import typing as t
import uuid

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _auth, _deps, _session, _wire
from ansible_collections.mailflow.exchange_online.plugins.module_utils._argspec import limit_problems
from ansible_collections.mailflow.exchange_online.plugins.module_utils._clouds import Endpoints, endpoints
from ansible_collections.mailflow.exchange_online.plugins.module_utils._credential import choose
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._judge import Fault, Page
from ansible_collections.mailflow.exchange_online.plugins.module_utils._listing import Listing, Selection
from ansible_collections.mailflow.exchange_online.plugins.module_utils._retry import cmdlet_kind, decide
from ansible_collections.mailflow.exchange_online.plugins.module_utils._sender import Pace, Sender
from ansible_collections.mailflow.exchange_online.plugins.module_utils._transfer import Ask, Transfer
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Answer, Call

__all__ = ["Answer", "Call", "Client", "Done", "NotSent", "Outcome", "Pace", "Refused", "Unknown", "open_client"]

#: Answers by which a deployment says that it knows no batches, or not such ones. Nothing of the batch was run.
_NO_BATCHES = (400, 403, 404, 405, 413, 501)

_In = t.TypeVar("_In")
_Out = t.TypeVar("_Out")


@dataclasses.dataclass(frozen=True)
class Done:
    """The command took effect."""

    answer: Answer


@dataclasses.dataclass(frozen=True)
class Refused:
    """The command did not take effect."""

    error: ExchangeError


@dataclasses.dataclass(frozen=True)
class Unknown:
    """The command was sent, and nothing tells whether it took effect: read again before anything else."""

    error: ExchangeError


@dataclasses.dataclass(frozen=True)
class NotSent:
    """The command was not sent."""

    reason: str


Outcome = t.Union[Done, Refused, Unknown, NotSent]


class Client:
    """One tenant's admin API. ``warnings`` are sentences for the user, of the service and of our own."""

    def __init__(
        self, sender: Sender, where: Endpoints, *, concurrency: int, batch_size: int, warnings: t.Sequence[str] = ()
    ) -> None:
        self._sender = sender
        self._where = where
        self._transfer = Transfer(sender, where)
        self._concurrency = concurrency
        self._batch_size = batch_size
        self._selection = Selection()
        self._lock = threading.Lock()
        self.warnings: list[str] = list(warnings)

    @property
    def requests(self) -> int:
        """How many HTTP requests were sent to the admin API so far, sign-in apart."""
        return self._sender.requests

    def read_all(self, calls: t.Sequence[Call]) -> list[Answer]:
        """Return the whole answer of each Get-* command, every page of it, in the order of the calls.

        Raises ExchangeError when any of it could not be read whole (kind ``incomplete`` or ``unreadable``).
        """
        return self._read_by(self._read, calls)

    def read_each(self, calls: t.Sequence[Call]) -> list[Answer | ExchangeError]:
        """Return the same, with the error in the place of an answer that could not be read whole."""
        return self._read_by(self._tried, calls)

    def write_all(
        self,
        calls: t.Sequence[Call],
        *,
        stop_on_failure: bool = False,
        on_done: t.Callable[[int], object] = lambda _number: None,
    ) -> list[Outcome]:
        """Run the commands and return their outcomes in the order of the calls.

        They run side by side and in batches where that is allowed; with ``stop_on_failure`` one after the other, so
        that nothing is sent once one was not Done. ``on_done`` is told how many more have come back, in some thread.
        """

        def write(chunk: t.Sequence[Call]) -> list[Outcome]:
            outcomes = self._write_chunk(chunk)
            on_done(len(chunk))
            return outcomes

        if stop_on_failure:
            return self._one_by_one(calls, on_done)
        size = self._batch_size
        chunks = [calls[start : start + size] for start in range(0, len(calls), size)]
        return [outcome for outcomes in self.side_by_side(write, chunks) for outcome in outcomes]

    def side_by_side(self, work: t.Callable[[_In], _Out], items: t.Sequence[_In]) -> list[_Out]:
        """Do ``work`` for each item, as many at a time as requests may be in flight; results in the order of items."""
        if len(items) < 2 or self._concurrency == 1:
            return [work(item) for item in items]
        with concurrent.futures.ThreadPoolExecutor(min(self._concurrency, len(items))) as pool:
            futures = [pool.submit(work, item) for item in items]
            try:
                return [future.result() for future in futures]
            finally:
                for future in futures:
                    future.cancel()  # after a failure those that wait need not start

    def _read_by(self, read: t.Callable[[Call], _Out], calls: t.Sequence[Call]) -> list[Answer | _Out]:
        if self._batch_size > 1 and len(calls) > 1:
            answers = self._read_batched(calls)
            if answers is not None:
                return [*answers]
        # Reading does no harm, so whatever went wrong in a batch is found out again one by one.
        try:
            return [*self.side_by_side(read, calls)]
        finally:
            self._transfer.forget()

    def _tried(self, call: Call) -> Answer | ExchangeError:
        try:
            return self._read(call)
        except ExchangeError as problem:
            return problem

    def _read(self, call: Call) -> Answer:
        listing = self._listing(call)
        while listing.url is not None:
            page = self._transfer.single(Ask(call, listing.url))
            if listing.falls_short(page):
                listing = self._listing(call)
                continue
            if isinstance(page, Fault):
                raise page.error(call)
            listing.take(page)
        self._note(listing.answer.warnings)
        return listing.answer

    def _read_batched(self, calls: t.Sequence[Call]) -> list[Answer] | None:
        """Read lists side by side, one batch for a page of each; None where any of it did not go well."""
        listings = [self._listing(call) for call in calls]
        while wanting := [listing for listing in listings if listing.url is not None]:
            for start in range(0, len(wanting), self._batch_size):
                named = {str(uuid.uuid4()): listing for listing in wanting[start : start + self._batch_size]}
                result = self._transfer.batch({name: Ask(one.call, one.url) for name, one in named.items()})
                if isinstance(result, Fault):
                    self._learn(result)
                    return None
                put_off = [fault for name, one in named.items() for fault in _put_off(one.call, result[name])]
                if put_off:
                    self._sender.pause(put_off)
                for name, listing in named.items():
                    page = result[name]
                    if listing.falls_short(page) or isinstance(page, Fault):
                        return None
                    listing.take(page)
        for listing in listings:
            self._note(listing.answer.warnings)
        return [listing.answer for listing in listings]

    def _listing(self, call: Call) -> Listing:
        tenant = self._sender.tenant()
        return Listing(call, lambda members: _wire.invoke_url(self._where.api, tenant, members), self._selection)

    def _learn(self, fault: Fault) -> bool:
        """Whether the batch was refused as such, so that none of it was run; there are no more batches then."""
        final = fault.failure in ("refused", "forbidden")
        refused = final and fault.facts.get("http_status") in _NO_BATCHES
        if refused or fault.failure == "unreadable":
            self._batch_size = 1  # for the rest of the run
        return refused

    def _write(self, call: Call) -> Outcome:
        try:
            result = self._transfer.single(Ask(call))
        except ExchangeError as problem:  # there is no token, so nothing was sent
            return Refused(problem)
        return self._outcome(call, result)

    def _one_by_one(self, calls: t.Sequence[Call], on_done: t.Callable[[int], object]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for call in calls:
            outcome = self._write(call)
            outcomes.append(outcome)
            on_done(1)
            if not isinstance(outcome, Done):
                rest: Outcome = NotSent(f"nothing more was sent after {call.label} was not done")
                return outcomes + [rest] * (len(calls) - len(outcomes))
        return outcomes

    def _write_chunk(self, calls: t.Sequence[Call]) -> list[Outcome]:
        """Run commands as one batch; those that the service put off are run singly afterwards."""
        if self._batch_size == 1 or len(calls) == 1:
            return [self._write(call) for call in calls]
        named = {str(uuid.uuid4()): call for call in calls}
        try:
            result = self._transfer.batch({name: Ask(call) for name, call in named.items()})
        except ExchangeError as problem:
            return [Refused(problem) for _call in calls]
        if isinstance(result, Fault):
            if self._learn(result):
                return [self._write(call) for call in calls]
            return [self._outcome(call, result) for call in calls]
        put_off = [fault for name, call in named.items() for fault in _put_off(call, result[name])]
        if put_off:
            self._sender.pause(put_off)
        return [
            self._write(call) if _put_off(call, result[name]) else self._outcome(call, result[name])
            for name, call in named.items()
        ]

    def _outcome(self, call: Call, result: Page | Fault) -> Outcome:
        if isinstance(result, Page):
            answer = Answer(result.value, result.warnings)
            self._note(answer.warnings)
            return Done(answer)
        if decide(cmdlet_kind(call.cmdlet), result.failure) == "reread":
            return Unknown(result.error(call))
        return Refused(result.error(call))

    def _note(self, warnings: t.Sequence[str]) -> None:
        with self._lock:
            self.warnings += [text for text in warnings if text not in self.warnings]


def _put_off(call: Call, result: Page | Fault) -> list[Fault]:
    """The fault of an item of a batch that was surely not run and may be asked for again, alone; or none."""
    if isinstance(result, Page):
        return []
    return [result] if decide(cmdlet_kind(call.cmdlet), result.failure) in ("retry", "reauthenticate") else []


def open_client(
    options: t.Mapping[str, t.Any], on_secret: t.Callable[[str], None], *, pace: Pace | None = None
) -> Client:
    """Return a client for the validated options of a module; see open_sender."""
    sender, where, warnings = open_sender(options, on_secret, pace or Pace())
    concurrency, batch_size = options.get("concurrency") or 4, options.get("batch_size") or 1
    return Client(sender, where, concurrency=concurrency, batch_size=batch_size, warnings=warnings)


def open_sender(
    options: t.Mapping[str, t.Any], on_secret: t.Callable[[str], None], pace: Pace
) -> tuple[Sender, Endpoints, list[str]]:
    """Return what sends requests for the validated options of a module, where to, and warnings. Nothing is sent yet.

    ``on_secret`` is told every secret that comes up on the way. Raises ExchangeError of kind ``input`` or
    ``dependency``, with a sentence for each option that cannot be used.
    """
    _deps.require(options)
    problems = limit_problems(options)
    if problems:
        raise InputError(problems)
    where = endpoints(options.get("cloud") or "worldwide", options.get("api_url"), options.get("authority_url"))
    credential = choose(options)
    trust = _session.trust_of(options)
    timeout = float(options.get("timeout") or 60)
    retries, concurrency = options.get("retries") or 5, options.get("concurrency") or 4
    identity = credential.method == "managed_identity"
    # The identity endpoint is on this host: no proxy leads there, and it answers at once or never.
    sign_in = _session.Http(trust=trust, timeout=min(timeout, 10.0) if identity else timeout, proxies=not identity)
    tokens = _auth.TokenSource(
        credential,
        where,
        sign_in,
        on_secret=on_secret,
        tries=_auth.Tries(min(retries, _auth.MOST_TRIES), pace.sleep, pace.now, pace.random),
    )
    http = _session.Http(trust=trust, timeout=timeout, connections=concurrency)
    sender = Sender(http, tokens, tenant_id=credential.tenant_id, retries=retries, concurrency=concurrency, pace=pace)
    return sender, where, tokens.warnings

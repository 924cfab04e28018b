# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant of the lab without sockets: the product's requests go straight to the lab's admin API, in one thread.

It is the lab's own service, state and faults; only HTTP, whose ways to fail are for other tests, is played. Time stands
still unless it is put forward, and a run can die at a chosen request.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import pathlib
import typing as t
import urllib.parse
from unittest import mock

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _client, _deps, _session
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import apply, programs
from ansible_collections.mailflow.exchange_online.plugins.module_utils._program import carry_out
from ansible_collections.mailflow.exchange_online.plugins.module_utils._session import Reply, TransportFailure
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation import program as validation
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation import runner
from ansible_collections.mailflow.exchange_online.tests.integration.model_coverage import Coverage, coverage_of
from ansible_collections.mailflow.exchange_online.tests.lab.building import build
from ansible_collections.mailflow.exchange_online.tests.lab.exchange import cmdlets_write
from ansible_collections.mailflow.exchange_online.tests.lab.exchange.command import target_of
from ansible_collections.mailflow.exchange_online.tests.lab.exchange.records import Record
from ansible_collections.mailflow.exchange_online.tests.lab.exchange.seeding import seed_inbound, seed_outbound
from ansible_collections.mailflow.exchange_online.tests.lab.exchange.service import Handled, Request, Service
from ansible_collections.mailflow.exchange_online.tests.lab.fault_actions import ACTIONS
from ansible_collections.mailflow.exchange_online.tests.lab.faults import Fault
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.shapes import Attempt, Envelope, Reached, Route
from ansible_collections.mailflow.exchange_online.tests.lab.seeds import load_seed
from ansible_collections.mailflow.exchange_online.tests.lab.world import Urls

Values = dict[str, t.Any]

HOST = "exchange.test"
PROGRAMS = {
    "connector_info": programs.CONNECTOR_INFO,
    "connectors": programs.CONNECTORS,
    "tls_validation": validation.TLS_VALIDATION,
}
NOUNS = {"outbound": "OutboundConnector", "inbound": "InboundConnector"}
_START = dt.datetime(2026, 11, 26, 8, tzinfo=dt.timezone.utc)
_LIFETIME = 1e9


class KilledError(BaseException):
    """The run dies here. No product code catches it, and whatever cleans up after it reaches nobody any more."""


class Partners:
    """The way to the partners: who is in ``deaf`` takes no mail."""

    def __init__(self) -> None:
        self.deaf: set[str] = set()

    def attempt(self, route: Route, envelope: Envelope) -> Attempt:
        if envelope.domain in self.deaf:
            return Attempt("failed", "550 5.7.1 no", "model")
        return Attempt("delivered", "250 2.0.0 taken", "model", encrypted=True)

    def reach(self, host: str) -> Reached:
        return Reached(host, True, ())


class ModelTenant:
    """One tenant, and the time. ``moments`` is what was covered after each write since ``begin``."""

    def __init__(self) -> None:
        app = {"secret": False, "certificate": False, "federated": False}
        seed = load_seed({"tenants": [{"apps": [app]}]})
        urls = Urls(f"https://{HOST}", f"https://{HOST}", f"https://{HOST}", f"https://{HOST}")
        self.world = build(seed, urls, pathlib.Path("unused"), {}, 0.0)
        self._tenant = next(iter(self.world.tenants.values()))
        self.state = self._tenant.exchange
        self.partners = self.state.transport = Partners()
        self.moments: list[Coverage] = []
        #: The same in words.
        self.told: list[str] = []
        self.requests = 0
        self._die_at, self._late, self._cut = 0, False, False
        self._skipped = 0.0
        self._service = Service(self.world)
        self._loop = asyncio.new_event_loop()
        self._app = next(iter(self._tenant.identity.apps.values()))
        self._token = self.world.tokens.issue(
            self._tenant.identity, self._app, "https://outlook.office365.com", lifetime=_LIFETIME
        )
        self._write, self.state.write = self.state.write, self._seen_write  # type: ignore[method-assign]

    def close(self) -> None:
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    # -- time ----------------------------------------------------------------------------------------------------------

    def now(self) -> dt.datetime:
        return (_START + dt.timedelta(seconds=self._skipped)).replace(microsecond=0)

    def pass_by(self, seconds: float) -> None:
        """Let time pass; nobody waits for it."""
        self._skipped += seconds

    # -- runs ----------------------------------------------------------------------------------------------------------

    def begin(self, *, die_at: int = 0, late: bool = False, cut: bool = False) -> Coverage:
        """Begin a run, which may die at a request, before or (late) after that was carried out.

        ``cut``: it lives on, and the network is gone for good from there.
        """
        self._cut = cut
        self.moments, self.told, self.requests = [], [], 0
        self._die_at, self._late = die_at, late
        return coverage_of(self.state)

    def connection(self) -> Values:
        return {
            "tenant_id": self._tenant.identity.tenant_id,
            "api_url": f"https://{HOST}",
            "access_token": self._token,
            "concurrency": 1,
        }

    def module(self, name: str, options: Values, *, check: bool = False) -> Values:
        """Run a module as it runs inside the controller."""
        checked = ArgumentSpecValidator(**PROGRAMS[name].spec.kwargs()).validate(options)
        assert not checked.error_messages, checked.error_messages
        ending = carry_out(
            PROGRAMS[name].runner,
            checked.validated_parameters,
            check_mode=check,
            on_secret=lambda _secret: None,
            on_progress=lambda _text: None,
        )
        assert (ending.values.get("error") or {}).get("kind") != "internal", ending.message
        failed = {} if ending.message is None else {"failed": True, "msg": ending.message}
        return {**ending.values, **failed, "warnings": [*ending.warnings]}

    def patched(self) -> t.Iterator[mock._patch[t.Any]]:
        """What takes the place of HTTP and of the time in the product, and of the time in the lab."""
        pace = _client.Pace(
            sleep=self.pass_by,
            clock=lambda: self._skipped,
            now=lambda: self.now().timestamp(),
            random=lambda: 0.5,
        )
        yield mock.patch.object(_session, "Http", return_value=self)
        yield mock.patch.object(_client, "Pace", return_value=pace)
        yield mock.patch.object(runner, "Pace", return_value=pace)
        yield mock.patch.object(apply, "PAUSES", (0.0,) * len(apply.PAUSES))
        # It looks through the whole environment each time.
        yield mock.patch.object(_deps, "missing", return_value=None)
        yield mock.patch.object(cmdlets_write, "utc_now", self.now)
        yield mock.patch.object(self.world.clock, "now", self.now)

    # -- what takes the place of HTTP ----------------------------------------------------------------------------------

    def send(
        self, method: str, url: str, *, headers: t.Mapping[str, str], body: bytes | None = None, patience: float = 0.0
    ) -> Reply:
        """Take the request to the lab's service, and bring its answer as HTTP would."""
        self.requests += 1
        if self._die_at and self.requests >= self._die_at:
            if self._late and self.requests == self._die_at:
                self._handle(method, url, headers, body or b"")
            if not self._cut:
                raise KilledError
            if self.requests == self._die_at:
                raise TransportFailure("lost", "the connection ended before the answer")
            raise TransportFailure("never_connected", "no connection (Network is unreachable)")
        handled = self._handle(method, url, headers, body or b"")
        fault = handled.fault
        if fault is None or not ACTIONS[fault.action].transport:
            return _reply(handled, handled.answer.body)
        return _spoilt(handled, fault)

    def _handle(self, method: str, url: str, headers: t.Mapping[str, str], body: bytes) -> Handled:
        parts = urllib.parse.urlsplit(url)
        target = target_of(parts.path)
        assert target is not None, url
        lower = {name.lower(): value for name, value in headers.items()}
        request = Request(method, parts.path, target, parts.query, lower, body, f"https://{HOST}", HOST)
        return self._loop.run_until_complete(self._service.handle(request))

    def _seen_write(self, noun: str, guid: str, record: Record | None) -> None:
        before = self.state.collections[noun].truth.by_guid.get(guid)
        self._write(noun, guid, record)
        self.told.append(_told(noun, before, record))
        self.moments.append(coverage_of(self.state))

    # -- another administrator -----------------------------------------------------------------------------------------

    def records(self, direction: str) -> dict[str, Record]:
        """What stands in a direction, by Guid."""
        return dict(self.state.collections[NOUNS[direction]].truth.by_guid)

    def put(self, direction: str, **members: t.Any) -> str:
        """Make a connector; returns its Guid."""
        make = seed_outbound if direction == "outbound" else seed_inbound
        (record,) = make([members], {}, self.state.identity.domain, self.state.switches)
        record = dataclasses.replace(record, created=self.now(), changed=self.now())
        self._write(NOUNS[direction], record.guid, record)
        return record.guid

    def edit(self, direction: str, guid: str, **members: t.Any) -> None:
        """Change a connector."""
        record = self.records(direction)[guid]
        self._write(NOUNS[direction], guid, record.changed_to({**record.values, **members}, self.now()))

    def remove(self, direction: str, guid: str) -> None:
        """Delete a connector."""
        self._write(NOUNS[direction], guid, None)


def _told(noun: str, before: Record | None, after: Record | None) -> str:
    old, new = before.values if before else {}, after.values if after else {}
    name = new.get("Name") or old.get("Name")
    changes = {key: value for key, value in new.items() if before is None or old[key] != value}
    return f"{noun} '{name}': {changes if after else 'gone'}"


def _reply(handled: Handled, body: bytes, status: int | None = None, **headers: str) -> Reply:
    names = {name.lower(): value for name, value in {**handled.answer.headers, **headers}.items()}
    content, whole = _session.unpack(body)
    return Reply(handled.answer.status if status is None else status, names, content, not whole)


def _spoilt(handled: Handled, fault: Fault) -> Reply:
    """The answer as the fault leaves it. Raises TransportFailure where there is none."""
    body, action = handled.answer.body, fault.action
    if action in ("drop_before", "drop_after"):
        raise TransportFailure("lost", "the connection ended before the answer")
    if action == "stall":
        raise TransportFailure("timed_out", "no answer in time (timeout)")
    wait = (
        {}
        if action not in ("throttle", "status") or fault["retry_after"] is None
        else {"Retry-After": str(fault["retry_after"])}
    )
    if action == "throttle":
        return _reply(handled, b"", 429, **wait)
    if action == "status":
        return _reply(handled, str(fault["body"]).encode(), int(fault["status"]), **wait)
    if action == "truncate":
        return dataclasses.replace(_reply(handled, body[: len(body) // 2]), damaged=True)
    if action == "invalid_json":
        return _reply(handled, body[: max(1, len(body) // 2)])
    if action == "not_json":
        return _reply(handled, str(fault["body"]).encode())
    assert action == "empty_body", action
    return _reply(handled, b"")

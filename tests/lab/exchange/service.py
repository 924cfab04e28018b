# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an HTTP request to an Answer: which resource, which tenant, which token, then the commands in it."""

from __future__ import annotations

import asyncio
import json
import typing as t
from dataclasses import dataclass, field

from ..fault_actions import EVENTS
from ..faults import Fault
from . import batch, gate
from .command import NO_QUERY, Command, Target, command_of, parse_body, query_of
from .errors import CmdletError
from .events import happen
from .evidence import cite
from .execute import Caller, execute, latency
from .mishaps import instead, of_item, spoil
from .paging import Pager
from .rbac import may_run
from .registry import CMDLETS
from .throttle import Meter, throttled
from .wire import JSON_TYPE, Answer, refused

if t.TYPE_CHECKING:
    from ..world import World


@dataclass(frozen=True, slots=True)
class Request:
    """What the service looks at of an HTTP request; header names are lower-case."""

    method: str
    path: str
    target: Target
    query: str
    headers: t.Mapping[str, str]
    body: bytes
    base: str
    host: str


@dataclass(slots=True)
class Handled:
    """The answer, and what the journal keeps of the request."""

    answer: Answer
    commands: list[Command] = field(default_factory=list)
    batch: bool = False
    effect: bool = False
    fault: Fault | None = None
    tenant_id: str | None = None
    client_id: str | None = None


def peek(request: Request) -> list[Command]:
    """The commands of a request that is turned away before it is served, as far as they can be read."""
    try:
        body = parse_body(request.body)
    except CmdletError:
        return []
    rows = body.get("requests") if isinstance(body, dict) else None
    bodies = [row.get("body") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else [body]
    found = []
    for one in bodies:
        try:
            found.append(command_of(one, NO_QUERY, request.headers))
        except CmdletError:
            continue
    return found


def module_file(request: Request, caller: Caller) -> Answer:
    """EXOModuleFile: what the caller may run, or where its regional host is."""
    if caller.state.switches["module_file"] == "redirects":
        # Another name of this same server: the journal shows whether a token was carried to it.
        name, _separator, port = request.host.partition(":")
        other = "127.0.0.1" if name == "localhost" else "localhost"
        location = f"https://{other}:{port}{request.path}"
        return Answer(302, b"", cite("http.module-file-redirect"), "redirected", {"Location": location})
    names = [cmdlet.name for cmdlet in CMDLETS.values() if may_run(cmdlet, caller.roles)]
    body = json.dumps({"value": [{"CmdletName": name} for name in names]}).encode()
    return Answer(200, body, cite("http.module-file"), headers={"Content-Type": JSON_TYPE})


class Service:
    """The admin API of every tenant of one lab."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pager = Pager(world.switches)
        self.meter = Meter()

    async def handle(self, request: Request) -> Handled:
        """The answer to one request. The state has changed already when a write succeeded."""
        if request.target.version == "v1.0" and request.target.resource == "exomodulefile":
            return await self._signed_in(request)
        if request.target.resource not in ("invokecommand", "$batch"):
            return Handled(Answer(404, b"", cite("http.no-route"), "no such resource"))
        if request.target.version != "beta":
            return Handled(Answer(405, b"", cite("http.wrong-version"), "InvokeCommand is served under beta only"))
        if request.method != "POST":
            return Handled(Answer(405, b"", cite("http.method"), "POST only", {"Allow": "POST"}))
        return await self._signed_in(request)

    async def _signed_in(self, request: Request) -> Handled:
        admitted = gate.admit(self._world, request.headers.get("authorization"), request.target.tenant)
        commands = peek(request)
        if isinstance(admitted, Answer):
            return Handled(admitted, commands)
        caller = Caller(admitted.state, admitted.roles, request.base, request.target.tenant)
        handled = await self._admitted(request, caller, commands, admitted.client_id)
        handled.client_id, handled.tenant_id = admitted.client_id, caller.state.identity.tenant_id
        return handled

    async def _admitted(self, request: Request, caller: Caller, commands: list[Command], client_id: str) -> Handled:
        tenant_id = caller.state.identity.tenant_id
        is_batch = request.target.resource == "$batch"
        names = [command.cmdlet for command in commands]
        fault = self._world.faults.take("admin", names, tenant=(tenant_id, caller.tenant))
        if fault is not None and fault.action in EVENTS:
            goes_on = happen(fault, self._world, caller, client_id)
            if isinstance(goes_on, Answer):
                return Handled(goes_on, commands, batch=is_batch, fault=fault)
            caller = goes_on
        if fault is not None and not fault.happens:
            answer = spoil(fault, instead(fault))
            return Handled(answer, commands, batch=is_batch, fault=fault)
        if not self.meter.enter(tenant_id, int(self._world.switches["concurrency_limit"])):
            return Handled(throttled(self._world.switches), commands, batch=is_batch)
        try:
            handled = await self._served(request, caller, fault)
        finally:
            self.meter.leave(tenant_id)
        handled.fault = fault
        if fault is not None:
            handled.answer = spoil(fault, handled.answer)
        return handled

    async def _served(self, request: Request, caller: Caller, fault: Fault | None) -> Handled:
        if request.target.resource == "exomodulefile":
            return Handled(module_file(request, caller))
        if request.target.resource == "$batch":
            return await self._batch(request, caller, fault)
        try:
            command = command_of(parse_body(request.body), query_of(request.query), request.headers)
        except CmdletError as error:
            return Handled(refused(error))
        answer = await self._run(caller, command)
        return Handled(answer, [command], effect=answer.effect)

    async def _run(self, caller: Caller, command: Command) -> Answer:
        seconds = latency(command, self._world.latency, str(self._world.switches["cmdlet_latency"]))
        if seconds:
            await asyncio.sleep(seconds)
        return await execute(caller, command, self._pager)

    async def _batch(self, request: Request, caller: Caller, fault: Fault | None) -> Handled:
        switches = self._world.switches
        turned_away = batch.refusal(switches)
        if turned_away is not None:
            return Handled(turned_away, peek(request), batch=True)
        identity = caller.state.identity
        try:
            items = batch.items_of(parse_body(request.body), request.headers, request.host, identity, switches)
        except CmdletError as error:
            return Handled(refused(error), peek(request), batch=True)
        work = [self._item(caller, number, item) for number, item in enumerate(items, start=1)]
        if switches["batch_execution"] == "parallel":
            done = list(await asyncio.gather(*work))
        else:
            done = [await one for one in work]
        pairs = [(item.id, answer) for item, (answers, _changed) in zip(items, done, strict=True) for answer in answers]
        if fault is not None and fault.action == "reorder":
            pairs.reverse()
        commands = [item.command for item in items if item.command is not None]
        effect = any(changed for _name, changed in done)
        return Handled(self._batch_answer(request, pairs), commands, batch=True, effect=effect)

    async def _item(self, caller: Caller, number: int, item: batch.Item) -> tuple[list[Answer], bool]:
        """What one item adds to the answer, and whether it changed the state."""
        if item.command is None:
            return [item.answer] if item.answer is not None else [], False
        tenants = (caller.state.identity.tenant_id, caller.tenant)
        fault = self._world.faults.take("admin", item.command.cmdlet, tenant=tenants, item=number)
        if fault is None:
            answer = await self._run(caller, item.command)
            return [answer], answer.effect
        if fault.action in ("stall", "slow_body"):
            await asyncio.sleep(float(fault["seconds"]))
        answer = await self._run(caller, item.command) if fault.happens else instead(fault)
        return of_item(fault, answer), answer.effect

    def _batch_answer(self, request: Request, pairs: list[tuple[str, Answer]]) -> Answer:
        wanted = request.headers.get("accept", "")
        outcome = "; ".join(answer.outcome for _name, answer in pairs)
        if "application/json" not in wanted and self._world.switches["batch_without_accept"] == "multipart":
            kind, body = batch.multipart(pairs)
            return Answer(200, body, cite("batch.multipart"), outcome, {"Content-Type": kind})
        body = batch.assembled(pairs, self._world.switches)
        return Answer(200, body, cite("batch.answer"), outcome, {"Content-Type": JSON_TYPE})

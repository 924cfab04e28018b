# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one command: rights, binding, the cmdlet itself, and the page of its result that is shown."""

from __future__ import annotations

import inspect
import urllib.parse
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from . import rbac
from .binding import bind
from .cmdlet import Call, Cmdlet, Result
from .command import Command
from .errors import CmdletError, Forbidden, bad_body
from .evidence import cite
from .paging import Origin, Pager, Slice
from .records import Shape
from .registry import find
from .state import ExchangeState
from .wire import JSON_TYPE, Answer, Page, context_url, forbidden, refused, stale_page, success


@dataclass(frozen=True, slots=True)
class Caller:
    """Who runs commands, and under which names host and tenant were addressed."""

    state: ExchangeState
    roles: tuple[str, ...]
    base: str
    tenant: str


def _next_link(caller: Caller, token: str | None, select: tuple[str, ...]) -> str | None:
    if token is None:
        return None
    query = f"%24skiptoken={urllib.parse.quote(token)}"
    if select:
        query = f"%24select={urllib.parse.quote(','.join(select))}&{query}"
    return f"{caller.base}/adminapi/beta/{caller.tenant}/InvokeCommand?{query}"


def _page(caller: Caller, command: Command, cmdlet: Cmdlet, result: Result, pager: Pager) -> Page:
    if result.records is None or cmdlet.writes:
        return Page(result.records, result.warnings, None, result.confirmation)
    origin = Origin(caller.state.identity.tenant_id, cmdlet.name)
    select = command.query.select
    cut = pager.first(result.records, result.limit, command.prefer, origin, command.affinity, select)
    return Page(cut.records, result.warnings + cut.warnings, _next_link(caller, cut.token, select))


def _answer(caller: Caller, page: Page, select: tuple[str, ...], evidence: str, effect: bool) -> Answer:
    switches = caller.state.switches
    status, body = success(
        page, context_url(caller.base, caller.tenant), Shape.of(switches), select, str(switches["empty_result"])
    )
    headers = {"Content-Type": JSON_TYPE} if body else {}
    outcome = "ok" if not page.warnings else f"ok, warning: {page.warnings[0]}"
    return Answer(status, body, evidence, outcome, headers, effect)


def _follow(caller: Caller, command: Command, cmdlet: Cmdlet, token: str, pager: Pager) -> Answer:
    origin = Origin(caller.state.identity.tenant_id, cmdlet.name)
    found: tuple[Slice, tuple[str, ...]] | None = pager.follow(token, origin, command.affinity)
    if found is None:
        return stale_page()
    cut, select = found
    page = Page(cut.records, cut.warnings, _next_link(caller, cut.token, select))
    return _answer(caller, page, select, cite("page.next"), effect=False)


def _selecting(command: Command, reading: str) -> Command:
    """The command as the service understands its ``$select``. Raises CmdletError where it understands none."""
    if not command.query.select or reading == "trims":
        return command
    if reading == "refused":
        raise bad_body("The query specified in the URI is not valid.")
    return replace(command, query=command.query._replace(select=()))


async def execute(caller: Caller, command: Command, pager: Pager) -> Answer:
    """The service's answer to one command; the state is changed when it is a write that succeeds."""
    switches = caller.state.switches
    try:
        cmdlet = rbac.check_cmdlet(find(command.cmdlet), command.cmdlet, caller.roles)
        rbac.check_parameters(cmdlet, command.parameters, switches)
        if command.query.skip_token is not None:
            return _follow(caller, command, cmdlet, command.query.skip_token, pager)
        command = _selecting(command, str(switches["select"]))
        bound = bind(cmdlet.family, cmdlet.verb, command.parameters, switches)
        given = cmdlet.run(Call(caller.state, cmdlet.family.noun, cmdlet.verb, bound))
        result = await given if inspect.isawaitable(given) else given
    except CmdletError as error:
        return refused(error)
    except Forbidden as error:
        return forbidden(error)
    page = _page(caller, command, cmdlet, result, pager)
    return _answer(caller, page, command.query.select, result.evidence, result.effect)


def latency(command: Command, everywhere: float, by_cmdlet: str) -> float:
    """Seconds one command takes: the lab's latency, or what the switch cmdlet_latency says for its name."""
    for entry in by_cmdlet.split(","):
        pattern, separator, seconds = entry.partition("=")
        if separator and fnmatchcase(command.cmdlet.lower(), pattern.strip().lower()):
            return float(seconds)
    return everywhere

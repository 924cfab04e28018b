# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own API: journal, switches, faults and state for those who run it in another process.

JSON over TLS by the lab's own authority; no credentials, since it listens on loopback only.

GET, DELETE ``/journal``; GET, PUT, DELETE ``/switches``; GET, POST, DELETE ``/faults``; GET ``/state``;
GET, PUT ``/latency``; GET ``/tokens``; POST ``/tokens/revoke``; POST ``/reset``; GET ``/evidence``; GET, POST ``/mail``
and POST ``/mail/advance`` for a lab with partners.
"""

from __future__ import annotations

import asyncio
import typing as t

from aiohttp import web

from .evidence import table
from .faults import Fault
from .mailflow.flow import MailFlow
from .world import World

Reset = t.Callable[[], None]


def routes(world: World, reset: Reset, mail: MailFlow | None) -> list[web.RouteDef]:
    """The routes; ``reset`` takes the whole lab back to its seed."""
    control = Control(world, reset)
    post = [] if mail is None else mail_routes(mail)
    return [
        *post,
        web.get("/journal", control.journal),
        web.delete("/journal", control.clear_journal),
        web.get("/switches", control.switches),
        web.put("/switches", control.set_switches),
        web.delete("/switches", control.reset_switches),
        web.get("/faults", control.faults),
        web.post("/faults", control.add_faults),
        web.delete("/faults", control.clear_faults),
        web.get("/state", control.state),
        web.get("/latency", control.latency),
        web.put("/latency", control.set_latency),
        web.get("/tokens", control.tokens),
        web.post("/tokens/revoke", control.revoke),
        web.post("/reset", control.reset),
        web.get("/evidence", control.evidence),
    ]


def mail_routes(mail: MailFlow) -> list[web.RouteDef]:
    """The routes about mail. What waits for partners does so in threads."""

    async def listed(_request: web.Request) -> web.Response:
        return web.json_response(mail.as_dict())

    async def submit(request: web.Request) -> web.Response:
        try:
            body = dict(await request.json())
            made = await asyncio.to_thread(mail.submit, **body)
        except (ValueError, TypeError) as problem:
            return _refused(problem)
        return web.json_response({"messages": [one.as_dict() for one in made]})

    async def advance(request: web.Request) -> web.Response:
        try:
            seconds = float((await request.json())["seconds"])
            touched = await asyncio.to_thread(mail.advance, seconds)
        except (KeyError, ValueError, TypeError, OverflowError) as problem:
            return _refused(problem)
        return web.json_response({"messages": [one.as_dict() for one in touched]})

    return [web.get("/mail", listed), web.post("/mail", submit), web.post("/mail/advance", advance)]


def state_of(world: World) -> dict[str, t.Any]:
    """What stands in every tenant."""
    return {
        "tenants": [
            {
                "tenant_id": one.identity.tenant_id,
                "domain": one.identity.domain,
                "accepted_domains": one.exchange.accepted_domains,
                "outbound": one.exchange.outbound,
                "inbound": one.exchange.inbound,
            }
            for one in world.tenants.values()
        ]
    }


def _refused(problem: Exception) -> web.Response:
    text = problem.args[0] if problem.args else type(problem).__name__
    return web.json_response({"error": str(text)}, status=400)


class Control:
    """The control API of one lab."""

    def __init__(self, world: World, reset: Reset) -> None:
        self._world = world
        self._reset = reset

    async def journal(self, _request: web.Request) -> web.Response:
        """All entries."""
        return web.json_response({"entries": [entry.as_dict() for entry in self._world.journal.entries]})

    async def clear_journal(self, _request: web.Request) -> web.Response:
        """Forget them."""
        self._world.journal.clear()
        return web.json_response({})

    async def switches(self, _request: web.Request) -> web.Response:
        """All settings."""
        return web.json_response(self._world.switches.as_dict())

    async def set_switches(self, request: web.Request) -> web.Response:
        """Set those in the body."""
        try:
            self._world.switches.update(dict(await request.json()))
        except (KeyError, ValueError, TypeError) as problem:
            return _refused(problem)
        return web.json_response(self._world.switches.as_dict())

    async def reset_switches(self, _request: web.Request) -> web.Response:
        """Back to the settings of the start."""
        self._world.switches.reset()
        return web.json_response(self._world.switches.as_dict())

    async def faults(self, _request: web.Request) -> web.Response:
        """All faults with their counts."""
        return web.json_response({"faults": [fault.as_dict() for fault in self._world.faults.all]})

    async def add_faults(self, request: web.Request) -> web.Response:
        """Add the fault, or the list of faults, in the body."""
        try:
            body = await request.json()
            self._world.faults.add(*(Fault.from_dict(one) for one in (body if isinstance(body, list) else [body])))
        except (ValueError, TypeError, AttributeError) as problem:
            return _refused(problem)
        return web.json_response({"faults": [fault.as_dict() for fault in self._world.faults.all]})

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """No more faults."""
        self._world.faults.clear()
        return web.json_response({})

    async def state(self, _request: web.Request) -> web.Response:
        """What stands in every tenant."""
        return web.json_response(state_of(self._world))

    async def latency(self, _request: web.Request) -> web.Response:
        """Seconds that each admin request takes."""
        return web.json_response({"latency": self._world.latency})

    async def set_latency(self, request: web.Request) -> web.Response:
        """Set them."""
        try:
            self._world.latency = float((await request.json())["latency"])
        except (KeyError, ValueError, TypeError) as problem:
            return _refused(problem)
        return web.json_response({"latency": self._world.latency})

    async def tokens(self, _request: web.Request) -> web.Response:
        """All access tokens that were issued: canaries for tests that look for leaks."""
        return web.json_response({"tokens": self._world.tokens.issued()})

    async def revoke(self, _request: web.Request) -> web.Response:
        """Take all tokens back that were issued so far."""
        self._world.tokens.revoke()
        return web.json_response({})

    async def reset(self, _request: web.Request) -> web.Response:
        """Back to the seed."""
        self._reset()
        return web.json_response({})

    async def evidence(self, _request: web.Request) -> web.Response:
        """What the answers rest on."""
        return web.json_response({"evidence": [row._asdict() for row in table()]})

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partners' world: mail servers, policy hosts, name server and the files of authorities, all on loopback.

All mail servers share one port, each on an address of its own, since that is how a probe sees the real ones; so do the
policy hosts. Everything runs in a thread of its own.
"""

from __future__ import annotations

import asyncio
import functools
import os
import pathlib
import shutil
import socket
import ssl
import tempfile
import typing as t

from ..loop import LoopThread
from . import tls
from .cases import TABLE
from .dns import NameServer
from .journal import Journal, Letter, Visit
from .pki import Pki
from .plan import DEAD_HOST, FILES_HOST, Placed, Plan, make_plan
from .shapes import Case, Leaf
from .smtp import Conversation, MailServer, Times
from .sockets import Port, bind_everywhere, has_ipv6
from .table import Table
from .web import Page, WebServer, policy_page

_BACKLOG: t.Final = 64

Serve = t.Callable[[asyncio.StreamReader, asyncio.StreamWriter], t.Awaitable[None]]


class PartnerWorld:
    """Partners as a context manager. Without ``cases``, ids of the ``table``, all of them.

    Times are in seconds: ``latency`` before each SMTP reply, ``hang_seconds`` for which a server is silent that hangs,
    ``slow_banner`` before a slow greeting. Where this machine has no IPv6, the partners that need it are left out.
    """

    def __init__(
        self,
        cases: t.Collection[str] | None = None,
        latency: float = 0.0,
        hang_seconds: float = 60.0,
        slow_banner: float = 1.0,
        table: Table = TABLE,
    ) -> None:
        wanted = table.chosen(cases)
        self._table = table
        self.cases: tuple[Case, ...] = tuple(
            one for one in wanted if has_ipv6() or not any(host.ipv6 for host in one.hosts)
        )
        self.journal = Journal()
        self._times = Times(latency, slow_banner, hang_seconds)
        self._dir: pathlib.Path | None = None
        self._loop = LoopThread("mailflow-partners")
        self._servers: list[asyncio.Server] = []
        self._sockets: list[socket.socket] = []
        self._pki: Pki | None = None
        self._listening: list[tuple[socket.socket, Serve, ssl.SSLContext | None]] = []
        self._datagrams: socket.socket | None = None
        self._name_server: NameServer | None = None
        self._said: dict[str, dict[str, str]] = {}
        self.port = 0
        self.policy_port = 0
        self.resolver = ""

    # -- life --------------------------------------------------------------------------------------------------------

    def __enter__(self) -> t.Self:
        self.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen on all addresses. Returns when all servers answer."""
        try:
            self._prepare()
            self._loop.start(self._serve, self._close)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End all connections and stop listening. May be called twice."""
        self._loop.stop()
        for one in self._sockets:
            one.close()
        self._sockets, self._listening = [], []
        if self._dir is not None:
            shutil.rmtree(self._dir, ignore_errors=True)
            self._dir = None

    # -- what is in it -----------------------------------------------------------------------------------------------

    @property
    def ca_path(self) -> str:
        """PEM file of the one authority that is trusted here."""
        if self._dir is None:
            raise RuntimeError("The partners' world is not running")
        return str(self._dir / "partners-ca.pem")

    def module_options(self) -> dict[str, t.Any]:
        """Options of partner_tls_info that lead it here."""
        return {
            "resolvers": [self.resolver],
            "port": self.port,
            "policy_port": self.policy_port,
            "ca_path": self.ca_path,
            "allow_private": True,
            "helo_name": "probe.example.net",
        }

    def partners(self, level: str = "certificate_validation") -> list[dict[str, t.Any]]:
        """All partners, as entries for the module's option ``partners``."""
        return [self._table.partner(case, level) for case in self.cases]

    def describe(self) -> dict[str, t.Any]:
        """All of it as JSON can hold it."""
        return {
            "options": self.module_options(),
            "pid": os.getpid(),
            "partners": [
                {
                    "id": case.id,
                    "what": case.what,
                    "partner": self._table.partner(case),
                    "expected": {
                        "sustains": case.expected.sustains,
                        "verdicts": case.expected.verdicts._asdict(),
                        "delivery": case.expected.delivery,
                        "codes": list(case.expected.codes),
                    },
                    "addresses": self._table.addresses_of(case),
                    "slow": case.slow,
                }
                for case in self.cases
            ],
        }

    def visits(self, case_id: str) -> list[Visit]:
        """The connections to the servers of a partner."""
        return self.journal.at(*self._table.addresses_of(self._table.cases[case_id]))

    def letters(self, case_id: str) -> list[Letter]:
        """The mail that a partner's servers took."""
        addresses = self._table.addresses_of(self._table.cases[case_id])
        return [letter for letter in self.journal.letters if letter.address in addresses]

    def say(self, case_id: str, verb: str, reply: str | None) -> None:
        """Have a partner's servers answer MAIL, RCPT, DATA or the end of a message (``.``) so; None: as ever."""
        for address in self._table.addresses_of(self._table.cases[case_id]):
            said = self._said.setdefault(address, {})
            said.pop(verb, None)
            if reply is not None:
                said[verb] = reply

    # -- making it ---------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        self._dir = pathlib.Path(tempfile.mkdtemp(prefix="mailflow-partners-"))
        dns_port = self._own(bind_everywhere(["127.0.0.1"], datagrams=True))
        files = self._own(bind_everywhere(["127.0.0.1"]))
        self.resolver = f"127.0.0.1:{dns_port.number}"
        self._pki = Pki(f"http://{FILES_HOST}:{files.number}", f"http://{DEAD_HOST}:{files.number}")
        (self._dir / "partners-ca.pem").write_bytes(self._pki.root_pem())
        plan = make_plan(self.cases, self._table, self._pki)
        self._listen_for_names(plan, dns_port)
        server = WebServer(self._file, self.journal, secure=False, hang=self._times.hang)
        self._listening.append((files.streams["127.0.0.1"], server.serve, None))
        self._listen_for_mail(plan)
        self._listen_for_policies(plan)

    def _own(self, port: Port) -> Port:
        self._sockets += [*port.streams.values(), *port.kept]
        return port

    def _listen_for_names(self, plan: Plan, port: Port) -> None:
        self._name_server = NameServer(plan.records, self.journal)
        self._datagrams = port.kept[0]
        self._listening.append((port.streams["127.0.0.1"], self._name_server.serve, None))

    def _listen_for_mail(self, plan: Plan) -> None:
        found = {
            address: (placed, index)
            for placed in plan.hosts.values()
            for index, address in enumerate(placed.addresses)
            if placed.host.servers[index].manner != "refused"
        }
        port = self._own(bind_everywhere(list(found)))
        self.port = port.number
        for address, (placed, index) in found.items():
            serve = functools.partial(self._serve_mail, address, self._mail_server(placed, index, address))
            self._listening.append((port.streams[address], serve, None))

    def _mail_server(self, placed: Placed, index: int, address: str) -> MailServer:
        server, pki = placed.host.servers[index], t.cast(Pki, self._pki)
        other = None
        if server.sni == "selects":
            other = pki.issue(Leaf(names=("default.example",), common_name="default.example"), "", "")
        context = tls.context(server, placed.issued[index], placed.name, pki.root_pem().decode(), other)
        return MailServer(placed.name, server.manner, context, self._times, self._said.setdefault(address, {}))

    async def _serve_mail(
        self, address: str, server: MailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        visit = Visit(address)
        self.journal.visits.append(visit)
        await Conversation(server, visit, self.journal.letters).serve(reader, writer)

    def _listen_for_policies(self, plan: Plan) -> None:
        found = {one.address: one for one in plan.policies.values() if one.issued is not None}
        port = self._own(bind_everywhere(list(found)))
        self.policy_port = port.number
        for address, one in found.items():
            pages = functools.partial(policy_page, one)
            server = WebServer(pages, self.journal, secure=True, hang=self._times.hang)
            if one.issued is not None:
                self._listening.append((port.streams[address], server.serve, tls.web_context(one.issued)))

    def _file(self, _host: str, path: str) -> Page:
        found = t.cast(Pki, self._pki).file(path)
        return Page(404, b"not here\n") if found is None else Page(200, found[1], found[0])

    # -- running it --------------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        server = self._name_server
        if server is not None and self._datagrams is not None:
            await loop.create_datagram_endpoint(lambda: server, sock=self._datagrams)
        for listening, serve, context in self._listening:
            quietly = functools.partial(_until_the_end, serve)
            made = await asyncio.start_server(quietly, sock=listening, ssl=context, backlog=_BACKLOG)
            self._servers.append(made)

    async def _close(self) -> None:
        if self._name_server is not None:
            self._name_server.close()
        for server in self._servers:
            server.close()
        self._servers = []


async def _until_the_end(serve: Serve, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await serve(reader, writer)
    except asyncio.CancelledError:
        # The world ends. Whoever does not read must not hold it up, and before Python 3.12 a task that ends as
        # cancelled is reported as an error.
        writer.transport.abort()

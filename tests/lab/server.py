# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab in this process: what tests, demo and benchmarks hold in their hands."""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile
import typing as t

from . import ca, control, entra, imds
from .building import build
from .exchange import api
from .faults import Faults
from .journal import Journal
from .mailflow.flow import MailFlow
from .mailflow.inbound import InboundServer
from .mailflow.transport import SmtpTransport, Where
from .partners import PartnerWorld
from .seeds import Source, load_seed
from .serving import Servers
from .switches import Switches
from .tenant import Tenant
from .world import Urls, World


class Lab:
    """The lab as a context manager. The properties can be read while it runs."""

    def __init__(
        self,
        seed: Source = None,
        latency: float | None = None,
        switches: t.Mapping[str, object] | None = None,
        state_dir: str | os.PathLike[str] | None = None,
        partners: bool | PartnerWorld = False,
    ) -> None:
        """``latency`` in seconds and ``switches`` win over the seed's. A given ``state_dir`` stays at the end.

        ``partners``: with mail servers of partners, all of the table or those of a world that is not started yet; the
        lab starts and stops it.
        """
        self._seed = load_seed(seed)
        self._settings = dict(switches or {})
        self._latency = self._seed.latency if latency is None else latency
        self._wanted_dir = None if state_dir is None else pathlib.Path(state_dir)
        self._dir: pathlib.Path | None = None
        self._world: World | None = None
        self._servers: Servers | None = None
        self._mail: MailFlow | None = None
        self._inbound: InboundServer | None = None
        self._partners = PartnerWorld() if partners is True else partners or None

    # -- life --------------------------------------------------------------------------------------------------------

    def __enter__(self) -> t.Self:
        self.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen. Raises ValueError or KeyError for a seed or switch that cannot be."""
        try:
            self._prepare()
        except BaseException:
            self.stop()
            raise

    def _prepare(self) -> None:
        if self._wanted_dir is None:
            self._dir = pathlib.Path(tempfile.mkdtemp(prefix="mailflow-lab-"))
        else:
            self._dir = self._wanted_dir.resolve()
            self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._dir / "ca.pem").write_bytes(ca.ca_pem())
        self._servers = Servers(("https", "https", "http", "https"))
        world = build(self._seed, Urls(*self._servers.urls), self._dir, self._settings, self._latency)
        self._world = world
        if self._partners is not None:
            self._start_mail(world, self._partners)
        controlled = control.routes(world, self._reset_here, self._mail)
        self._servers.start((entra.routes(world), api.routes(world), imds.routes(world), controlled))

    def _start_mail(self, world: World, partners: PartnerWorld) -> None:
        partners.start()
        transport = SmtpTransport(Where.of(partners), world.switches)
        for one in world.tenants.values():
            one.exchange.transport = transport
        self._mail = MailFlow(world, self._on_loop)
        self._inbound = InboundServer(
            connectors=lambda: self.tenant.inbound,
            accepted_domains=lambda: [str(one["DomainName"]) for one in self.tenant.accepted_domains],
            switches=world.switches,
            trust_pem=pathlib.Path(partners.ca_path).read_bytes(),
        )
        self._inbound.start()

    def stop(self) -> None:
        """Stop listening and remove what was written, unless the directory was given. May be called twice."""
        if self._partners is not None:
            self._partners.stop()
        if self._inbound is not None:
            self._inbound.stop()
        if self._servers is not None:
            self._servers.stop()
        if self._dir is not None and self._wanted_dir is None:
            shutil.rmtree(self._dir, ignore_errors=True)
            self._dir = None

    # -- what is in it -----------------------------------------------------------------------------------------------

    @property
    def world(self) -> World:
        """Everything, for tests of the lab itself."""
        if self._world is None:
            raise RuntimeError("The lab has not been started")
        return self._world

    @property
    def authority_url(self) -> str:
        """Sign-in, without a tenant."""
        return self.world.urls.authority

    @property
    def api_url(self) -> str:
        """The admin API, without a path."""
        return self.world.urls.api

    @property
    def imds_url(self) -> str:
        """The managed identity endpoint, without its path."""
        return self.world.urls.imds

    @property
    def control_url(self) -> str:
        """The lab's own API."""
        return self.world.urls.control

    @property
    def ca_path(self) -> str:
        """PEM file of the lab's certificate authority."""
        return str(self.state_dir / "ca.pem")

    @property
    def state_dir(self) -> pathlib.Path:
        """Where the lab keeps its files."""
        if self._dir is None:
            raise RuntimeError("The lab is not running")
        return self._dir

    @property
    def tenants(self) -> dict[str, Tenant]:
        """All tenants by tenant id, in the order of the seed."""
        return {name: Tenant(self.world, one, self._on_loop) for name, one in self.world.tenants.items()}

    @property
    def tenant(self) -> Tenant:
        """The first tenant."""
        return next(iter(self.tenants.values()))

    @property
    def partners(self) -> PartnerWorld:
        """The partners' world. Raises RuntimeError for a lab without one."""
        if self._partners is None:
            raise RuntimeError("The lab was started without partners")
        return self._partners

    @property
    def mail(self) -> MailFlow:
        """Mail to the partners. Raises RuntimeError for a lab without them."""
        if self._mail is None:
            raise RuntimeError("The lab was started without partners")
        return self._mail

    @property
    def inbound(self) -> InboundServer:
        """The mail server of the first tenant. Raises RuntimeError for a lab without partners."""
        if self._inbound is None:
            raise RuntimeError("The lab was started without partners")
        return self._inbound

    @property
    def journal(self) -> Journal:
        """Every request so far."""
        return self.world.journal

    @property
    def faults(self) -> Faults:
        """Faults to come."""
        return self.world.faults

    @property
    def switches(self) -> Switches:
        """The readings in force."""
        return self.world.switches

    @property
    def latency(self) -> float:
        """Seconds that each admin request takes."""
        return self.world.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self.world.latency = seconds

    def issued_tokens(self) -> list[str]:
        """All access tokens so far."""
        return self.world.tokens.issued()

    def connection(self, tenant: Tenant | None = None) -> dict[str, t.Any]:
        """Module options that sign in with the secret of the first app of a tenant, by default the first."""
        return connection(self.describe(), (tenant or self.tenant).describe())

    def environment(self, tenant: Tenant | None = None) -> dict[str, str]:
        """The same as environment variables."""
        return environment(self.connection(tenant))

    def describe(self) -> dict[str, t.Any]:
        """Addresses and credentials as JSON can hold them; RemoteLab reads it."""
        return {
            "authority_url": self.authority_url,
            "api_url": self.api_url,
            "imds_url": self.imds_url,
            "control_url": self.control_url,
            "ca_path": self.ca_path,
            "state_dir": str(self.state_dir),
            "tenants": [tenant.describe() for tenant in self.tenants.values()],
            "pid": os.getpid(),
            **({} if self._partners is None else {"partners": self._partners.describe()}),
            **({} if self._inbound is None else {"inbound": _where(self._inbound)}),
        }

    def reset(self) -> None:
        """Back to the seed: records, switches, latency; no faults, no journal, no token."""
        self._on_loop(self._reset_here)

    def _reset_here(self) -> None:
        world = self.world
        world.switches.reset()
        world.latency = self._latency
        world.clock.reset()
        world.faults.clear()
        world.tokens.clear()
        for tenant in world.tenants.values():
            tenant.exchange.reset()
        world.journal.clear()
        if self._partners is not None:
            self._partners.journal.clear()
        if self._mail is not None:
            self._mail.clear()
        if self._inbound is not None:
            self._inbound.clear()

    def _on_loop(self, work: t.Callable[[], t.Any]) -> t.Any:
        return work() if self._servers is None else self._servers.on_loop(work)


def _where(server: InboundServer) -> dict[str, t.Any]:
    """Where a mail server is, the name in its certificate, and what that can be verified with."""
    return {"host": server.address, "port": server.port, "name": server.host, "ca_path": server.ca_path}


def connection(lab: t.Mapping[str, t.Any], tenant: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Module options for a described lab and tenant."""
    own = {name: tenant[name] for name in ("tenant_id", "client_id", "client_secret")}
    return {**own, **{name: lab[name] for name in ("api_url", "authority_url", "ca_path")}}


def environment(options: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Module options as environment variables."""
    return {f"EXO_{name.upper()}": str(value) for name, value in options.items() if value is not None}

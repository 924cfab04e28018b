# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The probe: from targets to observations. Looks up, connects, reads and puts together; judges nothing."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import ipaddress
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import certificate, dane, names, policy
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.chains import Chain, Chains
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.contacts import Contact, Contacts
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import (
    NO_REPORTS,
    Dane,
    Failure,
    Host,
    MtaSts,
    Route,
    TlsRpt,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.fetching import Fetcher
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import (
    Observation,
    Server,
    Settings,
    Target,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.once import together
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.resolver import Resolver
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.route import find_route
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.verify import Verifier


@dataclasses.dataclass
class _Work:
    """What is known of one target so far: filled as answers come, so that a deadline leaves what there is."""

    target: Target
    route: Route | None = None
    mta_sts: dict[str, MtaSts] = dataclasses.field(default_factory=dict)
    tls_rpt: TlsRpt = NO_REPORTS
    seen: dict[tuple[str, str], tuple[Contact, Chain]] = dataclasses.field(default_factory=dict)


class Probe:
    """One run. ``connections`` counts those to mail servers."""

    def __init__(self, settings: Settings, verifier: Verifier, now: datetime.datetime) -> None:
        self._settings = settings
        self._verifier = verifier
        self._now = now
        self.resolver = Resolver(settings.resolvers, settings.trust_ad, settings.timeout)
        self._fetcher = Fetcher(settings, self.resolver, verifier.web_context())
        self._contacts = Contacts(settings, _covers)
        self._chains = Chains(verifier, self._fetcher.file if settings.check_revocation else None, now)

    @property
    def connections(self) -> int:
        """How many connections to mail servers were begun."""
        return self._contacts.connections

    async def run(self, targets: t.Sequence[Target]) -> list[Observation]:
        """Look at all targets at once; what is not done at the deadline is given up and marked as cut off."""
        works = [_Work(target) for target in targets]
        tasks = [asyncio.ensure_future(self._look(work)) for work in works]
        if tasks:
            _done, late = await asyncio.wait(tasks, timeout=self._settings.deadline)
            for task in late:
                task.cancel()
        self.resolver.close()
        for task in tasks:
            if task.done():
                task.result()  # a fault of ours must not look like a silent server
        return [self._observation(work, cut_off=not task.done()) for work, task in zip(works, tasks, strict=True)]

    async def _look(self, work: _Work) -> None:
        await asyncio.gather(self._look_at_servers(work), self._look_at_policies(work))

    async def _look_at_servers(self, work: _Work) -> None:
        route = work.route = await find_route(work.target, self.resolver.ask)
        await together([self._look_at(work, host, address) for host in route.hosts for address in host.addresses])

    async def _look_at(self, work: _Work, host: Host, address: str) -> None:
        contact = await self._contacts.contact(host, address)
        work.seen[host.name, address] = (contact, await self._chains.judge(contact.chain))

    async def _look_at_policies(self, work: _Work) -> None:
        domains = _policy_domains(work.target)
        # One after the other: the servers take longer anyway.
        for domain in domains:
            work.mta_sts[domain] = await policy.find_mta_sts(domain, self.resolver.ask, self._fetcher.policy)
        work.tls_rpt = await policy.find_tls_rpt(work.target.domain, self.resolver.ask)

    def _observation(self, work: _Work, *, cut_off: bool) -> Observation:
        route = work.route or Route()
        return Observation(
            target=work.target,
            route=route,
            servers=tuple(self._server(work, host, address) for host in route.hosts for address in host.addresses),
            mta_sts=work.mta_sts,
            tls_rpt=work.tls_rpt,
            cut_off=cut_off,
        )

    def _server(self, work: _Work, host: Host, address: str) -> Server:
        seen = work.seen.get((host.name, address))
        if seen is None:
            server = Server(host, address, self._contacts.failed(host, address, Failure("connect", "deadline")))
            return dataclasses.replace(server, dane=self._dane(work.target, server))
        contact, chain = seen
        chain = self._chains.settle(contact.chain, chain)
        server = Server(
            host=host,
            address=address,
            session=contact.session,
            second=contact.second,
            chain=chain.certificates,
            chain_problem=chain.problem,
            trust=chain.trust,
            revocation=chain.revocation,
        )
        return dataclasses.replace(server, dane=self._dane(work.target, server))

    def _dane(self, target: Target, server: Server) -> Dane:
        host = server.host
        return dane.judge(
            host.tlsa,
            server.chain if server.tls is not None else (),
            (host.tlsa_base, host.name, target.domain),
            reached=server.tls is not None or _without_tls(server),
            proven=self.resolver.proves_dnssec,
            anchored=self._verifier.anchored,
        )


def _without_tls(server: Server) -> bool:
    """Whether the server has no TLS: it does not offer it, refuses it, or fails at it. Silence proves nothing."""
    failure = server.session.failure
    if failure is None or (failure.step, failure.fault) == ("starttls", "reply"):
        return True
    return server.handshake_failed and not server.session.client_certificate_asked


def _covers(der: bytes, name: str) -> bool:
    try:
        return names.covers(certificate.read(der), name)
    except certificate.Unreadable:
        return False


def _policy_domains(target: Target) -> tuple[str, ...]:
    """Whose MTA-STS policies count. With smart hosts, Exchange validates against the smart host's name."""
    if not target.smart_hosts:
        return (target.domain,)
    return tuple(host for host in target.smart_hosts if not _is_network(host))


def _is_network(smart_host: str) -> bool:
    try:
        ipaddress.ip_network(smart_host)
    except ValueError:
        return False
    return True

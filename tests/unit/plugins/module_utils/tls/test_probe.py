# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole run against real DNS and mail servers: what is put together, the deadline, and servers that are shared."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime
import hashlib
import socket
import ssl
import time
import typing as t

import dns.message
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import policy
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import (
    Failure,
    MtaSts,
    Route,
    TlsRpt,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Observation, Settings, Target
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.probe import Probe
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.rules import judge
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.verify import Verifier
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls import smtp_peer
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.dns_peer import (
    DnsPeer,
    Handler,
    Say,
    Zone,
    asked_of,
    from_zone,
    listening,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.smtp_peer import (
    Peer,
    Smtp,
    Visitor,
    peer,
)

NOW = datetime.datetime.now(datetime.timezone.utc)
#: The address where nobody ever says a word.
DEAF = "127.0.0.2"
USUAL = Settings(timeout=30.0, allow_private=True, check_revocation=False)


@pytest.fixture(scope="session")
def ca_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("trusted") / "ca.pem"
    smtp_peer.authority().cert_pem.write_to_path(str(path))
    return str(path)


def tls_digest(issued: trustme.LeafCert) -> str:
    """The data of a TLSA record 3 1 1."""
    certificate = x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(key).hexdigest()


class Mail(t.NamedTuple):
    """A mail server, and the digest of the key in the certificate that it shows to everybody."""

    peer: Peer
    digest: str

    @property
    def names(self) -> list[str | None]:
        """The SNI name of each visit."""
        for visitor in self.peer.visitors:
            assert visitor.over.wait(smtp_peer.PATIENCE)
        return [visitor.sni for visitor in self.peer.visitors]


@contextlib.contextmanager
def mail(*names: str) -> t.Iterator[Mail]:
    """Run a mail server with a certificate for these names."""
    issued = smtp_peer.authority().issue_cert(*names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    with peer(Smtp(context)) as server:
        yield Mail(server, tls_digest(issued))


class Outcome(t.NamedTuple):
    """What was seen, how often mail servers were connected to, what DNS was asked, and how long it took."""

    seen: list[Observation]
    connections: int
    names: DnsPeer
    seconds: float


def probe(targets: t.Sequence[Target], names: Zone | Handler, port: int, ca_path: str, **settings: t.Any) -> Outcome:
    """Run the probe with a DNS server of its own."""

    async def run() -> Outcome:
        async with listening(names if callable(names) else from_zone(names)) as server:
            chosen = dataclasses.replace(USUAL, resolvers=(server.server,), port=port, policy_port=port, **settings)
            running = Probe(chosen, Verifier(ca_path), NOW)
            return Outcome(await running.run(targets), running.connections, server, 0)

    began = time.monotonic()
    outcome = asyncio.run(run())
    return outcome._replace(seconds=time.monotonic() - began)


def partner(domain: str, host: str, address: str = "127.0.0.1", **options: t.Any) -> dict[tuple[str, str], Say]:
    """A partner with one mail host."""
    return {
        (domain, "MX"): Say((f"{domain}. MX 10 {host}.",), **options),
        (host, "A"): Say((f"{host}. A {address}",), **options),
        (host, "AAAA"): Say(**options),
    }


#: A partner with a TLSA record that matches nothing.
SIGNED = {
    **partner("p.test", "mx.p.test", secure=True),
    ("_25._tcp.mx.p.test", "TLSA"): Say((f"_25._tcp.mx.p.test. TLSA 3 1 1 {'0f' * 32}",), secure=True),
}


# -- put together ----------------------------------------------------------------------------------------------------


def test_everything_about_a_partner_is_put_together(ca_path: str) -> None:
    with mail("mx.p.test") as server:
        zone = {
            **partner("p.test", "mx.p.test", secure=True),
            ("_25._tcp.mx.p.test", "TLSA"): Say((f"_25._tcp.mx.p.test. TLSA 3 1 1 {server.digest}",), secure=True),
            ("_mta-sts.p.test", "TXT"): Say(('_mta-sts.p.test. TXT "v=STSv1; id=1"',)),
            ("_smtp._tls.p.test", "TXT"): Say(('_smtp._tls.p.test. TXT "v=TLSRPTv1; rua=mailto:a@p.test"',)),
        }
        ((seen,), connections, _names, _seconds) = probe([Target("p.test")], zone, server.peer.port, ca_path)
        assert server.names == ["mx.p.test"]
    assert (seen.cut_off, connections) == (False, 1)
    (host,) = seen.route.hosts
    assert (host.name, host.addresses, host.secure) == ("mx.p.test", ("127.0.0.1",), True)
    (one,) = seen.servers
    assert (one.host, one.address, one.session.failure, one.second) == (host, "127.0.0.1", None, None)
    assert one.tls is not None
    assert (one.tls.protocol, one.tls.offers_tls13) == ("TLSv1.2", True)
    assert one.leaf is not None
    assert one.leaf.names == ("mx.p.test",)
    assert one.trust is not None
    assert one.trust.trusted
    assert one.revocation.status == "not_checked"
    assert (one.dane.status, one.dane.proven) == ("match", True)
    # A mail server is no web server.
    assert (seen.mta_sts["p.test"].status, seen.mta_sts["p.test"].policy_id) == ("fetch_failed", "1")
    assert seen.tls_rpt == TlsRpt("found", ("mailto:a@p.test",))


@pytest.mark.parametrize(("trust_ad", "proven"), [(None, True), (True, True), (False, False)])
def test_what_dane_says_stands_on_the_resolver(ca_path: str, trust_ad: bool | None, proven: bool) -> None:
    with mail("mx.p.test") as server:
        zone = {
            **partner("p.test", "mx.p.test", secure=True),
            ("_25._tcp.mx.p.test", "TLSA"): Say((f"_25._tcp.mx.p.test. TLSA 3 1 1 {'0f' * 32}",), secure=True),
        }
        outcome = probe([Target("p.test")], zone, server.peer.port, ca_path, trust_ad=trust_ad)
    (one,) = outcome.seen[0].servers
    assert (one.dane.status, one.dane.proven) == ("mismatch", proven)


def test_a_server_that_is_not_reached_leaves_its_records_unjudged(ca_path: str) -> None:
    zone = {
        **partner("p.test", "mx.p.test", secure=True),
        ("_25._tcp.mx.p.test", "TLSA"): Say((f"_25._tcp.mx.p.test. TLSA 3 1 1 {'0f' * 32}",), secure=True),
    }
    with smtp_peer.closed_port() as port:
        (one,) = probe([Target("p.test")], zone, port, ca_path).seen[0].servers
    assert one.session.failure is not None
    assert one.session.failure.fault == "refused"
    assert (one.dane.status, one.chain, one.trust) == ("unjudged", (), None)


@pytest.mark.parametrize("starttls", [b"220 go\r\n", None], ids=["hangs in the handshake", "hangs before it"])
def test_a_server_that_falls_silent_leaves_its_records_unjudged(ca_path: str, starttls: bytes | None) -> None:
    def fall_silent(visitor: Visitor) -> None:
        visitor.say(b"220 mx.p.test\r\n")
        visitor.hear()
        visitor.say(b"250-mx.p.test\r\n250 STARTTLS\r\n")
        visitor.hear()
        if starttls is not None:
            visitor.say(starttls)
        visitor.stay()

    with peer(fall_silent) as server:
        (one,) = probe([Target("p.test")], SIGNED, server.port, ca_path, timeout=0.5).seen[0].servers
    assert one.session.failure is not None
    assert one.session.failure.fault == "timeout"
    assert one.dane.status == "unjudged"


def test_a_server_that_demands_a_client_certificate_leaves_its_records_unjudged(ca_path: str) -> None:
    context = smtp_peer.server_context(maximum=ssl.TLSVersion.TLSv1_2, clients=ssl.CERT_REQUIRED)
    with peer(Smtp(context)) as server:
        (one,) = probe([Target("p.test")], SIGNED, server.port, ca_path).seen[0].servers
    assert one.session.client_certificate_asked
    assert one.dane.status == "unjudged"


def test_a_server_that_refuses_tls_matches_no_record(ca_path: str) -> None:
    with peer(Smtp(smtp_peer.server_context(), starttls=b"454 4.7.0 no\r\n")) as server:
        (one,) = probe([Target("p.test")], SIGNED, server.port, ca_path).seen[0].servers
    assert one.dane.status == "mismatch"


def test_tls13_alone_with_a_client_certificate_demanded_is_not_ready(ca_path: str) -> None:
    """The handshake succeeds, and the refusal comes after it (RFC 8446 section 4.4.2.4); it may get lost on the way."""
    only = ssl.TLSVersion.TLSv1_3
    with peer(Smtp(smtp_peer.server_context(only, only, clients=ssl.CERT_REQUIRED))) as server:
        targets = [Target("p.test", level="encryption_only")]
        (seen,) = probe(targets, partner("p.test", "mx.p.test"), server.port, ca_path).seen
    judgement = judge(seen, NOW, 14)
    assert (judgement.verdict, judgement.levels) == ("unknown", (None,))


def test_a_certificate_that_only_an_old_tls_shows_matches_no_record(ca_path: str) -> None:
    context = smtp_peer.server_context(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1)
    digest = tls_digest(smtp_peer.leaf("ec"))
    zone = {
        **partner("p.test", "mx.p.test", secure=True),
        ("_25._tcp.mx.p.test", "TLSA"): Say((f"_25._tcp.mx.p.test. TLSA 3 1 1 {digest}",), secure=True),
    }
    with peer(Smtp(context)) as server:
        (one,) = probe([Target("p.test")], zone, server.port, ca_path).seen[0].servers
    assert one.second is not None
    assert one.second.tls is not None
    assert one.leaf is not None
    assert one.leaf.spki_sha256 == digest
    assert (one.tls, one.dane.status, one.dane.matched) == (None, "mismatch", None)


def test_a_partner_without_a_route_is_seen_without_servers(ca_path: str) -> None:
    with smtp_peer.closed_port() as port:
        (seen,) = probe([Target("p.test")], {}, port, ca_path).seen
    assert seen == Observation(Target("p.test"), Route(problem="nxdomain"), mta_sts={"p.test": MtaSts()})


def test_partners_keep_their_order_and_there_may_be_none(ca_path: str) -> None:
    domains = [f"p{number}.test" for number in range(10)]
    with smtp_peer.closed_port() as port:
        outcome = probe([Target(domain) for domain in domains], {}, port, ca_path)
        assert probe([], {}, port, ca_path).seen == []
    assert [seen.target.domain for seen in outcome.seen] == domains


def test_with_smart_hosts_their_policies_count(ca_path: str) -> None:
    targets = [Target("p.test", ("smart.test", "127.0.0.1", "127.0.0.0/30"))]
    with smtp_peer.closed_port() as port:
        outcome = probe(targets, {("smart.test", "A"): Say(("smart.test. A 127.0.0.1",))}, port, ca_path)
    (seen,) = outcome.seen
    assert list(seen.mta_sts) == ["smart.test"]
    assert [(one.host.name, one.address) for one in seen.servers] == [
        ("smart.test", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("", "127.0.0.2"),
    ]
    assert outcome.connections == 2
    assert ("p.test", "MX") not in outcome.names.asked
    assert ("_smtp._tls.p.test", "TXT") in outcome.names.asked


def test_a_private_address_is_left_alone_unless_it_is_allowed(ca_path: str) -> None:
    with mail("mx.p.test") as server:
        zone = partner("p.test", "mx.p.test")
        outcome = probe([Target("p.test")], zone, server.peer.port, ca_path, allow_private=False)
        assert server.peer.visitors == []
    (one,) = outcome.seen[0].servers
    assert one.session.failure == Failure("connect", "private", "not a public address")
    assert outcome.connections == 0


# -- shared servers --------------------------------------------------------------------------------------------------


def test_partners_on_one_host_share_a_connection(ca_path: str) -> None:
    domains = [f"p{number}.test" for number in range(30)]
    zone: dict[tuple[str, str], Say] = {}
    for domain in domains:
        zone |= partner(domain, "mx.shared.test")
    with mail("mx.shared.test") as server:
        outcome = probe([Target(domain) for domain in domains], zone, server.peer.port, ca_path)
        assert server.names == ["mx.shared.test"]
    assert outcome.connections == 1
    assert outcome.names.asked.count(("mx.shared.test", "A")) == 1
    for seen in outcome.seen:
        (one,) = seen.servers
        assert one.trust is not None
        assert one.trust.trusted
        assert not seen.cut_off


def test_partners_with_hosts_of_their_own_share_what_one_certificate_covers(ca_path: str) -> None:
    domains = [f"p{number}.test" for number in range(30)]
    zone: dict[tuple[str, str], Say] = {}
    for number, domain in enumerate(domains):
        zone |= partner(domain, f"p{number}.shared.test")
    with mail("*.shared.test") as server:
        outcome = probe([Target(domain) for domain in domains], zone, server.peer.port, ca_path)
        assert len(server.names) == 1
    assert outcome.connections == 1
    assert [seen.servers[0].host.name for seen in outcome.seen] == [f"p{n}.shared.test" for n in range(30)]
    assert {seen.servers[0].session.sni for seen in outcome.seen} == {server.names[0]}


# -- the deadline ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def deaf(port: int) -> t.Iterator[None]:
    """A port that takes connections and never says a word."""
    with socket.create_server((DEAF, port)):
        yield


def test_a_server_that_hangs_takes_nothing_from_the_others(ca_path: str) -> None:
    targets = [Target("slow.test"), Target("p.test"), Target("both.test")]
    with mail("mx.p.test") as server, deaf(server.peer.port):
        zone = {
            **partner("p.test", "mx.p.test"),
            **partner("slow.test", "mx.slow.test", DEAF, secure=True),
            ("_25._tcp.mx.slow.test", "TLSA"): Say((f"_25._tcp.mx.slow.test. TLSA 3 1 1 {'0f' * 32}",), secure=True),
            ("both.test", "MX"): Say(("both.test. MX 10 mx.p.test.", "both.test. MX 20 mx.slow.test.")),
        }
        outcome = probe(targets, zone, server.peer.port, ca_path, deadline=1.5)
    assert outcome.seconds < 2.5
    slow, quick, both = outcome.seen
    assert [seen.cut_off for seen in outcome.seen] == [True, False, True]
    assert [one.session.failure for one in quick.servers] == [None]
    assert [one.session.failure for one in slow.servers] == [Failure("connect", "deadline")]
    assert [one.session.failure for one in both.servers] == [None, Failure("connect", "deadline")]
    assert both.servers[0].trust is not None
    # What DNS said was there before, and is kept. It is not taken for a host without TLSA records.
    assert slow.servers[0].dane.status == "unjudged"
    assert [(host.name, host.addresses, host.secure) for host in slow.route.hosts] == [("mx.slow.test", (DEAF,), True)]
    assert slow.mta_sts == {"slow.test": MtaSts()}


def test_a_resolver_that_hangs_leaves_a_partner_without_a_route(ca_path: str) -> None:
    def names(query: dns.message.Message, tcp: bool) -> t.Iterable[bytes]:
        slow = asked_of(query)[0].endswith("slow.test")
        return [] if slow else from_zone(partner("p.test", "mx.p.test"))(query, tcp)

    with mail("mx.p.test") as server:
        targets = [Target("slow.test"), Target("p.test")]
        outcome = probe(targets, names, server.peer.port, ca_path, deadline=1.5)
    assert outcome.seconds < 2.5
    slow, quick = outcome.seen
    assert (slow.cut_off, slow.route, slow.servers) == (True, Route(), ())
    assert (quick.cut_off, len(quick.servers)) == (False, 1)


def test_a_policy_host_that_hangs_leaves_the_servers_as_they_are(ca_path: str) -> None:
    with mail("mx.p.test") as server, deaf(server.peer.port):
        zone = {
            **partner("p.test", "mx.p.test"),
            ("_mta-sts.p.test", "TXT"): Say(('_mta-sts.p.test. TXT "v=STSv1; id=1"',)),
            ("mta-sts.p.test", "A"): Say((f"mta-sts.p.test. A {DEAF}",)),
        }
        outcome = probe([Target("p.test")], zone, server.peer.port, ca_path, deadline=1.5)
    assert outcome.seconds < 2.5
    (seen,) = outcome.seen
    assert (seen.cut_off, dict(seen.mta_sts)) == (True, {})
    assert [one.session.failure for one in seen.servers] == [None]


def test_many_partners_behind_a_server_that_hangs_are_cut_off_together(ca_path: str) -> None:
    zone: dict[tuple[str, str], Say] = {}
    targets = [Target(f"p{number}.test") for number in range(50)]
    for target in targets:
        zone |= partner(target.domain, f"mx.{target.domain}", DEAF)
    with mail("mx.p.test") as server, deaf(server.peer.port):
        outcome = probe(targets, zone, server.peer.port, ca_path, deadline=1.5)
    assert outcome.seconds < 2.5
    assert all(seen.cut_off for seen in outcome.seen)
    assert outcome.connections == 1


def test_a_fault_of_ours_is_not_passed_over(ca_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_args: t.Any) -> TlsRpt:
        raise LookupError("ours")

    monkeypatch.setattr(policy, "find_tls_rpt", broken)
    with smtp_peer.closed_port() as port, pytest.raises(LookupError):
        probe([Target("p.test")], {}, port, ca_path)

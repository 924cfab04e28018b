# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mail from the lab's Exchange Online to a partner whose server is a real one: Postfix.

What arrived, and how, is Postfix's own word: the Received line that it wrote, and the commands that it counted.
"""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import socket
import threading
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.judges.postfix import Postfix, Settings, unavailable
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow import transport_switches
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.shapes import Attempt, Envelope, Route
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.transport import SmtpTransport, Where
from ansible_collections.mailflow.exchange_online.tests.lab.partners.dns import Records, parse, respond
from ansible_collections.mailflow.exchange_online.tests.lab.partners.pki import Pki
from ansible_collections.mailflow.exchange_online.tests.lab.partners.plan import tlsa_text
from ansible_collections.mailflow.exchange_online.tests.lab.partners.shapes import Leaf, Tlsa
from ansible_collections.mailflow.exchange_online.tests.lab.switches import Switches

#: Where Postfix cannot be run, pytest sees no tests here: see test_postfix.py.
__test__ = not unavailable()

HOST, DOMAIN = "mx.partner.test", "partner.test"
ENVELOPE = Envelope("a@tenant.test", f"b@{DOMAIN}", b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n" + b"y" * 900 + b"\r\n")
LEVELS = (None, "EncryptionOnly", "CertificateValidation", "DomainValidation")
#: What a message becomes: encrypted, clear, or a part of the text with which it waits.
ENCRYPTED, CLEAR = "encrypted", "clear"
STARTTLS = "[Message=451 5.7.3 STARTTLS is required to send mail]"
UNTRUSTED = "[Message=UntrustedRoot]"
EXPIRED = f"[Message=CertificateExpired Expected Subject: {HOST}. Presented Subject: CN={HOST}. Thumbprint: "
MISMATCH = f"[Message=SubjectMismatch Expected Subject: {HOST}. Presented Subject: CN=mx.other.test. Thumbprint:"
HANDSHAKE = "[Message=Security status InvalidToken]"


class Server(t.NamedTuple):
    """A kind of server, and what becomes of a message at each of the levels."""

    becomes: tuple[str, str, str, str]
    tls: t.Literal["none", "may", "encrypt"] = "may"
    leaf: Leaf = Leaf()
    protocols: str = ">=TLSv1.2"


SERVERS: t.Mapping[str, Server] = {
    "no_tls": Server((CLEAR, STARTTLS, STARTTLS, STARTTLS), tls="none"),
    "good": Server((ENCRYPTED, ENCRYPTED, ENCRYPTED, ENCRYPTED)),
    "good_ec": Server((ENCRYPTED, ENCRYPTED, ENCRYPTED, ENCRYPTED), leaf=Leaf(key="ec")),
    "tls_demanded": Server((ENCRYPTED, ENCRYPTED, ENCRYPTED, ENCRYPTED), tls="encrypt"),
    "expired": Server((ENCRYPTED, ENCRYPTED, EXPIRED, EXPIRED), leaf=Leaf(valid_days=(-400, -10))),
    "other_name": Server(
        (ENCRYPTED, ENCRYPTED, ENCRYPTED, MISMATCH), leaf=Leaf(names=("mx.other.test",), common_name="mx.other.test")
    ),
    "self_signed": Server((ENCRYPTED, ENCRYPTED, UNTRUSTED, UNTRUSTED), leaf=Leaf(issuer="self")),
    "incomplete": Server((ENCRYPTED, ENCRYPTED, UNTRUSTED, UNTRUSTED), leaf=Leaf(sends="leaf_only")),
    "tls13_only": Server((CLEAR, HANDSHAKE, HANDSHAKE, HANDSHAKE), protocols=">=TLSv1.3"),
}


class Tenant:
    """Sends as Exchange Online does."""

    def __init__(self, pki: Pki, directory: pathlib.Path, resolver: str) -> None:
        self.pki = pki
        self._ca_path = directory / "roots.pem"
        self._ca_path.write_bytes(pki.root_pem())
        self._resolver = resolver

    def transport(self, port: int, **settings: str) -> SmtpTransport:
        switches = Switches(transport_switches.SWITCHES)
        switches.update(settings)
        return SmtpTransport(Where(self._resolver, port, 1, str(self._ca_path), timeout=20), switches)

    def send(self, partner: Postfix, level: t.Any = None, **settings: str) -> Attempt:
        """Send the message to a Postfix as a smart host."""
        route = Route(DOMAIN, "exact", "To partner", (partner.settings.address,), level, HOST if level else None)
        return self.transport(partner.port, **settings).attempt(route, ENVELOPE)


@contextlib.contextmanager
def name_server(records: Records) -> t.Iterator[str]:
    """Answers as the lab's name server does; gives its address and port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                data, client = one.recvfrom(4096)
                query = parse(data)
                if query is None:  # the empty one that ends it
                    return
                answer = respond(query, records, "udp")
                if answer is not None:
                    one.sendto(answer, client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        at = one.getsockname()
        try:
            yield f"{at[0]}:{at[1]}"
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.sendto(b"", at)
            thread.join(10)


@pytest.fixture(scope="module")
def records() -> Records:
    return Records()


@pytest.fixture(scope="module")
def tenant(records: Records, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Tenant]:
    with name_server(records) as resolver:
        yield Tenant(Pki(), tmp_path_factory.mktemp("tenant"), resolver)


def _partner(tenant: Tenant, server: Server, address: str = "127.41.0.1", **more: t.Any) -> Postfix:
    pem = tenant.pki.issue(server.leaf, HOST, DOMAIN).pem()
    return Postfix(Settings(address, name=HOST, tls=server.tls, pem=pem, protocols=server.protocols, **more))


def _in_letters(partner: Postfix) -> list[str]:
    """How the letters of a partner came; asserts that each is the message that was sent."""
    letters = partner.letters()
    wanted = (ENVELOPE.mail_from, ENVELOPE.recipient, ENVELOPE.content)
    assert [(one.mail_from, one.recipient, one.content) for one in letters] == [wanted] * len(letters)
    return [ENCRYPTED if one.encrypted else CLEAR for one in letters]


@pytest.mark.parametrize("kind", SERVERS)
def test_what_becomes_of_a_message_at_each_level(tenant: Tenant, kind: str) -> None:
    server = SERVERS[kind]
    arrived: list[str] = []
    with _partner(tenant, server) as partner:
        for level, becomes in zip(LEVELS, server.becomes, strict=True):
            attempt = tenant.send(partner, level)
            if becomes in (ENCRYPTED, CLEAR):
                arrived.append(becomes)
                assert (attempt.result, attempt.encrypted) == ("delivered", becomes == ENCRYPTED), attempt
                assert attempt.text.startswith("250 2.0.0 Ok: queued as ")
            else:
                assert (attempt.result, attempt.encrypted) == ("deferred", False), attempt
                assert attempt.text.startswith("450 4.4.317 Cannot connect to remote server [Message="), attempt
                assert becomes in attempt.text
                assert f"[LastAttemptedIP={partner.settings.address}:25]" in attempt.text
            partner.letters(len(arrived))
        # Postfix's own word: what came, and in which form; and nothing began without being finished.
        assert _in_letters(partner) == arrived
        sessions = partner.sessions(len(LEVELS))
        assert sum(one.given("mail") for one in sessions) == len(arrived)
        assert sum(one.given("mail") for one in sessions if not one.accepted("starttls")) == arrived.count(CLEAR)


def test_postfix_saw_the_protocol_that_the_attempt_names(tenant: Tenant) -> None:
    with _partner(tenant, SERVERS["good"]) as partner:
        for turn, (switch, protocol) in enumerate((("no", "TLSv1.2"), ("yes", "TLSv1.3")), 1):
            attempt = tenant.send(partner, "DomainValidation", outbound_tls13=switch)
            assert (attempt.result, attempt.protocol) == ("delivered", protocol)
            assert partner.letters(turn)[-1].protocol == protocol


def test_a_server_that_speaks_tls13_alone_is_reached_if_exchange_does(tenant: Tenant) -> None:
    with _partner(tenant, SERVERS["tls13_only"]) as partner:
        assert tenant.send(partner, "DomainValidation", outbound_tls13="yes").encrypted
        assert partner.letters(1)[0].protocol == "TLSv1.3"


@pytest.mark.parametrize(
    ("recipient_rule", "result", "text"),
    [
        ("defer", "deferred", f"450 4.3.2 <b@{DOMAIN}>: Recipient address rejected: Try again later"),
        ("reject", "failed", f"554 5.7.1 <b@{DOMAIN}>: Recipient address rejected: Access denied"),
    ],
)
def test_a_refusal_of_the_partner_is_told_in_its_own_words(
    tenant: Tenant, recipient_rule: str, result: str, text: str
) -> None:
    more = {"smtpd_recipient_restrictions": recipient_rule}
    with _partner(tenant, SERVERS["good"], more=more) as partner:
        attempt = tenant.send(partner, "EncryptionOnly")
        (session,) = partner.sessions(1)
        assert (attempt.result, attempt.text, attempt.encrypted) == (result, text, False)
        assert (session.accepted("mail"), session.given("rcpt"), session.accepted("rcpt")) == (1, 1, 0)
        assert partner.letters() == []


def test_a_message_passes_by_a_server_without_tls_to_one_that_has_it(tenant: Tenant) -> None:
    with (
        _partner(tenant, SERVERS["no_tls"]) as bare,
        _partner(tenant, SERVERS["good"], "127.41.0.2", port=bare.port) as good,
    ):
        hosts = (bare.settings.address, good.settings.address)
        route = Route(DOMAIN, "exact", "To partner", hosts, "DomainValidation", HOST)
        attempt = tenant.transport(good.port).attempt(route, ENVELOPE)
        assert (attempt.result, attempt.address) == ("delivered", good.settings.address)
        good.letters(1)
        assert (_in_letters(bare), _in_letters(good)) == ([], [ENCRYPTED])
        assert [one.given("mail") for one in bare.sessions(1)] == [0]


def test_by_mx_a_domain_without_a_connector_gets_mail_as_its_server_allows(tenant: Tenant, records: Records) -> None:
    records.add("by-mx.test", "MX", "10 mx.by-mx.test.")
    records.add("mx.by-mx.test", "A", "127.41.0.3")
    envelope = dataclasses.replace(ENVELOPE, recipient="b@by-mx.test")
    for kind, encrypted in (("no_tls", False), ("self_signed", True)):
        with _partner(tenant, SERVERS[kind], "127.41.0.3", domains=("by-mx.test",)) as partner:
            attempt = tenant.transport(partner.port).attempt(Route("by-mx.test"), envelope)
            assert (attempt.result, attempt.encrypted) == ("delivered", encrypted)
            assert [one.encrypted for one in partner.letters(1)] == [encrypted]


@pytest.mark.parametrize(("over", "result"), [("leaf", "delivered"), ("other", "deferred")])
def test_dane_holds_for_postfix_as_well(tenant: Tenant, records: Records, over: t.Any, result: str) -> None:
    domain, host, address = f"dane-{over}.test", f"mx.dane-{over}.test", "127.41.0.4"
    issued = tenant.pki.issue(Leaf(issuer="self"), host, domain)
    records.secure.add(domain)
    records.add(domain, "MX", f"10 {host}.")
    records.add(host, "A", address)
    records.add(f"_25._tcp.{host}", "TLSA", tlsa_text(Tlsa(3, 1, 1, over), issued))
    route = Route(domain, "exact", "To partner", smtp_dane_mode="Mandatory")
    envelope = dataclasses.replace(ENVELOPE, recipient=f"b@{domain}")
    with Postfix(Settings(address, name=host, domains=(domain,), tls="may", pem=issued.pem())) as partner:
        attempt = tenant.transport(partner.port).attempt(route, envelope)
        (session,) = partner.sessions(1)
        came = result == "delivered"
        assert (attempt.result, attempt.encrypted) == (result, came), attempt
        assert came or attempt.text.startswith("450 4.7.323 tlsa-invalid")
        assert (session.accepted("starttls"), session.given("mail")) == (1, int(came))
        assert [one.encrypted for one in partner.letters(int(came))] == [True] * came


def test_to_reach_a_smart_host_is_to_greet_it_and_no_more(tenant: Tenant) -> None:
    with _partner(tenant, SERVERS["good"]) as partner:
        reached = tenant.transport(partner.port).reach(partner.settings.address)
        (session,) = partner.sessions(1)
    assert reached.success
    assert dict(session.commands) == {"ehlo": (1, 1), "quit": (1, 1), "commands": (2, 2)}
    assert any("ESMTP Postfix" in line for line in reached.detail)

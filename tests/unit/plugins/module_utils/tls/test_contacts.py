# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many connections the servers of a run see, and that they are enough to tell the truth."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import ssl
import threading
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import certificate, names
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.contacts import Contact, Contacts
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Failure, Host
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Settings
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls import smtp_peer
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.smtp_peer import (
    Peer,
    Script,
    Smtp,
    Visitor,
    closed_port,
    greet,
    peer,
    server_context,
)

ADDRESS = "127.0.0.1"
SHORT = 0.5


@functools.cache
def tls_for(*hosts: str) -> ssl.SSLContext:
    """A server's context with one certificate for all of these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    smtp_peer.authority().issue_cert(*hosts).configure_cert(context)
    return context


def covers(der: bytes, name: str) -> bool:
    return names.covers(certificate.read(der), name)


class Outcome(t.NamedTuple):
    """What was seen for each host, and how often a connection was begun."""

    contacts: list[Contact]
    connections: int


def contact(port: int, *hosts: str, together: bool = True, anything: bool = False, **settings: t.Any) -> Outcome:
    """Contact one address for each of these names; with ``anything`` each certificate covers them all."""

    async def run() -> Outcome:
        chosen = dataclasses.replace(Settings(timeout=30, allow_private=True), port=port, **settings)
        contacts = Contacts(chosen, (lambda _der, _name: True) if anything else covers)
        calls = [contacts.contact(Host(host), ADDRESS) for host in hosts]
        found = await asyncio.gather(*calls) if together else [await call for call in calls]
        return Outcome(list(found), contacts.connections)

    return asyncio.run(run())


def visits(server: Peer) -> list[str | None]:
    """The SNI name of each visit, when all are over."""
    for visitor in server.visitors:
        assert visitor.over.wait(smtp_peer.PATIENCE)
    return [visitor.sni for visitor in server.visitors]


@pytest.mark.parametrize("together", [True, False])
def test_an_address_is_connected_to_once_for_a_name(together: bool) -> None:
    with peer(Smtp(tls_for("a.test"))) as server:
        outcome = contact(server.port, *["a.test"] * 20, together=together)
        assert visits(server) == ["a.test"]
    assert outcome.connections == 1
    first = outcome.contacts[0]
    assert all(one is first for one in outcome.contacts)
    assert (first.second, first.session.failure) == (None, None)
    assert first.session.tls is not None
    assert first.chain == first.session.tls.chain


@pytest.mark.parametrize("together", [True, False])
def test_a_certificate_that_covers_the_other_name_is_what_it_would_get(together: bool) -> None:
    with peer(Smtp(tls_for("a.test", "*.b.test"))) as server:
        outcome = contact(server.port, "a.test", "mx.b.test", "mx2.b.test", together=together)
        assert visits(server) == ["a.test"]
    assert outcome.connections == 1
    assert len({id(one) for one in outcome.contacts}) == 1


def test_a_name_that_no_certificate_covers_gets_a_connection_of_its_own() -> None:
    with peer(Smtp(tls_for("a.test"))) as server:
        outcome = contact(server.port, "a.test", "c.test", "a.test", "d.test")
        assert visits(server) == ["a.test", "c.test", "d.test"]
    assert outcome.connections == 3
    assert [one.session.sni for one in outcome.contacts] == ["a.test", "c.test", "a.test", "d.test"]


@pytest.mark.parametrize("hosts", [("", "a.test"), ("a.test", "")])
def test_without_a_name_nothing_is_covered(hosts: tuple[str, ...]) -> None:
    with peer(Smtp(tls_for("b.test"))) as server:
        assert contact(server.port, *hosts, together=False).connections == 2
        assert visits(server) == [host or None for host in hosts]


def test_what_is_shown_without_a_name_comes_from_there_alone() -> None:
    with peer(Smtp(tls_for("b.test"))) as server:
        assert contact(server.port, "a.test", "", "c.test", together=False, anything=True).connections == 2
        assert visits(server) == ["a.test", None]


@pytest.mark.parametrize(
    ("script", "step", "fault"),
    [
        (Smtp(tls_for("a.test"), banner=b"554 no service\r\n"), "banner", "reply"),
        (Smtp(tls_for("a.test"), banner=b"not SMTP\r\n"), "banner", "protocol"),
        (Smtp(tls_for("a.test"), banner=None), "banner", "timeout"),
        (Smtp(tls_for("a.test"), ehlo=b"502 no\r\n"), "ehlo", "reply"),
        (Smtp(tls_for("a.test"), starttls=b"454 not now\r\n"), "starttls", "reply"),
    ],
)
def test_what_ended_before_tls_holds_for_every_name(script: Script, step: str, fault: str) -> None:
    with peer(script) as server:
        outcome = contact(server.port, "a.test", "b.test", "", timeout=SHORT)
        assert len(visits(server)) == outcome.connections == 1
    failures = [one.session.failure for one in outcome.contacts]
    assert [failure and (failure.step, failure.fault) for failure in failures] == [(step, fault)] * 3


def test_a_server_without_starttls_is_asked_once() -> None:
    with peer(Smtp(tls_for("a.test"), ehlo=b"250 mx.test\r\n")) as server:
        outcome = contact(server.port, "a.test", "b.test")
        assert len(visits(server)) == outcome.connections == 1
    assert {one.session.failure for one in outcome.contacts} == {None}
    assert {one.chain for one in outcome.contacts} == {()}


def test_a_port_where_nobody_listens_is_tried_once() -> None:
    with closed_port() as port:
        outcome = contact(port, "a.test", "b.test")
    assert outcome.connections == 1
    assert {one.session.failure and one.session.failure.fault for one in outcome.contacts} == {"refused"}


# -- the second connection -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "protocol"), [(ssl.TLSVersion.TLSv1_3, "TLSv1.3"), (ssl.TLSVersion.TLSv1, "TLSv1")]
)
def test_a_handshake_that_failed_is_tried_with_everything_there_is(version: ssl.TLSVersion, protocol: str) -> None:
    with peer(Smtp(server_context(version, version))) as server:
        outcome = contact(server.port, "a.test")
        assert len(visits(server)) == outcome.connections == 2
    (seen,) = outcome.contacts
    assert seen.session.failure is not None
    assert (seen.session.failure.step, seen.session.failure.fault) == ("handshake", "tls")
    assert seen.second is not None
    assert seen.second.tls is not None
    assert (seen.second.sni, seen.second.tls.protocol) == ("a.test", protocol)
    assert seen.chain == seen.second.tls.chain


def hang_up(visitor: Visitor) -> None:
    greet(visitor)


def speak_in_clear(visitor: Visitor) -> None:
    greet(visitor)
    visitor.read()
    visitor.say(b"250 what did you say?\r\n")


@pytest.mark.parametrize("script", [hang_up, speak_in_clear])
def test_a_second_failure_is_noted_and_the_last(script: Script) -> None:
    with peer(script) as server:
        outcome = contact(server.port, "a.test")
        assert len(visits(server)) == outcome.connections == 2
    (seen,) = outcome.contacts
    assert seen.second is not None
    assert seen.second.failure is not None
    assert seen.second.failure.step == "handshake"
    assert seen.chain == ()


def stay_silent(visitor: Visitor) -> None:
    greet(visitor)
    visitor.stay()


def test_a_handshake_that_hangs_is_not_tried_again() -> None:
    with peer(stay_silent) as server:
        outcome = contact(server.port, "a.test", timeout=SHORT)
        assert len(visits(server)) == outcome.connections == 1
    assert outcome.contacts[0].second is None


def test_a_server_that_wants_a_client_certificate_is_not_tried_again() -> None:
    context = server_context(maximum=ssl.TLSVersion.TLSv1_2, clients=ssl.CERT_REQUIRED)
    with peer(Smtp(context)) as server:
        outcome = contact(server.port, "a.test")
        assert len(visits(server)) == outcome.connections == 1
    (seen,) = outcome.contacts
    assert seen.session.failure is not None
    assert seen.session.client_certificate_asked


def test_a_handshake_that_failed_says_nothing_about_another_name() -> None:
    with peer(hang_up) as server:
        outcome = contact(server.port, "a.test", "b.test")
        assert len(visits(server)) == outcome.connections == 4
    assert [one.session.sni for one in outcome.contacts] == ["a.test", "b.test"]


# -- manners ---------------------------------------------------------------------------------------------------------


def test_an_address_that_is_not_public_is_not_connected_to() -> None:
    with peer(Smtp(tls_for("a.test"))) as server:
        outcome = contact(server.port, "a.test", "b.test", allow_private=False)
        assert server.visitors == []
    assert outcome.connections == 0
    for one in outcome.contacts:
        assert one.session.failure == Failure("connect", "private", "not a public address")


def test_an_address_has_one_connection_at_a_time() -> None:
    lock, present, most = threading.Lock(), 0, 0
    polite = Smtp(tls_for("nobody.test"))

    def count(visitor: Visitor) -> None:
        nonlocal present, most
        with lock:
            present += 1
            most = max(most, present)
        try:
            visitor.say(b"220-wait\r\n")
            visitor.over.wait(0.02)
            polite(visitor)
        finally:
            with lock:
                present -= 1

    # Two, not one: the server may hear of the next visitor before it hears that the last one has gone.
    with peer(count) as server:
        outcome = contact(server.port, *(f"h{number}.p{number}.test" for number in range(8)))
        assert len(visits(server)) == outcome.connections == 8
    assert most <= 2

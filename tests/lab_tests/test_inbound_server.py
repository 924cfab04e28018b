# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the tenant's own mail server talks: SMTP, many clients, bad ones, and its end."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import pathlib
import smtplib
import socket
import ssl
import threading
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound import InboundServer
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_cases import ACCEPTED, CLIENTS, as_shown
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_play import (
    Stand,
    client_context,
    deliver,
    send,
)
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_switches import SWITCHES
from ansible_collections.mailflow.exchange_online.tests.lab.partners.taking import MOST_BYTES
from ansible_collections.mailflow.exchange_online.tests.lab.switches import Switches
from ansible_collections.mailflow.exchange_online.tests.lab_tests.partner_client import Smtp, context


@pytest.fixture(scope="module")
def stand() -> t.Iterator[Stand]:
    with Stand() as running:
        yield running


@pytest.fixture
def server(stand: Stand) -> InboundServer:
    stand.reset()
    return stand.server


def _server(stand: Stand, **rest: t.Any) -> InboundServer:
    return InboundServer(list, lambda: ACCEPTED, Switches(SWITCHES), stand.pki.root_pem(), **rest)


def _talk(server: InboundServer) -> Smtp:
    """A conversation by hand."""
    return Smtp(t.cast(t.Any, server), server.address)


def _hello(talk: Smtp) -> None:
    assert talk.reply()[0].startswith("220 ")
    assert talk.command("EHLO mail.partner.example")[0].endswith(" Hello [127.0.0.1]")


# -- SMTP ------------------------------------------------------------------------------------------------------------


def test_a_conversation_as_in_public_captures(server: InboundServer) -> None:
    with _talk(server) as talk:
        assert ".mail.protection.outlook.test Microsoft ESMTP MAIL Service ready at " in talk.reply()[0]
        ehlo = talk.command("EHLO mail.partner.example")
        assert ehlo[1:] == [
            f"250-SIZE {MOST_BYTES}",
            "250-PIPELINING",
            "250-ENHANCEDSTATUSCODES",
            "250-STARTTLS",
            "250 8BITMIME",
        ]
        assert talk.command("MAIL FROM:<anna@partner.example> SIZE=10 BODY=8BITMIME") == ["250 2.1.0 Sender OK"]
        assert talk.command("RCPT TO:<bob@contoso.example>") == ["250 2.1.5 Recipient OK"]
        assert talk.command("DATA")[0].startswith("354 ")
        talk.say("Subject: x\r\n\r\n..a dot\r\n.")
        assert talk.reply() == ["250 2.6.0 Queued mail for delivery"]
        assert talk.command("NOOP")[0].startswith("250 ")
        assert talk.command("QUIT")[0].startswith("221 ")
    (received,) = server.received
    assert received.content == b"Subject: x\r\n\r\n.a dot\r\n"
    assert (received.mail_from, received.recipients) == ("anna@partner.example", ("bob@contoso.example",))


def test_commands_that_come_together_are_all_answered(server: InboundServer) -> None:
    with _talk(server) as talk:
        talk.reply()
        talk.say("EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<bob@contoso.example>\r\nRSET\r\nQUIT")
        assert [talk.reply()[0][:3] for _turn in range(5)] == ["250", "250", "250", "250", "221"]


@pytest.mark.parametrize(
    ("commands", "code"),
    [
        (["MAIL FROM:<a@b.example>"], "503"),
        (["EHLO x", "RCPT TO:<bob@contoso.example>"], "503"),
        (["EHLO x", "DATA"], "503"),
        (["EHLO x", "MAIL FROM:<a@b.example>", "DATA"], "503"),
        (["EHLO x", "MAIL FROM:<a@b.example>", "MAIL FROM:<a@b.example>"], "503"),
        (["EHLO x", "MAIL FROM:<a@b.example>", "RSET", "RCPT TO:<bob@contoso.example>"], "503"),
        (["EHLO x", "MAIL FROM:<a@b.example>", "EHLO x", "RCPT TO:<bob@contoso.example>"], "503"),
        (["EHLO x", "MAIL"], "501"),
        (["EHLO x", "MAIL TO:<a@b.example>"], "501"),
        (["EHLO x", "MAIL FROM:<a@b.example>", "RCPT FROM:<bob@contoso.example>"], "501"),
        (["EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<bob>"], "550"),
        (["EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<bob@contoso.example>", "RCPT TO:<c@d.example>"], "550"),
        (["EHLO x", "MAIL FROM:<>", "RCPT TO:<bob@contoso.example>"], "250"),
        (["EHLO x", "MAIL FROM: a@b.example", "RCPT TO: bob@contoso.example"], "250"),
        (["HELO x", "MAIL FROM:<a@b.example>", "RCPT TO:<bob@contoso.example>"], "250"),
        (["VRFY bob"], "500"),
        (["\xff\xfe"], "500"),
        ([""], "500"),
    ],
)
def test_the_order_and_form_of_commands(server: InboundServer, commands: list[str], code: str) -> None:
    with _talk(server) as talk:
        talk.reply()
        for command in commands:
            talk.socket.sendall(f"{command}\r\n".encode("latin-1"))
            reply = talk.reply()
        assert reply[0].startswith(code)
        assert talk.command("QUIT")[0].startswith("221 ")


def test_several_messages_on_one_connection(server: InboundServer) -> None:
    with smtplib.SMTP(server.address, server.port, "x", 20) as talk:
        for number in range(3):
            talk.sendmail(f"a{number}@b.example", ["bob@contoso.example"], f"Subject: {number}\r\n\r\n")
    assert [one.mail_from for one in server.received] == [f"a{number}@b.example" for number in range(3)]
    assert [one.recipients for one in server.received] == [("bob@contoso.example",)] * 3


def test_a_refused_recipient_does_not_stop_the_others(server: InboundServer, stand: Stand) -> None:
    limited = {"SenderDomains": ["*"], "RequireTls": True, "AssociatedAcceptedDomains": ["contoso.example"]}
    stand.connectors = [as_shown("limited", limited)]
    recipients = ["bob@contoso.example", "bob@contoso.onmicrosoft.example"]
    with smtplib.SMTP(server.address, server.port, "x", 20) as talk:
        refused = talk.sendmail("a@b.example", recipients, "Subject: x\r\n\r\n")
    assert list(refused) == recipients[:1]
    assert [one.recipients for one in server.received] == [("bob@contoso.onmicrosoft.example",)]
    assert [(one.recipients, one.connector) for one in server.refused] == [(("bob@contoso.example",), "limited")]


def test_recipients_of_several_connectors_are_told_apart(server: InboundServer, stand: Stand) -> None:
    for name, domain in zip(("one", "two"), ACCEPTED, strict=True):
        options = {"SenderDomains": ["*"], "RequireTls": False, "AssociatedAcceptedDomains": [domain]}
        stand.connectors.append(as_shown(name, options))
    recipients = ["bob@contoso.example", "bob@contoso.onmicrosoft.example", "eve@contoso.example"]
    with smtplib.SMTP(server.address, server.port, "x", 20) as talk:
        talk.sendmail("a@b.example", recipients, "Subject: x\r\n\r\n")
    assert [(one.connector, one.recipients) for one in server.received] == [
        ("one", ("bob@contoso.example", "eve@contoso.example")),
        ("two", ("bob@contoso.onmicrosoft.example",)),
    ]


def test_one_bad_recipient_refuses_all_where_the_content_is_answered(server: InboundServer, stand: Stand) -> None:
    stand.switches["inbound_refusal_stage"] = "DATA"
    with smtplib.SMTP(server.address, server.port, "x", 20) as talk, pytest.raises(smtplib.SMTPDataError) as refusal:
        talk.sendmail("a@b.example", ["bob@contoso.example", "c@elsewhere.example"], "Subject: x\r\n\r\n")
    assert refusal.value.smtp_code == 550
    assert server.received == []
    assert [one.recipients for one in server.refused] == [("bob@contoso.example", "c@elsewhere.example")]


def test_too_many_recipients(server: InboundServer) -> None:
    with smtplib.SMTP(server.address, server.port, "x", 20) as talk:
        refused = talk.sendmail("a@b.example", [f"b{n}@contoso.example" for n in range(102)], "Subject: x\r\n\r\n")
    assert {code for code, _text in refused.values()} == {452}
    assert len(server.received[0].recipients) == 100


def test_a_message_that_is_too_big(server: InboundServer) -> None:
    with _talk(server) as talk:
        _hello(talk)
        for command in ("MAIL FROM:<a@b.example>", "RCPT TO:<bob@contoso.example>", "DATA"):
            talk.command(command)
        piece = (b"x" * 998 + b"\r\n") * 1000
        for _turn in range(MOST_BYTES // len(piece) + 1):
            talk.socket.sendall(piece)
        talk.say(".")
        assert talk.reply()[0].startswith("552 ")
        assert talk.command("QUIT")[0].startswith("221 ")
    assert server.received == []


def test_a_line_without_end_ends_the_connection(server: InboundServer) -> None:
    with _talk(server) as talk:
        talk.reply()
        with contextlib.suppress(ConnectionError):
            for _turn in range(64):
                talk.socket.sendall(b"x" * 65536)
            while talk.socket.recv(4096):
                pass
    assert send(CLIENTS["clear"], server, {}).outcome == "accepted clear"


def test_only_a_dot_between_real_line_ends_ends_a_message(server: InboundServer) -> None:
    with _talk(server) as talk:
        _hello(talk)
        for command in ("MAIL FROM:<a@b.example>", "RCPT TO:<bob@contoso.example>", "DATA"):
            talk.command(command)
        talk.socket.sendall(b"Subject: x\r\n\r\nx\n.\nMAIL FROM:<evil@b.example>\r\n.\r\n")
        assert talk.reply()[0].startswith("250 2.6.0")
    (received,) = server.received
    assert b"evil" in received.content


# -- life ------------------------------------------------------------------------------------------------------------


def test_many_at_a_time(server: InboundServer, stand: Stand) -> None:
    stand.connectors = [as_shown("x", {"SenderDomains": ["partner.example"], "RequireTls": True})]
    clients = [
        dataclasses.replace(CLIENTS["tls" if number % 2 else "clear"], recipient=f"b{number}@contoso.example")
        for number in range(24)
    ]
    tls = client_context(server.ca_pem, b"")
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda one: deliver(one, server, tls if one.encrypts else None), clients))
    assert [bool(reply) for reply in replies] == [not one.encrypts for one in clients]
    assert {one.recipients[0] for one in server.received} == {one.recipient for one in clients if one.encrypts}
    assert {one.recipients[0] for one in server.refused} == {one.recipient for one in clients if not one.encrypts}


@pytest.mark.parametrize("where", ["greeting", "handshake", "inside", "content"])
def test_a_client_that_falls_silent_is_left(stand: Stand, where: str) -> None:
    with _server(stand, patience=0.2) as server, _talk(server) as talk:
        if where in ("handshake", "inside"):
            talk.to_starttls()
        if where == "inside":
            talk.secure(context(), None)
        if where == "content":
            _hello(talk)
            for command in ("MAIL FROM:<a@b.example>", "RCPT TO:<bob@contoso.example>", "DATA"):
                talk.command(command)
            talk.say("Subject: x")
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while talk.socket.recv(4096):
                pass
        assert server.received == []


def test_a_client_that_goes_in_the_middle_leaves_nothing(server: InboundServer) -> None:
    with _talk(server) as talk:
        _hello(talk)
        for command in ("MAIL FROM:<a@b.example>", "RCPT TO:<bob@contoso.example>", "DATA"):
            talk.command(command)
        talk.say("Subject: x")
    assert send(CLIENTS["clear"], server, {}).outcome == "accepted clear"
    assert [one.mail_from for one in server.received] == ["anna@partner.example"]


def test_its_beginning_and_its_end(stand: Stand) -> None:
    server, before = _server(stand), threading.active_count()
    with pytest.raises(RuntimeError):
        assert server.ca_path
    server.stop()
    server.start()
    port = server.port
    server.start()
    assert server.port == port
    assert pathlib.Path(server.ca_path).read_bytes() == server.ca_pem
    with _talk(server) as talk:
        _hello(talk)
        send(CLIENTS["clear"], server, {})
        server.stop()
        server.stop()
        with contextlib.suppress(ConnectionError):
            assert talk.socket.recv(4096) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.address, port), 5)
    assert len(server.received) == 1
    assert threading.active_count() == before
    server.start()
    assert send(CLIENTS["tls"], server, {}).outcome == "accepted encrypted"
    server.stop()


def test_two_servers_do_not_share_anything(stand: Stand, server: InboundServer) -> None:
    with _server(stand, host="other.mail.protection.outlook.test") as other:
        assert other.port != server.port
        assert send(CLIENTS["tls"], other, {}).outcome == "accepted encrypted"
        assert (len(other.received), len(server.received)) == (1, 0)


def test_connectors_that_cannot_be_had_end_the_connection_only(stand: Stand) -> None:
    calls = []

    def connectors() -> list[t.Mapping[str, t.Any]]:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("not now")
        return []

    with InboundServer(connectors, lambda: ACCEPTED, Switches(SWITCHES), stand.pki.root_pem()) as server:
        with pytest.raises((smtplib.SMTPException, ConnectionError)):
            deliver(CLIENTS["clear"], server, None)
        assert send(CLIENTS["clear"], server, {}).outcome == "accepted clear"

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS of the tenant's own mail server."""

from __future__ import annotations

import contextlib
import ssl
import typing as t

import pytest
from cryptography import x509

from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound import InboundServer
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_cases import CLIENTS
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_play import (
    Stand,
    client_context,
    deliver,
    send,
)
from ansible_collections.mailflow.exchange_online.tests.lab_tests.partner_client import Smtp, context


@pytest.fixture(scope="module")
def stand() -> t.Iterator[Stand]:
    with Stand() as running:
        yield running


@pytest.fixture
def server(stand: Stand) -> InboundServer:
    stand.reset()
    return stand.server


def _talk(server: InboundServer) -> Smtp:
    """A conversation by hand."""
    return Smtp(t.cast(t.Any, server), server.address)


def _hello(talk: Smtp) -> None:
    talk.reply()
    talk.command("EHLO mail.partner.example")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_versions_that_are_taken(server: InboundServer, stand: Stand, version: ssl.TLSVersion) -> None:
    tls = client_context(server.ca_pem, stand.pems["right"])
    tls.minimum_version = tls.maximum_version = version
    assert deliver(CLIENTS["certificate"], server, tls) == ""
    (received,) = server.received
    assert (received.encrypted, received.protocol) == (True, version.name.replace("_", "."))
    assert received.certificate_names == ("mail.partner.example",)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_the_versions_that_are_refused(server: InboundServer, version: ssl.TLSVersion) -> None:
    with _talk(server) as talk:
        assert talk.to_starttls()[0].startswith("220 ")
        with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
            talk.secure(context(version, version), None)
    assert send(CLIENTS["tls"], server, {}).outcome == "accepted encrypted"


def test_the_server_proves_its_name(server: InboundServer) -> None:
    with _talk(server) as talk:
        talk.to_starttls()
        secured = talk.secure(ssl.create_default_context(cafile=server.ca_path), server.host)
        shown = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
        names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == [server.host]
    with _talk(server) as talk:
        talk.to_starttls()
        with pytest.raises(ssl.SSLCertVerificationError):
            talk.secure(ssl.create_default_context(cafile=server.ca_path), "other.example")


def test_starttls_is_offered_and_taken_once(server: InboundServer) -> None:
    with _talk(server) as talk:
        talk.to_starttls()
        talk.secure(context(), None)
        assert "STARTTLS" not in " ".join(talk.command("EHLO x"))
        assert talk.command("STARTTLS")[0].startswith("500 ")
        assert talk.command("QUIT")[0].startswith("221 ")


def test_what_was_said_in_clear_does_not_count_inside(server: InboundServer) -> None:
    with _talk(server) as talk:
        _hello(talk)
        talk.command("MAIL FROM:<a@b.example>")
        talk.command("STARTTLS")
        talk.secure(context(), None)
        assert talk.command("RCPT TO:<bob@contoso.example>")[0].startswith("503 ")
        assert talk.command("MAIL FROM:<a@b.example>")[0].startswith("503 ")


def test_commands_behind_starttls_are_forgotten(server: InboundServer) -> None:
    """CVE-2011-0411: what comes in clear behind STARTTLS must not be taken for something said inside."""
    with _talk(server) as talk:
        _hello(talk)
        talk.socket.sendall(b"STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@b.example>\r\n")
        assert talk.reply()[0].startswith("220 ")
        talk.secure(context(), None)
        assert talk.command("NOOP") == ["250 2.0.0 OK"]
        assert talk.command("RCPT TO:<bob@contoso.example>")[0].startswith("503 ")


def test_no_session_is_resumed(server: InboundServer, stand: Stand) -> None:
    """A certificate is shown anew on each connection, so that it is judged anew."""
    tls = client_context(server.ca_pem, stand.pems["right"])
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    session = None
    for _turn in range(2):
        with _talk(server) as talk:
            talk.to_starttls()
            talk._buffer = b""
            secured = tls.wrap_socket(talk.socket, server_hostname=server.host, session=session)
            talk.socket = secured
            talk.command("QUIT")
            assert not secured.session_reused
            session = secured.session


def test_a_handshake_that_is_none(server: InboundServer) -> None:
    with _talk(server) as talk:
        talk.to_starttls()
        talk.socket.sendall(b"EHLO in clear\r\n" * 100)
        with contextlib.suppress(ConnectionError):
            while talk.socket.recv(4096):
                pass
    assert send(CLIENTS["tls"], server, {}).outcome == "accepted encrypted"

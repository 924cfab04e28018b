# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When mail goes in clear, and when it does not go at all."""

from __future__ import annotations

import contextlib
import itertools
import socket
import socketserver
import ssl
import tempfile
import threading
import typing as t

import pytest
import trustme

from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.shapes import Envelope, Route
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.transport import SmtpTransport, Where
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.transport_switches import SWITCHES
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab.switches import Switches
from ansible_collections.mailflow.exchange_online.tests.lab_tests.partner_client import wait_for
from ansible_collections.mailflow.exchange_online.tests.lab_tests.transport_cases import TABLE
from ansible_collections.mailflow.exchange_online.tests.lab_tests.transport_client import LEVELS, MESSAGE, Office


@pytest.fixture(scope="module")
def office() -> t.Iterator[Office]:
    with PartnerWorld(table=TABLE, hang_seconds=60) as world:
        yield Office(world, TABLE)


@pytest.fixture
def recipient() -> str:
    """A local part that no other test writes to."""
    return f"someone{next(_NUMBERS)}"


_NUMBERS: t.Final = itertools.count()


@pytest.mark.parametrize("case_id", ["no_tls", "refuses_tls", "breaks_tls", "sts_testing_no_tls"])
def test_what_is_opportunistic_goes_in_clear_where_tls_does_not_work(
    case_id: str, office: Office, recipient: str
) -> None:
    office.world.journal.clear()
    attempt = office.send(case_id, to=recipient)
    assert (attempt.result, attempt.encrypted, attempt.protocol) == ("delivered", False, "")
    (letter,) = office.letters_to(recipient)
    assert (letter.encrypted, letter.content) == (False, MESSAGE)
    visits = office.world.visits(case_id)
    wait_for(lambda: all(visit.closed is not None for visit in visits))
    tried = case_id in ("refuses_tls", "breaks_tls")
    assert len(visits) == (2 if tried else 1)
    # A connection on which TLS has failed is not gone on with.
    assert [("STARTTLS" in visit.commands, "DATA" in visit.commands) for visit in visits] == (
        [(True, False), (False, True)] if tried else [(False, True)]
    )


@pytest.mark.parametrize(
    ("case_id", "text"),
    [
        ("sts_no_tls", "450 4.4.317 Cannot connect to remote server [Message=451 5.7.3 STARTTLS is required"),
        ("sts_refuses_tls", "450 4.4.317 Cannot connect to remote server [Message=451 5.7.3 STARTTLS is required"),
        ("sts_breaks_tls", "450 4.4.317 Cannot connect to remote server [Message=451 4.4.0 TLS negotiation failed"),
        ("dane_no_tls", "450 4.7.321 "),
        ("dane_breaks_tls", "450 4.7.321 "),
        ("dane_unusable_no_tls", "450 4.7.321 "),
    ],
)
def test_policies_of_partners_forbid_it_whatever_the_connector_asks_for(
    case_id: str, text: str, office: Office, recipient: str
) -> None:
    attempt = office.send(case_id, to=recipient)
    assert (attempt.result, attempt.encrypted) == ("deferred", False)
    assert attempt.text.startswith(text)
    assert office.letters_to(recipient) == []
    assert "MAIL" not in {line.split()[1] for line in attempt.conversation if line.startswith("C: ")}


@pytest.mark.parametrize("case_id", ["sts_no_tls", "dane_no_tls", "dane_unusable_no_tls"])
def test_unless_the_connector_has_them_off(case_id: str, office: Office, recipient: str) -> None:
    attempt = office.send(case_id, to=recipient, smtp_dane_mode="None", mta_sts_mode="None")
    assert (attempt.result, attempt.encrypted) == ("delivered", False)


@pytest.mark.parametrize("level", LEVELS[1:])
def test_no_command_with_mail_is_sent_where_tls_does_not_do(level: t.Any, office: Office, recipient: str) -> None:
    office.world.journal.clear()
    for case_id in ("no_tls", "refuses_tls", "breaks_tls"):
        assert office.send(case_id, level, to=recipient).result == "deferred"
    if level != "EncryptionOnly":
        office.send("dane_private_ta", level, to=recipient)
    wait_for(lambda: all(visit.closed is not None for visit in office.world.journal.visits))
    assert not office.world.journal.commands() & {"MAIL", "RCPT", "DATA"}
    assert office.letters_to(recipient) == []


@pytest.mark.parametrize(
    ("case_id", "text"),
    [
        ("dane_ta_expired", "450 4.7.322 "),
        ("dane_ta_alone", "450 4.7.323 "),
        ("dane_private_ta", "250 "),
        ("dane_unusable", "250 "),
        ("dane_alias", "450 4.7.323 "),
    ],
)
def test_tlsa_records(case_id: str, text: str, office: Office) -> None:
    assert office.send(case_id, "EncryptionOnly").text.startswith(text)


def test_mandatory_dane_wants_records_that_count(office: Office) -> None:
    for case_id in ("good", "dane_unusable_no_tls"):
        attempt = office.send(case_id, smtp_dane_mode="Mandatory")
        assert (attempt.result, attempt.evidence) == ("deferred", "transport.dane-missing")
    smart = office.send("good", smtp_dane_mode="Mandatory", smart_hosts=(TABLE.addresses["mx.good.test"][0],))
    assert smart.evidence == "transport.dane-missing"
    assert office.send("dane_private_ta", smtp_dane_mode="Mandatory").result == "delivered"


def test_tls_that_breaks_when_it_has_worked_is_no_reason_to_go_in_clear() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("mx.example").configure_cert(context)
    connections: list[bytes] = []

    class Breaks(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            connections.append(b"")
            self.request.sendall(b"220 mx.example\r\n")
            self.rfile.readline()
            self.request.sendall(b"250-mx.example\r\n250 STARTTLS\r\n")
            self.rfile.readline()
            self.request.sendall(b"220 go on\r\n")
            secured = context.wrap_socket(self.request, server_side=True)
            secured.recv(4096)
            secured.sendall(b"250 mx.example\r\n")
            secured.recv(4096)  # MAIL
            plain = socket.socket(fileno=secured.detach())
            plain.sendall(b"250 this is not TLS, whatever it says\r\n")
            plain.settimeout(20)
            with contextlib.suppress(OSError):
                while plain.recv(4096):
                    pass
            plain.close()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Breaks) as server, tempfile.NamedTemporaryFile() as roots:
        roots.write(authority.cert_pem.bytes())
        roots.flush()
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        where = Where("127.0.0.1:9", server.server_address[1], 9, roots.name, timeout=20.0)
        route = Route("b.test", smart_hosts=("127.0.0.1",))
        attempt = SmtpTransport(where, Switches(SWITCHES)).attempt(route, Envelope("", "a@b.test", MESSAGE))
        server.shutdown()
        thread.join(20)
    assert (attempt.result, attempt.evidence) == ("deferred", "transport.closed")
    assert len(connections) == 1

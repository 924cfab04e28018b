# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the transport goes about it: which servers, what partners answer, whether one is reached."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.transport import SmtpTransport
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.transport_switches import SWITCHES
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab.switches import Switches
from ansible_collections.mailflow.exchange_online.tests.lab_tests.transport_cases import TABLE
from ansible_collections.mailflow.exchange_online.tests.lab_tests.transport_client import Office


@pytest.fixture(scope="module")
def office() -> t.Iterator[Office]:
    with PartnerWorld(table=TABLE, hang_seconds=60) as world:
        yield Office(world, TABLE)


@pytest.fixture
def recipient() -> str:
    """A local part that no other test writes to."""
    return f"someone{next(_NUMBERS)}"


_NUMBERS: t.Final = itertools.count()


# -- which servers -----------------------------------------------------------------------------------------------------


def test_servers_are_tried_by_preference_until_one_will_do(office: Office, recipient: str) -> None:
    assert office.send("two", to=recipient).server == "mx2.two.test"
    forced = office.send("three", "CertificateValidation", to=recipient)
    assert (forced.result, forced.server) == ("delivered", "mx3.three.test")
    tried = [line.split()[1] for line in forced.conversation if line.endswith(":25")]
    assert tried == ["mx1.three.test", "mx2.three.test", "mx3.three.test"]
    assert office.send("three", "EncryptionOnly").server == "mx2.three.test"
    assert office.send("three").server == "mx1.three.test"


def test_where_none_will_do_the_last_one_is_remembered(office: Office) -> None:
    attempt = office.send("three", "DomainValidation", tls_domain="other.example")
    assert (attempt.result, attempt.server) == ("deferred", "mx3.three.test")
    assert "Presented Subject: CN=mx3.three.test." in attempt.text


def test_a_smart_host_by_name_has_its_mx_asked_for_first(office: Office) -> None:
    relayed = office.send("good", "EncryptionOnly", smart_hosts=("relay.test",))
    assert (relayed.result, relayed.server) == ("delivered", "mx.relay.test")
    assert relayed.address == TABLE.addresses["mx.relay.test"][0]
    # A name without MX records is the host.
    assert office.send("relay", smart_hosts=("mx.good.test",)).address == TABLE.addresses["mx.good.test"][0]


def test_smart_hosts_by_address_and_network(office: Office) -> None:
    (good,), (bad,) = TABLE.addresses["mx.good.test"], TABLE.addresses["mx.no-tls.test"]
    for written in (good, f"[{good}]", f"{good}/32"):
        attempt = office.send("no_tls", "CertificateValidation", smart_hosts=(written,))
        assert (attempt.result, attempt.server, attempt.address) == ("delivered", good, good)
    assert office.send("good", "EncryptionOnly", smart_hosts=(bad, good)).address == good
    named = office.send("good", "EncryptionOnly", smart_hosts=("nowhere.test", good))
    assert (named.result, named.address) == ("delivered", good)
    alone = office.send("good", "EncryptionOnly", smart_hosts=(bad,))
    assert f"[LastAttemptedServerName={bad}] [LastAttemptedIP={bad}:25]" in alone.text


def test_a_smart_host_that_cannot_be_resolved_is_waited_for(office: Office) -> None:
    attempt = office.send("good", smart_hosts=("nowhere.test",))
    assert attempt.text.startswith("450 4.4.312 DNS query failed [Message=ErrorRetry] [LastAttemptedServerName=nowhere")


# -- what partners answer ----------------------------------------------------------------------------------------------


@pytest.fixture
def saying(office: Office) -> t.Iterator[t.Callable[[str, str, str], None]]:
    """Have a partner say something for the time of a test."""
    said: list[tuple[str, str]] = []

    def say(case_id: str, verb: str, reply: str) -> None:
        said.append((case_id, verb))
        office.world.say(case_id, verb, reply)

    yield say
    for case_id, verb in said:
        office.world.say(case_id, verb, None)


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize(
    ("reply", "result", "evidence"),
    [
        ("451 4.7.1 Greylisted, come again", "deferred", "transport.tempfailed"),
        ("550 5.1.1 No such user", "failed", "transport.rejected"),
        ("399 What is this", "deferred", "transport.nonsense"),
    ],
)
def test_replies_of_partners(
    verb: str, reply: str, result: str, evidence: str, office: Office, recipient: str, saying: t.Any
) -> None:
    if verb == "DATA" and reply.startswith("3"):
        reply = "250 Here you are"
    saying("two", verb, reply)
    attempt = office.send("two", to=recipient)
    assert (attempt.result, attempt.evidence) == (result, evidence)
    if result != "deferred" or evidence == "transport.tempfailed":
        assert attempt.text == reply
    # A reply that is final spares the other server.
    assert attempt.server == ("mx2.two.test" if result == "failed" else "mx1.two.test")
    assert office.letters_to(recipient) == []
    saying("two", verb, "250 2.0.0 OK" if verb != "DATA" else "354 Go on")
    assert office.send("two", to=recipient).result == "delivered"


def test_replies_of_several_lines_become_one(office: Office, saying: t.Any) -> None:
    saying("good", "RCPT", "550-5.1.1 The first line\r\n550 5.1.1 and the last")
    attempt = office.send("good")
    assert attempt.text == "550 5.1.1 The first line 5.1.1 and the last"
    assert "S: 550-5.1.1 The first line" in attempt.conversation


# -- reach -------------------------------------------------------------------------------------------------------------


def test_reach(office: Office) -> None:
    transport = SmtpTransport(office.where, Switches(SWITCHES))
    (good,) = TABLE.addresses["mx.good.test"]
    office.world.journal.clear()
    reached = transport.reach("mx.good.test")
    assert (reached.host, reached.success) == ("mx.good.test", True)
    assert reached.detail == (
        "-- MX of mx.good.test: none, its own address is asked for",
        f"-- mx.good.test: {good}",
        f"-- mx.good.test [{good}]:25",
        "S: 220 mx.good.test ESMTP",
        "C: EHLO mail-eopbgr00000.outbound.protection.outlook.test",
        "S: 250-mx.good.test",
        "S: 250-SIZE 36700160",
        "S: 250-8BITMIME",
        "S: 250 STARTTLS",
        "C: QUIT",
        "S: 221 2.0.0 Bye",
    )
    (visit,) = office.world.visits("good")
    assert visit.commands == ["EHLO mail-eopbgr00000.outbound.protection.outlook.test", "QUIT"]
    assert transport.reach(good).success
    second = transport.reach("first-dead.test")
    assert (second.success, second.detail[-1]) == (True, "S: 221 2.0.0 Bye")
    assert "-- Connection refused" in second.detail
    assert transport.reach("relay.test").detail[0] == "-- MX of relay.test: 10 mx.relay.test"


def test_reach_that_fails(office: Office) -> None:
    transport = SmtpTransport(office.where, Switches(SWITCHES))
    nowhere = transport.reach("nowhere.test")
    assert (nowhere.success, nowhere.detail) == (False, ("-- MX of nowhere.test: the name does not exist",))
    refused = transport.reach("127.0.0.1")
    assert (refused.success, refused.detail) == (
        False,
        ("-- smart host [127.0.0.1]:25", "-- Connection refused"),
    )

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of mail over a day: TLS is forced, a partner mends their server, protection is taken away."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration.harness import run_module
from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow import proof, proof_inbound
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_cases import Client
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_play import send as bring
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.proof_partners import ALL, as_good
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.queue import Message
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.transport import SmtpTransport, Where
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab.partners.journal import Letter

PLAIN, OTHER_NAME, EXPIRED = "f_no_starttls", "b_wrong_name", "c_expired"
SENDER = proof.SENDER
MINUTE, HOUR = 60, 3600
DAY = 24 * HOUR
NO_STARTTLS = "451 5.7.3 STARTTLS is required to send mail"
DEFERRED = f"450 4.4.317 Cannot connect to remote server [Message={NO_STARTTLS}] "
BOUNCE = f"550 5.4.317 Message expired, cannot connect to remote server({NO_STARTTLS})"

Options = dict[str, t.Any]


class Office:
    """A tenant with connectors, and the mail of its people."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def run(self, *connectors: Options, **options: t.Any) -> Options:
        """Run the module ``connectors``, whatever comes of it."""
        return run_module("connectors", {**self.lab.connection(), "connectors": list(connectors), **options})

    def force(self, partner: str, level: str) -> Options:
        """Put a partner's connector in force, without leave to weaken; returns it."""
        wanted = proof.options(ALL.cases[partner], level, ALL)
        result = self.run(wanted)
        assert not result.get("failed"), result["msg"]
        return wanted

    def send(self, partner: str, **rest: t.Any) -> Message:
        """Write to somebody at a partner's."""
        (message,) = self.lab.mail.submit(
            SENDER, f"bob@{ALL.cases[partner].domain}", "Order 7", "Secret words.", **rest
        )
        return message

    def letters(self, partner: str) -> list[Letter]:
        """What the partner's servers took."""
        return self.lab.partners.letters(partner)

    def lead_to(self, world: PartnerWorld) -> None:
        """From now on the partners are as in another world."""
        (tenant,) = self.lab.world.tenants.values()
        tenant.exchange.transport = SmtpTransport(Where.of(world, timeout=30), self.lab.world.switches)


@pytest.fixture(scope="module")
def running() -> t.Iterator[Lab]:
    world = PartnerWorld([PLAIN, OTHER_NAME, EXPIRED, "a_good"], table=ALL)
    with Lab(proof_inbound.SEED, partners=world) as lab:
        yield lab


@pytest.fixture(scope="module")
def mended() -> t.Iterator[PartnerWorld]:
    """The same partners after they have mended their servers."""
    with PartnerWorld([PLAIN, OTHER_NAME, EXPIRED], table=as_good(PLAIN, OTHER_NAME, EXPIRED)) as world:
        yield world


@pytest.fixture
def office(running: Lab) -> Office:
    running.reset()
    one = Office(running)
    one.lead_to(running.partners)
    return one


def test_an_opportunistic_partner_without_tls_gets_clear_text(office: Office) -> None:
    office.force(PLAIN, "opportunistic")
    message = office.send(PLAIN)
    (letter,) = office.letters(PLAIN)
    assert (letter.encrypted, letter.protocol, letter.mail_from) == (False, "", SENDER)
    assert b"Secret words." in letter.content
    assert message.status == "delivered"
    assert "STARTTLS" not in str(message.attempts[0].attempt.conversation)


def test_the_same_partner_gets_nothing_when_tls_is_forced_and_the_sender_a_bounce(office: Office) -> None:
    office.force(PLAIN, "opportunistic")
    office.force(PLAIN, "encryption_only")
    message, mail = office.send(PLAIN), office.lab.mail
    assert message.status == "queued"
    assert message.last.attempt.text.startswith(DEFERRED)
    mail.advance(DAY - 1)
    assert (message.status, mail.inbox(SENDER)) == ("queued", [])
    mail.advance(1)
    (notice,) = mail.inbox(SENDER)
    assert notice.code == BOUNCE
    assert (notice.at - message.submitted).total_seconds() == DAY
    assert (notice.subject, notice.recipient) == ("Undeliverable: Order 7", "bob@f-no-starttls.test")
    assert f"returned '{BOUNCE}'\n" in notice.text
    assert f"returned '{DEFERRED}" in notice.text
    assert "Secret words." not in notice.text
    assert message.status == "returned"
    assert [one.event for one in message.trace] == ["Receive", *["Defer"] * 26, "Fail"]
    assert office.letters(PLAIN) == []
    # The server was asked each time, and never told whom the mail was for.
    commands = [one.split()[0] for visit in office.lab.partners.visits(PLAIN) for one in visit.commands]
    assert commands == ["EHLO", "QUIT"] * 26
    mail.advance(DAY)
    assert len(mail.inbox(SENDER)) == 1


@pytest.mark.parametrize(
    ("partner", "level"),
    [(PLAIN, "encryption_only"), (EXPIRED, "certificate_validation"), (OTHER_NAME, "domain_validation")],
)
def test_mail_that_waits_arrives_when_the_partner_mends_their_server(
    partner: str, level: str, office: Office, mended: PartnerWorld
) -> None:
    office.force(partner, level)
    message, mail = office.send(partner), office.lab.mail
    mail.advance(10 * HOUR)
    assert (message.status, office.letters(partner)) == ("queued", [])
    tries = len(message.attempts)
    mended.journal.clear()
    office.lead_to(mended)
    assert mended.letters(partner) == []
    mail.advance(HOUR)
    assert (message.status, len(message.attempts)) == ("delivered", tries + 1)
    (letter,) = mended.letters(partner)
    assert (letter.encrypted, letter.protocol) == (True, "TLSv1.2")
    assert letter.content == message.content
    mail.advance(2 * DAY)
    assert mail.inbox(SENDER) == []


# -- taking protection away ------------------------------------------------------------------------------------------

WEAKENED: t.Final[t.Mapping[str, Options]] = {
    "disabled": {"enabled": False},
    "for rules only": {"transport_rule_scoped": True},
    "in test mode": {"test_mode": True},
    "removed": {"state": "absent"},
    "opportunistic": {"tls_settings": "opportunistic"},
}


def weaker(connector: Options, change: Options) -> Options:
    if change.get("state") == "absent":
        return {key: connector[key] for key in ("name", "direction")} | change
    return connector | change


@pytest.mark.parametrize("change", WEAKENED.values(), ids=list(WEAKENED))
def test_without_its_connector_mail_goes_in_clear_and_that_takes_consent(change: Options, office: Office) -> None:
    connector = office.force(PLAIN, "encryption_only")
    result = office.run(weaker(connector, change))
    assert (result["failed"], result["connectors"][0]["weakens"]) == (True, True)
    assert office.send(PLAIN).status == "queued"
    assert office.letters(PLAIN) == []
    result = office.run(weaker(connector, change), allow_weaken=True)
    assert (result.get("failed", False), result["connectors"][0]["status"]) == (False, "applied")
    assert office.send(PLAIN).status == "delivered"
    (letter,) = office.letters(PLAIN)
    assert not letter.encrypted


def test_a_connector_for_rules_still_forces_where_a_rule_names_it(office: Office) -> None:
    connector = office.force(PLAIN, "encryption_only") | {"transport_rule_scoped": True}
    assert not office.run(connector, allow_weaken=True).get("failed")
    assert office.send(PLAIN, rule_connector=connector["name"]).status == "queued"
    assert office.letters(PLAIN) == []


def test_a_connector_in_test_mode_may_count_nobody_knows(office: Office) -> None:
    office.lab.switches["routing_test_mode"] = "used"
    connector = office.force(PLAIN, "encryption_only") | {"test_mode": True}
    assert not office.run(connector, allow_weaken=True).get("failed")
    assert office.send(PLAIN).status == "queued"
    assert office.letters(PLAIN) == []


@pytest.mark.parametrize(("reading", "status"), [("anew", "delivered"), ("kept", "queued")])
def test_mail_that_waits_may_go_in_clear_when_protection_is_taken_away(
    reading: str, status: str, office: Office
) -> None:
    """Nobody published whether a message keeps its route: so both, and the worse one is the default."""
    office.lab.switches["retry_route"] = reading
    connector = office.force(PLAIN, "encryption_only")
    message = office.send(PLAIN)
    assert not office.run(weaker(connector, {"state": "absent"}), allow_weaken=True).get("failed")
    assert office.letters(PLAIN) == []
    office.lab.mail.advance(15 * MINUTE)
    assert message.status == status
    assert [one.encrypted for one in office.letters(PLAIN)] == ([False] if status == "delivered" else [])


def test_a_stronger_level_needs_no_consent_and_a_weaker_one_does(office: Office) -> None:
    for level, status in zip(proof.LEVELS, ("delivered", "delivered", "delivered", "queued"), strict=True):
        office.force(OTHER_NAME, level)
        assert office.send(OTHER_NAME).status == status
    assert [one.encrypted for one in office.letters(OTHER_NAME)] == [True] * 3
    result = office.run(proof.options(ALL.cases[OTHER_NAME], "certificate_validation", ALL))
    assert (result["failed"], office.send(OTHER_NAME).status) == (True, "queued")


def test_one_domain_of_a_connector_does_not_lend_its_tls_to_another(office: Office) -> None:
    """A domain that leaves a connector, or never was in it, is on its own."""
    office.force("a_good", "domain_validation")
    assert office.send(PLAIN).status == "delivered"
    assert [one.encrypted for one in office.letters(PLAIN)] == [False]


def test_a_partner_may_not_bring_mail_in_clear_until_somebody_consents(office: Office) -> None:
    """The way in: RequireTls on, off without consent, off with it."""
    connector = {"name": "From partner", "direction": "inbound", "sender_domains": ["partner.example"]}
    client = Client("in clear", encrypts=False)
    assert not office.run(connector | {"require_tls": True}).get("failed")
    with proof_inbound.serving(office.lab) as (server, pems):
        assert bring(client, server, pems).outcome == "refused"
        assert office.run(connector | {"require_tls": False})["failed"]
        assert bring(client, server, pems).outcome == "refused"
        assert bring(Client("TLS"), server, pems).outcome == "accepted encrypted"
        assert not office.run(connector | {"require_tls": False}, allow_weaken=True).get("failed")
        assert bring(client, server, pems).outcome == "accepted clear"
        assert [one.encrypted for one in server.received] == [True, False]

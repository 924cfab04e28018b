# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mail from a partner whose server is a real one, Postfix, to the lab's Exchange Online and its inbound connectors.

Two words are put beside each other: what Postfix made of the reply, and what the lab's server knew of the message.
"""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.judges.postfix import Outcome, Postfix, Settings, unavailable
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow import inbound_switches
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound import InboundServer
from ansible_collections.mailflow.exchange_online.tests.lab.partners.pki import Pki
from ansible_collections.mailflow.exchange_online.tests.lab.partners.shapes import Leaf
from ansible_collections.mailflow.exchange_online.tests.lab.switches import Switches

#: Where Postfix cannot be run, pytest sees no tests here: see test_postfix.py.
__test__ = not unavailable()

SENDER, RECIPIENT = "a@partner.test", "b@contoso.test"
CONTENT = b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n" + b"y" * 900 + b"\r\n"
HOST = "contoso-test.mail.protection.outlook.test"
RIGHT, WRONG = "127.42.0.10", "127.42.0.99"
NAME = "mail.partner.test"

#: Inbound connectors by what they ask for.
BASE = {
    "Name": "From partner",
    "Enabled": True,
    "ConnectorType": "Partner",
    "SenderDomains": ["smtp:partner.test;1"],
    "SenderIPAddresses": [],
    "TlsSenderCertificateName": None,
    "RequireTls": True,
    "RestrictDomainsToCertificate": False,
    "RestrictDomainsToIPAddresses": False,
    "AssociatedAcceptedDomains": [],
}
CONNECTORS: t.Mapping[str, list[dict[str, t.Any]]] = {
    "none": [],
    "disabled": [{**BASE, "Enabled": False}],
    "tls": [BASE],
    "certificate": [{**BASE, "RestrictDomainsToCertificate": True, "TlsSenderCertificateName": NAME}],
    "address": [{**BASE, "RestrictDomainsToIPAddresses": True, "SenderIPAddresses": [f"{RIGHT}/31"]}],
}
#: What Postfix sends with, and from where.
OWN = Leaf(names=(NAME,), common_name=NAME, purpose="client")
CERTIFICATES: t.Mapping[str, Leaf] = {
    "right": OWN,
    "other name": dataclasses.replace(OWN, names=("mail.other.test",), common_name="mail.other.test"),
    "expired": dataclasses.replace(OWN, valid_days=(-400, -10)),
    "untrusted": dataclasses.replace(OWN, issuer="private"),
    "self-signed": dataclasses.replace(OWN, issuer="self"),
}
TAKEN = "250 2.6.0 Queued mail for delivery"
#: What Postfix notes for each status.
TEXTS = {
    "sent": TAKEN,
    "deferred": "454 4.7.0 Failed to establish appropriate TLS channel: Access Denied (in reply to RCPT TO command)",
    "bounced": "said: 550 5.7.51 TenantInboundAttribution; There is a partner connector configured that matched",
}


class Tenant:
    """The lab's own mail server, with connectors and switches that can be changed at any time."""

    def __init__(self) -> None:
        self.pki = Pki()
        self.connectors: list[dict[str, t.Any]] = []
        self.switches = Switches(inbound_switches.SWITCHES)
        self.server = InboundServer(
            lambda: self.connectors, lambda: ["contoso.test"], self.switches, self.pki.root_pem(), HOST
        )

    def partner(self, level: t.Any = "may", certificate: str = "", source: str = RIGHT, **told: t.Any) -> Postfix:
        """A partner's server that sends here."""
        pem = self.pki.issue(CERTIFICATES[certificate], NAME, "partner.test").pem() if certificate else b""
        relay = (self.server.address, self.server.port)
        settings = Settings(source, name=NAME, relay=relay, relay_tls=level, client_pem=pem, source=source, **told)
        return Postfix(settings)


@pytest.fixture(scope="module")
def running() -> t.Iterator[Tenant]:
    tenant = Tenant()
    with tenant.server:
        yield tenant


@pytest.fixture
def tenant(running: Tenant) -> Tenant:
    """The running server, as it was at the beginning."""
    running.connectors = []
    running.switches.reset()
    running.server.clear()
    return running


def _send(partner: Postfix, recipient: str = RECIPIENT) -> Outcome:
    return partner.outcome(partner.submit(SENDER, recipient, CONTENT))


def test_without_a_connector_postfix_brings_mail_as_it_likes(tenant: Tenant) -> None:
    for connectors in ("none", "disabled"):
        tenant.connectors = CONNECTORS[connectors]
        for level, protocol in (("none", ""), ("may", "TLSv1.3")):
            tenant.server.clear()
            with tenant.partner(level) as partner:
                outcome = _send(partner)
            (message,) = tenant.server.received
            assert (outcome.status, outcome.text, outcome.protocol) == ("sent", TAKEN, protocol), outcome
            assert (message.protocol, message.encrypted, message.connector) == (protocol, bool(protocol), None)
            assert (message.mail_from, message.recipients, message.address) == (SENDER, (RECIPIENT,), RIGHT)
            # Postfix's own Received lines come first.
            assert message.content.endswith(b"\r\n" + CONTENT)


@pytest.mark.parametrize("protocol", ["TLSv1.2", "TLSv1.3"])
def test_postfix_verifies_the_tenants_server(tenant: Tenant, protocol: str) -> None:
    told: dict[str, t.Any] = {"relay_names": (HOST,), "relay_protocols": f">={protocol}, <={protocol}"}
    with tenant.partner("secure", **told, ca_pem=tenant.server.ca_pem) as partner:
        outcome = _send(partner)
    assert (outcome.status, outcome.tls, outcome.protocol) == ("sent", "Verified", protocol)
    assert [one.protocol for one in tenant.server.received] == [protocol]


def test_postfix_does_not_take_the_tenants_server_for_another(tenant: Tenant) -> None:
    with tenant.partner("secure", ca_pem=tenant.server.ca_pem, relay_names=("other.test",)) as partner:
        outcome = _send(partner)
    assert (outcome.status, "Server certificate not verified" in outcome.text) == ("deferred", True)
    assert (tenant.server.received, tenant.server.refused) == ([], [])


@pytest.mark.parametrize(
    ("connectors", "level", "certificate", "source", "status"),
    [
        ("tls", "none", "", RIGHT, "deferred"),
        ("tls", "may", "", RIGHT, "sent"),
        ("tls", "may", "", WRONG, "sent"),
        ("tls", "encrypt", "self-signed", RIGHT, "sent"),
        ("certificate", "may", "right", RIGHT, "sent"),
        ("certificate", "may", "right", WRONG, "sent"),
        ("certificate", "may", "", RIGHT, "bounced"),
        ("certificate", "may", "other name", RIGHT, "bounced"),
        ("certificate", "may", "expired", RIGHT, "bounced"),
        ("certificate", "may", "untrusted", RIGHT, "bounced"),
        ("certificate", "may", "self-signed", RIGHT, "bounced"),
        ("certificate", "none", "right", RIGHT, "bounced"),
        ("address", "may", "", RIGHT, "sent"),
        ("address", "may", "right", WRONG, "bounced"),
        ("address", "none", "", RIGHT, "deferred"),
        ("address", "none", "", WRONG, "bounced"),
    ],
)
def test_what_postfix_makes_of_the_rules(
    tenant: Tenant, connectors: str, level: str, certificate: str, source: str, status: str
) -> None:
    tenant.connectors = CONNECTORS[connectors]
    with tenant.partner(level, certificate, source) as partner:
        outcome = _send(partner)
        # Who wrote a message that is refused for good hears of it; of one that waits, not yet.
        assert outcome.status == status, outcome
        reports = partner.letters(int(status == "bounced"))
    assert TEXTS[status] in outcome.text
    assert [(one.mail_from, one.recipient) for one in reports] == [("", SENDER)] * (status == "bounced")
    # The lab knew of the message what Postfix did with it.
    received, refused = tenant.server.received, tenant.server.refused
    assert len(received) + len(refused) == 1
    message = received[0] if received else refused[0]
    assert bool(received) == (status == "sent")
    assert (message.connector, message.address) == ("From partner", source)
    assert (message.encrypted, message.protocol) == (level != "none", outcome.protocol)
    # A certificate counts where it was shown, and leads to an authority that is trusted.
    proven = {"right": (NAME,), "other name": ("mail.other.test",)}.get(certificate, ())
    assert message.certificate_names == (proven if level != "none" else ())
    assert bool(message.certificate_problem) == (certificate in ("expired", "untrusted", "self-signed"))


@pytest.mark.parametrize(
    ("reply", "status", "text"),
    [
        ("454", "deferred", "454 4.7.0 Failed to establish appropriate TLS channel: Access Denied"),
        ("451", "deferred", "451 5.7.3 STARTTLS is required to send mail"),
        ("530", "bounced", "530 5.7.0 Must issue a STARTTLS command first"),
    ],
)
@pytest.mark.parametrize(("stage", "command"), [("RCPT", "RCPT TO command"), ("DATA", "end of DATA command")])
def test_what_postfix_makes_of_each_reply_to_mail_in_clear(
    tenant: Tenant, reply: str, status: str, text: str, stage: str, command: str
) -> None:
    tenant.switches.update({"inbound_clear_reply": reply, "inbound_refusal_stage": stage})
    tenant.connectors = CONNECTORS["tls"]
    with tenant.partner("none") as partner:
        outcome = _send(partner)
    assert (outcome.status, f"said: {text} (in reply to {command})" in outcome.text) == (status, True), outcome
    assert tenant.server.received == []
    assert [(one.stage, one.reply) for one in tenant.server.refused] == [(stage, text)]


def test_mail_that_waits_gets_through_when_the_connector_no_longer_asks(tenant: Tenant) -> None:
    tenant.connectors = CONNECTORS["tls"]
    with tenant.partner("none") as partner:
        queue_id = partner.submit(SENDER, RECIPIENT, CONTENT)
        assert partner.outcome(queue_id).status == "deferred"
        tenant.connectors = [{**BASE, "RequireTls": False}]
        assert partner.retry(queue_id).status == "sent"
    assert [(one.connector, one.encrypted) for one in tenant.server.received] == [("From partner", False)]


def test_mail_for_other_domains_is_not_relayed(tenant: Tenant) -> None:
    with tenant.partner() as partner:
        outcome = _send(partner, "b@elsewhere.test")
    assert (outcome.status, outcome.dsn) == ("bounced", "5.7.64")
    assert "said: 550 5.7.64 TenantAttribution; Relay Access Denied" in outcome.text

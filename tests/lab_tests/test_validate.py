# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate-OutboundConnector: what is contacted, what is sent, and what a success means."""

from __future__ import annotations

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import Json
from ansible_collections.mailflow.exchange_online.tests.lab_tests.flow_fixtures import (
    CLOSED,
    DANE,
    GONE,
    GOOD,
    OTHER_NAME,
    PLAIN,
    SELF_SIGNED,
    SMART,
    Post,
)

NOT_OF_CONNECTOR = "The domain of the recipient is not configured as part of connector."
NO_CONNECTOR = "The test email was routed out from O365 without using any connector"


def told(tasks: list[Json]) -> list[tuple[str, bool]]:
    return [(task["TaskName"], task["IsTaskSuccessful"]) for task in tasks]


# -- the mail ----------------------------------------------------------------------------------------------------------


def test_a_test_mail_is_really_sent_at_the_level_of_the_connector(post: Post) -> None:
    name = f"mx.{post.domain(GOOD)}"
    post.connect(GOOD, TlsSettings="DomainValidation", TlsDomain=name)
    (task,) = post.validate("partner", post.address(GOOD))
    assert told([task]) == [("Send test email", True)]
    (letter,) = post.letters(GOOD)
    sender, host = "O365ConnectorValidation@contoso.example", post.domain(GOOD)
    data = "TenantOutboundConnectorCustomData:Name=partner;ConnectorType=Partner;UseMxRecord=True"
    assert task["Detail"].splitlines() == [
        "250 2.6.0 Message taken",
        f"RECEIVE (SMTP) Sender={sender}, OriginalFromAddress:<>, Recipient={post.address(GOOD)}",
        f"SETROUTE (AGENT) ConnectorRedirect:smtp:ForcedTlsDomainValidation({host}), {data}",
        "AGENTINFO (AGENT)",
        f"SEND (SMTP) {name} [{letter.address}] {letter.protocol}",
    ]
    assert (letter.mail_from, letter.recipients, letter.encrypted) == ("", (post.address(GOOD),), True)
    assert letter.content.startswith(b"From: O365ConnectorValidation@contoso.example\r\n")
    assert b"Subject: Test email for connector validation\r\n" in letter.content


@pytest.mark.parametrize(
    ("case_id", "options", "success", "text"),
    [
        (GOOD, {"TlsSettings": None}, True, "250 2.6.0 Message taken"),
        (GOOD, {"TlsSettings": "CertificateValidation"}, True, "250 2.6.0 Message taken"),
        (PLAIN, {"TlsSettings": None}, True, "250 2.6.0 Message taken"),
        (PLAIN, {"TlsSettings": "EncryptionOnly"}, False, "[Message=451 5.7.3 STARTTLS is required to send mail]"),
        (SELF_SIGNED, {"TlsSettings": "EncryptionOnly"}, True, "250 2.6.0 Message taken"),
        (SELF_SIGNED, {"TlsSettings": "CertificateValidation"}, False, "[Message=UntrustedRoot]"),
        (OTHER_NAME, {"TlsSettings": "CertificateValidation"}, True, "250 2.6.0 Message taken"),
        (
            OTHER_NAME,
            {"TlsSettings": "DomainValidation", "TlsDomain": "mx.a.example"},
            False,
            "[Message=SubjectMismatch Expected Subject: mx.a.example. Presented Subject: CN=",
        ),
        (DANE, {"TlsSettings": None}, False, "450 4.7.321 starttls-not-supported"),
        (CLOSED, {"TlsSettings": "EncryptionOnly"}, False, "450 4.4.316 Connection refused"),
        (GONE, {"TlsSettings": "EncryptionOnly"}, False, "450 4.4.312 DNS query failed"),
    ],
)
def test_success_means_that_the_partner_took_the_mail_at_the_level_asked_for(
    post: Post, case_id: str, options: dict[str, str | None], success: bool, text: str
) -> None:
    post.connect(case_id, **options)
    task = post.mail_task(case_id)
    assert task["IsTaskSuccessful"] is success
    assert text in task["Detail"].splitlines()[0]
    assert [letter.encrypted for letter in post.letters(case_id)] == ([case_id != PLAIN] if success else [])


def test_what_the_partner_says_is_told(post: Post) -> None:
    post.connect(GOOD)
    post.lab.partners.say(GOOD, "MAIL", "550 5.7.1 Not from you")
    task = post.mail_task(GOOD)
    assert (task["IsTaskSuccessful"], task["Detail"].splitlines()[0]) == (False, "550 5.7.1 Not from you")
    assert task["Detail"].splitlines()[-1].startswith("FAIL (SMTP) mx.")


def test_the_mail_is_tried_once(post: Post) -> None:
    post.connect(PLAIN, TlsSettings="EncryptionOnly")
    post.mail_task(PLAIN)
    visits = len(post.lab.partners.visits(PLAIN))
    post.mail.advance(24 * 3600)
    assert (post.mail.messages, len(post.lab.partners.visits(PLAIN))) == ([], visits)


def test_all_recipients_must_get_it(post: Post) -> None:
    post.connect(GOOD, RecipientDomains=[post.domain(GOOD), post.domain(CLOSED)])
    (task,) = post.validate("partner", post.address(GOOD), post.address(CLOSED), post.address(GOOD).upper())
    assert task["IsTaskSuccessful"] is False
    assert task["Detail"].splitlines()[0] == "250 2.6.0 Message taken"
    assert "450 4.4.316 Connection refused" in task["Detail"]
    assert len(post.letters(GOOD)) == 2


def test_the_same_recipient_twice_gets_one_mail(post: Post) -> None:
    post.connect(GOOD)
    post.validate("partner", post.address(GOOD), post.address(GOOD))
    assert len(post.letters(GOOD)) == 1


# -- the smart hosts ---------------------------------------------------------------------------------------------------


def test_each_smart_host_is_contacted_before_the_mail_goes_out(post: Post) -> None:
    good, closed = f"mx.{post.domain(SMART)}", f"mx.{post.domain(CLOSED)}"
    post.connect(SMART, UseMXRecord=False, SmartHosts=[closed, good])
    tasks = post.validate("partner", post.address(SMART))
    assert told(tasks) == [
        (f"Check connectivity to '{closed}'", False),
        (f"Check connectivity to '{good}'", True),
        ("Send test email", True),
    ]
    assert f"S: 220 {good} ESMTP" in tasks[1]["Detail"].splitlines()
    assert f"ConnectorRedirect:smtp:OpportunisticTls({closed},{good})" in tasks[2]["Detail"]
    assert "MAIL" not in tasks[1]["Detail"]
    first, second = post.lab.partners.visits(SMART)
    assert [command.split()[0] for command in first.commands] == ["EHLO", "QUIT"]
    assert any(command.startswith("MAIL FROM:<>") for command in second.commands)


@pytest.mark.parametrize(("value", "count"), [("smart_hosts", 1), ("mx_too", 2)])
def test_whether_the_way_by_mx_has_a_task_of_its_own(post: Post, value: str, count: int) -> None:
    post.lab.switches["validation_connectivity"] = value
    post.connect(GOOD, SmartHosts=["left.over.example"])
    tasks = post.validate("partner", post.address(GOOD))
    expected = [(f"Check connectivity to '{post.domain(GOOD)}'", True), ("Send test email", True)]
    assert told(tasks) == expected[-count:]


# -- connectors that are not meant -------------------------------------------------------------------------------------


def test_a_recipient_elsewhere_fails_the_mail_task(post: Post) -> None:
    post.connect(GOOD)
    (task,) = post.validate("partner", post.address(GOOD), post.address(PLAIN))
    assert task["IsTaskSuccessful"] is False
    assert NOT_OF_CONNECTOR in task["Detail"].splitlines()
    assert f"BADMAIL Recipient={post.address(PLAIN)}" in task["Detail"].splitlines()
    assert (len(post.letters(GOOD)), post.letters(PLAIN)) == (1, [])


@pytest.mark.parametrize(("value", "success"), [("refused", False), ("validated", True)])
def test_whether_a_disabled_connector_can_be_validated(post: Post, value: str, success: bool) -> None:
    post.lab.switches["validation_disabled"] = value
    post.connect(GOOD, Enabled=False, TlsSettings="CertificateValidation")
    task = post.mail_task(GOOD)
    assert task["IsTaskSuccessful"] is success
    assert (NOT_OF_CONNECTOR in task["Detail"]) is not success
    assert len(post.letters(GOOD)) == (1 if success else 0)
    (elsewhere,) = post.validate("partner", post.address(PLAIN))
    assert elsewhere["Detail"].splitlines()[0] == NOT_OF_CONNECTOR


def test_a_disabled_connector_is_validated_at_its_own_level(post: Post) -> None:
    post.lab.switches["validation_disabled"] = "validated"
    post.connect(PLAIN, Enabled=False, TlsSettings="EncryptionOnly")
    assert "STARTTLS is required" in post.mail_task(PLAIN)["Detail"]
    assert post.letters(PLAIN) == []


def test_a_connector_of_rules_is_validated_with_any_address(post: Post) -> None:
    post.connect(GOOD, RecipientDomains=[], IsTransportRuleScoped=True, TlsSettings="EncryptionOnly")
    assert post.mail_task(GOOD)["IsTaskSuccessful"] is True
    assert "STARTTLS is required" in post.mail_task(PLAIN)["Detail"]
    assert post.letters(PLAIN) == []


def test_a_connector_in_test_mode_is_validated(post: Post) -> None:
    post.connect(PLAIN, TestMode=True, TlsSettings="EncryptionOnly")
    assert "STARTTLS is required" in post.mail_task(PLAIN)["Detail"]
    assert post.send(PLAIN).status == "delivered"


@pytest.mark.parametrize(("value", "success"), [("no", False), ("yes", True)])
def test_wildcards_mean_what_they_mean_for_mail(post: Post, value: str, success: bool) -> None:
    post.lab.switches["routing_wildcard_apex"] = value
    post.connect(GOOD, RecipientDomains=[f"*.{post.domain(GOOD)}"])
    assert post.mail_task(GOOD)["IsTaskSuccessful"] is success


def test_it_is_the_connector_that_was_named_even_where_mail_would_take_another(post: Post) -> None:
    post.connect(PLAIN, "strict", TlsSettings="EncryptionOnly")
    post.connect(PLAIN, "loose", RecipientDomains=["*"])
    assert post.mail_task(PLAIN, "loose")["IsTaskSuccessful"] is True
    assert post.mail_task(PLAIN, "strict")["IsTaskSuccessful"] is False


# -- routing lags behind -----------------------------------------------------------------------------------------------


def test_a_new_connector_is_not_used_until_routing_knows_it(post: Post) -> None:
    post.lab.switches["routing_delay_uses"] = 1
    post.connect(PLAIN, TlsSettings="EncryptionOnly")
    first = post.mail_task(PLAIN)
    assert (first["IsTaskSuccessful"], first["Detail"].splitlines()[0]) == (False, NO_CONNECTOR)
    assert "SETROUTE" not in first["Detail"]
    assert [letter.encrypted for letter in post.letters(PLAIN)] == [False]
    assert "STARTTLS is required" in post.mail_task(PLAIN)["Detail"].splitlines()[0]
    assert len(post.letters(PLAIN)) == 1


def test_a_connector_that_was_just_enabled_is_not_used_either(post: Post) -> None:
    post.connect(GOOD, Enabled=False)
    post.lab.switches["routing_delay_uses"] = 1
    post.change(Enabled=True)
    assert post.mail_task(GOOD)["Detail"].splitlines()[0] == NO_CONNECTOR
    assert post.mail_task(GOOD)["IsTaskSuccessful"] is True


def test_the_old_level_is_tested_until_routing_knows_the_new_one(post: Post) -> None:
    post.connect(PLAIN)
    post.lab.switches["routing_delay_seconds"] = 600
    post.change(TlsSettings="EncryptionOnly")
    assert post.mail_task(PLAIN)["IsTaskSuccessful"] is True
    post.mail.advance(600)
    assert post.mail_task(PLAIN)["IsTaskSuccessful"] is False

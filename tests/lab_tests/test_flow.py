# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mail that the lab really sends to its partners: routed, delivered, kept, tried again, returned."""

from __future__ import annotations

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.evidence import table
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.queue import Message
from ansible_collections.mailflow.exchange_online.tests.lab.partners.many import many
from ansible_collections.mailflow.exchange_online.tests.lab.pytest_plugin import MakeLab
from ansible_collections.mailflow.exchange_online.tests.lab_tests.flow_fixtures import (
    CLOSED,
    DANE,
    DAY,
    GONE,
    GOOD,
    OTHER_NAME,
    PLAIN,
    SELF_SIGNED,
    SENDER,
    SMART,
    Post,
)

QUARTER = 15 * 60


def last(message: Message) -> str:
    return message.attempts[-1].attempt.text


# -- delivered ---------------------------------------------------------------------------------------------------------


def test_mail_without_a_connector_is_encrypted_where_the_partner_can(post: Post) -> None:
    message = post.send(GOOD)
    (letter,) = post.letters(GOOD)
    assert (message.status, message.route.found, message.route.connector) == ("delivered", "default", None)
    assert (letter.mail_from, letter.recipients, letter.encrypted) == (SENDER, (post.address(GOOD),), True)
    assert letter.content == message.content
    assert b"Subject: Hello\r\n" in letter.content
    assert letter.content.endswith(b"How are you?\r\n")


def test_mail_without_a_connector_goes_in_clear_where_the_partner_has_no_tls(post: Post) -> None:
    assert post.send(PLAIN).status == "delivered"
    assert [letter.encrypted for letter in post.letters(PLAIN)] == [False]


@pytest.mark.parametrize("level", ["EncryptionOnly", "CertificateValidation", "DomainValidation"])
def test_a_connector_that_the_partner_satisfies_takes_the_mail(post: Post, level: str) -> None:
    name = f"mx.{post.domain(GOOD)}"
    post.connect(GOOD, TlsSettings=level, **({"TlsDomain": name} if level == "DomainValidation" else {}))
    message = post.send(GOOD)
    assert (message.status, message.route.connector, message.route.tls_settings) == ("delivered", "partner", level)
    assert [letter.encrypted for letter in post.letters(GOOD)] == [True]


def test_mail_goes_to_the_smart_hosts_of_the_connector(post: Post) -> None:
    host = f"mx.{post.domain(SMART)}"
    post.connect(GOOD, UseMXRecord=False, SmartHosts=[host])
    assert post.send(GOOD).attempts[0].attempt.server == host
    assert (len(post.letters(SMART)), post.letters(GOOD)) == (1, [])


def test_each_recipient_has_a_connector_and_a_message_of_its_own(post: Post) -> None:
    post.connect(PLAIN, "plain", TlsSettings="EncryptionOnly")
    to = [post.address(GOOD), post.address(PLAIN)]
    first, second = post.mail.submit(SENDER, to)
    assert (first.status, first.route.connector) == ("delivered", None)
    assert (second.status, second.route.connector) == ("queued", "plain")
    assert post.letters(PLAIN) == []


def test_a_rule_leads_to_its_connector_only(post: Post) -> None:
    post.connect(PLAIN, "strict", TlsSettings="EncryptionOnly", IsTransportRuleScoped=True)
    assert post.send(PLAIN).status == "delivered"
    assert post.send(PLAIN, rule_connector="strict").status == "queued"


# -- kept and returned -------------------------------------------------------------------------------------------------


def test_nothing_goes_in_clear_where_tls_is_forced_and_the_sender_hears_of_it_after_a_day(post: Post) -> None:
    post.connect(PLAIN, TlsSettings="EncryptionOnly")
    message = post.send(PLAIN)
    assert message.status == "queued"
    assert last(message).startswith(
        "450 4.4.317 Cannot connect to remote server [Message=451 5.7.3 STARTTLS is required"
    )
    assert post.mail.advance(DAY - 60) == [message]
    assert (message.status, len(message.attempts), post.mail.inbox(SENDER)) == ("queued", 26, [])
    post.mail.advance(60)
    assert message.status == "returned"
    assert post.letters(PLAIN) == []
    (notice,) = post.mail.inbox(SENDER.upper())
    assert notice.code == (
        "550 5.4.317 Message expired, cannot connect to remote server(451 5.7.3 STARTTLS is required to send mail)"
    )
    assert (notice.subject, notice.recipient, notice.at) == (
        "Undeliverable: Hello",
        post.address(PLAIN),
        message.expires,
    )
    assert notice.code in notice.text
    assert last(message) in notice.text
    assert message.trace[-1].event == "Fail"
    assert "LED=550 5.4.317" in message.trace[-1].detail
    assert post.mail.advance(DAY) == []


@pytest.mark.parametrize(
    ("case_id", "options", "waiting", "code"),
    [
        (SELF_SIGNED, {"TlsSettings": "CertificateValidation"}, "450 4.4.317", "550 5.4.317"),
        (OTHER_NAME, {"TlsSettings": "DomainValidation", "TlsDomain": "mx.a.example"}, "450 4.4.317", "550 5.4.317"),
        (CLOSED, {}, "450 4.4.316", "550 5.4.316 Message expired, connection refused(Socket error code 10061)"),
        (DANE, {}, "450 4.7.321", "550 5.7.321 starttls-not-supported"),
        (GONE, {}, "450 4.4.312", "550 5.4.312 Message expired, DNS query failed(ErrorRetry)"),
    ],
)
def test_why_mail_is_returned(post: Post, case_id: str, options: dict[str, str], waiting: str, code: str) -> None:
    if options:
        post.connect(case_id, **options)
    message = post.send(case_id)
    assert last(message).startswith(waiting)
    post.mail.advance(DAY)
    assert [notice.code.startswith(code) for notice in post.mail.notices] == [True]
    assert post.letters(case_id) == []


def test_a_5xx_of_the_partner_is_told_at_once(post: Post) -> None:
    post.lab.partners.say(GOOD, "RCPT", "550 5.1.1 Nobody here")
    message = post.send(GOOD)
    assert (message.status, message.next_try) == ("returned", None)
    assert [notice.code for notice in post.mail.notices] == ["550 5.1.1 Nobody here"]
    assert post.mail.advance(DAY) == []


def test_a_message_with_a_null_return_path_comes_back_to_nobody(post: Post) -> None:
    post.connect(PLAIN, TlsSettings="EncryptionOnly")
    (message,) = post.mail.submit("", post.address(PLAIN))
    post.mail.advance(DAY)
    assert (message.status, post.mail.notices) == ("failed", [])


def test_evidence_of_events_and_notices_is_in_the_table(post: Post) -> None:
    post.connect(PLAIN, TlsSettings="EncryptionOnly")
    for case_id in (GOOD, PLAIN, CLOSED):
        post.send(case_id)
    post.mail.advance(DAY)
    cited = {notice.evidence for notice in post.mail.notices}
    for message in post.mail.messages:
        cited |= {event.evidence for event in message.trace} | {one.attempt.evidence for one in message.attempts}
    assert cited <= {row.id for row in table()}
    assert {"flow.expired-317", "flow.expired-316", "flow.deferred", "flow.trace"} <= cited


# -- tried again -------------------------------------------------------------------------------------------------------


def test_a_partner_that_recovers_gets_the_mail_at_the_next_attempt(post: Post) -> None:
    post.lab.partners.say(GOOD, "RCPT", "450 4.2.0 Come back later")
    message = post.send(GOOD)
    assert (message.status, last(message)) == ("queued", "450 4.2.0 Come back later")
    assert post.mail.advance(QUARTER - 60) == []
    assert post.mail.advance(60) == [message]
    post.lab.partners.say(GOOD, "RCPT", None)
    assert (message.status, len(message.attempts)) == ("queued", 2)
    post.mail.advance(QUARTER)
    assert (message.status, len(message.attempts), len(post.letters(GOOD))) == ("delivered", 3, 1)
    assert post.mail.advance(2 * DAY) == []
    assert post.mail.notices == []


def test_a_partner_that_does_not_recover_is_told_of_with_its_own_words(post: Post) -> None:
    post.lab.partners.say(GOOD, ".", "452 4.3.1 Disk full")
    post.send(GOOD)
    post.mail.advance(DAY)
    assert [notice.code for notice in post.mail.notices] == ["550 5.4.300 Message expired -> 452 4.3.1 Disk full"]


@pytest.mark.parametrize(("value", "status"), [("anew", "delivered"), ("kept", "queued")])
def test_whether_a_connector_that_was_put_right_helps_mail_that_waits(post: Post, value: str, status: str) -> None:
    post.lab.switches["retry_route"] = value
    post.connect(GOOD, TlsSettings="DomainValidation", TlsDomain="mx.wrong.example")
    message = post.send(GOOD)
    assert "SubjectMismatch" in last(message)
    post.change(TlsDomain=f"mx.{post.domain(GOOD)}")
    post.mail.advance(QUARTER)
    assert message.status == status
    assert len(post.letters(GOOD)) == (1 if status == "delivered" else 0)


def test_messages_are_tried_in_the_order_in_which_they_are_due(post: Post) -> None:
    post.lab.partners.say(GOOD, "RCPT", "450 4.2.0 Come back later")
    domain = post.domain(GOOD)
    post.mail.submit(SENDER, f"early@{domain}")
    post.mail.advance(5 * 60)
    post.mail.submit(SENDER, f"late@{domain}")
    post.mail.advance(3 * 3600)
    commands = [command for visit in post.lab.partners.visits(GOOD) for command in visit.commands]
    asked = [command.partition("<")[2].partition("@")[0] for command in commands if command.startswith("RCPT")]
    assert asked == ["early", "late"] * 5


def test_mail_of_a_rule_waits_for_the_connector_of_the_rule(post: Post) -> None:
    post.connect(PLAIN, "strict", TlsSettings="EncryptionOnly", IsTransportRuleScoped=True)
    message = post.send(PLAIN, rule_connector="strict")
    post.mail.advance(QUARTER)
    assert [one.route.connector for one in message.attempts] == ["strict", "strict"]
    assert post.letters(PLAIN) == []


# -- routing lags behind -----------------------------------------------------------------------------------------------


def test_old_settings_stay_in_force_until_a_change_reaches_routing(post: Post) -> None:
    post.lab.switches["routing_delay_uses"] = 2
    post.connect(PLAIN, TlsSettings="EncryptionOnly")
    assert [post.send(PLAIN).status for _turn in range(3)] == ["delivered", "delivered", "queued"]
    post.change(Enabled=False)
    assert post.api.one("Get-OutboundConnector", "partner")["Enabled"] is False
    assert [post.send(PLAIN).status for _turn in range(3)] == ["queued", "queued", "delivered"]


def test_the_time_until_then_can_be_skipped(post: Post) -> None:
    post.lab.switches["routing_delay_seconds"] = 1800
    post.connect(PLAIN, TlsSettings="EncryptionOnly")
    assert post.send(PLAIN).status == "delivered"
    post.mail.advance(1700)
    assert post.send(PLAIN).status == "delivered"
    post.mail.advance(100)
    assert post.send(PLAIN).status == "queued"


def test_a_delay_of_get_is_none_of_routing(post: Post) -> None:
    post.lab.switches.update({"visibility_reads": 1})
    post.connect(PLAIN, TlsSettings="EncryptionOnly")
    assert post.send(PLAIN).status == "queued"
    assert post.api.value("Get-OutboundConnector") == []


def test_connectors_of_the_seed_are_known_to_routing(make_lab: MakeLab) -> None:
    seed = [{"apps": [{}], "outbound": [{"Name": "a", "RecipientDomains": ["p00000.example"]}]}]
    lab = make_lab({"tenants": seed}, switches={"routing_delay_uses": 5}, partners=many(1))
    (message,) = lab.mail.submit(SENDER, "b@p00000.example")
    assert (message.status, message.route.connector) == ("delivered", "a")

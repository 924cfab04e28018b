# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mail in a lab: what cannot be sent, several at a time, the lab from outside, and what comes in."""

from __future__ import annotations

import smtplib
import threading
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab import Lab, RemoteLab
from ansible_collections.mailflow.exchange_online.tests.lab.partners.many import many
from ansible_collections.mailflow.exchange_online.tests.lab_tests.flow_fixtures import (
    CLOSED,
    DAY,
    SENDER,
    SILENT,
    Post,
    made,
    until,
)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"recipients": []}, "needs a recipient"),
        ({"recipients": ["nobody"]}, "no mail address"),
        ({"recipients": ["a b@"]}, "no mail address"),
        ({"recipients": ["a@a.example\r\nBcc: b@b.example"]}, "no mail address"),
        ({"recipients": ["a@contoso.example"]}, "does not leave"),
        ({"recipients": ["a@a-good.test"], "tenant": "nobody.example"}, "No tenant"),
        ({"recipients": ["a@a-good.test"], "subject": "a\r\nBcc: b@b.example"}, "(?i)linefeed|header"),
    ],
)
def test_what_cannot_be_sent(post: Post, arguments: dict[str, t.Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        post.mail.submit(SENDER, **arguments)
    assert post.mail.messages == []
    with pytest.raises(ValueError, match="forward"):
        post.mail.advance(-1)
    with pytest.raises(ValueError, match="forward"):
        post.mail.advance(float("nan"))


def test_other_mail_goes_on_while_a_partner_is_silent() -> None:
    with made(many(2, hang=1)) as lab:
        slow = threading.Thread(target=lambda: lab.mail.submit(SENDER, "b@p00001.example"))
        slow.start()
        until(lambda: bool(lab.partners.journal.visits))
        (message,) = lab.mail.submit(SENDER, "b@p00000.example")
        assert message.status == "delivered"
        assert [len(one.attempts) for one in lab.mail.messages] == [0, 1]
    slow.join(30)
    assert not slow.is_alive()
    assert [one.status for one in lab.mail.messages] == ["queued", "delivered"]


def test_a_partner_that_falls_silent_is_tried_again(post: Post) -> None:
    message = post.send(SILENT)
    assert message.attempts[0].attempt.text.startswith("450 4.4.318 Connection was closed abruptly")
    assert message.status == "queued"


def test_reset_forgets_the_mail_and_the_time(post: Post) -> None:
    post.send(CLOSED)
    post.mail.advance(DAY)
    before = post.mail.now
    post.lab.reset()
    assert (post.mail.messages, post.mail.notices, post.lab.partners.journal.letters) == ([], [], [])
    assert post.mail.now < before


def test_a_lab_without_partners_has_no_mail(lab: Lab) -> None:
    with pytest.raises(RuntimeError, match="without partners"):
        assert lab.mail
    with pytest.raises(RuntimeError, match="without partners"):
        assert lab.inbound
    assert "inbound" not in lab.describe()


def test_the_inbound_server_obeys_the_connectors_in_force(post: Post) -> None:
    where = post.lab.describe()["inbound"]
    assert (where["host"], where["port"]) == (post.lab.inbound.address, post.lab.inbound.port)
    letter = ("x@partner.example", ["anna@contoso.example"], "Subject: Hi\r\n\r\nHi\r\n")
    with smtplib.SMTP(where["host"], where["port"], timeout=10) as client:
        client.sendmail(*letter)
    post.api.value("New-InboundConnector", Name="in", SenderDomains=["partner.example"], RequireTls=True)
    with smtplib.SMTP(where["host"], where["port"], timeout=10) as client, pytest.raises(smtplib.SMTPException):
        client.sendmail(*letter)
    assert (len(post.lab.inbound.received), len(post.lab.inbound.refused)) == (1, 1)
    post.lab.reset()
    assert (post.lab.inbound.received, post.lab.inbound.refused) == ([], [])


def test_the_mail_of_a_lab_in_another_process(post: Post) -> None:
    remote = RemoteLab(post.lab.describe())
    (message,) = remote.mail.submit(SENDER, [post.address(CLOSED)], subject="Hello")
    assert (message["status"], message["attempts"][0]["text"][:11]) == ("queued", "450 4.4.316")
    assert [one["id"] for one in remote.mail.advance(DAY)] == [message["id"]]
    assert [one["status"] for one in remote.mail.messages] == ["returned"]
    assert remote.mail.inbox(SENDER)[0]["code"] == post.mail.inbox(SENDER)[0].code
    assert remote.inbound["port"] == post.lab.inbound.port
    with pytest.raises(ValueError, match="no mail address"):
        remote.mail.submit(SENDER, "nobody")
    with pytest.raises(ValueError, match="unexpected"):
        remote.mail.submit(SENDER, "a@a-good.test", nonsense=1)
    with pytest.raises(ValueError, match="forward"):
        remote.mail.advance(-1)


def test_a_lab_in_another_process_without_partners_has_no_mail(lab: Lab) -> None:
    remote = RemoteLab(lab.describe())
    with pytest.raises(KeyError):
        assert remote.mail

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the partners' servers take mail, seen by a client of its own."""

from __future__ import annotations

import smtplib
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab.partners.taking import MOST_BYTES, Content, Transaction
from ansible_collections.mailflow.exchange_online.tests.lab_tests.partner_client import (
    Smtp,
    address,
    context,
    wait_for,
)


@pytest.fixture(scope="module")
def world() -> t.Iterator[PartnerWorld]:
    with PartnerWorld(["a_good", "f_no_starttls", "dd_multi_a", "y_4xx"]) as running:
        yield running


@pytest.fixture
def talk(world: PartnerWorld) -> t.Iterator[Smtp]:
    """A conversation with a good server, behind EHLO."""
    world.journal.clear()
    with Smtp(world, address("a_good")) as one:
        one.reply()
        one.command("EHLO client.example")
        yield one


def codes(talk: Smtp, *commands: str) -> list[str]:
    return [talk.command(command)[-1][:3] for command in commands]


def test_a_letter_in_clear_and_what_is_kept_of_it(world: PartnerWorld, talk: Smtp) -> None:
    commands = ("MAIL FROM:<a@example.com> SIZE=9", "RCPT TO:<b@a-good.test>", "RCPT TO:<c@a-good.test>", "DATA")
    assert codes(talk, *commands) == ["250", "250", "250", "354"]
    assert talk.command("Subject: x\r\n\r\n..dot\r\n.")[0].startswith("250 ")
    (letter,) = world.letters("a_good")
    assert letter == world.journal.letters[0]
    assert letter._asdict() == {
        "address": address("a_good"),
        "mail_from": "a@example.com",
        "recipients": ("b@a-good.test", "c@a-good.test"),
        "content": b"Subject: x\r\n\r\n.dot\r\n",
        "encrypted": False,
        "protocol": "",
        "helo": "client.example",
    }
    assert world.letters("f_no_starttls") == []
    world.journal.clear()
    assert world.letters("a_good") == []


def test_a_letter_inside_tls(world: PartnerWorld, talk: Smtp) -> None:
    codes(talk, "MAIL FROM:<forgotten@example.com>", "STARTTLS")
    talk.secure(context(), "mx.a-good.test")
    # What was said in clear does not count any more (RFC 3207 section 4.2).
    assert codes(talk, "RCPT TO:<b@a-good.test>", "EHLO inside.example", "MAIL FROM:<>") == ["503", "250", "250"]
    assert codes(talk, "RCPT TO:<b@a-good.test>", "DATA", ".") == ["250", "354", "250"]
    (letter,) = world.letters("a_good")
    assert (letter.encrypted, letter.protocol, letter.helo) == (True, "TLSv1.3", "inside.example")
    assert (letter.mail_from, letter.content) == ("", b"")


def test_another_client_and_both_servers_of_a_host(world: PartnerWorld) -> None:
    world.journal.clear()
    for number in (0, 1):
        with smtplib.SMTP(address("dd_multi_a", number), world.port, timeout=20) as client:
            client.starttls(context=context())
            assert client.sendmail("a@example.com", ["b@dd-multi-a.test"], b"Subject: x\r\n\r\n.\r\nend\r\n") == {}
    letters = world.letters("dd_multi_a")
    assert [letter.address for letter in letters] == [address("dd_multi_a", 0), address("dd_multi_a", 1)]
    assert {letter.content for letter in letters} == {b"Subject: x\r\n\r\n.\r\nend\r\n"}


def test_commands_out_of_order(world: PartnerWorld, talk: Smtp) -> None:
    assert codes(talk, "RCPT TO:<b@x.test>", "DATA") == ["503", "503"]
    assert codes(talk, "MAIL FROM:a@x.test", "MAIL FROM:<a@x.test>", "MAIL FROM:<a@x.test>") == ["501", "250", "503"]
    assert codes(talk, "DATA", "RCPT TO:b@x.test", "RCPT TO:<b@x.test>", "RSET", "DATA") == [
        *("503", "501", "250", "250", "503"),
    ]
    assert codes(talk, "MAIL FROM:<a@x.test>", "EHLO again.example", "RCPT TO:<b@x.test>") == ["250", "250", "503"]
    assert codes(talk, "VRFY b", "AUTH PLAIN", "QUIT") == ["502", "502", "221"]
    assert world.journal.letters == []


def test_commands_that_come_together_and_two_letters(world: PartnerWorld, talk: Smtp) -> None:
    one = "MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n"
    talk.say(f"{one}first\r\n.\r\n{one}second\r\n.\r\nQUIT")
    assert [talk.reply()[0][:3] for _turn in range(9)] == ["250", "250", "354", "250"] * 2 + ["221"]
    assert [letter.content for letter in world.letters("a_good")] == [b"first\r\n", b"second\r\n"]


def test_who_goes_away_in_the_middle_leaves_nothing(world: PartnerWorld) -> None:
    world.journal.clear()
    with Smtp(world, address("a_good")) as talk:
        talk.reply()
        codes(talk, "MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "DATA")
        talk.say("half")
    wait_for(lambda: world.visits("a_good")[0].closed is not None)
    assert world.journal.letters == []


def test_replies_that_are_asked_for(world: PartnerWorld, talk: Smtp) -> None:
    world.say("a_good", "RCPT", "450 4.2.0 Later")
    assert codes(talk, "MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "DATA") == ["250", "450", "503"]
    world.say("a_good", "RCPT", None)
    world.say("a_good", ".", "554 5.6.0 Not this one")
    assert codes(talk, "RCPT TO:<b@x.test>", "DATA", "text\r\n.") == ["250", "354", "554"]
    assert world.journal.letters == []
    world.say("a_good", ".", None)
    assert codes(talk, "MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "DATA", ".") == ["250", "250", "354", "250"]


def test_a_line_without_end_ends_the_connection(talk: Smtp) -> None:
    codes(talk, "MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "DATA")

    def flood() -> None:
        for _turn in range(64):
            talk.socket.sendall(b"x" * 65536)
        talk.reply()

    with pytest.raises((EOFError, ConnectionError)):
        flood()


def test_what_is_too_big_or_too_many() -> None:
    transaction = Transaction({})
    assert transaction.answer("MAIL", "MAIL FROM:<a@x.test>").startswith("250")
    replies = [transaction.answer("RCPT", f"RCPT TO:<{number}@x.test>")[:3] for number in range(101)]
    assert replies == ["250"] * 100 + ["452"]
    content = Content()
    piece = b"x" * 2**20 + b"\r\n"
    assert all(content.line(piece) for _turn in range(MOST_BYTES // len(piece)))
    assert content.whole() is not None
    assert content.line(piece)
    assert not content.line(b".\r\n")
    assert content.whole() is None
    assert transaction.finished(content.whole()).startswith("552 ")

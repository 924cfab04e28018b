# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the partners' servers talk, seen by a client of its own."""

from __future__ import annotations

import contextlib
import ssl
import time
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.partners import CASES, PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab_tests.partner_client import (
    Smtp,
    address,
    context,
    look,
    wait_for,
)

#: For a server that says nothing: long enough that one that speaks would have.
_SILENCE = 0.3


@pytest.fixture(scope="module")
def world() -> t.Iterator[PartnerWorld]:
    with PartnerWorld(slow_banner=0.5) as running:
        yield running


def test_a_good_conversation_and_what_is_kept_of_it(world: PartnerWorld) -> None:
    world.journal.clear()
    with Smtp(world, address("a_good")) as talk:
        assert talk.reply() == ["220 mx.a-good.test ESMTP"]
        assert talk.command("EHLO client.example")[1:] == ["250-SIZE 36700160", "250-8BITMIME", "250 STARTTLS"]
        assert talk.command("MAIL FROM:<a@example.com>") == ["250 2.1.0 OK"]
        assert talk.command("STARTTLS")[0].startswith("220 ")
        talk.secure(context(), "mx.a-good.test")
        assert talk.command("EHLO again.example")[1:] == ["250-SIZE 36700160", "250-8BITMIME", "250 REQUIRETLS"]
        assert talk.command("QUIT")[0].startswith("221 ")
    (visit,) = world.visits("a_good")
    wait_for(lambda: visit.closed is not None)
    said = ["EHLO client.example", "MAIL FROM:<a@example.com>", "STARTTLS", "EHLO again.example", "QUIT"]
    assert visit.commands == said
    assert (visit.helo_names, visit.sni) == (["client.example", "again.example"], "mx.a-good.test")
    assert (visit.protocol, visit.problem) == ("TLSv1.3", "")
    assert world.journal.commands() == {"EHLO", "MAIL", "STARTTLS", "QUIT"}


def test_commands_that_come_together_are_all_answered(world: PartnerWorld) -> None:
    with Smtp(world, address("a_good")) as talk:
        talk.reply()
        talk.say("EHLO client.example\r\nNOOP\r\nQUIT")
        assert [talk.reply()[0][:3] for _turn in range(3)] == ["250", "250", "221"]


@pytest.mark.parametrize(("case_id", "code"), [("y_4xx", "421"), ("y_554", "554")])
def test_greetings_that_turn_away(world: PartnerWorld, case_id: str, code: str) -> None:
    with Smtp(world, address(case_id)) as talk:
        assert talk.reply()[0].startswith(f"{code} ")


def test_a_connection_that_is_refused(world: PartnerWorld) -> None:
    for case_id, number in (("y_refused", 0), ("n_one_dead", 1)):
        with pytest.raises(ConnectionRefusedError):
            Smtp(world, address(case_id, number))


def test_a_connection_that_is_closed_at_once(world: PartnerWorld) -> None:
    with Smtp(world, address("y_close")) as talk, pytest.raises(EOFError):
        talk.reply()


def test_a_slow_greeting(world: PartnerWorld) -> None:
    began = time.monotonic()
    with Smtp(world, address("p_slow")) as talk:
        assert talk.reply()[0].startswith("220 ")
    assert time.monotonic() - began >= 0.5


def test_silence_at_each_step(world: PartnerWorld) -> None:
    with Smtp(world, address("p_hang")) as talk:
        assert talk.silent_for(_SILENCE)
    with Smtp(world, address("g_hang_ehlo")) as talk:
        talk.reply()
        talk.say("EHLO client.example")
        assert talk.silent_for(_SILENCE)
    with Smtp(world, address("g_hang_starttls")) as talk:
        talk.reply()
        talk.command("EHLO client.example")
        talk.say("STARTTLS")
        assert talk.silent_for(_SILENCE)
    with Smtp(world, address("g_hang")) as talk:
        assert talk.to_starttls()[0].startswith("220 ")
        talk.socket.settimeout(_SILENCE)
        with pytest.raises(TimeoutError):
            talk.secure(context(), None)
    with Smtp(world, address("g_hang_inside")) as talk:
        talk.to_starttls()
        talk.secure(context(), None)
        talk.say("EHLO client.example")
        assert talk.silent_for(_SILENCE)


def test_a_server_that_hangs_notices_that_the_client_is_gone(world: PartnerWorld) -> None:
    world.journal.clear()
    with Smtp(world, address("p_hang")):
        wait_for(lambda: len(world.visits("p_hang")) == 1)
    wait_for(lambda: world.visits("p_hang")[0].closed is not None)
    (visit,) = world.visits("p_hang")
    assert visit.commands == []


def test_a_greeting_without_end(world: PartnerWorld) -> None:
    with Smtp(world, address("p_drip")) as talk:
        assert [talk.socket.recv(1) for _turn in range(3)] == [b"2"] * 3


@pytest.mark.parametrize(("case_id", "piece"), [("p_flood", b"\n220-"), ("p_flood_bytes", b"xxxxxxxx")])
def test_floods(world: PartnerWorld, case_id: str, piece: bytes) -> None:
    with Smtp(world, address(case_id)) as talk:
        received = b""
        while len(received) < 2**20:
            received += talk.socket.recv(65536)
    assert received.startswith(b"220")
    assert received.count(piece) > 1000
    assert b"\n220 " not in received


def test_bytes_that_are_no_text(world: PartnerWorld) -> None:
    with Smtp(world, address("p_binary")) as talk:
        assert talk.socket.recv(4) == bytes(range(4))


# -- STARTTLS --------------------------------------------------------------------------------------------------------


def test_starttls_that_is_not_offered(world: PartnerWorld) -> None:
    with Smtp(world, address("f_no_starttls")) as talk:
        talk.reply()
        assert talk.command("EHLO client.example")[-1] == "250 8BITMIME"
        assert talk.command("STARTTLS")[0].startswith("502 ")
        assert talk.command("QUIT")[0].startswith("221 ")


def test_starttls_that_is_overwritten(world: PartnerWorld) -> None:
    with Smtp(world, address("z_stripped")) as talk:
        talk.reply()
        assert talk.command("EHLO client.example")[-1] == "250 XXXXXXXA"
        assert talk.command("STARTTLS")[0].startswith("500 ")


def test_starttls_that_is_refused(world: PartnerWorld) -> None:
    with Smtp(world, address("h_454")) as talk:
        assert talk.to_starttls()[0].startswith("454 ")
        assert talk.command("QUIT")[0].startswith("221 ")


def test_a_reply_in_clear_behind_that_to_starttls(world: PartnerWorld) -> None:
    with Smtp(world, address("z_inject")) as talk:
        talk.to_starttls()
        while b"\n" not in talk.rest():
            talk._buffer += talk.socket.recv(4096)
        assert talk.rest() == b"250 2.0.0 injected.example\r\n"
        talk.secure(context(), "mx.z-inject.test")
        assert len(talk.command("EHLO client.example")) == 4


def test_handshakes_that_fail(world: PartnerWorld) -> None:
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        look(world, "g_alert")
    with pytest.raises((ssl.SSLEOFError, ConnectionError)):
        look(world, "g_close")


def test_the_servers_of_two_hosts_differ(world: PartnerWorld) -> None:
    look(world, "n_mixed", number=0)
    with pytest.raises(AssertionError):
        look(world, "n_mixed", number=1)


# -- the journal and the times ---------------------------------------------------------------------------------------


def test_connections_at_once_are_counted(world: PartnerWorld) -> None:
    world.journal.clear()
    where = address("a_good")
    with contextlib.ExitStack() as stack:
        for _turn in range(3):
            stack.enter_context(Smtp(world, where)).reply()
    wait_for(lambda: all(visit.closed is not None for visit in world.journal.at(where)))
    with Smtp(world, where) as talk:
        talk.reply()
    assert world.journal.most_at_once(where) == 3
    assert world.journal.most_at_once() == 3
    assert world.journal.most_at_once(address("y_4xx")) == 0


def test_each_reply_takes_the_time_that_is_set() -> None:
    with PartnerWorld(["a_good"], latency=0.1) as world:
        began = time.monotonic()
        look(world, "a_good")
        assert time.monotonic() - began >= 0.5  # greeting, EHLO, STARTTLS, EHLO, QUIT


def test_every_manner_is_in_the_table() -> None:
    from ansible_collections.mailflow.exchange_online.tests.lab.partners.shapes import Manner

    used = {server.manner for case in CASES.values() for host in case.hosts for server in host.servers}
    assert used == set(t.get_args(Manner))

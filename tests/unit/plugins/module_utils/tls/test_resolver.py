# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions to a real DNS server that answers well, badly, late or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import pathlib
import socket
import struct
import time
import typing as t

import dns.flags
import dns.message
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import resolver as product
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Answer, Tlsa
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.resolver import Resolver, read
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.wire import make_query
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.dns_peer import (
    NXDOMAIN,
    DnsPeer,
    Handler,
    Say,
    Zone,
    from_zone,
    listening,
    unused_server,
)

#: Seconds; for a server that answers, and for one that does not.
PATIENCE, SHORT = 30.0, 0.6
MX = Say(("p.test. MX 20 b.p.test.", "p.test. MX 10 A.P.test."), secure=True)
Ask = t.Callable[[Resolver], t.Awaitable[t.Any]]


class Outcome(t.NamedTuple):
    """What came of a conversation with one server."""

    found: t.Any
    peer: DnsPeer
    resolver: Resolver


def converse(handler: Handler, talk: Ask, *, timeout: float = PATIENCE, more: tuple[Handler, ...] = ()) -> Outcome:
    """Run ``talk`` with a resolver for servers that answer in these ways."""

    async def run() -> Outcome:
        async with contextlib.AsyncExitStack() as stack:
            peers = [await stack.enter_async_context(listening(one)) for one in (handler, *more)]
            resolver = Resolver([peer.server for peer in peers], None, timeout)
            try:
                return Outcome(await talk(resolver), peers[0], resolver)
            finally:
                resolver.close()

    return asyncio.run(run())


def one(handler: Handler | Zone, name: str = "p.test", kind: product.RecordType = "MX", **options: t.Any) -> Answer:
    """Return the answer to one question."""
    answers = handler if callable(handler) else from_zone(handler)
    found = converse(answers, lambda resolver: resolver.ask(name, kind), **options).found
    assert isinstance(found, Answer)
    return found


def silent(_query: dns.message.Message, _tcp: bool) -> t.Iterable[bytes]:
    return []


# -- what is in an answer --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "record", "expected"),
    [
        ("MX", "p.test. MX 10 Mx.P.test.", (10, "mx.p.test")),
        ("MX", "p.test. MX 0 .", (0, "")),
        ("A", "p.test. A 192.0.2.1", "192.0.2.1"),
        ("AAAA", "p.test. AAAA 2001:DB8::1", "2001:db8::1"),
        ("TXT", 'p.test. TXT "v=STSv1; " "id=1;"', b"v=STSv1; id=1;"),
        ("TLSA", f"p.test. TLSA 3 1 1 {'0f' * 32}", Tlsa(3, 1, 1, b"\x0f" * 32)),
    ],
)
def test_records_of_each_type_are_taken_apart(kind: product.RecordType, record: str, expected: t.Any) -> None:
    assert one({("p.test", kind): Say((record,))}, kind=kind) == Answer("found", (expected,))


def test_a_digest_of_the_wrong_length_spoils_its_own_record_only() -> None:
    say = Say(("p.test. TLSA 3 1 0 0bad", f"p.test. TLSA 3 1 1 {'0f' * 32}"))
    answer = one(lambda query, _tcp: [say.to(query).replace(b"\x00\x0b\xad", b"\x01\x0b\xad")], kind="TLSA")
    assert set(answer.records) == {Tlsa(3, 1, 1, b"\x0b\xad"), Tlsa(3, 1, 1, b"\x0f" * 32)}


def test_mail_hosts_come_by_preference_then_by_name() -> None:
    records = tuple(f"p.test. MX {record}" for record in ("20 a.test.", "10 c.test.", "10 b.test."))
    assert one({("p.test", "MX"): Say(records)}).records == ((10, "b.test"), (10, "c.test"), (20, "a.test"))


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize(
    ("say", "status"), [(Say(), "absent"), (NXDOMAIN, "nxdomain"), (Say(("p.test. MX 1 m.test.",)), "found")]
)
def test_the_bit_for_validated_answers_is_handed_on(say: Say, status: str, secure: bool) -> None:
    answer = one({("p.test", "MX"): Say(say.records, say.code, secure)})
    assert (answer.status, answer.secure) == (status, secure)


def test_a_question_asks_for_validation_and_recursion() -> None:
    (query,) = converse(from_zone({}), lambda resolver: resolver.ask("p.test", "MX")).peer.queries
    assert query.flags & dns.flags.RD
    assert query.flags & dns.flags.AD
    assert query.edns == 0
    assert query.ednsflags & dns.flags.DO
    assert query.payload <= 1232


@pytest.mark.parametrize("code", ["SERVFAIL", "REFUSED", "FORMERR", "NOTIMP"])
def test_a_server_that_cannot_answer_is_told_by_its_code_and_not_asked_again(code: str) -> None:
    outcome = converse(from_zone({("p.test", "MX"): Say(code=code)}), lambda resolver: resolver.ask("p.test", "MX"))
    assert outcome.found == Answer("failed", detail=code)
    assert len(outcome.peer.asked) == 1
    assert (outcome.resolver.answered, outcome.resolver.silent) == (1, 0)


# -- aliases ---------------------------------------------------------------------------------------------------------


def aliases(count: int) -> tuple[str, ...]:
    names = ["p.test.", *(f"a{index}.test." for index in range(count))]
    return tuple(f"{name} CNAME {target}" for name, target in itertools.pairwise(names))


@pytest.mark.parametrize("count", [1, 2, 9])
def test_aliases_are_followed_to_their_end(count: int) -> None:
    end = f"a{count - 1}.test"
    answer = one({("p.test", "A"): Say((*aliases(count), f"{end}. A 192.0.2.1"))}, kind="A")
    assert answer == Answer("found", ("192.0.2.1",), canonical=end)


def test_an_alias_of_a_name_without_the_type_is_absent() -> None:
    answer = one({("p.test", "AAAA"): Say(aliases(1))}, kind="AAAA")
    assert answer == Answer("absent", canonical="a0.test")


def test_an_alias_of_a_name_that_is_not_there_says_so() -> None:
    answer = one({("p.test", "A"): Say(aliases(1), code="NXDOMAIN", secure=True)}, kind="A")
    assert answer == Answer("nxdomain", secure=True, canonical="a0.test")


@pytest.mark.parametrize(
    "records",
    [
        ("p.test. CNAME p.test.",),
        ("p.test. CNAME a.test.", "a.test. CNAME p.test."),
        aliases(40),
    ],
)
def test_aliases_without_an_end_fail(records: tuple[str, ...]) -> None:
    assert one({("p.test", "A"): Say(records)}, kind="A").status == "failed"


def test_records_of_another_name_are_nobodys_answer() -> None:
    assert one({("p.test", "A"): Say(("other.test. A 192.0.2.1",))}, kind="A") == Answer("absent")


def test_no_more_records_are_kept_than_anybody_needs() -> None:
    records = tuple(f"p.test. A 192.0.{index // 250}.{index % 250}" for index in range(1000))
    assert len(one(truncating(Say(records)), kind="A").records) == 200


# -- the way to the server -------------------------------------------------------------------------------------------


def truncating(whole: Say) -> Handler:
    """Over UDP only that there is more, over TCP all of it."""
    return lambda query, tcp: [(whole if tcp else Say(truncated=True)).to(query)]


def test_a_long_answer_is_fetched_over_tcp() -> None:
    outcome = converse(truncating(MX), lambda resolver: resolver.ask("p.test", "MX"))
    assert outcome.found.records == ((10, "a.p.test"), (20, "b.p.test"))
    assert outcome.found.secure
    assert [question.tcp for question in outcome.peer.questions] == [False, True]


@pytest.mark.parametrize(
    "answer",
    [
        lambda query, tcp: [] if tcp else [Say(truncated=True).to(query)],
        lambda query, tcp: [b"junk"] if tcp else [Say(truncated=True).to(query)],
    ],
    ids=["silence", "junk"],
)
def test_no_sense_over_tcp_is_no_answer(answer: Handler) -> None:
    began = time.monotonic()
    assert one(answer, timeout=SHORT).status in ("failed", "timeout")
    assert time.monotonic() - began < PATIENCE / 2


def test_a_server_that_fails_makes_room_for_the_next() -> None:
    answer = one({("p.test", "MX"): Say(code="SERVFAIL")}, more=(from_zone({("p.test", "MX"): MX}),))
    assert answer.status == "found"


def test_a_server_that_is_silent_makes_room_for_the_next() -> None:
    outcome = converse(
        silent, lambda resolver: resolver.ask("p.test", "MX"), timeout=SHORT, more=(from_zone({("p.test", "MX"): MX}),)
    )
    assert outcome.found.status == "found"
    assert (outcome.resolver.answered, outcome.resolver.silent) == (1, 0)


def test_every_server_gets_its_chance_however_many_there_are() -> None:
    dead = (from_zone({("p.test", "MX"): Say(code="REFUSED")}),) * 3
    assert one(dead[0], more=(*dead, from_zone({("p.test", "MX"): MX}))).status == "found"


def test_silence_is_tried_again_and_ends_in_time() -> None:
    began = time.monotonic()
    outcome = converse(silent, lambda resolver: resolver.ask("p.test", "MX"), timeout=SHORT)
    took = time.monotonic() - began
    assert outcome.found == Answer("timeout", detail="no answer within 0.6 seconds")
    assert len(outcome.peer.asked) == 3
    assert SHORT * 0.9 < took < PATIENCE / 2
    assert (outcome.resolver.answered, outcome.resolver.silent) == (0, 1)


def test_a_datagram_that_got_lost_is_made_up_for() -> None:
    turns = iter(range(9))
    answer = one(lambda query, _tcp: [MX.to(query)] if next(turns) else [], timeout=3)
    assert answer.status == "found"


def test_nobody_listening_is_no_answer_and_costs_no_time() -> None:
    async def run() -> tuple[Answer, int]:
        resolver = Resolver([unused_server()], None, PATIENCE)
        try:
            return await resolver.ask("p.test", "MX"), resolver.silent
        finally:
            resolver.close()

    began = time.monotonic()
    answer, silence = asyncio.run(run())
    assert (answer.status, silence) == ("timeout", 1)
    assert time.monotonic() - began < PATIENCE / 2


def test_each_question_that_overlaps_leaves_from_another_port() -> None:
    async def talk(resolver: Resolver) -> None:
        await asyncio.gather(*(resolver.ask(f"p{index}.test", "MX") for index in range(20)))

    outcome = converse(from_zone({}), talk)
    assert len({question.port for question in outcome.peer.questions}) == 20
    assert len({query.id for query in outcome.peer.queries}) > 15


# -- what is no answer -----------------------------------------------------------------------------------------------


def wrong_number(wire: bytes) -> bytes:
    return bytes((wire[0] ^ 0xFF,)) + wire[1:]


def other_question(wire: bytes) -> bytes:
    return wire[:13] + bytes((wire[13] ^ 1,)) + wire[14:]


def other_type(wire: bytes) -> bytes:
    return wire.replace(b"\x04test\x00\x00\x0f", b"\x04test\x00\x00\x01", 1)


def no_response(wire: bytes) -> bytes:
    return wire[:2] + bytes((wire[2] & 0x7F,)) + wire[3:]


def no_question(wire: bytes) -> bytes:
    return wire[:4] + b"\x00\x00" + wire[6:]


FORGED: tuple[t.Callable[[bytes], bytes], ...] = (
    wrong_number,
    other_question,
    other_type,
    no_response,
    no_question,
    lambda _wire: b"",
    lambda wire: wire[:11],
    lambda _wire: b"\xff" * 1000,
)


@pytest.mark.parametrize("forge", FORGED)
def test_a_datagram_that_is_no_answer_to_the_question_is_passed_over(forge: t.Callable[[bytes], bytes]) -> None:
    lie = Say(("p.test. MX 1 evil.test.",), secure=True)
    answer = one(lambda query, _tcp: [forge(lie.to(query)), MX.to(query)])
    assert answer.records == ((10, "a.p.test"), (20, "b.p.test"))


def test_an_answer_from_another_port_is_passed_over() -> None:
    class Rival(t.NamedTuple):
        """Answers faster than the server, from a port of its own."""

        sock: socket.socket

    async def run() -> tuple[Answer, int]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rival:
            rival.bind(("127.0.0.1", 0))
            async with listening(lambda query, _tcp: answer(query)) as peer:

                def answer(query: dns.message.Message) -> t.Iterable[bytes]:
                    lie = Say(("p.test. MX 1 evil.test.",))
                    rival.sendto(lie.to(query), ("127.0.0.1", peer.questions[-1].port))
                    return [MX.to(query)]

                resolver = Resolver([peer.server], None, PATIENCE)
                try:
                    return await resolver.ask("p.test", "MX"), len(peer.asked)
                finally:
                    resolver.close()

    answer, questions = asyncio.run(run())
    assert answer.records == ((10, "a.p.test"), (20, "b.p.test"))
    assert questions == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda wire: wire[:35],
        lambda wire: wire[:24],
        lambda wire: wire[:6] + b"\xff\xff" + wire[8:],
        lambda wire: wire.replace(b"\xc0\x0c", b"\xff\xff"),
        lambda wire: wire.replace(b"\x00\x0a\x01", b"\x00\x0a\x3f"),
    ],
    ids=["cut in a record", "cut before the records", "counts", "pointer", "label"],
)
def test_an_answer_that_cannot_be_read_fails(spoil: t.Callable[[bytes], bytes]) -> None:
    answer = one(lambda query, _tcp: [spoil(MX.to(query))])
    assert answer == Answer("failed", detail="the answer cannot be read")


def test_a_digest_that_ends_behind_the_message_cannot_be_read() -> None:
    query = make_query("p.test", "TLSA")
    record = b"\xc0\x0c" + struct.pack("!HHIH", 52, 1, 60, 35) + b"\x03\x01\x01" + bytes(31)
    wire = query.wire[:2] + b"\x80\x00\x00\x01\x00\x01\x00\x00\x00\x00" + query.question + record
    assert read(query.response(wire), "TLSA").status == "failed"
    assert read(query.response(wire + b"\x00"), "TLSA").status == "found"


def test_records_of_another_class_do_not_count() -> None:
    query = make_query("p.test", "A")
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 3, 60, 5) + b"\x01a\x00\x00\x01"  # CHAOS has addresses of its own
    wire = query.wire[:2] + b"\x80\x00\x00\x01\x00\x01\x00\x00\x00\x00" + query.question + record
    assert read(query.response(wire), "A") == Answer("absent")


@given(
    junk=st.binary(max_size=300), kind=st.sampled_from(["MX", "A", "AAAA", "TXT", "TLSA"]), records=st.integers(1, 9)
)
def test_whatever_follows_a_question_is_an_answer_of_some_kind(
    junk: bytes, kind: product.RecordType, records: int
) -> None:
    query = make_query("p.test", kind)
    head = query.wire[:2] + struct.pack("!5H", 0x8180, 1, records, 0, 0)
    assert read(query.response(head + query.question + junk), kind).status in ("found", "absent", "failed")


# -- once a run ------------------------------------------------------------------------------------------------------


def test_a_question_is_asked_once() -> None:
    async def talk(resolver: Resolver) -> list[Answer]:
        first = await resolver.ask("p.test", "MX")
        return [first, *await asyncio.gather(*(resolver.ask("p.test", "MX") for _turn in range(9)))]

    outcome = converse(from_zone({("p.test", "MX"): MX}), talk)
    assert len(set(outcome.found)) == 1
    assert len(outcome.peer.asked) == 1


def test_a_question_on_its_way_is_shared_also_when_it_fails() -> None:
    async def talk(resolver: Resolver) -> list[Answer]:
        return await asyncio.gather(*(resolver.ask("p.test", "MX") for _turn in range(50)))

    outcome = converse(from_zone({("p.test", "MX"): Say(code="SERVFAIL")}), talk)
    assert {answer.status for answer in outcome.found} == {"failed"}
    assert len(outcome.peer.asked) == 1


def test_types_are_questions_of_their_own() -> None:
    async def talk(resolver: Resolver) -> list[Answer]:
        return list(await asyncio.gather(resolver.ask("p.test", "MX"), resolver.ask("p.test", "A")))

    outcome = converse(from_zone({("p.test", "MX"): MX}), talk)
    assert [answer.status for answer in outcome.found] == ["found", "absent"]


def test_who_gives_up_waiting_leaves_the_question_to_the_others() -> None:
    async def talk(resolver: Resolver) -> Answer:
        first = asyncio.ensure_future(resolver.ask("p.test", "MX"))
        second = asyncio.ensure_future(resolver.ask("p.test", "MX"))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        return await first

    outcome = converse(from_zone({("p.test", "MX"): MX}), talk)
    assert outcome.found.status == "found"
    assert len(outcome.peer.asked) == 1


def test_a_run_that_is_given_up_leaves_no_socket_behind() -> None:
    async def talk(resolver: Resolver) -> None:
        tasks = [asyncio.ensure_future(resolver.ask(f"p{index}.test", "MX")) for index in range(9)]
        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        assert all(
            isinstance(one, asyncio.CancelledError) for one in await asyncio.gather(*tasks, return_exceptions=True)
        )

    converse(silent, talk)  # a socket that is left open is a warning, and that an error


def test_more_questions_than_places_all_get_their_answer() -> None:
    async def talk(resolver: Resolver) -> list[Answer]:
        return await asyncio.gather(*(resolver.ask(f"p{index}.test", "MX") for index in range(300)))

    outcome = converse(from_zone({}), talk)
    assert {answer.status for answer in outcome.found} == {"nxdomain"}
    assert outcome.resolver.answered == 300


# -- strange names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["a..test", "a" * 64 + ".test", ".".join(["abcdefg"] * 40), "\ud800.test", "\\300.test"]
)
def test_a_name_that_cannot_be_asked_for_fails_without_a_question(name: str) -> None:
    outcome = converse(from_zone({}), lambda resolver: resolver.ask(name, "A"))
    assert outcome.found.status == "nxdomain"
    assert not outcome.found.secure
    assert outcome.found.detail.startswith("no such name can exist")
    assert outcome.peer.asked == []
    assert outcome.resolver.silent == 0


@pytest.mark.parametrize("name", ["P.TEST", "p.test.", "bücher.test", "\\065\\195.test", "a b.test", "_25._tcp.p.test"])
def test_a_name_in_any_form_gets_its_answer(name: str) -> None:
    assert one({}, name).status == "nxdomain"


def test_names_in_answers_are_harmless_text() -> None:
    longest = ".".join(["\\200" * 60] * 4)
    strange = ("\\027[2J\\000\\.x.test", "<b>.test", longest)
    records = tuple(f"p.test. MX {preference} {name}." for preference, name in enumerate(strange))
    hosts = [host for _preference, host in one({("p.test", "MX"): Say(records)}).records]
    assert hosts[:2] == ["\\027[2j\\000\\.x.test", "<b>.test"]
    assert all(host.isprintable() and len(host) <= 255 for host in hosts)


def test_a_name_from_an_answer_can_be_asked_for() -> None:
    host = "\\027[2j\\000\\.x.test"
    zone = {("p.test", "MX"): Say((f"p.test. MX 1 {host}.",)), (host, "A"): Say((f"{host}. A 192.0.2.1",))}

    async def talk(resolver: Resolver) -> Answer:
        ((_preference, name),) = (await resolver.ask("p.test", "MX")).records
        return await resolver.ask(name, "A")

    assert converse(from_zone(zone), talk).found.records == ("192.0.2.1",)


# -- whether an answer proves anything -------------------------------------------------------------------------------

FAR, NEAR, NEAR_TOO = ("192.0.2.53", 53), ("127.0.0.1", 53), ("::1", 5353)


@pytest.mark.parametrize(
    ("servers", "trust_ad", "proves"),
    [
        ([NEAR], None, True),
        ([NEAR, NEAR_TOO], None, True),
        ([FAR], None, False),
        ([NEAR, FAR], None, False),
        ([FAR], True, True),
        ([NEAR], False, False),
    ],
)
def test_an_answer_proves_something_where_the_path_is_safe(
    servers: list[tuple[str, int]], trust_ad: bool | None, proves: bool
) -> None:
    assert Resolver(servers, trust_ad, 1).proves_dnssec is proves


@pytest.mark.parametrize(
    ("text", "proves"),
    [
        ("nameserver 192.0.2.53\noptions edns0 trust-ad\n", True),
        ("nameserver 192.0.2.53\n  options trust-ad rotate\n", True),
        ("nameserver 192.0.2.53\n", False),
        ("nameserver 192.0.2.53\n# options trust-ad\n", False),
        ("nameserver 192.0.2.53\noptions no-trust-ad\n", False),
        ("nameserver 192.0.2.53\noptions trust-add\n", False),
        ("nameserver 127.0.0.53\n", True),
    ],
)
def test_the_system_says_whether_its_resolvers_are_trusted(
    text: str, proves: bool, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text(text)
    monkeypatch.setattr(product, "_RESOLV_CONF", path)
    resolver = Resolver((), None, 1)
    assert resolver.proves_dnssec is proves
    assert resolver.names == [text.split()[1]]
    # What the system says of its own resolvers is not about others.
    assert Resolver([FAR], None, 1).proves_dnssec is False


@pytest.mark.parametrize("text", ["", "search p.test\n", None])
def test_a_system_without_a_resolver_is_told(
    text: str | None, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "resolv.conf"
    if text is not None:
        path.write_text(text)
    monkeypatch.setattr(product, "_RESOLV_CONF", path)
    with pytest.raises(ValueError, match="names no DNS resolver"):
        Resolver((), None, 1)


def test_resolvers_are_named_as_people_write_them() -> None:
    servers = [("192.0.2.53", 53), ("192.0.2.53", 5353), ("2001:db8::53", 53), ("2001:db8::53", 5353)]
    assert Resolver(servers, None, 1).names == ["192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:5353"]

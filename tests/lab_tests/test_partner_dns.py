# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partners' name server, seen by dnspython's own clients."""

from __future__ import annotations

import typing as t

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdata
import dns.rdatatype
import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.partners import CASES, PartnerWorld, Question
from ansible_collections.mailflow.exchange_online.tests.lab.partners.cases import TABLE
from ansible_collections.mailflow.exchange_online.tests.lab.partners.dns import Records, parse, respond
from ansible_collections.mailflow.exchange_online.tests.lab.partners.pki import Pki
from ansible_collections.mailflow.exchange_online.tests.lab.partners.plan import make_plan
from ansible_collections.mailflow.exchange_online.tests.lab_tests.partner_client import address, look, spki_sha256


@pytest.fixture(scope="module")
def world() -> t.Iterator[PartnerWorld]:
    with PartnerWorld() as running:
        yield running


def ask(world: PartnerWorld, name: str, kind: str, *, ad: bool = True, tcp: bool = False) -> dns.message.Message:
    query = dns.message.make_query(name, kind, use_edns=0, want_dnssec=ad)
    if ad:
        query.flags |= dns.flags.AD
    where, port = world.resolver.split(":")
    send = dns.query.tcp if tcp else dns.query.udp
    return send(query, where, timeout=20, port=int(port))


def data(response: dns.message.Message) -> list[str]:
    return sorted(record.to_text() for rrset in response.answer for record in rrset)


def secure(response: dns.message.Message) -> bool:
    return bool(response.flags & dns.flags.AD)


def answer(query: dns.message.Message, records: Records) -> bytes:
    parsed = parse(query.to_wire())
    assert parsed is not None
    wire = respond(parsed, records, "udp")
    assert wire is not None
    return wire


def test_answers_over_both_transports(world: PartnerWorld) -> None:
    for tcp in (False, True):
        assert data(ask(world, "n-mixed.test", "MX", tcp=tcp)) == ["10 mx1.n-mixed.test.", "20 mx2.n-mixed.test."]
    assert data(ask(world, "mx2.n-mixed.test", "A")) == [address("n_mixed", 1)]
    assert data(ask(world, "MX2.N-mixed.test", "A")) == [address("n_mixed", 1)]
    assert data(ask(world, "mx.r-ipv6.test", "AAAA")) == ["::1"]


def test_answers_that_say_no(world: PartnerWorld) -> None:
    missing = ask(world, "nothing.example", "MX")
    assert (missing.rcode(), data(missing)) == (dns.rcode.NXDOMAIN, [])
    other_type = ask(world, "mx.a-good.test", "AAAA")
    assert (other_type.rcode(), data(other_type)) == (dns.rcode.NOERROR, [])
    only_below = ask(world, "_tcp.mx.v-dane-ok.test", "A")
    assert (only_below.rcode(), data(only_below)) == (dns.rcode.NOERROR, [])
    for response in (missing, other_type, only_below):
        assert [rrset.rdtype for rrset in response.authority] == [dns.rdatatype.SOA]


def test_special_answers(world: PartnerWorld) -> None:
    assert data(ask(world, "s-null-mx.test", "MX")) == ["0 ."]
    assert data(ask(world, "s-null-mx-too.test", "MX")) == ["0 .", "10 mx.s-null-mx-too.test."]
    assert ask(world, "s-nxdomain.test", "MX").rcode() == dns.rcode.NXDOMAIN
    assert ask(world, "s-nxdomain.test", "A").rcode() == dns.rcode.NXDOMAIN
    assert ask(world, "s-servfail.test", "MX").rcode() == dns.rcode.SERVFAIL
    assert ask(world, "s-refused.test", "MX").rcode() == dns.rcode.REFUSED
    assert data(ask(world, "t-no-mx.test", "MX")) == []
    assert data(ask(world, "t-no-mx.test", "A")) == [address("t_no_mx")]
    assert data(ask(world, "t-nothing.test", "A")) == []
    assert data(ask(world, "xn--bcher-x-n2a.test", "MX")) == ["10 mx.xn--bcher-x-n2a.test."]


def test_an_answer_that_does_not_fit(world: PartnerWorld) -> None:
    over_udp = ask(world, "s-truncated.test", "MX")
    assert over_udp.flags & dns.flags.TC
    assert data(over_udp) == []
    assert data(ask(world, "s-truncated.test", "MX", tcp=True)) == ["10 mx.s-truncated.test."]
    records = Records()
    records.add("big.test", "TXT", *(f'"{number:0200}"' for number in range(10)))
    wire = answer(dns.message.make_query("big.test", "TXT"), records)
    assert len(wire) <= 512
    assert dns.message.from_wire(wire).flags & dns.flags.TC


def test_silence(world: PartnerWorld) -> None:
    where, port = world.resolver.split(":")
    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(dns.message.make_query("s-silent.test", "MX"), where, timeout=0.3, port=int(port))


def test_aliases_are_followed(world: PartnerWorld) -> None:
    response = ask(world, "mx.u-cname-mx.test", "A")
    assert [rrset.name.to_text() for rrset in response.answer] == ["mx.u-cname-mx.test.", "real.u-cname-mx.test."]
    assert data(response) == sorted(["real.u-cname-mx.test.", address("u_cname_mx")])


def test_the_ad_bit_is_for_signed_zones_and_those_who_ask(world: PartnerWorld) -> None:
    assert secure(ask(world, "v-dane-ok.test", "MX"))
    assert secure(ask(world, "mx.v-dane-ok.test", "AAAA"))  # that there is none is signed as well
    assert not secure(ask(world, "v-dane-ok.test", "MX", ad=False))
    assert not secure(ask(world, "v-dane-insecure.test", "MX"))
    assert secure(ask(world, "mx.v-dane-alias.test", "A"))
    for flag in ("ad", "do"):
        query = dns.message.make_query("v-dane-ok.test", "MX", use_edns=0, want_dnssec=flag == "do")
        query.flags = (query.flags | dns.flags.AD) if flag == "ad" else query.flags & ~dns.flags.AD
        where, port = world.resolver.split(":")
        assert secure(dns.query.udp(query, where, timeout=20, port=int(port)))


def test_an_alias_out_of_a_signed_zone_is_not_secure() -> None:
    records = Records(secure={"signed.test"})
    records.add("mx.signed.test", "CNAME", "real.plain.test.")
    records.add("real.plain.test", "A", "192.0.2.1")
    query = dns.message.make_query("mx.signed.test", "A", want_dnssec=True)
    wire = answer(query, records)
    assert not secure(dns.message.from_wire(wire))


@pytest.mark.parametrize(
    ("case_id", "matches"), [("v_dane_ok", True), ("v_dane_bad", False), ("v_dane_expired_ee", True)]
)
def test_tlsa_records_of_the_server(world: PartnerWorld, case_id: str, matches: bool) -> None:
    domain = CASES[case_id].domain
    (record,) = data(ask(world, f"_25._tcp.mx.{domain}", "TLSA"))
    usage, digest = record[:5], record[6:].replace(" ", "")
    assert (usage, digest == spki_sha256(look(world, case_id).chain[0])) == ("3 1 1", matches)


def test_tlsa_records_of_the_issuer_of_an_alias_and_of_none(world: PartnerWorld) -> None:
    (record,) = data(ask(world, "_25._tcp.mx.v-dane-ta.test", "TLSA"))
    assert record[:5] == "2 1 1"
    assert record[6:].replace(" ", "") == spki_sha256(look(world, "v_dane_ta").chain[1])
    assert len(data(ask(world, "_25._tcp.mx.v-dane-rollover.test", "TLSA"))) == 2
    assert len(data(ask(world, "_25._tcp.real.v-dane-alias.test", "TLSA"))) == 1
    assert ask(world, "_25._tcp.mx.v-dane-alias.test", "TLSA").rcode() == dns.rcode.NXDOMAIN
    assert ask(world, "_25._tcp.mx.v-dane-bogus.test", "TLSA").rcode() == dns.rcode.SERVFAIL


def test_questions_are_kept(world: PartnerWorld) -> None:
    world.journal.clear()
    ask(world, "a-good.test", "MX", ad=False)
    ask(world, "a-good.test", "TXT", tcp=True)
    expected = [Question("a-good.test", "MX", "udp", False), Question("a-good.test", "TXT", "tcp", True)]
    assert world.journal.questions == expected


def test_what_is_no_question_gets_no_answer(world: PartnerWorld) -> None:
    wire = dns.message.make_query("a-good.test", "MX", use_edns=0).to_wire()
    assert parse(wire) is not None
    response = dns.message.make_response(dns.message.from_wire(wire)).to_wire()
    for broken in (b"", wire[:20], response, wire[:5] + b"\x02" + wire[6:], wire.replace(b"a-good", b"a\xffgood")):
        assert parse(broken) is None


def test_every_record_of_the_table_is_answered(world: PartnerWorld) -> None:
    plan = make_plan(world.cases, TABLE, Pki())
    names = {name for name, _kind in plan.records.records}
    assert len(names) > 150
    for name, kind in plan.records.records:
        if plan.records.trouble(name, kind) is None:
            expected = sorted(
                dns.rdata.from_text("IN", kind, one).to_text() for one in plan.records.records[name, kind]
            )
            query = dns.message.make_query(name, kind, use_edns=0)
            assert data(dns.message.from_wire(answer(query, plan.records))) == expected

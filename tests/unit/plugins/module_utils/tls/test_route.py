# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where mail goes, by what DNS says: MX hosts, the domain itself, or smart hosts."""

from __future__ import annotations

import asyncio
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import (
    Answer,
    DnsStatus,
    Host,
    Route,
    RouteProblem,
    Tlsa,
    Via,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Target
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.route import find_route

Table = t.Mapping[tuple[str, str], Answer]

TLSA = Answer("found", (Tlsa(3, 1, 1, b"x"),), secure=True)
NOTHING, NO_NAME = Answer("absent"), Answer("nxdomain")
SERVFAIL, SILENCE = Answer("failed", detail="SERVFAIL"), Answer("timeout", detail="no answer within 20 seconds")
A, AAAA = "192.0.2.1", "2001:db8::1"


def found(*records: t.Any, secure: bool = False, canonical: str = "") -> Answer:
    return Answer("found", records, secure, canonical)


def look(table: Table, *smart_hosts: str) -> tuple[Route, list[tuple[str, str]]]:
    """Return the route of p.test or of smart hosts, and the questions in their order."""
    asked: list[tuple[str, str]] = []

    async def ask(name: str, kind: t.Any) -> Answer:
        asked.append((name, kind))
        await asyncio.sleep(0)
        missing = NOTHING if any(known == name for known, _kind in table) else NO_NAME
        return table.get((name, kind), missing)

    route = asyncio.run(find_route(Target("p.test", smart_hosts), ask))
    assert len(asked) == len(set(asked))
    return route, asked


def route_of(table: Table, *smart_hosts: str) -> Route:
    return look(table, *smart_hosts)[0]


def host_of(table: Table, *smart_hosts: str) -> Host:
    (host,) = route_of(table, *smart_hosts).hosts
    return host


# -- by MX -----------------------------------------------------------------------------------------------------------


def test_hosts_keep_the_order_of_the_answer_with_ipv6_first() -> None:
    table = {
        ("p.test", "MX"): found((10, "a.test"), (20, "b.test")),
        ("a.test", "A"): found("192.0.2.1", "192.0.2.2"),
        ("a.test", "AAAA"): found(AAAA),
        ("b.test", "A"): found("192.0.2.3"),
    }
    assert route_of(table) == Route(
        (
            Host("a.test", 10, addresses=(AAAA, "192.0.2.1", "192.0.2.2")),
            Host("b.test", 20, addresses=("192.0.2.3",)),
        )
    )


def test_a_host_named_twice_is_one_host_with_the_better_preference() -> None:
    host = host_of({("p.test", "MX"): found((10, "a.test"), (20, "a.test")), ("a.test", "A"): found(A)})
    assert (host.name, host.preference) == ("a.test", 10)


def test_hosts_and_their_addresses_are_limited() -> None:
    names = [f"m{index:03}.test" for index in range(200)]
    addresses = tuple(f"192.0.2.{index}" for index in range(200))
    table = {("p.test", "MX"): found(*((10, name) for name in names))}
    table |= {(name, "A"): found(*addresses) for name in names}
    hosts = route_of(table).hosts
    assert [host.name for host in hosts] == names[:50]
    assert {host.addresses for host in hosts} == {addresses[:16]}


def test_a_null_mx_takes_no_mail() -> None:
    route, asked = look({("p.test", "MX"): found((0, ""), secure=True), ("p.test", "A"): found(A)})
    assert route == Route(problem="null_mx", secure=True)
    assert asked == [("p.test", "MX")]


def test_a_null_mx_beside_others_is_noted_and_left_out() -> None:
    route = route_of({("p.test", "MX"): found((0, ""), (10, "a.test")), ("a.test", "A"): found(A)})
    assert route == Route((Host("a.test", 10, addresses=(A,)),), stray_null_mx=True)


@pytest.mark.parametrize(
    ("answer", "problem"), [(NO_NAME, "nxdomain"), (SERVFAIL, "dns_failed"), (SILENCE, "dns_timeout")]
)
def test_without_an_answer_about_mx_the_domain_does_not_stand_in(answer: Answer, problem: RouteProblem) -> None:
    route, asked = look({("p.test", "MX"): answer, ("p.test", "A"): found(A)})
    assert route == Route(problem=problem, detail=answer.detail)
    assert asked == [("p.test", "MX")]


def test_without_mx_records_the_domain_stands_in() -> None:
    route = route_of({("p.test", "A"): found(A), ("p.test", "AAAA"): found(AAAA)})
    assert route == Route((Host("p.test", 0, "implicit_mx", (AAAA, A)),))


def test_without_mx_records_and_addresses_there_is_nowhere_to_go() -> None:
    assert route_of({("p.test", "MX"): NOTHING}).problem == "no_address"


@pytest.mark.parametrize("literal", [A, AAAA])
def test_an_address_as_an_mx_host_is_no_host(literal: str) -> None:
    route, asked = look({("p.test", "MX"): found((10, literal))})
    (host,) = route.hosts
    assert (host.addresses, host.problem) == ((), "absent")
    assert "RFC 5321" in host.problem_detail
    assert route.problem == "no_address"
    assert asked == [("p.test", "MX")]


@pytest.mark.parametrize(
    ("v4", "v6", "problem"),
    [
        (NOTHING, NOTHING, "absent"),
        (NO_NAME, NO_NAME, "nxdomain"),
        (SERVFAIL, NOTHING, "failed"),
        (NOTHING, SILENCE, "timeout"),
        (SILENCE, SERVFAIL, "failed"),
    ],
)
def test_a_host_without_an_address_says_why(v4: Answer, v6: Answer, problem: DnsStatus) -> None:
    table = {
        ("p.test", "MX"): found((10, "a.test"), (20, "b.test")),
        ("a.test", "A"): v4,
        ("a.test", "AAAA"): v6,
        ("b.test", "A"): found(A),
    }
    route = route_of(table)
    assert route.problem is None
    assert [host.problem for host in route.hosts] == [problem, None]


@pytest.mark.parametrize("other", [SERVFAIL, SILENCE, NOTHING, NO_NAME])
def test_one_family_of_addresses_is_enough(other: Answer) -> None:
    host = host_of({("p.test", "MX"): found((10, "a.test")), ("a.test", "A"): found(A), ("a.test", "AAAA"): other})
    assert (host.addresses, host.problem) == ((A,), None)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [(NO_NAME, "no_address"), (NOTHING, "no_address"), (SERVFAIL, "dns_failed"), (SILENCE, "dns_timeout")],
)
def test_a_route_without_any_address_has_a_problem(answer: Answer, problem: RouteProblem) -> None:
    names = ("a.test", "b.test")
    table = {("p.test", "MX"): found(*((10, name) for name in names))}
    table |= {(name, kind): NOTHING for name in names for kind in ("A", "AAAA")} | {("b.test", "A"): answer}
    route = route_of(table)
    assert route.problem == problem
    assert len(route.hosts) == 2


# -- DNSSEC and TLSA records -----------------------------------------------------------------------------------------


def signed(mx: bool = True, v4: bool = True, canonical: str = "") -> dict[tuple[str, str], Answer]:
    return {
        ("p.test", "MX"): found((10, "a.test"), secure=mx),
        ("a.test", "A"): found(A, secure=v4, canonical=canonical),
        ("a.test", "AAAA"): Answer("absent", secure=v4, canonical=canonical),
    }


def test_a_host_behind_secure_answers_is_asked_for_tlsa_records() -> None:
    host = host_of({**signed(), ("_25._tcp.a.test", "TLSA"): TLSA})
    assert (host.secure, host.tlsa, host.tlsa_base) == (True, TLSA, "a.test")


@pytest.mark.parametrize(("mx", "v4"), [(False, True), (True, False), (False, False)])
def test_a_host_behind_an_insecure_answer_is_not_asked(mx: bool, v4: bool) -> None:
    route, asked = look({**signed(mx, v4), ("_25._tcp.a.test", "TLSA"): TLSA})
    (host,) = route.hosts
    assert (route.secure, host.secure, host.tlsa) == (mx, False, None)
    assert not [kind for _name, kind in asked if kind == "TLSA"]


def test_an_insecure_answer_without_addresses_takes_nothing_away() -> None:
    assert host_of({**signed(), ("a.test", "AAAA"): NOTHING}).secure


def test_addresses_of_which_some_are_insecure_are_insecure() -> None:
    assert not host_of({**signed(), ("a.test", "AAAA"): found(AAAA)}).secure


@pytest.mark.parametrize("answer", [SERVFAIL, SILENCE], ids=["failed", "timeout"])
def test_a_look_up_for_tlsa_records_that_failed_is_kept(answer: Answer) -> None:
    assert host_of({**signed(), ("_25._tcp.a.test", "TLSA"): answer}).tlsa == answer


@pytest.mark.parametrize("answer", [NOTHING, NO_NAME])
def test_no_tlsa_records_is_an_answer(answer: Answer) -> None:
    tlsa = host_of({**signed(), ("_25._tcp.a.test", "TLSA"): answer}).tlsa
    assert tlsa is not None
    assert tlsa.status in ("absent", "nxdomain")


def test_tlsa_records_that_nothing_vouches_for_do_not_count() -> None:
    tlsa = host_of({**signed(), ("_25._tcp.a.test", "TLSA"): found(*TLSA.records)}).tlsa
    assert tlsa == Answer("absent")


def test_tlsa_records_at_the_end_of_the_aliases_come_first() -> None:
    table = {**signed(canonical="end.test"), ("_25._tcp.end.test", "TLSA"): TLSA, ("_25._tcp.a.test", "TLSA"): TLSA}
    route, asked = look(table)
    assert (route.hosts[0].canonical, route.hosts[0].tlsa_base) == ("end.test", "end.test")
    assert [name for name, kind in asked if kind == "TLSA"] == ["_25._tcp.end.test"]


def test_tlsa_records_of_the_name_itself_come_second() -> None:
    host = host_of({**signed(canonical="end.test"), ("_25._tcp.a.test", "TLSA"): TLSA})
    assert (host.tlsa, host.tlsa_base) == (TLSA, "a.test")


def test_a_failure_at_the_end_of_the_aliases_is_not_passed_over() -> None:
    table = {**signed(canonical="end.test"), ("_25._tcp.end.test", "TLSA"): SERVFAIL, ("_25._tcp.a.test", "TLSA"): TLSA}
    assert host_of(table).tlsa == SERVFAIL


def test_an_implicit_mx_host_has_tlsa_records_too() -> None:
    table = {
        ("p.test", "MX"): Answer("absent", secure=True),
        ("p.test", "A"): found(A, secure=True),
        ("_25._tcp.p.test", "TLSA"): TLSA,
    }
    host = host_of(table)
    assert (host.via, host.tlsa) == ("implicit_mx", TLSA)


# -- by smart hosts --------------------------------------------------------------------------------------------------


def test_a_smart_host_with_mx_records_stands_for_its_mx_hosts() -> None:
    table = {
        ("smart.test", "MX"): found((10, "a.test"), (20, "b.test"), secure=True),
        ("a.test", "A"): found(A, secure=True),
        ("b.test", "A"): found("192.0.2.2"),
        ("_25._tcp.a.test", "TLSA"): TLSA,
    }
    route, asked = look(table, "smart.test")
    assert [(host.name, host.via, host.preference, host.secure) for host in route.hosts] == [
        ("a.test", "smart_host", 10, True),
        ("b.test", "smart_host", 20, False),
    ]
    assert {host.smart_host for host in route.hosts} == {"smart.test"}
    assert ("p.test", "MX") not in asked


@pytest.mark.parametrize("mx", [NOTHING, NO_NAME, SERVFAIL, found((0, ""))])
def test_a_smart_host_without_mx_records_stands_for_itself(mx: Answer) -> None:
    table = {
        ("smart.test", "MX"): mx,
        ("smart.test", "A"): found(A, secure=True),
        ("_25._tcp.smart.test", "TLSA"): TLSA,
    }
    host = host_of(table, "smart.test")
    assert (host.name, host.via, host.addresses, host.tlsa) == ("smart.test", "smart_host", (A,), TLSA)
    assert host.smart_host == "smart.test"


@pytest.mark.parametrize(
    ("smart_host", "addresses", "more"),
    [
        (A, (A,), 0),
        (AAAA, (AAAA,), 0),
        ("192.0.2.0/30", ("192.0.2.1", "192.0.2.2"), 0),
        ("192.0.2.1/30", ("192.0.2.1", "192.0.2.2"), 0),
        ("192.0.2.0/31", ("192.0.2.0", "192.0.2.1"), 0),
        ("192.0.2.1/32", (A,), 0),
        ("192.0.2.0/24", tuple(f"192.0.2.{number}" for number in range(1, 17)), 254 - 16),
        ("2001:db8::/127", ("2001:db8::", "2001:db8::1"), 0),
        ("2001:db8::/64", tuple(f"2001:db8::{number:x}" for number in range(1, 17)), 2**64 - 1 - 16),
    ],
)
def test_a_smart_host_by_address_needs_no_dns(smart_host: str, addresses: tuple[str, ...], more: int) -> None:
    route, asked = look({}, smart_host)
    assert route == Route((Host("", via="smart_host", addresses=addresses, more=more),))
    assert asked == []


def test_smart_hosts_keep_their_order() -> None:
    via: Via = "smart_host"
    table = {("a.test", "A"): found(A)}
    assert route_of(table, "a.test", "192.0.2.9").hosts == (
        host_of(table, "a.test"),
        Host("", via=via, addresses=("192.0.2.9",)),
    )


@pytest.mark.parametrize(
    ("answer", "problem"), [(NO_NAME, "no_address"), (SERVFAIL, "dns_failed"), (SILENCE, "dns_timeout")]
)
def test_smart_hosts_without_an_address_lead_nowhere(answer: Answer, problem: RouteProblem) -> None:
    assert route_of({("a.test", "A"): answer}, "a.test").problem == problem

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connectors that exchange their domains: who opens the circle, and what is asked of each domain at every moment."""

from __future__ import annotations

import typing as t

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Policy
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    Entry,
    inn,
    out,
    plan_for,
    sent,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
)

CONSENT = Policy(allow_weaken=True)
LEVELS = (None, "EncryptionOnly", "CertificateValidation", "DomainValidation")
OPTIONS = ("opportunistic", "encryption_only", "certificate_validation", "domain_validation")
PINS = ("RequireTls", "RestrictDomainsToCertificate", "RestrictDomainsToIPAddresses")

#: Outbound the level and DANE, inbound TLS, certificate and addresses.
Demand = tuple[int, ...]
#: Domain -> what those who serve it ask for.
Demands = dict[str, set[Demand]]

TLS, NAMED, PLACED = (1, 0, 0), (1, 1, 0), (1, 0, 1)


def seed(exchange: Exchange, name: str, domains: t.Iterable[str], demand: Demand) -> None:
    some = [f"{domain}.example" for domain in domains]
    if len(demand) == 2:
        level, dane = LEVELS[demand[0]], "Mandatory" if demand[1] else "Opportunistic"
        pin = f"mx.{name}.example" if demand[0] == 3 else None
        exchange.seed("outbound", name, RecipientDomains=some, TlsSettings=level, TlsDomain=pin, SmtpDaneMode=dane)
        return
    members: dict[str, t.Any] = {pin: bool(on) for pin, on in zip(PINS, demand, strict=True)}
    members |= {"TlsSenderCertificateName": f"mx.{name}.example"} if demand[1] else {}
    members |= {"SenderIPAddresses": ["192.0.2.0/24"]} if demand[2] else {}
    exchange.seed("inbound", name, SenderDomains=some, **members)


def wish(name: str, domains: t.Iterable[str], demand: Demand, **more: t.Any) -> Entry:
    some = [f"{domain}.example" for domain in domains]
    if len(demand) == 2:
        pin = f"mx.new-{name}.example" if demand[0] == 3 else ""
        asked = {"tls_settings": OPTIONS[demand[0]], "tls_domain": pin}
        asked["smtp_dane_mode"] = "mandatory" if demand[1] else "opportunistic"
        return out(name, recipient_domains=some, **asked, **more)
    return inn(
        name,
        sender_domains=some,
        require_tls=bool(demand[0]),
        restrict_domains_to_certificate=bool(demand[1]),
        tls_sender_certificate_name=f"mx.new-{name}.example" if demand[1] else "",
        restrict_domains_to_ip_addresses=bool(demand[2]),
        sender_ip_addresses=["198.51.100.0/24"] if demand[2] else [],
        **more,
    )


def demands(exchange: Exchange) -> Demands:
    """What is asked for now, read from the records."""
    found: Demands = {}
    for record in exchange.get("outbound"):
        demand: Demand = (LEVELS.index(record["TlsSettings"]), int(record["SmtpDaneMode"] == "Mandatory"))
        for domain in record["RecipientDomains"]:
            found.setdefault(domain, set()).add(demand)
    for record in exchange.get("inbound"):
        for domain in record["SenderDomains"]:
            plain = domain.removeprefix("smtp:").partition(";")[0]
            found.setdefault(plain, set()).add(tuple(int(record[pin]) for pin in PINS))
    return found


def commands(exchange: Exchange, *entries: Entry) -> list[tuple[int, str]]:
    """Round and connector of each command; all of them change one."""
    names = {record["Guid"]: record["Name"] for direction in exchange.records for record in exchange.get(direction)}
    steps = sent(plan_for(exchange, *entries, policy=CONSENT))
    return [(place, names[asked["Identity"]]) for place, _cmdlet, asked in steps]


def moments(exchange: Exchange, *entries: Entry) -> t.Iterator[Demands]:
    """What is asked for before and after each command."""
    steps = sent(plan_for(exchange, *entries, policy=CONSENT))
    yield demands(exchange)
    for _place, cmdlet, parameters in steps:
        exchange.run(cmdlet, parameters)
        yield demands(exchange)


def never_less(seen: t.Sequence[Demands]) -> None:
    """At each moment somebody asks of each domain what is asked of it both before and afterwards."""
    for domain in seen[0].keys() & seen[-1].keys():
        for old in seen[0][domain]:
            for new in seen[-1][domain]:
                least = tuple(map(min, old, new))
                for moment in seen:
                    found = moment.get(domain, set())
                    assert any(all(a >= b for a, b in zip(one, least, strict=True)) for one in found), (domain, seen)


# -- what is asked of each domain --------------------------------------------------------------------------------------


def swap(gamma: Demand, alpha: Demand, to_gamma: Demand, to_alpha: Demand) -> tuple[Exchange, list[Entry]]:
    exchange = Exchange()
    seed(exchange, "Gamma", ["five"], gamma)
    seed(exchange, "Alpha", ["four"], alpha)
    return exchange, [wish("Gamma", ["four"], to_gamma), wish("Alpha", ["five"], to_alpha)]


def test_a_pin_that_goes_along_with_its_domain_is_on_it_at_every_moment() -> None:
    """Gamma gives up the pin that five keeps, and takes another one for four."""
    exchange, entries = swap(gamma=PLACED, alpha=TLS, to_gamma=NAMED, to_alpha=PLACED)
    assert not any(change.weakens for change in plan_for(exchange, *entries).changes)
    seen = list(moments(exchange, *entries))
    assert all(PLACED in moment["five.example"] for moment in seen)
    never_less(seen)


def test_where_no_side_can_wait_both_pins_are_asked_for_in_between() -> None:
    exchange, entries = swap(gamma=PLACED, alpha=NAMED, to_gamma=NAMED, to_alpha=PLACED)
    seen = list(moments(exchange, *entries))
    assert seen[1] == {"four.example": {(1, 1, 1)}, "five.example": {PLACED, (1, 1, 1)}}
    never_less(seen)
    assert seen[-1] == {"four.example": {NAMED}, "five.example": {PLACED}}


def test_a_level_and_dane_that_cross_are_both_asked_for_in_between() -> None:
    exchange, entries = swap(gamma=(2, 0), alpha=(1, 1), to_gamma=(1, 1), to_alpha=(2, 0))
    seen = list(moments(exchange, *entries))
    assert seen[1]["four.example"] == {(2, 1)}
    never_less(seen)


#: Which connectors serve what is drawn; how strictly, apart from it.
MOVERS, ROAMING = ("Ann", "Bob", "Cy", "Dee"), ("a", "b", "c", "d", "e", "f")


@st.composite
def moves(draw: st.DrawFn) -> tuple[Exchange, list[Entry]]:
    exchange, entries = Exchange(), []
    one = st.tuples(st.integers(0, 3), st.integers(0, 1))
    pins = st.sampled_from([(0, 0, 0), TLS, NAMED, PLACED, (0, 0, 1), (1, 1, 1)])
    demand: st.SearchStrategy[Demand] = draw(st.sampled_from([one, pins]))
    owners = [(draw(st.sampled_from(MOVERS)), draw(st.sampled_from(MOVERS))) for _domain in ROAMING]
    pairs = list(zip(ROAMING, owners, strict=True))
    for name in MOVERS:
        held = [domain for domain, (owner, _heir) in pairs if owner == name]
        wanted = [domain for domain, (_owner, heir) in pairs if heir == name]
        seed(exchange, name, held, draw(demand))
        entry = wish(name, wanted, draw(demand))
        entries.append(entry if wanted else {**entry, "state": "absent"})
    return exchange, draw(st.permutations(entries))


@settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
@given(moves(), st.integers(0, 8), st.randoms(use_true_random=False))
def test_of_no_domain_less_is_asked_while_it_moves(
    drawn: tuple[Exchange, list[Entry]], died_after: int, order: t.Any
) -> None:
    exchange, entries = drawn
    seen = [demands(exchange)]
    for last in (died_after, None):  # the next run goes on where the first one died
        steps = sent(plan_for(exchange, *entries, policy=CONSENT))
        order.shuffle(steps)
        for _place, cmdlet, parameters in sorted(steps, key=lambda step: step[0])[:last]:  # any order within a round
            exchange.run(cmdlet, parameters)
            seen.append(demands(exchange))
    never_less(seen)
    assert not sent(plan_for(exchange, *entries, policy=CONSENT))


# -- who opens it ------------------------------------------------------------------------------------------------------


def ring(*names: str, demand: Demand = (2, 0)) -> tuple[Exchange, list[Entry]]:
    """Each is for the domain of its name, and is to hand it to the next one."""
    exchange = Exchange()
    for name in names:
        seed(exchange, name, [name.lower()], demand)
    return exchange, [wish(name, [names[place - 1].lower()], demand) for place, name in enumerate(names)]


def test_one_opens_a_circle_of_any_length() -> None:
    exchange, entries = ring("A", "B", "C", "D")
    assert commands(exchange, *entries) == [(1, "A"), (2, "D"), (3, "C"), (4, "B"), (5, "A")]


def test_circles_open_side_by_side_and_who_stands_between_them_opens_none() -> None:
    exchange = Exchange()
    for name in "ABCDE":
        seed(exchange, name, [name.lower(), f"{name.lower()}2"], (2, 0))
    # A waits for C, and D for A.
    moved = {"A": ["a2", "d2"], "B": ["c", "b2"], "C": ["b", "c2", "a"], "D": ["e"], "E": ["d", "e2"]}
    entries = [wish(name, domains, (2, 0)) for name, domains in moved.items()]
    found = commands(exchange, *entries)
    assert [name for place, name in found if place == 1] == ["B", "D"]
    assert sorted(name for _place, name in found) == ["A", "B", "B", "C", "D", "D", "E"]


def test_who_asks_for_less_in_nothing_opens_it_and_becomes_all_else_at_once() -> None:
    exchange, entries = swap(gamma=(2, 0), alpha=(1, 0), to_gamma=(1, 0), to_alpha=(2, 1))
    entries[1]["comment"] = "x"
    (_one, _set, first), _second, (_three, _again, last) = sent(plan_for(exchange, *entries, policy=CONSENT))
    assert commands(exchange, *entries) == [(1, "Alpha"), (2, "Gamma"), (3, "Alpha")]
    assert (first["TlsSettings"], first["SmtpDaneMode"], first["Comment"]) == (
        "CertificateValidation",
        "Mandatory",
        "x",
    )
    assert first["RecipientDomains"] == ["five.example", "four.example"]
    assert set(last) == {"Identity", "RecipientDomains", "Confirm"}


def test_who_opens_it_and_asks_for_less_does_so_when_what_is_to_leave_has_left() -> None:
    exchange, entries = swap(gamma=(2, 0), alpha=(2, 0), to_gamma=(1, 0), to_alpha=(1, 0))
    entries[1]["comment"] = "x"
    (_one, _set, first), _second, (_three, _again, last) = sent(plan_for(exchange, *entries, policy=CONSENT))
    assert set(first) == {"Identity", "RecipientDomains", "Confirm"}
    assert (last["TlsSettings"], last["Comment"], last["RecipientDomains"]) == ("EncryptionOnly", "x", ["five.example"])


def test_the_shorter_sum_opens_it() -> None:
    """Exchange does not store any length."""
    exchange = Exchange()
    seed(exchange, "Long", ["a", *(f"{number}" for number in range(5))], TLS)
    seed(exchange, "Short", ["b"], TLS)
    entries = [wish("Long", ["b", *(f"{number}" for number in range(5))], TLS), wish("Short", ["a"], TLS)]
    assert commands(exchange, *entries)[0] == (1, "Short")

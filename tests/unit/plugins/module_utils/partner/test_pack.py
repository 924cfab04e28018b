# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connectors that partners share: nobody moves because of others, nothing overflows, and names tell packs apart."""

from __future__ import annotations

import dataclasses
import random
import typing as t

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import DIRECTIONS, Direction
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.rules import (
    SENDER_DOMAINS_LIMIT,
    sender_domains_length,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import pack
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import (
    LEVELS,
    Inbound,
    Outbound,
    Partner,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import (
    LONGEST_PREFIX,
    connector_name,
    prefix_problem,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.pack import (
    Pack,
    is_pack_name,
    pack_key,
    pack_name,
    packed,
    read_pack_name,
    too_large,
)

PREFIX = "Forced TLS"
Standing = dict[tuple[Direction, str], frozenset[str]]

PREFIXES = st.text(min_size=1, max_size=LONGEST_PREFIX).filter(lambda text: prefix_problem(text) is None)
NUMBERS = st.integers(min_value=1, max_value=999_999)
DIGESTS = st.text(alphabet="0123456789abcdef", min_size=6, max_size=6)


def partner(number: int, domains: int = 1, kind: int = 0, long: int = 0) -> Partner:
    """A partner whose connectors are of one of three kinds. ``long`` makes its domains long ones."""
    tail = f"{'x' * long}.example"
    return Partner(
        name=f"P{number:03}",
        domains=tuple(f"d{position}.p{number}{tail}" for position in range(domains)),
        outbound=Outbound(level=LEVELS[kind % 2], smart_hosts=("mx.example",) if kind == 2 else ()),
    )


def standing_of(packs: t.Iterable[Pack]) -> Standing:
    """What stands in Exchange once these packs were written."""
    return {
        (direction, name.casefold()): frozenset(one.domains)
        for one in packs
        for direction, name in zip(DIRECTIONS, (one.outbound_name, one.inbound_name), strict=True)
    }


def places(packs: t.Iterable[Pack]) -> dict[str, str]:
    """Name of a partner -> the name of its outbound connector."""
    return {member.name: one.outbound_name for one in packs for member in one.partners}


@st.composite
def partner_lists(draw: st.DrawFn, start: int = 0, longest: int = 14) -> list[Partner]:
    shapes = st.tuples(st.integers(1, 4), st.integers(0, 2), st.sampled_from([0, 0, 0, 50]))
    return [partner(start + number, *shape) for number, shape in enumerate(draw(st.lists(shapes, max_size=longest)))]


SIZES = st.integers(min_value=1, max_value=8)


def test_partners_fill_packs_in_the_order_of_the_list() -> None:
    first, second = packed([partner(1), partner(2, 2), partner(3)], PREFIX, 3, {})
    assert (first.number, first.outbound_name, first.inbound_name) == (
        1,
        f"Forced TLS to shared 1 (encryption_only {first.digest})",
        f"Forced TLS from shared 1 (encryption_only {first.digest})",
    )
    assert [member.name for member in first.partners] == ["P001", "P002"]
    assert first.domains == ("d0.p1.example", "d0.p2.example", "d1.p2.example")
    assert (second.number, second.digest, second.domains) == (2, first.digest, ("d0.p3.example",))


def test_domains_are_sorted_and_partners_are_not() -> None:
    (one,) = packed([partner(2), partner(1)], PREFIX, 3, {})
    assert one.domains == ("d0.p1.example", "d0.p2.example")
    assert [member.name for member in one.partners] == ["P002", "P001"]


def test_a_name_that_stands_in_tenants_stays_as_it_is() -> None:
    """A change of the digest makes new connectors for everybody who shares."""
    kinds = [partner(1), partner(2, kind=1), partner(3, kind=2)]
    assert [one.outbound_name for one in packed(kinds, PREFIX, 9, {})] == [
        "Forced TLS to shared 1 (encryption_only 37ce34)",
        "Forced TLS to shared 1 (certificate_validation 0469ae)",
        "Forced TLS to shared 1 (encryption_only 37e8b2)",
    ]


@pytest.mark.parametrize(
    ("outbound", "inbound"),
    [
        ({"level": "encryption_only"}, {}),
        ({"level": "domain_validation", "certificate_name": "mx.example"}, {}),
        ({"smart_hosts": ("mx.example",)}, {}),
        ({"smtp_dane_mode": "mandatory"}, {}),
        ({"mta_sts_mode": "none"}, {}),
        ({}, {"certificate_name": "mx.example"}),
        ({}, {"ip_addresses": ("192.0.2.1",)}),
    ],
)
def test_who_differs_does_not_share(outbound: dict[str, t.Any], inbound: dict[str, t.Any]) -> None:
    plain = Partner("A", ("a.example",))
    other = Partner("B", ("b.example",), outbound=Outbound(**outbound), inbound=Inbound(**inbound))
    assert [one.partners for one in packed([plain, other], PREFIX, 9, {})] == [(plain,), (other,)]


def test_what_does_not_show_in_a_connector_does_not_keep_partners_apart() -> None:
    one = Partner(
        "A", ("a.example",), contact="x", outbound=Outbound(smart_hosts=("a.example", "b.example")), reference="1"
    )
    other = Partner("B", ("b.example",), outbound=Outbound(smart_hosts=("b.example", "a.example"), adopt="x"))
    assert pack_key(one) == pack_key(other)


def test_who_is_too_large_or_has_no_domains_shares_with_nobody() -> None:
    large, long = partner(1, 4), partner(2, 40, long=54)
    assert (too_large(large, 3), too_large(large, 4), too_large(long, 99)) == (True, False, True)
    assert packed([large, Partner("Gone", ())], PREFIX, 3, {}) == []
    assert packed([long], PREFIX, 99, {}) == []


@given(partners=partner_lists(), size=SIZES)
def test_caps_hold_and_everybody_is_in_one_pack(partners: list[Partner], size: int) -> None:
    packs = packed(partners, PREFIX, size, {})
    for one in packs:
        assert len(one.domains) <= size
        assert len({pack_key(member) for member in one.partners}) == 1
        assert sorted(one.domains) == sorted(domain for member in one.partners for domain in member.domains)
    members = [member.name for one in packs for member in one.partners]
    assert sorted(members) == [one.name for one in partners if not too_large(one, size)]
    names = [name.casefold() for one in packs for name in (one.outbound_name, one.inbound_name)]
    assert len(set(names)) == len(names)


def test_the_length_that_exchange_stores_is_a_cap() -> None:
    partners = [partner(number, long=54) for number in range(80)]
    packs = packed(partners, PREFIX, 500, {})
    lengths = [sender_domains_length(one.domains) for one in packs]
    assert len(packs) == 3
    assert max(lengths) <= SENDER_DOMAINS_LIMIT
    assert lengths[0] > SENDER_DOMAINS_LIMIT - sender_domains_length(partners[0].domains) - 1


@given(partners=partner_lists(), newcomers=partner_lists(start=100), size=SIZES, seed=st.integers(), data=st.data())
def test_nobody_moves_because_others_come_go_or_change_places(
    partners: list[Partner], newcomers: list[Partner], size: int, seed: int, data: st.DataObject
) -> None:
    before = packed(partners, PREFIX, size, {})
    staying = [one for one in partners if data.draw(st.booleans())]
    later = [*staying, *newcomers]
    random.Random(seed).shuffle(later)
    after = packed(later, PREFIX, size, standing_of(before))
    assert {name: place for name, place in places(after).items() if name in places(before)} == {
        one.name: places(before)[one.name] for one in staying if one.name in places(before)
    }
    assert all(len(one.domains) <= size for one in after)
    assert places(packed(later[::-1], PREFIX, size, standing_of(after))) == places(after)


def test_a_newcomer_goes_where_the_first_room_is() -> None:
    before = packed([partner(number) for number in range(6)], PREFIX, 2, {})
    without = [partner(number) for number in (0, 1, 2, 4, 5)]
    after = packed([partner(9), *without, partner(10)], PREFIX, 2, standing_of(before))
    assert [[member.name for member in one.partners] for one in after] == [
        ["P000", "P001"],
        ["P009", "P002"],
        ["P004", "P005"],
        ["P010"],
    ]


def test_a_number_that_became_free_is_used_again() -> None:
    before = packed([partner(number) for number in range(3)], PREFIX, 1, {})
    after = packed([partner(0), partner(2), partner(9)], PREFIX, 1, standing_of(before))
    assert {one.number: one.partners[0].name for one in after} == {1: "P000", 2: "P009", 3: "P002"}


@given(partners=partner_lists(), newcomers=partner_lists(start=100), size=SIZES, smaller=SIZES)
def test_a_smaller_size_moves_nobody_and_lets_nobody_in(
    partners: list[Partner], newcomers: list[Partner], size: int, smaller: int
) -> None:
    before = packed(partners, PREFIX, size, {})
    after = packed([*partners, *newcomers], PREFIX, smaller, standing_of(before))
    kept = {one.name: places(before).get(one.name) for one in partners if not too_large(one, max(size, smaller))}
    for name, place in places(after).items():
        if kept.get(name):
            assert place == kept[name]
    old = {one.outbound_name: len(one.domains) for one in before}
    for one in after:
        if any(member in newcomers for member in one.partners):
            assert len(one.domains) <= smaller
        else:
            assert len(one.domains) <= max(smaller, old.get(one.outbound_name, 0))


def grown(one: Partner) -> Partner:
    return dataclasses.replace(one, domains=(*one.domains, f"more.{one.domains[0]}"))


def test_who_grows_stays_where_there_is_room_and_else_moves_alone() -> None:
    partners = [partner(0), partner(1), partner(2, 2)]
    before = packed(partners, PREFIX, 3, {})
    roomy = packed([partner(0), grown(partner(1)), partner(2, 2)], PREFIX, 3, standing_of(before))
    assert places(roomy) == places(before)
    tight = packed([partner(0), grown(grown(partner(1))), partner(2, 2)], PREFIX, 3, standing_of(before))
    assert [[member.name for member in one.partners] for one in tight] == [["P000"], ["P002"], ["P001"]]


def test_of_two_who_grow_the_place_on_the_list_does_not_decide_who_stays() -> None:
    partners = [partner(0), partner(1)]
    before = packed(partners, PREFIX, 3, {})
    one, other = (
        packed(changed, PREFIX, 3, standing_of(before))
        for changed in ([grown(partner(0)), grown(partner(1))], [grown(partner(1)), grown(partner(0))])
    )
    assert places(one) == places(other)
    assert places(one)["P000"] == places(before)["P000"]


def test_a_domain_that_comes_from_another_partner_does_not_take_the_heir_along() -> None:
    giver, heir = partner(0, 3), partner(1)
    before = packed([giver, heir], PREFIX, 3, {})
    moved = dataclasses.replace(heir, domains=(*heir.domains, giver.domains[1]))
    left = dataclasses.replace(giver, domains=giver.domains[:1])  # the heir would fit in beside it
    assert places(packed([left, moved], PREFIX, 3, standing_of(before))) == places(before)


@given(
    partners=partner_lists(),
    newcomers=partner_lists(start=100, longest=8),
    size=SIZES,
    other_size=SIZES,
    data=st.data(),
)
def test_a_run_that_was_broken_off_is_taken_up_where_it_ended(
    partners: list[Partner], newcomers: list[Partner], size: int, other_size: int, data: st.DataObject
) -> None:
    """Whatever of the writes was done, in any order in which a domain arrives before it leaves."""
    before = standing_of(packed(partners, PREFIX, size, {}))
    changes: list[t.Callable[[Partner], list[Partner]]] = [
        lambda one: [one],
        lambda one: [one],
        lambda one: [],
        lambda one: [grown(one)],
        lambda one: [dataclasses.replace(one, domains=(*one.domains[1:], f"new.{one.name.lower()}.example"))],
        lambda one: [dataclasses.replace(one, outbound=Outbound(smart_hosts=("other.example",)))],
    ]
    later = [new for one in partners for new in data.draw(st.sampled_from(changes))(one)] + newcomers
    later = data.draw(st.permutations(later))
    wanted = packed(later, PREFIX, other_size, before)
    after = standing_of(wanted)
    now = dict(before)
    writes = data.draw(st.permutations(sorted({*before, *after})))
    for write in writes[: data.draw(st.integers(0, len(writes)))]:
        leaving = now.get(write, frozenset()) - after.get(write, frozenset())
        there = frozenset().union(*(domains for key, domains in now.items() if key[0] == write[0] and key != write))
        expected = frozenset().union(*(domains for key, domains in after.items() if key[0] == write[0]))
        if (leaving & expected) <= there:
            now.pop(write, None)
            if write in after:
                now[write] = after[write]
    assert packed(later, PREFIX, other_size, now) == wanted


def test_whoever_was_written_first_the_numbers_are_those_of_the_list() -> None:
    wanted = packed([partner(0), partner(1)], PREFIX, 1, {})
    assert packed([partner(0), partner(1)], PREFIX, 1, standing_of(wanted[1:])) == wanted


def test_who_was_on_the_move_arrives() -> None:
    before = packed([partner(0), partner(1, 2)], PREFIX, 3, {})
    moving = grown(partner(1, 2))
    wanted = packed([partner(0), moving], PREFIX, 3, standing_of(before))
    assert [one.number for one in wanted] == [1, 2]
    half = {**standing_of(before), ("outbound", wanted[1].outbound_name.casefold()): frozenset(moving.domains)}
    for partners in ([partner(0), moving], [moving]):  # also when there is room again where it came from
        assert places(packed(partners, PREFIX, 3, half))[moving.name] == wanted[1].outbound_name


def test_what_stands_beside_the_packs_is_not_looked_at() -> None:
    before = standing_of(packed([partner(0)], "Other", 3, {}))
    stranger: Standing = {("outbound", "forced tls to p000"): frozenset(partner(0).domains)}
    assert packed([partner(1), partner(0)], PREFIX, 1, {**before, **stranger}) == packed(
        [partner(1), partner(0)], PREFIX, 1, {}
    )


@given(partners=partner_lists(), newcomers=partner_lists(start=100), size=SIZES)
def test_two_keys_with_one_digest_stay_apart(partners: list[Partner], newcomers: list[Partner], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pack, "key_digest", lambda _key: "abcdef")
        before = packed(partners, PREFIX, size, {})
        after = packed([*newcomers, *partners], PREFIX, size, standing_of(before))
    for packs in (before, after):
        assert all(len({pack_key(member) for member in one.partners}) == 1 for one in packs)
        assert len({one.number for one in packs}) == len(packs)
    assert {name: place for name, place in places(after).items() if name in places(before)} == places(before)


# -- names ---------------------------------------------------------------------------------------------------------


@given(
    prefix=PREFIXES,
    number=NUMBERS,
    digest=DIGESTS,
    level=st.sampled_from(LEVELS),
    direction=st.sampled_from(DIRECTIONS),
)
@example(prefix="x" * LONGEST_PREFIX, number=999_999, digest="abcdef", level="encryption_only", direction="inbound")
@example(prefix="x" * 16, number=999_999, digest="abcdef", level="certificate_validation", direction="inbound")
def test_a_name_fits_and_is_recognised(
    prefix: str, number: int, digest: str, level: t.Any, direction: Direction
) -> None:
    name = pack_name(prefix, direction, number, level, digest)
    assert len(name) <= 64
    assert name == name.strip()
    for spelt in (name, name.casefold()):
        assert read_pack_name(prefix, direction, spelt) == (number, digest)
    other = DIRECTIONS[1 - DIRECTIONS.index(direction)]
    assert not is_pack_name(prefix, other, name)
    assert not is_pack_name(f"{prefix}x"[-LONGEST_PREFIX:], direction, name[1:])


@pytest.mark.parametrize(
    "name",
    [
        "Forced TLS to shared 1",
        "Forced TLS to shared 1 (encryption_only abcdef) ",
        "Forced TLS to shared 1 (encryption_only abcdef) (2)",
        "Forced TLS to shared 0 (encryption_only abcdef)",
        "Forced TLS to shared 01 (encryption_only abcdef)",
        "Forced TLS to shared \u0661 (encryption_only abcdef)",
        "Forced TLS to shared 1 (encryption_only abcdeg)",
        "Forced TLS to shared 1 (encryption_only abcdef0)",
        "Forced TLS to shared 1 (opportunistic abcdef)",
        "Forced TLS to shared 1 (key abcdef)",  # this prefix leaves room for the level
        "Forced TLS to Contoso",
        "shared 1 (encryption_only abcdef)",
    ],
)
def test_a_name_that_is_none_of_ours(name: str) -> None:
    assert is_pack_name(PREFIX, "outbound", "Forced TLS to shared 1 (encryption_only abcdef)")
    assert not is_pack_name(PREFIX, "outbound", name)


@given(
    prefix=PREFIXES,
    number=NUMBERS,
    digest=DIGESTS,
    word=st.sampled_from([*LEVELS, "key"]),
    direction=st.sampled_from(DIRECTIONS),
    part=st.integers(1, 99),
    change=st.sampled_from([str, str.upper, str.title, lambda text: text.replace("sh", "\u017fh")]),
)
def test_no_partner_gets_the_name_of_a_pack(
    prefix: str, number: int, digest: str, word: str, direction: Direction, part: int, change: t.Callable[[str], str]
) -> None:
    pretended = change(f"shared {number} ({word} {digest})")
    assert not is_pack_name(prefix, direction, connector_name(prefix, direction, pretended, part))


def test_a_partner_whose_name_is_only_near_one_of_a_pack_keeps_it() -> None:
    assert connector_name(PREFIX, "outbound", "Shared 1") == "Forced TLS to Shared 1"
    assert connector_name(PREFIX, "outbound", "Shared services (key accounts)").endswith("(key accounts)")

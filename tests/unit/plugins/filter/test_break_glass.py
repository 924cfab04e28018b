# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Break glass: a name is enough to take forced TLS off, at once and in both directions."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.filter.partner_plan import partner_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import present
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import glass
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.pack import (
    key_digest,
    pack_key,
    pack_name,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rollback import break_glass
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.snapshot import make_snapshot
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    inventory,
    named,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    enforced,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.partner.runs import (
    NOW,
    Values,
    World,
)

MARK = "[mailflow.exchange_online break glass 2026-11-26T01:30:00Z: INC0042]"
OWN = "[mailflow.exchange_online owner=forced_tls]"


# -- the line in the comment


def test_the_line_is_written_and_read_back() -> None:
    assert glass.break_glass_mark(NOW, "INC0042") == MARK
    assert glass.break_glass_of(f"text\n{MARK}\nmore") == ("2026-11-26T01:30:00Z", "INC0042")
    assert glass.break_glass_of("text [mailflow.exchange_online break glass]") is None


@pytest.mark.parametrize(
    ("reason", "kept"),
    [("", "no reason given"), (" \n ", "no reason given"), ("a\nb ]x[", "a b )x("), ("r" * 300, "r" * 200)],
)
def test_whatever_the_reason_it_is_one_line(reason: str, kept: str) -> None:
    mark = glass.break_glass_mark(NOW, reason)
    assert "\n" not in mark
    assert glass.break_glass_of(mark) == ("2026-11-26T01:30:00Z", kept)


@pytest.mark.parametrize("comment", ["", "text", "two\nlines"])
def test_the_line_goes_and_the_comment_stays(comment: str) -> None:
    marked = glass.with_break_glass(comment, NOW, "x")
    assert glass.break_glass_of(marked) is not None
    assert glass.with_break_glass(marked, NOW, "again") == marked, "the first one tells since when"
    assert glass.without_break_glass(marked) == comment
    assert glass.without_break_glass(comment) == comment


# -- what is done


CONTOSO: Values = {"name": "Contoso", "domains": ["contoso.com"]}
MANY: Values = {"name": "Many", "domains": [f"{'d' * 50}{number}.example" for number in range(80)]}
ADOPTED: Values = {
    "name": "Fabrikam",
    "domains": ["fabrikam.com"],
    "outbound": {"level": "encryption_only", "adopt": "by hand"},
    "inbound": {"adopt": "in by hand"},
}


def world_of(*partners: Values) -> World:
    world = World()
    world.provision(*partners)
    return world


def broken(world: World, names: object, partners: object = None) -> Values:
    """Break glass as the role does; returns what is told, and how many writes there were."""
    found = break_glass(names, inventory(world.exchange), (partners, None), {**world.header()}, "INC0042")
    world.keep(make_snapshot(found, inventory(world.exchange), "break_glass"))
    found["writes"] = world.write(found["connectors"])
    return found


def off(world: World) -> bool:
    return not enforced(world.exchange, "outbound") and not enforced(world.exchange, "inbound")


@pytest.mark.parametrize("names", ["Contoso", "CONTOSO", ["Contoso"], " Contoso "])
def test_a_name_is_enough(names: object) -> None:
    world = world_of(CONTOSO)
    stood = world.state()
    found = broken(world, names)
    assert off(world)
    assert found["writes"] == 2
    comment = named(world.exchange, "outbound", "Forced TLS to Contoso")["Comment"]
    assert comment == f"Forced TLS with Contoso.\n{MARK}\n{OWN}"
    assert [line.partition(": ")[2][:18] for line in found["lines"]] == ["forced TLS is off "]

    again = broken(world, names)
    assert (again["writes"], again["changes"]) == (0, [])
    assert (
        "nothing is in force (taken off on 2026-11-26T01:30:00Z: INC0042), so nothing is changed" in again["lines"][0]
    )
    world.back("Contoso")
    assert world.state() == stood


def test_others_are_left_alone() -> None:
    world = world_of(CONTOSO, MANY)
    broken(world, "Contoso")
    assert enforced(world.exchange, "outbound") == enforced(world.exchange, "inbound") == set(MANY["domains"])


def test_all_parts_of_a_long_list_of_domains() -> None:
    world = world_of(MANY)
    assert len(world.exchange.records["inbound"]) > 2
    broken(world, "Many")
    assert off(world)


def test_adopted_connectors_need_the_list() -> None:
    world = World()
    world.exchange.seed("outbound", "by hand", RecipientDomains=["fabrikam.com"], Comment="text")
    world.exchange.seed("inbound", "in by hand", SenderDomains=["fabrikam.com"])
    world.provision(ADOPTED)
    with pytest.raises(InputError, match="give the list if its connectors are adopted"):
        broken(world, "Fabrikam")
    broken(world, "Fabrikam", [ADOPTED])
    assert off(world)
    assert named(world.exchange, "outbound", "by hand")["Comment"] == f"text\n{MARK}"


def test_mistakes_in_the_list_do_not_stand_in_the_way() -> None:
    world = World()
    world.exchange.seed("outbound", "by hand", RecipientDomains=["fabrikam.com"])
    world.exchange.seed("inbound", "in by hand", SenderDomains=["fabrikam.com"])
    world.provision(ADOPTED)
    found = broken(world, "Fabrikam", [{"name": "x", "domians": ["x.com"]}, ADOPTED, {**ADOPTED, "name": "Twin"}])
    assert off(world)
    assert found["lines"][0].startswith("The partner list has mistakes; of its entries, 2 were looked at")
    world.provision(CONTOSO)
    broken(world, "Contoso", 42)
    assert off(world)


def test_a_partner_of_the_list_that_is_not_in_force() -> None:
    world = world_of({**CONTOSO, "state": "prepared"})
    for partners in (None, [CONTOSO], [{**CONTOSO, "state": "planned"}]):
        found = broken(world, "Contoso", partners)
        assert (found["connectors"], found["writes"]) == ([], 0)
        assert found["lines"] == ["Contoso: nothing is in force, so nothing is changed."]
    assert broken(World(), "Contoso", [CONTOSO])["writes"] == 0


def test_an_unknown_name_fails_with_names_like_it_and_nothing_is_done() -> None:
    world = world_of(CONTOSO, {"name": "Contoso Ltd", "domains": ["contoso.net"]})
    before = world.state()
    with pytest.raises(InputError) as found:
        broken(world, ["Contoso", "Contos"])
    (problem,) = found.value.problems
    assert problem.startswith("'Contos' is no partner of the list, and no connector 'Forced TLS to Contos' stands")
    assert "names like it are Contoso, Contoso Ltd" in problem
    assert world.state() == before


@pytest.mark.parametrize("names", [42, None, "", []])
def test_what_is_no_name_is_refused(names: object) -> None:
    with pytest.raises(InputError, match="forced_tls_break_glass"):
        broken(world_of(CONTOSO), names)


def test_another_owners_connector_is_told_and_left() -> None:
    world = world_of(CONTOSO)
    record = named(world.exchange, "outbound", "Forced TLS to Contoso")
    world.exchange.records["outbound"][record["Guid"]]["Comment"] = "[mailflow.exchange_online owner=them]"
    found = broken(world, "Contoso")
    assert enforced(world.exchange, "outbound") == {"contoso.com"}
    assert not enforced(world.exchange, "inbound")
    (line,) = found["lines"]
    assert line.startswith(
        "Contoso: forced TLS is not off altogether: the outbound connector 'Forced TLS to Contoso' is in force for its"
        " domains as well, and was left as it is, because it belongs to owner 'them'."
    )


@pytest.mark.parametrize("partners", [None, [CONTOSO]])
@pytest.mark.parametrize("domains", [["contoso.com"], ["*"], ["other.example", "*.contoso.com"]])
def test_what_else_forces_tls_for_its_mail_is_told(domains: list[str], partners: object) -> None:
    world = world_of(CONTOSO)
    world.exchange.seed("inbound", "in", SenderDomains=domains, RequireTls=True, Comment=OWN)
    world.exchange.seed("outbound", "out", RecipientDomains=domains, TlsSettings="EncryptionOnly", Comment=OWN)
    before = world.state()
    found = broken(world, "Contoso", partners)
    assert {name: world.state()[name] for name in ("inbound in", "outbound out")} == {
        name: before[name] for name in ("inbound in", "outbound out")
    }
    stays = "is in force for its domains as well, and was left as it is"
    why = "neither its name nor a list says that it is this partner's"
    (line,) = found["lines"]
    assert line == (
        f"Contoso: forced TLS is not off altogether: the outbound connector 'out' {stays}, because {why}; the inbound"
        f" connector 'in' {stays}, because {why}. Disable them in the Exchange admin center if mail still waits."
    )
    assert broken(world, "Contoso", partners)["lines"] == found["lines"], "and again, when nothing is left to do"


@pytest.mark.parametrize(
    "members",
    [
        {"RequireTls": False},
        {"Enabled": False},
        {"SenderDomains": ["contoso.net"]},
    ],
)
def test_what_forces_nothing_on_its_mail_is_not_told(members: Values) -> None:
    world = world_of(CONTOSO)
    world.exchange.seed("inbound", "in", **{"SenderDomains": ["contoso.com"], "RequireTls": True, **members})
    assert "forced TLS is off in both directions" in broken(world, "Contoso")["lines"][0]


# -- connectors that partners share


A: Values = {"name": "A", "domains": ["a.example", "a2.example"]}
B: Values = {"name": "B", "domains": ["b.example"]}


def shared_world() -> World:
    world = World()
    share(world, 1, ["a.example", "a2.example", "b.example"])
    return world


def share(world: World, number: int, domains: list[str]) -> None:
    digest = key_digest(pack_key(Partner("A", ("a.example",))))
    for direction, option in (("outbound", "RecipientDomains"), ("inbound", "SenderDomains")):
        name = pack_name("Forced TLS", t.cast("t.Any", direction), number, "certificate_validation", digest)
        members = {option: domains, "RequireTls": True, "Comment": OWN}
        if direction == "outbound":
            members = {**members, "TlsSettings": "CertificateValidation"}
            del members["RequireTls"]
        world.exchange.seed(direction, name, **members)


def test_who_stands_in_two_shared_connectors_leaves_both_and_has_one_of_its_own() -> None:
    world = World()
    share(world, 1, ["a.example", "b.example"])
    share(world, 2, ["a.example", "a2.example"])
    broken(world, "A", [A, B])
    assert enforced(world.exchange, "outbound") == enforced(world.exchange, "inbound") == {"b.example"}
    own = named(world.exchange, "outbound", "Forced TLS to A")
    assert (own["Enabled"], sorted(own["RecipientDomains"])) == (False, ["a.example", "a2.example"])


def test_only_this_partners_domains_leave_a_shared_connector() -> None:
    world = shared_world()
    stood = world.state()
    broken(world, "A", [A, B])
    assert enforced(world.exchange, "outbound") == enforced(world.exchange, "inbound") == {"b.example"}
    for direction, word in (("outbound", "to"), ("inbound", "from")):
        own = named(world.exchange, direction, f"Forced TLS {word} A")
        assert own["Enabled"] is False
        assert own["Comment"] == f"Forced TLS with A.\n{MARK}\n{OWN}"
    world.back("A")
    assert world.state() == stood


def test_all_who_share_one_leave_it() -> None:
    world = shared_world()
    broken(world, ["A", "B"], [A, B])
    assert off(world)
    broken(world, ["A", "B"], [A, B])
    assert sorted(world.state()) == sorted(
        [
            f"{direction} Forced TLS {word} {name}"
            for direction, word in (("outbound", "to"), ("inbound", "from"))
            for name in "AB"
        ]
        + [
            f"{direction} {record['Name']}"
            for direction in ("outbound", "inbound")
            for record in world.exchange.get(direction)
            if "shared" in record["Name"]
        ]
    )


def test_a_disabled_connector_of_its_own_gets_the_line_too() -> None:
    world = shared_world()
    world.provision({**A, "state": "prepared"})
    broken(world, "A", [A, B])
    for direction, word in (("outbound", "to"), ("inbound", "from")):
        assert MARK in named(world.exchange, direction, f"Forced TLS {word} A")["Comment"]


# -- what later runs make of it


def planned(world: World, *partners: Values, **terms: t.Any) -> Values:
    """The plan of the role for this list."""
    shown = [present.as_input(connector) for connector in inventory(world.exchange)]
    info = {
        "tenant_id": None,
        "connectors": shown,
        "details": [present.details(connector) for connector in inventory(world.exchange)],
    }
    return partner_plan(list(partners), info, probe=False, validate=False, now="2026-11-26T02:00Z", **terms)


def held(plan: Values) -> dict[str, str]:
    return {partner["name"]: partner["held"]["reason"] for partner in plan["partners"] if partner["held"]}


def test_later_runs_hold_it_until_it_is_resumed() -> None:
    world = world_of(CONTOSO)
    stood = world.state()
    broken(world, "Contoso")
    plan = planned(world, CONTOSO)
    assert (held(plan), plan["changes"]) == ({"Contoso": "break_glass"}, [])
    plan = planned(world, CONTOSO, resume=["Contoso"])
    assert held(plan) == {}
    world.write(plan["connectors"], "forced_tls")
    assert world.state() == stood


def test_later_runs_hold_who_shared_a_connector_and_who_adopted_one() -> None:
    world = World()
    world.exchange.seed("outbound", "by hand", RecipientDomains=["fabrikam.com"], TlsSettings="EncryptionOnly")
    world.exchange.seed("inbound", "in by hand", SenderDomains=["fabrikam.com"], RequireTls=True, Comment="text")
    pack: Values = {"pack": True, "pack_size": 50}
    world.write(planned(world, A, B, ADOPTED, **pack)["connectors"], "forced_tls")
    stood = world.state()
    assert len(stood) == 4, "A and B share theirs"
    broken(world, ["A", "Fabrikam"], [A, B, ADOPTED])
    plan = planned(world, A, B, ADOPTED, **pack)
    assert held(plan) == {"A": "break_glass", "Fabrikam": "break_glass"}
    assert {tuple(change["changes"]) for change in plan["changes"]} == {("comment",)}, "who shares it still"
    world.write(plan["connectors"], "forced_tls")
    assert enforced(world.exchange, "outbound") == {"b.example"}

    plan = planned(world, A, B, ADOPTED, resume=["A", "Fabrikam"], **pack)
    assert held(plan) == {}
    world.write(plan["connectors"], "forced_tls")
    assert world.state() == stood

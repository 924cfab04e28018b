# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connectors that stand already and become a partner's: one partner each, and none that the list makes itself."""

from __future__ import annotations

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import fields_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import DIRECTIONS, Connector
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import settings_from
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.listed import read_list
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import connector_name, part_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.outcomes import merged
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.values import shortened
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.partner.planning import (
    Tenant,
    held,
    outbound,
)

LONG = "Northwind Traders International Wholesale and Logistics Holding"


def adopting(name: str, outbound: object = None, inbound: object = None, **more: object) -> dict[str, object]:
    sides = {"outbound": {"adopt": outbound}, "inbound": {"adopt": inbound}}
    return {"name": name, "domains": [f"{name.partition(' ')[0].lower()}.example"], **sides, **more}


def problems_of(written: object, defaults: object = None, prefix: str | None = "Forced TLS") -> list[str]:
    with pytest.raises(InputError) as caught:
        check_partners(written, defaults, prefix=prefix)
    return caught.value.problems


def adopted(partner: Partner) -> tuple[str, str]:
    return partner.outbound.adopt, partner.inbound.adopt


def test_a_partner_adopts_one_connector_in_each_direction() -> None:
    one, other, none = check_partners(
        [
            adopting("Contoso", "Contoso  TLS", "Contoso  TLS"),
            adopting("Fabrikam", inbound="From Fabrikam"),
            "x.example",
        ]
    )
    assert adopted(one) == ("Contoso  TLS", "Contoso  TLS")  # blanks inside are part of a name
    assert adopted(other) == ("", "From Fabrikam")
    assert adopted(none) == adopted(check_partners([adopting("A", "", "")])[0]) == ("", "")


@pytest.mark.parametrize("side", DIRECTIONS)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        (" ", "adopt ' ': the name is empty; give each connector a name."),
        (" Contoso", "adopt ' Contoso': the name begins or ends with a blank; remove it."),
        ("a\tb", "adopt 'a\\tb': the name holds a control character; use printable characters."),
        ("x" * 65, "the name has 65 characters; Exchange takes 64 at most. Shorten it."),
        (7, "adopt '7' is a number; write a text, in quotes where YAML takes it for something else."),
        (["A"], "is a list; write a text"),
    ],
)
def test_a_name_that_no_connector_has(side: str, name: object, said: str) -> None:
    (problem,) = problems_of([{"domains": ["a.example"], side: {"adopt": name}}])
    assert problem.startswith(f"Partner 1 (a.example): {side}.adopt ")
    assert said in problem


def test_a_connector_is_adopted_once() -> None:
    assert problems_of(
        [
            adopting("A", "TLS out", "TLS"),
            adopting("B", "TLS", "other"),
            adopting("C", "tls OUT", "TLS", state="absent"),
        ]
    ) == [
        f"Partner 3 (C): {side}.adopt '{name}' is already adopted by partner 1 (A); a connector can be one partner's"
        " only."
        for side, name in (("outbound", "tls OUT"), ("inbound", "TLS"))
    ]


@pytest.mark.parametrize(
    ("side", "name", "owner"),
    [
        ("outbound", "Forced TLS to Beta", "Beta"),
        ("outbound", "FORCED TLS to beta", "Beta"),
        ("inbound", "Forced TLS from Beta", "Beta"),
        ("inbound", "Forced TLS from Beta (2)", "Beta"),
        ("inbound", connector_name("Forced TLS", "inbound", LONG, 12), LONG),
    ],
)
@pytest.mark.parametrize("state", ["enforced", "absent"])
def test_what_the_list_makes_itself_is_not_adopted(side: str, name: str, owner: str, state: str) -> None:
    written = [{"domains": ["a.example"], side: {"adopt": name}}, adopting(owner, state=state)]
    (problem,) = problems_of(written)
    assert problem.startswith(
        f"Partner 1 (a.example): {side}.adopt '{shortened(name)}' is the name of the connector of partner 2 ("
    )
    assert problem.endswith("); leave it to that partner.")


def test_with_another_prefix_it_is_another_name() -> None:
    written = [adopting("Alpha", "Forced TLS to Beta", "Forced TLS from Beta"), adopting("Beta")]
    assert len(check_partners(written, prefix="TLS")) == 2
    assert (
        "'TLS to Beta' is the name of the connector of partner 2"
        in problems_of([adopting("Alpha", "TLS to Beta"), adopting("Beta")], prefix="TLS")[0]
    )


@pytest.mark.parametrize(
    ("side", "name"),
    [("outbound", "Forced TLS from Beta"), ("inbound", "Forced TLS to Beta"), ("outbound", "Beta (2)")],
)
def test_a_name_of_the_other_direction_is_free(side: str, name: str) -> None:
    assert check_partners([{"domains": ["a.example"], side: {"adopt": name}}, adopting("Beta")])


def test_a_partner_may_name_its_own() -> None:
    written = adopting("Alpha", "Forced TLS to Alpha", "Forced TLS from Alpha")
    assert adopted(check_partners([written])[0]) == ("Forced TLS to Alpha", "Forced TLS from Alpha")


@pytest.mark.parametrize(("side", "word"), [("outbound", "to"), ("inbound", "from")])
def test_a_shared_connector_is_nobody_s_to_adopt(side: str, word: str) -> None:
    name = f"Forced TLS {word} shared 1 (encryption_only 37ce34)"
    (problem,) = problems_of([{"domains": ["a.example"], side: {"adopt": name}}])
    assert problem.endswith("is the name of a connector that partners share; adopt one that stands by itself.")


def test_defaults_adopt_nothing() -> None:
    assert problems_of(["a.example"], {"outbound": {"adopt": "TLS"}, "inbound": {"adopt": "TLS"}}) == [
        f"Defaults: the key '{side}.adopt' can only be one partner's; write it in that partner's own entry."
        for side in DIRECTIONS
    ]


def test_a_table_has_columns_for_it() -> None:
    text = "domains,adopt_outbound,adopt_inbound\na.example,Contoso TLS; out,From Contoso\n"
    (partner,) = read_list({"file": "p.csv", "text": text}, None, "Forced TLS", None).partners
    assert adopted(partner) == ("Contoso TLS; out", "From Contoso")
    with pytest.raises(InputError) as caught:
        read_list({"file": "p.csv", "text": f"{text}b.example,,From contoso\n"}, None, "Forced TLS", None)
    assert caught.value.problems[1].startswith(
        "Line 3 (b.example): adopt_inbound 'From contoso' is already adopted by line 2"
    )


def test_names_are_checked_with_the_prefix_of_the_call() -> None:
    written = [adopting("Alpha", "Our TLS to Beta"), adopting("Beta")]
    assert read_list(written, None, "Forced TLS", None).partners
    with pytest.raises(InputError, match="'Our TLS to Beta' is the name of the connector of partner 2"):
        read_list(written, None, "Our TLS", None)


def test_a_prefix_that_cannot_be_used_is_one_problem() -> None:
    with pytest.raises(InputError) as caught:
        read_list([adopting("Alpha", f"{'x' * 40} to Beta"), adopting("Beta")], None, "x" * 40, None)
    assert [problem.partition(" ")[0] for problem in caught.value.problems[1:]] == ["The"]


@pytest.mark.parametrize(
    ("name", "part"), [("A", 1), ("A (2)", 2), ("A (12)", 12), ("A (0)", 1), ("A (2) x", 1), (f"A ({10**9})", 1)]
)
def test_the_part_that_a_name_tells(name: str, part: int) -> None:
    assert part_of(name) == part


PASSED = {"connector": "TLS", "success": True, "status": "passed", "error": None}


def one_name() -> Tenant:
    """Two connectors of one name, as people give them: one out, and one in. Each is another partner's."""
    tenant = Tenant(
        [
            {"domains": ["a.com"], "outbound": {"adopt": "TLS", "validation_recipients": ["x@a.com"]}},
            {"domains": ["b.com"], "inbound": {"adopt": "TLS"}},
        ]
    )
    into = {"sender_domains": ["b.com"], "enabled": True, "connector_type": "partner", "require_tls": False}
    unset = {field.option: field.kind.unset for field in fields_of("inbound")}
    return tenant.holding(
        outbound("TLS", ["a.com"], tls_settings="opportunistic"),
        Connector("inbound", "TLS", "guid in", {**unset, **settings_from(into)}),
    )


def test_a_name_in_both_directions_is_that_of_two_connectors() -> None:
    tenant = one_name()
    assert held(tenant.plan("last", validations=[PASSED]), "a.com") is None
    assert ("TLS", True) in {
        (entry["name"], entry["enabled"]) for entry in tenant.plan("last", validations=[PASSED])["connectors"]
    }
    wrong = {**PASSED, "success": False, "error": {"message": "No."}}
    last = tenant.plan("last", validations=[wrong])
    assert (held(last, "a.com"), held(last, "b.com")) == ("validation", None)
    # Nor is it told that what has the name in the other direction becomes the partner's.
    assert {entry["name"]: entry["notices"] for entry in tenant.plan()["partners"]} == {"a.com": [], "b.com": []}


@pytest.mark.parametrize("direction", ["outbound", "inbound"])
def test_who_has_the_name_in_the_other_direction_has_not_failed(direction: str) -> None:
    plan = one_name().plan()
    (change,) = (c for c in plan["changes"] if (c["name"], c["direction"]) == ("TLS", direction))
    error = {"kind": "refused", "message": "No."}
    outcome = {**change, "status": "skipped", "weakens": True, "error": error}
    told = merged([{"connectors": [outcome], "summary": {}}], {**plan, "refused": []}, 0)
    owner = "a.com" if direction == "outbound" else "b.com"
    assert told["failed_partners"] == [owner]
    assert f'forced_tls_allow_weaken: ["{owner}"], or all' in told["msg"]


def two_to_validate() -> Tenant:
    """A and B have what forces nothing yet; a domain of A's goes to B."""
    tenant = Tenant(
        [
            {
                "name": name,
                "domains": [f"{name}.com"],
                "outbound": {"adopt": name, "validation_recipients": [f"x@{name}.com"]},
            }
            for name in "ab"
        ]
    )
    tenant.partners[1]["domains"].append("m.com")
    free = {"tls_settings": "opportunistic"}
    return tenant.holding(outbound("a", ["a.com", "m.com"], **free), outbound("b", ["b.com"], enabled=False, **free))


def test_who_keeps_a_domain_until_another_one_was_validated_is_validated_after_that() -> None:
    assert two_to_validate().plan()["waves"] == [["b"], ["a"]]


def test_who_was_not_validated_is_told_to_be_held() -> None:
    last = two_to_validate().plan("last", validations=[{**PASSED, "connector": "b"}])
    assert (held(last, "a"), held(last, "b")) == ("validation", None)


def test_what_is_validated_comes_back_beside_what_it_stood_beside() -> None:
    """Beside another one it was in force before the run, which takes it out of force while Exchange validates."""
    outward = {"adopt": "TLS", "validation_recipients": ["x@a.com"]}
    tenant = Tenant([{"domains": ["a.com"], "outbound": outward}])
    tenant.holding(
        outbound("TLS", ["a.com"], tls_settings="opportunistic"),
        outbound("Other", ["a.com"], tls_settings="encryption_only"),
    )
    plan = tenant.plan("last", validations=[PASSED])
    assert (held(plan, "a.com"), plan["shared"]) == (None, True)
    assert "'Other' takes mail to a.com beside this partner's own" in tenant.plan()["partners"][0]["notices"][0]

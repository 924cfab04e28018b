# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wishes x what stands in Exchange x policy -> what is to be done."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Change, Plan, Policy
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    Entry,
    inn,
    out,
    plan_for,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
)

DV: dict[str, t.Any] = {"TlsSettings": "DomainValidation", "TlsDomain": "mx.a.example"}
ENFORCED: Entry = {"tls_settings": "domain_validation", "tls_domain": "mx.a.example"}


def tenant() -> Exchange:
    exchange = Exchange()
    exchange.seed("outbound", "A", RecipientDomains=["A.example"], Comment="hello\r\nworld", **DV)
    exchange.seed("outbound", "Other", RecipientDomains=["other.example"], TlsSettings="EncryptionOnly")
    exchange.seed("inbound", "A", SenderDomains=["a.example"], RequireTls=True, SenderIPAddresses=["192.0.2.9/24"])
    return exchange


def actions(plan: Plan) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(change.direction, change.name, change.action, change.changes) for change in plan.changes]


def only(plan: Plan) -> Change:
    (change,) = plan.changes
    return change


def refusals(exchange: Exchange, *entries: Entry) -> list[str]:
    with pytest.raises(InputError) as caught:
        plan_for(exchange, *entries)
    return caught.value.problems


def test_create_update_delete_none_in_the_order_of_the_list() -> None:
    plan = plan_for(
        tenant(),
        out("New", recipient_domains=["new.example"]),
        out("A", enabled=False),
        {**out("Other"), "state": "absent"},
        inn("A", require_tls=True),
        {**inn("Never there"), "state": "absent"},
        policy=Policy(allow_weaken=True),
    )
    assert [(change.name, change.action) for change in plan.changes] == [
        ("New", "create"),
        ("A", "update"),
        ("Other", "delete"),
        ("A", "none"),
        ("Never there", "none"),
    ]
    assert [change.action for change in plan.touched] == ["create", "update", "delete"]


def test_names_compare_without_case_and_keep_exchanges_spelling() -> None:
    change = only(plan_for(tenant(), out("a", enabled=True)))
    assert (change.name, change.action) == ("A", "none")


@pytest.mark.parametrize(
    "entry",
    [
        out("A"),
        out("A", recipient_domains=["a.EXAMPLE."], tls_domain="MX.a.example", comment="hello\nworld"),
        out("A", smart_hosts=[], use_mx_record=True, smtp_dane_mode="opportunistic"),
        inn("A", sender_domains=["smtp:a.example;5"], sender_ip_addresses=["192.0.2.0/24"]),
        inn("A", tls_sender_certificate_name=""),
    ],
)
def test_equal_values_in_other_words_change_nothing(entry: Entry) -> None:
    change = only(plan_for(tenant(), entry))
    assert (change.action, change.changes) == ("none", ())


def test_only_what_differs_is_a_change_and_the_rest_stays() -> None:
    change = only(plan_for(tenant(), out("A", comment="new", enabled=True, smtp_dane_mode="mandatory")))
    assert change.changes == ("comment", "smtp_dane_mode")
    assert change.before is not None
    assert change.after == {**change.before.settings, "comment": "new", "smtp_dane_mode": "mandatory"}


def test_a_new_connector_gets_a_value_for_what_exchanges_defaults_leave_open() -> None:
    change = only(plan_for(tenant(), out("N", recipient_domains=["n.example"])))
    assert change.after == {
        "enabled": True,
        "connector_type": "partner",
        "use_mx_record": True,
        "recipient_domains": ("n.example",),
    }
    assert change.changes == tuple(sorted(change.after))
    inbound = only(plan_for(tenant(), inn("N", sender_domains=["n.example"])))
    assert inbound.after is not None
    assert inbound.after["require_tls"] is True


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (out("N"), "recipient_domains is empty"),
        (inn("N"), "sender_domains is empty"),
        (out("N", recipient_domains=["n.example"], tls_settings="domain_validation"), "tls_domain is empty"),
        (out("N", recipient_domains=["n.example"], tls_domain="n.example"), "only checked with"),
        (out("N", recipient_domains=["n.example"], use_mx_record=False), "smart_hosts is empty"),
        (out("N", recipient_domains=["n.example"], smart_hosts=["h.example"]), "set use_mx_record to false"),
        (inn("N", sender_domains=["n.example"], restrict_domains_to_certificate=True), "tls_sender_certificate_name"),
        (out("A", recipient_domains=[]), "recipient_domains is empty"),
        (out("Other", tls_domain="mx.a.example"), "not with encryption_only"),
        (out("A", tls_domain=""), "tls_domain is empty"),
        (out("A", use_mx_record=False), "smart_hosts is empty"),
        (inn("A", restrict_domains_to_certificate=True), "tls_sender_certificate_name is empty"),
        (out("A", all_accepted_domains=True), "connector_type on_premises, and this one is partner"),
        (out("N", recipient_domains=["n.example"], sender_rewriting_enabled=True), "this one is partner"),
    ],
)
def test_a_wish_that_does_not_fit_is_refused_by_name(entry: Entry, words: str) -> None:
    (problem,) = refusals(tenant(), entry)
    assert problem.startswith(f"{entry['direction']} connector '{entry['name']}': ")
    assert words in problem


def test_all_problems_of_the_list_in_one_go() -> None:
    assert len(refusals(tenant(), out("N"), inn("N"), out("A", tls_domain=""))) == 3


def test_leaving_domain_validation_need_not_clear_the_name() -> None:
    change = only(plan_for(tenant(), out("A", tls_settings="certificate_validation"), policy=Policy(allow_weaken=True)))
    assert change.changes == ("tls_settings",)


def test_a_contradiction_that_stands_already_is_no_fault_of_another_change() -> None:
    exchange = Exchange()
    exchange.seed("inbound", "Odd", SenderDomains=["a.example"], RestrictDomainsToCertificate=True)
    assert only(plan_for(exchange, inn("Odd", comment="noted"))).changes == ("comment",)
    assert only(plan_for(exchange, inn("Odd", require_tls=True))).changes == ("require_tls",)


def test_a_setting_that_exchange_does_not_return_cannot_be_managed() -> None:
    exchange = tenant()
    for record in exchange.records["outbound"].values():
        del record["SmtpDaneMode"]
    (problem,) = refusals(exchange, out("A", smtp_dane_mode="opportunistic"))
    assert "does not return smtp_dane_mode" in problem
    assert only(plan_for(exchange, out("A", enabled=True))).action == "none"


def test_two_wishes_for_one_domain_are_refused() -> None:
    (problem,) = refusals(
        tenant(), out("X", recipient_domains=["d.example"]), out("Y", recipient_domains=["D.example", "e.example"])
    )
    assert "'X' and 'Y' are both for d.example" in problem


@pytest.mark.parametrize(
    "second",
    [
        out("Y", recipient_domains=["d.example"], enabled=False),
        out("Y", recipient_domains=["d.example"], transport_rule_scoped=True),
        out("Y", recipient_domains=["*.d.example"]),
        inn("Y", sender_domains=["d.example"]),
        {**out("A", recipient_domains=["d.example"]), "state": "absent"},
    ],
)
def test_what_is_no_second_claim(second: Entry) -> None:
    assert plan_for(tenant(), out("X", recipient_domains=["d.example"]), second)


def test_twins_that_stand_already_and_gateways_for_everything_are_left_in_peace() -> None:
    exchange = Exchange()
    for name in ("X", "Y"):
        exchange.seed("outbound", name, RecipientDomains=["d.example"])
    assert plan_for(exchange, *(out(name, recipient_domains=["d.example"]) for name in ("X", "Y")))
    assert plan_for(Exchange(), inn("G1", sender_domains=["*"]), inn("G2", sender_domains=["*"]))


def test_enabling_a_second_connector_for_a_domain_is_a_new_claim() -> None:
    exchange = Exchange()
    exchange.seed("outbound", "X", RecipientDomains=["d.example"])
    exchange.seed("outbound", "Y", RecipientDomains=["d.example"], Enabled=False)
    assert refusals(exchange, out("X"), out("Y", enabled=True))


# -- moves


def moved(*names: str) -> Exchange:
    """Connectors that are each for the domain of their name."""
    exchange = Exchange()
    for name in names:
        exchange.seed("outbound", name, RecipientDomains=[f"{name.lower()}.example", f"{name.lower()}2.example"], **DV)
    return exchange


def wish(name: str, *domains: str, **options: t.Any) -> Entry:
    return out(name, recipient_domains=[f"{domain}.example" for domain in domains], **options)


def waits(plan: Plan) -> dict[str, set[str]]:
    return {change.name: {name for _direction, name in change.waits_for} for change in plan.changes}


def test_the_giver_waits_for_the_receiver() -> None:
    plan = plan_for(moved("A", "B"), wish("A", "a"), wish("B", "b", "b2", "a2"))
    assert waits(plan) == {"A": {"b"}, "B": set()}
    assert not any(change.weakens or change.blocked for change in plan.changes)


def test_a_chain() -> None:
    plan = plan_for(moved("A", "B", "C"), wish("A", "a"), wish("B", "b", "a2"), wish("C", "c", "c2", "b2"))
    assert waits(plan) == {"A": {"b"}, "B": {"c"}, "C": set()}


def test_a_swap() -> None:
    plan = plan_for(moved("A", "B"), wish("A", "b", "b2"), wish("B", "a", "a2"))
    assert waits(plan) == {"A": {"b"}, "B": {"a"}}
    assert not any(change.weakens for change in plan.changes)


def test_a_deleted_connector_waits_for_its_heir() -> None:
    plan = plan_for(moved("A"), {**out("A"), "state": "absent"}, wish("N", "a", "a2", **ENFORCED))
    assert waits(plan) == {"A": {"n"}, "N": set()}
    assert not any(change.weakens for change in plan.changes)


def test_an_heir_that_only_becomes_stricter_is_waited_for_too() -> None:
    exchange = Exchange()
    exchange.seed("outbound", "A", RecipientDomains=["d.example"], **DV)
    exchange.seed("outbound", "B", RecipientDomains=["d.example"], TlsSettings="EncryptionOnly")
    plan = plan_for(exchange, {**out("A"), "state": "absent"}, out("B", **ENFORCED))
    assert waits(plan)["A"] == {"b"}
    assert not plan.changes[0].weakens


def test_what_only_loses_or_gains_waits_for_nobody() -> None:
    plan = plan_for(moved("A"), wish("A", "a", "new"), policy=Policy(allow_weaken=True))
    assert waits(plan) == {"A": set()}


def test_a_disabled_receiver_is_not_waited_for_and_does_not_cover() -> None:
    plan = plan_for(moved("A"), wish("A", "a"), wish("N", "a2", enabled=False, **ENFORCED))
    assert waits(plan) == {"A": set(), "N": set()}
    assert plan.changes[0].weakens == ("no longer for a2.example",)


def test_the_directions_do_not_wait_for_each_other() -> None:
    plan = plan_for(moved("A"), wish("A", "a"), inn("N", sender_domains=["a2.example"]))
    assert not any(change.waits_for for change in plan.changes)


# -- plan_id


def test_equal_plans_for_equal_state_have_one_id_in_any_order() -> None:
    entries = [out("A", comment="x"), inn("A", require_tls=True), out("N", recipient_domains=["n.example"])]
    first = plan_for(tenant(), *entries).plan_id
    assert first == plan_for(tenant(), *reversed(entries)).plan_id
    spelled = [out("a", comment="x\r\n"), inn("A", require_tls=True), out("N", recipient_domains=["N.example."])]
    assert first == plan_for(tenant(), *spelled).plan_id
    assert len(first) == 32


def test_the_id_does_not_depend_on_dates_and_other_details() -> None:
    exchange = tenant()
    first = plan_for(exchange, out("A", comment="x")).plan_id
    for record in exchange.records["outbound"].values():
        record.update(WhenChangedUTC="2027-01-01T00:00:00Z", IsValidated=True)
    assert plan_for(exchange, out("A", comment="x")).plan_id == first


@pytest.mark.parametrize(
    "entries",
    [
        [out("A", comment="y"), inn("A")],
        [out("A", comment="x", enabled=False), inn("A")],
        [{**out("A"), "state": "absent"}, inn("A")],
        [out("A", comment="x")],
        [out("A", comment="x"), inn("A"), out("N", recipient_domains=["n.example"])],
        [out("A", comment="x"), inn("A"), {**out("Never there"), "state": "absent"}],
    ],
)
def test_another_wish_gives_another_id(entries: list[Entry]) -> None:
    assert plan_for(tenant(), *entries).plan_id != plan_for(tenant(), out("A", comment="x"), inn("A")).plan_id


@pytest.mark.parametrize(
    "members", [{"Enabled": False}, {"Comment": "z"}, {"MtaStsMode": "None"}, {"Guid": "another"}, {"Name": "a"}]
)
def test_another_state_gives_another_id(members: dict[str, t.Any]) -> None:
    exchange = tenant()
    first = plan_for(exchange, out("A", comment="x")).plan_id
    next(iter(exchange.records["outbound"].values())).update(members)
    assert plan_for(exchange, out("A", comment="x")).plan_id != first


def test_another_tenant_owner_or_consent_gives_another_id() -> None:
    weakening = out("A", enabled=False)
    policies = [Policy(), Policy(scope="t1"), Policy(scope="t2"), Policy(owner="me"), Policy(allow_weaken=True)]
    ids = [plan_for(tenant(), weakening, policy=policy).plan_id for policy in policies]
    assert len(set(ids)) == len(ids)
    assert plan_for(tenant(), weakening, policy=Policy(scope="T1")).plan_id == ids[1]


def test_a_change_that_weakens_now_is_not_the_plan_in_which_it_did_not() -> None:
    exchange = tenant()
    exchange.seed("outbound", "Twin", RecipientDomains=["a.example"], **DV)
    absent = {**out("A"), "state": "absent"}
    covered = plan_for(exchange, absent, policy=Policy(allow_weaken=True))
    alone = plan_for(tenant(), absent, policy=Policy(allow_weaken=True))
    assert (covered.changes[0].weakens, alone.changes[0].weakens) == ((), ("deleted",))
    assert covered.plan_id != alone.plan_id


# -- owner and prune


def test_an_owner_marks_what_it_manages() -> None:
    plan = plan_for(tenant(), out("A"), out("N", recipient_domains=["n.example"]), policy=Policy(owner="me"))
    assert [(change.action, change.changes, change.owner) for change in plan.changes[:1]] == [
        ("update", ("comment",), "me")
    ]
    assert plan.changes[1].owner == "me"


def test_without_an_owner_a_mark_that_stands_is_kept() -> None:
    exchange = Exchange()
    exchange.seed("outbound", "A", RecipientDomains=["a.example"], Comment="[mailflow.exchange_online owner=them]")
    assert only(plan_for(exchange, out("A"))).action == "none"
    assert only(plan_for(exchange, out("A", comment="new"))).owner == "them"


def pruning() -> Exchange:
    exchange = Exchange()
    for name, owner in (("Mine 1", "me"), ("Mine 2", "me"), ("Theirs", "them"), ("Nobody's", None)):
        comment = f"x\n[mailflow.exchange_online owner={owner}]" if owner else "x"
        exchange.seed("outbound", name, RecipientDomains=[f"d{len(exchange.records['outbound'])}.x"], Comment=comment)
    exchange.seed("inbound", "Mine 1", SenderDomains=["a.b"], Comment="[mailflow.exchange_online owner=me]")
    return exchange


def test_prune_deletes_what_this_owner_marked_and_nobody_wishes() -> None:
    plan = plan_for(pruning(), out("mine 1"), policy=Policy(owner="me", prune=True))
    assert actions(plan) == [
        ("outbound", "Mine 1", "none", ()),
        ("inbound", "Mine 1", "delete", ()),
        ("outbound", "Mine 2", "delete", ()),
    ]
    assert [change.pruned for change in plan.changes] == [False, True, True]
    assert not any(change.blocked for change in plan.changes)


def test_without_prune_nothing_else_is_touched() -> None:
    assert len(plan_for(pruning(), out("Mine 1"), policy=Policy(owner="me")).changes) == 1

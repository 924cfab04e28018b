# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands against a change."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Change, Plan, Policy
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import state_id
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    Entry,
    carry_out,
    inn,
    inventory,
    out,
    plan_for,
    sent,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
)

DV: dict[str, t.Any] = {"TlsSettings": "DomainValidation", "TlsDomain": "mx.a.example"}
ENFORCED: Entry = {"tls_settings": "domain_validation", "tls_domain": "mx.a.example"}


def mark(owner: str) -> str:
    return f"text\n[mailflow.exchange_online owner={owner}]"


def tenant() -> Exchange:
    exchange = Exchange()
    exchange.seed("outbound", "A", RecipientDomains=["a.example", "a2.example"], **DV)
    exchange.seed("outbound", "Theirs", RecipientDomains=["t.example"], Comment=mark("them"))
    return exchange


def verdicts(plan: Plan) -> dict[str, str | None]:
    return {change.name: change.blocked.kind if change.blocked else None for change in plan.changes}


def named(plan: Plan, name: str) -> Change:
    (change,) = [change for change in plan.changes if change.name == name]
    return change


def sentence(plan: Plan, name: str) -> str:
    blocked = named(plan, name).blocked
    assert blocked is not None
    return blocked.message


def absent(name: str) -> Entry:
    return {**out(name), "state": "absent"}


@pytest.mark.parametrize("entry", [out("A", enabled=False), absent("A"), out("A", tls_settings="encryption_only")])
def test_weakening_needs_consent(entry: Entry) -> None:
    plan = plan_for(tenant(), entry, out("N", recipient_domains=["n.example"]))
    assert verdicts(plan) == {"A": "refused", "N": None}
    assert named(plan, "A").weakens
    assert "allow_weaken" in sentence(plan, "A")
    assert named(plan, "A").weakens[0] in sentence(plan, "A")
    assert [cmdlet for _phase, cmdlet, _p in sent(plan)] == ["New-OutboundConnector"]


def test_consent_lets_it_pass_and_still_shows_it() -> None:
    plan = plan_for(tenant(), absent("A"), policy=Policy(allow_weaken=True))
    assert verdicts(plan) == {"A": None}
    assert named(plan, "A").weakens == ("deleted",)


def test_consent_that_was_given_for_a_state_is_for_no_other_one() -> None:
    exchange = tenant()
    (seen,) = [one for one in inventory(exchange) if one.name == "A"]
    agreed = {**out("A", recipient_domains=["a.example"]), "allow_weaken": True, "allow_weaken_from": state_id(seen)}
    assert verdicts(plan_for(exchange, agreed)) == {"A": None}
    exchange.run("Set-OutboundConnector", {"Identity": "A", "RecipientDomains": ["a.example", "new.example"]})
    plan = plan_for(exchange, agreed)
    assert verdicts(plan) == {"A": "plan_changed"}
    assert "no longer for new.example" in sentence(plan, "A")
    assert "Run again, and look at the new plan" in sentence(plan, "A")
    # Nor does it help that all others may be weakened, and what weakens nothing needs no consent.
    assert verdicts(plan_for(exchange, agreed, policy=Policy(allow_weaken=True))) == {"A": "plan_changed"}
    harmless = {**agreed, "recipient_domains": ["a.example", "new.example", "newer.example"]}
    assert verdicts(plan_for(exchange, harmless)) == {"A": None}
    new = {**agreed, "allow_weaken_from": state_id(None)}
    assert verdicts(plan_for(exchange, new)) == {"A": "plan_changed"}
    assert verdicts(plan_for(Exchange(), new)) == {"A": None}


def test_consent_for_one_entry_is_for_that_entry_alone() -> None:
    exchange = tenant()
    exchange.seed("outbound", "B", RecipientDomains=["b.example"], **DV)
    plan = plan_for(exchange, {**absent("A"), "allow_weaken": True}, {**out("B", enabled=False), "allow_weaken": False})
    assert verdicts(plan) == {"A": None, "B": "refused"}
    exchange.seed("outbound", "C", RecipientDomains=["c.example"], **DV)
    updated = plan_for(exchange, {**out("B", enabled=False), "allow_weaken": True}, out("C", enabled=False))
    assert verdicts(updated) == {"B": None, "C": "refused"}


def test_another_owners_connector_is_foreign() -> None:
    for entry in (out("Theirs", comment="x"), absent("Theirs"), out("Theirs")):
        plan = plan_for(tenant(), entry, policy=Policy(owner="me", allow_weaken=True))
        assert verdicts(plan) == {"Theirs": "refused"}
        assert "'them'" in sentence(plan, "Theirs")
        assert "'me'" in sentence(plan, "Theirs")


@pytest.mark.parametrize("owner", [None, "them"])
def test_the_owner_itself_and_who_names_none_may_change_it(owner: str | None) -> None:
    assert verdicts(plan_for(tenant(), out("Theirs", enabled=False), policy=Policy(owner=owner))) == {"Theirs": None}


def test_an_unmarked_connector_is_adopted() -> None:
    plan = plan_for(tenant(), out("A"), policy=Policy(owner="me"))
    assert verdicts(plan) == {"A": None}
    assert named(plan, "A").action == "update"


def mine(count: int) -> Exchange:
    exchange = tenant()
    for number in range(count):
        exchange.seed("outbound", f"M{number}", RecipientDomains=[f"m{number}.example"], Comment=mark("me"))
    return exchange


def test_up_to_prune_limit_deletions_pass() -> None:
    plan = plan_for(mine(3), out("Keep", recipient_domains=["k.example"]), policy=Policy("me", True, 3))
    assert verdicts(plan) == {"Keep": None, "M0": None, "M1": None, "M2": None}


def test_more_deletions_than_prune_limit_refuse_all_of_them() -> None:
    plan = plan_for(mine(3), out("Keep", recipient_domains=["k.example"]), policy=Policy("me", True, 2))
    assert verdicts(plan) == {"Keep": None, "M0": "refused", "M1": "refused", "M2": "refused"}
    assert "3 connectors" in sentence(plan, "M0")
    assert "prune_limit is 2" in sentence(plan, "M0")


def test_deletions_asked_for_by_name_do_not_count_as_pruning() -> None:
    plan = plan_for(mine(3), absent("M0"), absent("M1"), policy=Policy("me", True, 1))
    assert verdicts(plan) == {"M0": None, "M1": None, "M2": None}


def test_pruning_an_enforcing_connector_needs_consent_as_well() -> None:
    exchange = tenant()
    exchange.seed("outbound", "M", RecipientDomains=["m.example"], Comment=mark("me"), **DV)
    keep = out("Keep", recipient_domains=["k.example"])
    assert verdicts(plan_for(exchange, keep, policy=Policy("me", True)))["M"] == "refused"
    assert verdicts(plan_for(exchange, keep, policy=Policy("me", True, allow_weaken=True)))["M"] is None


def test_what_is_to_be_kept_is_not_pruned_and_does_not_count() -> None:
    policy = Policy("me", True, 2, prune_keep=frozenset({"m1"}))
    plan = plan_for(mine(3), out("Keep", recipient_domains=["k.example"]), policy=policy)
    assert verdicts(plan) == {"Keep": None, "M0": None, "M2": None}


def test_a_domain_stays_where_it_is_when_its_new_connector_is_held_back() -> None:
    plan = plan_for(
        tenant(),
        out("A", recipient_domains=["a.example"]),
        out("Theirs", recipient_domains=["t.example", "a2.example"], **ENFORCED),
        policy=Policy(owner="me"),
    )
    assert verdicts(plan) == {"A": "skipped", "Theirs": "refused"}
    assert "'theirs'" in sentence(plan, "A")
    assert sent(plan) == []


def test_a_domain_that_must_stay_is_not_added_to_another_connector() -> None:
    # Which of two connectors for one domain Exchange takes is open: the weaker one would undo the refusal.
    plan = plan_for(
        tenant(),
        out("A", recipient_domains=["a.example"]),
        out("Weak", recipient_domains=["a2.example"]),
        out("Aside", recipient_domains=["x.example"]),
    )
    assert verdicts(plan) == {"A": "refused", "Weak": "skipped", "Aside": None}
    assert "'A'" in sentence(plan, "Weak")


def test_holding_back_goes_along_the_whole_chain() -> None:
    exchange = Exchange()
    for name in "ABCD":
        domains = [f"{name.lower()}.example", f"{name.lower()}2.example"]
        exchange.seed("outbound", name, RecipientDomains=domains, **DV)
    entries = [
        out("A", recipient_domains=["a.example"]),
        out("B", recipient_domains=["b.example", "a2.example"]),
        out("C", recipient_domains=["c.example", "c2.example", "b2.example"], enabled=True),
        out("D", recipient_domains=["d.example", "d2.example"], comment="on its own"),
    ]
    assert set(verdicts(plan_for(exchange, *entries)).values()) == {None}
    entries[2] = out("C", recipient_domains=["c.example", "b2.example"])
    plan = plan_for(exchange, *entries)
    assert verdicts(plan) == {"A": "skipped", "B": "skipped", "C": "refused", "D": None}
    assert plan_for(exchange, *reversed(entries)).plan_id == plan.plan_id


def test_nothing_stands_against_doing_nothing() -> None:
    assert verdicts(plan_for(tenant(), out("Theirs"), absent("Never there"))) == {"Theirs": None, "Never there": None}


# -- two connectors for one domain -------------------------------------------------------------------------------------

ALONE = Policy(owner="me", refuse_shared=True)
TAKES = out("N", recipient_domains=["t.example"])


def test_a_domain_that_somebody_else_has_is_not_brought_into_force_where_that_is_asked_for() -> None:
    plan = plan_for(tenant(), TAKES, out("M", recipient_domains=["m.example"]), policy=ALONE)
    assert verdicts(plan) == {"N": "refused", "M": None}
    assert sentence(plan, "N") == (
        "The outbound connector 'N' was not created: in force already is the outbound connector 'Theirs' (which carries"
        " the mark of owner 'them') for t.example, and with two connectors for one domain Exchange may lose mail."
        " Decide which of them is to keep the domain, take it off the other one, and run again."
    )
    assert verdicts(plan_for(tenant(), TAKES)) == {"N": None}
    added = plan_for(tenant(), out("A", recipient_domains=["a.example", "a2.example", "t.example"]), policy=ALONE)
    assert sentence(added, "A").startswith("The outbound connector 'A' was not changed: ")


@pytest.mark.parametrize(
    "entries",
    [
        [{**TAKES, "enabled": False}],
        [{**TAKES, "recipient_domains": ["*.t.example", "*"]}],
        [inn("N", sender_domains=["t.example"])],
        # Of the plan's own: they go, or give it up.
        [TAKES, {**absent("Theirs"), "owner": "them"}],
        [TAKES, {**out("Theirs", enabled=False), "owner": "them"}],
    ],
)
def test_what_meets_nobody_else_is_not_refused(entries: list[Entry]) -> None:
    policy = Policy(owner="me", allow_weaken=True, refuse_shared=True)
    assert set(verdicts(plan_for(tenant(), *entries, policy=policy)).values()) == {None}


def test_what_the_plan_has_in_force_already_may_move_within_it() -> None:
    exchange = tenant()
    exchange.seed("outbound", "Beside", RecipientDomains=["a2.example"])
    entries = [out("A", recipient_domains=["a.example"]), out("N", recipient_domains=["a2.example"], **ENFORCED)]
    assert verdicts(plan_for(exchange, *entries, policy=ALONE)) == {"A": None, "N": None}


def test_a_restriction_is_in_the_way_of_what_its_wildcard_covers_and_not_the_other_way_round() -> None:
    restricted = {"restrict_domains_to_certificate": True, "tls_sender_certificate_name": "mx.t.example"}
    wide = inn("Wide", sender_domains=["*.t.example"], require_tls=True, **restricted)
    narrow = inn("Narrow", sender_domains=["a.t.example"], require_tls=True)
    for standing, wished, verdict in ((wide, narrow, "refused"), (narrow, wide, None)):
        exchange = Exchange()
        carry_out(exchange, plan_for(exchange, standing))
        assert verdicts(plan_for(exchange, wished, policy=ALONE)) == {wished["name"]: verdict}

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An entry's own mark: left out it is the task's, empty it is none."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.commands import rounds, took_effect
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Change, Policy
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    Entry,
    carry_out,
    named,
    out,
    plan_for,
    sent,
    wished,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
)

ME = Policy(owner="me", allow_weaken=True)


def mark(owner: str) -> str:
    return f"[mailflow.exchange_online owner={owner}]"


def standing(comment: str) -> Exchange:
    exchange = Exchange()
    exchange.seed("outbound", "A", RecipientDomains=["a.example"], TlsSettings="EncryptionOnly", Comment=comment)
    return exchange


def change_of(comment: str, entry: Entry, policy: Policy = ME) -> Change:
    return plan_for(standing(comment), entry, policy=policy).changes[0]


def test_a_connector_made_by_hand_keeps_its_comment_and_gets_no_mark() -> None:
    assert change_of("by hand", out("A", owner="", enabled=True)).action == "none"
    assert change_of("by hand", out("A", enabled=True)).action == "update", "or the option has no effect"


@pytest.mark.parametrize("comment", ["by hand\n", ""])
def test_an_empty_text_takes_the_mark_away_and_leaves_the_comment(comment: str) -> None:
    exchange = standing(f"{comment}{mark('me')}")
    plan = plan_for(exchange, out("A", owner=""), policy=ME)
    assert (plan.changes[0].changes, plan.changes[0].owner) == (("comment",), None)
    carry_out(exchange, plan)
    assert named(exchange, "outbound", "A")["Comment"] == comment.strip()
    assert plan_for(exchange, out("A", owner=""), policy=ME).touched == ()


def test_it_took_effect_only_when_the_mark_is_gone() -> None:
    ((command,),) = rounds(plan_for(standing(f"x\n{mark('me')}"), out("A", owner=""), policy=ME).changes)
    assert took_effect(command, {"comment": "x"}, None)
    assert not took_effect(command, {"comment": "x"}, "me")


def test_a_new_connector_carries_the_entrys_mark_or_none() -> None:
    def comment(**options: t.Any) -> object:
        plan = plan_for(Exchange(), out("N", recipient_domains=["n.example"], **options), policy=ME)
        return sent(plan)[0][2].get("Comment")

    assert comment(owner="") is None
    assert comment(owner="them", comment="text") == f"text\n{mark('them')}"
    assert comment() == mark("me")


def test_a_name_wins_over_the_tasks() -> None:
    given_away = change_of(f"x\n{mark('me')}", out("A", owner="them"))
    assert (given_away.owner, given_away.changes, given_away.blocked) == ("them", ("comment",), None)
    assert change_of(f"x\n{mark('them')}", out("A", owner="them")).action == "none"
    assert change_of(f"x\n{mark('them')}", out("A", owner="them"), Policy()).action == "none"
    assert change_of("x", out("A", owner="them"), Policy()).owner == "them"


@pytest.mark.parametrize("owner", [None, "", "us"])
def test_a_third_owners_connector_stays_foreign(owner: str | None) -> None:
    for entry in (out("A", comment="y", owner=owner), {**out("A", owner=owner), "state": "absent"}):
        change = change_of(f"x\n{mark('them')}", entry)
        assert change.blocked is not None
        assert "belongs to owner 'them'" in change.blocked.message


def test_without_an_owner_of_the_task_an_empty_text_takes_any_mark_away() -> None:
    change = change_of(f"x\n{mark('them')}", out("A", owner=""), Policy())
    assert (change.owner, change.changes, change.blocked) == (None, ("comment",), None)


def test_another_mark_is_another_plan() -> None:
    ids = {
        plan_for(standing("x"), out("A", comment="y", owner=owner), policy=ME).plan_id for owner in ("", "us", "them")
    }
    assert len(ids) == 3


def test_a_mark_that_cannot_be_written_is_told_with_its_entry() -> None:
    with pytest.raises(InputError) as found:
        wished(out("A"), out("B", owner="a]b"))
    (problem,) = found.value.problems
    assert problem.startswith("connectors[1] (outbound 'B'): owner: 'a]b' cannot be marked")

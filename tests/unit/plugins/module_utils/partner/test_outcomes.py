# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of connectors that were written in several stages, and what the run says of it; approved plans."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.approved import approved_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.outcomes import merged
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.partner.planning import at

PLAN: dict[str, t.Any] = {
    "plan_id": "p",
    "summary": {"partners": 1},
    "connectors": [],
    "changes": [],
    "refused": [],
    "partners": [{"name": "Contoso", "connectors": ["To Contoso", "From Contoso"], "held": None}],
}


def outcome(action: str, status: str, *changes: str, name: str = "To Contoso", **members: t.Any) -> dict[str, t.Any]:
    return {
        "name": name,
        "direction": "outbound",
        "action": action,
        "changes": list(changes),
        "weakens": False,
        "status": status,
        "error": None,
        **members,
    }


def refused(text: str, name: str = "To Contoso") -> dict[str, t.Any]:
    return outcome("update", "skipped", "enabled", name=name, weakens=True, error={"kind": "refused", "message": text})


def result(*outcomes: dict[str, t.Any], **members: t.Any) -> dict[str, t.Any]:
    return {"connectors": list(outcomes), "summary": {}, "requests": 7, "changed": True, "diff": [1], **members}


def test_made_and_enabled_is_created_and_counted_once() -> None:
    first, last = outcome("create", "applied", "enabled", "comment"), outcome("update", "applied", "enabled")
    told = merged([result(first), result(last)], PLAN, 5)
    (one,) = told["connectors"]
    assert (one["action"], one["status"], one["changes"]) == ("create", "applied", ["comment", "enabled"])
    assert (told["summary"]["created"], told["summary"]["updated"], told["requests"]) == (1, 0, 19)
    assert (told["error"], told["msg"], told["diff"]) == (None, "", [1, 1])
    assert told["lines"][0] == (
        "Partners 1, connectors 1: 0 unchanged, 1 created, 0 updated, 0 deleted, 0 failed, 0 skipped."
    )


@pytest.mark.parametrize(
    ("first", "last", "status", "action"),
    [
        (outcome("create", "applied"), outcome("none", "unchanged"), "applied", "create"),
        (outcome("none", "unchanged"), outcome("update", "applied"), "applied", "update"),
        (outcome("create", "applied"), outcome("delete", "applied"), "applied", "delete"),
        (
            outcome("update", "failed", error={"kind": "x", "message": "m"}),
            outcome("none", "unchanged"),
            "unchanged",
            "update",
        ),
        (
            outcome("update", "applied"),
            outcome("update", "failed", error={"kind": "x", "message": "m"}),
            "failed",
            "update",
        ),
    ],
)
def test_the_later_stage_counts(first: t.Any, last: t.Any, status: str, action: str) -> None:
    told = merged([result(first), result(last)], PLAN, 0)
    (one,) = told["connectors"]
    assert (one["status"], one["action"]) == (status, action)
    assert (told["error"] is None) is (status != "failed")


@pytest.mark.parametrize("later", [outcome("none", "unchanged"), outcome("update", "applied", "comment")])
def test_another_connector_that_came_beside_it_stays_told(later: dict[str, t.Any]) -> None:
    """To the later stage it is no news any more, and it is nothing that the later stage has mended."""
    error = {"kind": "changed_meanwhile", "message": "m", "retryable": False}
    told = merged([result(outcome("create", "failed", "enabled", error=error)), result(later)], PLAN, 0)
    (one,) = told["connectors"]
    assert (one["status"], one["action"], one["error"]) == ("failed", "create", error)
    assert told["error"] == error
    mended = merged([result(outcome("create", "failed", error={**error, "retryable": True})), result(later)], PLAN, 0)
    assert mended["error"] is None


def test_a_run_with_nothing_to_do_tells_what_stands() -> None:
    (standing, changing) = ({"name": name, "direction": "outbound"} for name in ("To Contoso", "To Fabrikam"))
    told = merged([], {**PLAN, "connectors": [standing, changing], "changes": [changing]}, 5)
    assert told["connectors"] == [outcome("none", "unchanged")]
    assert (told["changed"], told["requests"], told["summary"]["unchanged"]) == (False, 5, 1)


def test_what_the_plan_has_refused_is_told_where_no_stage_has_asked_for_it() -> None:
    plan = {**PLAN, "refused": [refused("Planned."), refused("Left.", name="To Fabrikam")]}
    told = merged([result({**refused("Asked."), "name": "TO CONTOSO"})], plan, 0)
    assert [one["error"]["message"] for one in told["connectors"]] == ["Asked.", "Left."]
    assert (told["summary"]["skipped"], told["error"]["kind"]) == (2, "refused")
    assert told["msg"].startswith("2 of 2 connectors could not be brought to the wished state. Asked. Left.")


def test_who_failed_is_told_by_the_connectors_of_its_own_and_by_shared_ones() -> None:
    """And what the plan has refused is no failure: it was told before, and nobody has tried it."""
    partners = [{"name": name, "connectors": [f"To {name}", f"From {name}"], "held": None} for name in "ABCD"]
    shared = {"direction": "outbound", "name": "Shared", "partners": ["C", "D"]}
    alike = {**refused("Planned.", name="To B"), "direction": "inbound"}
    plan = {**PLAN, "partners": partners, "changes": [shared], "refused": [refused("Planned.", name="To A"), alike]}
    error = {"kind": "plan_changed", "message": "m"}

    def failing(*names: str) -> t.Any:
        made = [{**outcome("update", "skipped", error=error), "name": name} for name in names]
        return merged([result(*made)], plan, 0)["failed_partners"]

    assert failing("To A") == []
    # Another direction has another connector.
    assert failing("TO B", "To A") == ["B"]
    assert failing("Shared", "To A") == ["C", "D"]


def test_a_task_that_could_do_nothing_at_all_is_the_runs_error() -> None:
    broken = {"msg": "Signing in failed.", "error": {"kind": "auth"}, "changed": False}
    told = merged([broken], PLAN, 5)
    assert (told["msg"], told["error"], told["failed"]) == ("Signing in failed.", {"kind": "auth"}, True)


def test_what_was_refused_names_the_variable_that_would_allow_it() -> None:
    told = merged([result(refused("It would weaken it."))], PLAN, 0)
    hint = 'In this role, the consent is forced_tls_allow_weaken: ["Contoso"], or all.'
    assert told["lines"][-1] == hint
    assert told["msg"].endswith(hint)
    nobodys = merged([result(refused("It would weaken it.", name="Old"))], PLAN, 0)
    assert nobodys["lines"][-1] == "In this role, the consent is forced_tls_allow_weaken: all."


def test_what_the_limit_refused_names_the_limit_alone() -> None:
    told = merged([result(refused("pruning would delete 4 connectors, and prune_limit is 3.", name="Old"))], PLAN, 0)
    assert told["lines"][-1] == "In this role, the limit is forced_tls_prune_limit."
    assert "allow_weaken" not in told["msg"]


# -- approved plans ----------------------------------------------------------------------------------------------------

NOW = at("2026-11-26T08:00:00Z")
GOOD = {"format": 1, "plan_id": "p", "partners": [], "made_at": "2026-11-25T08:00:00Z"}


def test_an_approved_plan_is_read() -> None:
    assert approved_plan(json.dumps(GOOD), "plan.json", "7d", NOW) == GOOD


@pytest.mark.parametrize(
    ("text", "max_age", "problem"),
    [
        (" \n", "7d", "The plan file 'plan.json' was not found, cannot be read, or is empty; give the path"),
        ("no plan", "7d", "The plan file 'plan.json' is not JSON, so it is no plan; make a new one"),
        ("[]", "7d", "holds no plan of this release"),
        (json.dumps({**GOOD, "format": 2}), "7d", "holds no plan of this release"),
        (json.dumps({**GOOD, "partners": "x"}), "7d", "holds no plan of this release"),
        (json.dumps({**GOOD, "made_at": "soon"}), "7d", "does not say when it was made"),
        (json.dumps(GOOD), "23", r"longer ago than forced_tls_plan_max_age \(23\) allows"),
        (json.dumps(GOOD), "long", "forced_tls_plan_max_age: "),
    ],
)
def test_what_is_no_plan_or_an_old_one_is_refused(text: str, max_age: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        approved_plan(text, "plan.json", max_age, NOW)

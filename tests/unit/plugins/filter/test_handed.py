# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What travels of a plan from job to job, and that it is approved as the plan itself would be."""

from __future__ import annotations

import datetime as dt
import json
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.filter.partner_plan import partner_plan
from ansible_collections.mailflow.exchange_online.plugins.filter.plan_artifact import plan_artifact
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.approved import approved_plan

NOW = "2026-11-02T09:00Z"
INVENTORY: dict[str, t.Any] = {"connectors": [], "details": [], "tenant_id": "11111111-2222-3333-4444-555555555555"}
#: The worst that a probe tells: every finding that fits, in long sentences that servers have a say in.
OBSTACLES = [
    {
        "code": f"code_{n}",
        "severity": "error",
        "subject": "mx",
        "message": "{{ evil }} " + "x" * 600,
        "advice": "y" * 600,
    }
    for n in range(20)
]


def evidence(verdict: str = "not_ready", obstacles: t.Sequence[t.Any] = OBSTACLES) -> dict[str, t.Any]:
    return {
        "verdict": verdict,
        "seen_at": "2026-11-02T08:55:00Z",
        "vantage": "relay.example.com",
        "delivery": "ok",
        "sustains": "encryption_only",
        "names": [f"mx{n}.example.com" for n in range(50)],
        "obstacles": list(obstacles),
        "waived": [],
        "notices": [],
    }


def plan_of(count: int, seen: dict[str, t.Any] | None) -> dict[str, t.Any]:
    partners = [f"partner{n}.example" for n in range(count)]
    return partner_plan(partners, INVENTORY, now=NOW, evidence={name: seen for name in partners if seen})


@pytest.mark.parametrize("seen", [None, evidence("ready", []), evidence()])
def test_what_travels_of_500_partners_is_small_and_leads_to_the_same_plan(seen: dict[str, t.Any] | None) -> None:
    plan = plan_of(500, seen)
    text = json.dumps({"forced_tls_plans": {"localhost": plan_artifact(plan)}})
    assert len(text) < 500_000
    assert "{{" not in text
    read = approved_plan(
        json.dumps(json.loads(text)["forced_tls_plans"]["localhost"]),
        "x",
        "7d",
        dt.datetime(2026, 11, 3, tzinfo=dt.timezone.utc),
    )
    again = partner_plan(
        [one["name"] for one in read["partners"]],
        INVENTORY,
        now=read["made_at"],
        evidence={one["name"]: one["evidence"] for one in read["partners"] if one["evidence"]},
    )
    assert again["plan_id"] == plan["plan_id"] == read["plan_id"]
    assert again["summary"] == plan["summary"] == read["summary"]


def test_who_is_held_is_told_why_and_how_much_more_there_is() -> None:
    short = [{**one, "message": f"{one['code']} is wrong."} for one in OBSTACLES]
    plan = plan_of(1, evidence(obstacles=short))
    (partner,) = plan_artifact(plan)["partners"]
    again = partner_plan(["partner0.example"], INVENTORY, now=NOW, evidence={"partner0.example": partner["evidence"]})
    assert again["partners"][0]["held"] == plan["partners"][0]["held"]
    assert "code_0 is wrong (and 19 more)" in plan["partners"][0]["held"]["message"]


def test_the_approver_reads_the_first_hundred_lines() -> None:
    lines = plan_artifact(plan_of(500, evidence()))["lines"]
    assert lines[0].startswith("Partners 500 at 2026-11-02 09:00 UTC: 0 enforced, 500 held")
    assert "To do: 1000 to create" in lines[1]
    assert lines[100:] == ["... and 402 more lines in the output of the job."]


def test_what_is_no_plan_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="This is no plan"):
        plan_artifact({"plan_id": "x"})

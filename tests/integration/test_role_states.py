# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role and what it makes of states, dates, consent by name, and lists in files."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.integration.test_role import Role, names, record_of, role
from ansible_collections.mailflow.exchange_online.tests.lab import Lab

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run

__all__ = ["role"]

BEFORE, AFTER = "2026-12-01T07:59Z", "2026-12-01T08:00Z"
CONTOSO: dict[str, t.Any] = {"name": "Contoso", "domains": ["contoso.com"], "enforce_from": "2026-12-01T08:00:00Z"}
SUSPENDED: dict[str, t.Any] = {"state": "suspended", "reason": "Ticket 7", "until": "2026-12-01"}


def enabled(lab: Lab) -> dict[str, bool]:
    return {record["Name"]: record["Enabled"] for record in (*lab.tenant.outbound, *lab.tenant.inbound)}


def both(name: str, value: bool) -> dict[str, bool]:
    return {f"Forced TLS to {name}": value, f"Forced TLS from {name}": value}


def said(play: harness.Play) -> str:
    return " ".join(play.stdout.split())


def test_held_until_the_date_then_enforced_in_place(lab: Lab, role: Role) -> None:
    partners = [CONTOSO, "fabrikam.com"]
    check = role(partners, "--check", now=BEFORE)
    first = role(partners, now=BEFORE)
    assert first.result["plan_id"] == check.result["plan_id"]
    assert enabled(lab) == {**both("Contoso", False), **both("fabrikam.com", True)}
    assert "held: Contoso until 2026-12-01 08:00 UTC: enforce_from" in said(first.play)
    assert "Partners 2 at 2026-12-01 07:59 UTC: 1 enforced, 1 held, 0 prepared" in said(first.play)
    held = {"name": "Contoso", "reason": "enforce_from", "until": "2026-12-01T08:00:00Z", "message": ""}
    assert (first.result["held"], first.result["alerts"]) == ([held], [])
    again = role(partners, now=BEFORE)
    assert lab.journal.writes() == []
    assert again.result["requests"] <= 5

    guids = names_and_guids(lab)
    due = role(partners, now=AFTER)
    assert due.result["held"] == []
    assert (due.result["summary"]["updated"], due.result["summary"]["unchanged"]) == (2, 2)
    assert enabled(lab) == {**both("Contoso", True), **both("fabrikam.com", True)}
    assert names_and_guids(lab) == guids


def names_and_guids(lab: Lab) -> dict[str, str]:
    return {record["Name"]: record["Guid"] for record in (*lab.tenant.outbound, *lab.tenant.inbound)}


def test_a_date_far_ahead_and_one_long_past_without_a_time_given(lab: Lab, role: Role) -> None:
    partners = [{**CONTOSO, "enforce_from": "2999-01-01"}, {"domains": ["a.com"], "enforce_from": "2020-01-01"}]
    role(partners)
    assert enabled(lab) == {**both("Contoso", False), **both("a.com", True)}


def test_dates_as_yaml_hands_them_over(lab: Lab, role: Role, tmp_path: pathlib.Path) -> None:
    variables = tmp_path / "partners.yml"
    variables.write_text(
        "forced_tls_partners:\n"
        "  - {name: Contoso, domains: [contoso.com], enforce_from: 2026-12-01T09:00:00+01:00}\n"
        "  - {name: Fabrikam, domains: [fabrikam.com], enforce_from: 2026-12-02}\n"
        "forced_tls_defaults: {enforce_from: 2026-12-03}\n",
        encoding="utf-8",
    )
    done = role(None, "-e", f"@{variables}", now=AFTER)
    assert enabled(lab) == {**both("Contoso", True), **both("Fabrikam", False)}
    assert [entry["until"] for entry in done.result["held"]] == ["2026-12-02T00:00:00Z"]


def test_a_date_moved_ahead_does_not_take_tls_off_without_consent(lab: Lab, role: Role) -> None:
    role([CONTOSO], now=AFTER)
    moved = {**CONTOSO, "enforce_from": "2027-01-01"}
    refused = role([moved, "fabrikam.com"], rc=2, now=AFTER)
    assert enabled(lab) == {**both("Contoso", True), **both("fabrikam.com", True)}
    assert refused.result["summary"]["skipped"] == 2
    assert "was left as it is: the change would weaken it (" in said(refused.play)
    assert "Held back by their dates, but enforced already, and left so: Contoso." in said(refused.play)
    role([moved, "fabrikam.com"], now=AFTER, allow_weaken=["Contoso"])
    assert enabled(lab) == {**both("Contoso", False), **both("fabrikam.com", True)}


def test_a_suspension_needs_consent_and_does_not_end_by_itself(lab: Lab, role: Role) -> None:
    role([CONTOSO], now=AFTER)
    suspended = {**CONTOSO, **SUSPENDED, "until": "2026-12-24"}
    assert "forced_tls_allow_weaken" in said(role([suspended], rc=2, now=AFTER).play)
    assert enabled(lab) == both("Contoso", True)
    done = role([suspended], now=AFTER, allow_weaken="Contoso")
    assert enabled(lab) == both("Contoso", False)
    assert done.result["alerts"] == []
    comment = record_of(lab.tenant.outbound, "Forced TLS to Contoso")["Comment"]
    assert "Suspended until 2026-12-24 00:00 UTC: Ticket 7." in comment

    over = role([suspended], now="2026-12-24")
    assert lab.journal.writes() == []
    assert "ALERT: Contoso: the suspension ended on 2026-12-24 00:00 UTC, and nothing is enforced" in said(over.play)
    assert [(entry["name"], entry["alert"]) for entry in over.result["alerts"]] == [("Contoso", "suspension_over")]


def test_planned_makes_nothing_and_leaves_what_stands(lab: Lab, role: Role) -> None:
    planned = {**CONTOSO, "state": "planned"}
    role([planned, "fabrikam.com"], now=BEFORE)
    assert enabled(lab) == both("fabrikam.com", True)
    role([CONTOSO, "fabrikam.com", "adatum.com"], now=AFTER)
    done = role([planned, "fabrikam.com"], now=AFTER, prune=True, allow_weaken="all")
    assert done.result["summary"]["deleted"] == 2  # those of adatum.com
    assert enabled(lab) == {**both("Contoso", True), **both("fabrikam.com", True)}
    assert [entry["alert"] for entry in done.result["alerts"]] == ["date_passed"]


def test_consent_for_one_partner_is_for_that_partner_alone(lab: Lab, role: Role) -> None:
    role(["a.com", "b.com", "c.com"])
    gone = [{"name": name, "state": "absent"} for name in ("a.com", "b.com")]
    done = role([*gone, "c.com"], rc=2, allow_weaken=["A.com"])
    assert names(lab.tenant.outbound) == ["Forced TLS to b.com", "Forced TLS to c.com"]
    assert (done.result["summary"]["deleted"], done.result["summary"]["skipped"]) == (2, 2)
    assert 'forced_tls_allow_weaken: [\\"b.com\\"], or all.' in done.play.stdout
    pruned = role(["c.com"], rc=2, prune=True, allow_weaken=["c.com"])
    assert "the consent is forced_tls_allow_weaken: all." in pruned.play.stdout
    assert len(lab.tenant.outbound) == 2


CSV = (
    "name;domains;state;enforce_from;contact\r\nBäckerei;a.com b.com;;;Jürgen\r\n;c.com;;2026-12-01 08:00;\r\n;;;;\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_a_spreadsheets_export(encoding: str, lab: Lab, role: Role, tmp_path: pathlib.Path) -> None:
    (tmp_path / "partners.csv").write_bytes(CSV.encode(encoding))
    done = role(None, now=BEFORE, partners_file="partners.csv")  # where Ansible was started
    assert enabled(lab) == {**both("Bäckerei", True), **both("c.com", False)}
    assert [entry["name"] for entry in done.result["held"]] == ["c.com"]
    comment = record_of(lab.tenant.outbound, "Forced TLS to Bäckerei")["Comment"]
    assert comment.startswith("Forced TLS with Bäckerei. Contact: Jürgen.")
    role(["c.com", {"name": "Bäckerei", "domains": ["a.com", "b.com"], "contact": "Jürgen"}], now=AFTER)
    assert lab.journal.commands("New-") == []


def test_problems_of_a_file_are_told_with_their_lines_and_nothing_is_sent(
    lab: Lab, role: Role, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "list.yml"
    file.write_text("- a b\n- domains: [c.com]\n  state: suspended\n", encoding="utf-8")
    told = role(None, rc=2, partners_file=str(file)).play.text
    assert f"The partner list in {file} has 3 problems:" in told
    assert "Line 1 (a b): domains 'a b' has the label" in told
    assert "Line 2 (c.com): state is suspended, but reason is missing" in told
    assert lab.journal.entries == []


def test_the_list_comes_from_one_place(lab: Lab, role: Role, tmp_path: pathlib.Path) -> None:
    (tmp_path / "empty.csv").write_text("domains\n", encoding="utf-8")
    (tmp_path / "good.csv").write_text("domains\na.com\n", encoding="utf-8")
    both_given = role(["a.com"], rc=2, partners_file="good.csv")
    assert "forced_tls_partners and forced_tls_partners_file are both given" in said(both_given.play)
    assert "There is no partner list; give forced_tls_partners, or" in said(role(None, rc=2).play)
    assert "The file lists no partner" in role(None, rc=2, partners_file="empty.csv").play.text
    assert "The partner list 'no.csv' was not found" in role(None, rc=2, partners_file="no.csv").play.text
    assert lab.journal.entries == []


def test_the_check_alone_tells_who_is_held_without_credentials(lab: Lab, tmp_path: pathlib.Path) -> None:
    (tmp_path / "partners.csv").write_bytes(CSV.encode("cp1252"))
    play = harness.run_playbook(
        "mailflow.exchange_online.provision",
        *("--tags", "forced_tls_check"),
        environment={},
        variables={"forced_tls_partners_file": "partners.csv", "forced_tls_now": BEFORE},
        home=tmp_path,
    )
    assert play.rc == 0, play.text
    assert "held: c.com until 2026-12-01 08:00 UTC: enforce_from" in said(play)
    assert lab.journal.entries == []


def test_the_output_has_as_many_tasks_for_many_partners_as_for_few(lab: Lab, role: Role) -> None:
    tasks = []
    for count in (5, 200):
        partners = [{"domains": [f"p{n}.example"], "enforce_from": "2999-01-01"} for n in range(count)]
        play = role(partners, "--check").play
        tasks.append(re.findall(r"^TASK \[.*\]", play.stdout, flags=re.MULTILINE))
    assert tasks[0] == tasks[1]


@pytest.mark.parametrize("step", ["check", "apply", "validate"])
def test_each_step_can_run_alone(step: str, lab: Lab, run: Run, tmp_path: pathlib.Path) -> None:
    playbook = tmp_path / "step.yml"
    playbook.write_text(
        "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - ansible.builtin.import_role:\n"
        f"        name: mailflow.exchange_online.forced_tls\n        tasks_from: {step}\n",
        encoding="utf-8",
    )
    play = run.playbook(playbook, forced_tls_partners=[CONTOSO], forced_tls_now=BEFORE)
    assert play.rc == 0, play.text
    assert enabled(lab) == (both("Contoso", False) if step == "apply" else {})
    refused = run.playbook(playbook)
    assert refused.rc == 2
    assert "There is no partner list" in said(refused)

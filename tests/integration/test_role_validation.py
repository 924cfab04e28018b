# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role and its playbook have Exchange validate what is in force, and say whom."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.tests.integration.harness import Play
from ansible_collections.mailflow.exchange_online.tests.integration.test_role import Role, role
from ansible_collections.mailflow.exchange_online.tests.integration.test_role_gate import lab, partner, world
from ansible_collections.mailflow.exchange_online.tests.integration.validation import CLEAR, GOOD, letters, record
from ansible_collections.mailflow.exchange_online.tests.lab import Lab

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run

__all__ = ["lab", "role", "world"]


def said(play: Play) -> str:
    return " ".join(play.stdout.split())


def test_check_then_run_then_run_again(lab: Lab, role: Role) -> None:
    partners = [partner(GOOD), "fabrikam.com", partner(CLEAR, state="prepared")]
    check = role(partners, "--check")
    assert lab.journal.writes() == lab.journal.commands("Validate-") == []
    assert "To do: 6 to create, 0 to update, 0 to delete; Exchange validates 1 before they are enforced." in (
        said(check.play)
    )

    real = role(partners)
    # Twice, because the lab's Exchange does not look at a disabled connector.
    assert lab.journal.commands("Validate-") == ["Validate-OutboundConnector"] * 2
    assert "Validations 1: 1 passed, 0 failed, 0 without a clear answer, 0 to validate." in said(real.play)
    assert letters(lab) == [(f"postmaster@{GOOD}", True)]
    found = record(lab, f"Forced TLS to {GOOD}")
    assert (found["IsValidated"], found["ValidationRecipients"]) == (True, [f"postmaster@{GOOD}"])

    again = role(partners)
    assert lab.journal.writes() == lab.journal.commands("Validate-") == []
    assert again.play.recap()["changed"] == 0
    assert len(letters(lab)) == 1


def test_check_mode_names_what_stands_and_would_be_validated(lab: Lab, role: Role) -> None:
    role([partner(GOOD)], validate=False)
    assert letters(lab) == []
    check = role([partner(GOOD), partner(CLEAR)], "--check")
    assert "0 without a clear answer, 1 to validate." in said(check.play)
    assert "Exchange validates 1 before they are enforced." in said(check.play)
    assert lab.journal.writes() == lab.journal.commands("Validate-") == []
    # Test mail to a domain that the connector is still to get would be refused today, and not by the real run.
    grown = partner(GOOD)
    grown["domains"].append("new.example")
    grown["outbound"]["validation_recipients"] = ["it@new.example"]
    assert "0 to create, 2 to update, 0 to delete; Exchange validates 1" in said(role([grown], "--check").play)


def test_check_mode_names_who_is_validated_again_because_the_run_changes_the_connector(lab: Lab, role: Role) -> None:
    role([partner(GOOD)])
    assert len(letters(lab)) == 1
    changed = partner(GOOD, contact="it@example.com")
    assert "0 without a clear answer, 1 to validate." in said(role([changed], "--check").play)
    assert "Validations 1: 1 passed, 0 failed" in said(role([changed]).play)
    assert len(letters(lab)) == 2
    assert role([changed]).play.recap()["changed"] == 0


def test_the_playbook_validates_the_whole_list_and_nothing_else(lab: Lab, role: Role, run: Run) -> None:
    partners = [partner(GOOD), "fabrikam.com"]
    role(partners, validate=False)
    lab.journal.clear()

    def playbook(*arguments: str, **variables: t.Any) -> Play:
        lab.journal.clear()
        play = run.playbook("mailflow.exchange_online.validate", *arguments, forced_tls_partners=partners, **variables)
        assert play.rc == 0, play.text
        return play

    assert "1 to validate." in said(playbook("--check"))
    assert lab.journal.writes() == []
    assert letters(lab) == []
    both = ["Validate-OutboundConnector", "Set-OutboundConnector"]
    playbook()
    assert [command for command in lab.journal.commands() if not command.startswith("Get-")] == both
    assert playbook().recap()["changed"] == 0
    assert lab.journal.writes() == []
    playbook(forced_tls_validation_max_age="0")
    assert [command for command in lab.journal.commands() if not command.startswith("Get-")] == both
    assert len(letters(lab)) == 2


def test_recipients_outside_the_partners_domains_are_refused_before_anything_is_sent(lab: Lab, role: Role) -> None:
    wrong = role([{"domains": [GOOD], "outbound": {"validation_recipients": ["it@fabrikam.com"]}}], rc=2)
    assert "outbound.validation_recipients 'it@fabrikam.com' is in none of the partner's domains" in wrong.play.text
    assert lab.journal.entries == []

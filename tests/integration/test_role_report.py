# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role leaves a report of what it did, and the playbook one of how things stand."""

from __future__ import annotations

import csv
import hashlib
import json
import pathlib
import stat
import typing as t

import pytest
import yaml

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.compose import make_report
from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.integration.test_role import Role, role
from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.report import sample

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run
    from ansible_collections.mailflow.exchange_online.tests.integration.harness import Play

__all__ = ["role"]

CONTOSO: dict[str, t.Any] = {"name": "Contoso", "domains": ["contoso.com"], "reference": "CHG0042"}
LATER: dict[str, t.Any] = {"name": "Later", "domains": ["later.example"], "enforce_from": "2999-01-01"}
GONE: dict[str, t.Any] = {"name": "Gone", "domains": ["gone.example"], "state": "absent"}

#: The step alone, on what was planned and seen before.
PLAY: list[dict[str, t.Any]] = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {
                "ansible.builtin.set_fact": {
                    "forced_tls_plan": "{{ given.plan }}",
                    "__forced_tls_inventory": "{{ given.inventory }}",
                    "__forced_tls_probes": "{{ ' ' ~ given.probes | to_json }}",
                    "__forced_tls_results": "{{ given.results }}",
                    "__forced_tls_validations_done": "{{ given.validations }}",
                },
                "vars": {"given": "{{ lookup('ansible.builtin.file', given_file) | from_json }}"},
            },
            {
                "ansible.builtin.include_role": {
                    "name": "mailflow.exchange_online.forced_tls",
                    "tasks_from": "report",
                },
            },
        ],
    }
]


@pytest.fixture
def place(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "reports" / "tenant"


def told(place: pathlib.Path) -> dict[str, t.Any]:
    """The report for machines, partners by their names."""
    report: dict[str, t.Any] = json.loads((place / "report.json").read_text(encoding="utf-8"))
    return {**report, "partners": {one["name"]: one for one in report["partners"]}}


def report_lines(play: Play) -> list[str]:
    """The tasks of the report, and what they printed of single items."""
    lines = play.stdout[play.stdout.index("report |") :].splitlines()
    return [line.rstrip("* ") for line in lines if "report |" in line or "(item" in line]


def test_two_runs_are_told_in_all_forms_and_kept_private(lab: Lab, role: Role, place: pathlib.Path) -> None:
    done = role([CONTOSO, LATER, GONE], report=True, report_dir=str(place))
    assert f"Report: {place}/report.html (3 partners, 0 of them need a decision)." in " ".join(done.play.stdout.split())

    report = told(place)
    contoso, later = report["partners"]["Contoso"], report["partners"]["Later"]
    assert (contoso["status"], contoso["forces"]) == ("enforced", {"outbound": True, "inbound": True})
    assert [step["status"] for step in contoso["history"]] == ["applied", "applied"]
    assert (later["status"], later["forces"]) == ("held", {"outbound": False, "inbound": False})
    assert [each["matter"] for each in later["decisions"]] == ["waiting"]
    assert report["summary"]["create"] == 4

    page = (place / "report.html").read_text(encoding="utf-8")
    for name in ("report.json", "report.csv"):
        assert hashlib.sha256((place / name).read_bytes()).hexdigest() in page
    rows = list(csv.DictReader((place / "report.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["name"] for row in rows] == ["Contoso", "Later", "Gone"]

    letters = place / "letters"
    assert sorted(path.name for path in letters.iterdir()) == ["contoso.txt", "later.txt"]
    assert "Our reference: CHG0042" in (letters / "contoso.txt").read_text(encoding="utf-8")
    assert [path.name for path in place.iterdir() if path.name.startswith(".")] == []
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.rglob("*.*") if path.is_file()} == {0o600}
    assert stat.S_IMODE(place.stat().st_mode) == stat.S_IMODE(letters.stat().st_mode) == 0o700

    # A second run, of more partners that are not made yet: nothing is changed, and the letters are those of this list.
    (letters / "sent.txt").write_text("Dear Contoso,\n", encoding="utf-8")
    planned = [{"domains": [f"p{number}.example"], "state": "planned"} for number in range(9)]
    again = role([CONTOSO, *planned], report=True, report_dir=str(place))
    assert again.play.recap()["changed"] == 0
    assert lab.journal.writes() == []
    assert (told(place)["partners"]["Contoso"]["status"], told(place)["partners"]["Contoso"]["history"]) == (
        "enforced",
        [],
    )
    expected = ["contoso.txt", *(f"p{number}.example.txt" for number in range(9)), "sent.txt"]
    assert sorted(path.name for path in letters.iterdir()) == expected
    # The same lines, however many partners there are.
    assert report_lines(again.play) == report_lines(done.play)
    assert len(report_lines(again.play)) == 4


def test_check_mode_writes_nothing(lab: Lab, role: Role, place: pathlib.Path) -> None:
    done = role([CONTOSO], "--check", report=True, report_dir=str(place))
    assert not place.exists()
    assert "report | Count" in done.play.stdout


def test_a_report_is_written_also_when_a_change_was_refused(lab: Lab, role: Role, place: pathlib.Path) -> None:
    role([CONTOSO], report=False, report_dir=str(place))
    assert not (place / "report.html").exists()
    role([{**CONTOSO, "outbound": {"level": "encryption_only"}}], rc=2, report=True, report_dir=str(place))
    contoso = told(place)["partners"]["Contoso"]
    assert "refused" in [each["matter"] for each in contoso["decisions"]]
    assert contoso["connectors"][0]["settings"]["tls_settings"] == "certificate_validation"


def test_the_playbook_tells_how_things_stand_only_reads_and_hands_on_the_counts(
    lab: Lab, role: Role, run: Run, place: pathlib.Path
) -> None:
    role([CONTOSO])
    lab.journal.clear()
    play = harness.run_playbook(
        "mailflow.exchange_online.report",
        environment={**lab.environment(), "ANSIBLE_SHOW_CUSTOM_STATS": "1"},
        variables={
            "forced_tls_partners": [CONTOSO, "fabrikam.com"],
            "forced_tls_probe": False,
            "forced_tls_report_dir": str(place),
        },
        home=run.home,
    )
    assert play.rc == 0, play.text
    assert "WARNING" not in play.text
    assert play.recap()["changed"] == 0
    assert lab.journal.writes() == []
    partners = told(place)["partners"]
    assert {name: one["status"] for name, one in partners.items()} == {"Contoso": "enforced", "fabrikam.com": "pending"}
    assert "Nothing was changed" in (place / "report.html").read_text(encoding="utf-8")
    stats = play.stdout.split("CUSTOM STATS:", 1)[1]
    assert '"forced_tls"' in stats
    assert '"pending": 1' in stats


def test_what_a_server_says_is_neither_a_template_nor_html(
    run: Run, place: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    given = sample.sample()
    banner = given["probes"]["humongous insurance"][0]["hosts"][0]["banner"]
    banner["text"] += "{{ 7000 + 77 }}{% for %}"
    (tmp_path / "given.json").write_text(json.dumps(given), encoding="utf-8")
    playbook = tmp_path / "report.yml"
    playbook.write_text(yaml.safe_dump(PLAY), encoding="utf-8")
    play = run.playbook(
        playbook,
        given_file=str(tmp_path / "given.json"),
        forced_tls_partners=["a.example"],
        forced_tls_report_dir=str(place),
    )
    assert play.rc == 0, play.text
    page = (place / "report.html").read_text(encoding="utf-8")
    assert "{{ 7000 + 77 }}{% for %}" in page
    assert "7077" not in page
    assert "<script" not in page
    assert "16 partners, 7 of them need a decision" in play.stdout
    # The same texts as without Ansible, but for the times of the run.
    assert sorted(path.name for path in (place / "letters").iterdir()) == sorted(
        name.removeprefix("letters/") for name in make_report(given)["files"] if name.startswith("letters/")
    )

    # Where the report cannot be written, the remedy is told.
    taken = tmp_path / "taken"
    taken.write_text("a file", encoding="utf-8")
    failed = run.playbook(
        playbook,
        given_file=str(tmp_path / "given.json"),
        forced_tls_partners=["a.example"],
        forced_tls_report_dir=str(taken),
    )
    assert failed.rc == 2
    assert f"The report could not be written below {taken}" in " ".join(failed.stdout.split())

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook rollback against the lab: what provision has changed comes back, and break glass."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.lab import Fault, Lab

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run

CONTOSO: dict[str, t.Any] = {"name": "Contoso", "domains": ["contoso.com", "*.contoso.com"]}
STRICT: dict[str, t.Any] = {
    **CONTOSO,
    "outbound": {"level": "domain_validation", "certificate_name": "mx.contoso.com"},
    "inbound": {"certificate_name": "*.contoso.com"},
}
READS = 5


class Books:
    """Runs the playbooks of the collection, with what they keep in one place."""

    def __init__(self, run: Run, home: pathlib.Path) -> None:
        self._run = run
        self.lab = run.lab
        self.directory = home / "kept"

    def __call__(self, name: str, *arguments: str, rc: int = 0, **variables: t.Any) -> harness.Play:
        """Run one, and see that it ends with ``rc`` and without any warning. Variables lack their prefix."""
        self.lab.journal.clear()
        given = {"probe": False, "report": False, "report_dir": str(self.directory), **variables}
        play = self._run.playbook(
            f"mailflow.exchange_online.{name}",
            *arguments,
            **{f"forced_tls_{key}": value for key, value in given.items() if value is not None},
        )
        assert play.rc == rc, play.text
        assert "WARNING" not in play.text
        assert "DEPRECAT" not in play.text
        return play

    def runs(self) -> list[str]:
        """The runs that have kept something, the oldest first."""
        return sorted(path.parent.name for path in self.directory.glob("runs/*/snapshot.json"))

    def state(self) -> dict[str, dict[str, t.Any]]:
        """What stands, without what Exchange counts itself."""
        own = {"Guid", "WhenChangedUTC", "WhenCreatedUTC", "WhenChanged", "WhenCreated", "ExchangeObjectId", "Id"}
        records = [("outbound", record) for record in self.lab.tenant.outbound]
        records += [("inbound", record) for record in self.lab.tenant.inbound]
        return {
            f"{direction} {record['Name']}": {
                key: value
                for key, value in record.items()
                if key not in own and "DirectoryObjectVersion" not in key and "Identifier" not in key
            }
            for direction, record in records
        }


@pytest.fixture
def books(run: Run, tmp_path: pathlib.Path) -> Books:
    """The playbooks, bound to this test's lab."""
    return Books(run, tmp_path)


def said(play: harness.Play) -> str:
    return " ".join(play.text.split())


def test_a_run_comes_back_and_a_rollback_too(lab: Lab, books: Books) -> None:
    books("provision", partners=[CONTOSO, "fabrikam.com"])
    stood = books.state()
    guids = sorted(record["Guid"] for record in lab.tenant.outbound)
    books("provision", partners=[STRICT, {"domains": ["fabrikam.com"], "state": "absent"}], allow_weaken="all")
    changed = books.state()
    runs = books.runs()
    assert len(runs) == 2
    kept = books.directory / "runs" / runs[1] / "snapshot.json"
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)

    check = books("rollback", "--check", "--diff", rollback_run="last")
    assert lab.journal.writes() == []
    assert books.state() == changed
    assert books.runs() == runs
    assert "mx.contoso.com" in check.stdout
    assert f"Rollback of run {runs[1]}: 4 to change of 4 connectors." in said(check)
    assert "This was a check: nothing was changed." in said(check)

    back = books("rollback", rollback_run="last")
    assert books.state() == stood
    assert "2 created, 2 updated, 0 deleted" in said(back)
    assert "The partner list still says otherwise" in said(back)
    assert "(Contoso, fabrikam.com)" in said(back)
    assert back.recap()["changed"] == 1
    assert sorted(record["Guid"] for record in lab.tenant.outbound) != guids, "one was deleted and made again"

    again = books("rollback", rollback_run="last")
    assert lab.journal.writes() == []
    assert again.recap()["changed"] == 0
    assert "All was as before already." in said(again)

    undone = books.runs()[-1]
    assert f"forced_tls_rollback_run={undone}" in said(back)
    books("rollback", rollback_run=str(books.directory / "runs" / undone / "snapshot.json"))
    assert books.state() == changed


def test_one_partner_comes_back(books: Books) -> None:
    books("provision", partners=[CONTOSO, "fabrikam.com"])
    stood = books.state()
    books("provision", partners=[STRICT, {"domains": ["fabrikam.com"], "state": "prepared"}], allow_weaken="all")
    books("rollback", rollback_partners="[contoso]")
    state = books.state()
    assert {key for key in state if state[key] != stood[key]} == {
        "outbound Forced TLS to fabrikam.com",
        "inbound Forced TLS from fabrikam.com",
    }


def test_a_run_of_which_half_had_failed_comes_back(lab: Lab, books: Books) -> None:
    books("provision", partners=[CONTOSO])
    stood = books.state()
    lab.faults.add(Fault({"cmdlet": "Set-InboundConnector"}, "status", None, status=400))
    books("provision", rc=2, partners=[STRICT, "fabrikam.com"])
    assert books.state() != stood
    lab.faults.clear()
    books("rollback", rollback_run="last")
    assert books.state() == stood


def test_what_somebody_else_did_since_stops_it(lab: Lab, books: Books, run: Run) -> None:
    books("provision", partners=[CONTOSO])
    books("provision", partners=[STRICT])
    run.module("connector", name="Forced TLS to Contoso", direction="outbound", mta_sts_mode="none")
    changed = books.state()
    stopped = books("rollback", rc=2, rollback_run="last")
    assert lab.journal.writes() == []
    assert books.state() == changed
    assert "was changed since run" in said(stopped)
    assert "forced_tls_rollback_force" in said(stopped)
    books("rollback", rollback_run="last", rollback_force=True)
    assert books.state()["outbound Forced TLS to Contoso"]["MtaStsMode"] == "Opportunistic"


def test_what_cannot_be_brought_back_is_told_before_anything_is_asked(books: Books, tmp_path: pathlib.Path) -> None:
    nothing = books("rollback", rc=2)
    assert "It is not said what is to be brought back" in said(nothing)
    assert "No run has left a snapshot below" in said(books("rollback", rc=2, rollback_run="last"))
    books("provision", partners=[CONTOSO])
    (run_id,) = books.runs()
    unknown = said(books("rollback", rc=2, rollback_run="20200101T000000Z-000000"))
    assert f"There is no snapshot of a run '20200101T000000Z-000000'; there are {run_id}." in unknown
    assert books.lab.journal.writes() == []
    assert "'Contosso'; there are Contoso." in said(books("rollback", rc=2, rollback_partners="Contosso"))
    foreign = tmp_path / "foreign.json"
    foreign.write_text("{}", encoding="utf-8")
    assert "is no snapshot of this collection" in said(books("rollback", rc=2, rollback_run=str(foreign)))
    assert "No such file" in said(books("rollback", rc=2, rollback_run=str(tmp_path / "none.json")))


def test_another_tenants_snapshot_is_refused(books: Books) -> None:
    books("provision", partners=[CONTOSO])
    (run_id,) = books.runs()
    path = books.directory / "runs" / run_id / "snapshot.json"
    snapshot = json.loads(path.read_text(encoding="utf-8"))
    assert snapshot["tenant_id"]
    path.write_text(json.dumps({**snapshot, "tenant_id": "other.onmicrosoft.com"}), encoding="utf-8")
    stopped = books("rollback", rc=2, rollback_run="last")
    assert "is of the tenant 'other.onmicrosoft.com'" in said(stopped)
    assert books.lab.journal.writes() == []


def test_what_cannot_be_kept_is_not_changed(books: Books) -> None:
    books.directory.write_text("a file in the way", encoding="utf-8")
    stopped = books("provision", rc=2, partners=[CONTOSO])
    assert books.lab.journal.writes() == []
    assert "could not be kept" in said(stopped)
    assert "so nothing was changed" in said(stopped)


def test_break_glass_with_a_name_alone(lab: Lab, books: Books) -> None:
    books("provision", partners=[CONTOSO, "fabrikam.com"])
    stood = books.state()
    check = books("rollback", "--check", break_glass="Contoso")
    assert "This was a check" in said(check)
    assert books.state() == stood

    play = books("rollback", break_glass="Contoso", break_glass_reason="INC0042")
    assert len(lab.journal.writes()) == 2
    state = books.state()
    for name in ("outbound Forced TLS to Contoso", "inbound Forced TLS from Contoso"):
        assert state[name]["Enabled"] is False
        assert "[mailflow.exchange_online break glass 20" in state[name]["Comment"]
        assert ": INC0042]" in state[name]["Comment"]
    assert state["outbound Forced TLS to fabrikam.com"]["Enabled"] is True
    assert "Contoso: forced TLS is off in both directions" in said(play)
    assert "until forced_tls_resume names it" in said(play)

    books("rollback", break_glass="Contoso")
    assert lab.journal.writes() == []
    books("provision", partners=[CONTOSO, "fabrikam.com"])
    assert lab.journal.writes() == [], "it is held until somebody says that it is over"
    books("rollback", rollback_partners="Contoso")
    assert books.state() == stood


def test_break_glass_of_nobody(lab: Lab, books: Books, tmp_path: pathlib.Path) -> None:
    books("provision", partners=[CONTOSO])
    stopped = books("rollback", rc=2, break_glass="Contosso")
    assert "names like it are Contoso" in said(stopped)
    assert lab.journal.writes() == []
    # A list that is not there, or is wrong, does not stand in the way.
    books("rollback", break_glass="Contoso", partners_file=str(tmp_path / "none.yml"))
    assert [record["Enabled"] for record in (*lab.tenant.outbound, *lab.tenant.inbound)] == [False, False]
    books("rollback", break_glass="Contoso", partners=[{"domians": 1}])
    assert "nothing is in force (taken off on" in said(books("rollback", break_glass="Contoso"))

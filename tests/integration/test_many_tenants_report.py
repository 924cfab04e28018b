# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook report over many tenants: a report for each, and one summary that leaves nobody out."""

from __future__ import annotations

import csv
import json
import pathlib
import stat
import typing as t
import urllib.parse

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration.tenants import (
    COLLECTION,
    Estate,
    ended,
    seed,
    sentence,
)
from ansible_collections.mailflow.exchange_online.tests.lab.faults import Fault
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.report.test_page import Page

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.lab.pytest_plugin import MakeLab

REPORT = f"{COLLECTION}.report"
HOSTS = ("contoso", "fabrikam", "adatum", "litware", "proseware")
#: What Exchange answers in one of the tenants.
HOSTILE = "<b>{{ 7000 + 77 }}</b>"


@pytest.fixture
def estate(make_lab: MakeLab, tmp_path: pathlib.Path) -> Estate:
    """Two that are well, one refused, one with no credentials, and one whose probe host is away."""
    lab = make_lab(seed(*HOSTS))
    estate = Estate(lab, tmp_path)
    usual = {"forced_tls_report": True}
    estate.add("contoso", **usual, forced_tls_partners_own=[])
    estate.add("fabrikam", **usual)
    estate.add("adatum", **usual, exo_retries=1)
    estate.add("litware", **usual, exo_certificate_path=None)
    estate.add("proseware", **usual, forced_tls_probe=True, forced_tls_probe_from="away")
    # Nothing can be put there, so Ansible calls it unreachable.
    estate.inventory(away={"ansible_remote_tmp": "/dev/null/tmp"})
    body = {"error": {"code": "Refused", "message": HOSTILE}}
    lab.faults.add(
        Fault({"service": "admin", "tenant": estate.tenant("adatum").tenant_id}, times=None, status=400, body=body)
    )
    return estate


def test_all_tenants_are_on_one_page_also_those_that_failed(estate: Estate) -> None:
    place = estate.home / "forced_tls"
    looked = estate.run(REPORT, "--check", "--limit", "contoso,fabrikam")
    assert (looked.rc, place.exists()) == (0, False), looked.text
    assert "All tenants:" not in looked.stdout

    play = estate.run(REPORT, environment={"ANSIBLE_SHOW_CUSTOM_STATS": "1"})
    expected = {"contoso": "ok", "fabrikam": "ok", "adatum": "failed", "litware": "failed", "proseware": "unreachable"}
    assert ended(play, *HOSTS) == expected
    assert "WARNING" not in play.text
    assert estate.lab.journal.writes() == []
    assert "5 tenants, 3 without a report; 3 partners, 0 of them need a decision" in " ".join(play.stdout.split())
    # A failure is told at the end once more, as it was.
    assert "client_secret" in sentence(play, "litware")

    rows = {row["host"]: row for row in csv.DictReader((place / "estate.csv").read_text(encoding="utf-8").splitlines())}
    assert list(rows) == sorted(HOSTS)
    assert [rows[host]["pending"] for host in ("contoso", "fabrikam", "litware")] == ["1", "2", ""]
    assert "client_secret" in rows["litware"]["problem"]
    assert "could not be reached" in rows["proseware"]["problem"]
    read = json.loads((place / "estate.json").read_text(encoding="utf-8"))
    assert (read["summary"]["tenants"], read["summary"]["unreported"], read["summary"]["create"]) == (5, 3, 6)
    stats = play.stdout.split("CUSTOM STATS:", 1)[1]
    assert '"tenants": 5' in stats
    assert '"unreported_tenants"' in stats

    text = (place / "estate.html").read_text(encoding="utf-8")
    page = Page(text)
    links = {str(each["href"]).partition("#")[0] for each in page.all("a")} - {""}
    assert links == {"contoso/report.html", "fabrikam/report.html"}
    assert all((place / urllib.parse.unquote(link)).is_file() for link in links)
    assert HOSTILE in page.text
    assert "<b>" not in text
    assert "7077" not in text
    files = sorted(path.name for path in place.iterdir() if path.is_file())
    assert files == ["estate.csv", "estate.html", "estate.json"]
    assert {stat.S_IMODE((place / name).stat().st_mode) for name in files} == {0o600}


def test_one_tenant_needs_no_summary_and_many_have_one_though_all_failed(estate: Estate) -> None:
    elsewhere = estate.home / "all" / "tenants"
    alone = estate.run(REPORT, "--limit", "contoso", forced_tls_estate_report_dir=str(elsewhere))
    assert alone.rc == 0, alone.text
    assert (estate.home / "forced_tls" / "contoso" / "report.html").is_file()
    assert not elsewhere.exists()

    play = estate.run(REPORT, "--limit", "adatum,litware", forced_tls_estate_report_dir=str(elsewhere))
    assert ended(play, "adatum", "litware") == {"adatum": "failed", "litware": "failed"}
    read = json.loads((elsewhere / "estate.json").read_text(encoding="utf-8"))
    assert [bool(one["problem"]) for one in read["tenants"]] == [True, True]
    assert [one["report"] for one in read["tenants"]] == [None, None]

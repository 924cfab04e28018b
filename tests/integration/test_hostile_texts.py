# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts of others on their way through whole runs: never a template, and nothing that a terminal acts on.

In the list, in connectors that stand, in answers of Exchange and of the partners' servers, in plan files, artifacts of
jobs and snapshots. Older cores mark what must not be evaluated, newer ones what may be: both are asked.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import pathlib
import re
import subprocess
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.integration.awx_rules import extra_vars
from ansible_collections.mailflow.exchange_online.tests.lab import Fault, Lab
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld, smtp

#: What a terminal acts on, what turns the direction of writing, and what is no character at all.
CONTROLS = "\x1b[2J\x1b]0;x\x07\u202e\x9b31m"
GOOD = "a-good.test"
#: Variables that come from a survey or from another job, which AWX marks as no templates.
SAID_ELSEWHERE = ("forced_tls_plans", "forced_tls_partners_text")
#: The server that refuses us in its greeting.
RUDE = "y-554.test"


@dataclasses.dataclass(frozen=True)
class Bait:
    """Texts that would leave a file behind, or tell 49, if they were taken for templates."""

    home: pathlib.Path

    def text(self, place: str) -> str:
        """For whatever may be long."""
        touch = f"lookup('pipe', 'touch {self.home}/trap-{place}')"
        return f"{{{{ 7*7 }}}} {place} {{{{ {touch} }}}} {{% if 1 %}}x{{% endif %}}"

    def name(self, place: str) -> str:
        """For names: 64 characters. The directory is the playbook's, which is the collection's, or the home."""
        return f"{{{{lookup('pipe','touch $HOME/trap-{place}')}}}}"

    def sprung(self) -> list[str]:
        return sorted(path.name for path in self.home.rglob("trap-*"))


def seed(bait: Bait) -> dict[str, t.Any]:
    """A tenant in which others have made connectors."""
    outbound = [
        {
            "Name": f"F{bait.name('adopted')}",
            "RecipientDomains": ["fabrikam.com"],
            "Comment": bait.text("comment") + CONTROLS,
            "TlsSettings": "EncryptionOnly",
        },
        {
            "Name": f"G{bait.name('gone')}",
            "RecipientDomains": ["gone.com"],
            "Comment": f"{bait.text('stale')}{CONTROLS}\n[mailflow.exchange_online owner=forced_tls]",
            "TlsSettings": "EncryptionOnly",
        },
    ]
    # Others' connectors are told where they stand in the way.
    inbound = [
        {"Name": f"I{CONTROLS}{bait.name('other')}", "SenderDomains": ["contoso.com"], "Comment": bait.text("other")}
    ]
    return {"tenants": [{"outbound": outbound, "inbound": inbound}]}


def rows(bait: Bait) -> list[dict[str, str]]:
    """A spreadsheet that somebody sent in."""
    return [
        {
            "name": bait.text("name"),
            "domains": "contoso.com",
            "contact": bait.text("contact"),
            "reference": bait.text("reference"),
            "description": bait.text("description"),
        },
        {
            "name": f"S{bait.name('short')}",
            "domains": "litware.com",
            "state": "suspended",
            "reason": bait.text("reason"),
            "until": "2999-01-01",
        },
        {"name": "F", "domains": "fabrikam.com", "adopt_outbound": f"F{bait.name('adopted')}"},
        {"name": "V", "domains": GOOD, "validation_recipients": f"postmaster@{GOOD}"},
        {"name": "R", "domains": RUDE},
    ]


class Runs:
    """Runs playbooks of the collection with one core, all with the same hostile world about them."""

    def __init__(self, lab: Lab, home: pathlib.Path, tools: pathlib.Path, usual: dict[str, t.Any]) -> None:
        self.lab, self.home, self.bait = lab, home, Bait(home)
        self._tools, self._usual = tools, usual
        self.printed: list[str] = []

    def __call__(self, name: str, *arguments: str, **variables: t.Any) -> str:
        # As AWX hands on what a survey or another job said.
        given = self.home / "extra.yml"
        texts = {key: variables.pop(key) for key in SAID_ELSEWHERE if key in variables}
        given.write_text(extra_vars({}, texts) or "{}", encoding="utf-8")
        play = harness.run_playbook(
            f"mailflow.exchange_online.{name}",
            *("-e", f"@{given}", "--diff"),
            *arguments,
            environment=self.lab.environment(),
            variables={**self._usual, **variables},
            home=self.home,
            interpreter=None,
            tools=self._tools,
        )
        assert play.rc == 0, play.text
        self.printed.append(play.text)
        return play.text

    def everything(self) -> str:
        """All that was printed, and all that was written."""
        files = (
            path for path in self.home.rglob("*") if path.is_file() and path.name not in ("extra.yml", "given.csv")
        )
        return "\n".join([*self.printed, *(path.read_text(encoding="utf-8", errors="replace") for path in files)])


def core(which: str) -> pathlib.Path:
    """The programs of another ansible-core."""
    make = [str(harness.ROOT / "tests" / "tools" / "cores.sh"), "--make", which]
    made = subprocess.run(make, capture_output=True, check=False, text=True, timeout=300)
    assert made.returncode == 0, made.stderr
    return pathlib.Path(made.stdout.strip()) / "bin"


def make_runs(which: str, home: pathlib.Path, monkeypatch: pytest.MonkeyPatch, lab: Lab) -> Runs:
    bait = Bait(home)
    greeting = f"554 {bait.text('banner')}{CONTROLS}\r\n".encode()

    async def greet(talk: t.Any, channel: t.Any) -> bool:
        await channel.write(greeting)
        await talk.hang(channel)
        return False

    monkeypatch.setitem(t.cast("dict[str, t.Any]", smtp._GREETINGS), "banner_554", greet)
    refused = {"error": {"details": [{"message": f"1|Some.Exception|{bait.text('validation')}{CONTROLS}"}]}}
    lab.faults.add(
        Fault({"cmdlet": "Get-*"}, "warning", times=4, text=f"{bait.text('warning')}{CONTROLS}"),
        Fault({"cmdlet": "Validate-*"}, "status", times=None, status=400, body=refused),
    )
    with (home / "given.csv").open("w", encoding="utf-8", newline="") as file:
        every = dict.fromkeys(column for row in rows(bait) for column in row)
        table = csv.DictWriter(file, list(every))
        table.writeheader()
        table.writerows(rows(bait))
    options = {key: value for key, value in lab.partners.module_options().items() if value is not None}
    usual = {"probe_options": options, "report_dir": str(home / "report"), "prune": True, "allow_weaken": "all"}
    return Runs(lab, home, core(which), {f"forced_tls_{key}": value for key, value in usual.items()})


def assert_harmless(runs: Runs, *places: str) -> None:
    """What was asked for came through, and none of it as more than a text."""
    everything = runs.everything()
    assert runs.bait.sprung() == []
    assert [place for place in places if f"}}}} {place} {{{{" not in everything] == []
    assert re.findall(r"49 (?:name|contact|comment|banner|validation|warning|reason)", everything) == []
    printed = "".join(runs.printed)
    assert [character for character in sorted(set(printed)) if not character.isprintable() and character != "\n"] == []
    assert "Traceback" not in printed


def test_the_oldest_core_takes_no_text_for_a_template(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Lab(seed(Bait(tmp_path)), partners=PartnerWorld(["a_good", "y_554"])) as lab:
        runs = make_runs("oldest", tmp_path, monkeypatch, lab)
        listed = {"forced_tls_partners_file": str(tmp_path / "given.csv")}
        plan = {"forced_tls_plan_file": str(tmp_path / "plan.json")}
        runs("plan", **listed, **plan)
        victim = tmp_path / "victim"
        victim.write_text("precious", encoding="utf-8")
        (tmp_path / "report").mkdir(exist_ok=True)
        for name in (".report.bundle", "report.html"):
            (tmp_path / "report" / name).unlink(missing_ok=True)
            (tmp_path / "report" / name).symlink_to(victim)
        runs("provision", **listed, **plan)
        assert victim.read_text(encoding="utf-8") == "precious"
        assert not (tmp_path / "report" / "report.html").is_symlink()
        assert {one["Name"] for one in lab.tenant.outbound} >= {f"F{runs.bait.name('adopted')}", "Forced TLS to V"}
        runs("rollback", forced_tls_rollback_run="last")
        runs("gather")
    assert_harmless(
        runs, "name", "contact", "reference", "description", "reason", "comment", "banner", "validation", "warning"
    )


def test_the_newest_core_takes_no_text_for_a_template(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the list is a survey's answer, and the plan what another job handed on."""
    with Lab(seed(Bait(tmp_path)), partners=PartnerWorld(["a_good", "y_554"])) as lab:
        runs = make_runs("newest", tmp_path, monkeypatch, lab)
        text = "\n".join(
            f"{row['name']}: {row['domains']}" for row in rows(runs.bait) if row["domains"] != "litware.com"
        )
        listed = {"forced_tls_partners_text": text}
        runs("plan", **listed, forced_tls_plan_file=str(tmp_path / "plan.json"))
        plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
        runs("provision", **listed, forced_tls_plans={"localhost": plan}, exo_in_controller=False)
        runs("rollback", forced_tls_break_glass="V", forced_tls_break_glass_reason="y")
    assert_harmless(runs, "name", "stale", "banner", "warning")

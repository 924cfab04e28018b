# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs on one tenant at the same time, in processes of their own: it ends as a list says, or one of them tells."""

from __future__ import annotations

import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration.harness import (
    COLLECTION,
    PLUGINS,
    ROOT,
    run_playbook,
)
from ansible_collections.mailflow.exchange_online.tests.integration.scenarios import Connector, inbound, outbound
from ansible_collections.mailflow.exchange_online.tests.integration.scripted import scripted
from ansible_collections.mailflow.exchange_online.tests.lab import Fault, Lab

SIZE = 8
LADDER = (None, "EncryptionOnly", "CertificateValidation", "DomainValidation")
WIDTHS = pytest.mark.parametrize("batch_size", [1, 10], ids=["alone", "batched"])

Result = dict[str, t.Any]


class Together:
    """Puts off every write until two runs have read what they plan from: the worst moment to meet."""

    def __init__(self, lab: Lab, lists: int) -> None:
        self._lab = lab
        self._lists = lists
        self._met = False

    def __call__(self, service: str, names: t.Sequence[str], item: int | None) -> Fault | None:
        writes = service == "admin" and item is None and any(not name.startswith("Get-") for name in names)
        if writes and not self._both_have_read():
            return Fault({}, "throttle", retry_after=1)
        return None

    def _both_have_read(self) -> bool:
        if not self._met:
            read: collections.Counter[str] = collections.Counter()
            for entry in self._lab.journal.reads():
                read[entry.headers["connection-id"]] += len(entry.cmdlets)
            self._met = sum(count >= self._lists for count in read.values()) >= 2
        return self._met


@pytest.fixture(scope="module")
def world() -> t.Iterator[Lab]:
    standing = [
        {"Name": f"old {number}", "RecipientDomains": [f"old{number}.example"], "TlsSettings": "EncryptionOnly"}
        for number in range(SIZE)
    ]
    with Lab({"tenants": [{"outbound": standing}]}) as running:
        yield running


@pytest.fixture
def lab(world: Lab) -> t.Iterator[Lab]:
    world.reset()
    with scripted(world, Together(world, 4)):
        yield world


def both(lab: Lab, *lists: list[Connector], batch_size: int) -> list[Result]:
    """Run ``connectors`` with each list, each in a process of its own, at the same time."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".cache" / "collections")}
    options = {**lab.connection(), "allow_weaken": True, "batch_size": batch_size, "retries": 10}
    running = []
    for wishes in lists:
        told = json.dumps({"ANSIBLE_MODULE_ARGS": {**options, "connectors": wishes}})
        process = subprocess.Popen(
            [sys.executable, "-m", f"{PLUGINS}.modules.connectors"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert process.stdin is not None
        process.stdin.write(told)
        process.stdin.close()
        process.stdin = None
        running.append(process)
    results = [json.loads(process.communicate(timeout=120)[0]) for process in running]
    assert all("connectors" in result for result in results), results
    return results


def standing(lab: Lab) -> dict[str, Result]:
    """What stands outbound, by name. No name stands twice, and nobody is weaker than at the start."""
    found = {record["Name"]: record for record in lab.tenant.outbound}
    assert len(found) == len(lab.tenant.outbound)
    assert all(LADDER.index(record["TlsSettings"]) >= 1 for record in found.values())
    return found


def settings(record: Result) -> Result:
    return {name: record[name] for name in ("TlsSettings", "TlsDomain", "RecipientDomains", "Comment", "Enabled")}


def told(results: t.Sequence[Result], name: str) -> bool:
    """Whether a run says that it did not reach this one, and why."""
    outcomes = [one for result in results for one in result["connectors"] if one["name"] == name]
    return any(one["status"] == "failed" and "somebody else" in one["error"]["message"] for one in outcomes)


def update(number: int, **options: t.Any) -> Connector:
    return {"name": f"old {number}", "direction": "outbound", **options}


@WIDTHS
def test_the_same_list_twice_is_that_list(batch_size: int, lab: Lab) -> None:
    half = range(SIZE // 2)
    wishes = [
        *(outbound(f"new {number}", f"new{number}.example") for number in range(SIZE)),
        *(inbound(f"from {number}", f"new{number}.example") for number in half),
        *(update(number, tls_settings="certificate_validation", comment="both") for number in half),
        *(update(number + SIZE // 2, state="absent") for number in half),
    ]
    for result in both(lab, wishes, wishes, batch_size=batch_size):
        assert not result.get("failed"), result["msg"]
        assert result["summary"]["applied"] == len(wishes)
    found = standing(lab)
    assert set(found) == {f"new {number}" for number in range(SIZE)} | {f"old {number}" for number in half}
    assert {found[f"old {number}"]["Comment"] for number in half} == {"both"}
    assert sorted(record["Name"] for record in lab.tenant.inbound) == [f"from {number}" for number in half]


@WIDTHS
def test_different_wishes_for_one_connector_end_as_one_of_them_or_are_told(batch_size: int, lab: Lab) -> None:
    """They differ in options that both change, and in some that only one of them changes."""
    first = [update(number, tls_settings="certificate_validation", comment="first") for number in range(SIZE)]
    second = [
        update(
            number,
            tls_settings="domain_validation",
            tls_domain=f"mx.old{number}.example",
            recipient_domains=[f"old{number}.example", f"more{number}.example"],
        )
        for number in range(SIZE)
    ]
    seed = {name: settings(record) for name, record in standing(lab).items()}
    results = both(lab, first, second, batch_size=batch_size)
    for number in range(SIZE):
        name = f"old {number}"
        as_first = {**seed[name], "TlsSettings": "CertificateValidation", "Comment": "first"}
        as_second = {
            **seed[name],
            "TlsSettings": "DomainValidation",
            "TlsDomain": f"mx.old{number}.example",
            "RecipientDomains": [f"more{number}.example", f"old{number}.example"],
        }
        assert settings(standing(lab)[name]) in (as_first, as_second) or told(results, name)
    assert any(told(results, f"old {number}") for number in range(SIZE))


@WIDTHS
def test_what_one_removes_and_the_other_changes_is_removed_and_told(batch_size: int, lab: Lab) -> None:
    changed = [update(number, comment="stays") for number in range(SIZE)]
    gone = [update(number, state="absent") for number in range(SIZE)]
    results = both(lab, changed, gone, batch_size=batch_size)
    assert standing(lab) == {}
    assert results[1]["summary"]["applied"] == SIZE
    for outcome in results[0]["connectors"]:
        assert outcome["status"] == "applied" or told(results, outcome["name"])


@WIDTHS
def test_one_name_for_two_different_connectors_is_made_once_and_told(batch_size: int, lab: Lab) -> None:
    lists = [[outbound(f"new {number}", f"{whose}{number}.example") for number in range(SIZE)] for whose in ("a", "b")]
    results = both(lab, *lists, batch_size=batch_size)
    found = standing(lab)
    for number in range(SIZE):
        statuses = [result["connectors"][number]["status"] for result in results]
        assert sorted(statuses) == ["applied", "failed"]
        winner = "ab"[statuses.index("applied")]
        assert found[f"new {number}"]["RecipientDomains"] == [f"{winner}{number}.example"]
        loser = results[statuses.index("failed")]["connectors"][number]
        assert "one of that name appeared meanwhile, with other settings" in loser["error"]["message"]


def test_the_role_twice_at_the_same_time_is_its_list(lab: Lab, tmp_path: pathlib.Path) -> None:
    """Real playbooks, which meet in front of their first write."""
    partners = [f"partner{number}.example" for number in range(4)]

    def play(number: int) -> tuple[int, str]:
        home = tmp_path / str(number)
        home.mkdir()
        variables = {
            "forced_tls_partners": partners,
            "forced_tls_probe": False,
            "forced_tls_report_dir": str(home / "r"),
        }
        ended = run_playbook(
            f"{COLLECTION}.provision",
            environment={**lab.environment(), "EXO_RETRIES": "10"},
            variables=variables,
            home=home,
        )
        return ended.rc, ended.text

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for rc, text in pool.map(play, range(2)):
            assert rc == 0, text
    found = standing(lab)
    ours = [record for name, record in found.items() if not name.startswith("old ")]
    assert sorted(domain for record in ours for domain in record["RecipientDomains"]) == partners
    assert {record["TlsSettings"] for record in ours} == {"CertificateValidation"}
    assert len(lab.tenant.inbound) == len(partners)

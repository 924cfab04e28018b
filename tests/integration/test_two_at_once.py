# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs on one tenant at the same time, in processes of their own: it ends as a list says, or one of them tells."""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import re
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
PREFIXES = ("First", "Second")
LADDER = (None, "EncryptionOnly", "CertificateValidation", "DomainValidation")
WIDTHS = pytest.mark.parametrize("batch_size", [1, 10], ids=["alone", "batched"])

Result = dict[str, t.Any]


class Together:
    """Puts off every write until two runs have read what they plan from: the worst moment to meet.

    ``cmdlet`` is one that they have sent by then: who only reads, as the role does at its beginning, has no new domain
    to ask about.
    """

    def __init__(self, lab: Lab, lists: int, cmdlet: str = "") -> None:
        self._lab = lab
        self._lists = lists
        self._cmdlet = cmdlet
        self._met = False

    def __call__(self, service: str, names: t.Sequence[str], item: int | None) -> Fault | None:
        writes = service == "admin" and item is None and any(not name.startswith("Get-") for name in names)
        if writes and not self._both_have_read():
            return Fault({}, "throttle", retry_after=1)
        return None

    def _both_have_read(self) -> bool:
        if not self._met:
            read: dict[str, list[str]] = {}
            for entry in self._lab.journal.reads():
                read.setdefault(entry.headers["connection-id"], []).extend(entry.cmdlets)
            ready = [one for one in read.values() if len(one) >= self._lists and (self._cmdlet or one[0]) in one]
            self._met = len(ready) >= 2
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
def test_the_same_list_twice_is_that_list(batch_size: int, world: Lab) -> None:
    world.reset()
    half = range(SIZE // 2)
    wishes = [
        *(outbound(f"new {number}", f"new{number}.example") for number in range(SIZE)),
        *(inbound(f"from {number}", f"new{number}.example") for number in half),
        *(update(number, tls_settings="certificate_validation", comment="both") for number in half),
        *(update(number + SIZE // 2, state="absent") for number in half),
    ]
    # Here the inbound connectors are read as well.
    with scripted(world, Together(world, 5)):
        results = both(world, wishes, wishes, batch_size=batch_size)
    for result in results:
        assert not result.get("failed"), result["msg"]
        assert result["summary"]["applied"] == len(wishes)
    found = standing(world)
    assert set(found) == {f"new {number}" for number in range(SIZE)} | {f"old {number}" for number in half}
    assert {found[f"old {number}"]["Comment"] for number in half} == {"both"}
    assert sorted(record["Name"] for record in world.tenant.inbound) == [f"from {number}" for number in half]


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


def shared(results: t.Sequence[Result], direction: str, number: int) -> bool:
    """Whether a run says that the other one has this domain as well, and with which connector."""
    for result, other in zip(results, ("b", "a"), strict=True):
        for one in result["connectors"]:
            words = f"the {direction} connector '{other} {number}' for new{number}.example"
            if one["direction"] == direction and one["error"] and words in one["error"]["message"]:
                assert (one["error"]["kind"], one["status"], result["changed"]) == ("changed_meanwhile", "failed", True)
                return True
    return False


@WIDTHS
def test_two_connectors_for_one_domain_are_told(batch_size: int, lab: Lab) -> None:
    lists = [
        [
            make(f"{whose} {number}", f"new{number}.example")
            for make in (outbound, inbound)
            for number in range(SIZE // 2)
        ]
        for whose in ("a", "b")
    ]
    # What stands already comes for some of them, on one side.
    more = {number: [f"old{number}.example", f"more{number}.example"] for number in range(2)}
    lists[1] += [update(number, recipient_domains=domains) for number, domains in more.items()]
    lists[0] += [outbound(f"more {number}", f"more{number}.example") for number in range(2)]
    results = both(lab, *lists, batch_size=batch_size)
    assert len(standing(lab)) == SIZE + SIZE + 2
    for direction in ("outbound", "inbound"):
        for number in range(SIZE // 2):
            assert shared(results, direction, number), results
    for number in range(2):
        assert told(results, f"more {number}") or told(results, f"old {number}")


def test_the_role_twice_at_the_same_time_is_its_list(lab: Lab, tmp_path: pathlib.Path) -> None:
    """Real playbooks, which meet in front of their first write."""
    partners = [f"partner{number}.example" for number in range(4)]
    variables = {"forced_tls_partners": partners}
    for rc, text in plays(lab, tmp_path, variables, variables):
        assert rc == 0, text
    found = standing(lab)
    ours = [record for name, record in found.items() if not name.startswith("old ")]
    assert sorted(domain for record in ours for domain in record["RecipientDomains"]) == partners
    assert {record["TlsSettings"] for record in ours} == {"CertificateValidation"}
    assert len(lab.tenant.inbound) == len(partners)


def plays(lab: Lab, place: pathlib.Path, *variables: Result) -> list[tuple[int, str]]:
    """Run the playbook provision with each of these, at the same time."""

    def play(number: int) -> tuple[int, str]:
        home = place / str(number)
        home.mkdir()
        more = {"forced_tls_probe": False, "forced_tls_report_dir": str(home / "r"), **variables[number]}
        environment = {**lab.environment(), "EXO_RETRIES": "10"}
        ended = run_playbook(f"{COLLECTION}.provision", environment=environment, variables=more, home=home)
        return ended.rc, ended.text

    with concurrent.futures.ThreadPoolExecutor(len(variables)) as pool:
        return list(pool.map(play, range(len(variables))))


@pytest.mark.parametrize("cmdlet", ["Get-AcceptedDomain", ""], ids=["planned", "read"])
def test_the_role_twice_with_two_prefixes_for_one_partner_is_told(
    cmdlet: str, world: Lab, tmp_path: pathlib.Path
) -> None:
    """They meet when both have planned what they write at once, or when the role of both has read what stands."""
    world.reset()
    twice = [{"forced_tls_partners": ["new.example"], "forced_tls_name_prefix": prefix} for prefix in PREFIXES]
    with scripted(world, Together(world, 4, cmdlet)):
        ended = [(rc, " ".join(text.split())) for rc, text in plays(world, tmp_path, *twice)]
    names = {name for name in standing(world) if not name.startswith("old ")}
    # Where one of the two finds what the other one has made, it makes none.
    assert names == {f"{prefix} to new.example" for prefix in PREFIXES} or (not cmdlet and len(names) == 1)
    marked = "(which carries the mark of owner 'forced_tls')"
    telling = [
        f"the outbound connector '{other} to new.example' {marked} for new.example" in text
        for other, (_rc, text) in zip(reversed(PREFIXES), ended, strict=True)
    ]
    assert any(telling), ended
    assert [rc for rc, _text in ended] == [2 if tells else 0 for tells in telling]
    # And whoever runs afterwards is told in the plan.
    (tmp_path / "after").mkdir()
    ((_rc, text),) = plays(world, tmp_path / "after", twice[0])
    words = "outbound connector 'Second to new.example' (takes|already takes) mail to new.example"
    assert ("Second to new.example" in names) is bool(re.search(words, " ".join(text.split())))

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files are written whole or not at all, and a full disk ends in a sentence that names the file.

===================  ==============================  ====================================================
step                 file                            where it cannot be written
===================  ==============================  ====================================================
probe                probe.json                      told; the run goes on, and the next one looks again
snapshot             runs/<run>/snapshot.json        the run stops before the first write
report               report.*, letters/*.txt         the run fails at its end; what it did stands
plan_file            forced_tls_plan_file            the playbook fails; nothing was changed anyhow
gather               gathered.yml                    the playbook fails; nothing was changed anyhow
estate               estate.*                        the playbook fails; the tenants' reports stand
playbook qualify     qualification.json, .md         the answers are told instead, and the playbook fails
===================  ==============================  ====================================================

Files of a report, and those of a summary, belong together: all of them are written, or none. Where it is the disk of
Ansible's own temporary files that is full, each of these rows holds as well, and the sentence names that place too.

Here a limit on the size of files takes the place of the full disk: the operating system refuses to write on in the same
way, but everywhere at once, and Ansible's temporary files are met first. test_full_disk.py has real disks, of which one
alone is full; they need a kernel that gives them to anybody.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import resource
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration.disks import Disk
from ansible_collections.mailflow.exchange_online.tests.integration.harness import ROOT, Play, run_playbook
from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld

Step = t.Callable[["Controller", str], Play]


@contextlib.contextmanager
def full_disk(size: int) -> t.Iterator[None]:
    """Programs that are started now cannot write files larger than so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Controller:
    """Playbooks on one controller, for one lab."""

    def __init__(self, lab: Lab, home: pathlib.Path, disk: Disk | None = None) -> None:
        self.lab = lab
        self.home = home
        self.place = (disk.place if disk else home) / "forced_tls"
        self.environment = {**lab.environment(), "ANSIBLE_REMOTE_TEMP": str(home / "remote")}
        self._within = disk.within if disk else ()

    def play(self, name: str, *arguments: str, **variables: t.Any) -> Play:
        given = {"report_dir": str(self.place), "estate_report_dir": str(self.place), **variables}
        return run_playbook(
            f"mailflow.exchange_online.{name}",
            *arguments,
            # Modules are then no files, so that a limit on files meets what is to be written only.
            environment={"ANSIBLE_PIPELINING": "1", **self.environment},
            variables={f"forced_tls_{key}": value for key, value in given.items()},
            home=self.home,
            within=self._within,
        )

    def provision(self, *domains: str, **variables: t.Any) -> Play:
        return self.play("provision", partners=list(domains), **{"probe": False, **variables})

    def files(self) -> list[str]:
        """What lies in the directory, hidden files too."""
        return sorted(str(path.relative_to(self.place)) for path in self.place.rglob("*") if path.is_file())


@pytest.fixture
def controller(lab: Lab, tmp_path: pathlib.Path) -> Controller:
    return Controller(lab, tmp_path)


def words(play: Play) -> str:
    """What a playbook printed, on one line."""
    return " ".join(play.text.replace("\\n", " ").split())


# -- each file ---------------------------------------------------------------------------------------------------------


def provision(controller: Controller, contact: str) -> Play:
    partner = {"name": "A", "domains": ["a-good.test"], "contact": f"{contact}@a-good.test"}
    with PartnerWorld(("a_good",)) as world:
        options = world.module_options()
        return controller.play("provision", partners=[partner], probe_options=options, probe_max_age="0h")


def plan(controller: Controller, contact: str) -> Play:
    return controller.play(
        "plan", partners=[f"{contact}.example"], probe=False, plan_file=str(controller.place / "plan.json")
    )


def gather(controller: Controller, contact: str) -> Play:
    return controller.play("gather", name_prefix=f"{contact} TLS")


def estate(controller: Controller, contact: str) -> Play:
    # Two hosts of one tenant: both are stopped, and the summary tells it.
    hosts = f"{contact},other,"
    return controller.play("report", "-i", hosts, partners=["a.example"], probe=False, hosts=f"{contact}:other")


ROWS: dict[str, tuple[Step, tuple[str, ...]]] = {
    "provision": (provision, ("probe.json", "report.json", "report.html", "report.csv", "letters/a.txt")),
    "plan": (plan, ("plan.json",)),
    "gather": (gather, ("gathered.yml",)),
    "estate": (estate, ("estate.html", "estate.json", "estate.csv")),
}


@pytest.mark.parametrize("row", ROWS)
def test_who_reads_a_file_sees_the_old_one_or_the_new_one_whole(row: str, controller: Controller) -> None:
    step, names = ROWS[row]
    controller.place.mkdir()
    step(controller, "first")
    with contextlib.ExitStack() as opened:
        # A reader that has begun before the file is written again.
        readers = {name: opened.enter_context((controller.place / name).open("rb")) for name in names}
        before = {name: (controller.place / name).read_bytes() for name in names}
        step(controller, "second")
        after = {name: (controller.place / name).read_bytes() for name in names}
        for name, reader in readers.items():
            assert reader.read() == before[name], f"{name} was written into"
            replaced = reader.fileno(), (controller.place / name).stat().st_ino
            assert (before[name] == after[name]) or _inode(replaced[0]) != replaced[1], name
    # Each of the steps had something new to write.
    assert any(before[name] != after[name] for name in names)
    assert not [name for name in controller.files() if "/." in f"/{name}"]


def _inode(handle: int) -> int:
    import os

    return os.fstat(handle).st_ino


# -- a full disk -------------------------------------------------------------------------------------------------------


def test_without_a_snapshot_nothing_is_changed(controller: Controller) -> None:
    controller.place.mkdir()
    with full_disk(400):
        play = controller.provision("a.example")
    assert play.rc == 2, play.text
    assert f"What is about to change could not be kept below {controller.place}" in words(play)
    assert "File too large" in words(play)
    assert "so nothing was changed" in words(play)
    assert controller.lab.journal.writes() == []
    assert controller.files() == []
    again = controller.provision("a.example")
    assert again.rc == 0, again.text
    assert len(controller.lab.tenant.outbound) == 1


def test_what_was_seen_is_told_to_be_lost_and_the_run_goes_on(controller: Controller) -> None:
    taken = controller.home / "taken"
    taken.write_text("a file", encoding="utf-8")
    with PartnerWorld(("a_good",)) as world:
        options = {"probe_options": world.module_options(), "probe_file": str(taken / "probe.json"), "report": False}
        play = controller.play("provision", partners=["a-good.test"], **options)
    assert play.rc == 0, play.text
    assert f"What was seen could not be kept in {taken}/probe.json" in words(play)
    assert len(controller.lab.tenant.outbound) == 1
    assert taken.read_text(encoding="utf-8") == "a file"


def test_a_report_that_finds_no_room_leaves_the_old_one(controller: Controller) -> None:
    # The page is to be larger than the modules, which are files as well.
    many = [{"domains": [f"p{number}.example"], "state": "planned"} for number in range(300)]
    assert controller.provision("a.example").rc == 0
    before = {name: (controller.place / name).read_bytes() for name in controller.files()}
    with full_disk(400_000):
        play = controller.play("provision", partners=["a.example", "b.example", *many], probe=False)
    assert play.rc == 2, play.text
    assert f"The report could not be written below {controller.place}" in words(play)
    assert "File too large" in words(play)
    assert "What the run did stands all the same" in words(play)
    assert len(controller.lab.tenant.outbound) == 2
    after = {name: (controller.place / name).read_bytes() for name in controller.files()}
    assert {name: after[name] for name in before} == before
    # What the run changed was kept before.
    (new,) = after.keys() - before.keys()
    assert json.loads(after[new])["connectors"]


def test_a_report_that_finds_no_room_while_it_is_taken_apart_leaves_no_half_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "report.html").write_text("old", encoding="utf-8")
    bundle = tmp_path / ".report.bundle"
    bundle.write_text("DRAFT\n" + json.dumps({"report.html": "x" * 5000}), encoding="utf-8")
    script = ROOT / "roles" / "forced_tls" / "files" / "write_report.py"
    with full_disk(4000):
        done = subprocess.run(
            [sys.executable, str(script), str(bundle)], capture_output=True, check=False, text=True, timeout=60
        )
    assert (done.returncode, done.stderr) == (1, f"{tmp_path}/report.html: File too large\n")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("plan", "The plan could not be written to {place}/plan.json"),
        ("gather", "The partner list could not be written to {place}/gathered.yml"),
        ("estate", "The summary over all tenants could not be written below {place}"),
    ],
)
def test_what_cannot_be_written_is_told_and_the_old_file_stands(row: str, told: str, controller: Controller) -> None:
    step, names = ROWS[row]
    controller.place.mkdir()
    for name in names:
        (controller.place / name).write_text("old", encoding="utf-8")
    with full_disk(100):
        play = step(controller, "first")
    assert play.rc == 2, play.text
    assert told.format(place=controller.place) in words(play), play.text
    assert "File too large" in words(play)
    assert "Traceback" not in play.text
    assert controller.files() == sorted(names)
    assert {(controller.place / name).read_text(encoding="utf-8") for name in names} == {"old"}
    assert controller.lab.journal.writes() == []

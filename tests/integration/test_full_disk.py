# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks that are really full, in one place only; the table in test_crash_files.py says what then holds."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration.disks import Disk, NoDiskError
from ansible_collections.mailflow.exchange_online.tests.integration.harness import ROOT, Play
from ansible_collections.mailflow.exchange_online.tests.integration.test_crash_files import (
    ROWS,
    Controller,
    provision,
    words,
)
from ansible_collections.mailflow.exchange_online.tests.lab import Fault, Lab

FULL = "No space left on device"
WRITER = ROOT / "roles" / "forced_tls" / "files" / "write_report.py"


@pytest.fixture
def disk(tmp_path: pathlib.Path) -> t.Iterator[Disk]:
    try:
        with Disk(tmp_path / "disk") as made:
            yield made
    except NoDiskError as problem:
        pytest.skip(f"This kernel gives no disk of one's own, so only limits on files are tested: {problem}")


@pytest.fixture
def controller(lab: Lab, tmp_path: pathlib.Path, disk: Disk) -> Controller:
    """What it is told to write lies on the disk, and Ansible's own temporary files do not."""
    return Controller(lab, tmp_path, disk)


def is_told(play: Play, *sentences: str, rc: int = 2) -> None:
    """A run on a full disk tells each of these, with a reason and a remedy, and nothing that is for us only."""
    assert play.rc == rc, play.text
    for sentence in sentences:
        assert sentence in words(play), (sentence, play.text)
    assert words(play).count(FULL) >= len(sentences)
    assert "make room there" in words(play)
    assert "Traceback" not in play.text


def test_each_step_of_a_run_finds_room_for_one_file_more(controller: Controller, disk: Disk) -> None:
    place, journal = controller.place, controller.lab.journal
    told = {
        "probe": f"What was seen could not be kept in {place}/probe.json",
        "snapshot": f"What is about to change could not be kept below {place}",
        "report": f"The report could not be written below {place}",
    }
    places = ["forced_tls", "forced_tls/letters", "forced_tls/runs"]

    disk.fill()
    is_told(provision(controller, "first"), *told.values())
    assert (journal.writes(), disk.entries()) == ([], places)

    # Room for what was seen.
    disk.fill(1)
    play = provision(controller, "first")
    is_told(play, told["snapshot"], told["report"])
    assert told["probe"] not in words(play)
    assert (journal.writes(), disk.entries()) == ([], [*places[:2], "forced_tls/probe.json", places[2]])
    assert json.loads((disk.seen / "forced_tls" / "probe.json").read_text(encoding="utf-8"))["results"]

    # And for what is about to change: now it can be, and it is the report that has no room.
    disk.fill(1)
    play = provision(controller, "first")
    is_told(play, told["report"], "What the run did stands all the same")
    assert told["snapshot"] not in words(play)
    assert len(controller.lab.tenant.outbound) == 1
    (snapshot,) = (disk.seen / "forced_tls").glob("runs/*/*")
    assert json.loads(snapshot.read_text(encoding="utf-8"))["connectors"]

    disk.free()
    journal.clear()
    play = provision(controller, "first")
    assert play.rc == 0, play.text
    assert journal.writes() == []
    assert [name.rpartition("/")[2] for name in disk.entries() if "/runs/" not in name] == [
        *("forced_tls", "letters", "a.txt", "probe.json", "report.csv", "report.html", "report.json", "runs")
    ]


def qualify(controller: Controller, _contact: str) -> Play:
    return controller.play("qualify", "-e", f"exo_qualify_dir={controller.place}")


def refused(controller: Controller, contact: str) -> Play:
    controller.lab.faults.add(Fault({"cmdlet": "Get-OutboundConnector"}, times=None, status=403))
    return qualify(controller, contact)


STEPS = {name: ROWS[name] for name in ("plan", "gather", "estate")}
STEPS["qualify"] = (qualify, ("qualification.json", "qualification.md"))
STEPS["refused"] = (refused, STEPS["qualify"][1])


@pytest.mark.parametrize(
    ("row", "room", "told", "written"),
    [
        ("plan", 0, "The plan could not be written to {place}/plan.json", ()),
        # Not even an empty file can be made.
        ("gather", None, "The partner list could not be written to {place}/gathered.yml", ()),
        # All of them fit once, and not once more.
        ("estate", 7, "could not be written below {place} ({place}/estate.", ()),
        (
            "qualify",
            14,
            "The answers could not be written to {place}/qualification.json and .md",
            ("qualification.json",),
        ),
        # What is wrong with the tenant is not lost.
        (
            "refused",
            None,
            "View-Only Configuration. The answers could not be written to {place}/qualification.json",
            (),
        ),
    ],
)
def test_who_finds_no_room_leaves_what_was_there(
    row: str, room: int | None, told: str, written: tuple[str, ...], controller: Controller, disk: Disk
) -> None:
    step, names = STEPS[row]
    here = disk.seen / "forced_tls"
    here.mkdir()
    for name in names:
        (here / name).write_text("old", encoding="utf-8")
    if room is None:
        disk.crowd()
    else:
        disk.fill(room)
    is_told(step(controller, "first"), told.format(place=controller.place))
    before = disk.entries()
    assert before == ["forced_tls", *(f"forced_tls/{name}" for name in sorted(names))]
    new = {name: (here / name).read_bytes() for name in names}
    assert {name for name, content in new.items() if content != b"old"} == set(written)
    assert all(json.loads(new[name]) for name in written)

    disk.free()
    again = step(controller, "first")
    assert FULL not in again.text
    assert disk.entries() == before
    assert b"old" not in [(here / name).read_bytes() for name in names]
    assert controller.lab.journal.writes() == []


@pytest.mark.parametrize("which", ["ANSIBLE_LOCAL_TEMP", "ANSIBLE_REMOTE_TEMP"])
def test_a_place_for_temporary_files_that_is_full_is_named(
    which: str, lab: Lab, tmp_path: pathlib.Path, disk: Disk
) -> None:
    controller = Controller(lab, tmp_path, disk)
    controller.place = tmp_path / "forced_tls"
    controller.environment |= {which: str(disk.place), "ANSIBLE_PIPELINING": "0"}
    disk.fill()
    play = controller.provision("a.example")
    is_told(
        play, f"What is about to change could not be kept below {controller.place}", "The report could not be written"
    )
    (named,) = set(re.findall(r"where Ansible keeps its temporary files \(([^)]*)\)", words(play)))
    assert str(disk.place) in named.split(", ")
    assert controller.lab.journal.writes() == []
    assert controller.files() == []


def test_the_files_of_a_report_are_written_all_or_none(disk: Disk) -> None:
    files = {"report.html": "x" * 5000, "report.json": "y" * 3000, "letters/a.txt": "z"}
    (disk.seen / "letters").mkdir()
    for name in files:
        (disk.seen / name).write_text("old", encoding="utf-8")
    bundle = disk.seen / ".report.bundle"

    def write(room: int | None) -> str:
        disk.free()
        bundle.write_text(f"DRAFT\n{json.dumps(files)}", encoding="utf-8")
        if room is None:
            disk.crowd()
        else:
            disk.fill(room)
        done = subprocess.run(
            [*disk.within, sys.executable, str(WRITER), str(disk.place / bundle.name)],
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )
        assert not bundle.exists()
        assert disk.entries() == sorted([*files, "letters"])
        return done.stderr

    for room, name in (
        (0, "report.html"),
        (1, "report.html"),
        (2, "report.json"),
        (3, "letters/a.txt"),
        (None, "report.html"),
    ):
        assert write(room) == f"{disk.place}/{name}: {FULL}\n"
        assert {(disk.seen / name).read_text(encoding="utf-8") for name in files} == {"old"}, room
    assert write(4) == ""
    assert {name: (disk.seen / name).read_text(encoding="utf-8") for name in files} == files

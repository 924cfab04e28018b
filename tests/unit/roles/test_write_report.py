# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that writes the files of a report."""

from __future__ import annotations

import json
import os
import pathlib
import runpy
import stat
import sys
import time

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "roles" / "forced_tls" / "files" / "write_report.py"
HEAD = "DRAFT of a letter"


def write(monkeypatch: pytest.MonkeyPatch, place: pathlib.Path, files: dict[str, str], head: str = HEAD) -> None:
    bundle = place / ".report.bundle"
    bundle.write_text(f"{head}\n{json.dumps(files)}", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), str(bundle)])
    runpy.run_path(str(SCRIPT), run_name="__main__")


def names(place: pathlib.Path) -> list[str]:
    return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())


def test_each_file_gets_its_place_and_the_bundle_goes(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    write(monkeypatch, tmp_path, {"report.csv": "a\r\nb\u20ac\r\n", "letters/a.txt": f"{HEAD}\n"})
    assert names(tmp_path) == ["letters/a.txt", "report.csv"]
    assert (tmp_path / "report.csv").read_bytes() == "a\r\nb\u20ac\r\n".encode()
    assert stat.S_IMODE((tmp_path / "report.csv").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "letters").stat().st_mode) == 0o700


def test_drafts_that_are_not_made_any_more_go_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    write(monkeypatch, tmp_path, {"letters/a.txt": f"{HEAD}\n1", "letters/b.txt": f"{HEAD}\n1"})
    (tmp_path / "letters" / "mine.txt").write_text("Dear Contoso\n", encoding="utf-8")
    (tmp_path / "letters" / "b.md").write_text(f"{HEAD}\n", encoding="utf-8")
    write(monkeypatch, tmp_path, {"letters/a.txt": f"{HEAD}\n2"})
    assert names(tmp_path) == ["letters/a.txt", "letters/b.md", "letters/mine.txt"]
    assert (tmp_path / "letters" / "a.txt").read_text(encoding="utf-8") == f"{HEAD}\n2"


def test_what_a_killed_run_left_goes_and_what_another_run_is_writing_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "letters").mkdir()
    for place in (tmp_path, tmp_path / "letters"):
        for name, age in (("old", 4000), ("new", 10)):
            left = place / f".report.waiting-{name}"
            left.touch()
            os.utime(left, (time.time() - age,) * 2)
    write(monkeypatch, tmp_path, {"report.csv": "x"})
    assert names(tmp_path) == [".report.waiting-new", "letters/.report.waiting-new", "report.csv"]


def test_files_without_letters_leave_those_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "empty.txt").touch()
    write(monkeypatch, tmp_path, {"estate.csv": "x"}, head="")
    assert names(tmp_path) == ["estate.csv", "letters/empty.txt"]


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "letters/../../outside.txt", ""])
def test_nothing_is_written_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, name: str) -> None:
    place = tmp_path / "report"
    place.mkdir()
    with pytest.raises(SystemExit):
        write(monkeypatch, place, {name: "x"})
    assert names(tmp_path) == []


def test_links_in_the_directory_lead_nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    victim, place = tmp_path / "victim", tmp_path / "report"
    victim.write_text("precious", encoding="utf-8")
    place.mkdir()
    (place / "report.csv").symlink_to(victim)
    (place / "letters").mkdir()
    (place / "letters" / "a.txt").symlink_to(victim)
    write(monkeypatch, place, {"report.csv": "x", "letters/a.txt": "y"})
    assert victim.read_text(encoding="utf-8") == "precious"
    assert not (place / "report.csv").is_symlink()
    assert (place / "letters" / "a.txt").read_text(encoding="utf-8") == "y"


def test_letters_are_not_written_through_a_link(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    elsewhere, place = tmp_path / "elsewhere", tmp_path / "report"
    for directory in (elsewhere, place):
        directory.mkdir()
    (elsewhere / "draft.txt").write_text(f"{HEAD}\n", encoding="utf-8")
    (place / "letters").symlink_to(elsewhere)
    with pytest.raises(SystemExit, match="is a link"):
        write(monkeypatch, place, {"letters/a.txt": "y"})
    assert [path.name for path in elsewhere.iterdir()] == ["draft.txt"]

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the files of a report, or of the summary over all tenants: as many as there are partners, in one task.

    python write_report.py BUNDLE

BUNDLE is a line, and then JSON with the texts of the files by their names; it lies in the directory of the report, and
is gone afterwards. The line is how drafts of letters to partners begin: those of partners that get none any more are
taken away, other files are left alone. Where it is empty, no letters belong to the files.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import sys
import tempfile
import time

#: How the names of files begin that are written and not yet in their place.
WAITING = ".report.waiting-"
#: After so long, no run is still about to put one in its place: the one that wrote it was killed.
ABANDONED_SECONDS = 3600.0


def main(bundle: pathlib.Path) -> None:
    """Write the files, all of them or none. The bundle goes in any case."""
    try:
        take_apart(bundle)
    except OSError as problem:
        raise SystemExit(f"{problem.filename or bundle.parent}: {problem.strerror}") from None
    finally:
        bundle.unlink(missing_ok=True)


def take_apart(bundle: pathlib.Path) -> None:
    head, _newline, text = bundle.read_text(encoding="utf-8").partition("\n")
    files: dict[str, str] = json.loads(text)
    top = bundle.parent
    letters = top / "letters"
    if head and letters.is_symlink():  # whoever can write here could have them written, and drafts removed, anywhere
        raise SystemExit(f"'{letters}' is a link; put the directory itself there, or remove the link.")
    for name in files:
        path = pathlib.PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not name:
            raise SystemExit(f"'{name}' is no name of a file of the report.")
    sweep(top, *([letters] if head else []))
    put({top / name: content for name, content in files.items()})
    for letter in letters.glob("*.txt") if head else ():
        if f"letters/{letter.name}" not in files and is_draft(letter, head):
            letter.unlink()


def sweep(*places: pathlib.Path) -> None:
    """Take away what a run that was killed has left."""
    for place in places:
        for left in place.glob(f"{WAITING}*"):
            with contextlib.suppress(FileNotFoundError):  # another run takes it away as well
                if time.time() - left.stat().st_mtime > ABANDONED_SECONDS:
                    left.unlink()


def put(files: dict[pathlib.Path, str]) -> None:
    """Write all of them beside their places before the first is put there: a page tells the sums of the others."""
    waiting: dict[pathlib.Path, str] = {}
    path = pathlib.Path()
    try:
        for path, content in files.items():
            waiting[path] = name = reserve(path)
            # Not in text mode: the ends of lines are what they are.
            with open(name, "wb") as file:
                file.write(content.encode("utf-8"))
        for path, name in waiting.items():
            os.replace(name, path)
    except BaseException as problem:
        if isinstance(problem, OSError):
            problem.filename = str(path)  # an error of writing does not know its file, others know its passing name
        raise
    finally:
        for name in waiting.values():
            pathlib.Path(name).unlink(missing_ok=True)


def reserve(path: pathlib.Path) -> str:
    """Make an empty file beside it that only its owner can read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=WAITING)
    os.close(handle)
    return name


def is_draft(path: pathlib.Path, head: str) -> bool:
    """Whether it begins as the drafts of this role do."""
    return path.read_bytes()[:200].decode("utf-8", "replace").partition("\n")[0] == head


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

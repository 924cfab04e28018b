# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the files of a report: as many as there are partners, in one task.

    python write_report.py BUNDLE

BUNDLE is a line, and then JSON with the texts of the files by their names; it lies in the directory of the report, and
is gone afterwards. Drafts of letters to partners that get none any more are taken away, other files are left alone.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
import tempfile


def main(bundle: pathlib.Path) -> None:
    """Write the files, each as a whole or not at all. The bundle goes in any case."""
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
    if letters.is_symlink():  # whoever can write here could have them written, and drafts removed, anywhere
        raise SystemExit(f"'{letters}' is a link; put the directory itself there, or remove the link.")
    for name, content in files.items():
        path = pathlib.PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not name:
            raise SystemExit(f"'{name}' is no name of a file of the report.")
        write(top / path, content)
    for letter in letters.glob("*.txt"):
        if f"letters/{letter.name}" not in files and is_draft(letter, head):
            letter.unlink()


def write(path: pathlib.Path, content: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, waiting = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}-")
    try:
        # Not in text mode: the ends of lines are what they are.
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode("utf-8"))
        os.replace(waiting, path)
    except BaseException as problem:
        pathlib.Path(waiting).unlink(missing_ok=True)
        if isinstance(problem, OSError):
            problem.filename = str(path)  # an error of writing does not know its file
        raise


def is_draft(path: pathlib.Path, head: str) -> bool:
    """Whether it begins as the drafts of this role do."""
    return path.read_bytes()[:200].decode("utf-8", "replace").partition("\n")[0] == head


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small disks that are really full: a tmpfs in a mount namespace of its own, which nothing outside ever sees.

The namespace belongs to a process that waits for its end, and goes with it. Programs are run within it; the files on
the disk are looked at through that process. A user namespace around it makes root of anybody, where the kernel lets it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import subprocess
import typing as t

PAGE = os.sysconf("SC_PAGE_SIZE")
_SIZE = 2**21
_INODES = 200
_BALLAST = "ballast"
_HOLD = f'mount -t tmpfs -o size={_SIZE},nr_inodes={_INODES} none "$1" && echo mounted && exec cat'


class NoDiskError(Exception):
    """The kernel refuses such a disk."""


class Disk:
    """A disk at ``place``, an empty directory, as a context manager. Raises NoDiskError where there can be none."""

    def __init__(self, place: pathlib.Path) -> None:
        self.place = place
        self.place.mkdir()

    def __enter__(self) -> t.Self:
        unshare = ["unshare", "--map-root-user", "--mount", "sh", "-c", _HOLD, "sh", str(self.place)]
        try:
            self._holder = subprocess.Popen(
                unshare, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except FileNotFoundError as problem:
            raise NoDiskError(str(problem)) from None
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != b"mounted\n":
            _out, told = self._holder.communicate()
            raise NoDiskError(told.decode().strip())
        #: Where its files are for this process.
        self.seen = pathlib.Path(f"/proc/{self._holder.pid}/root{self.place}")
        return self

    def __exit__(self, *_problem: object) -> None:
        self._holder.communicate(timeout=30)  # closes its input, on which it ends

    @property
    def within(self) -> list[str]:
        """The beginning of a command that is to see the disk."""
        return ["nsenter", "--user", "--mount", "--preserve-credentials", f"--target={self._holder.pid}"]

    def fill(self, pages: int = 0) -> None:
        """Leave room for so many pages; a file takes whole ones."""
        self.free()
        size = 0
        with (self.seen / _BALLAST).open("wb", buffering=0) as ballast:
            with _until_full():
                while True:
                    size += ballast.write(bytes(PAGE))
            ballast.truncate(size - pages * PAGE)

    def crowd(self) -> None:
        """Leave no room for another file or directory, as small as it may be."""
        self.free()
        (self.seen / _BALLAST).mkdir()
        with _until_full():
            for number in range(_INODES):
                (self.seen / _BALLAST / str(number)).touch()

    def free(self) -> None:
        """Make room again."""
        ballast = self.seen / _BALLAST
        if ballast.is_dir():
            for one in ballast.iterdir():
                one.unlink()
            ballast.rmdir()
        ballast.unlink(missing_ok=True)

    def entries(self) -> list[str]:
        """All files and directories on it, hidden ones too, without what fills it."""
        found = (str(path.relative_to(self.seen)) for path in self.seen.rglob("*"))
        return sorted(name for name in found if not name.startswith(_BALLAST))


@contextlib.contextmanager
def _until_full() -> t.Iterator[None]:
    try:
        yield
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise

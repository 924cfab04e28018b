# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wall time and memory of a command, children included."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import subprocess
import tempfile
import threading
import time
import typing as t

#: Seconds between two looks at the memory of each process.
INTERVAL = 0.1

#: Shared pages are added up at most so seldom that it takes this part of one processor: the kernel walks all of them.
SHARE = 0.02


class CommandFailed(Exception):
    """A measured command ended with an error; the text is the end of what it printed."""


@dataclasses.dataclass(frozen=True)
class Cost:
    """``largest_mb``: the peak of the largest process. ``tree_mb``: the peak of all of them together, where a page that
    several share counts once; sampled. ``child_mb``: the peak of the largest process but the first, shared pages
    included; of Ansible's workers and modules, therefore."""

    wall: float
    cpu: float
    largest_mb: float
    tree_mb: float
    child_mb: float


def measure(command: t.Sequence[str], environment: t.Mapping[str, str], directory: pathlib.Path) -> tuple[Cost, str]:
    """Run a command to its end and return its cost and what it printed. Raises CommandFailed."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", dir=directory) as output:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=directory,
        )
        with _Sampler(process.pid) as sampler:
            _pid, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read()
    if process.returncode != 0:
        raise CommandFailed(f"{' '.join(command)[:200]} ended with {process.returncode}:\n{printed[-3000:]}")
    # Not ru_maxrss: it begins with what this process had when it started the command.
    sizes = (sampler.largest_kb / 1024, sampler.tree_kb / 1024, sampler.child_kb / 1024)
    return Cost(wall, usage.ru_utime + usage.ru_stime, *sizes), printed


class _Sampler:
    """Watches a process and its descendants from a thread of its own."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.largest_kb = 0
        self.tree_kb = 0
        self.child_kb = 0

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        next_sum = 0.0
        while not self._done.is_set():
            pids = _tree(self._pid)
            first, *others = (kilobytes(pid, "status", "VmHWM") for pid in pids)
            self.child_kb = max(self.child_kb, *others, 0)
            self.largest_kb = max(self.largest_kb, first, self.child_kb)
            began = time.monotonic()
            if began >= next_sum:
                self.tree_kb = max(self.tree_kb, sum(kilobytes(pid, "smaps_rollup", "Pss") for pid in pids))
                ended = time.monotonic()
                next_sum = ended + (ended - began) / SHARE
            self._done.wait(INTERVAL)


def _tree(root: int) -> list[int]:
    """A process and its descendants."""
    found = [root]
    for pid in found:
        with contextlib.suppress(OSError):
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def kilobytes(pid: int | str, file: str, field: str) -> int:
    """A size from /proc; 0 when the process has ended."""
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1])
    return 0

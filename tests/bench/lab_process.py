# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab in a process of its own, so that its work is not counted as the collection's."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

from ansible_collections.mailflow.exchange_online.tests.lab import RemoteLab

COLLECTIONS = pathlib.Path(__file__).resolve().parents[2] / ".cache" / "collections"
LAB = "ansible_collections.mailflow.exchange_online.tests.lab"
STANDING = f"{__package__}.standing_lab"

#: What differs between two connectors made alike; the comment may carry the mark of who manages it.
_OWN = ("Guid", "Comment", "ExchangeObjectId", "OriginatingServer", "NameHashGuid")


class Seen(t.NamedTuple):
    """What the lab saw of a run. ``requests``: to the admin API. ``writes``: cmdlets that change something.

    ``cpu``: the seconds that the lab took for it.
    """

    requests: int
    writes: int
    tokens: int
    cpu: float


class LabProcess:
    """Starts a lab and ends it: the usual one, or one in which the connectors of a partner list stand."""

    def __init__(
        self, directory: pathlib.Path, latency: float, *, partners: int = 0, tenants: int = 1, inbound: int = 0
    ) -> None:
        """``partners`` stand in each of ``tenants``, and so many inbound connectors in all; see standing_lab."""
        if partners:
            self._command = [sys.executable, "-m", STANDING, "--partners", str(partners), "--tenants", str(tenants)]
            self._command += ["--inbound", str(inbound), "--latency", str(latency)]
        else:
            self._command = [sys.executable, "-m", LAB, "--latency", str(latency), "--exit-on-eof"]
            self._command += ["--switch", "get_unknown_identity=404"]
        self._directory = directory
        self._cpu = 0.0

    def __enter__(self) -> t.Self:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self._directory,
            env={"PYTHONPATH": str(COLLECTIONS), "LC_ALL": "C.UTF-8"},
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"The lab did not start; it ended with {self._process.wait()}")
        self._lab = RemoteLab(json.loads(line))
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)  # closes its input, on which it ends

    def environment(self) -> dict[str, str]:
        """What the collection's modules need to find the tenant."""
        return self._lab.environment()

    def connections(self) -> list[dict[str, t.Any]]:
        """How to sign in to each tenant, as options of the modules."""
        return [self._lab.connection(tenant) for tenant in self._lab.tenants.values()]

    def reset(self) -> None:
        """Back to the seed."""
        self._lab.reset()

    def forget(self) -> None:
        """Empty the journal, and count CPU time from now."""
        self._lab.journal.clear()
        self._cpu = _cpu_of(self._process.pid)

    def seen(self) -> Seen:
        """Count what the journal holds."""
        cpu = _cpu_of(self._process.pid) - self._cpu  # before the journal is asked for, which takes some as well
        entries = self._lab.journal.entries
        writes = sum(len(entry.writing) for entry in entries if entry.service == "admin")
        tokens = sum(1 for entry in entries if entry.service == "entra" and "token" in entry.cmdlets)
        return Seen(sum(1 for entry in entries if entry.service == "admin"), writes, tokens, cpu)

    def connectors(self) -> dict[tuple[str, str], dict[str, t.Any]]:
        """What stands, without what is different each time it is made."""
        standing = [("outbound", self._lab.tenant.outbound), ("inbound", self._lab.tenant.inbound)]
        return {
            (direction, record["Name"]): {
                name: value
                for name, value in record.items()
                if name not in _OWN and not name.startswith("When") and "@" not in name
            }
            for direction, records in standing
            for record in records
        }


def _cpu_of(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: every request that reached the lab, in order, without secrets.

Parts call ``journal.record(...)`` when the outcome is settled and *before* the answer goes out: a caller that has its
answer finds the entry.
"""

from __future__ import annotations

import abc
import threading
import time
import typing as t
from dataclasses import asdict, dataclass, field

from .redact import redact, redact_headers

READ_VERBS: t.Final = ("get", "test", "validate")


@dataclass(slots=True)
class Entry:
    """One HTTP request. ``status`` is None where no answer was sent."""

    seq: int
    at: float
    service: str
    method: str
    path: str
    status: int | None = None
    cmdlets: list[str] = field(default_factory=list)
    parameters: list[dict[str, t.Any]] = field(default_factory=list)
    outcome: str = ""
    effect: bool = False
    batch: bool = False
    tenant: str | None = None
    client_id: str | None = None
    host: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    fault: str | None = None
    evidence: str | None = None

    def as_dict(self) -> dict[str, t.Any]:
        """The entry as JSON can hold it."""
        return asdict(self)

    @property
    def writing(self) -> list[str]:
        """Those of its cmdlets that change something."""
        return [name for name in self.cmdlets if is_write(name)]


def is_write(cmdlet: str) -> bool:
    """Whether the verb of a cmdlet is one that changes configuration (New, Set, Remove, Enable ...)."""
    return "-" in cmdlet and cmdlet.partition("-")[0].lower() not in READ_VERBS


class JournalView(abc.ABC):
    """Questions to a list of entries; the journal of a lab in this process and that of a remote one share them."""

    @property
    @abc.abstractmethod
    def entries(self) -> list[Entry]:
        """All entries so far, oldest first."""

    def admin(self) -> list[Entry]:
        """Requests to the admin API, one entry per HTTP request."""
        return [entry for entry in self.entries if entry.service == "admin"]

    def tokens(self) -> list[Entry]:
        """Token requests, to the token endpoint or to the managed identity endpoint."""
        return [entry for entry in self.entries if "token" in entry.cmdlets and entry.service in ("entra", "imds")]

    def writes(self) -> list[Entry]:
        """Requests with a cmdlet that changes something, those inside a batch among them."""
        return [entry for entry in self.admin() if entry.writing]

    def reads(self) -> list[Entry]:
        """Requests with cmdlets that only read."""
        return [entry for entry in self.admin() if entry.cmdlets and not entry.writing]

    def commands(self, pattern: str = "") -> list[str]:
        """The names of all cmdlets in order, those inside batches one by one; ``pattern`` is a part of the name."""
        return [name for entry in self.admin() for name in entry.cmdlets if pattern.lower() in name.lower()]


class Journal(JournalView):
    """The journal of a lab in this process. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._next = 1

    @property
    def entries(self) -> list[Entry]:
        """All entries so far, oldest first."""
        with self._lock:
            return list(self._entries)

    def record(
        self,
        service: str,
        method: str,
        path: str,
        *,
        status: int | None,
        cmdlets: t.Sequence[str] = (),
        parameters: t.Sequence[t.Mapping[str, t.Any]] = (),
        outcome: str = "ok",
        effect: bool = False,
        batch: bool = False,
        tenant: str | None = None,
        client_id: str | None = None,
        host: str = "",
        headers: t.Mapping[str, str] | None = None,
        fault: str | None = None,
        evidence: str | None = None,
    ) -> Entry:
        """Add an entry. Credentials in path, parameters and headers are replaced before they are kept."""
        entry = Entry(
            seq=0,
            at=time.time(),
            service=service,
            method=method,
            path=path,
            status=status,
            cmdlets=list(cmdlets),
            parameters=[redact(one) for one in parameters],
            outcome=outcome,
            effect=effect,
            batch=batch,
            tenant=tenant,
            client_id=client_id,
            host=host,
            headers=redact_headers(headers or {}),
            fault=fault,
            evidence=evidence,
        )
        with self._lock:
            entry.seq, self._next = self._next, self._next + 1
            self._entries.append(entry)
        return entry

    def clear(self) -> None:
        """Forget all entries; numbers go on."""
        with self._lock:
            self._entries.clear()

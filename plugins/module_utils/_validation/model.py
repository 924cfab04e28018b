# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What a validation is: what is asked for, what stands, what came of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError

Status = t.Literal[
    "passed",  # Exchange's answer was read, and every step of it succeeded
    "failed",  # a step did not succeed, or Exchange refused to validate
    "unknown",  # there was no answer, or none that could be read
    "fresh",  # a recorded success is young enough
    "planned",  # check mode
]


@dataclasses.dataclass(frozen=True)
class Request:
    """An entry of the list. ``recipients`` is None where it was left out: those that stand in Exchange are taken."""

    name: str
    recipients: tuple[str, ...] | None

    @property
    def label(self) -> str:
        return f"outbound connector '{self.name}'"


@dataclasses.dataclass(frozen=True)
class Task:
    """A request and the connector that it found; ``due`` says why it is validated, and is empty where it is not."""

    connector: Connector
    recipients: tuple[str, ...]
    due: str

    @property
    def label(self) -> str:
        return f"outbound connector '{self.connector.name}'"

    @property
    def enabled(self) -> bool:
        return self.connector.settings.get("enabled") is not False

    @property
    def stands_validated(self) -> bool:
        """Whether Exchange holds a recorded success."""
        return self.connector.details.get("is_validated") is True


@dataclasses.dataclass(frozen=True)
class Step:
    """One row of Exchange's answer, with its name as it came. ``success`` is None where it could not be read."""

    name: str
    success: bool | None
    detail: str


@dataclasses.dataclass(frozen=True)
class Record:
    """What is written down about a validation. ``when`` is in whole seconds, UTC."""

    success: bool
    when: dt.datetime
    recipients: tuple[str, ...]


@dataclasses.dataclass
class Fate:
    """What became of one task. ``seconds`` is how long it took, with the tries and pauses that it needed."""

    task: Task
    status: Status
    steps: tuple[Step, ...] = ()
    error: ExchangeError | None = None
    recorded: bool = False
    tries: int = 0
    seconds: float = 0.0

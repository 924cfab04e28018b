# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What became of a change. Apart from ``apply``, so that who only tells of it does not need the libraries for HTTP."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Change
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError

Status = t.Literal["planned", "applied", "unchanged", "failed", "skipped", "unknown"]


@dataclasses.dataclass
class Fate:
    """What became of one change. ``written`` tells whether any part of it took effect."""

    change: Change
    status: Status
    error: ExchangeError | None = None
    written: bool = False

    @property
    def is_made(self) -> bool:
        """Whether the connector was made as the change wanted it; somebody else's may have come beside it."""
        return self.status == "applied" or (self.error is not None and is_beside(self.error.as_result()))


def is_beside(error: t.Mapping[str, t.Any]) -> bool:
    """Whether an error in a result says that the connector is as it was asked for, and another one came beside it."""
    # What somebody changed of the connector itself is worth another try.
    return error.get("kind") == "changed_meanwhile" and error.get("retryable") is False

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What a runner hands back, whoever hosts it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError


@dataclasses.dataclass(frozen=True)
class Result:
    """The result of a module: complete even when it failed."""

    changed: bool
    data: t.Mapping[str, t.Any]
    diff: list[dict[str, t.Any]] | None = None
    warnings: t.Sequence[str] = ()
    error: ExchangeError | None = None

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of a running lab that are decided request by request."""

from __future__ import annotations

import contextlib
import threading
import typing as t

from ansible_collections.mailflow.exchange_online.tests.lab import Fault, Lab
from ansible_collections.mailflow.exchange_online.tests.lab.faults import Faults

#: Service, names of cmdlets, and the number of an item of a batch -> what happens to it; None: what else was asked for.
Decide = t.Callable[[str, t.Sequence[str], "int | None"], "Fault | None"]


class _Script(Faults):
    def __init__(self, decide: Decide) -> None:
        super().__init__()
        self._decide = decide
        self._own = threading.Lock()

    def take(
        self,
        service: str,
        cmdlet: str | t.Sequence[str] = (),
        *,
        tenant: str | t.Sequence[str] = (),
        item: int | None = None,
    ) -> Fault | None:
        with self._own:
            fault = self._decide(service, [cmdlet] if isinstance(cmdlet, str) else cmdlet, item)
        return fault or super().take(service, cmdlet, tenant=tenant, item=item)


@contextlib.contextmanager
def scripted(lab: Lab, decide: Decide) -> t.Iterator[None]:
    """Let ``decide`` decide, one request after the other."""
    before, lab.world.faults = lab.world.faults, _Script(decide)
    try:
        yield
    finally:
        lab.world.faults = before

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The requests of a qualification that only read."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import (
    RESERVED,
    Seen,
    Step,
    always,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Call

_OUT = "Get-OutboundConnector"
_IN = "Get-InboundConnector"
_NOBODY = "mailflow qualification - no connector has this name"
_OTHER_WAY = {"X-AnchorMailbox": None, "connection-id": "00000000-0000-4000-8000-000000000000"}
#: A few members of a record, asked for alone.
SELECTED = ("Name", "Guid", "Enabled")
_SMALL_SCOPED = (Call(_OUT, {"ResultSize": 1, "IsTransportRuleScoped": True}),)
_PAIR = (Call(_IN, {}), Call("Get-AcceptedDomain", {}))


def _get(key: str, cmdlet: str, when: t.Callable[[Seen], bool] = always, **parameters: object) -> Step:
    return Step(key, (Call(cmdlet, parameters),), when=when)


def _linked(seen: Seen) -> bool:
    return "small" in seen and seen["small"].link is not None


def _batches(seen: Seen) -> bool:
    return "batch" in seen and seen["batch"].done


#: The first, without which nothing can be said.
FIRST = _get("outbound", _OUT)

READS: tuple[Step, ...] = (
    FIRST,
    _get("scoped", _OUT, IsTransportRuleScoped=True),
    _get("test", _OUT, IncludeTestModeConnectors=True),
    _get("both", _OUT, IsTransportRuleScoped=True, IncludeTestModeConnectors=True),
    _get("inbound", _IN),
    _get("domains", "Get-AcceptedDomain"),
    _get("unknown", _OUT, Identity=_NOBODY),
    _get("unknown_in", _IN, Identity=_NOBODY),
    _get("small", _OUT, ResultSize=1),
    Step("selected", (Call(_OUT, {}, SELECTED),)),
    Step("link", (Call(_OUT, {"ResultSize": 1}),), follow="small", when=_linked),
    Step("link_elsewhere", (Call(_OUT, {"ResultSize": 1}),), headers=_OTHER_WAY, follow="small", when=_linked),
    _get("blocked", "Get-BlockedConnector"),
    _get("report", "Get-OutboundConnectorReport", Domain=RESERVED),
    Step("no_cmdlet", (Call("Get-MailflowQualification", {}),), headers={"Accept-Encoding": "identity"}),
    _get("no_parameter", _OUT, MailflowQualification=True),
    Step("batch", _PAIR),
    Step("batch_no_bearer", _PAIR, bearer=False, when=_batches),
    Step("batch_no_accept", _PAIR, headers={"Accept": None}, when=_batches),
)
#: Those that tell more once connectors of the run's own are there, which are rule-scoped.
AGAIN: tuple[Step, ...] = (
    *(step for step in READS if step.key in ("outbound", "scoped", "both", "unknown")),
    _get("small", _OUT, ResultSize=1, IsTransportRuleScoped=True),
    Step("selected", (Call(_OUT, {"IsTransportRuleScoped": True}, SELECTED),)),
    *(dataclasses.replace(step, calls=_SMALL_SCOPED) for step in READS if step.follow),
)
AGAIN_IN: tuple[Step, ...] = tuple(step for step in READS if step.key in ("inbound", "unknown_in"))

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Get-OutboundConnector, Get-InboundConnector, Get-AcceptedDomain."""

from __future__ import annotations

import typing as t

from .cmdlet import Call, Cmdlet, Result
from .errors import not_found
from .evidence import cite
from .records import Record
from .schema_domain import ACCEPTED_DOMAIN
from .schema_inbound import INBOUND
from .schema_outbound import OUTBOUND

DEFAULT_RESULT_SIZE = 1000


def _limit(call: Call) -> int | None:
    """How many records the caller asked for; None is all of them."""
    if call.switches["result_size"] == "ignored":
        return None
    values = call.bound.values
    return t.cast("int | None", values["ResultSize"]) if "ResultSize" in values else DEFAULT_RESULT_SIZE


def _scope_wanted(call: Call) -> bool | None:
    """Which side of IsTransportRuleScoped is asked for; None for both."""
    asked = call.bound.flag("IsTransportRuleScoped")
    if asked is None and call.switches["rule_scoped_filter"] == "hidden_by_default":
        return False
    return asked


def _filtered(call: Call, records: list[Record]) -> list[Record]:
    """The outbound filters, in the reading that the switches choose.

    A connector that is rule-scoped *and* in test mode passes when both filters let it pass, or, with
    ``rule_scoped_and_test`` = either_parameter, as soon as one parameter asks for its kind.
    """
    scope = _scope_wanted(call)
    test = call.bound.flag("IncludeTestModeConnectors") is True
    only_test = test and call.switches["include_test_mode"] == "only"
    either = call.switches["rule_scoped_and_test"] == "either_parameter"
    asked_scoped = call.bound.flag("IsTransportRuleScoped") is True

    def passes(record: Record) -> bool:
        scoped, in_test = record.flag("IsTransportRuleScoped"), record.flag("TestMode")
        if scoped and in_test and either:
            return test or asked_scoped
        fits_scope = scope is None or scoped == scope
        fits_test = in_test if only_test else (test or not in_test)
        return fits_scope and fits_test

    return [record for record in records if passes(record)]


def _get(call: Call) -> Result:
    replica = call.state.visible(call.noun)
    identity = call.bound.text("Identity")
    found = replica.find(identity) if identity else None
    if found is not None:
        records, evidence = [found], cite("get.by-identity")
    elif identity and call.switches["get_unknown_identity"] == "404":
        raise not_found(identity)
    else:
        records = replica.records()
        evidence = cite("get.unknown-identity-all") if "Identity" in call.bound.values else cite("get.list")
    filter_it = found is None or call.switches["filters_with_identity"] == "applied"
    if call.noun == "OutboundConnector" and filter_it:
        records = _filtered(call, records)
        if found is not None and not records and call.switches["get_unknown_identity"] == "404":
            raise not_found(str(identity))
    return Result(evidence, records, limit=_limit(call))


CMDLETS = (
    Cmdlet("Get-OutboundConnector", OUTBOUND, "Get", "connectors", writes=False, run=_get),
    Cmdlet("Get-InboundConnector", INBOUND, "Get", "connectors", writes=False, run=_get),
    Cmdlet("Get-AcceptedDomain", ACCEPTED_DOMAIN, "Get", "accepted_domains", writes=False, run=_get),
)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New-, Set- and Remove- of both connector kinds."""

from __future__ import annotations

import typing as t
import uuid

from .cmdlet import Call, Cmdlet, Result
from .errors import DEHYDRATED, already_exists, execution, not_found, rule_broken
from .evidence import cite
from .parameters import Family
from .records import INBOUND_KIND, OUTBOUND_KIND, Record, Values, utc_now
from .rules import Change, enforce
from .schema_inbound import INBOUND
from .schema_outbound import OUTBOUND
from .seeding import defaults
from .storage import stored

_KINDS = {"OutboundConnector": OUTBOUND_KIND, "InboundConnector": INBOUND_KIND}
_FAMILIES: dict[str, Family] = {"OutboundConnector": OUTBOUND, "InboundConnector": INBOUND}
_VALIDATION = frozenset({"IsValidated", "LastValidationTimestamp", "ValidationRecipients"})


def _check_tenant(call: Call) -> None:
    """Tenants in which writing is refused as a whole."""
    if call.switches["dehydrated_tenant"] == "yes":
        text = (
            "The command you tried to run isn't currently allowed in your organization. To run this command, "
            "you first need to run the command Enable-OrganizationCustomization."
        )
        raise execution(DEHYDRATED, text, cite("tenant.dehydrated"))
    if call.switches["developer_tenant"] == "yes" and (call.verb, call.noun) == ("New", "InboundConnector"):
        text = "Inbound connectors can't be created in this type of subscription."
        raise rule_broken(text, cite("rule.IN-10"))


def _others(call: Call, guid: str) -> t.Callable[[], t.Iterable[Record]]:
    truth = call.state.collections[call.noun].truth
    return lambda: (record for record in truth.by_guid.values() if record.guid != guid)


def _taken_over(call: Call, values: Values) -> set[str]:
    """Put the parameters of the call into the values; the names that were sent."""
    sent = set()
    for parameter, value in call.bound.stored():
        values[parameter.name] = stored(parameter, value, values.get(parameter.name), call.switches)
        sent.add(parameter.name)
    return sent


def _side_effects(call: Call, before: Values | None, values: Values, sent: set[str]) -> None:
    """What one outbound parameter does to another, where a switch says that it does."""
    if call.noun != "OutboundConnector":
        return
    switches = call.switches
    hosts_alone = "SmartHosts" in sent and "UseMXRecord" not in sent and bool(values["SmartHosts"])
    if hosts_alone and switches["smart_hosts_with_mx"] == "turns_mx_off":
        values["UseMXRecord"] = False
    if before is None:
        return
    if switches["smart_hosts_after_mx"] == "cleared" and values["UseMXRecord"] and "SmartHosts" not in sent:
        values["SmartHosts"] = []
    leaves_level = "TlsSettings" in sent and "TlsDomain" not in sent and values["TlsSettings"] != "DomainValidation"
    if leaves_level and switches["tls_domain_on_level_change"] == "cleared":
        values["TlsDomain"] = None
    changes = "IsValidated" not in sent and any(values[name] != before[name] for name in sent - _VALIDATION)
    if changes and switches["set_resets_is_validated"] == "yes":
        values["IsValidated"] = False


def _confirmation(call: Call, target: str) -> Result:
    text = f'What if: Performing the operation "{call.verb}-{call.noun}" on target "{target}".'
    return Result(cite("write.what-if"), confirmation=text)


def _new(call: Call) -> Result:
    _check_tenant(call)
    values = defaults(_FAMILIES[call.noun], call.switches)
    sent = _taken_over(call, values)
    _side_effects(call, None, values, sent)
    guid, now = str(uuid.uuid4()), utc_now()
    record = Record(_KINDS[call.noun], call.state.identity.domain, values, guid, now, now)
    taken = call.state.name_taken(call.noun, record.name)
    if taken is not None:
        raise already_exists(taken.distinguished_name)
    enforce(call.noun, Change("New", values, sent, _others(call, guid), call.switches))
    if call.bound.flag("WhatIf"):
        return _confirmation(call, record.name)
    call.state.write(call.noun, guid, record)
    if call.switches["new_returns"] == "nothing":
        return Result(cite("new.nothing"), effect=True)
    return Result(cite("new.object"), [record], effect=True)


def _target(call: Call) -> Record:
    identity = str(call.bound.values["Identity"])
    record = call.state.target(call.noun, identity)
    if record is None:
        raise not_found(identity)
    return record


def _set(call: Call) -> Result:
    _check_tenant(call)
    record = _target(call)
    values = dict(record.values)
    sent = _taken_over(call, values)
    _side_effects(call, record.values, values, sent)
    if str(values["Name"]).lower() != record.name.lower():
        taken = call.state.name_taken(call.noun, str(values["Name"]))
        if taken is not None:
            raise already_exists(taken.distinguished_name)
    enforce(call.noun, Change("Set", values, sent, _others(call, record.guid), call.switches))
    if call.bound.flag("WhatIf"):
        return _confirmation(call, record.name)
    if values == record.values:
        return _unchanged(call, record)
    call.state.write(call.noun, record.guid, record.changed_to(values, utc_now()))
    return Result(cite("set.nothing"), effect=True)


def _unchanged(call: Call, record: Record) -> Result:
    """A Set that changes nothing: a success, with or without a word about it."""
    if call.switches["noop_set_moves_when_changed"] == "yes":
        moved = record.changed_to(record.values, utc_now())
        call.state.write(call.noun, record.guid, moved)
    if call.switches["set_without_change"] == "silent":
        return Result(cite("set.unchanged-silent"))
    text = f"The command completed successfully but no settings of '{record.name}' have been modified."
    return Result(cite("set.unchanged-warning"), warnings=(text,))


def _remove(call: Call) -> Result:
    _check_tenant(call)
    record = _target(call)
    if call.bound.flag("WhatIf"):
        return _confirmation(call, record.name)
    call.state.write(call.noun, record.guid, None)
    return Result(cite("remove.nothing"), effect=True)


_RUN: dict[str, t.Callable[[Call], Result]] = {"New": _new, "Set": _set, "Remove": _remove}

CMDLETS = tuple(
    Cmdlet(f"{verb}-{noun}", _FAMILIES[noun], verb, "connectors", writes=True, run=run)
    for noun in ("OutboundConnector", "InboundConnector")
    for verb, run in _RUN.items()
)

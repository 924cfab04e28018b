# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Changes -> cmdlets, in the order in which they must take effect. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import circles, codec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import (
    BY_OPTION,
    DOMAINS_OPTION,
    SENT_TOGETHER,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Change,
    Direction,
    Key,
    Settings,
)

#: Where an outbound connector's mail goes, and what is asked of the server there.
_WAY = ("use_mx_record", "smart_hosts", "tls_settings", "tls_domain", "smtp_dane_mode", "mta_sts_mode")
_NOUN: dict[Direction, str] = {"outbound": "OutboundConnector", "inbound": "InboundConnector"}


@dataclasses.dataclass(frozen=True)
class Command:
    """One cmdlet of a change. ``settings`` are what it is to bring about (None: the connector is gone)."""

    change: Change
    cmdlet: str
    parameters: t.Mapping[str, t.Any]
    settings: Settings | None
    waits_for: frozenset[Key] = frozenset()

    @property
    def creates(self) -> bool:
        return self.cmdlet.startswith("New-")


def rounds(changes: t.Iterable[Change]) -> list[list[Command]]:
    """Return the commands in rounds; within a round their order does not matter.

    Exchange takes a whole list of domains at a time, so only this order keeps a moving domain enforced: a connector
    gives a domain up in a later round than the one in which it arrived elsewhere. Where connectors wait for each other
    in a circle, one of them gets the sum of both lists first.
    """
    waiting = {change.key: change for change in changes if change.action != "none" and not change.blocked}
    found: list[list[Command]] = []
    later: list[Command] = []
    while waiting or later:
        current = [command for command in later if waiting.keys().isdisjoint(command.waits_for)]
        later = [command for command in later if not waiting.keys().isdisjoint(command.waits_for)]
        ready = [change for change in waiting.values() if waiting.keys().isdisjoint(change.waits_for)]
        for change in ready or circles.openers(waiting):
            first, more = _single(change) if ready else _double(change)
            current.append(first)
            later += more
            del waiting[change.key]
        found.append(current)
    return found


def _single(change: Change) -> tuple[Command, list[Command]]:
    """The command of a change, and what can only follow it."""
    if change.action == "delete" or change.after is None:
        return _remove(change), []
    if change.action == "create":
        later = {option: value for option, value in change.after.items() if not BY_OPTION[option].settable_on_create}
        return _new(change, change.after, later), [_set(change, later, change.name)] if any(later.values()) else []
    return _set(change, _together(change)), []


def _double(change: Change) -> tuple[Command, list[Command]]:
    """Take over first, give up afterwards."""
    touched = _together(change)
    first = circles.in_between(change, touched)
    last = {option: value for option, value in touched.items() if option not in first or first[option] != value}
    arrives = dataclasses.replace(_set(change, first), waits_for=frozenset())
    return arrives, [_set(change, last)]


def _together(change: Change) -> Settings:
    """The settings that differ, and those Exchange wants to see beside them."""
    after = t.cast("Settings", change.after)
    options = set(change.changes)
    for group in SENT_TOGETHER:
        if not group.isdisjoint(options):
            options |= group
    return {option: after[option] for option in sorted(options) if option in after}


def _new(change: Change, after: Settings, later: Settings) -> Command:
    # What is unset is left out: New-* starts from there.
    sent = {
        option: value
        for option, value in after.items()
        if option not in later and (value != BY_OPTION[option].kind.unset or BY_OPTION[option].create is not None)
    }
    if change.owner is not None:
        sent["comment"] = after.get("comment", "")  # it carries the owner's mark
    parameters = {"Name": change.name, **codec.parameters(sent, change.owner)}
    kept = {option: value for option, value in after.items() if option not in later}
    return Command(change, f"New-{_NOUN[change.direction]}", parameters, kept)


def _set(change: Change, settings: Settings, identity: str | None = None) -> Command:
    if identity is None:
        identity = change.before.guid if change.before else change.name
    parameters = {"Identity": identity, **codec.parameters(settings, change.owner), "Confirm": False}
    if _makes_validation_void(change, settings):
        parameters["IsValidated"] = False
    return Command(change, f"Set-{_NOUN[change.direction]}", parameters, settings, change.waits_for)


def _makes_validation_void(change: Change, settings: Settings) -> bool:
    """Whether a success is recorded for the connector that is of no use for what it is from now on.

    Whether Exchange takes the record back by itself is not known, and by its time a change soon after it is not told
    (``_validation.plan.OWN_CHANGE``). Mail for domains that it has already goes the way that was validated.
    """
    before = change.before
    if before is None or before.details.get("is_validated") is not True:
        return False
    domains = DOMAINS_OPTION[change.direction]
    standing, wanted = (t.cast("tuple[str, ...]", some.get(domains, ())) for some in (before.settings, settings))
    elsewhere = any(settings.get(option, before.settings.get(option)) != before.settings.get(option) for option in _WAY)
    return elsewhere or not set(standing).issuperset(wanted)


def _remove(change: Change) -> Command:
    identity = change.before.guid if change.before else change.name
    parameters = {"Identity": identity, "Confirm": False}
    return Command(change, f"Remove-{_NOUN[change.direction]}", parameters, None, change.waits_for)


def took_effect(command: Command, standing: Settings | None, owner: str | None) -> bool:
    """Whether what stands now is what the command was to bring about."""
    if command.settings is None or standing is None:
        return command.settings is None and standing is None
    change = command.change
    marked = change.owner is not None or (change.before is not None and change.before.owner is not None)
    if marked and owner != change.owner:
        return False
    return all(standing.get(option) == value for option, value in command.settings.items())

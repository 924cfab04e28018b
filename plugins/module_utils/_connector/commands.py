# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Changes -> cmdlets, in the order in which they must take effect. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import codec, weaken
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
    in a circle, they get the sum of both lists first.
    """
    waiting = {change.key: change for change in changes if change.action != "none" and not change.blocked}
    found: list[list[Command]] = []
    second: list[Command] = []
    while waiting or second:
        current, second = second, []
        ready = [change for change in waiting.values() if waiting.keys().isdisjoint(change.waits_for)]
        for change in ready or _awaited(waiting.values()):
            first, later = _single(change) if ready else _double(change)
            current.append(first)
            second += later
            del waiting[change.key]
        found.append(current)
    return found


def _awaited(circle: t.Collection[Change]) -> list[Change]:
    """Those of the waiting changes that another one waits for."""
    keys = {key for change in circle for key in change.waits_for}
    return [change for change in circle if change.key in keys]


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
    option = DOMAINS_OPTION[change.direction]
    before = t.cast("tuple[str, ...]", change.before.settings[option] if change.before else ())
    after = t.cast("tuple[str, ...]", touched[option])
    union = {option: tuple(sorted({*before, *after}))}
    # Where it asks for less afterwards, what is still to leave keeps its level until it has left.
    first, last = (union, touched) if _relaxes(change) else ({**touched, **union}, {option: after})
    arrives = dataclasses.replace(_set(change, first), waits_for=frozenset())
    return arrives, [_set(change, last)]


def _relaxes(change: Change) -> bool:
    """Whether the connector asks for less afterwards, and for more in nothing."""
    if change.before is None or change.after is None:
        return False
    old = weaken.strength(change.direction, change.before.settings)
    new = weaken.strength(change.direction, change.after)
    return new != old and all(after <= before for before, after in zip(old, new, strict=True))


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

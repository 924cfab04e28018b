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
    Settings,
)

_NOUN: dict[Direction, str] = {"outbound": "OutboundConnector", "inbound": "InboundConnector"}


@dataclasses.dataclass(frozen=True)
class Command:
    """One cmdlet of a change. ``settings`` are what it is to bring about (None: the connector is gone)."""

    change: Change
    cmdlet: str
    parameters: t.Mapping[str, t.Any]
    settings: Settings | None

    @property
    def creates(self) -> bool:
        return self.cmdlet.startswith("New-")


def commands(change: Change) -> tuple[tuple[Command, ...], tuple[Command, ...]]:
    """Return the commands of the first and of the second phase.

    In the first phase connectors are created and take domains over; in the second they give domains up. A
    connector that does both gets the sum of both lists first. Exchange takes a whole list at a time, so nothing
    but this order keeps a moving domain enforced.
    """
    if change.action == "none" or change.blocked:
        return (), ()
    if change.action == "delete" or change.after is None:
        return (), (_remove(change),)
    if change.action == "create":
        later = {option: value for option, value in change.after.items() if not BY_OPTION[option].settable_on_create}
        return (_new(change, change.after, later),), (_set(change, later, change.name),) if any(later.values()) else ()
    touched = _together(change)
    if not change.waits_for:
        return (_set(change, touched),), ()
    if not change.awaited:
        return (), (_set(change, touched),)
    option = DOMAINS_OPTION[change.direction]
    before = t.cast("tuple[str, ...]", change.before.settings[option] if change.before else ())
    after = t.cast("tuple[str, ...]", change.after[option])
    union = {option: tuple(sorted({*before, *after}))}
    if _relaxes(change):
        # What is still to leave keeps its level until it has left.
        return (_set(change, union),), (_set(change, touched),)
    return (_set(change, {**touched, **union}),), (_set(change, {option: after}),)


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
    parameters = {"Identity": identity, **codec.parameters(settings, change.owner)}
    return Command(change, f"Set-{_NOUN[change.direction]}", {**parameters, "Confirm": False}, settings)


def _remove(change: Change) -> Command:
    identity = change.before.guid if change.before else change.name
    return Command(change, f"Remove-{_NOUN[change.direction]}", {"Identity": identity, "Confirm": False}, None)


def took_effect(command: Command, standing: Settings | None, owner: str | None) -> bool:
    """Whether what stands now is what the command was to bring about."""
    if command.settings is None or standing is None:
        return command.settings is None and standing is None
    if command.change.owner is not None and owner != command.change.owner:
        return False
    return all(standing.get(option) == value for option, value in command.settings.items())

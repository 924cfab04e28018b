# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Connectors, plans and fates -> what users see. The only place that knows the shape of results. Pure."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import rules
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fate import Fate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import (
    BY_OPTION,
    applies,
    fields_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Change,
    Connector,
    Direction,
    Settings,
    Value,
)

_STATUSES = ("planned", "applied", "unchanged", "failed", "skipped", "unknown")
#: The changes of what stays as it is. One for all: Ansible keeps each result until the play ends, and a hundred tenants
#: have a hundred thousand connectors.
_NO_CHANGES: list[str] = []


def plain(value: Value | None) -> t.Any:
    """A value as it appears in results."""
    return list(value) if isinstance(value, tuple) else value


def connector(direction: Direction, name: str, settings: Settings) -> dict[str, t.Any]:
    """A connector with the option names as keys."""
    ordered = {
        field.option: plain(settings[field.option]) for field in fields_of(direction) if field.option in settings
    }
    return {"name": name, "direction": direction, "state": "present", **ordered}


def as_input(found: Connector) -> dict[str, t.Any]:
    """A connector that can be fed back and then changes nothing.

    What this collection would refuse to write is left out, and so stays as it is: options that the connector's type
    does not have, values it cannot express, and settings that contradict each other.
    """
    kept = {
        option: value
        for option, value in found.settings.items()
        if applies(BY_OPTION[option], found.settings.get("connector_type")) and writable(option, value)
    }
    for rule, _sentence in rules.broken(kept, asked=kept):
        for option in (rule.asked,) if rule.asked else rule.options:
            kept.pop(option, None)
    return connector(found.direction, found.name, kept)


def details(found: Connector, shown: t.Mapping[str, t.Any] | None = None) -> dict[str, t.Any]:
    """What cannot be set, and the settings that :func:`as_input` leaves out; ``shown`` is what it returns."""
    shown = as_input(found) if shown is None else shown
    left_out = {option: plain(value) for option, value in found.settings.items() if option not in shown}
    return {
        "name": found.name,
        "direction": found.direction,
        "owner": found.owner,
        "left_out": left_out,
        **found.details,
    }


def writable(option: str, value: Value) -> bool:
    """Whether this collection would write the value."""
    kind = BY_OPTION[option].kind
    if "choices" in kind.argument and value not in kind.argument["choices"]:
        return False
    try:
        return kind.parse(plain(value)) == value
    except ValueError:
        return False


def outcome(fate: Fate) -> dict[str, t.Any]:
    """What became of one connector of the list."""
    change = fate.change
    return {
        "name": change.name,
        "direction": change.direction,
        "action": change.action,
        "changes": list(change.changes) if change.changes else _NO_CHANGES,
        "weakens": bool(change.weakens),
        "status": fate.status,
        "error": fate.error.as_result() if fate.error else None,
    }


def written(fates: t.Iterable[Fate]) -> list[dict[str, t.Any]]:
    """What is to show in every later reading of what stands."""
    return [_written(fate.change) for fate in fates if fate.is_made]


def _written(change: Change) -> dict[str, t.Any]:
    after = change.after
    return {
        "name": change.name,
        "direction": change.direction,
        "guid": change.before.guid if change.before else None,
        "settings": None if after is None else {name: plain(after[name]) for name in change.changes if name in after},
    }


def summary(fates: t.Sequence[Fate]) -> dict[str, int]:
    """Counts of the outcomes by status, and of what is done by action."""
    statuses = collections.Counter[str](fate.status for fate in fates)
    doing = [fate for fate in fates if fate.status in ("planned", "applied")]
    actions = collections.Counter[str](fate.change.action for fate in doing)
    return {
        "total": len(fates),
        **{status: statuses[status] for status in _STATUSES},
        "created": actions["create"],
        "updated": actions["update"],
        "deleted": actions["delete"],
        "weakens": sum(1 for fate in fates if fate.change.weakens),
    }


def diff(changes: t.Iterable[Change]) -> list[dict[str, t.Any]]:
    """Before and after of the touched values, connector by connector; check mode and the real run give the same."""
    return [difference(change) for change in changes if change.action != "none" and not change.blocked]


def difference(change: Change) -> dict[str, t.Any]:
    return {
        "before_header": change.label,
        "after_header": change.label,
        "before": _side(change, change.before.settings if change.before else None, standing=True),
        "after": _side(change, change.after, standing=False),
    }


def _side(change: Change, settings: Settings | None, *, standing: bool) -> dict[str, t.Any]:
    if settings is None:
        return {}
    options = change.changes if change.before is not None and change.after is not None else tuple(settings)
    shown = {option: plain(settings[option]) for option in options if option in settings}
    owner = change.before.owner if standing and change.before else change.owner
    return {**shown, "owner": owner} if _owner_moves(change) and owner is not None else shown


def _owner_moves(change: Change) -> bool:
    return change.before is None or change.after is None or change.before.owner != change.owner


def failures(fates: t.Sequence[Fate]) -> list[Fate]:
    """The outcomes that make a task fail: what failed, what is unknown, and what a guard or a failure held back."""
    return [fate for fate in fates if fate.error is not None]


def failure_text(failed: t.Sequence[Fate], total: int) -> str:
    """One sentence for the task, and the sentences of the first few connectors."""
    shown = [fate.error.message for fate in failed[:5] if fate.error]
    rest = f" And {len(failed) - len(shown)} more; see connectors in the result." if len(failed) > len(shown) else ""
    return f"{len(failed)} of {total} connectors could not be brought to the wished state. {' '.join(shown)}{rest}"

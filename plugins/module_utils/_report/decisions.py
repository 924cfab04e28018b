# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What needs a decision, partner by partner. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report import moments
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.history import History
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.model import MATTERS, Decision, Matter
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.plain import Values

#: Holds that end by themselves.
_PATIENT = ("enforce_from", "wave")


def decisions(entry: Values, conflicts: t.Sequence[Values], history: History) -> tuple[Decision, ...]:
    """The gravest first, each sentence once."""
    found = [*history.troubles(entry), *_standing(entry), *(_conflict(each) for each in conflicts if _holds(each))]
    once: dict[str, Decision] = {}
    for each in sorted(found, key=lambda each: list(MATTERS).index(each.matter)):
        once.setdefault(each.message, each)
    return tuple(once.values())


def notices(entry: Values, conflicts: t.Sequence[Values]) -> tuple[str, ...]:
    """What is worth knowing, and needs nobody."""
    texts = [*(entry.get("notices") or []), *(each.get("message") for each in conflicts if not _holds(each))]
    return tuple(dict.fromkeys(str(text) for text in texts if text))


def common(plan: Values, history: History) -> tuple[Decision, ...]:
    """What belongs to no partner of the list."""
    conflicts = [each for each in plan.get("conflicts") or [] if not each.get("partner")]
    return (*history.strays(plan["partners"]), *(_conflict(each) for each in conflicts))


def _standing(entry: Values) -> t.Iterator[Decision]:
    for alert in entry.get("alerts") or []:
        yield Decision("alert", _text(alert, f"{entry['name']}: {alert.get('alert')}"))
    hold = entry.get("held")
    if hold:
        matter: Matter = "waiting" if hold.get("reason") in _PATIENT else "held"
        yield Decision(matter, _text(hold, _why(entry, hold)))


def _why(entry: Values, hold: Values) -> str:
    until = moments.said(moments.read(hold.get("until")))
    if hold.get("reason") == "enforce_from" and until:
        return f"{entry['name']}: enforced from {until} on."
    return f"{entry['name']}: held back ({hold.get('reason')}){f' until {until}' if until else ''}."


def _conflict(conflict: Values) -> Decision:
    return Decision("conflict", _text(conflict, f"There is a conflict: {conflict.get('kind')}"))


def _holds(conflict: Values) -> bool:
    return conflict.get("severity") == "hold"


def _text(values: Values, otherwise: str) -> str:
    return str(values.get("message") or otherwise)

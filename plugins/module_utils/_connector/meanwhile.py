# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Somebody else at the same connectors: Exchange has no lock and no conditional write, so look once more at the end.

Of two who change one connector at the same time, the last to write either brought all of it to his wish, or sees here
what the other one changed. New-* cannot collide, because names are unique; Remove-* leaves nothing to look at.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import apply
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fate import Fate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Change,
    Connector,
    Key,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError

#: What Exchange may change by itself along with another option.
_FOLLOWS = {"tls_settings": "tls_domain", "use_mx_record": "smart_hosts", "smart_hosts": "use_mx_record"}


class Reader(t.Protocol):
    """What is needed of Exchange."""

    def look_up(self, keys: t.Collection[Key]) -> list[Connector]:
        """Return what stands under these keys, among others."""


def look_again(fates: t.Sequence[Fate], reader: Reader, sleep: t.Callable[[float], object] = time.sleep) -> list[str]:
    """Read once more what was changed, mark what somebody else has his hands on, and return warnings."""
    changed = {fate.change.key: fate for fate in fates if fate.status == "applied" and fate.change.action == "update"}
    words: dict[Key, str] = dict.fromkeys(changed, "")
    try:
        # A replica that lags behind may show what stood for a moment in the midst of this run's own writes.
        for pause in (0.0, apply.PAUSES[1]):
            if words:
                sleep(pause)
                standing = {connector.key: connector for connector in reader.look_up(words)}
                seen = {key: _what_else(changed[key].change, standing.get(key)) for key in words}
                words = {key: told for key, told in seen.items() if told}
    except ExchangeError as problem:
        unseen = (
            "The connectors were changed, but could not be read once more, so it is not known whether somebody else"
        )
        return [f"{unseen} changed them at the same time: {problem.message}"]
    for key, told in words.items():
        changed[key].status, changed[key].error = "failed", _told(changed[key].change, told)
    return []


def _told(change: Change, words: str) -> ExchangeError:
    return ExchangeError(
        "changed_meanwhile",
        f"The {change.label} was changed, but while this ran somebody else {words}. Run again when nobody else works on"
        " the connectors, to see what is left to do.",
        retryable=True,
    )


def _what_else(change: Change, found: Connector | None) -> str | None:
    """What somebody else did, in words. A value as it was before is none: replicas may lag behind."""
    before, after = change.before, change.after
    if before is None or after is None:
        return None
    if found is None:
        return "deleted it"
    if found.guid != before.guid:
        return "deleted it and made another one of that name"
    ours = {*change.changes, *(_FOLLOWS[option] for option in change.changes if option in _FOLLOWS)}
    others = [
        option
        for option, value in after.items()
        if found.settings.get(option) not in (value, before.settings.get(option))
        if option in change.changes or option not in ours
    ]
    if found.owner not in (change.owner, before.owner):
        others.append("the owner's mark in its comment")
    return f"changed {', '.join(sorted(others))} of it" if others else None

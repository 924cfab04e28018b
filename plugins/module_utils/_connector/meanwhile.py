# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Somebody else at the same connectors: Exchange has no lock and no conditional write, so look once more at the end.

Of two who change one connector at the same time, the last to write either brought all of it to his wish, or sees here
what the other one changed. New-* cannot collide, because names are unique; Remove-* leaves nothing to look at.

Of two who bring a domain into force with a connector each, both may have read before either of them wrote, so that
neither plan knows of the other. Each looks here after all that he has written, so whoever wrote last sees both. What
stood beside it at the reading that the plan was made from is no news: that was for whoever made the plan.

That holds for a replica that takes up writes in their order. One that does not show what this run has written itself
shows nothing of what came before, and is looked at again; where it still lags behind, a warning says that nothing is
known. What cannot be promised: a replica that takes up single objects late may show the own one and not the other's,
and what somebody else does after this look is seen by his own, or by the next plan.
"""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import apply, rivals
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fate import Fate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Change,
    Connector,
    Direction,
    Key,
    Settings,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, printable

#: What Exchange may change by itself along with another option.
_FOLLOWS = {"tls_settings": "tls_domain", "use_mx_record": "smart_hosts", "smart_hosts": "use_mx_record"}

_DONE = {"create": "created", "update": "changed"}


class Reader(t.Protocol):
    """What is needed of Exchange."""

    def look_up(self, keys: t.Collection[Key], also: t.Collection[Direction] = ()) -> list[Connector]:
        """Return what stands under these keys, and the ordinary connectors of these directions, among others."""


def look_again(
    fates: t.Sequence[Fate],
    reader: Reader,
    planned_from: t.Iterable[Connector],
    sleep: t.Callable[[float], object] = time.sleep,
) -> list[str]:
    """Read once more what was changed, mark what somebody else has his hands on, and return warnings.

    ``planned_from`` is what stood at the reading that the plan was made from.
    """
    written = {
        fate.change.key: fate for fate in fates if fate.status == "applied" and rivals.is_seen_again(fate.change)
    }
    if not written:
        return []
    known = _known([fate.change for fate in fates], planned_from)
    seen: dict[Key, _Seen] = {}
    unclear: t.Collection[Key] = written
    try:
        # A replica that lags behind may show what stood for a moment in the midst of this run's own writes.
        for pause in (0.0, apply.PAUSES[1]):
            if unclear:
                sleep(pause)
                looked = _look([written[key].change for key in unclear], reader, known)
                seen.update({key: seen[key].then(found) if key in seen else found for key, found in looked.items()})
                unclear = [key for key in unclear if not seen[key].is_clear]
    except ExchangeError as problem:
        return [_unread(problem)]
    for key in unclear:
        if seen[key].others or seen[key].rivals:
            written[key].status, written[key].error = "failed", _told(written[key].change, seen[key])
    late = [written[key].change.name for key in unclear if written[key].error is None]
    return [_unseen(late)] if late else []


@dataclasses.dataclass(frozen=True)
class _Seen:
    """One connector in one look, in words: what others did to it, and who has its domains beside it.

    ``late``: what was written of it does not show yet, so what does not show either is not known.
    """

    others: str
    rivals: str
    late: bool

    @property
    def is_clear(self) -> bool:
        return not (self.others or self.rivals or self.late)

    def then(self, second: _Seen) -> _Seen:
        """What holds after a second look: the second, but not where only the first one showed what was written."""
        return self if self.rivals and not self.late and second.late else second


def _known(changes: t.Sequence[Change], planned_from: t.Iterable[Connector]) -> set[rivals.Rival]:
    """What met already at the planning, and what the plan itself brings together."""
    stood = [(connector.key, connector.settings) for connector in planned_from]
    wished: list[tuple[Key, Settings]] = [(c.key, c.after) for c in changes if c.after is not None]
    return rivals.met(changes, [*stood, *wished])


def _look(changes: t.Sequence[Change], reader: Reader, known: t.Collection[rivals.Rival]) -> dict[Key, _Seen]:
    updated = [change.key for change in changes if change.action == "update"]
    found = {one.key: one for one in reader.look_up(updated, {change.direction for change in changes})}
    news: dict[Key, list[rivals.Rival]] = {}
    for rival in rivals.met(changes, [(key, one.settings) for key, one in found.items()]):
        if rival not in known:
            news.setdefault(rival.own, []).append(rival)
    seen = {}
    for change in changes:
        own = found.get(change.key)
        met = rivals.told(news.get(change.key, ()), found)
        others = _what_else(change, own) or ""
        shown = rivals.takes(own.direction, own.settings) if own else frozenset()
        seen[change.key] = _Seen(others, met, late=not others and not rivals.gained(change) <= shown)
    return seen


def _told(change: Change, seen: _Seen) -> ExchangeError:
    """What somebody else did. Trying again mends what he changed of it, and not that he has its domain as well."""
    words = f"while this ran somebody else {seen.others}"
    remedy = "Run again when nobody else works on the connectors, to see what is left to do."
    if seen.rivals:
        brought = f"brought into force {seen.rivals}"
        words = f"{words}, and {brought}" if seen.others else f"{words}{brought}"
        words, remedy = f"{words}; {rivals.DANGER}", rivals.REMEDY
    return ExchangeError(
        "changed_meanwhile",
        f"The {change.label} was {_DONE[change.action]}, but {words}. {remedy}",
        retryable=not seen.rivals,
    )


def _unread(problem: ExchangeError) -> str:
    return (
        "The connectors were written, but could not be read once more, so it is not known whether somebody else changed"
        f" them at the same time, or brought others into force for their domains: {problem.message}"
    )


def _unseen(names: t.Sequence[str]) -> str:
    shown = rivals.listed([f"'{printable(name)}'" for name in names])
    return (
        f"What was written of {shown} does not show yet, so it is not known whether"
        " somebody else brought other connectors into force for the same domains at the same time. Run again in a few"
        " minutes, and look whether the plan tells of others."
    )


def gone(found: Connector | None) -> str:
    """What became of a connector that is not there any more; ``found`` is what has its name now."""
    return "deleted it" if found is None else "deleted it and made another one of that name"


def _what_else(change: Change, found: Connector | None) -> str | None:
    """What somebody else did, in words. A value as it was before is none: replicas may lag behind."""
    before, after = change.before, change.after
    if before is None or after is None:
        return None
    if found is None or found.guid != before.guid:
        return gone(found)
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

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Connectors that wait for each other in a circle: which of them open it, and what they are in between. Pure.

Who opens a circle has its domains of before and of afterwards for a moment, and asks all of them for what it asked for
before and for what it asks for afterwards: each keeps what it had and gets what it is to have. That is more than either
is meant to show, so few do it, and first those that ask for less in nothing; two restrictions, of addresses and of a
certificate, come together only where nobody else is left.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import (
    DOMAINS_OPTION,
    domains_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Change, Key, Settings

#: What is asked for -> what it means by that.
_VALUES = {
    "tls_settings": "tls_domain",
    "restrict_domains_to_certificate": "tls_sender_certificate_name",
    "restrict_domains_to_ip_addresses": "sender_ip_addresses",
}

Waiting = t.Mapping[Key, Change]


def openers(waiting: Waiting) -> list[Change]:
    """Return those without which the others wait in no circle."""
    found: list[Change] = []
    rest = _between(waiting)
    while rest:
        opener = next(change for change in sorted(rest.values(), key=_burden) if _waits_for_itself(change, rest))
        found.append(opener)
        rest = _between({key: change for key, change in rest.items() if key != opener.key})
    return found


def in_between(change: Change, touched: Settings) -> Settings:
    """What of ``touched`` an opener becomes first: it takes over, and asks for less in nothing."""
    before, after = _both(change)
    first = dict(touched)
    if weaken.stricter(change.direction, after, before):
        more = weaken.stricter(change.direction, before, after)
        early = {*more, *(_VALUES[facet] for facet in more if facet in _VALUES)}
        first = {option: value for option, value in touched.items() if option in early}
    return {**first, DOMAINS_OPTION[change.direction]: _all_domains(change)}


def _between(waiting: Waiting) -> Waiting:
    """Those that are in a circle, or between two of them: not who waits for nobody else, nor whom nobody waits for."""
    while True:
        awaited = {key for change in waiting.values() for key in change.waits_for}
        left = {
            key: change
            for key, change in waiting.items()
            if key in awaited and not waiting.keys().isdisjoint(change.waits_for)
        }
        if len(left) == len(waiting):
            return left
        waiting = left


def _waits_for_itself(change: Change, waiting: Waiting) -> bool:
    seen: set[Key] = set()
    todo = [change]
    while todo:
        new = (todo.pop().waits_for & waiting.keys()) - seen
        seen |= new
        todo += [waiting[key] for key in new]
    return change.key in seen


def _burden(change: Change) -> tuple[int, int, Key]:
    """In how much it asks for less, and how long its list gets: Exchange does not store any length."""
    before, after = _both(change)
    return len(weaken.stricter(change.direction, after, before)), len(_all_domains(change)), change.key


def _all_domains(change: Change) -> tuple[str, ...]:
    return tuple(sorted({domain for settings in _both(change) for domain in domains_of(change.direction, settings)}))


def _both(change: Change) -> tuple[Settings, Settings]:
    return change.before.settings if change.before else {}, change.after or {}

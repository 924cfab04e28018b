# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Who is to be enforced newly -> who comes together, and in which turn. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import DIRECTIONS, Direction
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.estate import Estate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gate import Decision

Wave = list[Decision]


def waves(moving: t.Sequence[Decision], estate: Estate, size: int, later: t.Container[str]) -> list[Wave]:
    """Spread those of them who are to be enforced newly over waves of at most ``size`` (0: any); there is always one.

    Partners among whom domains move come together, however many they are: in between, a domain would have two
    connectors, or the change of one would reach mail of the other. ``later`` are keys of those whose connector keeps a
    domain until somebody of the same wave was validated: they make a wave of their own after it.
    """
    found: list[Wave] = []
    for party in _parties(moving, estate):
        if found and (not size or len(found[-1]) + len(party) <= size):
            found[-1] += party
        else:
            found.append(party)
    parts = [[d for d in wave if (d.key in later) is late] for wave in found for late in (False, True)]
    return [part for part in parts if part] or [[]]


def _parties(moving: t.Sequence[Decision], estate: Estate) -> t.Iterable[Wave]:
    """Those who belong together, in the order of the list; also by others, who get a domain and give one away."""
    # Several, where two connectors were in force for one domain before.
    holders: dict[tuple[Direction, str], set[str]] = {}
    for decision in moving:
        for connector in estate.own(decision.partner):
            for domain in estate.served_by(connector.key):
                holders.setdefault((connector.direction, domain), set()).add(decision.key)
    leader = {decision.key: decision.key for decision in moving}
    for decision in moving:
        taken = [(direction, domain) for direction in DIRECTIONS for domain in decision.partner.domains]
        for giver in set().union(*(holders.get(where, ()) for where in taken)) - {decision.key}:
            one, other = leader[giver], leader[decision.key]
            leader.update({member: one for member, of in leader.items() if of == other})
    found: dict[str, Wave] = {}
    for decision in moving:
        if decision.gated:
            found.setdefault(leader[decision.key], []).append(decision)
    return found.values()

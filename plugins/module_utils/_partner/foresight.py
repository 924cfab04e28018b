# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What the plan for all has against a partner -> a plan that holds together. Pure.

The gate decides partner by partner. That a change is going to be refused, or would reach mail of somebody who is held,
is known only when the connectors of all are planned. So it is planned, and planned again with what was found, until
nothing more is found. Everything found holds somebody back, and nobody twice, so that comes to an end.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Key, Plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.fleet import Fleet
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gate import Course, Decision
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.standing import Hold


@dataclasses.dataclass(frozen=True)
class Staged:
    """One stage: decisions in the order of the list, the connectors, and what changes by them."""

    decisions: tuple[Decision, ...]
    fleet: Fleet
    plan: Plan


Stager = t.Callable[[Course], Staged]
#: A partner's own connectors.
KeysOf = t.Callable[[Decision], t.Sequence[Key]]


def foreseen(stage: Stager, keys_of: KeysOf) -> tuple[Course, Staged]:
    """Return the plan for all as if every validation will succeed, and what it has found against partners.

    Whoever waits for a validation in vain, because the change is going to be refused after it, is held before it. So
    no connector stops halfway, and nobody is asked for a test mail that nothing follows from.
    """
    return _until_nothing_new(Course(), stage, keys_of, refusals=True)


def settled(course: Course, stage: Stager, keys_of: KeysOf, denied: frozenset[Key] = frozenset()) -> Staged:
    """Return a stage of the run, given what the plan for all has found.

    ``denied`` are the connectors whose change that plan refuses. Where this stage has nothing against one, because what
    stands against it comes later, it is left as it stands.
    """
    return _until_nothing_new(course, stage, keys_of, refusals=False, denied=denied)[1]


def _until_nothing_new(
    course: Course, stage: Stager, keys_of: KeysOf, *, refusals: bool, denied: frozenset[Key] = frozenset()
) -> tuple[Course, Staged]:
    while True:
        staged = stage(course)
        blocked = {change.key: change.blocked.message for change in staged.plan.changes if change.blocked}
        found = {key: Hold("conflict", None, text) for key, text in staged.fleet.keepers.items()}
        # It is asked for only to be refused.
        refused = course.refused & blocked.keys()
        for decision in staged.decisions if refusals else ():
            own = [key for key in keys_of(decision) if key in blocked]
            if own and decision.awaits and decision.hold is None:
                found[decision.key] = Hold("refused", None, blocked[own[0]].rstrip("."))
                refused |= frozenset(own)
        withheld = denied & {change.key for change in staged.plan.touched if not change.blocked}
        more = dataclasses.replace(
            course, hindered={**found, **course.hindered}, refused=refused, withheld=course.withheld | withheld
        )
        if more == course:
            return course, staged
        course = more

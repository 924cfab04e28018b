# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What stands against a change: another owner, another connector for its domain, a prune that is too large, weakening
without consent. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import rivals
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Change,
    Connector,
    Key,
    Policy,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError


def guarded(changes: t.Sequence[Change], policy: Policy, standing: t.Mapping[Key, Connector]) -> list[Change]:
    """Mark the changes that must not be made, and with them the other half of each move they belong to.

    A domain whose new connector is held back must stay; and a domain that must stay is not added to another
    connector: with two connectors for one domain it is open which of them Exchange takes.
    """
    deletions = sum(1 for change in changes if change.pruned)
    shared = rivals.in_the_way(changes, standing) if policy.refuse_shared else {}
    marked = {
        change.key: _marked(
            change,
            _guard(change, policy, deletions) or _beside(change, shared.get(change.key, ()), standing),
        )
        for change in changes
    }
    pairs = [(change.key, receiver) for change in changes for receiver in sorted(change.waits_for)]
    while True:
        torn = [pair for pair in pairs if (marked[pair[0]].blocked is None) != (marked[pair[1]].blocked is None)]
        if not torn:
            return list(marked.values())
        for giver, receiver in torn:
            if marked[giver].blocked is None:
                marked[giver] = _marked(marked[giver], waits_in_vain(marked[giver]))
            elif marked[receiver].blocked is None:
                marked[receiver] = _marked(marked[receiver], _stays(marked[receiver], marked[giver]))


def _marked(change: Change, problem: ExchangeError | None) -> Change:
    return change._replace(blocked=problem) if problem else change


def waits_in_vain(change: Change) -> ExchangeError:
    """Why a change is not made: its domain has nowhere to go."""
    names = ", ".join(sorted(name for _direction, name in change.waits_for))
    return ExchangeError(
        "skipped",
        f"The {change.label} keeps its domains: one of them was to move to '{names}' first, and that did not happen.",
    )


def _stays(receiver: Change, giver: Change) -> ExchangeError:
    """Why a change is not made: what it was to take over stays where it is."""
    return ExchangeError(
        "skipped",
        f"The {receiver.label} was left as it is: it was to take over a domain of '{giver.name}', which is held back.",
    )


def _beside(
    change: Change, others: t.Sequence[rivals.Rival], standing: t.Mapping[Key, Connector]
) -> ExchangeError | None:
    """Why a change is not made: with two connectors for one domain it is open which of them Exchange takes."""
    if not others:
        return None
    return ExchangeError(
        "refused",
        f"The {change.label} was not {'changed' if change.before else 'created'}: in force already is"
        f" {rivals.told(others, standing)}, and {rivals.DANGER}. {rivals.REMEDY}",
    )


def _guard(change: Change, policy: Policy, deletions: int) -> ExchangeError | None:
    if change.action == "none":
        return None
    standing = change.before.owner if change.before else None
    if change.claimant is not None and standing not in (None, change.claimant, policy.owner):
        return ExchangeError(
            "refused",
            f"The {change.label} belongs to owner '{standing}', not to '{change.claimant}'; it was left as it is."
            " Choose another name, or remove the mark from its comment if it is yours.",
        )
    if change.pruned and deletions > policy.prune_limit:
        return ExchangeError(
            "refused",
            f"The {change.label} was not deleted: pruning would delete {deletions} connectors, and prune_limit is"
            f" {policy.prune_limit}. Check the list, and raise prune_limit if they are all to go.",
        )
    if change.weakens and (change.consent == "outdated" or not (policy.allow_weaken or change.consent)):
        return _weakens(change)
    return None


def _weakens(change: Change) -> ExchangeError:
    """Why a change is not made: nobody has agreed to what it takes away."""
    text = f"The {change.label} was left as it is: the change would weaken it ({'; '.join(change.weakens)})."
    if change.consent != "outdated":
        remedy = "Set allow_weaken to true if that is meant (in the role, forced_tls_allow_weaken)."
        return ExchangeError("refused", f"{text} {remedy}")
    return ExchangeError(
        "plan_changed",
        f"{text} It was planned for the connector as it stood, and now it reads otherwise: somebody has changed it"
        " since, or Exchange Online answered from a copy that lags behind. Run again, and look at the new plan.",
        retryable=True,
    )

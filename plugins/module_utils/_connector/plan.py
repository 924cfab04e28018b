# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Wishes x what stands in Exchange x policy -> what is to be done. Pure.

Check mode and the real run both show this plan; only one of them applies it.
"""

from __future__ import annotations

import hashlib
import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import guards, rules, weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import applies, fields_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Action,
    Change,
    Connector,
    Consent,
    Direction,
    Key,
    Plan,
    Policy,
    Settings,
    Value,
    Wish,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError


def make_plan(wishes: t.Sequence[Wish], current: t.Iterable[Connector], policy: Policy) -> Plan:
    """Return the plan. Raises InputError with every wish that does not fit what stands in Exchange."""
    standing = {connector.key: connector for connector in current}
    changes = [_change(wish, standing.get(wish.key), policy) for wish in wishes]
    problems = [sentence for wish, change in zip(wishes, changes, strict=True) for sentence in _problems(wish, change)]
    problems += _claims(changes)
    if problems:
        raise InputError(problems)
    changes += _pruned(standing, {change.key for change in changes}, policy)
    if any(change.action != "none" for change in changes):
        changes = guards.guarded(_ordered(_with_weakening(changes, standing)), policy, standing)
    return Plan(tuple(changes), _plan_id(changes, policy.scope))


def _change(wish: Wish, before: Connector | None, policy: Policy) -> Change:
    name = before.name if before else wish.name
    claimant = wish.owner or policy.owner
    owner = _owner(wish, before, policy)
    if not wish.present:
        action: Action = "delete" if before else "none"
        return Change(wish.direction, name, action, before, None, consent=_consent(wish, before), claimant=claimant)
    if before is None:
        after = _created(wish)
        return Change(wish.direction, name, "create", None, after, tuple(sorted(after)), owner, claimant)
    differing = {option for option, value in wish.settings.items() if before.settings.get(option) != value}
    if owner != before.owner:
        differing.add("comment")
    after = before.settings
    if differing:
        # The comment carries the owner's mark.
        after = {**({"comment": ""} if "comment" in differing else {}), **before.settings, **wish.settings}
    return Change(
        wish.direction,
        name,
        "update" if differing else "none",
        before,
        after,
        tuple(sorted(differing)),
        owner,
        claimant,
        consent=_consent(wish, before),
    )


def _consent(wish: Wish, before: Connector | None) -> Consent:
    """Whether it may be weakened: what was planned for a state is for no other one."""
    if wish.consent_from is None or wish.consent_from == state_id(before):
        return wish.consent
    return "outdated"


def _owner(wish: Wish, before: Connector | None, policy: Policy) -> str | None:
    """Return whose mark the connector carries afterwards."""
    if wish.owner is not None:
        return wish.owner or None
    return policy.owner or (before.owner if before else None)


def _created(wish: Wish) -> Settings:
    """What a new connector is asked to be: the wish, and a value for what Exchange's own default leaves open."""
    connector_type = wish.settings.get("connector_type", "partner")
    defaults: dict[str, Value] = {
        field.option: field.create
        for field in fields_of(wish.direction)
        if field.create is not None and applies(field, connector_type)
    }
    return {**defaults, **wish.settings}


def _problems(wish: Wish, change: Change) -> list[str]:
    if not wish.present or change.after is None:
        return []
    found = rules.misplaced(wish, change.after.get("connector_type"))
    if change.before is None:
        unset = {field.option: field.kind.unset for field in fields_of(wish.direction)}
        found += [sentence for _rule, sentence in rules.broken({**unset, **change.after}, asked=wish.settings)]
    elif change.changes:
        found += [
            f"Exchange does not return {option} for this connector, so it cannot be managed here yet; leave it out."
            for option in wish.settings
            if option not in change.before.settings and not rules.misplaced(wish, None)
        ]
        broken = rules.broken(change.after, asked=wish.settings)
        found += [sentence for rule, sentence in broken if not set(rule.options).isdisjoint(change.changes)]
    return [f"{change.label}: {sentence}" for sentence in found]


def _claims(changes: t.Sequence[Change]) -> list[str]:
    """Two connectors of one list for one domain: Microsoft says that mail may then be lost."""
    if all(change.action == "none" for change in changes):
        return []
    claimed: dict[tuple[Direction, str], list[tuple[Change, bool]]] = {}
    for change in changes:
        if change.after is None:
            continue
        old = weaken.serves(change.direction, change.before.settings) if change.before else frozenset()
        for domain in weaken.serves(change.direction, change.after):
            claimed.setdefault((change.direction, domain), []).append((change, domain not in old))
    return [
        f"{direction} connectors {' and '.join(repr(change.name) for change, _new in claims)} are both for {domain};"
        " name a domain in one connector only."
        for (direction, domain), claims in sorted(claimed.items(), key=lambda item: item[0])
        # '*' with different addresses is a common way to name gateways; what stands already is not made worse.
        if domain != "*" and len(claims) > 1 and any(new for _change, new in claims)
    ]


def _pruned(standing: t.Mapping[Key, Connector], wished: t.Container[Key], policy: Policy) -> list[Change]:
    if not policy.prune:
        return []
    return [
        Change(connector.direction, connector.name, "delete", connector, None, owner=connector.owner, pruned=True)
        for key, connector in sorted(standing.items())
        if connector.owner == policy.owner
        and key not in wished
        and connector.name.casefold() not in policy.prune_keep
        and not _is_shadow(connector)
    ]


def _is_shadow(connector: Connector) -> bool:
    """While a connector is edited in the console, a test connector stands beside it, its comment copied."""
    link = str(connector.details.get("link_for_modified_connector") or "")
    return bool(link.strip("0-"))


def _with_weakening(changes: t.Sequence[Change], standing: t.Mapping[Key, Connector]) -> list[Change]:
    if not any(change.action in ("update", "delete") for change in changes):
        return list(changes)
    final: dict[Key, Settings] = {key: connector.settings for key, connector in standing.items()}
    for change in changes:
        if change.after is None:
            final.pop(change.key, None)
        else:
            final[change.key] = change.after
    coverage = weaken.Coverage(final.items())
    return [
        change._replace(weakens=tuple(weaken.reasons(change.key, change.before.settings, change.after, coverage)))
        if change.before and change.action in ("update", "delete")
        else change
        for change in changes
    ]


def _ordered(changes: t.Sequence[Change]) -> list[Change]:
    """Let a domain that moves arrive before it leaves."""
    receivers: dict[tuple[Direction, str], set[Key]] = {}
    moves = [(change, *_moves(change)) for change in changes]
    for change, _lost, gained in moves:
        for domain in gained:
            receivers.setdefault((change.direction, domain), set()).add(change.key)
    waiting = [
        frozenset().union(*(receivers.get((change.direction, domain), set()) for domain in lost))
        for change, lost, _gained in moves
    ]
    return [change._replace(waits_for=keys) if keys else change for change, keys in zip(changes, waiting, strict=True)]


def _moves(change: Change) -> tuple[frozenset[str], frozenset[str]]:
    if change.action == "none":
        return frozenset(), frozenset()
    old = weaken.serves(change.direction, change.before.settings) if change.before else frozenset()
    new = weaken.serves(change.direction, change.after) if change.after is not None else frozenset()
    # Where a connector becomes stricter, a domain it has already may rely on that as well.
    return old - new, new if _stricter(change) else new - old


def _stricter(change: Change) -> bool:
    if change.before is None or change.after is None:
        return False
    return bool(weaken.stricter(change.direction, change.before.settings, change.after))


def state_id(connector: Connector | None) -> str:
    """A digest of a connector as it stands, with its owner's mark and all its settings; a word if there is none."""
    return "none" if connector is None else _digest(_state(connector))


def _plan_id(changes: t.Sequence[Change], scope: str) -> str:
    """A digest of the plan and of the state it was made from; equal plans for equal states have equal ids.

    What weakens and what a guard holds back are part of the plan: nothing more is applied than was approved.
    """
    content = [
        (
            change.direction,
            change.name,
            change.action,
            _state(change.before) if change.before else None,
            (dict(change.after), change.owner) if change.after is not None and change.action != "none" else None,
            change.weakens,
            change.blocked is not None,
        )
        for change in sorted(changes, key=lambda change: change.key)
    ]
    return _digest([scope.casefold(), content])


def _state(connector: Connector) -> tuple[object, ...]:
    """Everything in the order of the table, so that a thousand connectors need not have their options named."""
    settings = connector.settings
    return connector.guid, connector.owner, *[settings.get(field.option) for field in fields_of(connector.direction)]


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:32]

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The three connector modules without Ansible: validated options in, a result out."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._client import open_client
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import (
    blocked,
    codec,
    normal,
    own_writes,
    present,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.apply import apply, foresee
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fate import Fate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import PARTNER, domains_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.gateway import Gateway
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.meanwhile import look_again
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    DIRECTIONS,
    Connector,
    Direction,
    Plan,
    Policy,
    Settings,
    Wish,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import make_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.wishes import read_wishes
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._progress import Tell
from ansible_collections.mailflow.exchange_online.plugins.module_utils._result import Result

Options = t.Mapping[str, t.Any]
OnSecret = t.Callable[[str], None]


def run_connectors(options: Options, *, check_mode: bool, on_secret: OnSecret, on_progress: Tell) -> Result:
    """Bring a list of connectors to the wished state."""
    policy = _policy(options)
    wishes = read_wishes(options["connectors"], listed=True)
    written = own_writes.written_from(options["written_before"])
    client = open_client(options, on_secret)
    gateway = Gateway(client)
    plan, current = _plan(gateway, wishes, policy, DIRECTIONS if policy.prune else (), written)
    moved_on = _moved_on(plan, options["plan_id"])
    if moved_on is None:
        run = _Run(gateway, on_progress, options["continue_on_error"])
        fates, told = (foresee(plan), []) if check_mode else run.carry_out(plan, current)
    else:
        fates = [Fate(c, "skipped", moved_on) if c.action != "none" else Fate(c, "unchanged") for c in plan.changes]
        told = []
    failed = present.failures(fates)
    return Result(
        changed=_changed(fates),
        data={
            "connectors": [present.outcome(fate) for fate in fates],
            "summary": present.summary(fates),
            "written": present.written(fates),
            "plan_id": plan.plan_id,
            "requests": client.requests,
        },
        diff=present.diff(plan.changes),
        warnings=[*client.warnings, *told],
        error=moved_on or _task_error(failed, len(fates)),
    )


def run_connector(options: Options, *, check_mode: bool, on_secret: OnSecret, on_progress: Tell) -> Result:
    """Bring one connector to the wished state; being asked for by name is consent to weakening it."""
    wishes = read_wishes([options], listed=False)
    client = open_client(options, on_secret)
    gateway = Gateway(client)
    plan, current = _plan(gateway, wishes, Policy(allow_weaken=True))
    (fate,), told = (foresee(plan), []) if check_mode else _Run(gateway, on_progress).carry_out(plan, current)
    change = fate.change
    shown = {"name": change.name, "direction": change.direction, "state": "absent"}
    if change.after is not None:
        shown = present.connector(change.direction, change.name, change.after)
    return Result(
        changed=_changed([fate]),
        data={
            "connector": shown,
            "action": change.action,
            "changes": list(change.changes),
            "weakens": bool(change.weakens),
            "requests": client.requests,
        },
        diff=present.diff(plan.changes),
        warnings=[*client.warnings, *told],
        error=fate.error,
    )


def run_connector_info(options: Options, *, check_mode: bool, on_secret: OnSecret, on_progress: Tell) -> Result:
    """Read the connectors of the tenant."""
    domain = _domain(options["domain"])
    wanted: tuple[Direction, ...] = (options["direction"],) if options["direction"] else DIRECTIONS
    client = open_client(options, on_secret)
    gateway = Gateway(client)
    if options["blocked"] and "inbound" in wanted:
        inventory, warnings = gateway.inventory_and_blocked(wanted)
    else:
        inventory, warnings = blocked.unknown(gateway.inventory(wanted)), []
    found = [
        connector
        for connector in inventory
        if options["name"] is None or connector.name.casefold() == options["name"].casefold()
        if domain is None or domain in domains_of(connector.direction, connector.settings)
    ]
    found.sort(key=lambda connector: connector.key)
    shown = [present.as_input(connector) for connector in found]
    return Result(
        changed=False,
        data={
            "tenant_id": options["tenant_id"],
            "connectors": shown,
            "details": [present.details(connector, given) for connector, given in zip(found, shown, strict=True)],
            "check_mode": check_mode,
            "requests": client.requests,
        },
        warnings=[*client.warnings, *warnings],
    )


def _policy(options: Options) -> Policy:
    owner = options["owner"]
    problems = [] if owner is None else codec.owner_problems(owner)
    if options["prune"] and owner is None:
        problems.append("prune: owner is not set, so it is not known which connectors are yours; set owner.")
    if options["prune"] and not options["connectors"]:
        problems.append(
            "prune: connectors is empty, which would delete every connector of this owner; list what is to stay,"
            " or delete connectors by name with state absent."
        )
    if options["prune_limit"] < 0:
        problems.append("prune_limit: give 0 or more.")
    if problems:
        raise InputError(problems)
    scope = str(options["tenant_id"] or "")
    keep = frozenset(str(name).strip().casefold() for name in options["prune_keep"])
    return Policy(
        owner,
        options["prune"],
        options["prune_limit"],
        options["allow_weaken"],
        scope,
        keep,
        options["refuse_shared_domains"],
    )


def _plan(
    gateway: Gateway,
    wishes: t.Sequence[Wish],
    policy: Policy,
    directions: t.Collection[Direction] = (),
    written: t.Iterable[own_writes.Written] = (),
) -> tuple[Plan, list[Connector]]:
    """Read, and plan; return the plan and what it was made from.

    Raises InputError with every problem that the tenant's state brings to light.
    """
    current = own_writes.read(gateway, {wish.direction for wish in wishes} | set(directions), written)
    problems = _own_domains(wishes, current, gateway)
    try:
        plan = make_plan(wishes, current, policy)
    except InputError as found:
        raise InputError([*found.problems, *problems]) from None
    if problems:
        raise InputError(problems)
    return plan, current


class _Run(t.NamedTuple):
    gateway: Gateway
    tell: Tell
    keep_on: bool = True

    def carry_out(self, plan: Plan, planned_from: t.Sequence[Connector]) -> tuple[list[Fate], list[str]]:
        """Apply the plan; return what became of it, and warnings."""
        fates = apply(plan, self.gateway, continue_on_error=self.keep_on, on_progress=self.tell)
        return fates, look_again(fates, self.gateway, planned_from)


def _own_domains(wishes: t.Sequence[Wish], current: t.Iterable[Connector], gateway: Gateway) -> list[str]:
    """A partner connector for a domain of one's own would send the organisation's own mail out, or refuse it.

    Asked only when a domain is about to be added: an unchanged list costs no request.
    """
    standing = {connector.key: connector.settings for connector in current}
    added = [(wish, _added_domains(wish, standing.get(wish.key, {}))) for wish in wishes if wish.present]
    if not any(domains for _wish, domains in added):
        return []
    own = gateway.accepted_domains()
    return [
        f"{wish.label}: {domain} is an accepted domain of this tenant, not a partner's; remove it from the list."
        for wish, domains in added
        for domain in sorted(domains)
        if domain.removeprefix("*.") in own
    ]


def _added_domains(wish: Wish, standing: Settings) -> set[str]:
    wished, there = domains_of(wish.direction, wish.settings), domains_of(wish.direction, standing)
    if wished == there or {"connector_type": PARTNER, **standing, **wish.settings}["connector_type"] != PARTNER:
        return set()
    return set(wished) - set(there)


def _moved_on(plan: Plan, approved: str | None) -> ExchangeError | None:
    if approved is None or approved == plan.plan_id or not plan.touched:
        return None
    return ExchangeError(
        "plan_changed",
        f"The plan is not the approved one ({approved}) any more: the list or the connectors changed, and the plan is"
        f" now {plan.plan_id}. Nothing was changed. Look at the new plan and approve it.",
    )


def _changed(fates: t.Iterable[Fate]) -> bool:
    return any(fate.written or fate.status == "planned" for fate in fates)


def _task_error(failed: t.Sequence[Fate], total: int) -> ExchangeError | None:
    """The error of the task: the gravest kind first, in a sentence for all of them."""
    if not failed:
        return None
    gravest = min(failed, key=lambda fate: ("unknown", "failed", "skipped").index(fate.status))
    return t.cast("ExchangeError", gravest.error).reworded(present.failure_text(failed, total))


def _domain(text: str | None) -> str | None:
    try:
        return None if text is None else normal.mail_domain(text)
    except ValueError as problem:
        raise InputError([f"domain: '{text}' {problem}."]) from None

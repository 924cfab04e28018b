# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Results of the module ``connectors``, one a stage of the run -> what became of each connector in the run. Pure."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import fate, present
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Change
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import keyed

Values = t.Mapping[str, t.Any]

_STATUSES = ("planned", "applied", "unchanged", "failed", "skipped", "unknown")
_DOING = ("planned", "applied")


def merged(results: t.Sequence[Values], plan: Values, requests: int) -> dict[str, t.Any]:
    """Return one result in the shape of the module's, with ``lines`` for people.

    ``plan`` is that of the filter ``partner_plan``, ``requests`` what was sent before. A result without outcomes is
    that of a task that could do nothing at all: its error is the run's.

    ``failed_partners`` are those for whom something failed that the plan had not refused: what it had is left as it is,
    was told before the run began, and is no sign that the next ones will fail as well.
    """
    whole = [result for result in results if result.get("summary") is not None]
    broken = next((result for result in results if result.get("summary") is None), None)
    outcomes = _outcomes(whole, plan["refused"]) if results else _at_rest(plan)
    failed = [outcome for outcome in outcomes if outcome["error"]]
    error = broken.get("error") if broken else (_gravest(failed)["error"] if failed else None)
    summary = _summary(outcomes)
    hints = list(_hints(plan, failed))
    sent = requests + sum(int(result.get("requests") or 0) for result in results)
    return {
        "changed": any(bool(result.get("changed")) for result in results),
        "failed": error is not None,
        "connectors": outcomes,
        "summary": summary,
        "plan_id": plan["plan_id"],
        "requests": sent,
        "diff": [difference for result in results for difference in result.get("diff") or []],
        "error": error,
        "failed_partners": _failed_partners(plan, failed),
        "msg": str(broken.get("msg", ""))
        if broken
        else " ".join(filter(None, [_failure(failed, len(outcomes)), *hints])),
        "lines": _lines(summary, plan, sent, failed, hints),
    }


def _outcomes(results: t.Sequence[Values], refused: t.Iterable[Values]) -> list[dict[str, t.Any]]:
    """Later results win, but what was applied stays applied when nothing was left to do later.

    What the plan has ``refused`` is told, also where no stage has asked the module for it.
    """
    found: dict[tuple[str, str], dict[str, t.Any]] = {}
    for result in results:
        for outcome in result["connectors"]:
            key = _key(outcome)
            earlier = found.get(key)
            found[key] = dict(outcome) if earlier is None else _joined(earlier, outcome)
    return [*found.values(), *(dict(outcome) for outcome in refused if _key(outcome) not in found)]


def _at_rest(plan: Values) -> list[dict[str, t.Any]]:
    """What a run without anything to do leaves as it is, as the module says it."""
    changing = {_key(change) for change in plan["changes"]}
    rest = [entry for entry in plan["connectors"] if _key(entry) not in changing]
    changes = (Change(entry["direction"], entry["name"], "none", None, None) for entry in rest)
    return [present.outcome(fate.Fate(change, "unchanged")) for change in changes]


def _key(outcome: Values) -> tuple[str, str]:
    return str(outcome["direction"]), str(outcome["name"]).casefold()


def _failed_partners(plan: Values, failed: t.Iterable[Values]) -> list[str]:
    """In the order of the plan; by their own connectors, or by those that they share."""
    keys = {_key(outcome) for outcome in failed} - {_key(outcome) for outcome in plan["refused"]}
    sharing = {name for change in plan["changes"] if _key(change) in keys for name in change["partners"]}
    return [
        partner["name"]
        for partner in plan["partners"]
        if partner["name"] in sharing or not keys.isdisjoint(keyed(partner["connectors"]))
    ]


def is_beside(outcome: Values) -> bool:
    """Whether the connector is as it was asked for, and only another one was brought into force beside it meanwhile."""
    return fate.is_beside(outcome.get("error") or {})


def _joined(earlier: dict[str, t.Any], later: Values) -> dict[str, t.Any]:
    if is_beside(earlier) and later["error"] is None:
        # The later stage has found the other one standing, so it was no news to it.
        return {**earlier, "changes": sorted({*earlier["changes"], *later["changes"]})}
    if later["status"] == "unchanged":
        # What had failed is as it was wished after all.
        return earlier if earlier["status"] in _DOING else {**earlier, "status": "unchanged", "error": None}
    if earlier["status"] == "unchanged":
        return dict(later)
    return {
        **later,
        "action": earlier["action"] if later["action"] == "update" else later["action"],
        "changes": sorted({*earlier["changes"], *later["changes"]}),
        "weakens": bool(earlier["weakens"] or later["weakens"]),
    }


def _summary(outcomes: t.Sequence[Values]) -> dict[str, int]:
    doing = [outcome["action"] for outcome in outcomes if outcome["status"] in _DOING]
    statuses = [outcome["status"] for outcome in outcomes]
    return {
        "total": len(outcomes),
        **{status: statuses.count(status) for status in _STATUSES},
        "created": doing.count("create"),
        "updated": doing.count("update"),
        "deleted": doing.count("delete"),
        "weakens": sum(1 for outcome in outcomes if outcome["weakens"]),
    }


def _gravest(failed: t.Sequence[Values]) -> Values:
    return min(failed, key=lambda outcome: ("unknown", "failed", "skipped").index(outcome["status"]))


def _failure(failed: t.Sequence[Values], total: int) -> str:
    if not failed:
        return ""
    shown = [str(outcome["error"]["message"]) for outcome in failed[:5]]
    rest = f" And {len(failed) - 5} more; see forced_tls_result.connectors." if len(failed) > 5 else ""
    return f"{len(failed)} of {total} connectors could not be brought to the wished state. {' '.join(shown)}{rest}"


def _lines(
    summary: t.Mapping[str, int], plan: Values, requests: int, failed: t.Sequence[Values], hints: t.Sequence[str]
) -> list[str]:
    to = "to " if summary["planned"] else ""
    verbs = ("create", "update", "delete") if to else ("created", "updated", "deleted")
    counts = (summary["created"], summary["updated"], summary["deleted"])
    done = ", ".join(f"{count} {to}{verb}" for count, verb in zip(counts, verbs, strict=True))
    first = (
        f"Partners {plan['summary']['partners']}, connectors {summary['total']}: {summary['unchanged']} unchanged,"
        f" {done}, {summary['failed'] + summary['unknown']} failed, {summary['skipped']} skipped."
    )
    return [
        first,
        f"Plan {plan['plan_id']}, {requests} requests.",
        *(str(outcome["error"]["message"]) for outcome in failed),
        *hints,
    ]


def _hints(plan: Values, failed: t.Sequence[Values]) -> t.Iterator[str]:
    """The variables of the role behind the module's options: whose consent, or which limit, stands against it.

    What pruning would delete is nobody's, so it needs the consent of all.
    """
    refused = [outcome for outcome in failed if outcome["weakens"] and outcome["error"]["kind"] == "refused"]
    limited = [outcome for outcome in refused if "prune_limit" in str(outcome["error"]["message"])]
    if limited:
        yield "In this role, the limit is forced_tls_prune_limit."
    keys = {_key(outcome) for outcome in refused if outcome not in limited}
    if not keys:
        return
    owners = [str(p["name"]) for p in plan["partners"] if not keys.isdisjoint(keyed(p["connectors"]))]
    # As it can be pasted, whatever is in a name.
    who = f"{json.dumps(owners, ensure_ascii=False)}, or all" if owners else "all"
    yield f"In this role, the consent is forced_tls_allow_weaken: {who}."
    early = [str(p["name"]) for p in plan["partners"] if p["name"] in owners and p["held"]]
    if early:
        yield f"Held back by their dates, but enforced already, and left so: {', '.join(early)}."

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What writes and filtered reads answer. Pure."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import (
    Finding,
    Question,
    Seen,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.readings import (
    CONNECTORS,
    WIRE,
    member,
    question,
)


def _same(seen: Seen, *, silent: bool) -> Finding | None:
    before, after = member(seen, "comment", "WhenChangedUTC"), member(seen, "same", "WhenChangedUTC")
    if "same" not in seen or not seen["same"].done:
        return None
    if silent:
        told = "; ".join(seen["same"].warnings)
        return Finding(f"A warning: {told}", "warning") if told else Finding("No word about it", "silent")
    if before is None or after is None:
        return None
    return Finding("It moves", "yes") if before != after else Finding("It stays", "no")


def _empty(seen: Seen) -> Finding | None:
    answer = seen.get("comment")
    if answer is None or not answer.done or answer.records:
        return None
    if answer.status == 204 or answer.body is None:
        return Finding(f"HTTP {answer.status} without a body", "no_content")
    if "value" not in answer.members:
        return Finding("No member value", "absent")
    return Finding("value null", "null") if answer.members["value"] is None else Finding("An empty array", "array")


def _either(seen: Seen) -> Finding | None:
    both = seen["test_mode.both"].own("out") if "test_mode.both" in seen else None
    if both is None or both.get("TestMode") is not True or "test_mode.scoped" not in seen:
        return None
    shown = seen["test_mode.scoped"].own("out") is not None
    return Finding(
        f"IsTransportRuleScoped alone {'shows' if shown else 'hides'} it",
        "either_parameter" if shown else "both_filters",
    )


def _filter(seen: Seen) -> Finding | None:
    answer = seen.get("filter")
    if answer is None or not (answer.done or answer.missing):
        return None
    shown = answer.own("out") is not None
    return Finding("The connector all the same", "ignored") if shown else Finding("Nothing", "applied")


QUESTIONS: tuple[Question, ...] = (
    question(
        "set_without_change",
        "A Set that changes nothing",
        f"{CONNECTORS}.9, {WIRE}.2",
        lambda seen: _same(seen, silent=True),
        "warning",
        "same",
    ),
    question(
        "noop_set_moves_when_changed",
        "Whether WhenChanged moves on a Set that changes nothing",
        f"{CONNECTORS}.9",
        lambda seen: _same(seen, silent=False),
        "no",
        "comment.read",
        "same",
        "same.read",
    ),
    question("empty_result", "The value of a write that emits nothing", f"{WIRE}.2", _empty, "array", "comment"),
    question(
        "filters_with_identity",
        "Outbound filters when an Identity is given too",
        f"{CONNECTORS}.8",
        _filter,
        "ignored",
        "filter",
    ),
    question(
        "rule_scoped_and_test",
        "A connector that is rule-scoped and in test mode",
        f"{CONNECTORS}.8",
        _either,
        "both_filters",
        "test_mode",
        "test_mode.scoped",
        "test_mode.both",
    ),
)

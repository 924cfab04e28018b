# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What the stages of a run did, connector by connector. Pure."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.plain import Values

Key = tuple[str, str]

DIRECTIONS = ("outbound", "inbound")
#: How the module ``connectors`` heads the difference of one connector.
_LABEL = re.compile(r"(outbound|inbound) connector '(.*)'", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Done:
    """What one stage did, or was to do, with one connector."""

    key: Key
    name: str
    action: str
    status: str
    weakens: bool
    error: str
    before: Values
    after: Values


def key_of(values: Values) -> Key:
    """How a connector is told from others."""
    return str(values.get("direction")), str(values.get("name")).casefold()


def stages_of(results: t.Sequence[Values]) -> tuple[dict[Key, tuple[Done, ...]], list[str]]:
    """Return what was done with each connector, in order, and why stages could do nothing at all."""
    done: dict[Key, tuple[Done, ...]] = {}
    broken: list[str] = []
    for result in results:
        if result.get("connectors") is None:
            message = (result.get("error") or {}).get("message") or result.get("msg")
            broken += [str(message)] if message else []
            continue
        differences = _differences(result)
        for outcome in result["connectors"]:
            if outcome.get("action") not in (None, "none"):
                key = key_of(outcome)
                done[key] = (*done.get(key, ()), _done(key, outcome, differences.get(key, ({}, {}))))
    return done, broken


def _done(key: Key, outcome: Values, difference: tuple[Values, Values]) -> Done:
    return Done(
        key=key,
        name=str(outcome.get("name")),
        action=str(outcome.get("action")),
        status=str(outcome.get("status")),
        weakens=bool(outcome.get("weakens")),
        error=str((outcome.get("error") or {}).get("message") or ""),
        before=difference[0],
        after=difference[1],
    )


def _differences(result: Values) -> dict[Key, tuple[Values, Values]]:
    found: dict[Key, tuple[Values, Values]] = {}
    for each in result.get("diff") or []:
        match = _LABEL.fullmatch(str(each.get("after_header") or ""))
        if match is not None:
            before, after = each.get("before") or {}, each.get("after") or {}
            found[match[1], match[2].casefold()] = (before, after)
    return found


def moved(option: str, before: Values, after: Values) -> str:
    """A setting from what it was to what it is."""
    return f"{option}: {shown(before.get(option))} -> {shown(after.get(option))}"


def shown(value: object) -> str:
    """A setting's value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(shown(each) for each in value) or "none"
    return "none" if value in (None, "") else str(value)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What the times of answers tell: when a write is seen, and how long commands take. Pure."""

from __future__ import annotations

import statistics

from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import (
    Exchange,
    Finding,
    Question,
    Seen,
)

_SOURCE = "exo-wire.md 10.4"
_SEEN_AT_ONCE = "It was seen at once."


def looks(seen: Seen) -> list[Exchange]:
    """The reads after the connector was created, in their order."""
    keys = (key for key in seen if key.startswith("fresh.") and key[6:].isdigit())
    return [seen[key] for key in sorted(keys, key=lambda key: int(key[6:]))]


def lag(seen: Seen) -> float:
    """Seconds for which the new connector was not seen by every read; 0 when the first one showed it."""
    made = next((seen[key] for key in ("new", "new.full") if key in seen and seen[key].done), None)
    late = [look for look in looks(seen) if look.own("out") is None]
    if made is None or not late:
        return 0.0
    return max(late[-1].at - made.at, 0.1)


def _seconds(seen: Seen) -> Finding | None:
    if not looks(seen) or looks(seen)[-1].own("out") is None:
        return None
    delay = lag(seen)
    return Finding(f"Unseen for {delay:.1f} s" if delay else _SEEN_AT_ONCE, f"{delay:.1f}")


def _replicas(seen: Seen) -> Finding | None:
    shown = [look.own("out") is not None for look in looks(seen)]
    if not shown or not shown[-1]:
        return None
    if shown != sorted(shown):
        return Finding("It came and went before it stayed", "flip_flop")
    return Finding(_SEEN_AT_ONCE if shown[0] else "Once seen, it stayed", "one")


def _target(seen: Seen) -> Finding | None:
    if "fresh.by_guid" not in seen or "fresh.by_name" not in seen:
        return None
    if seen["fresh.by_guid"].done:
        return Finding("Found by its Guid", "found")
    if seen["fresh.by_name"].done:
        return Finding("Found by its name only", "by_name")
    return Finding("Not found before Get shows it", "404") if seen["fresh.by_name"].missing else None


def _latency(seen: Seen) -> Finding | None:
    times: dict[str, list[float]] = {}
    for one in seen.values():
        if len(one.calls) == 1 and one.done:
            times.setdefault(one.calls[0].cmdlet.partition("-")[0], []).append(one.seconds)
    told = [f"{verb}-*={statistics.median(found):.2f}" for verb, found in sorted(times.items())]
    return Finding(f"Medians in seconds, way included: {', '.join(told)}", ",".join(told)) if told else None


QUESTIONS: tuple[Question, ...] = (
    Question("cmdlet_latency", "Seconds that commands take", _SOURCE, (), _latency, ""),
    Question(
        "visibility_seconds",
        "Seconds for which a new connector stays unseen",
        _SOURCE,
        ("new", "fresh.1"),
        _seconds,
        "0.0",
        writes=True,
        open="It was never seen.",
    ),
    Question(
        "replicas",
        "Whether reads come from replicas that differ",
        _SOURCE,
        ("fresh.1",),
        _replicas,
        "one",
        writes=True,
        open="It was never seen.",
    ),
    Question(
        "fresh_write_target",
        "Whether Set finds a connector that Get does not show yet",
        "exo-wire.md 10.2",
        ("fresh.by_guid", "fresh.by_name"),
        _target,
        "found",
        writes=True,
        open=_SEEN_AT_ONCE,
    ),
)

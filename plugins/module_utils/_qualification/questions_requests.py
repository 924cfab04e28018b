# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What answers look like, whatever they are about: batches, headers, refusals. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import (
    Exchange,
    Finding,
    Question,
    Seen,
)

_WIRE = "exo-wire.md 10"
_CONNECTORS = "connectors.md 8"


def _rate_limit(seen: Seen) -> Finding:
    named = sorted({name for one in seen.values() for name in one.headers if name.startswith("rate-limit")})
    return Finding(f"Headers: {', '.join(named) or 'none'}", "present" if named else "absent")


def _batch(seen: Seen) -> Finding | None:
    status = seen["batch"].status if "batch" in seen else None
    if status == 200:
        return Finding("It is served", "on")
    return Finding(f"HTTP {status}", str(status)) if status in (400, 404) else None


def _items(exchange: Exchange | None) -> list[t.Mapping[str, t.Any]]:
    found = exchange.members.get("responses") if exchange is not None else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _batch_status(seen: Seen) -> Finding | None:
    items = _items(seen.get("batch"))
    if not items:
        return None
    there = all("status" in item for item in items)
    return Finding(f"Members of an item: {', '.join(sorted(items[0]))}", "present" if there else "absent")


def _batch_bearer(seen: Seen) -> Finding | None:
    items = _items(seen.get("batch_no_bearer"))
    if not items:
        return None
    good = all(isinstance(item.get("body"), dict) and "value" in item["body"] for item in items)
    return Finding("Items need no token of their own", "not_needed") if good else Finding("Items need one", "needed")


def _batch_accept(seen: Seen) -> Finding | None:
    if "batch_no_accept" not in seen or seen["batch_no_accept"].status != 200:
        return None
    kind = seen["batch_no_accept"].headers.get("content-type", "").partition(";")[0]
    return Finding(f"Content-Type {kind}", "multipart" if kind.startswith("multipart") else "json")


def _throttle_body(seen: Seen) -> Finding | None:
    if "throttled" not in seen:
        return None
    shown = "json" if seen["throttled"].members else "text"
    return Finding(f"In {shown}: {seen['throttled'].error.text if shown == 'json' else seen['throttled'].other}", shown)


def _retry_after(seen: Seen) -> Finding | None:
    if "throttled" not in seen:
        return None
    value = seen["throttled"].headers.get("retry-after", "")
    return Finding(f"Retry-After: {value or 'none'}", "seconds" if value.isdigit() else "date" if value else "absent")


def _encoding(seen: Seen) -> Finding | None:
    answer = seen.get("no_cmdlet")
    if answer is None:
        return None
    kind = answer.headers.get("content-encoding", "none")
    return Finding(f"HTTP {answer.status}, Content-Encoding {kind}, {answer.other or 'JSON'}")


def _told(key: str) -> t.Callable[[Seen], Finding | None]:
    """What came, in words."""

    def read(seen: Seen) -> Finding | None:
        if key not in seen:
            return None
        answer = seen[key]
        if not answer.done:
            return Finding(
                f"HTTP {answer.status}, {answer.error.exception or 'no type'}: {answer.error.text or 'no text'}"
            )
        members = sorted({name for record in answer.records for name in record if "@" not in name})
        return Finding(f"{answer.count} records; members: {', '.join(members) or 'none'}")

    return read


QUESTIONS: tuple[Question, ...] = (
    Question(
        "rate_limit_headers",
        "Whether answers have Rate-Limit headers",
        f"{_WIRE}.6",
        ("outbound",),
        _rate_limit,
        "present",
    ),
    Question(
        "throttle_body",
        "The body of a 429",
        f"{_WIRE}.6",
        (),
        _throttle_body,
        "text",
        open="Not provoked: no request was throttled by chance.",
    ),
    Question(
        "retry_after",
        "Retry-After of a 429",
        f"{_WIRE}.6",
        (),
        _retry_after,
        "seconds",
        open="Not provoked: no request was throttled by chance.",
    ),
    Question("batch", "Whether $batch is served", f"{_WIRE}.7", ("batch",), _batch, "on"),
    Question(
        "batch_item_status",
        "Whether an item of a batch has its status",
        f"{_WIRE}.7",
        ("batch",),
        _batch_status,
        "present",
        open="There are no batches.",
    ),
    Question(
        "batch_item_bearer",
        "Whether an item of a batch needs its own token",
        f"{_WIRE}.7",
        ("batch_no_bearer",),
        _batch_bearer,
        "not_needed",
        open="There are no batches.",
    ),
    Question(
        "batch_without_accept",
        "The answer to a batch without Accept: application/json",
        f"{_WIRE}.7",
        ("batch_no_accept",),
        _batch_accept,
        "json",
        open="There are no batches.",
    ),
    Question(
        "accept_encoding",
        "Whether Accept-Encoding: identity avoids the false gzip",
        f"{_WIRE}.12",
        ("no_cmdlet",),
        _encoding,
    ),
    Question(
        "unknown_parameter",
        "The answer to a parameter that does not exist",
        f"{_WIRE}.1",
        ("no_parameter",),
        _told("no_parameter"),
    ),
    Question(
        "connector_report",
        "What Get-OutboundConnectorReport answers",
        f"{_CONNECTORS}.13",
        ("report",),
        _told("report"),
    ),
)

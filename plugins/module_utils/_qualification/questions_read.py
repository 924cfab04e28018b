# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What lists of connectors tell. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import (
    Finding,
    Question,
    Seen,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.steps_read import SELECTED
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Record

_WIRE = "exo-wire.md 10"
_CONNECTORS = "connectors.md 8"
_FEW = "There are too few connectors in this tenant; a run that may write makes some."
_LISTS = ("outbound", "scoped", "both")


def _is_test(record: Record) -> bool:
    return record.get("TestMode") is True


def _is_scoped(record: Record) -> bool:
    return record.get("IsTransportRuleScoped") is True


def _all(seen: Seen, *keys: str) -> list[Record]:
    return [record for key in keys if key in seen and seen[key].done for record in seen[key].records]


def _unknown_identity(seen: Seen) -> Finding | None:
    for key, other in (("unknown", "outbound"), ("unknown_in", "inbound")):
        if key in seen and seen[key].missing:
            return Finding(f"HTTP {seen[key].status}, {seen[key].error.exception}", "404")
        if key in seen and seen[key].done and seen[key].count:
            return Finding(f"{seen[key].count} connectors; the list has {seen[other].count}", "all")
    return None


def _rule_scoped(seen: Seen) -> Finding | None:
    if any(_is_scoped(record) for record in _all(seen, "outbound")):
        return Finding("A list without filters shows rule-scoped connectors", "when_sent")
    if any(not _is_test(record) for record in _all(seen, "scoped")):
        return Finding("A list without filters hides rule-scoped connectors", "hidden_by_default")
    return None


def _test_mode(seen: Seen) -> Finding | None:
    if any(not _is_test(record) for record in _all(seen, "test", "both")):
        return Finding("It adds test-mode connectors to the list", "all")
    hidden = any(not _is_test(record) and not _is_scoped(record) for record in _all(seen, "outbound"))
    hidden = hidden or any(not _is_test(record) for record in _all(seen, "scoped"))
    return Finding("It leaves only test-mode connectors in the list", "only") if hidden else None


def _result_size(seen: Seen) -> Finding | None:
    small = seen.get("small")
    if small is None or not small.done or not small.count:
        return None
    whole = seen.get("scoped" if "IsTransportRuleScoped" in small.calls[0].parameters else "outbound")
    if whole is None or whole.count < 2:
        return None
    if small.count > 1:
        return Finding(f"{small.count} records in spite of ResultSize 1", "ignored")
    if small.link:
        return Finding("One record, and a link to the next", "honoured")
    return Finding("One record, and no link to more", "total")


def _select(seen: Seen) -> Finding | None:
    selected = seen.get("selected")
    if selected is None:
        return None
    if not selected.done:
        return Finding(f"Refused: {selected.error.text}", "refused")
    named = {name for record in selected.records for name in record if "@" not in name}
    lost = sorted(name for name in SELECTED if any(name not in record for record in selected.records))
    if lost:
        return Finding(f"{', '.join(lost)} were asked for, and did not come")
    if not named:
        return None
    return Finding("Nothing else came", "trims") if named == set(SELECTED) else Finding("All came", "ignored")


def _next_link(seen: Seen) -> Finding | None:
    if "link" not in seen:
        return None
    if not seen["link"].done:
        return Finding(f"Refused: {seen['link'].error.text}", "expired")
    if "link_elsewhere" in seen and not seen["link_elsewhere"].done:
        return Finding("It works with the anchor and connection-id of the first request only", "needs_anchor")
    return Finding("It works", "usable")


def _member(name: str, present: str, absent: str) -> t.Callable[[Seen], Finding | None]:
    def read(seen: Seen) -> Finding | None:
        records = _all(seen, "outbound", "scoped")
        if not records:
            return None
        there = any(name in record for record in records)
        return Finding(f"{name} is {'there' if there else 'not there'}", present if there else absent)

    return read


def _annotations(seen: Seen) -> Finding | None:
    records = _all(seen, "outbound", "scoped", "inbound", "domains")
    if not records:
        return None
    named = sorted({key.partition("@")[2] for record in records for key in record if "@" in key})
    return Finding(f"Beside members: {', '.join(named) or 'none'}", "present" if named else "absent")


def _sender_rewriting(seen: Seen) -> Finding | None:
    partners = [
        one for one in _all(seen, "outbound", "scoped", "partner.read") if one.get("ConnectorType") == "Partner"
    ]
    if not partners:
        return None
    value = any(one.get("SenderRewritingEnabled") is True for one in partners)
    return Finding(f"It reads {str(value).lower()}", "reads_true" if value else "reads_false")


def _blocked_id(seen: Seen) -> Finding | None:
    guids = {record.get("Guid") for record in _all(seen, "inbound")}
    for record in _all(seen, "blocked"):
        for member in ("ConnectorId", "Identity"):
            if record.get(member) in guids - {None}:
                return Finding(f"{member} holds the Guid", member)
    return None


def _wizard(seen: Seen) -> Finding | None:
    flags = ("RequireTls", "RestrictDomainsToCertificate", "RestrictDomainsToIPAddresses")
    made = [one for one in _all(seen, "inbound") if one.get("ConnectorSource") == "AdminUI"]
    found = sorted({", ".join(f"{flag} {str(one.get(flag)).lower()}" for flag in flags) for one in made})
    return Finding("; or ".join(found)) if found else None


QUESTIONS: tuple[Question, ...] = (
    Question(
        "get_unknown_identity",
        "What Get does with an Identity that does not exist",
        f"{_WIRE}.10, {_CONNECTORS}.8",
        ("unknown", "unknown_in", *_LISTS),
        _unknown_identity,
        "404",
        open=_FEW,
    ),
    Question(
        "rule_scoped_filter",
        "Whether a list without filters shows rule-scoped connectors",
        f"{_WIRE}.11, {_CONNECTORS}.8",
        _LISTS,
        _rule_scoped,
        "when_sent",
        open=_FEW,
    ),
    Question(
        "include_test_mode",
        "What IncludeTestModeConnectors does",
        f"{_WIRE}.11, {_CONNECTORS}.8",
        ("test", *_LISTS),
        _test_mode,
        "all",
        open=_FEW,
    ),
    Question(
        "result_size", "What ResultSize does", f"{_WIRE}.11", ("small", *_LISTS), _result_size, "honoured", open=_FEW
    ),
    Question(
        "select",
        "Whether an answer can be had with some members only",
        f"{_WIRE}.1",
        ("selected",),
        _select,
        "trims",
        open=_FEW,
    ),
    Question(
        "next_link",
        "Whether the link to the next page works",
        f"{_WIRE}.8",
        ("small", "link", "link_elsewhere"),
        _next_link,
        "usable",
        open="No answer had a link to a next page.",
    ),
    Question(
        "mail_security_modes",
        "Whether connectors have SmtpDaneMode and MtaStsMode",
        f"{_WIRE}.3",
        _LISTS,
        _member("SmtpDaneMode", "present", "absent"),
        "present",
        open=_FEW,
    ),
    Question(
        "directory_object_version",
        "Whether records have DirectoryObjectVersion",
        f"{_WIRE}.3",
        _LISTS,
        _member("DirectoryObjectVersion", "present", "absent"),
        "absent",
        open=_FEW,
    ),
    Question(
        "annotations",
        "Whether members have type sidecars",
        f"{_WIRE}.3",
        (*_LISTS, "inbound", "domains"),
        _annotations,
        "present",
        open=_FEW,
    ),
    Question(
        "sender_rewriting_on_partner",
        "SenderRewritingEnabled of a partner connector",
        f"{_CONNECTORS}.15",
        _LISTS,
        _sender_rewriting,
        "reads_true",
        open="There is no outbound partner connector.",
    ),
    Question(
        "blocked_connector_id",
        "The member of Get-BlockedConnector's answer with the connector's Guid",
        "issue 8",
        ("blocked", "inbound"),
        _blocked_id,
        "ConnectorId",
        open="No connector of this tenant is blocked.",
    ),
    Question(
        "wizard_flags",
        "The flags that the admin center sets on inbound connectors",
        f"{_CONNECTORS}.14",
        ("inbound",),
        _wizard,
        open="No inbound connector of this tenant was made in the admin center.",
    ),
)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What New does when it is told as little as can be, and of names. Pure."""

from __future__ import annotations

import typing as t

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
    told,
    words,
)

_DEHYDRATED = "InvalidOperationInDehydratedContextException"
_SETTINGS = (
    *("UseMXRecord", "ConnectorType", "ConnectorSource", "RecipientDomains", "SmartHosts", "TlsDomain", "TlsSettings"),
    *("MtaStsMode", "SmtpDaneMode", "TestMode", "ValidationRecipients", "IsValidated", "LastValidationTimestamp"),
    *("SenderRewritingEnabled", "CloudServicesMailEnabled", "Comment"),
)
_NEW = ("new", "new.full")
_FRESH = "fresh.1"


def _new_returns(seen: Seen) -> Finding | None:
    for key in ("new", "new.full"):
        if key in seen and seen[key].done:
            found = bool(seen[key].records)
            return Finding("The new object" if found else "Nothing", "object" if found else "nothing")
    return None


def _connector_type(seen: Seen) -> Finding | None:
    if "new" not in seen or not seen["new"].done:
        return None
    value = _fresh(seen).get("ConnectorType")
    return Finding(f"{value}", value) if value in ("Partner", "OnPremises") else None


def _fresh(seen: Seen) -> t.Mapping[str, t.Any]:
    """The outbound connector as it was first seen."""
    for key in sorted(name for name in seen if name.startswith("fresh.") and name[6:].isdigit()):
        record = seen[key].own("out")
        if record is not None:
            return record
    return {}


def _defaults(seen: Seen) -> Finding | None:
    record = _fresh(seen) if "new" in seen and seen["new"].done else {}
    plain = [f"{name} {value!r}" for name, value in record.items() if "@" not in name and name in _SETTINGS]
    return Finding("; ".join(plain)) if plain else None


def _require_tls(seen: Seen) -> Finding | None:
    for key, which in (("new_in", "in"), ("new_in.named", "in 2")):
        value = member(seen, key, "RequireTls", which)
        if isinstance(value, bool):
            return Finding(str(value).lower(), str(value).lower())
    return None


def _name_scope(seen: Seen) -> Finding | None:
    answer = seen.get("same_name")
    if answer is None:
        return None
    if answer.done:
        return Finding("One name may stand in both directions", "direction")
    taken = (answer.error.exception or "").endswith("AlreadyExistsException")
    return Finding(words(answer), "tenant") if taken else None


def _developer(seen: Seen) -> Finding | None:
    if "new_in" not in seen or _dehydrated_by(seen):
        return None
    if any(seen[key].done for key in ("new_in", "new_in.named", "new_in.full") if key in seen):
        return Finding("Inbound connectors can be created", "no")
    answer = seen.get("new_in.full", seen["new_in"])
    return Finding(words(answer), "yes") if answer.refused else None


def _dehydrated_by(seen: Seen) -> bool:
    return any((seen[key].error.exception or "").endswith(_DEHYDRATED) for key in ("new", "new.full") if key in seen)


def _dehydrated(seen: Seen) -> Finding | None:
    if "new" not in seen:
        return None
    if _dehydrated_by(seen):
        return Finding(words(seen["new"]), "yes")
    return (
        Finding("Connectors can be created", "no")
        if any(seen[one].done for one in ("new", "new.full") if one in seen)
        else None
    )


QUESTIONS: tuple[Question, ...] = (
    question(
        "dehydrated_tenant",
        "Whether Enable-OrganizationCustomization has to come first",
        WIRE,
        _dehydrated,
        "no",
        *_NEW,
    ),
    question(
        "developer_tenant", "Whether inbound connectors are refused", WIRE, _developer, "no", "new_in", "new_in.full"
    ),
    question(
        "connector_type_default",
        "ConnectorType when New is called without it",
        f"{CONNECTORS}.2",
        _connector_type,
        "Partner",
        "new",
        _FRESH,
    ),
    question(
        "outbound_defaults", "What New sets when it is told nothing", f"{CONNECTORS}.2", _defaults, None, "new", _FRESH
    ),
    question(
        "require_tls_default",
        "RequireTls when New is called without it",
        f"{CONNECTORS}.3",
        _require_tls,
        "true",
        "new_in",
        "new_in.read",
    ),
    question("new_returns", "What New emits", f"{WIRE}.2", _new_returns, "object", *_NEW),
    question("duplicate_name", "The answer to a name that is taken", f"{WIRE}.1", told("twice"), None, "twice"),
    question("name_scope", "Within what a name is unique", f"{WIRE}.1", _name_scope, "direction", "same_name"),
)

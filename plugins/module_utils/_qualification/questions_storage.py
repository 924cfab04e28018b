# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""In which form values are kept, and how they are cleared. Pure."""

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
    Read,
    member,
    question,
    told,
    words,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.steps_write import (
    LIST_FORMS,
    SCALAR_FORMS,
)


def _host_form(seen: Seen) -> Finding | None:
    hosts = member(seen, "hosts", "SmartHosts")
    if not hosts:
        return None
    return Finding(f"{hosts[0]}", "bracketed" if str(hosts[0]).startswith("[") else "plain")


def _case(seen: Seen) -> Finding | None:
    stored = member(seen, "case", "RecipientDomains")
    if not stored:
        return None
    return Finding(f"{stored[0]}", "lower" if str(stored[0]).islower() else "as_sent")


def _dot(seen: Seen) -> Finding | None:
    stored = member(seen, "dot", "RecipientDomains")
    if stored:
        return Finding(f"{stored[0]}", "kept" if str(stored[0]).endswith(".") else "dropped")
    return Finding(words(seen["dot"]), "refused") if "dot" in seen and seen["dot"].refused else None


def _idn(seen: Seen) -> Finding | None:
    stored = member(seen, "idn", "RecipientDomains")
    if stored:
        return Finding(f"{stored[0]}", "a_label" if str(stored[0]).isascii() else "as_sent")
    return Finding(words(seen["idn"]), "refused") if "idn" in seen and seen["idn"].refused else None


def _duplicates(seen: Seen) -> Finding | None:
    stored = member(seen, "list", "RecipientDomains")
    if stored:
        return Finding(f"{len(stored)} of 2 stand there", "kept" if len(stored) == 2 else "dropped")
    return Finding(words(seen["list"]), "refused") if "list" in seen and seen["list"].refused else None


def _ranges(seen: Seen) -> Finding | None:
    stored = member(seen, "addresses", "SenderIPAddresses", "in")
    if not stored:
        return None
    as_sent = "192.0.2.77/25" in stored
    return Finding(", ".join(map(str, stored)), "as_sent" if as_sent else "network")


def _cleared(seen: Seen, parameter: str, form: str) -> str | None:
    """What one form of clearing does: clears, refused, ignored."""
    key = f"clear.{parameter}.{form}"
    before = seen[f"{key}.before"].own("out") if f"{key}.before" in seen else None
    if key not in seen or not before or not before.get(parameter):
        return None
    if not seen[key].done:
        return "refused" if seen[key].refused else None
    after = seen[f"{key}.read"].own("out") if f"{key}.read" in seen else None
    return None if after is None else "ignored" if after.get(parameter) else "clears"


def _clear(parameter: str, forms: t.Iterable[str]) -> Read:
    def read(seen: Seen) -> Finding | None:
        fates = {form: _cleared(seen, parameter, form) for form in forms}
        if None in fates.values():
            return None
        good = [form for form, fate in fates.items() if fate == "clears"]
        setting = "any" if len(good) == len(fates) else good[0] if len(good) == 1 else None
        return Finding("; ".join(f"{form} {fate}" for form, fate in fates.items()), setting)

    return read


def _other_forms(seen: Seen) -> Finding | None:
    fates = {_cleared(seen, "TlsSettings", form) for form in SCALAR_FORMS}
    fates |= {_cleared(seen, "RecipientDomains", form) for form in LIST_FORMS}
    found = sorted(fate for fate in fates if fate in ("refused", "ignored"))
    return Finding(" and ".join(found), found[0] if len(found) == 1 else None) if found else None


def _resets(seen: Seen) -> Finding | None:
    value = member(seen, "after", "IsValidated")
    if "validated" not in seen or not seen["validated"].done or not isinstance(value, bool):
        return None
    return Finding("It stays true", "no") if value else Finding("It becomes false", "yes")


QUESTIONS: tuple[Question, ...] = (
    question("domain_case", "Case of domains as stored", f"{CONNECTORS}.4", _case, "as_sent", "case", "case.read"),
    question("trailing_dot", "A domain with a trailing dot", f"{CONNECTORS}.4", _dot, "kept", "dot", "dot.read"),
    question("idn", "A domain with letters beyond ASCII", f"{CONNECTORS}.4", _idn, "as_sent", "idn", "idn.read"),
    question(
        "list_duplicates",
        "The same entry twice in one list",
        f"{CONNECTORS}.4",
        _duplicates,
        "dropped",
        "list",
        "list.read",
    ),
    question(
        "cidr_form",
        "Host bits and /32 of an address range as stored",
        f"{CONNECTORS}.7",
        _ranges,
        "as_sent",
        "addresses",
        "addresses.read",
    ),
    question(
        "smart_host_ip",
        "An address among SmartHosts as read",
        f"{CONNECTORS}.5",
        _host_form,
        "plain",
        "hosts",
        "hosts.read",
    ),
    question(
        "smart_host_range",
        "A range with host bits among SmartHosts",
        f"{CONNECTORS}.5",
        told("host_range", "SmartHosts"),
        None,
        "host_range",
        "host_range.read",
    ),
    question(
        "clear_scalar",
        "Which JSON clears a single value",
        f"{WIRE}.13",
        _clear("TlsSettings", SCALAR_FORMS),
        "any",
        *(f"clear.TlsSettings.{form}" for form in SCALAR_FORMS),
    ),
    question(
        "clear_list",
        "Which JSON empties a list",
        f"{WIRE}.13",
        _clear("RecipientDomains", LIST_FORMS),
        "any",
        *(f"clear.RecipientDomains.{form}" for form in LIST_FORMS),
    ),
    question(
        "clear_other_forms",
        "What the other forms of clearing do",
        f"{WIRE}.13",
        _other_forms,
        "refused",
        *(f"clear.RecipientDomains.{form}" for form in LIST_FORMS),
        still="There are no other forms.",
    ),
    question(
        "set_resets_is_validated",
        "Whether an ordinary Set puts IsValidated back to false",
        f"{CONNECTORS}.9",
        _resets,
        "no",
        "validated",
        "after",
        "after.read",
    ),
)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What the probe saw, in the words of the report. Pure."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report import moments
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.plain import Values

_RANK = {"error": 0, "warning": 1, "info": 2}
_VERDICTS = ("not_ready", "unknown", "unreachable", "ready")
_COMMON_NAME = re.compile(r"(?:^|,)\s*CN=((?:[^,\\]|\\.)+)")


@dataclasses.dataclass(frozen=True)
class Expiry:
    """When a certificate that a server sends ends. An authority's counts as well: the chain ends with it."""

    until: dt.datetime
    subject: str
    host: str


def hosts(looks: t.Iterable[Values]) -> t.Iterator[Values]:
    """Each server of each look."""
    for look in looks:
        yield from look.get("hosts") or []


def name_of(host: Values) -> str:
    return str(host.get("host") or host.get("address") or "a server without a name")


def common_name(subject: object) -> str:
    """The part of a distinguished name that people know it by."""
    match = _COMMON_NAME.search(str(subject or ""))
    return match[1] if match else str(subject or "")


def expiries(looks: t.Iterable[Values]) -> list[Expiry]:
    """The next certificate to end of each server, those that servers share once."""
    found: dict[str, Expiry] = {}
    for host in hosts(looks):
        ends = [
            (until, certificate)
            for place, certificate in enumerate(host.get("chain") or [])
            if (until := moments.read(certificate.get("not_after")))
            # A root that is sent along is not looked at by anybody.
            and (place == 0 or certificate.get("subject") != certificate.get("issuer"))
        ]
        if ends:
            until, first = min(ends, key=lambda each: each[0])
            key = str(first.get("sha256") or (first.get("subject"), until))
            subject = str(first.get("common_name") or common_name(first.get("subject")))
            found.setdefault(key, Expiry(until, subject, name_of(host)))
    return list(found.values())


def findings(looks: t.Iterable[Values], least: str = "info") -> list[Values]:
    """All findings that are at least as grave, the gravest first, each once."""
    seen: dict[tuple[str, str, str], Values] = {}
    for look in looks:
        for each in look.get("findings") or []:
            if _rank(each) <= _RANK[least]:
                seen.setdefault((each.get("code"), each.get("subject"), each.get("message")), each)
    return sorted(seen.values(), key=_rank)


def verdict(entry: Values, looks: t.Sequence[Values]) -> str:
    """The verdict of the gate where there is one, else the worst of what was seen."""
    gate = (entry.get("evidence") or {}).get("verdict")
    if gate:
        return str(gate)
    seen = {look.get("verdict") for look in looks}
    return next((each for each in _VERDICTS if each in seen), "")


def _rank(finding: Values) -> int:
    return _RANK.get(str(finding.get("severity")), 1)

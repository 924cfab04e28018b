# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What this role has written into names and comments, read back. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import comment_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import (
    connector_name,
    lead_of,
    part_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.times import iso, moment
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.values import Wrong

_LEAD = "Forced TLS with "
_SUSPENDED = re.compile(r"(?:^|(?<= ))Suspended until (?P<until>\S+ \S+ UTC): (?P<reason>.+)$", re.DOTALL)
_WORDS = re.compile(
    r"(?:Contact: (?P<contact>.+?)\.(?: |$))?(?:Reference: (?P<reference>.+?)\.(?: |$))?(?P<description>.*)", re.DOTALL
)


def partner_of(connector: Connector, prefix: str) -> str | None:
    """Return the partner whose name, with this prefix, gives the name of the connector; None where there is none.

    A long name is cut; the comment then has the whole one.
    """
    lead = lead_of(prefix, connector.direction)
    if not connector.name.startswith(lead):
        return None
    part = part_of(connector.name) if connector.direction == "inbound" else 1
    stem = connector.name.removeprefix(lead)
    for candidate in (stem, *_beginnings(str(connector.settings.get("comment", "")))):
        if connector.name in {connector_name(prefix, connector.direction, candidate, one) for one in (part, 1)}:
            return candidate
    shorter = stem.removesuffix(f" ({part})")
    return shorter if connector_name(prefix, connector.direction, shorter, part) == connector.name else None


def _beginnings(comment: str) -> t.Iterator[str]:
    """The names that a comment may begin with: a name may hold full stops itself."""
    text = comment.removeprefix(_LEAD)
    if text != comment:
        for match in re.finditer(r"[.!?](?= |$)", text):
            end = match.start() if match[0] == "." else match.end()
            yield text[:end]


def remarks_of(comment: str, name: str) -> dict[str, str]:
    """Return what a partner's entry must say so that its connectors carry this comment; {} where nothing does."""
    lead = f"{_LEAD}{name}"
    lead += "" if lead.endswith((".", "!", "?")) else "."
    if not comment.startswith(lead):
        return {}
    rest = comment.removeprefix(lead).lstrip(" ")
    end: dict[str, str] = {}
    match = _SUSPENDED.search(rest)
    if match:
        try:
            end = {"until": iso(moment(match["until"])), "reason": match["reason"].removesuffix(".")}
        except Wrong:
            return {}
        rest = rest[: match.start()].rstrip(" ")
    words = _WORDS.fullmatch(rest)
    told = {key: value for key, value in (words.groupdict() if words else {}).items() if value}
    short = {key: value.removesuffix(".") for key, value in told.items()}
    for found in (short, told, {"description": rest.removesuffix(".")}, {"description": rest}):
        remarks = {key: value for key, value in {**found, **end}.items() if value}
        until = {"until": moment(remarks["until"])} if "until" in remarks else {}
        if comment_of(Partner(name, (), **{**remarks, **until})) == comment:  # type: ignore[arg-type]
            return remarks
    return {}

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The names of a partner's connectors.

A name depends on the prefix, the direction, the partner's name and the number of the part alone: it is the same in
every run, whoever else is on the list.
"""

from __future__ import annotations

import functools
import hashlib
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import LONGEST_NAME
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Direction, Key, key
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import LEVELS

DEFAULT_PREFIX = "Forced TLS"
#: Leaves enough of a long partner name to be recognised by.
LONGEST_PREFIX = 32

_WORD: dict[Direction, str] = {"outbound": "to", "inbound": "from"}
_PART = re.compile(r" \(([1-9][0-9]{0,3})\)$")
#: What follows the lead where partners share a connector: its number, its level or "key", its digest. See ``pack``.
SHARED = re.compile(rf"shared ([1-9][0-9]*) \((?:{'|'.join(LEVELS)}|key) ([0-9a-f]{{6}})\)")
#: The endings that this file gives to names. A partner name with such an ending, or one that reads like a shared
#: connector, is marked like a long one, so that no other connector can come out the same.
_OWN_ENDING = re.compile(rf"(^{SHARED.pattern}| \([0-9]+\)|~[0-9a-f]{{10}})$")


@functools.lru_cache(maxsize=8192)  # a plan asks for those of each partner a dozen times
def connector_name(prefix: str, direction: Direction, partner: str, part: int = 1) -> str:
    """Return "<prefix> to <partner>", at most 64 characters, different for every partner name, case apart.

    A name that is too long is cut, and carries ten digits of its digest (should two digests ever agree, the module
    refuses a name given twice). ``part`` counts from 1.
    """
    lead = lead_of(prefix, direction)
    tail = f" ({part})" if part > 1 else ""
    room = LONGEST_NAME - len(lead) - len(tail)
    folded = partner.casefold()
    if len(folded) > room or _OWN_ENDING.search(folded):
        mark = f" ~{_digest(partner)}"
        # "Straße" and "STRASSE" are one name: where folding changes the length, both are to be cut at the same place.
        stem = partner if len(partner) == len(folded) else folded
        partner = stem[: room - len(mark)].rstrip() + mark
    return lead + partner + tail


def keyed(names: t.Sequence[str]) -> list[Key]:
    """Return what identifies a partner's connectors, of whose names the first is outbound and the others inbound.

    A name alone does not: adopted connectors may have one name in both directions, and be those of two partners.
    """
    return [key("inbound" if place else "outbound", name) for place, name in enumerate(names)]


def lead_of(prefix: str, direction: Direction) -> str:
    """Return what all names of one direction begin with."""
    return f"{prefix} {_WORD[direction]} "


def part_of(name: str) -> int:
    """Return the part that a connector's name tells, whoever gave it: 1 where it tells none."""
    match = _PART.search(name)
    return int(match[1]) if match else 1


def prefix_problem(prefix: str) -> str | None:
    """Return what is wrong with a prefix, as half a sentence."""
    if not prefix or prefix != prefix.strip() or not prefix.isprintable():
        return "must be a printable text without blanks at its ends; choose one such as 'Forced TLS'"
    if len(prefix) > LONGEST_PREFIX:
        return f"has {len(prefix)} characters; use at most {LONGEST_PREFIX}, so that the partner's name fits in"
    return None


def _digest(partner: str) -> str:
    return hashlib.sha256(partner.casefold().encode("utf-8")).hexdigest()[:10]

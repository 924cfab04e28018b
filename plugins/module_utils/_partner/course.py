# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Results of the modules in this run -> how far the run has come. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Key, key
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import keys_of, names_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gate import Course, Stage
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.listed import Listed
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.outcomes import is_beside

Values = t.Mapping[str, t.Any]

#: Of what failed, a part may have taken effect.
_WRITTEN = ("applied", "failed", "unknown")


def course_of(
    listed: Listed,
    stage: Stage,
    admitted: t.Iterable[str] | None,
    validations: t.Iterable[Values],
    outcomes: t.Iterable[Values],
) -> Course:
    """Return the course.

    ``admitted`` are names of partners, None for all. ``validations`` are those of the module ``tls_validation``, the
    later one of a connector counts; ``outcomes`` are the ``connectors`` of the module ``connectors`` in the first
    stage: a partner one of whose connectors could not be made is not validated, whatever the other one says. One that
    was made, and beside which somebody else made another, was made: that is told, and takes nothing back. ``made`` is
    about the outbound one alone, because that is the one that Exchange validates.
    """
    whose = {own: partner.key for partner in listed.partners for own in keys_of(partner, listed.prefix)}
    latest = {key("outbound", str(found["connector"])): found for found in validations}
    passed: set[str] = set()
    failed: dict[str, str] = {}
    unmade: dict[str, str] = {}
    for own, found in latest.items():
        if own not in whose or found.get("status") == "planned":  # check mode asked nobody
            continue
        if found.get("success") is True:
            passed.add(whose[own])
        else:
            failed[whose[own]] = _message(found, "Exchange's validation gave no clear answer")
    made: set[str] = set()
    written: set[Key] = set()
    for found in outcomes:
        own = key(found["direction"], str(found["name"]))
        if found.get("status") in _WRITTEN:
            written.add(own)
        if own not in whose:
            continue
        if found.get("error") and not is_beside(found):
            unmade[whose[own]] = _message(found, f"the connector '{found['name']}' could not be made")
        elif own[0] != "inbound":
            made.add(whose[own])
    keys = None if admitted is None else frozenset(" ".join(str(name).split()).casefold() for name in admitted)
    return Course(stage, keys, frozenset(passed), failed, unmade, frozenset(made), frozenset(written))


def refused_disabled(listed: Listed, validations: t.Iterable[Values]) -> frozenset[str]:
    """Keys of the partners whose connector Exchange did not validate because it is disabled."""
    refused = {str(found["connector"]).casefold() for found in validations if found.get("refused_disabled") is True}
    return frozenset(p.key for p in listed.partners if names_of(p, listed.prefix)[0].casefold() in refused)


def _message(found: Values, otherwise: str) -> str:
    error = found.get("error") or {}
    return str(error.get("message") or otherwise)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""A LOOK, the file, and what the module then returned -> evidence, what the report shows, the file, lines. Pure."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import datetime as dt
import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import times
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.evidence import (
    Looked,
    evidence_of,
    said,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.probe_store import (
    VERDICTS,
    Seen,
    read_store,
    sound,
    still_kept,
    write_store,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._plain import plain

Values = dict[str, t.Any]


def results_of(look: object, results: object, store: object = None) -> Values:
    """Return ``evidence`` by the keys of the partners, what the report shows (``probes``, JSON), the new text of the
    file (``store``), and ``lines``.

    ``results`` has the module's result for each round of the LOOK, ``store`` is the text of the file. A partner without
    a look has no entry. What may be large is a text, since Ansible copies containers many times.
    """
    looked: Values = plain(look)
    began = times.moment(looked["began_at"])
    before = read_store(store, present=isinstance(store, str)).entries
    new = _new(looked, results)
    known = {key: dataclasses.replace(before[key], used_on=began.date()) for key in looked["known"] if key in before}
    seen = {**known, **new}
    evidence, probes, lines = {}, {}, []
    for partner in looked["partners"]:
        found = [_looked(seen[one["key"]], one["wildcard"]) for one in partner["targets"] if one["key"] in seen]
        if found:
            evidence[partner["key"]] = evidence_of(found, partner["waive"])
            probes[partner["key"]] = [_probe(one) for one in found]
            lines += _line(partner["name"], evidence[partner["key"]])
    others = {key: one for key, one in before.items() if still_kept(one, began)}
    return {
        "evidence": evidence,
        # A blank in front, or older Ansible would take it for a literal of Python.
        "probes": " " + json.dumps(probes, ensure_ascii=False, separators=(",", ":")),
        "store": write_store({**others, **seen}) if looked["write"] else "",
        "lines": [_summary(looked, known, len(new), evidence), *looked["lines"], *lines],
    }


def _new(look: Values, results: object) -> dict[str, Seen]:
    """The module's results by the keys of what was to be looked at; a round that was skipped has none."""
    given = results if isinstance(results, collections.abc.Sequence) and not isinstance(results, str) else ()
    began = times.moment(look["began_at"])
    new = {}
    for keys, result in zip(look["keys"], given, strict=False):
        partners = result.get("partners") if isinstance(result, collections.abc.Mapping) else None
        if partners is None:
            continue
        items = plain(partners)
        if not isinstance(items, list) or len(items) != len(keys) or not all(sound(item) for item in items):
            raise InputError(["partner_tls_info returned something else than what is documented; look at its version."])
        for key, item in zip(keys, items, strict=True):
            new[key] = Seen(began, began.date(), look["vantage"], item)
    return new


def _looked(seen: Seen, wildcard: str) -> Looked:
    return Looked(seen.item, times.iso(seen.seen_at), seen.vantage, wildcard)


def _probe(looked: Looked) -> Values:
    return {**looked.item, "seen_at": looked.seen_at, "vantage": looked.vantage, "notice": looked.notice}


def _line(name: str, evidence: Values) -> list[str]:
    if evidence["verdict"] != "ready":
        return [f"{name}: {said(evidence['verdict'])}: {evidence['obstacles'][0]['message']}"]
    return [f"{name}: ready by an exception for {', '.join(evidence['waived'])}."] if evidence["waived"] else []


def _summary(look: Values, known: t.Mapping[str, Seen], new: int, evidence: t.Mapping[str, Values]) -> str:
    targets = len({one["key"] for partner in look["partners"] for one in partner["targets"]})
    parts = [_many(len(look["partners"]), "partner"), _many(targets, "target")]
    if known:
        oldest = min(one.seen_at for one in known.values())
        parts.append(f"{len(known)} from the cache (oldest {_age(times.moment(look['began_at']) - oldest)})")
    if new:
        parts.append(f"{new} looked at from {look['vantage']}")
    if targets > len(known) + new:
        parts.append(f"{targets - len(known) - new} not looked at")
    verdicts = collections.Counter(one["verdict"] for one in evidence.values())
    counts = ", ".join(f"{verdicts[verdict]} {said(verdict)}" for verdict in VERDICTS if verdicts[verdict])
    return f"Probe: {', '.join(parts)}{': ' + counts if counts else ''}."


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _age(age: dt.timedelta) -> str:
    minutes = max(0, round(age.total_seconds() / 60))
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"

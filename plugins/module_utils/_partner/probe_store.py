# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What was seen in earlier runs: the text of a file -> results that may still count, and back. Pure.

The file saves time and is no source of truth: what cannot be used is left out, and looked at again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import times, values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import LEVELS

Values = dict[str, t.Any]

FORMAT = 1
#: What nobody asked for in this time leaves the file.
_KEPT_UNUSED = dt.timedelta(days=30)
#: Clocks of two controllers may differ by so much.
_AHEAD = dt.timedelta(minutes=5)
#: What says nothing about the partner counts for so much less time.
_UNSEEN_SHARE = 10
#: No answer of a resolver, no way to a server, a connection that broke: the next run looks again. A server that was
#: silent until time was up is none of it: that takes long, and is the rule where port 25 is closed on the way out.
_OF_THE_NETWORK = frozenset({"dns_failure"})
_ENDED = ("unreachable", "closed")
VERDICTS = ("ready", "not_ready", "unreachable", "unknown")
_DELIVERIES = ("ok", "blocked", "unknown")
_FINDING = ("code", "severity", "subject", "message", "advice")


@dataclasses.dataclass(frozen=True)
class Seen:
    """What the module returned for a target, when the look began and from where, and the day it was last asked for."""

    seen_at: dt.datetime
    used_on: dt.date
    vantage: str
    item: Values

    def fresh(self, now: dt.datetime, max_age: dt.timedelta) -> bool:
        """Whether this still counts. A certificate that has expired since makes it a thing of the past."""
        unseen = self.item["verdict"] not in ("ready", "not_ready")
        if unseen and _without_network(self.item):
            return False
        counts = max_age / _UNSEEN_SHARE if unseen else max_age
        if self.seen_at > now + _AHEAD or now - self.seen_at >= counts:
            return False
        return not any(self.seen_at < end <= now for end in _ends(self.item))

    def values(self) -> Values:
        """As JSON can hold it."""
        return {
            "seen_at": times.iso(self.seen_at),
            "used_on": self.used_on.isoformat(),
            "vantage": self.vantage,
            "item": self.item,
        }


def _without_network(item: Values) -> bool:
    """Whether nothing was seen for a reason that may be ours, and is gone when the network is there again."""
    codes = {finding["code"] for finding in item["findings"]}
    return bool(codes & _OF_THE_NETWORK) or any(host.get("failure") in _ENDED for host in item["hosts"])


def _ends(item: Values) -> t.Iterator[dt.datetime]:
    for host in item["hosts"]:
        for certificate in host.get("chain") or ():
            try:
                yield times.moment(certificate.get("not_after"))
            except values.Wrong:
                continue


@dataclasses.dataclass(frozen=True)
class Store:
    """Results by their keys. ``trouble`` is half a sentence on what is wrong with the file, empty for nothing.

    What is not ``ours`` must not be written over: it may be somebody's only copy.
    """

    entries: dict[str, Seen]
    trouble: str = ""
    ours: bool = True


def read_store(text: object, present: bool) -> Store:
    """Read the text of the file, if one is ``present``."""
    if not present:
        return Store({})
    if not isinstance(text, str):
        return Store({}, "cannot be read", ours=False)
    try:
        whole = json.loads(str.__str__(text) or "{}")
    except (ValueError, RecursionError):
        return Store({}, "is not JSON", ours=False)
    if whole == {}:
        return Store({})
    if not isinstance(whole, dict) or not isinstance(whole.get("results"), dict) or "format" not in whole:
        return Store({}, "holds no results of a probe", ours=False)
    if whole["format"] != FORMAT:
        return Store({}, f"has the format {whole['format']!s:.20}, and this release reads format {FORMAT}")
    read = {key: _entry(written) for key, written in whole["results"].items()}
    good = {key: entry for key, entry in read.items() if entry is not None}
    damaged = len(read) - len(good)
    return Store(good, f"holds {damaged} damaged {'entry' if damaged == 1 else 'entries'}" if damaged else "")


def write_store(entries: t.Mapping[str, Seen]) -> str:
    """Return the text of the file. It begins with a blank, or older Ansible would take it for a literal of Python."""
    whole = {"format": FORMAT, "results": {key: entries[key].values() for key in sorted(entries)}}
    return " " + json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n"


def still_kept(entry: Seen, now: dt.datetime) -> bool:
    """Whether an entry that this run does not ask for stays in the file."""
    return now.date() - entry.used_on < _KEPT_UNUSED


def _entry(written: object) -> Seen | None:
    if not isinstance(written, dict) or not sound(written.get("item")):
        return None
    try:
        used_on = times.moment(written.get("used_on")).date()
        return Seen(times.moment(written.get("seen_at")), used_on, str(written.get("vantage", "")), written["item"])
    except values.Wrong:
        return None


def sound(item: object) -> t.TypeGuard[Values]:
    """Whether a value has the form of one partner of the module's result, as far as it is used here."""
    return (
        isinstance(item, dict)
        and item.get("verdict") in VERDICTS
        and item.get("delivery") in _DELIVERIES
        and (item.get("sustains") is None or item["sustains"] in LEVELS)
        and _all(item.get("findings"), _is_finding)
        and _all(item.get("names"), lambda name: isinstance(name, str))
        and _all(item.get("hosts"), _is_host)
    )


def _is_finding(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(key), str) for key in _FINDING)


def _is_host(value: object) -> bool:
    return isinstance(value, dict) and _all(value.get("chain") or [], lambda one: isinstance(one, dict))


def _all(value: object, good: t.Callable[[object], bool]) -> bool:
    return isinstance(value, list) and all(good(one) for one in value)

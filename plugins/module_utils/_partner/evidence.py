# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What the probe saw of a partner's targets -> the evidence for or against enforcing TLS with that partner. Pure.

An exemption takes single findings out. What is left is judged as the probe would have judged it without them, so that
an exemption never covers more than what it names.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import PROBE
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.codes import CODES
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import LEVELS

Values = dict[str, t.Any]

#: From the worst to the best.
_VERDICTS = ("not_ready", "unreachable", "unknown", "ready")
_DELIVERIES = ("blocked", "unknown", "ok")
_MOST_OBSTACLES = 20
#: Why a verdict is unknown or unreachable, beside servers that were not judged and levels that are in doubt.
_UNSEEN = ("unreachable", "dns_failure", "deadline_reached", "certificate_name_missing")
_DELIVERY_IN_DOUBT = ("dane_unproven", "dane_unseen")
#: The domain itself takes no mail, which says nothing about its subdomains.
_NO_MAIL = ("null_mx", "nxdomain", "no_address")


@dataclasses.dataclass(frozen=True)
class Looked:
    """One target: the module's result, when and from where, and the wildcard in whose place it was looked at."""

    item: Values
    seen_at: str
    vantage: str
    wildcard: str = ""

    @property
    def notice(self) -> str:
        """What has to be said about a look that stands for something else."""
        if not self.wildcard:
            return ""
        if self.says_nothing:
            return f"{self.item['domain']} takes no mail itself, so nothing is known of the servers of {self.wildcard}."
        return f"{self.item['domain']} was looked at in place of {self.wildcard}, whose servers cannot be listed."

    @property
    def says_nothing(self) -> bool:
        """Whether it stands for subdomains and found a domain without mail."""
        return bool(self.wildcard) and any(finding["code"] in _NO_MAIL for finding in self.item["findings"])


@dataclasses.dataclass(frozen=True)
class _Opinion:
    verdict: str
    obstacles: tuple[Values, ...] = ()
    waived: frozenset[str] = frozenset()


def evidence_of(looks: t.Sequence[Looked], waive: t.Collection[str]) -> Values:
    """Return the EVIDENCE for one partner. There is at least one look; ``waive`` are the findings taken out."""
    telling = [look for look in looks if not look.says_nothing] or looks
    opinions = sorted((_opinion(look, waive) for look in telling), key=lambda one: _VERDICTS.index(one.verdict))
    verdict = opinions[0].verdict
    waived = {code for opinion in opinions for code in opinion.waived}
    obstacles = _once(finding for opinion in opinions for finding in opinion.obstacles)
    if verdict != "ready" and PROBE in waive:
        verdict, obstacles = "ready", []
        waived.add(PROBE)
    known = [look.item["sustains"] for look in telling if look.item["sustains"] is not None]
    return {
        "verdict": verdict,
        "seen_at": min(look.seen_at for look in looks),
        "vantage": ", ".join(dict.fromkeys(look.vantage for look in looks)),
        "delivery": min((look.item["delivery"] for look in telling), key=_DELIVERIES.index),
        "sustains": min(known, key=LEVELS.index, default=None),
        "names": _shared_names(telling),
        "obstacles": obstacles[:_MOST_OBSTACLES],
        "waived": sorted(waived),
        "notices": [look.notice for look in looks if look.notice],
    }


def _once(findings: t.Iterable[Values]) -> list[Values]:
    """Targets that share servers share their findings."""
    return list({tuple(finding.values()): finding for finding in findings}.values())


def _shared_names(looks: t.Sequence[Looked]) -> list[str]:
    """The candidates of the first target that all others have as well; where nothing was judged, nothing is known."""
    judged = [look.item["names"] for look in looks if look.item["sustains"] is not None]
    return [name for name in (judged[0] if judged else []) if all(name in names for names in judged)]


def _opinion(look: Looked, waive: t.Collection[str]) -> _Opinion:
    item = look.item
    if look.says_nothing:
        return _Opinion("unknown", (_no_proxy(look),))
    verdict: str = item["verdict"]
    if verdict == "ready" and item["delivery"] == "ok":
        return _Opinion("ready")
    errors = _of(item, lambda finding: finding["severity"] == "error")
    doubts = _doubts(item)
    waived = {finding["code"] for finding in (*errors, *doubts) if finding["code"] in waive}
    standing = [finding for finding in errors if finding["code"] not in waived]
    if standing:
        return _Opinion("not_ready", tuple(standing), frozenset(waived))
    if not errors and (verdict == "not_ready" or item["delivery"] == "blocked"):
        return _Opinion("not_ready", (_unexplained(item),), frozenset(waived))
    if waived and _settled(item, doubts, waived):
        return _Opinion("ready", (), frozenset(waived))
    left = tuple(finding for finding in doubts if finding["code"] not in waived)
    unseen = "unreachable" if verdict == "unreachable" else "unknown"
    return _Opinion(unseen, left or (_unexplained(item),), frozenset(waived))


def _settled(item: Values, doubts: t.Sequence[Values], waived: t.Container[str]) -> bool:
    """Whether the probe would say ready but for what is waived. What no server showed, nobody can waive by a code."""
    if item["sustains"] is None or any(finding["code"] not in waived for finding in doubts):
        return False
    if item["delivery"] != "unknown":
        return True
    # In doubt because of the waived findings, or because of a server that was not judged?
    named = any(finding["code"] in _DELIVERY_IN_DOUBT for finding in doubts)
    return named and all(host.get("sustains") is not None for host in item["hosts"])


def _doubts(item: Values) -> list[Values]:
    """The findings, errors apart, that keep a verdict from being ready; those about servers only where none was judged.

    Beside servers that were judged, one that was not does not count, as in the probe's own verdict.
    """
    none_judged = item["sustains"] is None

    def doubtful(finding: Values) -> bool:
        code = CODES.get(finding["code"])
        if finding["severity"] == "error" or code is None:
            return False
        if finding["code"] in _UNSEEN or (code.weight == "level" and finding["severity"] == "warning"):
            return True
        if finding["code"] in _DELIVERY_IN_DOUBT:
            return bool(item["delivery"] == "unknown")
        return none_judged and code.bounds is not None and code.bounds[0] is None

    return sorted(_of(item, doubtful), key=lambda finding: finding["code"] not in _UNSEEN)


def _of(item: Values, chosen: t.Callable[[Values], bool]) -> list[Values]:
    keys = ("code", "severity", "subject", "message", "advice")
    return [{key: finding[key] for key in keys} for finding in item["findings"] if chosen(finding)]


def _unexplained(item: Values) -> Values:
    return {
        "code": "unexplained",
        "severity": "error" if item["verdict"] == "not_ready" else "warning",
        "subject": item["domain"],
        "message": f"No finding says why {item['domain']} was found {said(item['verdict'])} (delivery:"
        f" {item['delivery']}), exceptions apart.",
        "advice": "Look at all findings of the probe, and at the servers again.",
    }


def _no_proxy(look: Looked) -> Values:
    return {
        "code": "wildcard_unseen",
        "severity": "warning",
        "subject": look.wildcard,
        "message": look.notice,
        "advice": "List the subdomains that mail goes to among the partner's domains: their servers can be looked at.",
    }


def said(verdict: str) -> str:
    """A verdict in words."""
    return verdict.replace("_", " ")

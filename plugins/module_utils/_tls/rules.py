# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The verdict on a partner: findings, level, names, delivery. Pure; whatever was observed, it has a verdict.

Every server is bounded from both sides: what it was seen to pass, and what it might pass. A level is ready when every
server that was judged was seen to pass it, and out of reach when one cannot.
"""

from __future__ import annotations

import collections
import datetime
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.codes import CODES
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.delivery import judge_delivery
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import (
    Delivery,
    Finding,
    Judgement,
    Level,
    Observation,
    Server,
    Severity,
    Verdict,
    rank,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.names import candidates
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.partner_rules import judge_partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.server_rules import (
    Context,
    Judged,
    Note,
    judge_server,
)

_ORDER: t.Mapping[Severity, int] = {"error": 0, "warning": 1, "info": 2}


def judge(observation: Observation, now: datetime.datetime, expiry_warning_days: int) -> Judgement:
    """Judge one partner by what was observed."""
    target = observation.target
    names = _shared_names(observation.servers, target.domain)
    told = ", ".join(f"'{name}'" for name in names[:5])
    context = Context(target, now, expiry_warning_days, told)
    judged = [judge_server(server, context) for server in observation.servers]
    delivery, delivery_notes = judge_delivery(observation, judged)
    proven = min((one.proven for one in judged if one.proven is not None), key=rank, default=None)
    possible = min((one.possible for one in judged if one.proven is not None), key=rank, default=None)
    partner_notes = judge_partner(observation, judged, told)
    notes = [*(note for one in judged for note in one.notes), *delivery_notes, *partner_notes]
    return Judgement(
        verdict=_verdict(observation, judged, proven, possible, delivery),
        sustains=proven,
        delivery=delivery,
        names=names,
        findings=_findings(notes, target.level, delivery),
        levels=tuple(one.proven for one in judged),
    )


def _verdict(
    observation: Observation,
    judged: t.Sequence[Judged],
    proven: Level | None,
    possible: Level | None,
    delivery: Delivery,
) -> Verdict:
    target = observation.target
    if delivery == "blocked" or (possible is not None and rank(possible) < rank(target.level)):
        return "not_ready"
    if proven is None:
        return "unreachable" if _no_way(judged) and not observation.cut_off else "unknown"
    named = target.level != "domain_validation" or bool(target.certificate_name)
    sure = rank(proven) >= rank(target.level) and delivery == "ok" and named and not observation.cut_off
    return "ready" if sure else "unknown"


def _no_way(judged: t.Sequence[Judged]) -> bool:
    """Whether connecting is what failed with all servers, for a reason of the network."""
    failures = [one.server.session.failure for one in judged]
    return bool(failures) and all(
        failure is not None and failure.step == "connect" and failure.fault not in ("private", "deadline")
        for failure in failures
    )


def _shared_names(servers: t.Sequence[Server], domain: str) -> tuple[str, ...]:
    """Names that the certificates of all servers carry; a server that shows none takes all away."""
    shown = [server for server in servers if server.tls is not None]
    leaves = [server.leaf for server in shown if server.leaf is not None]
    if len(leaves) < len(shown):
        return ()
    hosts = tuple(dict.fromkeys(server.host.name for server in shown if server.host.name))
    return candidates(leaves, domain, hosts)


def _findings(notes: t.Iterable[Note], level: Level, delivery: Delivery) -> tuple[Finding, ...]:
    found = []
    for note in notes:
        code = CODES[note.code]
        values = collections.defaultdict(str, note.values)
        found.append(
            Finding(
                code=note.code,
                severity=_severity(note, level, delivery),
                subject=note.subject,
                message=code.message.format_map(values),
                advice=code.advice.format_map(values),
            )
        )
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: _ORDER[finding.severity]))


def _severity(note: Note, level: Level, delivery: Delivery) -> Severity:
    weight = CODES[note.code].weight
    if weight == "delivery":
        return "error" if delivery == "blocked" else "warning"
    if weight != "level":
        return weight
    if rank(note.possible) < rank(level):
        return "error"
    return "warning" if note.proven is None or rank(note.proven) < rank(level) else "info"

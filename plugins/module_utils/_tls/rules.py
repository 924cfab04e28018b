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
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.partner_rules import (
    judge_partner,
    no_way,
)
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
    context = Context(target, now, expiry_warning_days, told, _has_ipv6(observation.servers))
    judged = [judge_server(server, context) for server in observation.servers]
    delivery, delivery_notes = judge_delivery(observation, judged)
    # A server that did not let itself be judged may have shown a fault all the same, its certificate for example.
    possible = _weakest(one.possible for one in judged)
    proven = _weakest(one.proven for one in judged if one.proven is not None)
    if proven is not None:
        proven = _weakest((proven, *(one.possible for one in judged)))
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
        return "unreachable" if no_way(judged) and not observation.cut_off else "unknown"
    named = target.level != "domain_validation" or bool(target.certificate_name)
    sure = rank(proven) >= rank(target.level) and delivery == "ok" and named and not observation.cut_off
    return "ready" if sure else "unknown"


def _weakest(levels: t.Iterable[Level]) -> Level | None:
    return min(levels, key=rank, default=None)


def _has_ipv6(servers: t.Sequence[Server]) -> bool:
    sessions = [server.session for server in servers if ":" in server.address]
    return any(session.failure is None or session.failure.step != "connect" for session in sessions)


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
        return "error" if delivery == "blocked" and not note.harmless else "warning"
    if weight != "level":
        return weight
    if rank(note.possible) < rank(level):
        return "error"
    return "warning" if note.proven is None or rank(note.proven) < rank(level) else "info"

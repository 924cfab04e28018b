# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Whether mail gets through as far as DANE and MTA-STS go, whatever the connector's level. Pure.

Exchange tries another host where one fails, so mail is blocked only where every host fails.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import MtaSts
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Delivery, Observation, Server
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.names import covers
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.policy import mx_matches
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.server_rules import Judged, Note, label

_Rule = tuple[Delivery, tuple[Note, ...]]


def judge_delivery(observation: Observation, judged: t.Sequence[Judged]) -> _Rule:
    """Return whether mail is delivered, and what was found about it."""
    if observation.route.problem in ("null_mx", "nxdomain", "no_address"):
        return "blocked", ()
    each = [_server(one, observation) for one in judged]
    notes = tuple(note for _delivery, found in each for note in found)
    deliveries = {delivery for delivery, _found in each}
    if not each or observation.route.problem is not None:
        return "unknown", notes
    if "ok" in deliveries:
        return "ok", notes
    return ("blocked" if deliveries == {"blocked"} else "unknown"), notes


def _server(judged: Judged, observation: Observation) -> _Rule:
    server = judged.server
    dane, dane_notes = _dane(server, observation)
    matches = server.dane.status == "match" and observation.target.smtp_dane_mode != "none"
    if matches and server.dane.proven:
        return "ok", dane_notes  # MTA-STS must not override DANE, in either direction (RFC 8461 section 2)
    sts, sts_notes = _mta_sts(judged, observation)
    notes = (*dane_notes, *sts_notes)
    if matches and sts == "blocked":
        return "unknown", notes  # unless the match counts at Exchange, whose resolver validates
    if "blocked" in (dane, sts):
        return "blocked", notes
    return ("unknown" if "unknown" in (dane, sts) or judged.proven is None else "ok"), notes


def _dane(server: Server, observation: Observation) -> _Rule:
    mode, dane = observation.target.smtp_dane_mode, server.dane
    if mode == "none" or (dane.status == "match" and (dane.proven or mode == "opportunistic")):
        return "ok", ()
    subject = server.host.name or label(server)
    if dane.status == "unjudged":
        # Without words it is the server that was not seen, which is told of the server.
        asked = f"_25._tcp.{server.host.tlsa_base or subject}"
        return "unknown", (_note("dns_failure", subject, domain=asked, detail=dane.detail),) if dane.detail else ()
    if dane.status in ("mismatch", "bogus"):
        if not dane.proven:
            return "unknown", (_note("dane_unproven", subject),)
        spki = f"3 1 1 {server.leaf.spki_sha256}" if server.leaf else "there is none yet"
        detail = dane.detail or "the certificate is another one"
        return "blocked", (_note(f"dane_{dane.status}", subject, detail=detail, spki=spki),)
    notes: tuple[Note, ...] = ()
    if dane.status == "unusable":
        shown = ", ".join(f"{record.usage} {record.selector} {record.matching}" for record in dane.records[:3])
        notes = (_note("dane_unusable", subject, detail=shown),)
    if mode == "mandatory" and not dane.proven:
        return "unknown", (*notes, _note("dane_unseen", subject))
    if mode == "mandatory":
        return "blocked", (*notes, _note("dane_missing", subject))
    return "ok", notes


def _mta_sts(judged: Judged, observation: Observation) -> _Rule:
    """A host of a policy must be listed, and show a trusted certificate with its name (RFC 8461 section 4)."""
    if observation.target.mta_sts_mode == "none":
        return "ok", ()
    server = judged.server
    worst: Delivery = "ok"
    notes: list[Note] = []
    for domain, policy in _policies(server, observation):
        failed = _fails(judged, policy)
        if failed is None:
            worst = "unknown" if policy.mode == "enforce" and worst == "ok" else worst
        elif failed:
            name = server.host.name
            note = _note(failed, name or label(server), domain=domain, mode=policy.mode, host=name)
            notes.append(dataclasses.replace(note, harmless=policy.mode != "enforce"))
            worst = "blocked" if policy.mode == "enforce" else worst
    return worst, tuple(notes)


def _policies(server: Server, observation: Observation) -> list[tuple[str, MtaSts]]:
    """The policy that a server has to meet, if any: the domain's, or that of the smart host that led to it."""
    domain = server.host.smart_host if observation.target.smart_hosts else observation.target.domain
    policy = observation.mta_sts.get(domain)
    return [(domain, policy)] if policy is not None and policy.status == "found" and policy.mode != "none" else []


def _fails(judged: Judged, policy: MtaSts) -> t.Literal["sts_mx_mismatch", "sts_certificate", ""] | None:
    """Return the code of what fails, an empty text for nothing, None where the server was not seen."""
    server = judged.server
    name = server.host.name
    if not any(mx_matches(pattern, name) for pattern in policy.mx):
        return "sts_mx_mismatch"
    if judged.proven is None:
        return None
    trusted = server.tls is not None and server.trust is not None and server.trust.trusted
    if trusted and server.leaf is not None and covers(server.leaf, name):
        return ""
    return "sts_certificate"


def _note(code: str, subject: str, **values: str) -> Note:
    return Note(code, subject, {"server": subject, **values})

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The rules for a partner as a whole: routing, servers that differ or were not seen, policies. Pure."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import MtaSts
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Level, Observation, rank
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.server_rules import Judged, Note, label

_Found = t.Iterator[tuple[str, dict[str, str]]]

_ROUTE_CODES = {
    "null_mx": "null_mx",
    "nxdomain": "nxdomain",
    "no_address": "no_address",
    "dns_failed": "dns_failure",
    "dns_timeout": "dns_failure",
}
_STS_CODES = {
    "dns_failed": "sts_dns_failure",
    "txt_invalid": "sts_policy_invalid",
    "policy_invalid": "sts_policy_invalid",
    "fetch_failed": "sts_fetch_error",
}
#: Statuses of an address look-up in words.
_NO_ADDRESS = {
    "absent": "there is none",
    "nxdomain": "the name does not exist",
    "failed": "the look-up failed",
    "timeout": "no answer",
}


def judge_partner(observation: Observation, judged: t.Sequence[Judged], candidates: str) -> list[Note]:
    """Apply all rules to one partner whose servers are judged. ``candidates`` is a text for the advice."""
    domain = observation.target.domain
    found = itertools.chain(
        _route(observation),
        _hosts(observation),
        _unseen(judged),
        _differences(judged),
        _name(observation, candidates),
        _policies(observation),
    )
    notes = []
    for code, values in found:
        subject = values.get("server") or values.get("domain") or domain
        notes.append(Note(code, subject, {"domain": domain, **values}))
    return notes


def _route(observation: Observation) -> _Found:
    route = observation.route
    if observation.cut_off:
        yield "deadline_reached", {}
    if route.problem is not None:
        detail = route.detail or ("no answer" if route.problem == "dns_timeout" else "there is none")
        yield _ROUTE_CODES[route.problem], {"detail": detail}
    if route.stray_null_mx:
        yield "stray_null_mx", {}
    addresses = [address for host in route.hosts for address in host.addresses]
    if addresses and all(":" in address for address in addresses):
        yield "ipv6_only", {}


def _hosts(observation: Observation) -> _Found:
    hosts = observation.route.hosts
    empty = [host for host in hosts if not host.addresses and host.via != "implicit_mx"]
    for host in empty:
        detail = host.problem_detail or _NO_ADDRESS.get(host.problem or "absent", "")
        yield "mx_no_address", {"server": host.name, "detail": detail}
    for host in hosts:
        if host.via == "implicit_mx" and host.addresses:
            yield "implicit_mx", {}
        if host.canonical and host.via == "mx":
            yield "mx_is_cname", {"server": host.name, "detail": host.canonical}
        if host.more:
            yield "network_cut", {"count": str(host.more)}


def _unseen(judged: t.Sequence[Judged]) -> _Found:
    """Servers that say nothing about TLS, beside those that do; or no server at all."""
    unseen = [one for one in judged if one.proven is None]
    if judged and len(unseen) == len(judged):
        failure = judged[0].server.session.failure
        if no_way(judged) and failure is not None:
            yield "unreachable", {"detail": failure.detail, "port": str(judged[0].server.session.port)}
        return
    counted = [one for one in unseen if not any(note.code == "ipv6_not_tested" for note in one.notes)]
    if counted:
        servers = ", ".join(label(one.server) for one in counted[:5])
        yield "mx_unreachable", {"count": f"{len(counted)} of {len(judged)}", "servers": servers}


def no_way(judged: t.Sequence[Judged]) -> bool:
    """Whether connecting is what failed with all servers, for a reason of the network."""
    failures = [one.server.session.failure for one in judged]
    return bool(failures) and all(
        failure is not None and failure.step == "connect" and failure.fault not in ("private", "deadline")
        for failure in failures
    )


def _differences(judged: t.Sequence[Judged]) -> _Found:
    """Levels that differ from host to host, or from address to address of one host."""
    by_host: dict[str, dict[str, Level]] = {}
    for one in judged:
        if one.proven is not None:
            # Smart hosts that are given by their addresses have no name.
            by_host.setdefault(one.server.host.name or label(one.server), {})[label(one.server)] = one.proven
    for host, levels in by_host.items():
        if len(set(levels.values())) > 1:
            yield "addresses_differ", {"server": host, "detail": _each(levels)}
    worst = {host: min(levels.values(), key=rank) for host, levels in by_host.items()}
    if len(set(worst.values())) > 1:
        yield "mx_hosts_differ", {"detail": _each(worst)}


def _each(levels: t.Mapping[str, Level]) -> str:
    return ", ".join(f"{name} sustains {level}" for name, level in list(levels.items())[:6])


def _name(observation: Observation, candidates: str) -> _Found:
    target = observation.target
    if target.level == "domain_validation" and not target.certificate_name:
        yield "certificate_name_missing", {"candidates": candidates or "there is none yet"}


def _policies(observation: Observation) -> _Found:
    if observation.target.mta_sts_mode == "none":
        return
    for domain, policy in observation.mta_sts.items():
        code = _STS_CODES.get(policy.status)
        if code is not None:
            yield code, {"domain": domain, "detail": _why(policy)}


def _why(policy: MtaSts) -> str:
    return f"its certificate is not valid ({policy.detail})" if policy.webpki else policy.detail or policy.status

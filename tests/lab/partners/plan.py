# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the table to a world: which address each host has, what DNS says, what each server shows. Pure."""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization

from .dns import Records
from .pki import Issued, Pki
from .shapes import Case, Host, Leaf, Policy, Tlsa
from .table import Table, host_names

#: Where certificates say that the files of their authorities are; the second is where nothing answers.
FILES_HOST: t.Final = "files.partners.test"
DEAD_HOST: t.Final = "dead.partners.test"
_FILES_ADDRESS: t.Final = "127.0.0.1"
_DEAD_ADDRESS: t.Final = "127.19.254.10"

_DIGESTS: t.Final[t.Mapping[int, t.Callable[[bytes], bytes]]] = {
    0: bytes,
    1: lambda data: hashlib.sha256(data).digest(),
    2: lambda data: hashlib.sha512(data).digest(),
}


@dataclass(frozen=True)
class Placed:
    """A host at its addresses; ``issued`` are the certificates of its servers, in the same order."""

    name: str
    host: Host
    domain: str
    addresses: tuple[str, ...]
    issued: tuple[Issued, ...]


@dataclass(frozen=True)
class PolicyHost:
    """The host of an MTA-STS policy. ``issued`` is None where nothing listens."""

    name: str
    policy: Policy
    text: str
    address: str
    issued: Issued | None


@dataclass(frozen=True)
class Plan:
    """All of it; hosts by name."""

    hosts: t.Mapping[str, Placed]
    policies: t.Mapping[str, PolicyHost]
    records: Records


def make_plan(cases: t.Sequence[Case], table: Table, pki: Pki) -> Plan:
    """Issue the certificates of these partners and write their zones."""
    addresses = table.addresses
    hosts: dict[str, Placed] = {}
    policies: dict[str, PolicyHost] = {}
    records = Records()
    records.add(FILES_HOST, "A", _FILES_ADDRESS)
    records.add(DEAD_HOST, "A", _DEAD_ADDRESS)
    for case in cases:
        for name, host in zip(host_names(case), case.hosts, strict=True):
            if name not in hosts:
                issued = tuple(pki.issue(server.leaf, name, case.ascii_domain) for server in host.servers)
                hosts[name] = Placed(name, host, case.ascii_domain, addresses[name], issued)
            _add_host(records, case, hosts[name])
        _add_domain(records, case)
        if case.policy is not None:
            placed = _policy_host(case, case.policy, table.policy_address(case), pki)
            policies[placed.name] = placed
            records.add(placed.name, "A", placed.address)
    return Plan(hosts, policies, records)


def _add_domain(records: Records, case: Case) -> None:
    domain = case.ascii_domain
    if case.secure:
        records.secure.add(domain)
    if case.mx in ("null", "null_and_hosts"):
        records.add(domain, "MX", "0 .")
    if case.mx == "none":
        records.add(domain, "TXT", '"no mail server is named here"')
    if case.mx in ("nxdomain", "servfail", "refused", "silent"):
        records.troubles[domain, "*" if case.mx == "nxdomain" else "MX"] = case.mx
    if case.mx == "truncated":
        records.troubles[domain, "MX"] = "truncated"
    if case.tls_rpt:
        records.add(f"_smtp._tls.{domain}", "TXT", f'"{case.fill(case.tls_rpt)}"')
    if case.policy is not None:
        of = case.fill(case.policy.of)
        records.add(f"_mta-sts.{of}", "TXT", *(f'"{one}"' for one in case.policy.records))


def _add_host(records: Records, case: Case, placed: Placed) -> None:
    host, name = placed.host, placed.name
    if host.mx_of:
        records.add(case.fill(host.mx_of), "MX", f"{host.preference} {name}.")
    real = case.fill(host.alias) or name
    if real != name:
        records.add(name, "CNAME", f"{real}.")
    for address in placed.addresses:
        records.add(real, "AAAA" if ":" in address else "A", address)
    at = f"_25._tcp.{real}"
    if host.tlsa_fails:
        records.troubles[at, "TLSA"] = "servfail"
    for tlsa in host.tlsa:
        records.add(at, "TLSA", tlsa_text(tlsa, placed.issued[0]))


def tlsa_text(tlsa: Tlsa, issued: Issued) -> str:
    """A TLSA record in presentation format (RFC 6698 section 2.2)."""
    certificate = issued.issuer if tlsa.over == "issuer" else issued.certificate
    if tlsa.selector == 0:
        data = certificate.public_bytes(serialization.Encoding.DER)
    else:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        data = certificate.public_key().public_bytes(serialization.Encoding.DER, form)
    if tlsa.over == "other":
        data = b"a key that no server has"
    return f"{tlsa.usage} {tlsa.selector} {tlsa.matching} {_DIGESTS[tlsa.matching](data).hex()}"


def _policy_host(case: Case, policy: Policy, address: str, pki: Pki) -> PolicyHost:
    name = f"mta-sts.{case.fill(policy.of)}"
    leaf = Leaf(
        names=("other.example",) if policy.host == "other_name" else ("{host}",),
        issuer="private" if policy.host == "private_ca" else "public",
    )
    issued = None if policy.host == "refused" else pki.issue(leaf, name, case.ascii_domain)
    return PolicyHost(name, policy, case.fill(policy.text), address, issued)

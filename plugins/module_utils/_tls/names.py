# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Names in certificates against names that are expected. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.certificate import dns_name
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Certificate

_MOST_CANDIDATES = 20


class NameMatch(t.NamedTuple):
    """How a certificate answers to a name, and by which of its own names.

    ``ambiguous``: what Exchange does is not documented. ``common_name``: only the subject's common name fits, which
    Exchange's admin center says it takes and RFC 9525 does not.
    """

    kind: t.Literal["match", "ambiguous", "common_name", "no"]
    name: str = ""


def matches_9525(pattern: str, host: str) -> bool:
    """Whether a name from a certificate stands for a host.

    A wildcard stands for exactly one label, and only as the whole left-most one (RFC 9525 section 6.3).
    """
    if not pattern.startswith("*."):
        return bool(host) and pattern == host
    label, _dot, above = host.partition(".")
    return bool(label) and label != "*" and above == pattern[2:] and "." in above


def covers(certificate: Certificate, host: str) -> bool:
    """Whether one of the certificate's names stands for a host; the common name does not count (RFC 9525 section 2)."""
    return any(matches_9525(name, host) for name in certificate.names)


def belongs_to(name: str, domain: str) -> bool:
    """Whether a name, a wildcard included, is a domain's or below it."""
    bare = name.removeprefix("*.")
    return bare == domain or bare.endswith(f".{domain}")


def exchange_match(certificate_name: str, certificate: Certificate) -> NameMatch:
    """How a certificate answers to the TlsDomain of a connector.

    ``mail.contoso.com`` asks for this name, ``*.contoso.com`` for any subdomain (Microsoft: New-OutboundConnector,
    -TlsDomain). How deep a subdomain may be, and whether a domain and its wildcard stand for each other, is not
    documented: such a match is ambiguous.
    """
    best = NameMatch("no")
    for name in certificate.names:
        kind = _exchange_kind(certificate_name, name)
        if kind == "match":
            return NameMatch("match", name)
        if kind == "ambiguous" and best.kind == "no":
            best = NameMatch("ambiguous", name)
    common_name = dns_name(certificate.common_name)
    if best.kind == "no" and common_name and _exchange_kind(certificate_name, common_name) == "match":
        return NameMatch("common_name", common_name)
    return best


def _exchange_kind(wanted: str, name: str) -> t.Literal["match", "ambiguous", "no"]:
    if wanted == name or matches_9525(name, wanted):
        return "match"
    bare, bare_name = wanted.removeprefix("*."), name.removeprefix("*.")
    if wanted.startswith("*."):
        if matches_9525(wanted, name):
            return "match"
        return "ambiguous" if belongs_to(bare_name, bare) else "no"
    return "ambiguous" if bare_name == wanted else "no"


def candidates(certificates: t.Sequence[Certificate], domain: str, hosts: t.Sequence[str]) -> tuple[str, ...]:
    """Return the names that every one of these certificates answers to without doubt, the best for TlsDomain first.

    At or below the partner's domain come first, since they prove the partner, then names of its servers, then others,
    which may prove a shared provider. Wildcards are offered where one stands in a certificate, or right below the
    partner's domain: no other one is known not to cover a public suffix. A name of one label, or a wildcard above
    one, proves nobody.
    """
    if not certificates:
        return ()
    offered = dict.fromkeys(name for certificate in certificates for name in certificate.names)
    offered.update(dict.fromkeys((domain, f"*.{domain}", *hosts)))
    shared = [
        name
        for name in offered
        if "." in name.removeprefix("*.")
        and all(exchange_match(name, certificate).kind == "match" for certificate in certificates)
    ]

    def order(name: str) -> tuple[bool, bool, bool, int, str]:
        own = belongs_to(name, domain)
        return not own, name.startswith("*."), name not in hosts, len(name), name

    return tuple(sorted(shared, key=order)[:_MOST_CANDIDATES])

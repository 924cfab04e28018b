# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the partners of the lab are made of: certificates, servers, hosts, zones, policies, and what is expected.

Texts may hold ``{domain}`` and ``{host}``: the partner's domain and the name of the host in question.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import idna

# -- certificates ----------------------------------------------------------------------------------------------------

#: public: the lab's authority, which stands for those that everybody trusts. private: one that nobody knows.
#: private_linked: the same, but its certificates say where the authority's own is to be had. self: the key itself.
Issuer = t.Literal["public", "private", "private_linked", "self"]
Key = t.Literal["ec", "rsa", "rsa1024"]
#: What is sent behind the certificate: all up to the root, nothing, or the root as well.
Sends = t.Literal["chain", "leaf_only", "with_root"]
#: What the revocation list says, or what is wrong with it; none: the certificate names no list.
Revocation = t.Literal["good", "revoked", "missing", "stale", "none"]


@dataclass(frozen=True)
class Leaf:
    """A server's certificate. Without ``names`` there is no SAN at all. ``valid_days`` count from now."""

    names: tuple[str, ...] = ("{host}",)
    common_name: str = "{host}"
    issuer: Issuer = "public"
    key: Key = "rsa"
    valid_days: tuple[int, int] = (-30, 90)
    sends: Sends = "chain"
    sha1: bool = False
    purpose: t.Literal["server", "client"] = "server"
    revocation: Revocation = "good"
    broken_san: bool = False


# -- servers ---------------------------------------------------------------------------------------------------------

#: What a server does instead of what it should. good: nothing.
Manner = t.Literal[
    "good",
    "refused",  # nothing listens
    "hang_banner",
    "slow_banner",
    "drip_banner",  # a byte now and then, for ever
    "flood_lines",  # a greeting without a last line
    "flood_bytes",  # a line without an end
    "binary_banner",
    "close_at_connect",
    "banner_421",
    "banner_554",
    "hang_ehlo",
    "no_starttls",
    "stripped",  # a device on the way overwrites STARTTLS
    "hang_starttls",
    "starttls_454",
    "close_in_handshake",
    "alert_in_handshake",
    "hang_in_handshake",
    "garbage_certificate",
    "inject",  # a reply in clear behind the one to STARTTLS
    "hang_after_tls",
]
Sni = t.Literal["ignored", "required", "selects"]


@dataclass(frozen=True)
class Server:
    """What listens on one address. ``tls`` is the oldest and newest version, ``suites`` are OpenSSL's up to TLS 1.2.

    ``sni`` selects: without its name the server shows a certificate for another one.
    """

    leaf: Leaf = Leaf()
    manner: Manner = "good"
    tls: tuple[str, str] = ("TLSv1_2", "TLSv1_3")
    suites: str = "DEFAULT"
    client_certificate: t.Literal["no", "optional", "required"] = "no"
    sni: Sni = "ignored"


class Tlsa(t.NamedTuple):
    """A TLSA record over the leaf, its issuer, or something else."""

    usage: int
    selector: int
    matching: int
    over: t.Literal["leaf", "issuer", "other"]


@dataclass(frozen=True)
class Host:
    """A mail host with an address for each of its servers. ``alias``: the name is a CNAME for this one.

    ``network``: the addresses are next to each other, and make a /31. ``mx_of``: the name whose MX records lead here.
    ``tlsa_fails``: the look-up of its TLSA records ends in SERVFAIL, as it does when signatures are wrong.
    """

    name: str = "mx.{domain}"
    servers: tuple[Server, ...] = (Server(),)
    preference: int = 10
    alias: str = ""
    ipv6: bool = False
    network: bool = False
    mx_of: str = "{domain}"
    tlsa: tuple[Tlsa, ...] = ()
    tlsa_fails: bool = False


# -- policies --------------------------------------------------------------------------------------------------------

ENFORCED_OK: t.Final = "version: STSv1\r\nmode: enforce\r\nmx: mx.{domain}\r\nmax_age: 604800\r\n"


@dataclass(frozen=True)
class Policy:
    """An MTA-STS policy, its TXT records and the manner of its host. ``of``: whose policy it is."""

    text: str = ENFORCED_OK
    records: tuple[str, ...] = ("v=STSv1; id=20260101000000;",)
    of: str = "{domain}"
    host: t.Literal["good", "not_found", "redirect", "refused", "hang", "private_ca", "other_name"] = "good"


# -- partners --------------------------------------------------------------------------------------------------------

#: How the MX look-up of the domain ends. none: the name is there, the type is not. truncated: over UDP.
Mx = t.Literal["hosts", "null", "null_and_hosts", "none", "nxdomain", "servfail", "refused", "silent", "truncated"]
Verdict = t.Literal["ready", "not_ready", "unreachable", "unknown"]


class Verdicts(t.NamedTuple):
    """The verdict for each level that may be asked for."""

    encryption_only: Verdict
    certificate_validation: Verdict
    domain_validation: Verdict


#: By the level that servers sustain, when nothing else stands in the way.
DOMAIN: t.Final = Verdicts("ready", "ready", "ready")
CERTIFICATE: t.Final = Verdicts("ready", "ready", "not_ready")
ENCRYPTION: t.Final = Verdicts("ready", "not_ready", "not_ready")
NOTHING: t.Final = Verdicts("not_ready", "not_ready", "not_ready")
#: And where something is open.
CERTIFICATE_AT_LEAST: t.Final = Verdicts("ready", "ready", "unknown")
UNKNOWN: t.Final = Verdicts("unknown", "unknown", "unknown")
UNREACHABLE: t.Final = Verdicts("unreachable", "unreachable", "unreachable")


@dataclass(frozen=True)
class Expected:
    """What a probe must find. ``codes`` are findings that must be among those reported at every level,
    ``domain_codes`` those at the level domain_validation.

    ``basis``: what it rests on that Exchange would act like this (see evidence.py), with a ``note`` where it is open.
    """

    sustains: str | None
    verdicts: Verdicts
    codes: tuple[str, ...] = ()
    delivery: t.Literal["ok", "blocked", "unknown"] = "ok"
    basis: t.Literal["recorded", "documented", "assumed"] = "documented"
    note: str = ""
    domain_codes: tuple[str, ...] = ()


#: Nothing is in the way, and nothing has to be said.
FULL: t.Final = Expected("domain_validation", DOMAIN)


def warned(*codes: str, **rest: t.Any) -> Expected:
    """The strongest level is there, and these findings go with it."""
    return Expected("domain_validation", DOMAIN, codes, **rest)


def blocked(*codes: str, sustains: str = "domain_validation") -> Expected:
    """Mail is stopped, whatever level is sustained."""
    return Expected(sustains, NOTHING, codes, delivery="blocked")


@dataclass(frozen=True)
class Case:
    """A partner: its domain, what it is in one line, its world, what is asked, and what must be found."""

    id: str
    domain: str
    what: str
    expected: Expected
    hosts: tuple[Host, ...] = (Host(),)
    mx: Mx = "hosts"
    secure: bool = False
    policy: Policy | None = None
    tls_rpt: str = ""
    #: ``{address}`` and ``{network}`` stand for those of the first host.
    smart_hosts: tuple[str, ...] = ()
    certificate_name: str = "mx.{domain}"
    smtp_dane_mode: t.Literal["opportunistic", "mandatory", "none"] = "opportunistic"
    mta_sts_mode: t.Literal["opportunistic", "none"] = "opportunistic"
    #: Runs into time-outs: tests that are short of time leave it out.
    slow: bool = False

    @property
    def ascii_domain(self) -> str:
        """The domain as A-labels."""
        return idna.encode(self.domain, uts46=True).decode("ascii")

    def fill(self, text: str, host: str = "") -> str:
        """Fill in the names that a text leaves open."""
        return text.format(domain=self.ascii_domain, host=host)


def case(name: str, what: str, expected: Expected, **rest: t.Any) -> Case:
    """A partner whose domain is made from its id: ``a_good`` has a-good.test."""
    return Case(name, rest.pop("domain", f"{name.replace('_', '-')}.test"), what, expected, **rest)

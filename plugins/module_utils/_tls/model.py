# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What the probe is asked, what it observes, and what the rules make of it.

Observations are facts without judgement, with texts from outside already cleaned. Each is written by one part of the
probe (named in its docstring) and read by the rules, which add nothing that was not observed.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

Level = t.Literal["opportunistic", "encryption_only", "certificate_validation", "domain_validation"]
#: From the weakest to the strongest; the words are those of the connectors' ``tls_settings``.
LEVELS: tuple[Level, ...] = ("opportunistic", "encryption_only", "certificate_validation", "domain_validation")

DaneMode = t.Literal["opportunistic", "mandatory", "none"]
MtaStsMode = t.Literal["opportunistic", "none"]


def rank(level: Level) -> int:
    """How strong a level is, 0 for the weakest."""
    return LEVELS.index(level)


# -- what is asked ---------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Target:
    """One partner to look at. ``domain`` and names are lower-case A-labels.

    ``smart_hosts`` are names, addresses or networks; empty: by MX. The modes are those of the connector that mail to
    the partner takes, or will take.
    """

    domain: str
    smart_hosts: tuple[str, ...] = ()
    level: Level = "certificate_validation"
    certificate_name: str = ""
    smtp_dane_mode: DaneMode = "opportunistic"
    mta_sts_mode: MtaStsMode = "opportunistic"


@dataclasses.dataclass(frozen=True)
class Settings:
    """How the probe goes about it. Times are in seconds; ``deadline`` is for the whole run.

    ``resolvers`` are (address, port), empty: the system's. ``trust_ad`` says whether an AD bit in their answers
    proves DNSSEC. ``helo_name`` is sent as it is; empty: the name of this machine, or its address as a literal.
    """

    resolvers: tuple[tuple[str, int], ...] = ()
    trust_ad: bool | None = None
    port: int = 25
    policy_port: int = 443
    helo_name: str = ""
    timeout: float = 20.0
    deadline: float = 900.0
    concurrency: int = 32
    ca_path: str = ""
    expiry_warning_days: int = 14
    check_revocation: bool = True
    allow_private: bool = False


# -- what DNS says (resolver.py, route.py) ---------------------------------------------------------------------------

#: found: the records are there. absent: the name is there, the type is not. nxdomain: the name is not there.
#: failed: SERVFAIL, REFUSED, a broken answer. timeout: no answer at all.
DnsStatus = t.Literal["found", "absent", "nxdomain", "failed", "timeout"]


@dataclasses.dataclass(frozen=True)
class Answer:
    """The answer to one question. ``secure`` is the AD bit, ``canonical`` the name that CNAMEs led to.

    ``records`` depend on the type: MX (preference, host), A and AAAA address, TXT bytes (strings joined), TLSA
    (usage, selector, matching type, data); names without a trailing dot, in lower case. ``detail`` says in a few
    words what went wrong.
    """

    status: DnsStatus
    records: tuple[t.Any, ...] = ()
    secure: bool = False
    canonical: str = ""
    detail: str = ""


@dataclasses.dataclass(frozen=True)
class Tlsa:
    """A TLSA record (RFC 6698 section 2.1)."""

    usage: int
    selector: int
    matching: int
    data: bytes


Via = t.Literal["mx", "implicit_mx", "smart_host"]


@dataclasses.dataclass(frozen=True)
class Host:
    """A host that mail would go to, with what DNS says of it. ``name`` is empty for a smart host given by address.

    ``secure``: the answers that led to the name and to its addresses were all secure (RFC 7672 section 2.2).
    ``tlsa`` is asked only then: None otherwise. ``tlsa_base`` is the name the records were found at. ``problem`` is
    the status of the address look-up where it gave none. ``more`` counts the addresses of a network that are left out.
    """

    name: str
    preference: int = 0
    via: Via = "mx"
    addresses: tuple[str, ...] = ()
    canonical: str = ""
    secure: bool = False
    problem: DnsStatus | None = None
    problem_detail: str = ""
    tlsa: Answer | None = None
    tlsa_base: str = ""
    more: int = 0


RouteProblem = t.Literal["null_mx", "nxdomain", "no_address", "dns_failed", "dns_timeout"]


@dataclasses.dataclass(frozen=True)
class Route:
    """Where mail to a partner goes, ``hosts`` by preference. With a ``problem`` none of them can be asked."""

    hosts: tuple[Host, ...] = ()
    problem: RouteProblem | None = None
    detail: str = ""
    #: The MX answer was secure; always False where no MX was asked for.
    secure: bool = False
    #: A null MX beside other MX records (RFC 7505 section 3).
    stray_null_mx: bool = False


# -- what a server shows (smtp.py, handshake.py) ---------------------------------------------------------------------

#: The steps of a conversation, in their order.
Step = t.Literal["connect", "banner", "ehlo", "starttls", "handshake", "ehlo_again", "quit"]
#: How a step failed. unreachable: no route from here, also for lack of IPv6. closed: the connection ended. reply: an
#: SMTP reply that ends it. protocol: bytes that are no SMTP reply, or too many of them. tls: the handshake failed.
#: deadline: the run's time was over. private: the address is not public, and so was not asked.
Fault = t.Literal["refused", "timeout", "unreachable", "closed", "reply", "protocol", "tls", "deadline", "private"]


@dataclasses.dataclass(frozen=True)
class Failure:
    """Where a conversation ended early, and how. ``detail`` is a few words, cleaned."""

    step: Step
    fault: Fault
    detail: str = ""


@dataclasses.dataclass(frozen=True)
class Reply:
    """An SMTP reply; its lines are cleaned and cut."""

    code: int
    lines: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(self.lines)


@dataclasses.dataclass(frozen=True)
class Tls:
    """A finished handshake. ``chain`` is DER as sent, leaf first.

    ``offers_tls13``: the server marked its TLS 1.2 answer as a step down from TLS 1.3 (RFC 8446 section 4.1.3), or
    TLS 1.3 was agreed.
    """

    protocol: str
    cipher: str
    key_bits: int
    chain: tuple[bytes, ...]
    offers_tls13: bool = False


@dataclasses.dataclass(frozen=True)
class Session:
    """One connection to one address under one SNI name, from connect to QUIT, as far as it came.

    ``extensions`` are the EHLO keywords in upper case, before and after TLS. ``injected`` counts the bytes that
    followed the reply to STARTTLS in clear (RFC 3207 section 6). ``milliseconds`` are per step. ``alert`` is the TLS
    alert that ended a handshake (RFC 8446 section 6), ``client_certificate_asked`` holds for failed handshakes too.
    """

    address: str
    port: int
    sni: str
    milliseconds: t.Mapping[str, int] = dataclasses.field(default_factory=dict)
    banner: Reply | None = None
    ehlo: Reply | None = None
    extensions: tuple[str, ...] = ()
    starttls: Reply | None = None
    injected: int = 0
    tls: Tls | None = None
    alert: str = ""
    client_certificate_asked: bool = False
    extensions_after_tls: tuple[str, ...] = ()
    failure: Failure | None = None


# -- what certificates and policies say (certificate.py, verify.py, revocation.py, dane.py, policy.py) ---------------


@dataclasses.dataclass(frozen=True)
class Certificate:
    """A certificate, taken apart; texts are cleaned and cut. ``names`` are DNS names from the SAN, in lower case.

    ``key_type`` is for example ``RSA`` or ``EC P-256``. ``serial`` is hexadecimal. ``sha256`` is over the certificate,
    ``spki_sha256`` over its public key: the data of a TLSA record 3 1 1.
    """

    der: bytes
    subject: str
    issuer: str
    serial: str
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    common_name: str
    not_before: datetime.datetime
    not_after: datetime.datetime
    key_type: str
    key_bits: int
    signature: str
    sha256: str
    spki_sha256: str
    self_issued: bool
    crl_urls: tuple[str, ...] = ()
    ocsp_urls: tuple[str, ...] = ()
    issuer_urls: tuple[str, ...] = ()
    has_san: bool = True

    @property
    def key(self) -> str:
        """Type and size, such as ``RSA 2048`` or ``EC P-256``."""
        return f"RSA {self.key_bits}" if self.key_type == "RSA" else self.key_type


TrustReason = t.Literal[
    "trusted", "expired", "not_yet_valid", "self_signed", "untrusted_root", "incomplete_chain", "wrong_purpose", "other"
]


@dataclasses.dataclass(frozen=True)
class Trust:
    """Whether a chain leads to a trusted authority. ``code`` and ``text`` are OpenSSL's (X509_V_ERR_*).

    ``missing`` names the issuer whose certificate the server leaves out, for incomplete_chain. ``proven`` is False
    where nothing tells an incomplete chain from an unknown authority. ``also`` holds what else is wrong: a verification
    ends at the first fault.
    """

    reason: TrustReason
    code: int = 0
    text: str = ""
    missing: str = ""
    proven: bool = True
    also: tuple[TrustReason, ...] = ()

    @property
    def trusted(self) -> bool:
        return self.reason == "trusted"


Revocation = t.Literal["good", "revoked", "unknown", "not_named", "not_checked"]


@dataclasses.dataclass(frozen=True)
class RevocationStatus:
    """What the revocation lists say. ``subject`` is the certificate that is revoked or could not be judged."""

    status: Revocation
    subject: str = ""
    detail: str = ""


#: none: no records, or none that count. unusable: records, but no usable one (RFC 7672 section 3.1.3). bogus: the
#: look-up failed, the host must not be used. unjudged: records, but no TLS session to hold them against.
DaneStatus = t.Literal["none", "match", "mismatch", "unusable", "bogus", "unjudged"]


@dataclasses.dataclass(frozen=True)
class Dane:
    """TLSA records against one server. ``proven``: the path to the resolver lets the AD bit count."""

    status: DaneStatus
    records: tuple[Tlsa, ...] = ()
    matched: Tlsa | None = None
    detail: str = ""
    proven: bool = True


StsStatus = t.Literal["none", "found", "dns_failed", "txt_invalid", "fetch_failed", "policy_invalid"]
StsMode = t.Literal["enforce", "testing", "none"]


@dataclasses.dataclass(frozen=True)
class MtaSts:
    """The MTA-STS policy of a domain (RFC 8461). ``max_age`` is in seconds."""

    status: StsStatus = "none"
    policy_id: str = ""
    mode: StsMode = "none"
    mx: tuple[str, ...] = ()
    max_age: int = 0
    detail: str = ""
    #: fetch_failed because of the policy host's certificate (RFC 8460: sts-webpki-invalid).
    webpki: bool = False


@dataclasses.dataclass(frozen=True)
class TlsRpt:
    """The TLS reporting record of a domain (RFC 8460 section 3). ``status`` as MtaSts without the policy."""

    status: t.Literal["none", "found", "dns_failed", "txt_invalid"] = "none"
    rua: tuple[str, ...] = ()
    detail: str = ""


# -- all of it together (probe.py) -----------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Server:
    """One address of one host, with everything that one partner's view of it needs.

    ``session`` is the main connection; ``second`` the one that named the cause of a failed handshake, or that found
    TLS 1.3 alone. ``chain``, ``trust``, ``revocation`` belong to the connection that ``tls`` is from; where none is,
    to the certificate that the second one showed, if any. ``chain_problem`` says why a chain could not be read.
    """

    host: Host
    address: str
    session: Session
    second: Session | None = None
    chain: tuple[Certificate, ...] = ()
    chain_problem: str = ""
    trust: Trust | None = None
    revocation: RevocationStatus = RevocationStatus("not_checked")
    dane: Dane = Dane("none")

    @property
    def leaf(self) -> Certificate | None:
        return self.chain[0] if self.chain else None

    @property
    def tls(self) -> Tls | None:
        """The handshake that proves something: the main connection's, or that of a server with TLS 1.3 alone."""
        if self.session.tls is not None:
            return self.session.tls
        second = self.second.tls if self.second is not None else None
        return second if second is not None and second.protocol == "TLSv1.3" else None


@dataclasses.dataclass(frozen=True)
class Observation:
    """Everything seen of one partner."""

    target: Target
    route: Route
    servers: tuple[Server, ...] = ()
    #: For the recipient domain, or with smart hosts for each smart host's name.
    mta_sts: t.Mapping[str, MtaSts] = dataclasses.field(default_factory=dict)
    tls_rpt: TlsRpt = TlsRpt()
    #: The deadline of the run ended the work before this partner was done.
    cut_off: bool = False


# -- what the rules make of it (rules.py) ----------------------------------------------------------------------------

Severity = t.Literal["error", "warning", "info"]
Verdict = t.Literal["ready", "not_ready", "unreachable", "unknown"]
Delivery = t.Literal["ok", "blocked", "unknown"]


@dataclasses.dataclass(frozen=True)
class Finding:
    """One sentence on what was found and one on what to do, as they can be sent to the partner.

    ``subject`` is the host and address, or the domain, that it is about.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    advice: str


@dataclasses.dataclass(frozen=True)
class Judgement:
    """The verdict on one partner. ``sustains`` is None when no server let itself be judged.

    ``names`` are certificate names that every judged server has, best candidate for ``tls_domain`` first.
    ``levels`` is the proven level of each server, in the order of ``Observation.servers``.
    """

    verdict: Verdict
    sustains: Level | None
    delivery: Delivery
    names: tuple[str, ...]
    findings: tuple[Finding, ...]
    levels: tuple[Level | None, ...] = ()

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What the probe observes: facts without judgement, with texts from outside already cleaned.

Each is written by one part of the probe, named above it, and read by the rules, which add nothing that was not seen.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

# -- by DNS: resolver.py, route.py -------------------------------------------------------------------------------------

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
    ``smart_host`` is the name of the smart host that led here, which can be another one than the host's.
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
    smart_host: str = ""


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


def path_of(chain: t.Sequence[Certificate]) -> list[Certificate]:
    """The certificates from the leaf upwards, each issued by the next; what else a server sent is left out.

    Nobody verifies the rest, so it must not count: servers send certificates that were of use once (RFC 8446 section
    4.4.2 allows for that).
    """
    path, rest = list(chain[:1]), list(chain[1:])
    while path and (issuer := next((one for one in rest if one.subject == path[-1].issuer), None)):
        rest.remove(issuer)
        path.append(issuer)
    return path


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


NOT_CHECKED = RevocationStatus("not_checked")

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


NO_DANE = Dane("none")

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


NO_REPORTS = TlsRpt()

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchange's texts for mail that waits: recorded and documented ones, with the names, addresses and times filled in."""

from __future__ import annotations

import datetime
import secrets
import typing as t
from dataclasses import dataclass

from ..switches import Switches
from .sessions import Presented
from .transport_evidence import cite

#: A front end of Exchange Online as texts name them.
_FRONT_END: t.Final = "LAB00FT001.eop-lab00.prod.protection.outlook.com"
_LAST: t.Final = "[LastAttemptedServerName={server}] [LastAttemptedIP={address}:25]"
_SHORT: t.Final = f"{_LAST} [{{front_end}}]"
_STAMP: t.Final = "[{front_end} {time} {id}]"
_PLAIN: t.Final = f"{_LAST} {_STAMP}"
_SOCKET: t.Final = f"{_LAST} [SmtpSecurity=-2;-2] {_STAMP}"
_CERTIFICATE: t.Final = f"{_LAST} [SmtpSecurity=-1;-1] {_STAMP}"
_CANNOT: t.Final = "450 4.4.317 Cannot connect to remote server"
_PRESENTED: t.Final = "Expected Subject: {expected}. Presented Subject: {subject}. Thumbprint:"


class Row(t.NamedTuple):
    """A text and the row of the evidence table that it rests on."""

    text: str
    evidence: str


_ROWS: t.Final[t.Mapping[str, Row]] = {
    "no_domain": Row(
        "550 5.4.310 DNS domain {server} does not exist [Message=InfoDomainNonexistent] "
        f"[LastAttemptedServerName={{server}}] {_STAMP}",
        cite("transport.no-domain"),
    ),
    "null_mx": Row("550 5.1.10 Recipient address has null MX", cite("transport.null-mx")),
    "bad_address": Row("501 5.1.3 Invalid address", cite("transport.bad-address")),
    "dns_failed": Row(
        f"450 4.4.312 DNS query failed [Message=ErrorRetry] [LastAttemptedServerName={{server}}] [{_FRONT_END}]",
        cite("transport.dns-failed"),
    ),
    "no_address": Row(
        f"450 4.4.312 DNS query failed [LastAttemptedServerName={{server}}] {_STAMP}", cite("transport.no-address")
    ),
    "timed_out": Row(f"450 4.4.315 Connection timed out {_SOCKET}", cite("transport.timed-out")),
    "refused": Row(
        f"450 4.4.316 Connection refused [Message=Socket error code 10061] {_SOCKET}", cite("transport.refused")
    ),
    "closed": Row(f"450 4.4.318 Connection was closed abruptly {_SOCKET}", cite("transport.closed")),
    "not_ready": Row(f"{_CANNOT} [Message={{said}}] {_PLAIN}", cite("transport.not-ready")),
    "nonsense": Row(f"{_CANNOT} [Message={{said}}] {_PLAIN}", cite("transport.nonsense")),
    "no_starttls": Row(
        f"{_CANNOT} [Message=451 5.7.3 STARTTLS is required to send mail] {_SHORT}", cite("transport.starttls-required")
    ),
    "sts_starttls": Row(
        f"{_CANNOT} [Message=451 5.7.3 STARTTLS is required to send mail] {_SHORT}", cite("transport.sts-starttls")
    ),
    "handshake_closed": Row(
        f"{_CANNOT} [Message=451 4.4.0 TLS negotiation failed with error SocketError] {_SOCKET}",
        cite("transport.handshake-closed"),
    ),
    "handshake_failed": Row(
        f"{_CANNOT} [Message=Security status InvalidToken] {_SOCKET}", cite("transport.handshake-failed")
    ),
    "handshake_timed_out": Row(f"450 4.4.315 Connection timed out {_SOCKET}", cite("transport.timed-out")),
    "SubjectMismatch": Row(
        f"{_CANNOT} [Message=SubjectMismatch {_PRESENTED}{{thumbprint}}.] {_LAST} [SmtpSecurity=-1;-1] [{{front_end}}]",
        cite("transport.subject-mismatch"),
    ),
    "CertificateExpired": Row(
        f"{_CANNOT} [Message=CertificateExpired {_PRESENTED} {{thumbprint}}.] {_CERTIFICATE}",
        cite("transport.certificate-expired"),
    ),
    "UntrustedRoot": Row(f"{_CANNOT} [Message=UntrustedRoot] {_CERTIFICATE}", cite("transport.untrusted-root")),
    "invalid": Row(f"450 4.7.320 Certificate validation failed {_CERTIFICATE}", cite("transport.certificate-invalid")),
    "revocation_unknown": Row(
        f"450 4.7.320 Certificate validation failed {_CERTIFICATE}", cite("transport.revocation-unknown")
    ),
    "dane_starttls": Row(
        f"450 4.7.321 starttls-not-supported: Destination mail server must support TLS to receive mail. {_PLAIN}",
        cite("transport.dane-starttls"),
    ),
    "certificate-expired": Row(
        f"450 4.7.322 certificate-expired: Destination mail server's certificate is expired. {_PLAIN}",
        cite("transport.dane-expired"),
    ),
    "tlsa-invalid": Row(
        f"450 4.7.323 tlsa-invalid: The domain failed DANE validation. {_PLAIN}", cite("transport.dane-invalid")
    ),
    "dane_missing": Row(
        f"450 4.7.323 tlsa-invalid: The domain failed DANE validation. {_PLAIN}", cite("transport.dane-missing")
    ),
    "dnssec_invalid": Row(
        f"450 4.7.324 dnssec-invalid: Destination domain returned invalid DNSSEC records {_PLAIN}",
        cite("transport.dnssec-invalid"),
    ),
    "dnssec_dns": Row(f"450 4.4.312 DNS query failed {_PLAIN}", cite("transport.dnssec-dns")),
    "certificate-host-mismatch": Row(
        "450 4.7.325 certificate-host-mismatch: Remote certificate MUST have a common name or subject alternative name "
        f"matching the hostname (DANE) {_PLAIN}",
        cite("transport.dane-name"),
    ),
    "sts_host": Row(f"450 4.4.8 MX hosts of {{domain}} failed MTA-STS validation {_PLAIN}", cite("transport.sts-host")),
    "sts_certificate": Row(
        f"450 4.7.5 Remote certificate failed MTA-STS validation. Reason: {{said}} {_PLAIN}",
        cite("transport.sts-certificate"),
    ),
}
_BY_EITHER_CODE: t.Final = ("SubjectMismatch", "CertificateExpired", "UntrustedRoot")


@dataclass(frozen=True)
class Problem:
    """Why a message was not taken: a key of the texts, and what fills them in."""

    kind: str
    server: str
    address: str = ""
    said: str = ""
    domain: str = ""
    expected: str = ""
    presented: Presented | None = None


def text_of(problem: Problem, switches: Switches) -> Row:
    """Return Exchange's text for a problem, filled in."""
    row = _ROWS[problem.kind]
    if problem.kind in _BY_EITHER_CODE and switches["certificate_failure_code"] == "4.7.320":
        text = row.text.replace(_CANNOT, "450 4.7.320 Certificate validation failed")
        row = Row(text, cite("transport.certificate-documented"))
    shown = problem.presented
    now = datetime.datetime.now(datetime.UTC)
    text = row.text.format(
        server=problem.server,
        address=problem.address,
        said=problem.said,
        domain=problem.domain,
        expected=problem.expected,
        subject=shown.subject if shown else "",
        thumbprint=shown.thumbprint if shown else "",
        front_end=_FRONT_END,
        time=now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03}Z",
        id=f"08{secrets.token_hex(7).upper()}",
    )
    return Row(text, row.evidence)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each end of an attempt to hand mail to a partner rests on."""

from __future__ import annotations

from ..evidence import ASSUMED, DOCUMENTED, RECORDED, Evidence

_CODES = "Microsoft, mail flow intelligence (defender-docs, connectors-mail-flow-intelligence.md)"
_NDRS = "Microsoft, SupportArticles-docs, non-delivery-reports-in-exchange-online.md"
_GUESS = "no public source"
_BRACKETS = "what stands in brackets is as in recorded texts"

EVIDENCE: tuple[Evidence, ...] = (
    Evidence("transport.delivered", "delivered, with the partner's reply", DOCUMENTED, "RFC 5321 section 4.2.1"),
    Evidence(
        "transport.rejected", "failed at once for a 5xx to MAIL, RCPT or DATA", DOCUMENTED, "RFC 5321 section 4.2.1"
    ),
    Evidence(
        "transport.tempfailed",
        "deferred for a 4xx to MAIL, RCPT or DATA, with the partner's words; the next server is tried first",
        DOCUMENTED,
        "RFC 5321 sections 4.2.1 and 5.1",
        "the form of Exchange's own text is not known: the reply stands alone",
    ),
    Evidence(
        "transport.bad-address", "failed for an address SMTP cannot carry", ASSUMED, _GUESS, "code and text assumed"
    ),
    Evidence(
        "transport.no-domain",
        "failed for a domain that does not exist: 550 5.4.310",
        RECORDED,
        "public bounces of 2026; lightmeter's test data for [Message=InfoDomainNonexistent]",
        "that there is no retry is assumed",
    ),
    Evidence(
        "transport.null-mx",
        "failed for a domain with a null MX: 550 5.1.10",
        ASSUMED,
        "RFC 7505 section 4.2",
        "code and words are the RFC's, Exchange's are not known",
    ),
    Evidence(
        "transport.dns-failed",
        "450 4.4.312 where DNS does not answer",
        RECORDED,
        "bounce of November 2019; " + _CODES,
    ),
    Evidence("transport.no-address", "450 4.4.312 where no server has an address", ASSUMED, _CODES, _BRACKETS),
    Evidence("transport.timed-out", "450 4.4.315 for silence at any step", DOCUMENTED, _CODES, _BRACKETS),
    Evidence("transport.refused", "450 4.4.316 for a connection that is refused", DOCUMENTED, _NDRS, _BRACKETS),
    Evidence("transport.closed", "450 4.4.318 for a connection that ends early", DOCUMENTED, _CODES, _BRACKETS),
    Evidence(
        "transport.not-ready",
        "450 4.4.317 with the partner's reply for a greeting or EHLO reply that is no 2xx",
        ASSUMED,
        _CODES,
        "documented for a service that is not available; that the reply stands in Message is assumed",
    ),
    Evidence("transport.nonsense", "450 4.4.317 for bytes that are no SMTP reply", ASSUMED, _GUESS, "Message assumed"),
    Evidence(
        "transport.starttls-required",
        "450 4.4.317 with 451 5.7.3 STARTTLS is required, where TLS is forced and not offered, or refused",
        RECORDED,
        "bounce of December 2020; JPBLOG",
    ),
    Evidence(
        "transport.handshake-closed",
        "450 4.4.317 with TLS negotiation failed with error SocketError, where the handshake breaks off",
        RECORDED,
        "message trace of March 2023 in a public Q&A",
    ),
    Evidence(
        "transport.handshake-failed",
        "450 4.4.317 with Security status InvalidToken, where the handshake fails",
        RECORDED,
        "imab.dk, Get-EmailsNotSendUsingTLS.ps1",
        "the script has these words only; the form around them is assumed",
    ),
    Evidence(
        "transport.subject-mismatch",
        "450 4.4.317 with SubjectMismatch",
        RECORDED,
        "JPBLOG",
        "without TlsDomain the recipient's domain is expected: assumed",
    ),
    Evidence(
        "transport.certificate-expired",
        "450 4.4.317 with CertificateExpired",
        RECORDED,
        "public Q&A copy of January 2025",
        "recorded for an expired one; used for one that is not valid yet as well",
    ),
    Evidence(
        "transport.untrusted-root",
        "450 4.4.317 with UntrustedRoot; missing certificates are not fetched",
        RECORDED,
        "Microsoft, fix-error-code-450-4-4-317-untrusted-root.md",
        _BRACKETS,
    ),
    Evidence(
        "transport.certificate-documented",
        "450 4.7.320 Certificate validation failed, for the same three",
        DOCUMENTED,
        _CODES,
        "the details behind it are those of recorded 4.4.317",
    ),
    Evidence(
        "transport.certificate-invalid",
        "450 4.7.320 for a certificate that is revoked, weak, or not for servers",
        ASSUMED,
        _CODES,
        "documented for certificates that are no longer valid; no text for these cases is known",
    ),
    Evidence("transport.revocation-unknown", "450 4.7.320 where no revocation list can be used", ASSUMED, _GUESS),
    Evidence(
        "transport.dane-starttls", "450 4.7.321 where DANE wants TLS and there is none", DOCUMENTED, _NDRS, _BRACKETS
    ),
    Evidence(
        "transport.dane-expired", "450 4.7.322 for an expired certificate under DANE", DOCUMENTED, _NDRS, _BRACKETS
    ),
    Evidence(
        "transport.dane-invalid",
        "450 4.7.323 where no TLSA record matches",
        DOCUMENTED,
        _NDRS,
        _BRACKETS,
    ),
    Evidence(
        "transport.dane-missing",
        "450 4.7.323 where the connector demands DANE and there is none that can be used",
        ASSUMED,
        _NDRS,
        "the page has this code for any other failure of DANE",
    ),
    Evidence(
        "transport.dnssec-invalid", "450 4.7.324 for TLSA records that do not validate", DOCUMENTED, _NDRS, _BRACKETS
    ),
    Evidence(
        "transport.dnssec-dns", "450 4.4.312 for the same", DOCUMENTED, "Microsoft, how-smtp-dane-works.md", _BRACKETS
    ),
    Evidence(
        "transport.dane-name", "450 4.7.325 for a certificate without the server's name", DOCUMENTED, _NDRS, _BRACKETS
    ),
    Evidence(
        "transport.sts-host",
        "450 4.4.8 for a server that an enforced policy does not list",
        DOCUMENTED,
        _NDRS,
        _BRACKETS,
    ),
    Evidence(
        "transport.sts-certificate",
        "450 4.7.5 for a certificate that an enforced policy does not admit",
        DOCUMENTED,
        _NDRS,
        "the values of its Reason are assumed to be those of 4.4.317",
    ),
    Evidence(
        "transport.sts-starttls",
        "450 4.4.317 as for forced TLS, where an enforced policy wants TLS and there is none",
        ASSUMED,
        _GUESS,
    ),
)
_IDS = frozenset(row.id for row in EVIDENCE)


def cite(row_id: str) -> str:
    """The id itself, checked: an answer cannot rest on a row that does not exist."""
    if row_id not in _IDS:
        raise KeyError(f"No evidence row named {row_id}")
    return row_id

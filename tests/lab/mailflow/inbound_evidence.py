# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each answer of the tenant's own mail server rests on."""

from __future__ import annotations

from ..evidence import ASSUMED, DOCUMENTED, RECORDED, Evidence

_PAGE = "Microsoft's page on New-InboundConnector"
_TLS_BLOG = "techcommunity 2065089"
_GUESS = "no public source"
_POSTFIX = "docker-postfix#12, log line of January 2016, with (in reply to RCPT TO command)"

EVIDENCE: tuple[Evidence, ...] = (
    Evidence(
        "inbound.dialogue",
        "greeting, EHLO and the replies to MAIL and RCPT",
        RECORDED,
        "ietf-tools/datatracker#5888, session of June 2023; greeting with a session id: captures since 2025",
        "PIPELINING, SIZE and 8BITMIME only: DSN, BDAT and SMTPUTF8 are not built; the words after STARTTLS and DATA "
        "are assumed, and so are those of errors in syntax and sequence",
    ),
    Evidence(
        "inbound.tls",
        "TLS 1.2 and 1.3 after STARTTLS, a client's certificate is asked for and may be missing",
        DOCUMENTED,
        _TLS_BLOG + "; TLS 1.3: filters of Start-HistoricalSearch",
        "1.0 and 1.1 are refused with an alert; cipher lists were not looked at",
    ),
    Evidence(
        "inbound.certificate-unproven",
        "a client's certificate that is expired or without a trusted root counts as none, and TLS goes on",
        ASSUMED,
        _GUESS,
        "revocation is not looked at; intermediates must be sent",
    ),
    Evidence("inbound.no-connector", "taken in clear or over TLS where no connector is for it", DOCUMENTED, _TLS_BLOG),
    Evidence(
        "inbound.connector",
        "taken through a connector whose conditions are met",
        DOCUMENTED,
        _PAGE,
        "that the domain of MAIL counts, not that of the header, is assumed; the null return path falls to * only",
    ),
    Evidence(
        "inbound.precedence",
        "a connector that restricts comes before one that does not, then exact domains before wildcards",
        DOCUMENTED,
        "OfficeDocs-Exchange#900, words of the product group",
        "the order of wildcards, and of names in a tie, is assumed",
    ),
    Evidence(
        "inbound.restricted",
        "550 5.7.51 for mail from another address or with another certificate",
        RECORDED,
        "JPBLOG, capture of January 2025",
        "that it answers RCPT: a public tool's notes",
    ),
    Evidence(
        "inbound.clear-454",
        "454 4.7.0 Failed to establish appropriate TLS channel: Access Denied, for mail in clear where TLS is required",
        ASSUMED,
        _POSTFIX,
        "the text is recorded, and TLS helped; that RequireTls of a partner connector brings it is not shown",
    ),
    Evidence("inbound.clear-451", "451 5.7.3 STARTTLS is required to send mail, for the same", ASSUMED, _GUESS),
    Evidence(
        "inbound.clear-530",
        "530 5.7.0 Must issue a STARTTLS command first, for the same",
        ASSUMED,
        "RFC 3207 section 4",
        "what servers say that want TLS of everybody; not known of Exchange Online",
    ),
    Evidence(
        "inbound.untrusted-root",
        "454 4.7.0 Failed to establish appropriate TLS channel: UntrustedRoot: Access Denied",
        DOCUMENTED,
        "Microsoft, mail flow to Exchange Online stops and event ID 2004 is logged (KB 2888788)",
        "for hybrid deployments; for partners it is a switch's other setting",
    ),
    Evidence(
        "inbound.relay-denied",
        "550 5.7.64 TenantAttribution; Relay Access Denied, for recipients outside the accepted domains",
        RECORDED,
        "non-delivery reports of 2018 and later; Microsoft, relay-access-denied-smtp",
        "OnPremises connectors, which would permit it, are not built",
    ),
)
_IDS = frozenset(row.id for row in EVIDENCE)


def cite(row_id: str) -> str:
    """The id itself, checked: an answer cannot rest on a row that does not exist."""
    if row_id not in _IDS:
        raise KeyError(f"No evidence row named {row_id}")
    return row_id

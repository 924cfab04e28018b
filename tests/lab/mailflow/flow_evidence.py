# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What routing, queueing, notices to senders and validation rest on."""

from __future__ import annotations

from ..evidence import ASSUMED, DOCUMENTED, RECORDED, Evidence

_GUESS = "no public source"
_NDR_LIST = "Microsoft, SupportArticles-docs, non-delivery-reports-in-exchange-online.md"
_CODES = "Microsoft, mail flow intelligence (defender-docs, connectors-mail-flow-intelligence.md)"

EVIDENCE: tuple[Evidence, ...] = (
    Evidence(
        "flow.nowhere",
        "450 4.4.312 DNS query failed, for all mail of a lab without partners",
        DOCUMENTED,
        _CODES,
    ),
    Evidence(
        "flow.routed",
        "the connector for a recipient: of a mail flow rule, then by exact domain, then by the longest wildcard",
        DOCUMENTED,
        "OfficeDocs-Exchange, set-up-connectors-to-route-mail.md and conditional-mail-routing.md",
        "a rule's connector that is not there or disabled counts as no rule: assumed",
    ),
    Evidence(
        "flow.deferred",
        "tried again after 15 minutes, 15 minutes, then every hour; the line of message trace for it",
        DOCUMENTED,
        "Microsoft, how-smtp-dane-works.md; the line: JPBLOG (techcommunity 4420592)",
        "documented for failures of DANE, assumed for others: a public bounce of 2023 tells of 14 attempts in a day",
    ),
    Evidence("flow.trace", "other lines of message trace", ASSUMED, _GUESS, "their names are documented"),
    Evidence(
        "flow.refused",
        "given up at once for a 5xx: the sender gets the partner's words",
        DOCUMENTED,
        "RFC 5321 section 4.2.1",
    ),
    Evidence(
        "flow.expired-317",
        "after 24 hours: 550 5.4.317 Message expired, cannot connect to remote server(...)",
        RECORDED,
        "bounces of December 2020, June 2024, July and August 2026",
        "what stands in brackets is the Message of the last 4.4.317, as in that of 2020; another one holds all of it; "
        "for other reasons than STARTTLS it is assumed",
    ),
    Evidence(
        "flow.expired-316",
        "after 24 hours: 550 5.4.316 Message expired, connection refused(Socket error code 10061)",
        RECORDED,
        "bounces of December 2017 and March 2018",
    ),
    Evidence(
        "flow.expired-312",
        "after 24 hours: 550 5.4.312 Message expired, DNS query failed(ErrorRetry)",
        RECORDED,
        "bounce of November 2019",
    ),
    Evidence(
        "flow.expired-300",
        "after 24 hours: 550 5.4.300 Message expired -> and the last text, for all the rest",
        RECORDED,
        "bounces of September 2023 and March 2024",
        "recorded for replies of partners; assumed for time-outs, lost connections and 4.7.320",
    ),
    Evidence(
        "flow.expired-dane",
        "after 24 hours: 550 5.7.321 to 5.7.325 with the words of the 4.7.32x",
        DOCUMENTED,
        _NDR_LIST,
        "that the words are the same is assumed",
    ),
    Evidence(
        "flow.expired-sts",
        "after 24 hours: 550 5.4.8 and 5.7.5 with the words of the 4.4.8 and 4.7.5",
        DOCUMENTED,
        _NDR_LIST,
        "that the words are the same is assumed",
    ),
    Evidence(
        "validation.domain",
        "the mail task fails: The domain of the recipient is not configured as part of connector.",
        RECORDED,
        "Microsoft KB 3179588",
        "for recipients outside the connector's domains, and for all where it is disabled",
    ),
    Evidence(
        "validation.no-route",
        "the mail is sent as if there were no connector, and its task fails: ... without using any connector",
        RECORDED,
        "lab text of Microsoft's course MS-203",
        "for a connector that routing does not know yet; that another connector may take the mail is assumed",
    ),
    Evidence(
        "validation.mail",
        "from O365ConnectorValidation@ the default domain with a null return path, about connector validation",
        RECORDED,
        "validation logs on pastebin, 2015 to 2018; lab text of MS-203",
        "body assumed; one task for all recipients, which succeeds when each partner's server took the mail: assumed",
    ),
    Evidence(
        "validation.log",
        "details hold lines of the message tracking log, with the level in SETROUTE",
        RECORDED,
        "validation logs on pastebin, 2015 to 2018",
        "ForcedTlsDomainValidation is recorded, other levels' names and the events after AGENTINFO are assumed",
    ),
)
_IDS = frozenset(row.id for row in EVIDENCE)


def cite(row_id: str) -> str:
    """The id itself, checked: an answer cannot rest on a row that does not exist."""
    if row_id not in _IDS:
        raise KeyError(f"No evidence row named {row_id}")
    return row_id

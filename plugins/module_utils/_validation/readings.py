# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What Exchange's texts mean and what to do about them. Pure.

Sources: Microsoft KB 3179588 (recipient's domain), Microsoft Learning MS-203 (no connector used), and the texts of
non-delivery reports that Microsoft documents or that were captured.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.model import Step, Task

NOT_CONFIGURED = "domain of the recipient is not configured"
NO_CONNECTOR = "without using any connector"

#: The sender of the test mail cannot be chosen (MicrosoftDocs/office-docs-powershell issue 9385).
SENDER = "O365ConnectorValidation@<the tenant's default domain>"

_DISABLED = (
    "The connector is disabled, and Exchange says this of every disabled connector: enable it, or let only mail flow"
    " rules use it (transport_rule_scoped) while it is tested."
)
_PROPAGATION = (
    "A new or changed connector can take up to an hour to reach mail routing: validate again later. If it stays so,"
    " look for a mail flow rule or another connector that takes the mail."
)
_OTHER_NAME = (
    "The partner's certificate is for another name: set tls_domain to a name in it, or let the partner get a new one."
)
_UNTRUSTED = (
    "The partner's certificate does not lead to an authority that Microsoft trusts, often because an intermediate"
    " certificate is not sent along: the partner must send the whole chain."
)
_PROBE = "See what its servers offer with partner_tls_info."

#: A part of the text, in lower case -> what to do. The first that is found counts.
ADVICE: tuple[tuple[str, str], ...] = (
    (NOT_CONFIGURED, _PROPAGATION),
    (NO_CONNECTOR, _PROPAGATION),
    ("starttls is required", f"The partner's server offers no STARTTLS: the partner must switch TLS on. {_PROBE}"),
    (
        "subjectmismatch",
        f"{_OTHER_NAME} {_PROBE}",
    ),
    ("certificateexpired", f"The partner's certificate has expired: the partner must renew it. {_PROBE}"),
    (
        "untrustedroot",
        f"{_UNTRUSTED} {_PROBE}",
    ),
    ("4.7.320", f"The partner's certificate was not accepted. {_PROBE}"),
    ("invalidtoken", f"The TLS handshake with the partner's server failed. {_PROBE}"),
    ("4.7.32", f"The partner's DANE records and servers do not fit together. {_PROBE}"),
    ("4.4.312", "A name of the partner could not be resolved: check the partner's MX records or the smart hosts."),
    ("4.4.31", f"The partner's server could not be reached on port 25: check MX records or smart hosts. {_PROBE}"),
)
_REFUSED_BY_PARTNER = (
    f"If the partner's server refused the mail, ask the partner to accept mail from {SENDER}; that sender cannot be"
    " changed."
)


def may_pass_later(steps: t.Sequence[Step], task: Task) -> bool:
    """Whether the failure is one of those that a new connector shows until it has reached mail routing."""
    said = _said(steps)
    return NO_CONNECTOR in said or (NOT_CONFIGURED in said and task.enabled)


def refused_disabled(steps: t.Sequence[Step], task: Task) -> bool:
    """Whether Exchange did not validate the connector because it is disabled."""
    return not task.enabled and NOT_CONFIGURED in _said(steps)


def advice(steps: t.Sequence[Step], task: Task) -> str:
    """Return what to do about a validation that did not pass."""
    if refused_disabled(steps, task):
        return _DISABLED
    said = _said(steps)
    return next((words for part, words in ADVICE if part in said), _REFUSED_BY_PARTNER)


def telling(detail: str) -> str:
    """Return the line of a detail that says what happened: the first with a text that is known here, else the first.

    Behind Exchange's verdict there may be pages of a tracking log.
    """
    lines = [line for line in detail.splitlines() if line.strip()]
    known = (line for line in lines if any(part in line.lower() for part, _words in ADVICE))
    return next(known, lines[0] if lines else "")


def _said(steps: t.Sequence[Step]) -> str:
    return "\n".join(step.detail for step in steps if step.success is not True).lower()

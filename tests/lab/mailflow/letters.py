# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages as they are sent: header and body, lines end in CRLF."""

from __future__ import annotations

import datetime as dt
import email.message
import email.policy
import email.utils
import typing as t

if t.TYPE_CHECKING:
    import uuid

#: The host part of Message-IDs that the service makes; the name is made up.
_ID_HOST: t.Final = "XX0PR00MB0000.eurprd00.prod.outlook.com"


class Header(t.NamedTuple):
    """Who writes to whom about what, and when; ``number`` makes the Message-ID."""

    sender: str
    recipient: str
    subject: str
    at: dt.datetime
    number: uuid.UUID


def compose(header: Header, body: str) -> bytes:
    """The whole message. Raises ValueError for line breaks in a header field."""
    message = email.message.EmailMessage(email.policy.SMTP)
    message["From"] = header.sender
    message["To"] = header.recipient
    message["Subject"] = header.subject
    message["Date"] = email.utils.format_datetime(header.at)
    message["Message-ID"] = f"<{header.number}@{_ID_HOST}>"
    message.set_content(body if body.endswith("\n") else f"{body}\n")
    return message.as_bytes()

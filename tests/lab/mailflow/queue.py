# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message on its way: what was tried, when it is tried again, and what message trace tells of it."""

from __future__ import annotations

import datetime as dt
import typing as t
from dataclasses import asdict, dataclass, field

from .flow_evidence import cite
from .notices import SERVER, Last, american
from .shapes import Attempt, Envelope, Route

#: Between attempts; the last one again and again.
INTERVALS: t.Final = (dt.timedelta(minutes=15), dt.timedelta(minutes=15), dt.timedelta(hours=1))
#: A message that waited for so long is given up.
LIFE: t.Final = dt.timedelta(hours=24)

Status = t.Literal["queued", "delivered", "returned", "failed"]


class Try(t.NamedTuple):
    """An attempt with its time and the route that was taken."""

    at: dt.datetime
    route: Route
    attempt: Attempt


class Event(t.NamedTuple):
    """A line of message trace."""

    at: dt.datetime
    event: t.Literal["Receive", "Defer", "Send external", "Fail"]
    detail: str
    evidence: str


@dataclass(eq=False)
class Message:
    """A message for one recipient.

    queued: it is tried again at ``next_try``. delivered: the partner took it. returned: the sender has a notice.
    failed: there is nobody to tell. ``rule_connector`` is the connector that a mail flow rule chose.
    """

    id: str
    tenant_id: str
    mail_from: str
    recipient: str
    subject: str
    content: bytes
    submitted: dt.datetime
    route: Route
    rule_connector: str | None = None
    status: Status = "queued"
    next_try: dt.datetime | None = None
    finished: dt.datetime | None = None
    attempts: list[Try] = field(default_factory=list)
    trace: list[Event] = field(default_factory=list)

    @property
    def envelope(self) -> Envelope:
        """What is handed to the transport."""
        return Envelope(self.mail_from, self.recipient, self.content)

    @property
    def expires(self) -> dt.datetime:
        """When it is given up."""
        return self.submitted + LIFE

    @property
    def due(self) -> dt.datetime:
        """When something happens to it next, as long as it is queued."""
        return self.expires if self.next_try is None else min(self.next_try, self.expires)

    @property
    def last(self) -> Last:
        """The last attempt. Raises IndexError before the first."""
        return Last(self.attempts[-1].at, self.attempts[-1].attempt)

    def received(self) -> None:
        """Note that the service has it."""
        self.trace.append(Event(self.submitted, "Receive", f"Message received by: {SERVER}", cite("flow.trace")))

    def tried(self, at: dt.datetime, route: Route, attempt: Attempt) -> None:
        """Note an attempt, and when the next one is."""
        self.attempts.append(Try(at, route, attempt))
        self.route = route
        if attempt.result == "delivered":
            self.status, self.finished, self.next_try = "delivered", at, None
            how = f" using {attempt.protocol}" if attempt.encrypted else ""
            text = f"Message sent to {attempt.server} at {attempt.address}{how}"
            self.trace.append(Event(at, "Send external", text, cite("flow.trace")))
        elif attempt.result == "deferred":
            self.next_try = at + INTERVALS[min(len(self.attempts), len(INTERVALS)) - 1]
            self.trace.append(Event(at, "Defer", _reason(attempt.text, self.last), cite("flow.deferred")))

    def given_up(self, at: dt.datetime, text: str) -> None:
        """Note that it is not tried again. The sender gets a notice, unless the return path is null."""
        self.status, self.finished, self.next_try = "returned" if self.mail_from else "failed", at, None
        self.trace.append(Event(at, "Fail", _reason(text, self.last), cite("flow.deferred")))

    def as_dict(self) -> dict[str, t.Any]:
        """The message as JSON can hold it, without its content."""
        return {
            "id": self.id,
            "tenant_id": self.tenant_id,
            "mail_from": self.mail_from,
            "recipient": self.recipient,
            "subject": self.subject,
            "rule_connector": self.rule_connector,
            "status": self.status,
            "submitted": self.submitted.isoformat(),
            "next_try": None if self.next_try is None else self.next_try.isoformat(),
            "finished": None if self.finished is None else self.finished.isoformat(),
            "route": asdict(self.route),
            "attempts": [
                {"at": one.at.isoformat(), "route": asdict(one.route), **asdict(one.attempt)} for one in self.attempts
            ],
            "trace": [{**one._asdict(), "at": one.at.isoformat()} for one in self.trace],
        }


def _reason(text: str, last: Last) -> str:
    server, address = last.attempt.server, last.attempt.address
    return f"Reason: [{{LED={text}}};{{MSG=}};{{FQDN={server}}};{{IP={address}}};{{LRT={american(last.at)}}}]"

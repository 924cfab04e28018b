# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sender gets to read when a message does not arrive. Pure."""

from __future__ import annotations

import datetime as dt
import re
import typing as t
from dataclasses import dataclass

from .flow_evidence import cite
from .shapes import Attempt

#: The server that writes notices; its name is made up.
SERVER: t.Final = "XX0PR00MB0000.eurprd00.prod.outlook.com"
_CODE: t.Final = re.compile(r"\d{3}[ -](\d)\.(\d{1,3}\.\d{1,3}) ")
_SAID: t.Final = re.compile(r"\[Message=(.*?)\](?= \[|$)", re.DOTALL)


class Reason(t.NamedTuple):
    """The text with which a message is given up, and the row of the evidence table that it rests on."""

    text: str
    evidence: str


# By the code of the last attempt, without its class.
_RECORDED: t.Final[t.Mapping[str, Reason]] = {
    "4.312": Reason("550 5.4.312 Message expired, DNS query failed", cite("flow.expired-312")),
    "4.316": Reason("550 5.4.316 Message expired, connection refused", cite("flow.expired-316")),
    "4.317": Reason("550 5.4.317 Message expired, cannot connect to remote server", cite("flow.expired-317")),
}
_SAME_WORDS: t.Final[t.Mapping[str, str]] = {
    **{f"7.{number}": cite("flow.expired-dane") for number in range(321, 326)},
    "4.8": cite("flow.expired-sts"),
    "7.5": cite("flow.expired-sts"),
}


def expired(last: str) -> Reason:
    """The text for a message that waited too long; ``last`` is that of the last attempt."""
    match = _CODE.match(last)
    code = match[2] if match is not None and match[1] == "4" else ""
    known = _RECORDED.get(code)
    if known is not None:
        said = _SAID.search(last)
        return known if said is None else known._replace(text=f"{known.text}({said[1]})")
    if match is not None and code in _SAME_WORDS:
        return Reason(f"550 5.{code} {last[match.end() :].partition(' [')[0]}", _SAME_WORDS[code])
    return Reason(f"550 5.4.300 Message expired -> {last}", cite("flow.expired-300"))


def refused(last: Attempt) -> Reason:
    """The text for a message that will not be tried again: the one that came."""
    return Reason(last.text, cite("flow.refused"))


@dataclass(frozen=True)
class Notice:
    """A non-delivery report in the inbox of ``to``. ``code`` is the line that says why, ``text`` all of the notice."""

    to: str
    at: dt.datetime
    subject: str
    recipient: str
    code: str
    text: str
    message_id: str
    evidence: str

    def as_dict(self) -> dict[str, t.Any]:
        """The notice as JSON can hold it."""
        return {**vars(self), "at": self.at.isoformat()}


class Last(t.NamedTuple):
    """The last attempt, and when it was."""

    at: dt.datetime
    attempt: Attempt


def american(moment: dt.datetime) -> str:
    """A time as notices of the service have it."""
    hour = moment.hour % 12 or 12
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment:%M:%S} {half}"


def report(recipient: str, reason: Reason, at: dt.datetime, last: Last) -> str:
    """The notice itself: the lines for administrators are as recorded, those for people are shortened."""
    lines = [
        "Delivery has failed to these recipients or groups:",
        "",
        recipient,
        "Your message wasn't delivered.",
        "",
        "Diagnostic information for administrators:",
        "",
        f"Generating server: {SERVER}",
        f"Receiving server: {SERVER}",
        "",
        recipient,
    ]
    attempt = last.attempt
    theirs = f"{attempt.server or attempt.address} ({attempt.address})" if attempt.address else attempt.server or SERVER
    if reason.text == attempt.text:
        lines.append(f"{american(at)} - Server at {theirs} returned '{reason.text}'")
    else:
        lines.append(f"{american(at)} - Server at {SERVER} returned '{reason.text}'")
        lines.append(f"{american(last.at)} - Server at {theirs} returned '{attempt.text}'")
    return "\n".join(lines) + "\n"

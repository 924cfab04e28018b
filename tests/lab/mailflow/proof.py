# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of mail to partners at each level of TLS, played with real mail through connectors that stand.

Whether mail went in clear is what the partner's server says, not the sender. Tests and a guide take it from here.
"""

from __future__ import annotations

import concurrent.futures
import typing as t
from dataclasses import dataclass

from ..partners.cases import TABLE
from ..partners.shapes import Case
from .queue import LIFE, Message
from .shapes import Attempt, Envelope, Reached, Route, Transport
from .transport import SmtpTransport, Where

if t.TYPE_CHECKING:
    from ..partners.journal import Letter
    from ..partners.table import Table
    from ..server import Lab

#: In the words of the module, from the weakest to the strongest.
LEVELS: t.Final = ("opportunistic", "encryption_only", "certificate_validation", "domain_validation")
FORCED: t.Final = LEVELS[1:]
SENDER: t.Final = "anna@contoso.example"
_AT_ONCE: t.Final = 8
#: Seconds for each step of a partner who is not slow: that a machine is busy must not look like a fault of theirs.
PATIENT: t.Final = 30.0

Options = dict[str, t.Any]
#: Makes these connectors, in the words of the module, stand in the tenant, and no others.
Connect = t.Callable[[list[Options]], None]


@dataclass(frozen=True)
class Cell:
    """What became of a message to a partner at a level.

    ``outcome`` is by the partner's letters; nothing: there is none, and the sender got ``notice`` after a day
    (``at_once``: without waiting). ``text`` and ``evidence`` are those of the first attempt.
    """

    case: Case
    level: str
    outcome: t.Literal["encrypted", "clear", "nothing"]
    protocol: str
    message: Message
    notice: str = ""
    notice_text: str = ""
    notice_evidence: str = ""
    at_once: bool = False

    @property
    def first(self) -> Attempt:
        """The first attempt."""
        return self.message.attempts[0].attempt

    @property
    def text(self) -> str:
        """Exchange's text for it, or the partner's reply."""
        return self.first.text


Cells = dict[tuple[str, str], Cell]


class Steady:
    """A transport to partners who do not change: who put a message off once does so all day, without being asked."""

    def __init__(self, real: Transport) -> None:
        self._real = real
        self._known: dict[tuple[Route, str], Attempt] = {}

    def attempt(self, route: Route, envelope: Envelope) -> Attempt:
        """Ask, unless the answer is known."""
        key = (route, envelope.recipient)
        known = self._known.get(key)
        if known is None:
            known = self._real.attempt(route, envelope)
            if known.result == "deferred":
                self._known[key] = known
        return known

    def reach(self, host: str) -> Reached:
        """Always ask."""
        return self._real.reach(host)


def options(case: Case, level: str, table: Table = TABLE) -> Options:
    """The outbound connector for a partner at a level, in the words of the module."""
    asked = table.partner(case)
    made: Options = {
        "name": f"To {case.id}",
        "direction": "outbound",
        "recipient_domains": [case.domain],
        "tls_settings": level,
        "smtp_dane_mode": case.smtp_dane_mode,
        "mta_sts_mode": case.mta_sts_mode,
    }
    if level == "domain_validation":
        made["tls_domain"] = asked["certificate_name"] or case.ascii_domain
    if asked["smart_hosts"]:
        made |= {"use_mx_record": False, "smart_hosts": asked["smart_hosts"]}
    return made


def recipient(case: Case, level: str) -> str:
    """An address of its own for each message, so that letters can be told apart."""
    return f"{case.id}.{level}@{case.domain}"


def play(
    lab: Lab,
    cases: t.Sequence[Case],
    connect: Connect,
    *,
    levels: t.Sequence[str] = LEVELS,
    table: Table = TABLE,
    timeout: float = PATIENT,
) -> Cells:
    """Send a message to each of the partners at each level, and let a day pass for those that wait."""
    exchange = next(iter(lab.world.tenants.values())).exchange
    before = exchange.transport
    exchange.transport = Steady(SmtpTransport(Where.of(lab.partners, timeout=timeout), lab.world.switches))
    cells: Cells = {}
    try:
        for level in levels:
            connect([options(case, level, table) for case in cases])
            cells |= _level(lab, cases, level)
    finally:
        exchange.transport = before
    return cells


def _level(lab: Lab, cases: t.Sequence[Case], level: str) -> Cells:
    def send(case: Case) -> Message:
        (message,) = lab.mail.submit(SENDER, recipient(case, level), "Order 7", "The order.")
        return message

    with concurrent.futures.ThreadPoolExecutor(_AT_ONCE) as pool:
        messages = list(pool.map(send, cases))
    at_once = {message.id for message in messages if message.status == "returned"}
    lab.mail.advance(LIFE.total_seconds())
    letters: dict[str, list[Letter]] = {}
    for letter in list(lab.partners.journal.letters):
        for one in letter.recipients:
            letters.setdefault(one.partition("@")[0], []).append(letter)
    found = zip(cases, messages, strict=True)
    return {
        (case.id, level): _cell(lab, case, level, message, letters.get(f"{case.id}.{level}", []), at_once)
        for case, message in found
    }


def _cell(lab: Lab, case: Case, level: str, message: Message, letters: list[Letter], at_once: t.Container[str]) -> Cell:
    if letters:
        encrypted = all(letter.encrypted for letter in letters)
        return Cell(case, level, "encrypted" if encrypted else "clear", letters[0].protocol, message)
    notice = next((one for one in lab.mail.inbox(SENDER) if one.message_id == message.id), None)
    if notice is None:
        return Cell(case, level, "nothing", "", message)
    return Cell(
        case,
        level,
        "nothing",
        "",
        message,
        notice.code,
        notice.text,
        notice.evidence,
        message.id in at_once,
    )

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests of the transport: the partners of a world, and mail for them."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.shapes import (
    Attempt,
    Envelope,
    Route,
    TlsSettings,
)
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.transport import SmtpTransport, Where
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.transport_switches import SWITCHES
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab.partners.cases import TABLE
from ansible_collections.mailflow.exchange_online.tests.lab.partners.journal import Letter
from ansible_collections.mailflow.exchange_online.tests.lab.partners.table import Table
from ansible_collections.mailflow.exchange_online.tests.lab.switches import Switches

LEVELS: t.Final[tuple[TlsSettings | None, ...]] = (
    None,
    "EncryptionOnly",
    "CertificateValidation",
    "DomainValidation",
)
#: Seconds for each step: for servers that hang, and for all others, which must not fail where the machine is busy.
_SHORT: t.Final = 1.5
_LONG: t.Final = 30.0
MESSAGE: t.Final = b"Subject: a test\r\n\r\n.a line with a dot\r\n..\r\nthe last one\r\n"


class Office:
    """Sends mail to the partners of a world."""

    def __init__(self, world: PartnerWorld, table: Table = TABLE) -> None:
        self.world = world
        self.where = Where.of(world, timeout=_LONG)
        self._table = table

    def route(self, case_id: str, level: TlsSettings | None = None, **changes: t.Any) -> Route:
        """The route to a partner as a connector for it would have it."""
        asked = self._table.partner(self._table.cases[case_id])
        given = {
            "domain": asked["domain"],
            "found": "exact",
            "connector": case_id,
            "smart_hosts": tuple(asked["smart_hosts"]),
            "tls_settings": level,
            "tls_domain": asked["certificate_name"] or None,
            "smtp_dane_mode": asked["smtp_dane_mode"].capitalize(),
            "mta_sts_mode": asked["mta_sts_mode"].capitalize(),
        }
        return Route(**{**given, **changes})

    def send(
        self,
        case_id: str,
        level: TlsSettings | None = None,
        *,
        settings: t.Mapping[str, object] | None = None,
        content: bytes = MESSAGE,
        to: str = "someone",
        **changes: t.Any,
    ) -> Attempt:
        """Try to send a message to a partner; ``settings`` are of switches, ``changes`` of the route."""
        route = self.route(case_id, level, **changes)
        where = Where.of(self.world, timeout=_SHORT) if self._table.cases[case_id].slow else self.where
        transport = SmtpTransport(where, Switches(SWITCHES, settings or {}))
        return transport.attempt(route, Envelope("sender@tenant.test", f"{to}@{route.domain}", content))

    def letters_to(self, to: str) -> list[Letter]:
        """What any partner took for a recipient with this local part."""
        return [
            letter
            for letter in self.world.journal.letters
            if any(recipient.partition("@")[0] == to for recipient in letter.recipients)
        ]

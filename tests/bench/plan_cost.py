# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure part on its own: partner list and records in, plan out. Run in a process of its own, prints JSON."""

from __future__ import annotations

import itertools
import json
import sys
import time
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.filter.partner_connectors import partner_connectors
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import codec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Direction, Policy
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import make_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.wishes import read_wishes

from . import partners
from .measure import kilobytes

OWNER = "forced_tls"
PARTNERS, OUTBOUND, INBOUND = 1800, 1800, 4450

Record = dict[str, t.Any]

_BASE: Record = {"Enabled": True, "ConnectorType": "Partner", "ConnectorSource": "Default", "IsValid": True}
_WHEN: Record = {
    "WhenChangedUTC": "2026-07-23T22:55:13.0000000Z",
    "WhenCreatedUTC": "2026-07-23T22:55:04.0000000Z",
    "AdminDisplayName": "",
    "CloudServicesMailEnabled": False,
}


def outbound_record(number: int, level: str) -> Record:
    name, domain = _named("to", number)
    return {
        **_BASE,
        **_WHEN,
        "Name": name,
        "Identity": name,
        "Guid": f"00000000-0000-0000-0001-{number:012d}",
        "Comment": codec.join_comment(f"Forced TLS with {domain}.", OWNER),
        "RecipientDomains": [domain],
        "UseMXRecord": True,
        "SmartHosts": [],
        "TlsDomain": None,
        "TlsSettings": level,
        "IsTransportRuleScoped": False,
        "RouteAllMessagesViaOnPremises": False,
        "AllAcceptedDomains": False,
        "SenderRewritingEnabled": False,
        "MtaStsMode": "Opportunistic",
        "SmtpDaneMode": "Opportunistic",
        "TestMode": False,
        "ValidationRecipients": [],
        "IsValidated": False,
        "LastValidationTimestamp": None,
    }


def inbound_record(number: int) -> Record:
    name, domain = _named("from", number)
    return {
        **_BASE,
        **_WHEN,
        "Name": name,
        "Identity": name,
        "Guid": f"00000000-0000-0000-0002-{number:012d}",
        "Comment": codec.join_comment(f"Forced TLS with {domain}.", OWNER),
        "SenderDomains": [f"smtp:{domain};1"],
        "SenderIPAddresses": [],
        "TrustedOrganizations": [],
        "ClientHostNames": [],
        "AssociatedAcceptedDomains": [],
        "RequireTls": True,
        "RestrictDomainsToIPAddresses": False,
        "RestrictDomainsToCertificate": False,
        "TreatMessagesAsInternal": False,
        "TlsSenderCertificateName": None,
        "EFTestMode": False,
        "EFSkipLastIP": False,
        "EFSkipIPs": [],
        "EFSkipMailGateway": [],
        "EFUsers": [],
        "ScanAndDropRecipients": [],
    }


def _named(word: str, number: int) -> tuple[str, str]:
    """The first two thirds of what stands belong to partners of the list, the rest to others."""
    domain = partners.domain(number) if number < PARTNERS * 2 // 3 else f"other{number:04d}.example"
    return f"Forced TLS {word} {domain}", domain


def records() -> list[tuple[Direction, Record]]:
    """What stands: a third of the partners as wished, a third at a lower level, a third not at all, and strangers."""
    levels = ("CertificateValidation", "EncryptionOnly")
    found: list[tuple[Direction, Record]] = []
    found += [("outbound", outbound_record(number, levels[number % 2])) for number in range(OUTBOUND)]
    found += [("inbound", inbound_record(number)) for number in range(INBOUND)]
    return found


def main() -> int:
    written, stored = partners.for_role(PARTNERS), records()
    marks = [("start", time.process_time())]
    wished = partner_connectors(written)
    marks.append(("filter", time.process_time()))
    wishes = read_wishes(wished, listed=True)
    marks.append(("read_wishes", time.process_time()))
    current = [codec.read_record(direction, record) for direction, record in stored]
    marks.append(("read_record", time.process_time()))
    plan = make_plan(wishes, current, Policy(owner=OWNER))
    marks.append(("make_plan", time.process_time()))
    actions = [change.action for change in plan.changes]
    result = {
        "cpu": marks[-1][1] - marks[0][1],
        "steps": {name: after - before for (_mark, before), (name, after) in itertools.pairwise(marks)},
        # The whole process: interpreter, ansible-core, the input and the plan.
        "memory_mb": kilobytes("self", "status", "VmHWM") / 1024,
        "existing": len(current),
        "actions": {action: actions.count(action) for action in ("create", "update", "none")},
    }
    json.dump(result, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a long partner list costs against a large tenant before anything is sent: to compose the connectors, and to find
what is in their way. Run in a process of its own, prints JSON.
"""

from __future__ import annotations

import collections
import datetime as dt
import itertools
import json
import sys
import time
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import codec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector, key
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.capacity import capacity_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import compose, names_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.conflicts import find_conflicts

from . import partners
from .measure import kilobytes
from .plan_cost import OWNER, inbound_record, outbound_record

PARTNERS, OUTBOUND, INBOUND = 2000, 1800, 4450
BAR = 2.0

#: Of so many partners one lists all of its subdomains as well.
WILD = 10


def written() -> list[t.Any]:
    """The list: every tenth partner has a wildcard, and every tenth one a subdomain of such a wildcard."""
    entries = partners.for_role(PARTNERS)
    for number in range(0, PARTNERS, WILD):
        domain = partners.domain(number)
        entries[number] = {"name": f"Partner {number}", "domains": [domain, f"*.{domain}"]}
        entries[number + 3] = {"name": f"Branch {number}", "domains": [f"branch.{domain}"]}
    return entries


def inventory() -> list[Connector]:
    """The tenant. Half of the connectors are ours; the rest are in our way in every way there is."""
    found = [codec.read_record("outbound", outbound_record(number, "EncryptionOnly")) for number in range(OUTBOUND)]
    records = [inbound_record(number) for number in range(INBOUND)]
    for number, record in enumerate(records[PARTNERS // 2 :]):
        domain = partners.domain(number % PARTNERS)
        record["Comment"] = ""
        record["Name"] = f"Hand made {number}"
        record["SenderDomains"] = [f"smtp:{(domain, f'*.{domain}', f'sub.{domain}', '*')[number % 4]};1"]
        record["RestrictDomainsToCertificate"] = number % 3 == 0
    return found + [codec.read_record("inbound", record) for record in records]


def main() -> int:
    listed, standing = check_partners(written()), inventory()
    now = dt.datetime.now(dt.timezone.utc)
    marks = [("start", time.process_time())]
    made = compose(listed, now)
    marks.append(("compose", time.process_time()))
    names = {partner.key: names_of(partner) for partner in listed}
    ours = {key(entry["direction"], entry["name"]) for entry in made}
    conflicts = find_conflicts(listed, names, standing, ours, OWNER)
    marks.append(("find_conflicts", time.process_time()))
    cpu = marks[-1][1] - marks[0][1]
    capacity_of(standing, [])
    marks.append(("capacity_of", time.process_time()))
    result = {
        "partners": len(listed),
        "connectors": len(standing),
        "cpu": cpu,
        "bar": BAR,
        "reached": cpu < BAR,
        "steps": {name: after - before for (_mark, before), (name, after) in itertools.pairwise(marks)},
        "conflicts": collections.Counter(f"{one.kind}, {one.severity}" for one in conflicts),
        "memory_mb": kilobytes("self", "status", "VmHWM") / 1024,
    }
    json.dump(result, sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

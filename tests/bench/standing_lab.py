# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab in which all connectors of a partner list stand already, in each of its tenants. A program, as the lab is.

The connectors are those that the collection makes of the list, with its mark, so there is nothing to do.
"""

from __future__ import annotations

import argparse
import json
import sys
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.filter.partner_connectors import partner_connectors
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import codec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Policy
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import make_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.wishes import read_wishes
from ansible_collections.mailflow.exchange_online.tests.lab import Lab, TenantSeed
from ansible_collections.mailflow.exchange_online.tests.lab.seeds import AppSeed

from . import partners

OWNER = "forced_tls"

Records = dict[str, list[dict[str, t.Any]]]


def standing(entries: list[t.Any]) -> Records:
    """The connectors of these partners as Exchange holds them, by direction."""
    wishes = read_wishes(partner_connectors(entries), listed=True)
    made: Records = {"outbound": [], "inbound": []}
    for change in make_plan(wishes, [], Policy(owner=OWNER)).changes:
        made[change.direction].append({"Name": change.name, **codec.parameters(change.after or {}, change.owner)})
    return made


def seeds(tenants: int, size: int, inbound: int) -> list[TenantSeed]:
    """So many tenants with so many partners each, and with ``inbound`` connectors in all where that is more."""
    made = standing(partners.for_role(size))
    more = {"inbound": max(0, inbound - len(made["inbound"]))}
    app = AppSeed(certificate=False, federated=False)
    return [
        TenantSeed(
            f"tenant{number:03d}.onmicrosoft.com",
            apps=[app],
            outbound=made["outbound"],
            inbound=made["inbound"],
            generate=more,
        )
        for number in range(1, tenants + 1)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=1)
    parser.add_argument("--partners", type=int, required=True)
    parser.add_argument("--inbound", type=int, default=0, help="inbound connectors in all, those of others included")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that each admin request takes")
    chosen = parser.parse_args()
    with Lab(seeds(chosen.tenants, chosen.partners, chosen.inbound), chosen.latency) as lab:
        print(json.dumps(lab.describe()), flush=True)
        while sys.stdin.readline():
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())

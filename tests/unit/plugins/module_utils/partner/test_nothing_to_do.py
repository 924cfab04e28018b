# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where nothing differs and nobody is to be enforced newly, the plan is what holds at the end of the run.

The role rests on that: it does not work it out once more (``__forced_tls_is_done``).
"""

from __future__ import annotations

import typing as t

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gate import Rules
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.planning import Terms
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.partner.planning import (
    NOT_READY,
    READY,
    UNSEEN,
    Tenant,
    outbound,
)

NAMES = ("A", "B", "C")
EXCEPTION = {"finding": "validation", "owner": "Sam", "until": "2026-12-24", "reason": "no mailbox yet"}


@st.composite
def partners(draw: st.DrawFn, name: str) -> dict[str, t.Any]:
    domain = f"{name.lower()}.example"
    state = draw(st.sampled_from(["enforced", "enforced", "enforced", "planned", "prepared", "suspended", "absent"]))
    more: dict[str, t.Any] = {"reason": "their fault", "until": "2026-12-24"} if state == "suspended" else {}
    if state == "enforced" and draw(st.booleans()):
        more["enforce_from"] = draw(st.sampled_from(["2026-11-01", "2026-12-24"]))
    if draw(st.booleans()):
        more["exceptions"] = [EXCEPTION]
    recipients = [f"postmaster@{domain}"] if draw(st.booleans()) else []
    return {
        "name": name,
        "domains": [domain],
        "state": state,
        "outbound": {"level": "encryption_only", "validation_recipients": recipients},
        **more,
    }


#: Those of somebody else: one by which mail goes, one that is not enabled, one with another mark.
FOREIGN = [
    outbound("By hand", ["a.example"]),
    outbound("By hand", ["*.b.example"], enabled=False),
    outbound("By hand", ["c.example"], owner="somebody"),
]


@st.composite
def tenants(draw: st.DrawFn) -> Tenant:
    """One in which runs have left something, whatever was agreed since."""
    rules = Rules(probe=draw(st.booleans()), validate=draw(st.booleans()), unseen_by_validation=draw(st.booleans()))
    terms = Terms(
        rules=rules,
        prune=draw(st.booleans()),
        pack_size=draw(st.sampled_from([0, 0, 2])),
        wave_size=draw(st.sampled_from([0, 1])),
    )
    evidence = {name.casefold(): draw(st.sampled_from([READY, READY, NOT_READY, UNSEEN])) for name in NAMES}
    listed = [draw(partners(name)) for name in NAMES]
    found: list[Connector] = draw(st.lists(st.sampled_from(FOREIGN), max_size=1))
    tenant = Tenant(listed, evidence=evidence, terms=terms, allow_weaken=draw(st.sampled_from(["all", ()])))
    tenant.holding(*found)
    for _run in range(draw(st.integers(1, 2))):
        tenant.run()
    if draw(st.booleans()):
        place = draw(st.integers(0, len(NAMES) - 1))
        tenant.partners[place] = draw(partners(NAMES[place]))
    return tenant


@settings(max_examples=300)
@given(tenants())
def test_then_the_end_is_as_it_was_planned(tenant: Tenant) -> None:
    plan = tenant.plan()
    assume(not plan["changes"] and not any(plan["waves"]))
    assert tenant.plan("last", admitted=[]) == {**plan, "stage": "last", "waves": []}

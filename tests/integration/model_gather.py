# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever stands in a tenant becomes a partner list that changes nothing when it is run, in the model.

Each connector is in the list or told with a reason, and never both. The list is taken as it is, and a run with it
writes nothing, whatever the probe has seen and whoever agrees to be weakened; but for what was told to be a leftover,
or to be shared where partners share.
"""

from __future__ import annotations

import functools
import sys
import typing as t

import yaml

from ansible_collections.mailflow.exchange_online.plugins.filter.gathered_partners import gathered_partners
from ansible_collections.mailflow.exchange_online.tests.integration.kills import Role
from ansible_collections.mailflow.exchange_online.tests.integration.model_checks import (
    DIRECTIONS,
    Checked,
    Consent,
    Values,
)
from ansible_collections.mailflow.exchange_online.tests.integration.model_list import Partner, is_shared

Places = set[tuple[str, str]]


class Gathering(Checked):
    """A machine that makes a list of its tenant at the end.

    At the end and not as a step: a list that changes nothing leads nowhere, and would be one step less of the others.
    """

    def teardown(self) -> None:
        try:
            # What has failed is to be told, and not what comes of it.
            if sys.exc_info()[0] is None:
                consent, seen = ("all", [])[self.count % 2], ("ready", "not_ready", None)[self.count % 3]
                self._gather(consent, seen)
        finally:
            super().teardown()

    def _gather(self, consent: Consent, seen: str | None) -> None:
        self.tenant.begin()
        inventory = self.tenant.module("connector_info", self.tenant.connection())
        found = gathered_partners(inventory, now=f"{self.tenant.now():%Y-%m-%dT%H:%M:%SZ}")
        assert yaml.safe_load(found["text"]) == found["partners"]
        told = {(left["direction"], left["name"]) for left in found["not_expressed"]}
        listed = _connectors(found["partners"])
        there = {(d, record.name) for d in DIRECTIONS for record in self.tenant.records(d).values()}
        assert listed.isdisjoint(told), f"{listed & told} are in the list, and told not to be"
        assert listed | told == there, f"{there ^ (listed | told)} do not stand, or are in neither"
        if not found["partners"]:
            return
        for prune in (False, True):
            leftovers = {
                (left["direction"], left["name"])
                for left in found["not_expressed"]
                if left["deleted_by"] == "any run with this list" or (prune and left["deleted_by"])
            }
            sharing = {
                (d, Partner(name, ()).connector(d)) for name in found["sharing"] for d in DIRECTIONS if self.pack
            }
            # Check mode tells of all; what a run does with these is for the rules about runs.
            for check in (True,) if leftovers or sharing else (True, False):
                self._changes_nothing_else(found, (leftovers, sharing), consent, seen, prune=prune, check=check)

    def _changes_nothing_else(
        self,
        found: Values,
        told: tuple[Places, Places],
        consent: Consent,
        seen: str | None,
        *,
        prune: bool,
        check: bool,
    ) -> None:
        leftovers, sharing = told
        saw = {"verdict": seen, "names": [], "obstacles": [{"message": "No STARTTLS."}]}
        terms = {
            "allow_weaken": consent,
            "prune": prune,
            "prune_limit": 100,
            "now": f"{self.tenant.now():%Y-%m-%dT%H:%M:%SZ}",
            "evidence": {entry["name"]: saw for entry in found["partners"]} if seen else {},
            "run_id": "gathered",
            "pack": bool(self.pack),
            "pack_size": self.pack or 50,
        }
        options = {"connection": self.tenant.connection(), "partners": found["partners"], "terms": terms}
        before = self.settings()
        self.tenant.begin()
        result = Role(options, functools.partial(self.tenant.module, check=check)).run()
        plan = result["plan"]
        planned = {(change["direction"], change["name"]) for change in [*plan["changes"], *plan["refused"]]}
        differing = planned ^ (leftovers | sharing)
        if sharing:
            differing = {(direction, name) for direction, name in differing if not is_shared(direction, name)}
        assert not differing, "\n".join(["The gathered list changes", *map(str, differing), *found["lines"]])
        assert not self.tenant.moments, "\n".join(["The gathered list wrote", *self.tenant.told])
        assert self.settings() == before
        assert leftovers or sharing or result["outcome"]["error"] is None, result["outcome"]["msg"]


def _connectors(partners: t.Iterable[Values]) -> Places:
    """The connectors that these entries are about."""
    return {
        (direction, entry.get(direction, {}).get("adopt") or Partner(entry["name"], ()).connector(direction))
        for entry in partners
        for direction in DIRECTIONS
    }

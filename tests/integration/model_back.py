# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run has kept of a tenant brings it back, in the model.

It goes where the run began, whether that came to its end, failed or died, and so did the first try to bring it back,
unless somebody else is in the way; and on its way no domain has less than before and afterwards.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import typing as t

from ansible.errors import AnsibleFilterError
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ansible_collections.mailflow.exchange_online.plugins.filter.connectors_snapshot import connectors_snapshot
from ansible_collections.mailflow.exchange_online.plugins.filter.rollback_connectors import rollback_connectors
from ansible_collections.mailflow.exchange_online.tests.integration.model_checks import Checked, Values, doing
from ansible_collections.mailflow.exchange_online.tests.integration.model_coverage import (
    Coverage,
    coverage_of,
    lacking,
    lower,
)
from ansible_collections.mailflow.exchange_online.tests.integration.model_tenant import KilledError

Places = dict[tuple[str, str], Values]


@dataclasses.dataclass(frozen=True)
class Kept:
    """What a run has kept, and what stood before it and after it."""

    snapshot: Values
    before: Places
    after: Places


class Returning(Checked):
    """A machine that remembers the last run, and brings it back."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: Kept | None = None

    def keep(self, snapshot: Values | None, before: Places) -> None:
        """Remember a run that has ended, in whatever way, if it has kept something."""
        if snapshot is not None and snapshot["connectors"]:
            self.kept = Kept(snapshot, before, self.named_settings())

    def named_settings(self) -> Places:
        """What stands, by direction and name."""
        return {(direction, str(values["Name"])): values for (direction, _guid), values in self.settings().items()}

    @precondition(lambda self: self.kept is not None)
    @rule(batch=st.sampled_from((1, 10)), die_at=st.integers(4, 20), late=st.booleans())
    def roll_back_and_die(self, batch: int, die_at: int, late: bool) -> None:
        """Bringing back dies at a request. The next one goes on."""
        kept, before = self.kept, self.named_settings()
        assert kept is not None
        start = self.tenant.begin(die_at=die_at, late=late)
        with contextlib.suppress(KilledError):
            _inventory, back = self._back(kept, force=False)
            if not isinstance(back, str):
                self._carry_out(back, batch)
        self._sees_no_dip(start)
        if kept.after == before:
            self.kept = dataclasses.replace(kept, after=self.named_settings())

    @precondition(lambda self: self.kept is not None)
    @rule(force=st.booleans(), batch=st.sampled_from((1, 10)))
    def roll_back(self, force: bool, batch: int) -> None:
        """The last run is brought back."""
        kept, before = self.kept, self.named_settings()
        assert kept is not None
        start = self.tenant.begin()
        inventory, back = self._back(kept, force=force)
        if isinstance(back, str):
            assert kept.after != before, back
            return
        told = self._carry_out(back, batch, check=True)
        assert not self.tenant.moments, "\n".join(["Check mode wrote", *self.tenant.told])
        done = self._carry_out(back, batch)
        self._sees_no_dip(start)
        if done.get("failed"):
            assert kept.after != before, done["msg"]
            assert "belongs to owner 'somebody else'" in done["msg"]
            return
        assert doing({"outcome": told}, "planned") == doing({"outcome": done}, "applied")
        if kept.after == before:
            differing = _differing(kept.before, self.named_settings(), back["lines"])
            assert not differing, "\n".join(["It did not come back", *differing, *self.tenant.told])
        self.keep(connectors_snapshot(back, inventory, "rollback"), before)

    def _back(self, kept: Kept, *, force: bool) -> tuple[Values, Values | str]:
        """What stands, and what brings the run back; or why it cannot be brought back."""
        inventory = self.tenant.module("connector_info", self.tenant.connection())
        snapshots = [{"file": "kept", "text": json.dumps(kept.snapshot)}]
        now = f"{self.tenant.now():%Y-%m-%dT%H:%M:%SZ}"
        try:
            return inventory, rollback_connectors(snapshots, inventory, force=force, run_id="back", now=now)
        except AnsibleFilterError as problem:
            return inventory, str(problem)

    def _carry_out(self, back: Values, batch: int, *, check: bool = False) -> Values:
        asked = {"connectors": back["connectors"], "allow_weaken": True, "batch_size": batch}
        return self.tenant.module("connectors", {**self.tenant.connection(), **asked}, check=check)

    def _sees_no_dip(self, start: Coverage) -> None:
        """At no moment is there less than at the beginning and at the end."""
        end = coverage_of(self.tenant.state)
        both = {
            place: {lower(one, other) for one in strengths for other in end[place]}
            for place, strengths in start.items()
            if place in end
        }
        for number, moment in enumerate(self.tenant.moments, start=1):
            missing = lacking(both, moment)
            assert not missing, "\n".join([*missing, *self.tenant.told[:number]])


def _differing(wanted: Places, found: Places, lines: t.Sequence[str]) -> list[str]:
    """In what there is a difference, but for what no list can say, or may: the rollback tells what comes back else."""
    nothing: Values = {}
    told_of = [line for line in lines if "comes back" in line]
    return [
        f"{direction} '{name}': {member} is {now.get(member)!r}, and was {was.get(member)!r}"
        for (direction, name) in sorted(wanted.keys() | found.keys())
        for was, now in [(wanted.get((direction, name), nothing), found.get((direction, name), nothing))]
        for member in sorted(was.keys() | now.keys())
        if _alike(was.get(member)) != _alike(now.get(member))
        if not any(f"'{name}'" in line for line in told_of)
    ]


def _alike(value: object) -> object:
    """Exchange keeps sender domains as they were written, or with what goes before and behind them."""
    if isinstance(value, list):
        return sorted(str(item).removeprefix("smtp:").partition(";")[0] for item in value)
    return value or None

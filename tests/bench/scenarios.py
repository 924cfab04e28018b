# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured, in which order. The lab goes back to its seed between two subjects."""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.filter.partner_connectors import partner_connectors
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import codec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Policy
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import make_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.wishes import read_wishes

from . import partners
from .lab_process import LabProcess
from .runs import Bench, Run, Surprise

SIDE_BY_SIDE = "side by side"
ALONE = "alone"
LARGE = "large tenant"

FIRST, SECOND, CHANGE = "first", "second", "one change"

LARGE_PARTNERS, LARGE_INBOUND = 1800, 4450


def loop_phases(size: int, *, full: bool) -> tuple[str, ...]:
    """Which runs of the loop are made. It needs two thirds of a second for a request, minutes for a long list.

    Its run with one change is its second run again, since it sets every connector that is there; and its second run is
    its first run again, with Set in place of New. Both are measured on short lists, or where ``full`` is asked for.
    """
    if full or size <= 10:
        return (FIRST, SECOND, CHANGE)
    return (FIRST, SECOND) if size <= 50 else (FIRST,)


def side_by_side(bench: Bench, lab: LabProcess, size: int, *, full: bool) -> None:
    """The role and the hand-written loop, each from an empty tenant to the same connectors."""
    by_role, by_loop = {}, {}
    lab.reset()
    for phase in (FIRST, SECOND, CHANGE):
        bench.role(lab, SIDE_BY_SIDE, phase, partners.for_role(size, changed=phase == CHANGE))
        by_role[phase] = lab.connectors()
    lab.reset()
    for phase in loop_phases(size, full=full):
        bench.uri_loop(lab, SIDE_BY_SIDE, phase, partners.for_uri_loop(size, changed=phase == CHANGE))
        by_loop[phase] = lab.connectors()
    for phase, made in by_loop.items():
        if made != by_role[phase]:
            raise Surprise(f"The role and the loop made different connectors of {size} partners ({phase} run).")


def creations(bench: Bench, lab: LabProcess, size: int) -> None:
    """Many partners at once, one by one and in batches; then the runs that change nothing and one thing."""
    entries = partners.for_role(size)
    lab.reset()
    _expect(bench.role(lab, ALONE, FIRST, entries), writes=2 * size)
    made = lab.connectors()
    lab.reset()
    _expect(bench.role(lab, ALONE, FIRST, entries, batch_size=10), writes=2 * size)
    if lab.connectors() != made:
        raise Surprise(f"One by one and in batches the role made different connectors for {size} partners.")
    bench.role(lab, ALONE, SECOND, entries)
    bench.role(lab, ALONE, CHANGE, partners.for_role(size, changed=True))
    bench.one_connector(lab, ALONE)


def large_tenant(bench: Bench, directory: pathlib.Path, latency: float) -> None:
    """The largest tenant heard of: reading it, and a run that finds all its partners as they should be."""
    entries = partners.for_role(LARGE_PARTNERS)
    with LabProcess(directory, latency, seed=large_seed(entries)) as lab:
        bench.info(lab, LARGE, LARGE_PARTNERS)
        bench.role(lab, LARGE, SECOND, entries)
        bench.role(lab, LARGE, SECOND, entries, batch_size=10)


def large_seed(entries: list[t.Any]) -> dict[str, t.Any]:
    """A tenant in which the connectors of these partners stand, and inbound connectors of others."""
    wishes = read_wishes(partner_connectors(entries), listed=True)
    standing: dict[str, list[dict[str, t.Any]]] = {"outbound": [], "inbound": []}
    for change in make_plan(wishes, [], Policy(owner="forced_tls")).changes:
        settings = change.after or {}
        standing[change.direction].append({"Name": change.name, **codec.parameters(settings, change.owner)})
    return {**standing, "generate": {"inbound": LARGE_INBOUND - len(standing["inbound"])}}


def _expect(run: Run, *, writes: int) -> None:
    if run.writes != writes:
        raise Surprise(f"The {run.phase} run over {run.size} partners made {run.writes} writes instead of {writes}.")

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured in one tenant, in which order. The lab goes back to its seed between two subjects."""

from __future__ import annotations

import pathlib
import typing as t

from . import partners
from .lab_process import LabProcess
from .runs import Bench, Run, Surprise

ONE_TENANT = "one tenant"
LARGE = "large tenant"

FIRST, SECOND, CHANGE = "first", "second", "one change"

SIZES, QUICK_SIZES = (10, 50, 200, 500, 1800), (10, 50)
#: Up to so many partners with every loop; up to so many with the faster ones; up to so many with every run of the role.
SHORT, MIDDLE, LONG = 10, 50, 500
LARGE_PARTNERS, LARGE_INBOUND = 1800, 4450

Made = dict[tuple[str, str], dict[str, t.Any]]


def one_tenant(bench: Bench, lab: LabProcess, size: int, *, full: bool) -> None:
    """All ways from an empty tenant to the same connectors, and once more."""
    bench.group = ONE_TENANT
    by_role = _role(bench, lab, size)
    _batched(bench, lab, size, by_role[FIRST])
    _packed(bench, lab, size)
    if full or size <= MIDDLE:
        _loops(bench, lab, size, by_role, full=full)


def _role(bench: Bench, lab: LabProcess, size: int) -> dict[str, Made]:
    lab.reset()
    made = {}
    phases = [(FIRST, 2 * size), (SECOND, 0), *([(CHANGE, 1)] if size <= LONG else [])]
    for phase, writes in phases:
        _expect(bench.role(lab, phase, partners.for_role(size, changed=phase == CHANGE)), writes)
        made[phase] = lab.connectors()
    if size <= LONG:
        bench.one_connector(lab)
    return made


def _batched(bench: Bench, lab: LabProcess, size: int, made: Made) -> None:
    lab.reset()
    _expect(bench.role(lab, FIRST, partners.for_role(size), batch_size=10), 2 * size)
    if lab.connectors() != made:
        raise Surprise(f"One by one and in batches the role made different connectors for {size} partners.")


def _packed(bench: Bench, lab: LabProcess, size: int) -> None:
    """Partners that agree in all but their domains share connectors, so there are fewer of them to write."""
    lab.reset()
    bench.role(lab, FIRST, partners.for_role(size), packed=True)
    if size <= LONG:
        _expect(bench.role(lab, SECOND, partners.for_role(size), packed=True), 0)


def _loops(bench: Bench, lab: LabProcess, size: int, by_role: dict[str, Made], *, full: bool) -> None:
    """The loops that people write. They take minutes for a list that is not short.

    With one change they run as for the second time, since they look at every connector again.
    """
    phases = tuple(by_role) if full else (FIRST, SECOND)
    lab.reset()
    for phase in phases:
        bench.uri_loop(lab, phase, partners.for_uri_loop(size, changed=phase == CHANGE))
        _agree("uri loop", size, phase, lab.connectors(), by_role[phase])
    for modules in (False, True) if full or size <= SHORT else (False,):
        lab.reset()
        for phase in phases:
            bench.connector_loop(lab, phase, partners.for_role(size, changed=phase == CHANGE), modules=modules)
            _agree("connector loop", size, phase, lab.connectors(), by_role[phase])


def large_tenant(bench: Bench, directory: pathlib.Path, latency: float) -> None:
    """The largest tenant heard of: reading it, and a run that finds all its partners as they should be."""
    bench.group = LARGE
    entries = partners.for_role(LARGE_PARTNERS)
    with LabProcess(directory, latency, partners=LARGE_PARTNERS, inbound=LARGE_INBOUND) as lab:
        bench.info(lab, LARGE_PARTNERS)
        _expect(bench.role(lab, SECOND, entries), 0)
        _expect(bench.role(lab, SECOND, entries, batch_size=10), 0)


def _expect(run: Run, writes: int) -> None:
    if run.writes != writes:
        raise Surprise(f"The {run.phase} run over {run.size} partners made {run.writes} writes instead of {writes}.")


def _agree(subject: str, size: int, phase: str, made: Made, by_role: Made) -> None:
    if made != by_role:
        raise Surprise(f"The role and the {subject} made different connectors of {size} partners ({phase} run).")

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares the judges with the probe, server by server."""

from __future__ import annotations

import dataclasses
import sys
import typing as t

from ansible_collections.mailflow.exchange_online.tests.integration.harness import run_module
from ansible_collections.mailflow.exchange_online.tests.judges.differences import DIFFERENCES
from ansible_collections.mailflow.exchange_online.tests.judges.judges import JUDGES, Lab, Level, Server, missing
from ansible_collections.mailflow.exchange_online.tests.judges.postfix import unavailable
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld


@dataclasses.dataclass(frozen=True)
class Opinion:
    """What a judge says of a server, beside what the probe says."""

    judge: str
    server: Server
    ours: Level
    theirs: Level | None

    @property
    def differs(self) -> bool:
        return self.ours != self.theirs

    @property
    def reason(self) -> str:
        """Why they differ, as the table knows it; empty for what it does not know, or knows otherwise."""
        known = DIFFERENCES[self.judge].get(self.server.case)
        return known.reason if known is not None and known.theirs == self.theirs else ""


def compare(judges: t.Collection[str]) -> list[Opinion]:
    """Ask the judges about every server that the probe could judge."""
    with PartnerWorld() as world:
        # Cases that hang take minutes with tools that have no time-out of their own.
        chosen = [(case, entry) for case, entry in zip(world.cases, world.partners(), strict=True) if not case.slow]
        # Without a certificate name, the MX host's name is what counts: the judges know no other rule.
        entries = [{**entry, "certificate_name": None} for _case, entry in chosen]
        result = run_module("partner_tls_info", {**world.module_options(), "timeout": 5, "partners": entries})
        ours: dict[Server, Level] = {
            Server(case.id, host["host"], host["address"]): host["sustains"]
            for (case, _entry), partner in zip(chosen, result["partners"], strict=True)
            for host in partner["hosts"]
            # A smart host that is given by its address has no name that a judge could look for.
            if host["sustains"] is not None and host["host"]
        }
        lab = Lab(world.port, world.ca_path)
        found = {judge: JUDGES[judge](list(ours), lab) for judge in judges}
    return [
        Opinion(judge, server, ours[server], level)
        for judge, levels in found.items()
        for server, level in levels.items()
    ]


def unknown(opinions: t.Iterable[Opinion]) -> list[str]:
    """Differences that the table has no reason for."""
    return [
        f"{one.judge} says {one.theirs} of {one.server.case} [{one.server.address}], the probe {one.ours}"
        for one in opinions
        if one.differs and not one.reason
    ]


def gone(opinions: t.Collection[Opinion]) -> list[str]:
    """Differences of the table that did not come up."""
    asked = {(one.judge, one.server.case) for one in opinions}
    differing = {(one.judge, one.server.case) for one in opinions if one.differs}
    listed = {(judge, case) for judge, cases in DIFFERENCES.items() for case in cases}
    return [f"{judge} no longer differs on {case}" for judge, case in sorted((listed & asked) - differing)]


def report(opinions: t.Collection[Opinion]) -> t.Iterator[str]:
    """How often each judge agrees, and each difference with its reason."""
    for judge in JUDGES:
        own = [one for one in opinions if one.judge == judge]
        if not own:
            yield f"not run: {judge} is not installed (make judges)"
            continue
        differing = [one for one in own if one.differs]
        yield f"{judge}: agrees on {len(own) - len(differing)} of {len(own)} servers"
        for one in differing:
            reason = one.reason or "NO REASON KNOWN"
            yield f"  {one.server.case:<24} {one.theirs or '-':<22} probe: {one.ours:<22} {reason}"
    absent = unavailable()
    yield f"Postfix: not run ({absent})" if absent else "Postfix: see tests/integration/test_postfix_*.py"


def main() -> int:
    """Compare and tell."""
    opinions = compare([judge for judge in JUDGES if not missing(judge)])
    print("\n".join(report(opinions)))
    return 1 if unknown(opinions) or gone(opinions) else 0


if __name__ == "__main__":
    sys.exit(main())

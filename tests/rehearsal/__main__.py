# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rehearsal: somebody's partner list, three runs of the role against the lab, and what would come of it.

The exit status is 0 when the list could be carried out and the run after it had nothing left to do.
"""

from __future__ import annotations

import argparse
import pathlib
import shutil
import sys
import textwrap
import typing as t

import yaml

from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.qualified import Qualified, load
from ansible_collections.mailflow.exchange_online.tests.rehearsal.listing import ListError, PartnerList, read
from ansible_collections.mailflow.exchange_online.tests.rehearsal.runs import (
    ROOT,
    Delivered,
    Run,
    attempts_to_leave,
    run,
)

PLACE = ROOT / ".cache" / "rehearsal"
#: Seconds; there is no published number, and a tenant's own is in its qualification.
LATENCY = 0.25
RUNS = (
    ("What would happen (check mode).", "1-check", ("--check", "--diff")),
    ("Do it.", "2-real", ("--diff",)),
    ("Once more: nothing should be left to do.", "3-again", ("--diff",)),
)


def arguments(given: t.Sequence[str]) -> argparse.Namespace:
    """The command line. Make hands over what is not set as an empty text."""
    parser = argparse.ArgumentParser(prog="rehearse", description=__doc__)
    parser.add_argument("--partners", default="", metavar="FILE", help="the partner list: YAML, JSON or CSV")
    parser.add_argument("--qualified", default="", metavar="FILE", help="the answers of a tenant: qualify's file")
    parser.add_argument("--latency", default="", metavar="SECONDS", help=f"what a request takes; {LATENCY} by default")
    parser.add_argument("--place", default=str(PLACE), metavar="DIR", help="where report and logs go")
    return parser.parse_args(given)


def main(given: t.Sequence[str]) -> int:
    """Rehearse. Return the exit status."""
    chosen = arguments(given)
    try:
        listed = read(chosen.partners, pathlib.Path.cwd())
        qualified = load(chosen.qualified) if chosen.qualified else None
        latency = seconds(chosen.latency)
    except (ListError, ValueError) as problem:
        print(f"rehearse: {str(problem).rstrip('.')}.", file=sys.stderr)
        return 2
    place = pathlib.Path(chosen.place).resolve()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    (place / "left.log").unlink(missing_ok=True)
    shutil.rmtree(place / "report", ignore_errors=True)
    variables = write_variables(listed, place)
    with Lab(latency=latency, switches=qualified.settings if qualified else None) as lab:
        lab.world.tenants[lab.tenant.tenant_id].exchange.transport = Delivered()
        show_terms(chosen, listed, qualified, latency)
        runs = []
        for number, (title, slug, options) in enumerate(RUNS, start=1):
            runs.append(run(lab, place, slug, variables, *options))
            show_run(number, title, runs[-1])
            if not runs[-1].result:
                break
        standing = len(lab.tenant.outbound) + len(lab.tenant.inbound)
    return show_end(runs, standing, place)


def seconds(text: str) -> float:
    """The latency. Raises ValueError with a sentence."""
    try:
        number = float(text) if text else LATENCY
    except ValueError:
        number = -1.0
    if not 0.0 <= number <= 60.0:
        raise ValueError(f"LATENCY is {text}; give seconds from 0 to 60")
    return number


def write_variables(listed: PartnerList, place: pathlib.Path) -> pathlib.Path:
    """The variables of the role, with those that keep it on this machine."""
    path = place / "variables.yml"
    decided = {
        "forced_tls_probe": False,
        "forced_tls_report": True,
        "forced_tls_report_dir": str(place / "report"),
    }
    path.write_text(yaml.safe_dump({**listed.variables, **decided}, allow_unicode=True), encoding="utf-8")
    return path


# -- what is printed ---------------------------------------------------------------------------------------------------


def show_terms(chosen: argparse.Namespace, listed: PartnerList, qualified: Qualified | None, latency: float) -> None:
    """What is real here, and what is not."""
    answers = "as the lab assumes; QUALIFIED=qualification.json lets it answer as your tenant does"
    if qualified is not None:
        answers = f"as {qualified.source}, did ({chosen.qualified})"
    measured = qualified is not None and "cmdlet_latency" in qualified.settings
    lasts = f"{latency:g} s each, which is simulated (LATENCY=...)"
    if measured and qualified is not None:
        lasts = f"as measured in that tenant, which is simulated: {qualified.settings['cmdlet_latency']}"
    lines = [
        f"Rehearsal of {chosen.partners}, in an empty tenant that the lab plays on this machine.",
        "Nothing is sent to Microsoft or to a partner.",
        "The partners' servers are not looked at (forced_tls_probe is off), and test mails count as arrived.",
        f"The tenant answers {answers}.",
        f"Requests take {lasts}.",
    ]
    if listed.left_out:
        lines.append(f"Not taken from the file: {', '.join(listed.left_out)}.")
    print("\n".join(textwrap.fill(line, 118, subsequent_indent="  ") for line in lines))


def show_run(number: int, title: str, made: Run) -> None:
    """A run in a few lines."""
    print(f"\n{number}. {title}")
    if made.result:
        planned = made.result["summary"].get("planned", 0) > 0
        words = ("to create", "to update", "to delete") if planned else ("created", "updated", "deleted")
        counts = zip(("created", "updated", "deleted"), words, strict=True)
        told = [f"{made.result['summary'][count]} {word}" for count, word in counts]
        told += [f"{made.result['summary'][one]} {one}" for one in ("unchanged", "failed", "skipped", "unknown")]
        print(f"   Connectors: {', '.join(text for text in told if not text.startswith('0 ')) or 'nothing to do'}.")
    print(
        f"   {made.requests} requests to Exchange, {made.writes} writing commands in them; {made.seconds:.1f} s in all."
    )
    for text in made.failures:
        print(textwrap.indent(f"Ends as failed: {text}", "   "))


def show_partners(made: Run) -> None:
    """What becomes of each partner, and why."""
    print("\nWhat becomes of the partners:\n")
    for partner in made.partners:
        held = partner.get("held")
        said = "; ".join(str(one.get("message")) for one in partner.get("alerts", ()) if one.get("message"))
        if held:
            until = f" until {held['until']}" if held.get("until") else ""
            said = f"held{until} ({held['reason']}). {held['message']} {said}"
        stands = {"enabled": "enforced", "untouched": f"{partner['state']}: nothing is done"}
        what = said or stands.get(str(partner["stands"]), str(partner["state"]))
        lead = f"   {partner['name'][:29]:<30}"
        print(textwrap.fill(what.strip(), 118, initial_indent=lead, subsequent_indent=" " * len(lead)))


def show_end(runs: t.Sequence[Run], standing: int, place: pathlib.Path) -> int:
    """The table of partners, where the report is, and whether all is well."""
    left = attempts_to_leave(place)
    real = runs[1] if len(runs) > 1 else None
    if real is not None and real.partners:
        show_partners(real)
    if (place / "report" / "report.html").exists() and real is not None:
        print(f"\n{standing} connectors stand at the end. Report and letters to the partners are in {place}/report.")
    for line in left:
        print(f"Stopped before it left this machine: {line}")
    if not left:
        print("Nothing has tried to leave this machine.")
    if any(one.rc for one in runs) or len(runs) < len(RUNS):
        print("A run with this list would end as failed; see above.")
        return 1
    if runs[-1].writes:
        print("The third run still wrote something, which must not be. Please report it.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

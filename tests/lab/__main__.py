# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab as a program: prints one line of JSON when it listens, then serves until it is told to end."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import typing as t

from .evidence import markdown
from .partners import PartnerWorld
from .qualified import load
from .server import Lab


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    parser.add_argument("--seed", metavar="FILE", help="YAML or JSON file with tenants (see seeds.py)")
    parser.add_argument("--latency", type=float, metavar="SECONDS", help="time that each admin request takes")
    parser.add_argument(
        "--switch", action="append", default=[], metavar="NAME=VALUE", help="may be given several times"
    )
    parser.add_argument("--state-dir", metavar="DIR", help="where credentials are written; kept at the end")
    parser.add_argument("--partners", action="store_true", help="with mail servers of partners, and mail")
    parser.add_argument(
        "--case", action="append", metavar="ID", help="only this partner of the table; may be given several times"
    )
    parser.add_argument("--exit-on-eof", action="store_true", help="end when standard input ends")
    parser.add_argument(
        "--qualified", metavar="FILE", help="answer as the tenant did that this file is from; --switch wins"
    )
    parser.add_argument("--evidence", action="store_true", help="print what the answers rest on, and end")
    return parser.parse_args()


def settings(pairs: t.Iterable[str]) -> dict[str, object]:
    """``name=value`` texts as a mapping. Raises ValueError."""
    found: dict[str, object] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator:
            raise ValueError(f"--switch wants NAME=VALUE, not {pair!r}")
        found[name.strip()] = value
    return found


def partners(chosen: argparse.Namespace) -> bool | PartnerWorld:
    """The partners that are asked for. Raises KeyError for one that the table does not have."""
    return PartnerWorld(chosen.case) if chosen.case else bool(chosen.partners)


def main() -> int:
    """Run. Return the exit status."""
    chosen = arguments()
    try:
        qualified = load(chosen.qualified) if chosen.qualified else None
    except ValueError as problem:
        print(f"lab: {problem}", file=sys.stderr)
        return 2
    if chosen.evidence:
        sys.stdout.write(markdown(qualified))
        return 0
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    try:
        switches = {**(qualified.settings if qualified else {}), **settings(chosen.switch)}
        lab = Lab(chosen.seed, chosen.latency, switches, chosen.state_dir, partners(chosen))
        lab.start()
    except (KeyError, ValueError, OSError) as problem:
        print(f"lab: {problem.args[0] if len(problem.args) == 1 else problem}", file=sys.stderr)
        return 2
    try:
        print(json.dumps(lab.describe()), flush=True)
        if chosen.exit_on_eof:
            threading.Thread(target=_until_eof, args=(end,), daemon=True).start()
        end.wait()
    finally:
        lab.stop()
    return 0


def _until_eof(end: threading.Event) -> None:
    while sys.stdin.readline():
        pass
    end.set()


if __name__ == "__main__":
    sys.exit(main())

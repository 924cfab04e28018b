# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partners' world as a program: prints one line of JSON when it listens, then serves until it is told to end.

With ``--exit-on-eof`` each line of standard input is answered with a line of JSON: what came since the last one.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
import typing as t

from .many import many
from .world import PartnerWorld


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="partners", description=__doc__)
    parser.add_argument("--case", action="append", metavar="ID", help="a partner of the table; all without")
    parser.add_argument("--many", type=int, metavar="COUNT", help="partners that are alike, in place of the table")
    parser.add_argument("--hang", type=int, default=0, metavar="COUNT", help="how many of the many fall silent")
    parser.add_argument("--key", choices=("rsa", "ec"), default="rsa", help="the keys of the many")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="before each SMTP reply")
    parser.add_argument("--hang-seconds", type=float, default=60.0, metavar="SECONDS", help="of servers that hang")
    parser.add_argument("--exit-on-eof", action="store_true", help="end when standard input ends")
    return parser.parse_args()


def main() -> int:
    """Run. Return the exit status."""
    chosen = arguments()
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    times = {"latency": chosen.latency, "hang_seconds": chosen.hang_seconds}
    try:
        world = PartnerWorld(chosen.case, **times)
        if chosen.many is not None:
            world = many(chosen.many, hang=chosen.hang, key=chosen.key, **times)
        world.start()
    except (KeyError, OSError) as problem:
        print(f"partners: {problem.args[0] if len(problem.args) == 1 else problem}", file=sys.stderr)
        return 2
    try:
        print(json.dumps(world.describe()), flush=True)
        if chosen.exit_on_eof:
            threading.Thread(target=_until_eof, args=(world, end), daemon=True).start()
        end.wait()
    finally:
        world.stop()
    return 0


def _until_eof(world: PartnerWorld, end: threading.Event) -> None:
    while sys.stdin.readline():
        seen = _seen(world)
        world.journal.clear()  # before the answer, on which the next client may come
        print(json.dumps(seen), flush=True)
    end.set()


def _seen(world: PartnerWorld) -> dict[str, t.Any]:
    """Connections to mail servers, questions and requests, and the CPU seconds of this process since its beginning."""
    visits = list(world.journal.visits)
    return {
        "connections": len(visits),
        "addresses": len({visit.address for visit in visits}),
        "questions": len(world.journal.questions),
        "requests": len(world.journal.requests),
        "cpu": time.process_time(),
    }


if __name__ == "__main__":
    sys.exit(main())

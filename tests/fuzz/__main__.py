# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs atheris on each parser for some time: ``python -m ...tests.fuzz [--only NAME] [--seconds N]``.

What it finds and what it learns is kept in .cache/fuzz. Ends with 1 when any parser broke a promise.
"""

from __future__ import annotations

import argparse
import importlib
import pathlib
import subprocess
import sys

CACHE = pathlib.Path(__file__).resolve().parents[2] / ".cache" / "fuzz"
PACKAGE = "ansible_collections.mailflow.exchange_online.tests.fuzz"
#: Seconds that a single input may take, and megabytes that the process may have.
SLOWEST, LARGEST = 10, 2048


def main() -> int:
    from ansible_collections.mailflow.exchange_online.tests.fuzz.targets import TARGETS

    arguments = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    arguments.add_argument("--only", choices=TARGETS, help="one parser")
    arguments.add_argument("--seconds", type=int, default=60, help="time for each parser (60)")
    given = arguments.parse_args()
    broken = []
    for name in [given.only] if given.only else TARGETS:
        print(f"== {name}, {given.seconds} s", flush=True)
        command = [sys.executable, "-m", PACKAGE, "--drive", name, str(given.seconds)]
        if subprocess.run(command, check=False).returncode:
            broken.append(name)
    print(f"broken: {', '.join(broken)}; see above, and .cache/fuzz" if broken else "nothing found")
    return 1 if broken else 0


def drive(name: str, seconds: str) -> None:
    """Never returns: atheris ends the process."""
    import atheris

    with atheris.instrument_imports(include=["ansible_collections.mailflow.exchange_online.plugins"]):
        target = importlib.import_module(f"{PACKAGE}.{name}")
    corpus, found = CACHE / "corpus" / name, CACHE / "found"
    for place in (corpus, found):
        place.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.SEEDS):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", f"-timeout={SLOWEST}", f"-rss_limit_mb={LARGEST}", "-max_len=20000"]
    options += [f"-artifact_prefix={found}/{name}-", "-print_final_stats=1", "-verbosity=0"]
    atheris.Setup([name, *options, str(corpus)], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--drive"]:
        drive(*sys.argv[2:])
    sys.exit(main())

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo: a list of partners, three real runs of ansible-playbook against the lab, and what came of them.

The exit status is 0 when the check run wrote nothing, the real run did what the check run said, the run after it
changed nothing and wrote nothing, and of partners good and bad only those were enforced that work.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import textwrap
import time
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[1]
COLLECTIONS = ROOT / ".cache" / "collections"
OUTPUT = ROOT / ".cache" / "demo"
sys.path.insert(0, str(COLLECTIONS))

from ansible_collections.mailflow.exchange_online.tests.demo_gate import show_gate  # noqa: E402 - see above
from ansible_collections.mailflow.exchange_online.tests.demo_readiness import show_readiness  # noqa: E402 - see above
from ansible_collections.mailflow.exchange_online.tests.lab import Lab  # noqa: E402 - the path is set just above

PLAYBOOK = "mailflow.exchange_online.demo"
PREFIXES = {"outbound": "Forced TLS to ", "inbound": "Forced TLS from "}

#: Somebody has begun by hand: one partner at too low a level, and a connector that is none of our business.
SEED: dict[str, t.Any] = {
    "tenants": [
        {
            "outbound": [
                {
                    "Name": "Forced TLS to litwareinc.com",
                    "Comment": "made by hand in 2024",
                    "RecipientDomains": ["litwareinc.com"],
                    "TlsSettings": "EncryptionOnly",
                },
                {
                    "Name": "Archive appliance",
                    "RecipientDomains": ["archive.contoso.com"],
                    "TlsSettings": "EncryptionOnly",
                },
            ],
        }
    ]
}


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of the playbook and what the lab saw of it."""

    title: str
    command: str
    log: pathlib.Path
    rc: int
    output: str
    seconds: float
    requests: int
    writes: int
    result: dict[str, t.Any]


def run_playbook(lab: Lab, title: str, slug: str, *arguments: str) -> Run:
    """Run the playbook as a user would, in a process of its own; its whole output goes to a file."""
    result_file = OUTPUT / f"{slug}.json"
    result_file.unlink(missing_ok=True)
    lab.journal.clear()
    begun = time.monotonic()
    status, output = play(PLAYBOOK, slug, {"demo_result_file": str(result_file)}, *arguments, **lab.environment())
    return Run(
        title=title,
        command=" ".join(["ansible-playbook", PLAYBOOK, *arguments]),
        log=OUTPUT / f"{slug}.log",
        rc=status,
        output=output,
        seconds=time.monotonic() - begun,
        requests=len(lab.journal.admin()),
        writes=sum(len(entry.writing) for entry in lab.journal.writes()),
        result=json.loads(result_file.read_text(encoding="utf-8")) if result_file.exists() else {},
    )


def play(playbook: str, slug: str, variables: dict[str, t.Any], *arguments: str, **environment: str) -> tuple[int, str]:
    """Run a playbook; its whole output goes to a file as well. Return the status and the output."""
    command = pathlib.Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [command, playbook, *arguments, "-e", json.dumps(variables)],
        check=False,
        cwd=OUTPUT,
        env={**settings(), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    (OUTPUT / f"{slug}.log").write_text(done.stdout, encoding="utf-8")
    return done.returncode, done.stdout


def settings() -> dict[str, str]:
    """Nothing of the user's own Ansible settings and proxies takes part."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(OUTPUT),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(OUTPUT / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
    }


# -- what is printed -----------------------------------------------------------------------------------------------


def show_run(number: int, run: Run, *, diffs: int = 0, verbose: bool = False) -> None:
    """Print a run in a few lines; with ``diffs``, an update and creations as --diff printed them."""
    print(f"\n{number}. {run.title}\n   $ {run.command}\n")
    if verbose or not run.result:
        print(textwrap.indent(run.output if verbose else run.output[-4000:], "   "))
    if not run.result:
        return
    if diffs and not verbose:
        show_diffs(run, diffs)
    doing = {"created": "to create", "updated": "to update", "deleted": "to delete"}
    if not run.result["summary"]["planned"]:
        doing = {done: done for done in doing}
    counts = [f"{run.result['summary'][done]} {words}" for done, words in doing.items()]
    counts += [f"{run.result['summary'][status]} {status}" for status in ("unchanged", "failed", "skipped", "unknown")]
    told = ", ".join(text for text in counts if not text.startswith("0 ")) or "nothing to do"
    print(f"   Connectors: {told}.")
    print(f"   Seen by the lab: {run.requests} requests to Exchange, {run.writes} commands in them that write.")
    print(f"   Took {run.seconds:.1f} s; all of its output: {run.log.relative_to(ROOT)}")


def show_diffs(run: Run, most: int) -> None:
    """Print the first update and the first creations, as they stand in the output of ansible-playbook."""
    blocks = ["--- before" + text.split("\n\n")[0].rstrip() for text in run.output.split("--- before")[1:]]
    updates = [block for block in blocks if "\n-    {}" not in block]  # a new connector was nothing before
    creations = [block for block in blocks if block not in updates]
    shown = [*updates[:1], *creations][:most]
    for block in shown:
        print(textwrap.indent(block, "     ") + "\n")
    if len(blocks) > len(shown):
        print(f"     ... and {len(blocks) - len(shown)} more like these in the output.\n")


def show_table(lab: Lab, runs: t.Sequence[Run]) -> None:
    """Print what stands in the tenant, read from the lab itself, with the status of each run."""
    standing = {
        **{("outbound", record["Name"]): describe_outbound(record) for record in lab.tenant.outbound},
        **{("inbound", record["Name"]): describe_inbound(record) for record in lab.tenant.inbound},
    }
    of_runs = [statuses_of(run) for run in runs]
    rows = [["partner", "mail to them needs", "mail from them needs", *(f"run {n}" for n in range(1, len(runs) + 1))]]
    for partner in dict.fromkeys(name for of_run in of_runs for name in of_run):
        sides = [standing.get((side, prefix + partner), "none") for side, prefix in PREFIXES.items()]
        rows.append([partner, *sides, *(of_run.get(partner, "-") for of_run in of_runs)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, ["-" * width for width in widths])
    print("\nWhat stands in the tenant now, as the lab holds it, and what became of both connectors in each run:\n")
    for row in rows:
        print("   " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    left = [name for direction, name in standing if not name.startswith(PREFIXES[direction])]
    print(f"\n   Left alone, because nobody asked for it: {', '.join(left)}.")


def statuses_of(run: Run) -> dict[str, str]:
    """Return for each partner what became of its connectors; one word when it is the same for all."""
    found: dict[str, set[str]] = {}
    for outcome in run.result["connectors"]:
        partner = outcome["name"].removeprefix(PREFIXES[outcome["direction"]])
        found.setdefault(partner, set()).add(outcome["status"])
    return {partner: "/".join(sorted(statuses)) for partner, statuses in found.items()}


def describe_outbound(record: t.Mapping[str, t.Any]) -> str:
    """Say in a few words what mail to a partner needs."""
    words = {
        "EncryptionOnly": "TLS, any certificate",
        "CertificateValidation": "trusted certificate",
        "DomainValidation": f"trusted, {record['TlsDomain']}",
    }
    text = words.get(record["TlsSettings"], "no forced TLS")
    if not record["UseMXRecord"]:
        text += f", {len(record['SmartHosts'])} smart hosts"
    if record.get("SmtpDaneMode") == "Mandatory":
        text += ", DANE"
    return text if record["Enabled"] else f"disabled ({text})"


def describe_inbound(record: t.Mapping[str, t.Any]) -> str:
    """Say in a few words what mail from a partner needs."""
    text = "TLS" if record["RequireTls"] else "no forced TLS"
    if record["RestrictDomainsToCertificate"]:
        text += f", {record['TlsSenderCertificateName']}"
    if record["RestrictDomainsToIPAddresses"]:
        text += f", {len(record['SenderIPAddresses'])} sources"
    return text if record["Enabled"] else f"disabled ({text})"


# -- the story -----------------------------------------------------------------------------------------------------


def faults(check: Run, real: Run, again: Run) -> list[str]:
    """Return what did not come out as promised."""
    found = [f"'{run.title}' failed with status {run.rc}; see {run.log}" for run in (check, real, again) if run.rc]
    if check.writes:
        found.append(f"The check run sent {check.writes} writes.")
    if check.result.get("plan_id") != real.result.get("plan_id"):
        found.append("The real run had another plan than the check run.")
    if not real.writes:
        found.append("The real run wrote nothing.")
    if again.writes or again.result.get("changed", True):
        found.append(f"The run after it changed something ({again.writes} writes).")
    return found


def main(arguments: t.Sequence[str]) -> int:
    """Tell the story. Return the exit status."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--verbose", action="store_true", help="print all that ansible-playbook prints")
    verbose = parser.parse_args(arguments).verbose
    OUTPUT.mkdir(parents=True, exist_ok=True)
    unready = show_readiness(play, OUTPUT)
    print("\nForcing TLS with the partners of playbooks/vars/demo_partners.yml, in a tenant played by the lab.")
    with Lab(seed=SEED) as lab:
        check = run_playbook(lab, "What would happen?", "1-check", "--check", "--diff")
        show_run(1, check, diffs=2, verbose=verbose)
        real = run_playbook(lab, "Do it.", "2-real", "--diff")
        show_run(2, real, verbose=verbose)
        again = run_playbook(lab, "Once more: it is all done.", "3-again", "--diff")
        show_run(3, again, verbose=verbose)
        wrong = [*unready, *faults(check, real, again)]
        if not any(run.rc for run in (check, real, again)):
            show_table(lab, [check, real, again])
    wrong += show_gate(play, OUTPUT)
    print()
    if wrong:
        print("\n".join(f"NOT AS PROMISED: {text}" for text in wrong))
        return 1
    print(
        "As promised: the check run wrote nothing, the real run did what it had said, the third had nothing to do,\n"
        "and nobody is enforced who was not seen to work."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validations that take a second each: one after the other, several at a time, and a second run."""

from __future__ import annotations

import json
import os
import pathlib
import sys
import typing as t

from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.partners.many import many

from .bars import Bar
from .measure import measure
from .runs import COLLECTIONS, HERE

HOW_MANY, FEW, AT_A_TIME = 100, 10, 8
SECONDS = 1.0
LATENCY = 0.1
LONGEST = 20.0


class Validated(t.NamedTuple):
    """A measured run, and what the lab saw of it. ``wall`` in seconds."""

    what: str
    size: int
    at_a_time: int
    wall: float
    validations: int
    records: int
    requests: int

    def as_json(self) -> dict[str, t.Any]:
        return self._asdict()


def run_all(directory: pathlib.Path) -> tuple[list[Validated], list[Bar]]:
    """Run all scenarios and return what was seen and the bars."""
    partners = many(HOW_MANY, key="ec")
    domains = [case.domain for case in partners.cases]
    level = {"TlsSettings": "CertificateValidation"}
    seed = {"tenants": [{"outbound": [{"Name": f"to {one}", "RecipientDomains": [one], **level} for one in domains]}]}
    switches = {"cmdlet_latency": f"Validate-*={SECONDS}"}
    print(f"\nValidations, {SECONDS:g} s each, {LATENCY * 1000:.0f} ms for other requests; test mails really go out")
    with Lab(seed, latency=LATENCY, switches=switches, partners=partners) as lab:
        one_by_one = _run(lab, directory, "one by one", domains[:FEW], 1)
        lab.reset()
        lab.world.switches["cmdlet_latency"] = switches["cmdlet_latency"]
        side_by_side = _run(lab, directory, "first", domains, AT_A_TIME)
        second = _run(lab, directory, "second", domains, AT_A_TIME)
    runs = [one_by_one, side_by_side, second]
    return runs, _bars(one_by_one, side_by_side, second)


def _run(lab: Lab, directory: pathlib.Path, what: str, domains: t.Sequence[str], at_a_time: int) -> Validated:
    file = directory / "validations.json"
    wanted = [{"name": f"to {domain}", "recipients": [f"postmaster@{domain}"]} for domain in domains]
    file.write_text(json.dumps({"validations": wanted, "at_a_time": at_a_time}), encoding="utf-8")
    command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), str(HERE / "validation.yml")]
    command += ["-i", "localhost,", "-c", "local", "-e", f"@{file}"]
    command += ["-e", f"ansible_python_interpreter={sys.executable}"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        **lab.environment(),
    }
    lab.journal.clear()
    cost, _printed = measure(command, environment, directory)
    validations, records = (len(lab.journal.commands(cmdlet)) for cmdlet in ("Validate-", "Set-"))
    run = Validated(what, len(domains), at_a_time, cost.wall, validations, records, len(lab.journal.admin()))
    print(
        f"{run.what:<12} {run.size:>4} connectors, {run.at_a_time} at a time: {run.wall:5.1f} s,"
        f" {run.validations} validations, {run.records} records, {run.requests} requests",
        flush=True,
    )
    return run


def _bars(one_by_one: Validated, first: Validated, second: Validated) -> list[Bar]:
    what = f"{first.size} connectors, {first.at_a_time} at a time"
    ratio = (one_by_one.wall / one_by_one.size) / (first.wall / first.size)
    return [
        Bar(
            f"{what}, {SECONDS:g} s each: s", f"< {LONGEST:g}", f"{first.wall:.1f}", first.wall < LONGEST, counted=False
        ),
        Bar(f"{what}: times faster than one by one", "> 5", f"{ratio:.1f}", ratio > 5, counted=False),
        _exactly(f"{what}: validations", first.size, first.validations),
        _exactly(f"{what}: records", first.size, first.records),
        _exactly("second run: validations and records", 0, second.validations + second.records),
    ]


def _exactly(measure_: str, aim: int, seen: int) -> Bar:
    return Bar(measure_, str(aim), str(seen), aim == seen, counted=True)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first part of the demo: a real run that sees what the servers of some partners of the lab sustain."""

from __future__ import annotations

import json
import pathlib
import textwrap
import typing as t

from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld

PLAYBOOK = "mailflow.exchange_online.demo_readiness"
#: Partners as they come: some are ready, most have something to mend.
CASES = (
    *("a_good", "m_near_expiry", "b_wrong_name", "d_selfsigned", "l_no_intermediate", "f_no_starttls", "i_tls10"),
    *("v_dane_bad", "y_554", "y_refused"),
)

Values = dict[str, t.Any]
#: Runs a playbook with variables; returns its status and what it printed.
RunPlaybook = t.Callable[[str, str, Values], tuple[int, str]]


def show_readiness(run: RunPlaybook, output: pathlib.Path) -> list[str]:
    """Run the probe, print a line for each partner, and return what did not come out as the lab's table says."""
    print("\nBefore TLS is forced: what do the partners' servers sustain?")
    result = output / "0-readiness.json"
    result.unlink(missing_ok=True)
    with PartnerWorld(CASES) as world:
        options = {name: value for name, value in world.module_options().items() if value is not None}
        variables = {"demo_partners": world.partners(), "demo_options": options, "demo_result_file": str(result)}
        status, printed = run(PLAYBOOK, "0-readiness", variables)
        if status or not result.exists():
            return [f"'{PLAYBOOK}' failed with status {status}:\n{printed[-4000:]}"]
        seen = json.loads(result.read_text(encoding="utf-8"))
        cases = {case.id: case for case in world.cases}
    print(f"   $ ansible-playbook {PLAYBOOK}\n")
    for line in _table(seen["partners"]):
        print(f"   {line}")
    print(f"\n   {seen['connections']} connections, no mail; all that was seen: {result.name} in .cache/demo.")
    return [
        f"The verdict on {partner['domain']} is {partner['verdict']}; the lab's table says otherwise."
        for case, partner in zip(cases.values(), seen["partners"], strict=True)
        if partner["verdict"] != case.expected.verdicts.certificate_validation
    ]


def _table(partners: t.Sequence[Values]) -> t.Iterator[str]:
    rows = [("partner", "verdict", "sustains", "first finding")]
    for partner in partners:
        finding = next(iter(partner["findings"]), None)
        text = finding["message"] if finding else "nothing to mend"
        rows.append((partner["domain"], partner["verdict"], partner["sustains"] or "-", text))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for number, row in enumerate(rows):
        lead = "  ".join(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True))
        wrapped = textwrap.wrap(row[3], 118 - len(lead)) or [""]
        yield f"{lead}  {wrapped[0]}".rstrip()
        yield from (f"{' ' * len(lead)}  {rest}" for rest in wrapped[1:])
        if number == 0:
            yield "  ".join("-" * width for width in (*widths, 13))

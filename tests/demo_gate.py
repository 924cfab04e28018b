# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last part of the demo: nobody is enforced who was not seen to work, and a page tells it."""

from __future__ import annotations

import json
import pathlib
import textwrap
import typing as t

from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld

PLAYBOOK = "mailflow.exchange_online.provision"
#: What the lab's partners are, and what becomes of them.
EXPECTED = {
    "a_good": "enabled",
    "m_near_expiry": "enabled",
    "l_no_intermediate": "disabled",
    "f_no_starttls": "disabled",
    "y_refused": "disabled",
}

#: Runs a playbook with variables and an environment; returns its status and what it printed.
RunPlaybook = t.Callable[..., tuple[int, str]]


def show_gate(run: RunPlaybook, output: pathlib.Path) -> list[str]:
    """Run the role with probe and validation on partners good and bad; return what did not come out as promised."""
    with Lab(partners=PartnerWorld(list(EXPECTED))) as lab:
        world = lab.partners
        domains = [str(partner["domain"]) for partner in world.partners()]
        variables = {
            "forced_tls_partners": [
                {"domains": [domain], "outbound": {"validation_recipients": [f"postmaster@{domain}"]}}
                for domain in domains
            ],
            "forced_tls_probe_options": {
                name: value for name, value in world.module_options().items() if value is not None
            },
            "forced_tls_report_dir": str(output / "report"),
        }
        status, printed = run(PLAYBOOK, "4-gate", variables, **lab.environment())
        report = output / "report" / "report.json"
        if status or not report.exists():
            return [f"'{PLAYBOOK}' failed with status {status}:\n{printed[-4000:]}"]
        told = json.loads(report.read_text(encoding="utf-8"))["partners"]
        standing = {str(record["Name"]): bool(record["Enabled"]) for record in lab.tenant.outbound}
    print("\n4. Other partners, with probe and validation: nobody is enforced who was not seen to work.")
    print(f"   $ ansible-playbook {PLAYBOOK}\n")
    for partner in told:
        held = partner["plan"]["held"]
        text = f"held ({held['reason']}): {held['message']}" if held else "enforced, after a test mail by Exchange"
        lead = f"   {partner['name']:<24}"
        print(textwrap.fill(text, 118, initial_indent=lead, subsequent_indent=" " * len(lead)))
    print(f"\n   The page that tells it, and a letter to each partner: {output.name}/report/report.html in .cache.")
    return [
        f"The connector to {domain} is {'enabled' if standing.get(f'Forced TLS to {domain}') else 'disabled'}."
        for domain, expected in zip(domains, EXPECTED.values(), strict=True)
        if standing.get(f"Forced TLS to {domain}") is not (expected == "enabled")
    ]

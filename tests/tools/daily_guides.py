# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outputs in the guides of the daily work: ``make docs`` plays them in the lab anew.

They are one story, so that few runs serve many pages: a first run, a validation that fails, a change that needs
consent, a plan that is overtaken, a partner that leaves the list, and a secret that is wrong.
"""

from __future__ import annotations

import json
import pathlib
import re
import tempfile
import textwrap
import typing as t

from ansible_collections.mailflow.exchange_online.tests.integration.harness import run_module
from ansible_collections.mailflow.exchange_online.tests.lab import AppSeed, Lab, TenantSeed
from ansible_collections.mailflow.exchange_online.tests.tools import message_blocks as rst
from ansible_collections.mailflow.exchange_online.tests.tools import onboard_guide
from ansible_collections.mailflow.exchange_online.tests.tools.onboard_guide import Blocks, Desk

RST = pathlib.Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst"
#: Page -> its outputs.
PAGES: t.Mapping[str, tuple[str, ...]] = {
    "first_run": ("first-playbook", "first-read", "first-list", "first-check", "first-real"),
    "plans": ("overtaken",),
    "consent": ("refused",),
    "validation": ("validate-playbook", "validated"),
    "report": ("table", "summary"),
    "errors": ("wrong-secret",),
}
#: What the lab makes up anew each time.
CLIENT, REQUEST = "22222222-3333-4444-5555-666666666666", "77777777-8888-9999-aaaa-bbbbbbbbbbbb"
_REQUEST = re.compile(r"request_id: [0-9a-f-]{36}")
DAY = "2026-11-02 09:12"
READ = """\
- name: Read the connectors
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Gather them all
      mailflow.exchange_online.connector_info:
      register: gathered

    - name: Tell their names
      ansible.builtin.debug:
        msg: "{{ gathered.connectors | map(attribute='name') }}"
"""
VALIDATE = """\
- name: Does the mail go through?
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Have Exchange validate two connectors
      mailflow.exchange_online.tls_validation:
        connectors:
          - name: Forced TLS to Woodgrove Bank
          - name: Tailspin
            recipients: [postmaster@tailspintoys.com]
        fail_on: never
      register: validated

    - name: Tell how it went
      ansible.builtin.debug:
        msg: "{{ validated.validations | items2dict(key_name='connector', value_name='error') }}"
"""
LIST = """\
- fabrikam.com
- name: Woodgrove Bank
  domains: [woodgrovebank.com]
  outbound:
    level: domain_validation
    certificate_name: "*.woodgrovebank.com"
    validation_recipients: [postmaster@woodgrovebank.com]
"""
LEFT = LIST.replace("- fabrikam.com\n", "")
#: It stands already, made by hand, for a partner whose servers do not offer TLS.
BY_HAND = {
    "Name": "Tailspin",
    "RecipientDomains": ["tailspintoys.com"],
    "TlsSettings": "EncryptionOnly",
    "ConnectorSource": "AdminUI",
}


def play(directory: pathlib.Path) -> Blocks:
    """Play the story in an empty directory."""
    desk = Desk(directory)
    usual = {"partners_file": "partners.yml"}
    world = onboard_guide.partners(mended=True)
    apps = [AppSeed(client_id=CLIENT)]
    tenant = TenantSeed(domain="contoso.onmicrosoft.com", tenant_id=onboard_guide.TENANT, apps=apps, outbound=[BY_HAND])
    blocks = {"first-playbook": READ, "first-list": LIST, "validate-playbook": VALIDATE}
    blocks = {name: ".. code-block:: yaml\n\n" + textwrap.indent(text, "    ") for name, text in blocks.items()}
    shown: Blocks = {}
    with Lab(tenant, partners=world) as lab:
        desk.sit_down(lab, world)
        desk.write(LIST)
        desk.day(DAY)
        shown["first-read"] = _play(desk, "read.yml", READ)
        shown["first-check"] = desk.run("provision", "--check", "--diff", **usual)
        shown["first-real"] = desk.run("provision", **usual)
        table = "$ cat forced_tls/localhost/report.csv\n" + desk.file("report.csv")
        shown["summary"] = "$ jq .summary forced_tls/localhost/report.json\n" + _summary(desk)
        shown["validated"] = _play(desk, "validate.yml", VALIDATE)
        desk.write(LEFT)
        shown["refused"] = desk.run("plan", plan_file="plan.json", prune="true", **usual)
        _disable(lab)
        shown["overtaken"] = desk.run("provision", fails=True, plan_file="plan.json", prune="true", **usual)
        desk.forget("EXO_CERTIFICATE_PATH", EXO_CLIENT_SECRET="it-was-better-once")
        shown["wrong-secret"] = _REQUEST.sub(f"request_id: {REQUEST}", _play(desk, "read.yml", READ, fails=True))
    # Lines of a table are not broken.
    blocks["table"] = ".. code-block:: text\n\n" + textwrap.indent(table, "    ")
    return {**blocks, **{name: rst.code(text) for name, text in shown.items()}}


def _disable(lab: Lab) -> None:
    """Somebody changes a connector in the admin center."""
    changed = {"direction": "inbound", "name": "Forced TLS from Woodgrove Bank", "enabled": False}
    run_module("connector", {**lab.connection(), **changed})


def _play(desk: Desk, name: str, playbook: str, *, fails: bool = False) -> str:
    (desk.directory / name).write_text(playbook, encoding="utf-8")
    return desk.run(name, fails=fails)


def _summary(desk: Desk) -> str:
    return json.dumps(json.loads(desk.file("report.json"))["summary"], indent=2)


def render(page: str, text: str, blocks: t.Mapping[str, str]) -> str:
    """Return a guide with fresh outputs."""
    for block in PAGES[page]:
        text = rst.replace(text, block, blocks[block])
    return text


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        told = onboard_guide.undisturbed(play, pathlib.Path(name) / "desk")
    for page in PAGES:
        guide = RST / f"{page}.rst"
        guide.write_text(render(page, guide.read_text(encoding="utf-8"), told), encoding="utf-8")

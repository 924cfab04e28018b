# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outputs in the guide "Is my partner ready?": ``make docs`` runs its playbook in the lab to make them anew."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import typing as t

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".cache" / "collections"
GUIDE = ROOT / "docs" / "docsite" / "rst" / "partner_ready.rst"
sys.path.insert(0, str(COLLECTIONS))

from ansible_collections.mailflow.exchange_online.tests.lab.partners import CASES, PartnerWorld  # noqa: E402 - see above

#: Block of the guide -> partner of the lab.
PARTNERS = {"good": "a_good", "fixable": "l_no_intermediate", "hopeless": "f_no_starttls"}
PLAYBOOK = """\
- name: Is my partner ready?
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Look at the partner's servers
      mailflow.exchange_online.partner_tls_info:
        partners:
          - domain: "{{ partner }}"
      register: seen

    - name: Tell what was found
      ansible.builtin.debug:
        msg:
          verdict: "{{ seen.partners[0].verdict }}"
          sustains: "{{ seen.partners[0].sustains }}"
          delivery: "{{ seen.partners[0].delivery }}"
          names: "{{ seen.partners[0].names }}"
          found: "{{ seen.partners[0].findings | map(attribute='message') }}"
          advice: "{{ seen.partners[0].findings | map(attribute='advice') }}"
"""
#: Addresses of the lab become addresses for documentation (RFC 5737), its domain one for examples (RFC 2606).
STABLE = ((re.compile(r"127(\.\d+){3}"), "192.0.2.25"), (re.compile(r"[a-z0-9-]+\.test\b"), "partner.example"))


def render(text: str) -> str:
    """Return the guide with fresh outputs."""
    text = _replace(text, "playbook", "yaml", PLAYBOOK)
    with PartnerWorld(list(PARTNERS.values())) as world, tempfile.TemporaryDirectory() as name:
        for block, case in PARTNERS.items():
            shown = f"$ ansible-playbook ready.yml -e partner=partner.example\n{_run(world, case, pathlib.Path(name))}"
            text = _replace(text, block, "text", shown)
    return text


def _run(world: PartnerWorld, case: str, directory: pathlib.Path) -> str:
    """The output of the last task, without what changes from run to run."""
    (play,) = yaml.safe_load(PLAYBOOK)
    # Where the lab is, in place of the real DNS, port and authorities: the only thing that the guide leaves out.
    play["module_defaults"] = {"mailflow.exchange_online.partner_tls_info": world.module_options()}
    file = directory / "ready.yml"
    file.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
    command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), str(file), "-i", "localhost,"]
    command += ["-c", "local", "-e", f"ansible_python_interpreter={sys.executable}"]
    command += ["-e", f"partner={CASES[case].ascii_domain}"]
    done = subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        timeout=120,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        },
    )
    output = done.stdout[done.stdout.index("TASK [Tell what was found]") :].split("\nPLAY RECAP")[0]
    for pattern, stable in STABLE:
        output = pattern.sub(stable, output)
    return "\n".join(_wrapped(output))


def _wrapped(output: str) -> t.Iterator[str]:
    """Lines of a width that fits on a page; what goes on is indented below."""
    for line in re.sub(r" \*+$", "", output, flags=re.MULTILINE).rstrip().splitlines():
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        yield from textwrap.wrap(line, 110, subsequent_indent=indent, break_on_hyphens=False) or [""]


def _replace(text: str, block: str, language: str, content: str) -> str:
    begin, end = f".. begin {block}\n", f".. end {block}\n"
    before, _begin, rest = text.partition(begin)
    _old, _end, after = rest.partition(end)
    body = textwrap.indent(content.strip() + "\n", "    ")
    return f"{before}{begin}\n.. code-block:: {language}\n\n{body}\n{end}{after}"


if __name__ == "__main__":
    GUIDE.write_text(render(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")

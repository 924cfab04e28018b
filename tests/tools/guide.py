# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outputs in the guide "Is my partner ready?": ``make docs`` runs its playbooks in the lab to make them anew."""

from __future__ import annotations

import json
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
PARTNERS = {
    "good": "a_good",
    "fixable": "l_no_intermediate",
    "unlike": "n_mixed_cert",
    "hopeless": "f_no_starttls",
}
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
          verdict: "{{ found.verdict }}"
          sustains: "{{ found.sustains }}"
          delivery: "{{ found.delivery }}"
          names: "{{ found.names }}"
          errors: "{{ found.findings | selectattr('severity', 'equalto', 'error') | map(attribute='message') }}"
          warnings: "{{ found.findings | selectattr('severity', 'equalto', 'warning') | map(attribute='message') }}"
          advice: "{{ found.findings | map(attribute='advice') }}"
      vars:
        found: "{{ seen.partners[0] }}"
"""
LETTERS = """\
- name: Are my partners ready?
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Look at all partners
      mailflow.exchange_online.partner_tls_info:
        partners: "{{ partners }}"
        concurrency: 128
        helo_name: probe.example.com
      delegate_to: mail-relay.example.com
      register: seen

    - name: Write a letter for each partner who has something to mend
      ansible.builtin.copy:
        dest: "{{ playbook_dir }}/{{ item.domain }}.txt"
        mode: "0644"
        content: |
          We are going to force TLS for mail to {{ item.domain }} and looked at your mail servers.
          {% for finding in item.findings if finding.severity == 'error' %}

          {{ finding.message }}
          {{ finding.advice }}
          {% endfor %}
      loop: "{{ seen.partners | selectattr('verdict', 'equalto', 'not_ready') }}"
      loop_control:
        label: "{{ item.domain }}"
"""
#: Addresses of the lab become addresses for documentation (RFC 5737), its domain one for examples (RFC 2606).
STABLE = ((re.compile(r"127(\.\d+){3}"), "192.0.2.25"), (re.compile(r"[a-z0-9-]+\.test\b"), "partner.example"))


def render(text: str) -> str:
    """Return the guide with fresh outputs."""
    text = _replace(text, "playbook", "yaml", PLAYBOOK)
    text = _replace(text, "letters", "yaml", LETTERS)
    with PartnerWorld(list(PARTNERS.values())) as world, tempfile.TemporaryDirectory() as name:
        for block, case in PARTNERS.items():
            shown = f"$ ansible-playbook ready.yml -e partner=partner.example\n{_told(world, case, pathlib.Path(name))}"
            text = _replace(text, block, "text", shown)
        return _replace(text, "letter", "text", _letter(world, pathlib.Path(name)))


def _told(world: PartnerWorld, case: str, directory: pathlib.Path) -> str:
    """The output of the last task, without what changes from run to run."""
    output = _run(world, PLAYBOOK, directory, {"partner": CASES[case].ascii_domain})
    output = output[output.index("TASK [Tell what was found]") :].split("\nPLAY RECAP")[0]
    return _stable(re.sub(r" \*+$", "", output, flags=re.MULTILINE))


def _letter(world: PartnerWorld, directory: pathlib.Path) -> str:
    """The letter to one of those who get one, which must be those who are not ready."""
    domains = {case.id: case.ascii_domain for case in world.cases}
    _run(world, LETTERS, directory, {"partners": [{"domain": domain} for domain in domains.values()]})
    due = {domains[case.id] for case in world.cases if case.expected.verdicts.certificate_validation == "not_ready"}
    written = {file.stem: file.read_text(encoding="utf-8") for file in directory.glob("*.txt")}
    if set(written) != due:
        raise RuntimeError(f"Letters are due to {sorted(due)}, and were written to {sorted(written)}")
    return _stable(written[domains[PARTNERS["fixable"]]])


def _run(world: PartnerWorld, playbook: str, directory: pathlib.Path, variables: dict[str, t.Any]) -> str:
    """Run a playbook in the lab, with all its hosts on this machine, and return what it prints."""
    (play,) = yaml.safe_load(playbook)
    # Where the lab is, in place of the real DNS, port and authorities: the only thing that the guide leaves out.
    play["module_defaults"] = {"mailflow.exchange_online.partner_tls_info": world.module_options()}
    file = directory / "playbook.yml"
    file.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
    command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), str(file)]
    command += ["-i", "localhost,mail-relay.example.com,", "-c", "local"]
    command += ["-e", json.dumps({"ansible_python_interpreter": sys.executable, **variables})]
    done = subprocess.run(
        command,
        check=False,
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
    if done.returncode:
        raise RuntimeError(f"A playbook of the guide failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _stable(output: str) -> str:
    for pattern, stable in STABLE:
        output = pattern.sub(stable, output)
    return "\n".join(_wrapped(output))


def _wrapped(output: str) -> t.Iterator[str]:
    """Lines of a width that fits on a page; what goes on is indented below."""
    for line in output.rstrip().splitlines():
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

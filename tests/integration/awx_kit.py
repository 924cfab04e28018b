# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kit's data as Ansible reads it, and jobs of its templates as AWX starts them."""

from __future__ import annotations

import json
import pathlib
import typing as t

import yaml

from ansible_collections.mailflow.exchange_online.tests.integration import awx_rules, harness
from ansible_collections.mailflow.exchange_online.tests.integration.runner import PLAYBOOK, Done, Job
from ansible_collections.mailflow.exchange_online.tests.lab import Lab

Values = dict[str, t.Any]

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = sorted(file.name for file in (ROOT / "playbooks" / "vars").glob("awx_*.yml"))
LISTS = [
    *("controller_credential_types", "controller_credentials", "controller_execution_environments"),
    *("controller_projects", "controller_inventories", "controller_hosts", "controller_templates"),
    *("controller_workflows", "controller_schedules", "controller_notifications"),
]


def load(home: pathlib.Path, **settings: t.Any) -> Values:
    """The lists of the kit, every template of Ansible in them worked out, as any playbook with these files has them."""
    written = home / "kit.json"
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(ROOT / "playbooks" / "vars" / name) for name in FILES],
        "tasks": [
            {
                "ansible.builtin.copy": {
                    "content": "{{ {" + ", ".join(f"'{name}': {name}" for name in LISTS) + "} | to_json }}",
                    "dest": str(written),
                    "mode": "0600",
                }
            }
        ],
    }
    playbook = home / "kit.yml"
    playbook.write_text(yaml.safe_dump([play]), encoding="utf-8")
    done = harness.run_playbook(playbook, environment={}, variables=settings, home=home)
    assert done.rc == 0, done.text
    return t.cast("Values", json.loads(written.read_text(encoding="utf-8")))


def named(items: t.Iterable[Values], name: str) -> Values:
    """The one of that name."""
    (found,) = (item for item in items if item["name"] == name)
    return found


class Awx:
    """Starts jobs of the kit's templates in a lab, signed in with a credential of the kit's type."""

    def __init__(self, kit: Values, lab: Lab, place: pathlib.Path) -> None:
        self.kit = kit
        self.lab = lab
        self.place = place
        self.inventory: Values = {"ansible_connection": "local", "forced_tls_probe": False}

    def sign_in(self, place: pathlib.Path, **inputs: str) -> dict[str, str]:
        """The environment that a credential with these inputs makes."""
        (kind,) = self.kit["controller_credential_types"]
        tenant = {"tenant_id": self.lab.tenant.tenant_id, "client_id": self.lab.tenant.client_id}
        where = {name: self.lab.environment()[name] for name in ("EXO_API_URL", "EXO_AUTHORITY_URL", "EXO_CA_PATH")}
        return {**where, **awx_rules.injected(kind, {**tenant, **inputs}, place)}

    def job(self, name: str, answers: Values | None = None, artifacts: Values | None = None) -> Done:
        """Run the template ``Forced TLS: name`` with these answers, after jobs that left these artifacts."""
        template = named(self.kit["controller_templates"], f"Forced TLS: {name}")
        self.place.mkdir(exist_ok=True)
        arguments = ("--check",) if template["job_type"] == "check" else ()
        place = self.place / f"job{len(list(self.place.iterdir()))}"
        job = Job(place, {"localhost": self.inventory}, "--diff", *arguments, survey={})
        job.write("project", PLAYBOOK, (ROOT / template["playbook"]).read_text(encoding="utf-8"))
        job.write("project/vars", "sign_in.yml", (ROOT / "playbooks/vars/sign_in.yml").read_text(encoding="utf-8"))
        survey = awx_rules.answered(template["survey_spec"], answers or {})
        own = template.get("extra_vars", {})
        job.write("env", "extravars", awx_rules.extra_vars(own, {**survey, **(artifacts or {})}))
        certificate = pathlib.Path(self.lab.tenant.certificate_pem_path).read_text(encoding="utf-8")
        return job.run(self.sign_in(place / "env", certificate=certificate))

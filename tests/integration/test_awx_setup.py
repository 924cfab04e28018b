# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook awx_setup with the real modules of awx.awx, against a controller that keeps what it is given."""

from __future__ import annotations

import json
import pathlib
import subprocess

import yaml

from ansible_collections.mailflow.exchange_online.tests.integration import awx_controller, harness

ROOT = pathlib.Path(__file__).parents[2]
#: As somebody writes it, by the guide.
MINE = """\
awx_mail_recipients: [mail-security@example.com]
awx_schedules_enabled: true
awx_inventory_variables:
  forced_tls_partners_file: partners.yml
  forced_tls_report_dir: !unsafe "/var/lib/forced_tls/{{ inventory_hostname }}"
"""


def set_up(address: str, home: pathlib.Path) -> harness.Play:
    subprocess.run([str(ROOT / "tests" / "tools" / "awx_collection.sh")], check=True, timeout=300)
    collections = f"{ROOT / '.cache' / 'collections'}:{ROOT / '.cache' / 'awx'}"
    mine = home / "mine.yml"
    mine.write_text(MINE, encoding="utf-8")
    return harness.run_playbook(
        "mailflow.exchange_online.awx_setup",
        *("-e", f"@{mine}"),
        environment={
            "CONTROLLER_HOST": address,
            "CONTROLLER_OAUTH_TOKEN": awx_controller.TOKEN,
            "ANSIBLE_COLLECTIONS_PATH": collections,
            "ANSIBLE_PIPELINING": "true",
        },
        home=home,
    )


def test_the_kit_is_set_up_whole_and_a_second_time_changes_nothing(tmp_path: pathlib.Path) -> None:
    with awx_controller.serving() as (controller, address):
        first = set_up(address, tmp_path)
        assert first.rc == 0, first.text
        assert "WARNING" not in first.text
        check_workflow(controller)
        check_templates(controller)
        check_the_rest(controller)
        controller.writes.clear()
        again = set_up(address, tmp_path)
        assert (again.rc, again.recap()["changed"]) == (0, 0), again.text
        assert controller.writes == []


def check_workflow(controller: awx_controller.Controller) -> None:
    nodes = {node["identifier"]: node for node in controller.items["workflow_job_template_nodes"].values()}
    follows = {
        name: controller.linked("workflow_job_template_nodes", node, "success_nodes") for name, node in nodes.items()
    }
    assert follows == {"plan": ["approve"], "approve": ["provision"], "provision": []}
    runs = {
        name: (
            controller.items["workflow_approval_templates"].get(node["unified_job_template"])
            or controller.items["job_templates"][node["unified_job_template"]]
        )
        for name, node in nodes.items()
    }
    assert runs["plan"]["name"] == "Forced TLS: plan"
    assert runs["provision"]["name"] == "Forced TLS: provision"
    assert (runs["approve"]["name"], runs["approve"]["timeout"]) == ("Carry out the plan?", 259200)
    workflow = controller.named("workflow_job_templates", "Forced TLS: plan, approve, provision")
    assert workflow["allow_simultaneous"] is False
    asked = controller.survey("workflow_job_templates", workflow["name"])["spec"]
    assert [question["variable"] for question in asked] == ["forced_tls_partners_text", "forced_tls_allow_weaken"]
    mail = controller.linked("workflow_job_templates", workflow, "notification_templates_approvals")
    assert mail == ["Forced TLS: mail"]


def check_templates(controller: awx_controller.Controller) -> None:
    options = set(
        yaml.safe_load((ROOT / "roles/forced_tls/meta/argument_specs.yml").read_text())["argument_specs"]["main"][
            "options"
        ]
    )
    options |= {"forced_tls_break_glass", "forced_tls_rollback_run", "forced_tls_rollback_partners"}
    templates = {
        template["name"].partition(": ")[2]: template for template in controller.items["job_templates"].values()
    }
    assert sorted(templates) == ["drift", "gather", "plan", "provision", "report", "rollback", "validate"]
    for name, template in templates.items():
        assert (ROOT / template["playbook"]).is_file(), name
        assert template["allow_simultaneous"] is False
        assert template["job_slice_count"] == 1
        assert controller.linked("job_templates", template, "credentials") == ["Exchange Online"]
        survey = controller.survey("job_templates", template["name"])
        asked = {question["variable"] for question in survey.get("spec", [])}
        assert asked | json.loads(template.get("extra_vars", "{}")).keys() <= options, name
        assert template["survey_enabled"] is bool(survey)
    assert templates["drift"]["job_type"] == "check"
    assert json.loads(templates["drift"]["extra_vars"]) == {
        "forced_tls_fail_on": ["changes", "alert", "validation"],
        "forced_tls_blocked": True,
    }
    assert templates["provision"]["ask_job_type_on_launch"] is True


def check_the_rest(controller: awx_controller.Controller) -> None:
    kind = controller.named("credential_types", "Exchange Online")
    credential = controller.named("credentials", "Exchange Online")
    assert credential["credential_type"] == kind["id"]
    assert "inputs" not in credential, "what somebody has filled in would be overwritten"
    assert "{{ certificate" in kind["injectors"]["file"]["template.certificate"], "it reached AWX as a template"
    inventory = controller.named("inventories", "Forced TLS")
    assert json.loads(inventory["variables"]) == {
        "forced_tls_partners_file": "partners.yml",
        "forced_tls_report_dir": "/var/lib/forced_tls/{{ inventory_hostname }}",
    }
    assert controller.named("hosts", "localhost")["inventory"] == inventory["id"]
    schedules = controller.items["schedules"].values()
    assert [schedule["enabled"] for schedule in schedules] == [True, True]
    assert controller.named("notification_templates", "Forced TLS: mail")["notification_configuration"]["recipients"]

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kit for AWX at work: credentials that sign in, surveys that are lists, a plan that is handed on."""

from __future__ import annotations

import os
import pathlib
import re
import typing as t

import pytest
from cryptography.hazmat.primitives import serialization

from ansible_collections.mailflow.exchange_online.tests.integration import awx_kit, awx_rules
from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run
from ansible_collections.mailflow.exchange_online.tests.lab import Lab

Values = dict[str, t.Any]

NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
#: As a survey hands it over: pasted from a table, a mail and a note, with line ends of Windows.
TEXT = (
    "\ufeff# our partners\r\n\r\n- fabrikam.com;\tADATUM.com.\r\n"
    "Woodgrove Bank\uff1a woodgrovebank.com, *.woodgrovebank.com   # CHG0042\r\n"
    '"Miller, Bob" <bob@litware.example>\r\n'
)
#: Keys that infra.aap_configuration 3.0 reads of an item. Others are dropped there without a word.
READ_THERE = {
    "controller_credential_types": "name description kind inputs injectors",
    "controller_credentials": "name description organization credential_type inputs",
    "controller_execution_environments": "name description organization image pull",
    "controller_projects": "name description organization scm_type scm_url scm_branch scm_update_on_launch"
    " default_environment",
    "controller_inventories": "name description organization variables",
    "controller_hosts": "name description inventory enabled variables",
    "controller_templates": "name description organization project playbook inventory execution_environment credentials"
    " job_type ask_job_type_on_launch diff_mode allow_simultaneous job_slice_count extra_vars survey_enabled"
    " survey_spec notification_templates_success notification_templates_error",
    "controller_workflows": "name description organization inventory allow_simultaneous survey_enabled survey_spec"
    " notification_templates_approvals notification_templates_error simplified_workflow_nodes",
    "controller_schedules": "name description unified_job_template rrule enabled",
    "controller_notifications": "name description organization notification_type notification_configuration messages",
}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Values:
    return awx_kit.load(tmp_path_factory.mktemp("kit"), awx_mail_recipients=["mail-security@example.com"])


@pytest.fixture
def awx(kit: Values, lab: Lab, tmp_path: pathlib.Path) -> awx_kit.Awx:
    return awx_kit.Awx(kit, lab, tmp_path / "jobs")


# -- the data ----------------------------------------------------------------------------------------------------------


def test_the_lists_are_what_infra_aap_configuration_reads(kit: Values) -> None:
    assert kit.keys() == READ_THERE.keys()
    for name, items in kit.items():
        assert items
        for item in items:
            assert item.keys() <= set(READ_THERE[name].split()), name


def test_notifications_tell_what_the_role_left_and_nothing_where_it_left_nothing(kit: Values) -> None:
    (template,) = kit["controller_notifications"]
    messages = awx_rules.flat_messages(template["messages"])
    summary = {
        "line": "4 partners, 1 of them needs a decision",
        "held_partners": ["A", "B"],
        "decision_partners": ["C"],
    }
    subject, body = awx_rules.sent(messages["success"], artifacts={"forced_tls": summary})
    assert subject == "A job: 4 partners, 1 of them needs a decision"
    assert "Held back: A, B.\n" in body
    assert "To be decided: C.\n" in body
    subject, body = awx_rules.sent(messages["error"], artifacts={})
    assert subject == "A job has failed: see its output"
    assert "the last task of its output says what was wrong" in body
    _subject, body = awx_rules.sent(messages["approval running"])
    assert awx_rules.CONTEXT["workflow_url"] in body


# -- signing in --------------------------------------------------------------------------------------------------------


def encrypted(pem: str, passphrase: str) -> str:
    """The certificate, with its key under a passphrase."""
    key = serialization.load_pem_private_key(pem.encode(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    return locked.decode() + pem[pem.index("-----BEGIN CERTIFICATE") :]


@pytest.mark.parametrize("way", ["certificate", "passphrase", "token", "secret", "azure"])
def test_each_way_to_fill_in_a_credential_signs_in(
    way: str, awx: awx_kit.Awx, lab: Lab, run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = lab.tenant
    pem = pathlib.Path(tenant.certificate_pem_path).read_text(encoding="utf-8")
    ways = {
        "certificate": {"certificate": pem},
        "passphrase": {"certificate": encrypted(pem, "canary {{ 1 }}"), "certificate_passphrase": "canary {{ 1 }}"},
        "token": {"federated_token": pathlib.Path(tenant.federated_token_path).read_text(encoding="utf-8")},
        "secret": {"client_secret": tenant.client_secret},
    }
    environment = awx.sign_in(tmp_path, **ways.get(way, {}))
    if way == "azure":
        environment = {name: environment[name] for name in ("EXO_API_URL", "EXO_AUTHORITY_URL", "EXO_CA_PATH")}
        # What the type that AWX brings along makes; it insists on a subscription.
        environment |= {"AZURE_TENANT": tenant.tenant_id, "AZURE_CLIENT_ID": tenant.client_id}
        environment |= {"AZURE_SECRET": tenant.client_secret, "AZURE_SUBSCRIPTION_ID": NO_SUBSCRIPTION}
    for name in [name for name in os.environ if name.startswith(("EXO_", "AZURE_"))]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = run.module("connector_info", **dict.fromkeys(lab.connection()))
    assert result.get("tenant_id") == tenant.tenant_id, result
    (asked,) = lab.journal.tokens()
    shown = "client_secret" if way in ("secret", "azure") else "client_assertion"
    assert shown in asked.parameters[0], asked.parameters


# -- the workflow ------------------------------------------------------------------------------------------------------


def test_a_plan_is_handed_on_approved_and_carried_out_and_no_other(awx: awx_kit.Awx, lab: Lab) -> None:
    planned = awx.job("plan", {"forced_tls_partners_text": TEXT})
    assert planned.status == "successful", planned.text
    assert lab.journal.writes() == []
    plan = planned.handed_on["forced_tls_plans"]["localhost"]
    assert "0 held" in plan["lines"][0], "what the approver reads"
    assert "To do: 8 to create" in plan["lines"][1]
    assert "+++ after: outbound connector 'Forced TLS to Woodgrove Bank'" in re.sub(r"\x1b\[[\d;]*m", "", planned.text)

    other = awx.job("provision", {"forced_tls_partners_text": TEXT + "b.com"}, planned.handed_on)
    assert other.status == "failed"
    assert f"The plan is not the approved one ({plan['plan_id']}, forced_tls_plans.localhost)" in flat(other.text)
    no_tenant_of_it = {"forced_tls_plans": {"fabrikam": plan}}
    strange = awx.job("provision", {"forced_tls_partners_text": TEXT}, no_tenant_of_it)
    assert strange.status == "failed"
    assert "'forced_tls_plans.localhost' holds no plan of this release" in flat(strange.text)
    assert lab.journal.writes() == []

    done = awx.job("provision", {"forced_tls_partners_text": TEXT}, planned.handed_on)
    assert done.status == "successful", done.text
    assert sorted(connector["Name"] for connector in lab.tenant.outbound) == [
        "Forced TLS to Woodgrove Bank",
        "Forced TLS to adatum.com",
        "Forced TLS to fabrikam.com",
        "Forced TLS to litware.example",
    ]
    assert done.handed_on["forced_tls"]["plan_id"] == plan["plan_id"]


def test_without_an_answer_the_list_of_the_inventory_holds_and_drift_is_told(awx: awx_kit.Awx, lab: Lab) -> None:
    awx.inventory["forced_tls_partners"] = [
        "fabrikam.com",
        {"domains": ["adatum.com"], "state": "prepared", "enforce_from": "2020-01-01"},
    ]
    done = awx.job("drift")
    assert lab.journal.writes() == []
    assert done.handed_on["forced_tls"]["create"] == 4
    # Nothing is as the list says: the schedule's job fails, and mail is written.
    assert done.status == "failed"
    assert "4 connectors are not as the list says: Forced TLS to" in flat(done.text)


def test_lines_that_cannot_be_used_are_told_before_anything_is_sent(awx: awx_kit.Awx, lab: Lab) -> None:
    done = awx.job("provision", {"forced_tls_partners_text": "fabrikam.com\r\n\tfoo;\r\nBank:\r\n"})
    assert done.status == "failed"
    assert "Line 2 (foo): domains 'foo' is a single label; give the whole domain" in flat(done.text)
    assert "Line 3: no domain stands behind 'Bank:'; write one." in flat(done.text)
    assert lab.journal.entries == []


def test_a_list_that_no_answer_can_replace_is_refused_beside_one(lab: Lab, run: Run) -> None:
    both = {"forced_tls_partners": ["fabrikam.com"], "forced_tls_partners_text": "adatum.com"}
    done = run.playbook("mailflow.exchange_online.provision", **both)
    assert done.rc == 2
    assert "forced_tls_partners and forced_tls_partners_text are both given" in flat(done.text)
    assert lab.journal.entries == []


def flat(text: str) -> str:
    return " ".join(re.sub(r"\x1b\[[\d;]*m", "", text).split())

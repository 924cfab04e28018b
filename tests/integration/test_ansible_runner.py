# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook provision as a job of AWX: by ansible-runner, from a private data directory, also across its mesh."""

from __future__ import annotations

import json
import pathlib
import time
import typing as t

from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.mailflow.exchange_online.tests.integration.kills import end_all_below, standing
from ansible_collections.mailflow.exchange_online.tests.integration.runner import CREDENTIAL, PLAYBOOK, Done, Job
from ansible_collections.mailflow.exchange_online.tests.lab import Lab

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.lab.pytest_plugin import MakeLab

HOST = "contoso"
PARTNERS = ["fabrikam.com", {"name": "Adatum", "domains": ["adatum.com"], "outbound": {"level": "encryption_only"}}]
SURVEY = {"forced_tls_partners": PARTNERS}
Values = dict[str, t.Any]


def changed(done: Done) -> int:
    return sum(done.stats["changed"].values())


# -- one job after another ---------------------------------------------------------------------------------------------


def test_a_job_and_the_next_one(lab: Lab, tmp_path: pathlib.Path) -> None:
    first = Job(tmp_path / "first", {HOST: {}}, "--diff", survey=SURVEY).run(lab.environment())
    assert_made(first, lab)
    before = standing(lab)
    again = Job(tmp_path / "again", {HOST: {}}, "--diff", survey=SURVEY).run(lab.environment())
    assert (again.status, changed(again), len(lab.journal.writes())) == ("successful", 0, 4)
    assert standing(lab) == before
    told = again.handed_on["forced_tls"]
    assert (told["enforced"], told["create"]) == (2, 0)


def test_a_job_across_the_mesh(lab: Lab, tmp_path: pathlib.Path) -> None:
    """Transmitted, worked on and processed by three commands: it comes to the same, and the node keeps nothing."""
    done = Job(tmp_path / "job", {HOST: {}}, "--diff", survey=SURVEY).stream(lab.environment(), tmp_path / "back")
    assert_made(done, lab)


def assert_made(done: Done, lab: Lab) -> None:
    """Both partners are enforced, and the job says so to those that follow it."""
    assert done.status == "successful", done.text
    assert (changed(done), len(lab.journal.writes())) == (1, 4)
    assert {name: record["Enabled"] for name, record in standing(lab).items()} == {
        "inbound Forced TLS from Adatum": True,
        "inbound Forced TLS from fabrikam.com": True,
        "outbound Forced TLS to Adatum": True,
        "outbound Forced TLS to fabrikam.com": True,
    }
    assert "WARNING" not in done.text
    told = done.handed_on["forced_tls"]
    assert (told["tenant_id"], told["enforced"], told["create"]) == (lab.tenant.tenant_id, 2, 4)


# -- secrets -----------------------------------------------------------------------------------------------------------

WRONG = "canary-that-is-no-secret-of-the-app"


def four_ways_in(lab: Lab) -> tuple[dict[str, Values], Values, dict[str, str], list[str]]:
    """Four tenants: a secret, a certificate with a passphrase, a ready token, and a secret that is wrong.

    The hosts of the inventory, the variables and the environment that credentials bring, and the secrets.
    """
    by_secret, by_certificate, by_token, by_wrong = lab.tenants.values()
    token = by_token.issue_token()
    where = {f"exo_{name}": getattr(lab, name) for name in ("authority_url", "api_url", "ca_path")}
    apps = {
        tenant.domain: {"exo_tenant_id": tenant.tenant_id, "exo_client_id": tenant.client_id, **where}
        for tenant in lab.tenants.values()
    }
    from_environment = "{{ lookup('ansible.builtin.env', '%s') }}"
    apps[by_secret.domain]["exo_client_secret"] = "{{ contoso_secret }}"
    apps[by_certificate.domain] |= {
        "exo_certificate_path": by_certificate.pfx_path,
        "exo_certificate_passphrase": from_environment % "FABRIKAM_PASSPHRASE",
    }
    apps[by_token.domain]["exo_access_token"] = from_environment % "ADATUM_TOKEN"
    apps[by_wrong.domain]["exo_client_secret"] = "{{ litware_secret }}"
    variables = {"contoso_secret": by_secret.client_secret, "litware_secret": WRONG}
    environment = {"FABRIKAM_PASSPHRASE": by_certificate.pfx_passphrase, "ADATUM_TOKEN": token}
    return apps, variables, environment, [*variables.values(), *environment.values()]


def test_no_secret_in_what_a_job_leaves(make_lab: MakeLab, tmp_path: pathlib.Path) -> None:
    """At the highest verbosity, in events, reports and everything else below the private data directory.

    Left out are ``env``, which is what the job was given, and of the file ``command`` the environment: ansible-runner
    writes that down as it was given, whatever runs. AWX shows it with the values of credentials masked, and removes
    the whole directory when the job has ended.
    """
    lab = make_lab({"tenants": [{}, {}, {}, {}]})
    hosts, variables, environment, secrets = four_ways_in(lab)
    job = Job(tmp_path / "job", hosts, "-vvvv", "--diff", survey=SURVEY, credential=variables)
    done = job.run(environment)
    *good, wrong = lab.tenants.values()
    assert done.status == "failed", done.text
    assert done.stats["failures"] == {wrong.domain: 1}, done.text
    assert [len(tenant.outbound) for tenant in (*good, wrong)] == [2, 2, 2, 0]
    assert any(event["event"] == "verbose" for event in done.events)

    assert {file.name for file in (job.place / "env").iterdir()} == {"cmdline", "extravars", "settings", CREDENTIAL}
    command = done.artifacts / "command"
    told = json.loads(command.read_text(encoding="utf-8"))
    assert set(told) == {"command", "cwd", "env"}
    del told["env"]
    command.write_text(json.dumps(told), encoding="utf-8")
    secrets += lab.issued_tokens()
    assert min(len(secret) for secret in secrets) > 10
    files = [file for place in (job.place, job.home) for file in place.rglob("*") if file.is_file()]
    left = [file for file in files if file.parent != job.place / "env"]
    assert {"report.html", "command", "rc"} <= {file.name for file in left}
    assert [file for file in left if any(secret.encode() in file.read_bytes() for secret in secrets)] == []


#: A play of the project's own: what lies in group_vars beside it is not read for a playbook that it imports.
OWN_PLAY = """
- name: Force TLS with our partners
  hosts: all
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  module_defaults:
    group/mailflow.exchange_online.exchange:
      client_secret: "{{ vault_client_secret }}"
  roles:
    - role: mailflow.exchange_online.forced_tls
"""


def test_a_vault_is_opened_with_the_password_of_the_job(lab: Lab, tmp_path: pathlib.Path) -> None:
    password = "canary-that-opens-the-vault"
    vault = VaultLib([("default", VaultSecret(password.encode()))])
    environment = lab.environment()
    secret = {"vault_client_secret": environment.pop("EXO_CLIENT_SECRET")}
    job = Job(tmp_path / "job", {HOST: {}}, "--ask-vault-pass", "-vvvv", survey=SURVEY)
    job.write("project", PLAYBOOK, OWN_PLAY)
    job.write("project", "group_vars/all/vault.yml", vault.encrypt(json.dumps(secret)).decode())
    job.write("env", "passwords", json.dumps({r"Vault password:\s*?$": password}))
    done = job.run(environment)
    assert (done.status, changed(done)) == ("successful", 1), done.text
    assert len(lab.tenant.outbound) == 2
    left = [file for file in done.artifacts.rglob("*") if file.is_file()]
    canaries = [password, *secret.values()]
    assert [file for file in left if any(canary.encode() in file.read_bytes() for canary in canaries)] == []


# -- a job that somebody cancels ---------------------------------------------------------------------------------------

#: Seconds that each request takes while the job is cancelled: one write after the other, it would go on for nine more.
LATENCY = 1.0
CROWD = [f"partner{number}.example" for number in range(6)]


def test_a_cancelled_job_is_made_good_by_the_next(lab: Lab, tmp_path: pathlib.Path) -> None:
    """ansible-runner ends the processes that it knows; the others end with their container, which is played here."""
    survey = {"forced_tls_partners": CROWD, "forced_tls_batch_size": 1, "forced_tls_report": False}
    environment = {**lab.environment(), "EXO_CONCURRENCY": "1"}
    undisturbed = Job(tmp_path / "undisturbed", {HOST: {}}, survey=survey).run(environment)
    assert undisturbed.status == "successful", undisturbed.text
    end = standing(lab)
    assert len(end) == 2 * len(CROWD)

    def third_write_seen() -> bool:
        if len(lab.journal.writes()) < 3:
            return False
        lab.latency = LATENCY
        return True

    lab.reset()
    lab.latency = LATENCY / 10
    job = Job(tmp_path / "cancelled", {HOST: {}}, survey=survey)
    cancelled = job.run(environment, cancel_when=third_write_seen)
    end_all_below(job.home)
    time.sleep(2 * LATENCY)  # what was under way is carried out by then
    assert cancelled.status == "canceled", cancelled.text
    assert 3 <= len(standing(lab)) < len(end)

    lab.latency = 0
    again = Job(tmp_path / "again", {HOST: {}}, survey=survey).run(environment)
    assert (again.status, changed(again)) == ("successful", 1), again.text
    assert standing(lab) == end
    assert len(lab.tenant.outbound) == len(lab.tenant.inbound) == len(CROWD)

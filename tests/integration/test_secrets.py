# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets in what a real run prints and leaves behind, at the highest verbosity."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/mailflow.exchange_online.exchange: "{{ sign_in }}"
  tasks:
    - mailflow.exchange_online.connectors:
        connectors:
          - {name: to adatum, direction: outbound, recipient_domains: [adatum.com], tls_settings: encryption_only}
      register: made
    - mailflow.exchange_online.tls_validation:
        connectors: [{name: to adatum, recipients: [it@adatum.com]}]
        fail_on: never
    - mailflow.exchange_online.connector_info:
    - ansible.builtin.debug:
        var: made
    - mailflow.exchange_online.connector:
        name: to nobody
        direction: outbound
        recipient_domains: [contoso.example]
      ignore_errors: true
"""


def ways_to_sign_in(run: Run, tmp_path: pathlib.Path) -> dict[str, tuple[dict[str, str], str]]:
    """Options of each way, and the secret in it."""
    tenant = run.lab.tenant
    where = {key: value for key, value in run.lab.connection().items() if key != "client_secret"}
    canary = "canary-that-is-no-secret-of-the-app"
    token = tenant.issue_token()
    federated = pathlib.Path(tenant.federated_token_path)
    return {
        "secret": ({**where, "client_secret": tenant.client_secret}, tenant.client_secret),
        "wrong secret": ({**where, "client_secret": canary}, canary),
        "pfx": (
            {**where, "certificate_path": tenant.pfx_path, "certificate_passphrase": tenant.pfx_passphrase},
            tenant.pfx_passphrase,
        ),
        "wrong passphrase": (
            {**where, "certificate_path": tenant.pfx_path, "certificate_passphrase": canary},
            canary,
        ),
        "ready token": ({**where, "access_token": token}, token),
        "federated token": ({**where, "federated_token_file": str(federated)}, federated.read_text()),
    }


@pytest.mark.parametrize(
    ("way", "here"),
    [
        *(
            (way, True)
            for way in ("secret", "wrong secret", "pfx", "wrong passphrase", "ready token", "federated token")
        ),
        *((way, False) for way in ("wrong secret", "pfx", "ready token")),
    ],
)
def test_no_secret_in_output_or_files(way: str, here: bool, run: Run, tmp_path: pathlib.Path) -> None:
    """``here``: inside the controller, otherwise as modules."""
    playbook = tmp_path / "play.yml"
    playbook.write_text(PLAYBOOK)
    options, secret = ways_to_sign_in(run, tmp_path)[way]
    # As a file, because the command line is something ansible-playbook itself prints.
    variables = tmp_path / "vars.yml"
    variables.write_text(f"sign_in: {options}\nexo_in_controller: {here}\n")
    play = run.bare_playbook(playbook, "-vvvv", "--diff", "-e", f"@{variables}")
    variables.unlink()
    assert "PLAY RECAP" in play.stdout
    assert ("plugins/modules/connectors.py" in play.stdout) == (not here)
    assert (play.rc == 0) == ("wrong" not in way), play.text
    assert len(secret) > 10
    secrets = [secret, *run.lab.issued_tokens()]
    assert [place for place in (play.stdout, play.stderr) if any(text in place for text in secrets)] == []
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left
    assert [path for path in left if any(text.encode() in path.read_bytes() for text in secrets)] == []
    assert "Traceback" not in play.text
    assert "[WARNING]" not in play.text

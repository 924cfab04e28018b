# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Exchange modules inside the controller: a playbook cannot tell the difference, but for the time it takes.

That one program gives the same results in both ways is held by the files that import ``both_ways``; here it is what
lies around the program: the task's environment, the working directory, templates, loops, output.
"""

from __future__ import annotations

import base64
import json
import pathlib
import re
import sys
import typing as t

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.mailflow.exchange_online.tests.integration import harness

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run

#: An interpreter that is not there: what needs it is a module.
NOWHERE = "/nonexistent/python"

TASKS = """
- hosts: localhost
  gather_facts: false
  environment:
    EXO_TENANT_ID: "{{ sign_in.tenant_id }}"
    EXO_CLIENT_ID: not the one that counts
    EXO_RETRIES: 3
  module_defaults:
    group/mailflow.exchange_online.exchange:
      certificate_path: certificates/app.pem
      ca_path: certificates/ca.pem
      api_url: "{{ sign_in.api_url }}"
      authority_url: "{{ sign_in.authority_url }}"
  vars:
    domain: adatum.com
    wished:
      - name: To {{ domain }}
        direction: outbound
        recipient_domains: ["{{ domain }}"]
        tls_settings: encryption_only
        comment: "{% raw %}{{ not a template }}{% endraw %}"
  tasks:
    - environment:
        EXO_CLIENT_ID: "{{ sign_in.client_id }}"
      block:
        - name: check
          mailflow.exchange_online.connectors:
            connectors: "{{ wished }}"
          check_mode: true
          register: check
        - name: apply
          mailflow.exchange_online.connectors:
            connectors: "{{ wished }}"
          register: apply
        - name: again
          mailflow.exchange_online.connectors:
            connectors: "{{ wished }}"
          register: again
        - name: loop
          mailflow.exchange_online.connector:
            name: To {{ item }}
            direction: outbound
            recipient_domains: ["{{ item }}"]
            tls_settings: opportunistic
          environment:
            EXO_BATCH_SIZE: "{{ 1 if item == 'fabrikam.com' else 99 }}"
          loop: [fabrikam.com, contoso.com]
          register: loop
          ignore_errors: true
        - name: info
          mailflow.exchange_online.connector_info:
            name: "{{ omit }}"
          delegate_to: localhost
          register: info
        - name: unknown option
          mailflow.exchange_online.connector_info:
            colour: red
          register: unknown
          ignore_errors: true
        - name: wrong kind
          mailflow.exchange_online.connector_info:
            timeout: soon
          register: kind
          ignore_errors: true
        - name: wrong secret
          mailflow.exchange_online.connector_info:
            certificate_path: "{{ omit }}"
            client_secret: wrong-secret-that-nobody-knows
          register: secret
          ignore_errors: true
        - name: validate
          mailflow.exchange_online.tls_validation:
            connectors: [{name: "To {{ domain }}", recipients: ["it@{{ domain }}"]}]
            fail_on: never
          check_mode: true
          register: validate
    - name: not signed in, for the environment of the block is over
      mailflow.exchange_online.connector_info:
      register: outside
      ignore_errors: true
    - ansible.builtin.debug:
        msg: "results: {{ dict(names | zip(names | map('extract', vars))) | to_json | b64encode }}"
      vars:
        names: [check, apply, again, loop, info, unknown, kind, secret, validate, outside]
"""


def results(run: Run, *arguments: str, **variables: t.Any) -> tuple[dict[str, t.Any], harness.Play]:
    """What the tasks registered, without what differs between two runs anyhow."""
    tenant, where = run.lab.tenant, run.lab.connection()
    site = run.home / "site"
    (site / "certificates").mkdir(parents=True, exist_ok=True)
    (site / "certificates" / "app.pem").write_bytes(pathlib.Path(tenant.certificate_pem_path).read_bytes())
    (site / "certificates" / "ca.pem").write_bytes(pathlib.Path(where["ca_path"]).read_bytes())
    (site / "play.yml").write_text(TASKS)
    sign_in = {name: where[name] for name in ("tenant_id", "client_id", "api_url", "authority_url")}
    given = {"sign_in": sign_in, **variables}
    play = harness.run_playbook(site / "play.yml", *arguments, environment={}, variables=given, home=run.home)
    assert play.rc == 0, play.text
    (found,) = re.findall(r'"results: ([\w+/=]+)"', play.stdout)
    text = base64.b64decode(found).decode()
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "GUID", text)
    text = re.sub(r'"plan_id": "[0-9a-f]{32}"', '"plan_id": "PLAN"', text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?", "TIME", text)
    return json.loads(text), play


def requests(run: Run) -> list[str]:
    """What was asked of the admin API; reads go side by side, in any order."""
    return sorted(json.dumps([entry.cmdlets, entry.parameters], sort_keys=True) for entry in run.lab.journal.admin())


def test_a_playbook_sees_the_same_in_both_ways(run: Run) -> None:
    here, play = results(run, "-vvv", "-e", f"ansible_python_interpreter={NOWHERE}")
    assert "Using module file" not in "".join(line for line in play.stdout.splitlines() if "exchange_online" in line)
    sent = requests(run)
    run.lab.reset()
    there, _play = results(run, exo_in_controller=False)
    assert requests(run) == sent
    assert here == there
    assert (here["check"]["changed"], here["apply"]["changed"], here["again"]["changed"]) == (True, True, False)
    assert here["info"]["connectors"][0]["comment"] == "{{ not a template }}"
    assert [item["failed"] for item in here["loop"]["results"]] == [False, True]
    assert "batch_size" in here["loop"]["results"][1]["msg"]
    assert "colour" in here["unknown"]["msg"]
    assert "wrong-secret-that-nobody-knows" not in json.dumps([here, there])
    assert [here[name]["failed"] for name in ("kind", "secret", "outside")] == [True, True, True]


def test_what_needs_a_module_runs_as_one(run: Run, tmp_path: pathlib.Path) -> None:
    """In the background, and where somebody says so; the interpreter that is not there tells."""
    playbook = tmp_path / "play.yml"
    playbook.write_text(
        "- hosts: localhost\n  gather_facts: false\n  tasks:\n"
        "    - mailflow.exchange_online.connector_info:\n      register: info\n"
        "    - mailflow.exchange_online.connector_info:\n"
        "      async: 60\n      poll: 1\n      register: background\n"
        "    - ansible.builtin.debug:\n        msg: 'both: {{ info.requests }} {{ background.requests }}'\n"
    )
    for arguments in ([], ["-e", "exo_in_controller=false"]):
        assert "both: 5 5" in run.playbook(playbook, *arguments, ansible_async_dir=str(tmp_path / "jobs")).stdout
    switched = run.playbook(playbook, "-e", f"ansible_python_interpreter={NOWHERE}", "-e", "exo_in_controller=no")
    assert switched.recap()["ok"] == 0
    background = run.playbook(playbook, "-e", f"ansible_python_interpreter={NOWHERE}")
    assert (background.recap()["ok"], background.recap()["failed"]) == (1, 1)


@pytest.mark.parametrize("reason", ["", "become", "connection", "platform", "switch"])
def test_it_stays_out_of_the_controller_for_a_reason(reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"exo_in_controller": "no" if reason == "switch" else True}
    action = harness.make_action("connector_info", {}, **variables)
    if reason == "become":
        action._connection.become = object()
    elif reason == "connection":
        action._connection.transport = "ssh"
    elif reason == "platform":
        monkeypatch.setattr(sys, "platform", "darwin")
    assert action._may_run_here(variables) is (not reason)


@pytest.mark.parametrize("again", [{}, {"until": ["found"]}, {"retries": 3}], ids=str)
def test_long_arguments_do_not_travel_back(again: dict[str, t.Any]) -> None:
    """Unless the task may be tried again with them."""
    given = {"owner": "somebody", "connectors": [{"name": "To adatum.com"}]}
    action = harness.make_action("connectors", dict(given))
    for keyword, value in again.items():
        setattr(action._task, keyword, value)
    assert action.run(task_vars={})["failed"]
    assert action._task.args == (given if again else {"owner": "somebody"})


def test_a_switch_that_cannot_be_read_is_named() -> None:
    with pytest.raises(AnsibleActionFail, match="exo_in_controller is 'perhaps'; give true or false"):
        harness.make_action("connector_info", {}).run(task_vars={"exo_in_controller": "perhaps"})


@pytest.mark.parametrize("missing", ["msal", "requests"])
def test_without_the_libraries_here_the_module_may_have_them(missing: str, run: Run, tmp_path: pathlib.Path) -> None:
    """The controller finds a library that cannot be loaded; the module's interpreter has its own."""
    (tmp_path / "hidden" / missing).mkdir(parents=True)
    (tmp_path / "hidden" / missing / "__init__.py").write_text("raise ImportError('not in this environment')\n")
    playbook = tmp_path / "play.yml"
    playbook.write_text(
        "- hosts: localhost\n  gather_facts: false\n"
        "  environment: {PYTHONPATH: ''}\n  tasks:\n    - mailflow.exchange_online.connector_info:\n"
    )
    play = harness.run_playbook(
        playbook, environment={**run.lab.environment(), "PYTHONPATH": str(tmp_path / "hidden")}, home=tmp_path
    )
    assert play.recap()["ok"] == 1, play.text
    switched = harness.run_playbook(
        playbook,
        *("-e", f"ansible_python_interpreter={NOWHERE}"),
        environment={**run.lab.environment(), "PYTHONPATH": str(tmp_path / "hidden")},
        home=tmp_path,
    )
    assert switched.recap()["failed"] == 1


def test_long_steps_tell_how_far_they_are(run: Run, tmp_path: pathlib.Path) -> None:
    """Sixty writes of 200 ms, one at a time: twelve seconds, and a line is due after ten."""
    playbook = tmp_path / "play.yml"
    names = [f"partner{number}.example" for number in range(60)]
    wished = [
        {"name": f"To {name}", "direction": "outbound", "recipient_domains": [name], "tls_settings": "encryption_only"}
        for name in names
    ]
    playbook.write_text(
        "- hosts: localhost\n  gather_facts: false\n  tasks:\n"
        "    - mailflow.exchange_online.connectors:\n        connectors: '{{ wished }}'\n        concurrency: 1\n"
    )
    run.lab.latency = 0.2
    play = run.playbook(playbook, wished=wished)
    assert play.rc == 0, play.text
    told = re.findall(r"^\[localhost\] Writing connectors: (\d+) of 60 done$", play.stdout, re.MULTILINE)
    assert len(told) == 1
    assert 20 < int(told[0]) < 60
    as_module = run.playbook(playbook, "-e", "exo_in_controller=false", wished=wished)
    assert "of 60 done" not in as_module.stdout


def test_the_libraries_are_loaded_before_the_forks(run: Run, tmp_path: pathlib.Path) -> None:
    """A callback runs in Ansible's main process, and looks there when the play is over."""
    (tmp_path / "callback_plugins").mkdir()
    (tmp_path / "callback_plugins" / "looker.py").write_text(
        "import sys\nfrom ansible.plugins.callback import CallbackBase\n"
        "class CallbackModule(CallbackBase):\n"
        "    CALLBACK_VERSION = 2.0\n    CALLBACK_TYPE = 'notification'\n    CALLBACK_NAME = 'looker'\n"
        "    def v2_playbook_on_stats(self, stats):\n"
        "        self._display.display('loaded: %s' % sorted({'msal', 'requests'} & set(sys.modules)))\n"
    )
    playbook = tmp_path / "play.yml"
    playbook.write_text(
        "- hosts: localhost\n  gather_facts: false\n  tasks: [{mailflow.exchange_online.connector_info: }]\n"
    )
    play = run.playbook(playbook)
    assert play.rc == 0, play.text
    assert "loaded: ['msal', 'requests']" in play.stdout

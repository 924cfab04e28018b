# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible has to do for a tenant in which nothing is to be done: a worker for each task, and results to carry.

``make bench`` has the seconds; here is what they come from, in counts that hold on every machine.
"""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration.harness import Play, run_playbook
from ansible_collections.mailflow.exchange_online.tests.lab import Lab

PARTNERS = 40
#: A result that tells of each partner has more; what is handed over besides is some hundred characters in all.
A_PARTNER = 60

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  roles:
    - role: mailflow.exchange_online.forced_tls
"""
#: Writes down how long the result of each task is, and whether it was skipped. The display is not slowed down by it.
CALLBACK = """
import json
from ansible.plugins.callback import CallbackBase
class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'notification'
    CALLBACK_NAME = 'carried'
    def _note(self, result, skipped=False):
        text = json.dumps(result._result, default=str)
        with open('carried.json', 'a') as file:
            file.write(json.dumps([result._task.get_name().split(' : ')[-1], skipped, len(text)]) + '\\n')
    def v2_runner_on_ok(self, result):
        self._note(result)
    def v2_runner_on_skipped(self, result):
        self._note(result, True)
"""


class Carried(t.NamedTuple):
    task: str
    skipped: bool
    length: int


class Tenant:
    """The role on a tenant, run after run."""

    def __init__(self, lab: Lab, home: pathlib.Path) -> None:
        self._lab, self._home = lab, home
        (home / "callback_plugins").mkdir()
        (home / "callback_plugins" / "carried.py").write_text(CALLBACK, encoding="utf-8")
        (home / "play.yml").write_text(PLAYBOOK, encoding="utf-8")

    def run(self, *arguments: str, **options: object) -> tuple[Play, list[Carried]]:
        variables = {
            "forced_tls_partners": [f"partner{number:02d}.example" for number in range(PARTNERS)],
            "forced_tls_probe": False,
            "forced_tls_report_dir": str(self._home / "report"),
            "forced_tls_batch_size": 10,
            **{f"forced_tls_{name}": value for name, value in options.items()},
        }
        notes = self._home / "carried.json"
        notes.unlink(missing_ok=True)
        play = run_playbook(
            self._home / "play.yml",
            *arguments,
            environment=self._lab.environment(),
            variables=variables,
            home=self._home,
        )
        assert play.rc == 0, play.text
        return play, [Carried(*json.loads(line)) for line in notes.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Tenant]:
    """One in which all connectors stand."""
    with Lab() as lab:
        found = Tenant(lab, tmp_path_factory.mktemp("cost"))
        play, _carried = found.run(report=False)
        assert play.recap()["changed"] == 1
        yield found


def large(carried: list[Carried]) -> list[str]:
    """The tasks whose result tells of each partner."""
    return [each.task for each in carried if each.length > PARTNERS * A_PARTNER]


@pytest.mark.parametrize("check", [(), ("--check",)], ids=["run", "check"])
def test_what_is_as_long_as_the_list_is_carried_once(tenant: Tenant, check: tuple[str, ...]) -> None:
    """What was read, the plan that was made of it, and what became of the connectors. The end is not planned anew."""
    play, carried = tenant.run(*check, report=False)
    assert play.recap()["changed"] == 0
    assert large(carried) == [
        "plan | Read what stands in Exchange",
        "plan | Work out who is enforced, who is held back, and what changes",
        "apply | Work out what was done",
    ]


@pytest.mark.parametrize(("report", "most"), [(False, 42), (True, 47)])
def test_nothing_to_do_takes_few_tasks(tenant: Tenant, report: bool, most: int) -> None:
    """Each of them is a process, also where it is skipped; and there are as many for each tenant."""
    _play, carried = tenant.run(report=report)
    assert len(carried) <= most

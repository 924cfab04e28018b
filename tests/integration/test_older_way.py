# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways in which people have always run roles: defaults by group, tags, delegation, proxies, and every core."""

from __future__ import annotations

import json
import os
import pathlib
import re
import select
import socket
import socketserver
import subprocess
import sys
import threading
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.integration.tenants import (
    COLLECTION,
    Estate,
    ended,
    seed,
    sentence,
)
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run
    from ansible_collections.mailflow.exchange_online.tests.lab import Lab
    from ansible_collections.mailflow.exchange_online.tests.lab.pytest_plugin import MakeLab

ROLE = f"{COLLECTION}.forced_tls"
PROVISION = f"{COLLECTION}.provision"
QUIET = {"forced_tls_probe": False, "forced_tls_report": False}


def write(path: pathlib.Path, *plays: dict[str, t.Any]) -> pathlib.Path:
    path.write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, **play} for play in plays]), encoding="utf-8"
    )
    return path


def test_defaults_of_the_group_reach_a_role_however_it_is_called(lab: Lab, run: Run, tmp_path: pathlib.Path) -> None:
    """And a play can be begun at any task of its own, as after a failure."""
    group = {f"group/{COLLECTION}.exchange": lab.connection()}
    tasks = [
        {"name": "Not this", "ansible.builtin.fail": {"msg": "begun too early"}},
        {
            "name": "Force TLS with one",
            "ansible.builtin.include_role": {"name": ROLE},
            "vars": {**QUIET, "forced_tls_partners": ["fabrikam.com"]},
        },
        {
            "name": "Force TLS with two",
            "ansible.builtin.import_role": {"name": ROLE},
            "vars": {**QUIET, "forced_tls_partners": ["fabrikam.com", "contoso.com"]},
        },
        {f"{COLLECTION}.connector_info": {}, "register": "found"},
        {"ansible.builtin.debug": {"msg": "found {{ found.connectors | map(attribute='name') | sort | join(', ') }}."}},
    ]
    playbook = write(tmp_path / "play.yml", {"module_defaults": group, "tasks": tasks})
    play = run.bare_playbook(playbook, "--start-at-task", "Force TLS with one")
    assert play.rc == 0, play.text
    names = [f"Forced TLS {way} {domain}" for way in ("from", "to") for domain in ("contoso.com", "fabrikam.com")]
    assert f"found {', '.join(names)}." in " ".join(play.stdout.split())
    assert play.recap()["changed"] == 2


def test_tags_and_a_start_in_the_middle_never_write_by_accident(lab: Lab, run: Run) -> None:
    usual = {**QUIET, "forced_tls_partners": ["fabrikam.com"]}
    checked = run.bare_playbook(PROVISION, "--tags", "forced_tls_check", "-e", json.dumps(usual))
    assert checked.rc == 0, checked.text
    assert "1 enforced, 0 held" in checked.stdout
    planned = run.playbook(PROVISION, "--tags", "forced_tls_plan", **usual)
    assert planned.rc == 0, planned.text
    assert "To do: 2 to create" in planned.stdout
    told = run.playbook(PROVISION, "--tags", "forced_tls_report", **{**usual, "forced_tls_report": True})
    assert told.rc == 0, told.text
    assert "report.html (1 partner, 0 of them need a decision)" in " ".join(told.stdout.split())
    skipped = run.playbook(PROVISION, "--skip-tags", "forced_tls_apply,forced_tls_validate", **usual)
    assert skipped.rc == 0, skipped.text
    middle = run.playbook(PROVISION, "--start-at-task", "plan | Read what stands in Exchange", **usual)
    assert middle.rc == 2, middle.text
    assert "The role was begun in its middle (--start-at-task)" in " ".join(middle.text.split())
    assert lab.journal.writes() == []

    applied = run.playbook(PROVISION, "--tags", "forced_tls_plan,forced_tls_apply", **usual)
    assert applied.rc == 0, applied.text
    assert len(lab.journal.writes()) == 2


#: Takes the place of ssh: runs the command on this machine, and notes it.
SSH = """#!/bin/sh
for last; do :; done
printf '%s\\n' "$last" >> "$0.log"
exec sh -c "$last"
"""


#: A Python that is known on that host alone.
PYTHON = """#!/bin/sh
printf '%s\\n' "$*" >> "$0.log"
exec {python} "$@"
"""


def test_the_probe_alone_runs_on_another_host(make_lab: MakeLab, tmp_path: pathlib.Path) -> None:
    ssh, python = tmp_path / "ssh", tmp_path / "python-there"
    for path, content in ((ssh, SSH), (python, PYTHON.format(python=sys.executable))):
        path.write_text(content, encoding="utf-8")
        path.chmod(0o700)
    with PartnerWorld(["a_good"]) as world:
        estate = Estate(make_lab(seed("contoso")), tmp_path, shared=["a-good.test"])
        estate.add(
            "contoso",
            forced_tls_partners_own=[],
            forced_tls_probe=True,
            forced_tls_probe_from="outpost",
            forced_tls_probe_options=world.module_options(),
        )
        variables = {"connection": "ssh", "ssh_executable": str(ssh), "ssh_transfer_method": "piped"}
        variables |= {"remote_tmp": str(tmp_path / "there"), "python_interpreter": str(python)}
        estate.inventory(outpost={f"ansible_{key}": value for key, value in variables.items()})
        play = estate.run(PROVISION, interpreter=None)
    assert ended(play, "contoso") == {"contoso": "ok"}, play.text
    assert "AnsiballZ_partner_tls_info" in pathlib.Path(f"{python}.log").read_text(encoding="utf-8")
    assert "1 looked at from outpost: 1 ready" in " ".join(play.stdout.split())
    assert len(estate.lab.journal.writes()) == 2
    there = pathlib.Path(f"{ssh}.log").read_text(encoding="utf-8")
    assert set(re.findall(r"AnsiballZ_(\w+)\.py", there)) == {"partner_tls_info"}


class ConnectProxy(socketserver.ThreadingTCPServer):
    """An HTTP proxy that only tunnels; ``leads`` says where a host and port lead to, None refuses them all."""

    daemon_threads = True

    def __init__(self, leads: dict[str, str] | None) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.leads = leads
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://somebody:hush-hush@127.0.0.1:{self.server_address[1]}"

    def __exit__(self, *problem: object) -> None:
        self.shutdown()
        super().__exit__(*problem)


class _Tunnel(socketserver.StreamRequestHandler):
    server: ConnectProxy

    def handle(self) -> None:
        place = self.rfile.readline().split()[1].decode()
        while self.rfile.readline().strip():
            pass
        self.server.asked.append(place)
        if self.server.leads is None:
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        host, _colon, port = self.server.leads.get(place, place).rpartition(":")
        with socket.create_connection((host, int(port)), 10) as there:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ends = {self.connection: there, there: self.connection}
            while True:
                for end in select.select(list(ends), [], [], 30)[0] or [None]:
                    data = b"" if end is None else end.recv(65536)
                    if end is None or not data:
                        return
                    ends[end].sendall(data)


def unused() -> str:
    """An address on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{one.getsockname()[1]}"


def test_a_proxy_is_used_left_out_and_told(lab: Lab, run: Run, tmp_path: pathlib.Path) -> None:
    real = lab.connection()
    dead = {name: unused() for name in ("api_url", "authority_url")}
    # Only the proxy knows where these addresses lead to, so whatever arrives went through it.
    through = {**real, **{name: f"https://{place}" for name, place in dead.items()}}
    leads = {place: real[name].removeprefix("https://") for name, place in dead.items()}
    with ConnectProxy(leads) as proxy, ConnectProxy(None) as refusing:
        group = f"group/{COLLECTION}.exchange"
        role = {"ansible.builtin.include_role": {"name": ROLE}}
        look = {f"{COLLECTION}.connector_info": {}}
        playbook = write(
            tmp_path / "play.yml",
            {
                "module_defaults": {group: through},
                "environment": {"HTTPS_PROXY": proxy.url},
                "vars": {**QUIET, "forced_tls_partners": ["fabrikam.com"]},
                "tasks": [role],
            },
            {
                "module_defaults": {group: real},
                "environment": {"HTTPS_PROXY": refusing.url, "NO_PROXY": "127.0.0.1"},
                "tasks": [{"name": "Past the proxy", **look}],
            },
            {
                "module_defaults": {group: {**real, "retries": 1}},
                "environment": {"HTTPS_PROXY": refusing.url},
                "tasks": [{"name": "Refused by the proxy", **look}],
            },
        )
        play = run.bare_playbook(playbook)
    assert len(lab.journal.writes()) == 2, play.text
    assert set(dead.values()) <= set(proxy.asked)
    assert re.search(r"TASK \[Past the proxy\] \*+\nok:", play.stdout), play.text
    assert re.search(r"TASK \[Refused by the proxy\] \*+\n[^*]*fatal:", play.stdout), play.text
    told = sentence(play, "localhost")
    assert set(refusing.asked) == {real["authority_url"].removeprefix("https://")}
    proxied = f"through the proxy 127.0.0.1:{refusing.server_address[1]}"
    assert re.search(
        rf"could not be reached: no connection to \S+ {proxied} \([^)]+\); check the network, the proxy", told
    )
    assert "hush-hush" not in play.text


@pytest.mark.parametrize("core", os.environ.get("CORES", "oldest newest").split())
def test_the_role_runs_on_ansible_core(lab: Lab, tmp_path: pathlib.Path, core: str) -> None:
    made = subprocess.run(
        [str(harness.ROOT / "tests" / "tools" / "cores.sh"), "--make", core],
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert made.returncode == 0, made.stderr
    venv = pathlib.Path(made.stdout.strip())
    variables = {**QUIET, "forced_tls_partners": ["fabrikam.com", "contoso.com"]}

    def provision(*arguments: str) -> str:
        lab.journal.clear()
        play = harness.run_playbook(
            PROVISION,
            *("--diff", *arguments),
            environment=lab.environment(),
            variables=variables,
            home=tmp_path,
            interpreter=None,
            tools=venv / "bin",
        )
        assert play.rc == 0, play.text
        assert "WARNING" not in play.text
        assert "DEPRECAT" not in play.text
        return " ".join(play.stdout.split())

    told = re.compile(r"Plan (\w{32})")
    check = provision("--check")
    assert lab.journal.writes() == []
    real = provision()
    assert len(lab.tenant.outbound) == len(lab.tenant.inbound) == 2
    assert told.findall(check) == told.findall(real) != []
    assert "+++ after: outbound connector 'Forced TLS to contoso.com'" in real
    again = provision()
    assert lab.journal.writes() == []
    assert "4 unchanged" in again

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets in what a real run prints, shows to other processes and leaves behind, at the highest verbosity."""

from __future__ import annotations

import contextlib
import dataclasses
import http.server
import json
import os
import pathlib
import re
import stat
import threading
import time
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run
    from ansible_collections.mailflow.exchange_online.tests.lab.pytest_plugin import MakeLab

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


CANARY = "canary-that-is-no-secret-of-the-app"


@dataclasses.dataclass(frozen=True)
class Way:
    """A way to sign in: the options, the environment of the run, and the secrets in them."""

    options: dict[str, t.Any]
    secrets: tuple[str, ...]
    environment: dict[str, str] = dataclasses.field(default_factory=dict)


def key_lines(path: str) -> tuple[str, ...]:
    """The lines of a private key, each of which is a part of it."""
    text = pathlib.Path(path).read_text(encoding="ascii")
    (inside,) = re.findall(r"-----BEGIN PRIVATE KEY-----\n(.*?)\n-----END", text, re.DOTALL)
    return tuple(t.cast("str", inside).splitlines()[1:-1])


def way_to_sign_in(way: str, run: Run, identity: str) -> Way:
    """``identity`` is where a host's identity endpoint would be."""
    lab, tenant = run.lab, run.lab.tenant
    where = {key: value for key, value in lab.connection().items() if key != "client_secret"}
    token = tenant.issue_token()
    federated, pem = tenant.federated_token_path, tenant.certificate_pem_path
    passphrase = tenant.pfx_passphrase
    by_identity = {**where, "auth_method": "managed_identity"}
    ways = {
        "secret": Way({**where, "client_secret": tenant.client_secret}, (tenant.client_secret,)),
        "wrong secret": Way({**where, "client_secret": CANARY}, (CANARY,)),
        "key": Way({**where, "certificate_path": pem}, key_lines(pem)),
        "pfx": Way(
            {**where, "certificate_path": tenant.pfx_path, "certificate_passphrase": passphrase},
            (passphrase, *key_lines(pem)),
        ),
        "wrong passphrase": Way(
            {**where, "certificate_path": tenant.pfx_path, "certificate_passphrase": CANARY}, (CANARY,)
        ),
        "ready token": Way({**where, "access_token": token}, (token,)),
        "federated token": Way(
            {**where, "federated_token_file": federated}, (pathlib.Path(federated).read_text(encoding="ascii"),)
        ),
        "environment": Way({}, (tenant.client_secret,), lab.environment()),
        "identity": Way(by_identity, (CANARY,), {"IDENTITY_ENDPOINT": identity, "IDENTITY_HEADER": CANARY}),
    }
    return ways[way]


@pytest.fixture
def identity(run: Run) -> t.Iterator[str]:
    """An identity endpoint as App Service has it: whoever knows the header's secret gets a token."""

    class Endpoint(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["X-IDENTITY-HEADER"] == CANARY
            until = str(int(time.time()) + 3600)
            found = {"access_token": run.lab.tenant.issue_token(), "expires_on": until, "resource": "x"}
            body = json.dumps(found if known else {"statusCode": 401, "message": "unknown"}).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/msi/token"
        server.shutdown()
        thread.join()


class Watched(threading.Thread):
    """Looks at the processes of a run, which are those with its HOME, as any of the user's other processes could."""

    def __init__(self, home: pathlib.Path) -> None:
        super().__init__()
        self.commands: set[bytes] = set()
        self.environments: set[bytes] = set()
        self._mark = b"HOME=%s\0" % os.fsencode(home)
        self._over = threading.Event()

    def run(self) -> None:
        others = set(os.listdir("/proc"))
        while not self._over.wait(0.03):
            there = set(os.listdir("/proc"))
            others &= there  # numbers are given again
            for name in there - others:
                if name.isdigit():
                    self._look(pathlib.Path("/proc", name))

    def _look(self, process: pathlib.Path) -> None:
        with contextlib.suppress(OSError):
            environment = (process / "environ").read_bytes()
            if self._mark in environment:
                self.environments.add(environment)
                self.commands.add((process / "cmdline").read_bytes())

    def __enter__(self) -> t.Self:
        self.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self._over.set()
        self.join()


def carriers(texts: t.Iterable[bytes], secrets: t.Iterable[str]) -> list[bytes]:
    """What holds a secret."""
    wanted = [secret.encode() for secret in secrets]
    return [text for text in texts if any(secret in text for secret in wanted)]


def files_with(place: pathlib.Path, secrets: t.Iterable[str]) -> list[pathlib.Path]:
    files = [path for path in place.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if carriers([path.read_bytes()], secrets)]


WAYS = {
    **dict.fromkeys(("secret", "wrong secret", "key", "pfx", "wrong passphrase", "ready token"), (True,)),
    **dict.fromkeys(("federated token", "identity"), (True,)),
    **dict.fromkeys(("wrong secret", "pfx", "ready token"), (True, False)),
    "environment": (False,),
}


@pytest.mark.parametrize(("way", "here"), [(way, here) for way, places in WAYS.items() for here in places])
def test_no_secret_in_output_processes_or_files(
    way: str, here: bool, run: Run, identity: str, tmp_path: pathlib.Path
) -> None:
    """``here``: inside the controller, otherwise as modules.

    Files that Ansible is told to keep hold a module's options, by its own design; the environment is no option.
    """
    playbook = tmp_path / "play.yml"
    playbook.write_text(PLAYBOOK)
    given = way_to_sign_in(way, run, identity)
    # As a file, because the command line is something ansible-playbook itself prints.
    variables = tmp_path / "vars.yml"
    variables.write_text(f"sign_in: {given.options}\nexo_in_controller: {here}\n")
    keep = {"ANSIBLE_KEEP_REMOTE_FILES": "1"} if here or way == "environment" else {}
    with Watched(tmp_path) as watched:
        play = harness.run_playbook(
            playbook,
            *("-vvvv", "--diff", "-e", f"@{variables}"),
            environment={**keep, **given.environment},
            home=tmp_path,
        )
    variables.unlink()
    assert "PLAY RECAP" in play.stdout
    assert ("plugins/modules/connectors.py" in play.stdout) == (not here)
    assert (play.rc == 0) == ("wrong" not in way), play.text
    assert all(len(secret) > 10 for secret in given.secrets)
    secrets = [*given.secrets, *run.lab.issued_tokens()]
    assert carriers([play.stdout.encode(), play.stderr.encode()], secrets) == []
    assert files_with(tmp_path, secrets) == []
    # A module is a process, and so are those around it; what is forked is called as its parent is.
    assert len(watched.commands) > (0 if here else 2)
    assert carriers(watched.commands, secrets) == []
    assert bool(carriers(watched.environments, secrets)) == bool(given.environment)
    assert "Traceback" not in play.text
    assert "[WARNING]" not in play.text


def test_no_secret_in_what_the_role_keeps(make_lab: MakeLab, tmp_path: pathlib.Path) -> None:
    """Plan, snapshot, probe file and report; and nobody else can read them, however careless the user's umask is."""
    lab = make_lab(partners=PartnerWorld(["a_good"]))
    options = lab.partners.module_options()
    kept, plan = tmp_path / "kept", tmp_path / "plan.json"
    variables = {
        "forced_tls_partners": [{"name": "Contoso", "domains": ["a-good.test"]}],
        "forced_tls_report_dir": str(kept),
        "forced_tls_probe_options": {key: value for key, value in options.items() if value is not None},
    }
    before = os.umask(0)
    try:
        for name, more in {"plan": {"forced_tls_plan_file": str(plan)}, "provision": {}}.items():
            play = harness.run_playbook(
                f"mailflow.exchange_online.{name}",
                *("-vvvv", "--diff"),
                environment=lab.environment(),
                variables={**variables, **more},
                home=tmp_path,
            )
            assert play.rc == 0, play.text
            secrets = [lab.tenant.client_secret, *lab.issued_tokens()]
            assert carriers([play.stdout.encode(), play.stderr.encode()], secrets) == []
    finally:
        os.umask(before)
    assert files_with(tmp_path, secrets) == []
    written = [plan, kept, *kept.rglob("*")]
    assert {path.name for path in written} >= {"plan.json", "snapshot.json", "probe.json", "report.html", "contoso.txt"}
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in written}
    assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab as a program, and its face in another process."""

from __future__ import annotations

import json
import pathlib
import signal
import subprocess
import sys
import typing as t

import pytest
import requests

from ansible_collections.mailflow.exchange_online.tests.integration.harness import run_module
from ansible_collections.mailflow.exchange_online.tests.lab import Fault, RemoteLab
from ansible_collections.mailflow.exchange_online.tests.lab.__main__ import main
from ansible_collections.mailflow.exchange_online.tests.lab.evidence import markdown, table
from ansible_collections.mailflow.exchange_online.tests.lab_tests import entra_client as entra

COLLECTIONS = pathlib.Path(__file__).resolve().parents[2] / ".cache" / "collections"
PROGRAM = [sys.executable, "-m", "ansible_collections.mailflow.exchange_online.tests.lab"]


class Process:
    """The program, running."""

    def __init__(self, *arguments: str) -> None:
        self.popen = subprocess.Popen(
            [*PROGRAM, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(COLLECTIONS)},
        )
        assert self.popen.stdout is not None
        self.description = json.loads(self.popen.stdout.readline())

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.communicate(timeout=30)

    def end(self) -> int:
        return self.popen.wait(timeout=30)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
        env={"PYTHONPATH": str(COLLECTIONS)},
    )


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Process]:
    directory = tmp_path_factory.mktemp("lab")
    seed = directory / "seed.json"
    outbound = [{"Name": "to fabrikam", "RecipientDomains": ["fabrikam.com"]}]
    seed.write_text(json.dumps({"tenants": [{"outbound": outbound}, {}]}))
    arguments = ("--seed", str(seed), "--latency", "0.01", "--switch", "token_lifetime=600")
    with Process(*arguments, "--state-dir", str(directory / "state")) as running:
        yield running
        running.popen.send_signal(signal.SIGTERM)
        assert running.end() == 0


@pytest.fixture
def remote(process: Process) -> RemoteLab:
    made = RemoteLab(process.description)
    made.reset()
    return made


def test_the_line_it_prints(process: Process) -> None:
    told = process.description
    assert told["pid"] == process.popen.pid
    assert [one["domain"] for one in told["tenants"]] == ["contoso.onmicrosoft.com", "fabrikam.onmicrosoft.com"]
    first = told["tenants"][0]
    for path in (told["ca_path"], first["certificate_pem_path"], first["pfx_path"], first["federated_token_path"]):
        assert pathlib.Path(path).is_file()


def test_the_same_face_as_in_this_process(remote: RemoteLab) -> None:
    answer = entra.by_form(t.cast(t.Any, remote))
    assert answer.json()["expires_in"] == 600
    assert remote.issued_tokens() == [answer.json()["access_token"]]
    (entry,) = remote.journal.tokens()
    assert (entry.status, entry.parameters[0]["client_secret"]) == (200, "[redacted]")
    remote.journal.clear()
    assert remote.journal.entries == []
    assert [one["Name"] for one in remote.tenant.outbound] == ["to fabrikam"]
    assert remote.tenant.inbound == []
    assert len(remote.tenant.accepted_domains) == 2
    assert remote.environment()["EXO_CLIENT_SECRET"] == remote.tenant.client_secret
    with pytest.raises(AttributeError):
        _unused = remote.tenant.nothing


def test_faults_from_afar(remote: RemoteLab) -> None:
    remote.faults.add(Fault({"service": "entra", "cmdlet": "token"}, "status", status=503, retry_after=2))
    assert entra.by_form(t.cast(t.Any, remote)).status_code == 503
    assert [(one.action, one["status"], one.seen, one.done) for one in remote.faults.all] == [("status", 503, 1, 1)]
    remote.faults.clear()
    assert remote.faults.all == []


def test_switches_and_latency_from_afar(remote: RemoteLab) -> None:
    remote.switches["token_lifetime"] = 60
    assert remote.switches["token_lifetime"] == 60
    with pytest.raises(ValueError, match="No switch is named"):
        remote.switches["nonsense"] = 1
    with pytest.raises(ValueError, match="token_audience"):
        remote.switches.update({"token_lifetime": 70, "token_audience": "nobody"})
    assert remote.switches["token_lifetime"] == 60
    remote.switches.reset()
    assert remote.switches["token_lifetime"] == 600
    assert remote.latency == 0.01
    remote.latency = 0.5
    assert remote.latency == 0.5
    remote.reset()
    assert remote.latency == 0.01


def test_what_the_control_api_refuses(remote: RemoteLab) -> None:
    with requests.Session() as http:
        http.trust_env = False
        for method, path, body in (
            ("POST", "/faults", {"action": "explode"}),
            ("POST", "/faults", [1]),
            ("PUT", "/switches", [1]),
            ("PUT", "/latency", {"seconds": 1}),
        ):
            answer = http.request(method, remote.control_url + path, json=body, verify=remote.ca_path, timeout=10)
            assert answer.status_code == 400
            assert answer.json()["error"]
        answer = http.get(f"{remote.control_url}/evidence", verify=remote.ca_path, timeout=10)
        assert [row["id"] for row in answer.json()["evidence"]] == [row.id for row in table()]


def test_it_ends_with_its_input() -> None:
    with Process("--exit-on-eof") as running:
        directory = pathlib.Path(running.description["state_dir"])
        assert directory.is_dir()
        assert running.popen.stdin is not None
        running.popen.stdin.close()
        running.popen.stdin = None
        assert running.end() == 0
        assert not directory.exists()


def test_some_partners_and_where_they_are(tmp_path: pathlib.Path) -> None:
    seed = tmp_path / "seed.yml"
    seed.write_text("tenants: [{domain: first.onmicrosoft.com}, {domain: second.onmicrosoft.com}]\n")
    with Process("--seed", str(seed), "--case", "a_good", "--case", "f_no_starttls") as running:
        told = running.description
        assert [one["domain"] for one in told["tenants"]] == ["first.onmicrosoft.com", "second.onmicrosoft.com"]
        assert [one["id"] for one in told["partners"]["partners"]] == ["a_good", "f_no_starttls"]
        options = told["partners"]["options"]
        wanted = [{"domain": "a-good.test"}, {"domain": "f-no-starttls.test"}]
        seen = run_module("partner_tls_info", {**options, "partners": wanted})["partners"]
        assert [one["verdict"] for one in seen] == ["ready", "not_ready"]


def test_it_says_what_is_wrong_with_its_arguments() -> None:
    done = run("--switch", "nonsense=1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "lab: No switch is named 'nonsense'\n"


def test_arguments_that_cannot_be(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = tmp_path / "seed.yml"
    seed.write_text("tennants: []\n")
    for arguments, told in (
        (["--switch", "token_lifetime"], "NAME=VALUE"),
        (["--seed", str(seed)], "tennants"),
        (["--seed", str(tmp_path / "none")], "No such file"),
        (["--case", "nobody"], "nobody"),
    ):
        monkeypatch.setattr(sys, "argv", ["lab", *arguments])
        assert main() == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("lab: ")
        assert told in printed.err
        assert printed.err.count("\n") == 1


def test_the_account_of_its_evidence() -> None:
    done = run("--evidence")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == markdown()
    for row in table():
        assert f"| {row.id} | " in done.stdout

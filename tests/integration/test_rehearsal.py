# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rehearsal of somebody's own list: what it says, what it does not take, and that nothing leaves the machine."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.qualified import FORMAT
from ansible_collections.mailflow.exchange_online.tests.rehearsal.__main__ import main
from ansible_collections.mailflow.exchange_online.tests.rehearsal.listing import ListError, read

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUARD = ROOT / "tests" / "rehearsal" / "guard"
GOOD = """
exo_client_secret: never taken
forced_tls_probe: true
forced_tls_probe_from: relay.contoso.com
forced_tls_name_prefix: TLS
forced_tls_partners:
  - Fabrikam.com
  - name: Later
    domains: [later.example]
    enforce_from: 2099-01-01T08:00:00Z
  - name: Asked
    domains: [asked.example]
    outbound:
      validation_recipients: [postmaster@asked.example]
  - name: Looked at
    domains: [looked.example]
    state: planned
"""
QUALIFIED = {
    "format": FORMAT,
    "version": 1,
    "made": "2026-11-26",
    "settings": {"cmdlet_latency": "Get-*=0.01", "new_returns": "nothing", "get_unknown_identity": "all"},
    "answers": [],
}
Told = pytest.CaptureFixture[str]


def rehearse(path: pathlib.Path, text: str, *arguments: str, latency: str = "0") -> int:
    """Rehearse a list that is written to ``path``; everything else goes beside it."""
    path.write_text(text, encoding="utf-8")
    place = path.parent / "place"
    return main(["--partners", str(path), "--place", str(place), "--latency", latency, *arguments])


def test_a_list_is_rehearsed_and_told(tmp_path: pathlib.Path, capsys: Told) -> None:
    answers = tmp_path / "qualification.json"
    answers.write_text(json.dumps(QUALIFIED), encoding="utf-8")
    assert rehearse(tmp_path / "my.yml", GOOD, "--qualified", str(answers)) == 0
    told = capsys.readouterr().out
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in told.splitlines() if line.startswith("   ")}
    assert lines["fabrikam.com"] == "enforced"
    assert lines["Later"].startswith("held until 2099-01-01T08:00:00Z (enforce_from).")
    assert lines["Asked"] == "enforced"  # its test mail counts as arrived
    assert lines["Looked"] == "at planned: nothing is done"
    assert [text for text in told.splitlines() if text.startswith("   Connectors:")] == [
        "   Connectors: 6 to create.",
        "   Connectors: 6 created.",
        "   Connectors: 6 unchanged.",
    ]
    assert "6 connectors stand at the end." in told
    assert "Nothing has tried to leave this machine." in told
    assert "Not taken from the file: exo_client_secret, forced_tls_probe, forced_tls_probe_from." in told
    assert "as a tenant, asked on 2026-11-26, did" in told
    assert "which is simulated: Get-*=0.01" in told
    assert "The partners' servers are not looked at" in told
    report = json.loads((tmp_path / "place" / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["summary"]["held"] == 1
    assert "TLS to Later" in str(report)


def test_what_is_wrong_with_a_list_is_told(tmp_path: pathlib.Path, capsys: Told) -> None:
    assert rehearse(tmp_path / "my.yml", "- name: Bad\n  domains: [nodots]\n  state: enforce\n") == 1
    told = capsys.readouterr().out
    assert f"Ends as failed: The partner list in {tmp_path / 'my.yml'} has 2 problems:" in told
    assert "'nodots' is a single label" in told
    assert "A run with this list would end as failed; see above." in told
    assert "0 requests to Exchange" in told


def test_what_would_leave_the_machine_is_stopped_and_told(tmp_path: pathlib.Path, capsys: Told) -> None:
    url = "{{ lookup('ansible.builtin.url', 'http://partners.contoso.com/list', timeout=5) }}"
    assert rehearse(tmp_path / "my.yml", f'forced_tls_partners: "{url}"\n') == 1
    told = capsys.readouterr().out
    assert "Stopped before it left this machine: socket.getaddrinfo partners.contoso.com" in told
    assert "Nothing has tried" not in told


@pytest.mark.parametrize(
    ("action", "stopped"),
    [
        ("socket.create_connection(('198.51.100.7', 25), 1)", "socket.getaddrinfo 198.51.100.7"),
        ("socket.getaddrinfo('contoso.com', 25)", "socket.getaddrinfo contoso.com"),
        ("socket.gethostbyname('contoso.com')", "socket.gethostbyname contoso.com"),
        ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))", "socket.sendto 192.0.2.1"),
        ("socket.socket(socket.AF_INET6).connect(('2001:db8::1', 25))", "socket.connect 2001:db8::1"),
        ("socket.getaddrinfo('localhost', 25); socket.socket().connect_ex(('127.0.0.1', 1))", None),
        ("socket.socket(socket.AF_UNIX).connect_ex('/nowhere')", None),
    ],
)
def test_the_guard(action: str, stopped: str | None, tmp_path: pathlib.Path) -> None:
    log = tmp_path / "left.log"
    done = subprocess.run(
        [sys.executable, "-c", f"import socket; {action}"],
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
        env={"PYTHONPATH": str(GUARD), "REHEARSAL_LOG": str(log)},
    )
    assert (done.returncode == 0) == (stopped is None), done.stderr
    assert (log.read_text(encoding="utf-8").strip() if log.exists() else None) == stopped


# -- the file ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("my.yml", None, "cannot be read: No such file or directory."),
        ("my.yml", "- a\n  b: [", "is no valid YAML: line 2, column"),
        ("my.yml", "x: !vault |\n  1", "is no valid YAML: line 1, column 4"),
        ("my.yml", "", "is empty"),
        ("my.yml", "[]", "holds no partner"),
        ("my.yml", "forced_tls_partners: []", "holds no partner"),
        ("my.yml", "partners: [contoso.com]", "has neither forced_tls_partners nor forced_tls_partners_file"),
        ("my.yml", "contoso.com", "is neither a list of partners nor variables of the role"),
        ("my.yml", "forced_tls_partners_file: other.yml", "names the partner list other.yml, which is not there"),
        ("my.csv", "name;domains\n", "holds no partner"),
        ("my.csv", "", "holds no partner"),
    ],
)
def test_a_file_that_cannot_be_rehearsed(
    name: str, text: str | None, sentence: str, tmp_path: pathlib.Path, capsys: Told
) -> None:
    path = tmp_path / name
    if text is None:
        assert main(["--partners", str(path)]) == 2
    else:
        assert rehearse(path, text) == 2
    told = capsys.readouterr()
    assert sentence in told.err
    assert (told.out, told.err.count("\n")) == ("", 1)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--partners", ""], "make rehearse PARTNERS=my.yml"),
        (["--latency", "soon"], "LATENCY is soon; give seconds from 0 to 60"),
        (["--latency", "-1"], "give seconds from 0 to 60"),
        (["--qualified", "nowhere.json"], "The qualification nowhere.json cannot be read"),
    ],
)
def test_arguments_that_cannot_be(given: list[str], sentence: str, tmp_path: pathlib.Path, capsys: Told) -> None:
    path = tmp_path / "my.yml"
    path.write_text("[contoso.com]", encoding="utf-8")
    assert main(["--partners", str(path), *given]) == 2
    assert sentence in capsys.readouterr().err


def test_lists_and_tables_are_read_by_the_role_itself(tmp_path: pathlib.Path) -> None:
    for name, text in (("a.yml", "[contoso.com]"), ("b.json", '["contoso.com"]'), ("c.csv", "name;domains\nA;a.com\n")):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        assert read(name, tmp_path).variables == {"forced_tls_partners_file": str(path)}


def test_a_list_in_another_file_is_found_beside_it(tmp_path: pathlib.Path) -> None:
    (tmp_path / "list.csv").write_text("name;domains\nA;a.com\n", encoding="utf-8")
    (tmp_path / "my.yml").write_text("forced_tls_partners_file: list.csv\nforced_tls_pack: true\n", encoding="utf-8")
    found: dict[str, t.Any] = read("my.yml", tmp_path).variables
    assert found == {"forced_tls_partners_file": str(tmp_path / "list.csv"), "forced_tls_pack": True}


def test_a_file_in_another_encoding_is_told(tmp_path: pathlib.Path) -> None:
    (tmp_path / "my.csv").write_bytes("name;domains\nMüller;a.com".encode("latin-1"))
    with pytest.raises(ListError, match="not in UTF-8"):
        read("my.csv", tmp_path)

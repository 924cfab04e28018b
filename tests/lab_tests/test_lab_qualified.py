# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab with the answers of a tenant: settings, and the account of evidence."""

from __future__ import annotations

import json
import pathlib
import sys
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab import RemoteLab
from ansible_collections.mailflow.exchange_online.tests.lab.__main__ import main
from ansible_collections.mailflow.exchange_online.tests.lab.evidence import markdown, table
from ansible_collections.mailflow.exchange_online.tests.lab.qualified import _SAID, _SEEN, FORMAT, load
from ansible_collections.mailflow.exchange_online.tests.lab.switch_table import TABLE
from ansible_collections.mailflow.exchange_online.tests.lab_tests.test_lab_process import Process

FOUND: dict[str, t.Any] = {
    "format": FORMAT,
    "version": 1,
    "made": "2026-11-26",
    "settings": {
        "domain_case": "lower",
        "new_returns": "nothing",
        "trailing_dot": "refused",
        "visibility_seconds": "2.5",
    },
    "answers": [{"id": "unknown_parameter", "answer": "HTTP 400. Refused: AmbiguousParameterSetException: no"}],
}


@pytest.fixture
def file(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "qualification.json"
    path.write_text(json.dumps(FOUND), encoding="utf-8")
    return path


def row(page: str, name: str) -> list[str]:
    """The cells of a row of the page."""
    line = next(line for line in page.splitlines() if line.startswith((f"| {name} |", f"| `{name}` |")))
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_the_program_starts_with_the_settings_of_the_file_and_a_switch_wins(file: pathlib.Path) -> None:
    with Process("--qualified", str(file), "--switch", "trailing_dot=kept", "--exit-on-eof") as lab:
        switches = RemoteLab(lab.description).switches.as_dict()
    assert (switches["domain_case"], switches["new_returns"], switches["visibility_seconds"]) == (
        "lower",
        "nothing",
        2.5,
    )
    assert switches["trailing_dot"] == "kept"
    assert switches["idn"] == "as_sent"


def test_what_a_tenant_answered_is_recorded(file: pathlib.Path) -> None:
    page = markdown(load(file))
    assert row(page, "new.nothing")[2:4] == ["recorded", "a tenant, asked on 2026-11-26; no public source"]
    assert row(page, "store.trailing-dot")[2] == "recorded"
    assert row(page, "bind.unknown-parameter")[3].startswith("a tenant")
    assert row(page, "domain_case")[2:] == ["`lower`, `as_sent`", "recorded", "a tenant, asked on 2026-11-26"]
    # What it did not answer so stays as it was.
    assert row(page, "new.object")[2] == "assumed"
    assert row(page, "store.idn")[2] == "assumed"
    assert row(page, "idn")[3] == "assumed"


def test_without_a_file_the_account_is_the_one_of_the_repository(
    file: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["lab", "--evidence", "--qualified", str(file)])
    assert main() == 0
    assert capsys.readouterr().out == markdown(load(file)) != markdown()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "cannot be read"),
        ("{", "is no JSON"),
        ("[]", "is no qualification"),
        (json.dumps({**FOUND, "version": 2}), "has version 2"),
        (json.dumps({**FOUND, "settings": {"domain_cases": "lower"}}), "'domain_case' is"),
        (json.dumps({**FOUND, "settings": {"domain_case": "upper"}}), "is not one of"),
        (json.dumps({**FOUND, "answers": [{}]}), "does not fit this lab"),
    ],
)
def test_a_file_that_cannot_be_is_told(
    text: str | None, sentence: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: t.Any
) -> None:
    path = tmp_path / "file.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["lab", "--qualified", str(path)])
    assert main() == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


def test_the_tables_name_what_there_is() -> None:
    rows, switches = {one.id for one in table()}, {one.name: one for one in TABLE}
    for (name, value), seen in _SEEN.items():
        assert seen in rows
        assert switches[name].accept(value) == value
    assert set(_SAID.values()) <= rows

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A switch of the role means the same as a text: ``-e forced_tls_report=false`` is a text that is not empty."""

from __future__ import annotations

import pathlib
import re

import yaml

ROLE = pathlib.Path(__file__).parents[3] / "roles" / "forced_tls"
SPECS = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
SWITCHES = sorted(
    {
        name
        for entry in SPECS.values()
        for name, option in (entry.get("options") or {}).items()
        if option["type"] == "bool"
    }
)


def expressions() -> list[str]:
    """The lines of the role that say something with a switch; one that is handed on whole is read by who gets it."""
    files = [*(ROLE / "tasks").rglob("*.yml"), *(ROLE / "vars").glob("*.yml")]
    lines = (line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines())
    named = re.compile(rf"\b({'|'.join(SWITCHES)})\b")
    telling = (line for line in lines if named.search(line) and not line.startswith(("#", "tags:")))
    return [line for line in telling if re.search(r"when:|{{|{%", line) and not re.search(r'"{{ \w+ }}"$', line)]


def test_no_switch_is_taken_for_true_because_it_is_a_text() -> None:
    assert len(SWITCHES) > 5
    found = expressions()
    assert len(found) > 5
    asked = re.compile(rf"\b({'|'.join(SWITCHES)})\b(?! \| bool)")
    assert [line for line in found if asked.search(line)] == []

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page "What this collection promises, and how it is tested": ``make docs`` writes it from ``promises.yml``."""

from __future__ import annotations

import ast
import pathlib
import sys
import typing as t

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(__file__).with_name("promises.yml")
PAGE = ROOT / "docs" / "docsite" / "rst" / "promises.rst"
HEAD = """\
..
  Copyright: (c) 2026, mailflow.exchange_online contributors
  GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later
  Written by "make docs" from tests/tools/promises.yml.

.. _ansible_collections.mailflow.exchange_online.docsite.promises:

What this collection promises, and how it is tested
===================================================

"""


class Section(t.TypedDict):
    """Promises that belong together. A test is ``path::function``, the path below ``tests/``."""

    title: str
    text: t.NotRequired[str]
    promises: t.NotRequired[list[Promise]]


class Promise(t.TypedDict):
    """A sentence, and the tests that fail when it does not hold."""

    says: str
    tests: list[str]


def sections() -> tuple[str, list[Section]]:
    """What stands above all sections, and the sections."""
    data = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return data["introduction"], data["sections"]


def render() -> str:
    """The whole page. Raises ValueError for a test that there is none of."""
    introduction, parts = sections()
    lines = [HEAD + introduction.strip(), ""]
    for part in parts:
        lines += [part["title"], "-" * len(part["title"]), ""]
        if "text" in part:
            lines += [part["text"].strip(), ""]
        for promise in part.get("promises", []):
            kept = ", ".join(map(_link, promise["tests"]))
            lines += [f"**{promise['says'].strip()}**", f"    {kept}", ""]
    return "\n".join(lines).rstrip() + "\n"


def _link(test: str) -> str:
    path, _separator, function = test.partition("::")
    file = ROOT / "tests" / path
    if not file.is_file() or function not in functions(file):
        raise ValueError(f"There is no test {test}")
    repository = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
    words = function.removeprefix("test_").replace("_", " ")
    return f"`{words} <{repository}/blob/main/tests/{path}>`__"


def functions(file: pathlib.Path) -> set[str]:
    """The test functions of a file, in classes or not, and the test cases that a state machine makes."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name.lower().startswith("test")
    }


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}\n")

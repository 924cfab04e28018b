# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab for each test, and the modules and playbooks bound to it."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.pytest_plugin import lab, make_lab

__all__ = ["lab", "make_lab", "run", "where"]


class Run:
    """Calls modules and playbooks with the credentials of one lab."""

    def __init__(self, lab: Lab, home: pathlib.Path, where: harness.Way = "module") -> None:
        self.lab = lab
        self.home = home
        self._run = harness.run_module if where == "module" else harness.run_action

    def module(self, module: str, /, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
        """Run a module; the options given here win over the lab's."""
        given = {**self.lab.connection(), **options}
        return self._run(module, {k: v for k, v in given.items() if v is not None}, check=check)

    def connectors(self, *connectors: dict[str, t.Any], check: bool = False, **options: t.Any) -> dict[str, t.Any]:
        """Run ``connectors`` with a list."""
        return self.module("connectors", check=check, connectors=list(connectors), **options)

    def playbook(self, playbook: pathlib.Path | str, /, *arguments: str, **variables: t.Any) -> harness.Play:
        """Run a playbook in a process of its own."""
        return harness.run_playbook(
            playbook, *arguments, environment=self.lab.environment(), variables=variables, home=self.home
        )

    def bare_playbook(self, playbook: pathlib.Path, /, *arguments: str) -> harness.Play:
        """Run a playbook that brings its own credentials."""
        return harness.run_playbook(playbook, *arguments, environment={}, home=self.home)


@pytest.fixture
def where() -> harness.Way:
    """How the modules run. Files that hold both ways import the fixture of 'both_ways' instead."""
    return "module"


@pytest.fixture
def run(lab: Lab, tmp_path: pathlib.Path, where: harness.Way) -> Run:
    """Runs bound to this test's lab."""
    return Run(lab, tmp_path, where)

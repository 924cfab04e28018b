# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible loads for a filter: the files of all filters of the collection, in each worker that asks for one."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

PLUGINS = "ansible_collections.mailflow.exchange_online.plugins"
FILTERS = sorted(file.stem for file in pathlib.Path(__file__).parents[4].glob("plugins/filter/*.py"))
#: The kinds of error, the usual prefix of names with what that rests on, and the way of values to and from Ansible.
LIGHT = {
    "_connector.fields",
    "_connector.kinds",
    "_connector.model",
    "_connector.normal",
    "_errors",
    "_partner.model",
    "_partner.names",
    "_plain",
}
#: Prints the collection's modules that were loaded for all filters.
PROGRAM = """
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
for name in json.loads(sys.argv[2]):
    importlib.import_module(f"{sys.argv[3]}.filter.{name}")
print(json.dumps([name for name, module in sys.modules.items() if name.startswith(sys.argv[3]) and module.__file__]))
"""


def test_the_files_of_filters_load_hardly_anything() -> None:
    """A plan, a report, a probe's rules: each is imported by the filter that makes it, when it does."""
    assert len(FILTERS) > 10
    command = [sys.executable, "-c", PROGRAM, json.dumps(sys.path), json.dumps(FILTERS), PLUGINS]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    used = {name.removeprefix(f"{PLUGINS}.module_utils.") for name in found if ".module_utils." in name}
    assert used <= LIGHT

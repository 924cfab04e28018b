# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is installed is pinned with hashes, what is used at run time has a fitting licence, and nothing is fetched."""

from __future__ import annotations

import importlib.metadata
import pathlib
import re

import pytest
from packaging.requirements import Requirement

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _deps
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import libraries
from ansible_collections.mailflow.exchange_online.tests.unit.sources import imported_names

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCKS = sorted([ROOT / "requirements-dev.txt", *(ROOT / "tests" / "tools" / "requirements").glob("*.txt")])
RUN_TIME = ROOT / "meta" / "ee-requirements.txt"

#: Licences that a work under GPL-3.0-or-later may be combined with, as metadata spell them.
FITTING = re.compile(
    r"(MIT|BSD|ISC|Apache|MPL-2\.0|Mozilla Public License 2\.0|Python Software Foundation|PSF|"
    r"GNU (Lesser )?General Public License v3 or later|GPL-3\.0-or-later|LGPL)",
)


def requirements(path: pathlib.Path) -> list[str]:
    """The lines of a file that name something."""
    lines = (line.partition(" #")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def blocks(path: pathlib.Path) -> list[str]:
    """The packages of a locked file, each with its hashes."""
    return [block for block in re.split(r"\n(?=\S)", path.read_text(encoding="utf-8").strip()) if block[0] != "#"]


# -- pins --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_every_package_is_pinned_with_its_hashes(path: pathlib.Path) -> None:
    for block in blocks(path):
        assert re.match(r"[a-z0-9.-]+==[^\s;]+", block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block
    assert path.with_suffix(".in").is_file()


def test_nothing_is_installed_past_the_pins() -> None:
    """Beside this, ansible-test installs what ansible-core pins for it."""
    callers = [ROOT / "Makefile", ROOT / ".ci" / "run", *(ROOT / "tests" / "tools").glob("*.sh")]
    callers += (ROOT / ".github" / "workflows").glob("*.yml")
    found = {}
    for path in callers:
        text = re.sub(r"\\\n\s*", "", path.read_text(encoding="utf-8"))
        found[path.name] = [line for line in text.splitlines() if re.search(r"\bpip3? (install|download)\b", line)]
    assert sorted(name for name, lines in found.items() if lines) == [
        *("awx_collection.sh", "cores.sh", "environment.sh", "fuzz.sh", "venv.sh")
    ]
    assert [line for lines in found.values() for line in lines if "--require-hashes" not in line] == []


def test_the_oldest_environments_have_the_versions_that_are_promised() -> None:
    promised = {one.name: str(one.specifier) for one in map(Requirement, requirements(RUN_TIME))}
    minimum = {**_deps.MINIMUM, **libraries.MINIMUM}
    assert {name: spec.removeprefix(">=") for name, spec in promised.items() if name != "idna"} == minimum
    for name in ("core-2.16", "oldest"):
        path = ROOT / "tests" / "tools" / "requirements" / f"{name}.txt"
        pinned = dict(block.split()[0].split("==") for block in blocks(path))
        for library, spec in promised.items():
            least = spec.removeprefix(">=")
            assert re.fullmatch(rf"{re.escape(least)}(\.0)*", pinned[library]), (
                f"{library} {pinned[library]}, not {least}"
            )
        assert pinned["ansible-core"] == "2.16.0"


# -- licences ----------------------------------------------------------------------------------------------------------


def licence(name: str) -> str:
    """What a distribution's metadata say of its licence."""
    metadata = importlib.metadata.metadata(name)
    classified = [one for one in metadata.get_all("Classifier") or [] if one.startswith("License ::")]
    return " ".join([metadata.get("License-Expression") or "", metadata.get("License") or "", *classified])


def run_time() -> set[str]:
    """What is installed for the collection, and for that in turn."""
    todo = [Requirement(line).name for line in requirements(RUN_TIME)]
    found: set[str] = set()
    while todo:
        name = todo.pop().lower()
        if name in found:
            continue
        found.add(name)
        wanted = map(Requirement, importlib.metadata.requires(name) or [])
        todo += [one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


def test_what_is_needed_at_run_time_may_be_combined_with_ours() -> None:
    found = run_time()
    assert {"msal", "requests", "cryptography", "urllib3"} <= found
    assert [(name, licence(name)) for name in sorted(found) if not FITTING.search(licence(name))] == []


# -- nothing is fetched ------------------------------------------------------------------------------------------------

PRODUCT = [path for place in ("plugins", "roles", "playbooks") for path in (ROOT / place).rglob("*") if path.is_file()]
#: Modules of the standard library and of others that fetch, or run something that could.
FETCHING = ("urllib.request", "http.client", "ftplib", "pip", "ensurepip", "subprocess", "socketserver", "webbrowser")
#: The probe fetches a partner's policy, as RFC 8461 has it, and what a certificate says of its revocation.
PROBE = ("plugins/module_utils/_tls/web.py", {"http.client"})
#: Modules of Ansible that fetch, install, or run a command.
TASKS = (
    *("get_url", "uri", "pip", "package", "apt", "dnf", "yum", "git", "unarchive", "subversion"),
    *("command", "shell", "raw", "script", "expect"),
)
#: What a role or playbook may run after all: a program that comes with the role.
ALLOWED = {(f"roles/forced_tls/tasks/{step}.yml", "command") for step in ("estate", "report_files")}


def test_no_plugin_fetches_or_starts_anything() -> None:
    for path in PRODUCT:
        if path.suffix == ".py":
            source = path.read_text(encoding="utf-8")
            reached = {name for name in imported_names(source) if name in FETCHING or name.split(".")[0] in FETCHING}
            assert reached == (PROBE[1] if str(path.relative_to(ROOT)) == PROBE[0] else set()), path
            assert not re.search(r"\bos\.(system|popen|exec\w+|spawn\w+)\(", source), path


def test_no_role_or_playbook_fetches_or_installs_anything() -> None:
    found = set()
    for path in PRODUCT:
        if path.suffix == ".yml" and "meta" not in path.parts:
            text = path.read_text(encoding="utf-8")
            place = str(path.relative_to(ROOT))
            called = re.findall(r"^[\s-]*(?:ansible\.builtin\.)?(\w+):", text, re.MULTILINE)
            found |= {(place, name) for name in called if name in TASKS}
            assert not re.search(r"\b(curl|wget)\b|lookup\('(ansible\.builtin\.)?(url|pipe)'", text), place
    assert found <= ALLOWED, found

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for the collection as a whole, whatever its modules do."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.mailflow.exchange_online.tests.unit.sources import imported_names

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = sorted(path for path in (ROOT / "plugins").rglob("*.py"))
#: Modules that need no Exchange credentials and so stay out of the action group.
OUTSIDE_EXCHANGE = frozenset({"partner_tls_info"})
# REUSE-IgnoreStart (the header as data)
LICENCE = "LICENSES/GPL-3.0-or-later.txt"
HEADER = (
    "# Copyright: (c) 2026, mailflow.exchange_online contributors",
    f"# GNU General Public License v3.0+ (see {LICENCE} or https://www.gnu.org/licenses/gpl-3.0.txt)",
    "# SPDX-License-Identifier: GPL-3.0-or-later",
)
# REUSE-IgnoreEnd
PRIVATE = "# This is a private utility of the collection: it may change in any release."


def read_yaml(name: str) -> dict[str, t.Any]:
    content = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def repository_files() -> list[Path]:
    """Every file that git tracks or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_action_group_names_every_module_that_talks_to_exchange() -> None:
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    members = read_yaml("meta/runtime.yml")["action_groups"]["exchange"]
    assert sorted(members) == sorted(modules - OUTSIDE_EXCHANGE)
    assert modules >= OUTSIDE_EXCHANGE


def test_every_action_plugin_has_a_module_of_its_name() -> None:
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert {path.stem for path in (ROOT / "plugins" / "action").glob("*.py")} <= modules


def test_the_version_is_a_semantic_one() -> None:
    number = r"(0|[1-9]\d*)"
    version = str(read_yaml("galaxy.yml")["version"])
    assert re.fullmatch(rf"{number}\.{number}\.{number}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", version)


@pytest.mark.parametrize("path", PLUGINS, ids=relative)
def test_a_plugin_file_says_its_licence(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    if lines[:1] == ["#!/usr/bin/python"]:  # modules start with it
        lines = lines[2:] if lines[1] == "" else lines[1:]
    assert tuple(lines[:3]) == HEADER


@pytest.mark.parametrize(
    "path",
    [path for path in PLUGINS if path.parts[len(ROOT.parts) + 1] in ("module_utils", "plugin_utils")],
    ids=relative,
)
def test_a_utility_says_that_it_is_private(path: Path) -> None:
    assert path.read_text(encoding="utf-8").splitlines()[3] == PRIVATE
    assert any(part.startswith("_") for part in path.relative_to(ROOT).parts[2:])


@pytest.mark.parametrize("path", PLUGINS, ids=relative)
def test_the_product_does_not_reach_into_the_tests(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert [name for name in imported_names(source) if "tests" in name.split(".")] == []
    # Relative imports could leave plugins/ unseen.
    assert [name for name in imported_names(source) if name.startswith(".")] == []


def test_the_lab_does_not_import_the_product() -> None:
    package = "ansible_collections.mailflow.exchange_online.plugins"
    reached = {
        relative(path)
        for path in (ROOT / "tests" / "lab").rglob("*.py")
        for name in imported_names(path.read_text(encoding="utf-8"))
        if name.startswith(package) or "plugins" in name.split(".")
    }
    assert reached == set()


def test_no_sanity_check_is_switched_off() -> None:
    assert list((ROOT / "tests").glob("sanity/ignore*")) == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    # Put together from parts, or this very file would be found.
    slash = re.escape("/")
    before = r"(?<![\w.}~*/-])"
    places = re.compile(f"{before}{slash}(work|root|home{slash}[a-z][a-z0-9_-]*){slash}".encode())
    found = {
        f"{relative(path)}: {match.group().decode()}"
        for path in repository_files()
        for match in places.finditer(path.read_bytes())
    }
    assert found == set()


def test_the_tarball_holds_what_users_need_and_no_more(tmp_path: Path) -> None:
    galaxy = Path(sys.executable).parent / "ansible-galaxy"
    subprocess.run(
        [galaxy, "collection", "build", "--output-path", tmp_path, ROOT],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    (built,) = tmp_path.glob("mailflow-exchange_online-*.tar.gz")
    with tarfile.open(built) as tarball:
        names = {member.name for member in tarball.getmembers() if member.isfile()}
    wanted = {relative(path) for path in PLUGINS} | {
        ".ansible-lint",
        "ARCHITECTURE.md",
        "CODE_OF_CONDUCT.md",
        "CONTRIBUTING.md",
        LICENCE,
        "README.md",
        "SECURITY.md",
        "meta/ee-requirements.txt",
        "meta/execution-environment.yml",
        "meta/runtime.yml",
        "tests/config.yml",
    }
    assert wanted - names == set()
    known = {relative(path) for path in repository_files()} | {"FILES.json", "MANIFEST.json"}
    assert names - known == set(), "files that git does not know were packed"
    places = {name.split("/")[0] for name in names}
    assert places <= {
        *(".ansible-lint", "ARCHITECTURE.md", "CHANGELOG.rst", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md"),
        *("FILES.json", "LICENSES", "MANIFEST.json", "README.md"),
        *("changelogs", "docs", "meta", "playbooks", "plugins", "roles", "tests"),
    }
    assert {name for name in names if name.startswith("tests/")} == {"tests/config.yml"}
    # What the first page points to is there as well.
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert set(links) - names == set()

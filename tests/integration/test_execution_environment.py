# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an execution environment gets: ansible-builder's steps without the image, and the demo in what they install.

An image is not built, because that takes a container engine and a base image. What goes into one is made here in the
same order: the collection's tarball, what ansible-builder reads from it, and a Python with that and Ansible alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import textwrap
import typing as t

import pytest
import yaml

from ansible_collections.mailflow.exchange_online.tests.integration.harness import ROOT, Play
from ansible_collections.mailflow.exchange_online.tests.lab import Lab

TOOLS = pathlib.Path(sys.executable).parent
VERSION = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
TARBALL = f"mailflow-exchange_online-{VERSION}.tar.gz"
DEMO = "mailflow.exchange_online.demo"
#: The oldest ansible-core that we support and that still runs on a Python, where that is not the newest.
OLDEST_CORE = {(3, 11): "==2.16.*", (3, 12): "==2.16.*", (3, 13): "==2.18.*"}


def call(*command: str | pathlib.Path, cwd: pathlib.Path) -> str:
    """Run a command with nothing of the user's home, and return what it printed."""
    # Where packages come from is the machine's business, and stands in variables and files outside the home.
    marks = ("PIP_", "SSL_", "REQUESTS_", "HTTP", "NO_PROXY")
    pip = {name: value for name, value in os.environ.items() if name.upper().startswith(marks)}
    settings = {"PATH": f"{TOOLS}:{os.environ['PATH']}", "HOME": str(cwd), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        cwd=cwd,
        env={**pip, **settings, "PIP_USER": "0", "PIP_CACHE_DIR": str(ROOT / ".cache" / "pip")},
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A directory with the tarball in dist, and the collection installed from it in collections."""
    place = tmp_path_factory.mktemp("environment")
    call("ansible-galaxy", "collection", "build", "--output-path", place / "dist", ROOT, cwd=place)
    installing = ("ansible-galaxy", "collection", "install", "--offline", "-p", place / "collections")
    call(*installing, place / "dist" / TARBALL, cwd=place)
    return place


@pytest.fixture(scope="module")
def requirements(place: pathlib.Path) -> list[str]:
    """What ansible-builder would install with pip because of the collection, and nothing with dnf."""
    call("ansible-builder", "introspect", place / "collections", "--write-pip", place / "pip.txt", cwd=place)
    return (place / "pip.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def bare(place: pathlib.Path, requirements: list[str]) -> pathlib.Path:
    """A virtual environment with ansible-core and those requirements, and nothing else."""
    assert requirements
    core = f"ansible-core{OLDEST_CORE.get(sys.version_info[:2], '')}"
    call(sys.executable, "-m", "venv", place / "bare", cwd=place)
    call(place / "bare/bin/python", "-m", "pip", "install", "-qq", core, "-r", place / "pip.txt", cwd=place)
    return place / "bare"


def run_demo(lab: Lab, bare: pathlib.Path, home: pathlib.Path, *arguments: str) -> Play:
    """Run the demo's playbook with the Python of the environment and the collection of the tarball."""
    done = subprocess.run(
        [bare / "bin" / "ansible-playbook", DEMO, *arguments],
        capture_output=True,
        check=False,
        cwd=home,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=300,
        env={
            "PATH": f"{bare / 'bin'}:/usr/bin:/bin",
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(bare.parent / "collections"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            **lab.environment(),
        },
    )
    return Play(done.returncode, done.stdout, done.stderr)


def test_the_requirements_of_the_collection_arrive(requirements: list[str], place: pathlib.Path) -> None:
    ours = [line for line in (ROOT / "meta/ee-requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert [re.split(r"\s+#", line)[0] for line in requirements] == ours
    assert all("from collection mailflow.exchange_online" in line for line in requirements)
    told = call("ansible-builder", "introspect", place / "collections", cwd=place)
    # Everything comes as a wheel; a system package would have to be asked of every image.
    assert "system: []" in told.splitlines()


def test_the_build_context_brings_the_collection_of_the_checkout(place: pathlib.Path) -> None:
    """The file is made for a checkout: it names the tarball of this version, which it finds in dist."""
    shutil.copy(ROOT / "execution-environment.yml", place)
    call("ansible-builder", "create", "--output-filename", "Containerfile", "-v3", cwd=place)
    context = place / "context"
    (collection,) = yaml.safe_load((context / "_build/requirements.yml").read_text(encoding="utf-8"))["collections"]
    assert collection == {"name": f"collections/{TARBALL}", "type": "file"}
    copied = context / "_build" / collection["name"]
    assert copied.read_bytes() == (place / "dist" / TARBALL).read_bytes()
    steps = (context / "Containerfile").read_text(encoding="utf-8")
    assert 'ARG ANSIBLE_INSTALL_REFS="ansible-core>=2.16 ansible-runner>=2.4"' in steps
    assert "ansible-galaxy collection install $ANSIBLE_GALAXY_CLI_COLLECTION_OPTS -r requirements.yml" in steps
    # In the image the collection itself is asked, so that its requirements stand in one place.
    assert "introspect.py introspect --write-bindep=/tmp/src/bindep.txt --write-pip=/tmp/src/requirements.txt" in steps
    assert not list((context / "_build").glob("requirements*.txt"))


def test_the_file_of_the_guide_makes_a_build_context(tmp_path: pathlib.Path) -> None:
    guide = (ROOT / "docs/docsite/rst/execution_environment.rst").read_text(encoding="utf-8")
    blocks = re.findall(r"^\.\. code-block:: yaml\n\n((?: {4}.*\n|\n)+)", guide, re.MULTILINE)
    (file,) = (block for block in map(textwrap.dedent, blocks) if "version: 3" in block)
    (tmp_path / "execution-environment.yml").write_text(file, encoding="utf-8")
    call("ansible-builder", "create", "--output-filename", "Containerfile", cwd=tmp_path)
    asked = yaml.safe_load((tmp_path / "context/_build/requirements.yml").read_text(encoding="utf-8"))
    assert asked == {"collections": [{"name": "mailflow.exchange_online"}]}
    # Beside where the collection comes from, both files say the same.
    ours = yaml.safe_load((ROOT / "execution-environment.yml").read_text(encoding="utf-8"))
    del ours["additional_build_files"]
    ours["dependencies"]["galaxy"] = asked
    assert yaml.safe_load(file) == ours


def test_the_tarball_holds_no_key_and_no_place(place: pathlib.Path) -> None:
    """What files it holds is a test of tests/unit/test_frame.py."""
    found = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY|" + re.escape(bytes(ROOT)) + rb"\b")
    with tarfile.open(place / "dist" / TARBALL) as tarball:
        files = {member.name: tarball.extractfile(member) for member in tarball.getmembers() if member.isfile()}
        assert len(files) > 100
        assert [name for name, content in files.items() if content and found.search(content.read())] == []


def test_the_demo_runs_in_it(lab: Lab, bare: pathlib.Path, tmp_path: pathlib.Path) -> None:
    runs = []
    for number in (1, 2):
        result = tmp_path / f"result{number}.json"
        play = run_demo(lab, bare, tmp_path, "-vvv", "-e", json.dumps({"demo_result_file": str(result)}))
        assert play.rc == 0, play.text
        assert str(ROOT) not in play.text
        assert str(bare.parent / "collections" / "ansible_collections") in play.text
        for unwanted in ("WARNING", "DEPRECAT", "Traceback"):
            assert unwanted not in play.text
        runs.append(json.loads(result.read_text(encoding="utf-8"))["summary"])
    assert (runs[0]["created"], runs[1]["unchanged"]) == (32, 32)
    assert len(lab.tenant.outbound) == len(lab.tenant.inbound) == 16
    paths = call(bare / "bin/python", "-c", "import sys; print(sys.path)", cwd=tmp_path)
    assert str(ROOT) not in paths


@contextlib.contextmanager
def without(bare: pathlib.Path, library: str, aside: pathlib.Path) -> t.Iterator[None]:
    """Take a library out of the environment for a moment."""
    aside.mkdir()
    (site,) = bare.glob("lib/python3*/site-packages")
    parts = [*site.glob(library), *site.glob(f"{library}-*.dist-info")]
    assert len(parts) == 2
    for part in parts:
        part.rename(aside / part.name)
    try:
        yield
    finally:
        for part in parts:
            (aside / part.name).rename(part)


def test_a_library_that_an_image_lacks_is_named(lab: Lab, bare: pathlib.Path, tmp_path: pathlib.Path) -> None:
    with without(bare, "msal", tmp_path / "aside"):
        play = run_demo(lab, bare, tmp_path)
    assert play.rc == 2
    python = bare / "bin" / "python"
    told = " ".join(play.text.split())
    assert "This module needs the Python library msal 1.33 or newer (not found)" in told
    assert re.search(re.escape(str(python)) + r"[0-9.]* -m pip install 'msal>=1.33'", told), told
    assert "Traceback" not in play.text
    assert lab.journal.entries == []

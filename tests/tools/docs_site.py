# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation as a site: ``make docs-site`` writes it to .cache/docs-site/html, without a network.

antsibull-docs makes the pages of modules, filters and the role, and Sphinx makes HTML of these and the guides. A
warning of either is an error, and so is a link that leads nowhere.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import textwrap
import zlib

import yaml

from ansible_collections.mailflow.exchange_online.tests.tools import site_links

ROOT = pathlib.Path(__file__).resolve().parents[2]
SITE = ROOT / ".cache" / "docs-site"
HTML = SITE / "html"
#: Labels of Ansible's documentation that antsibull-docs puts into its pages, and where they are.
ANSIBLE = {
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_collections.ansible.builtin.set_stats_module": "collections/ansible/builtin/set_stats_module.html",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}
#: Lists of the sidebar, and how the names of the pages that antsibull-docs makes for them end.
KINDS = {"The role": "_role", "Modules": "_module", "Filters": "_filter", "Lookups": "_lookup"}
_INVENTORY = """\
# Sphinx inventory version 2
# Project: ansible
# Version: devel
# The remainder of this file is compressed using zlib.
"""


def build() -> None:
    """Make the site anew. Raises CalledProcessError where a tool is not content."""
    pages = SITE / "rst"
    shutil.rmtree(SITE, ignore_errors=True)
    # antsibull-docs wants a directory that nobody else may write to.
    pages.mkdir(parents=True, mode=0o755)
    _run("antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error")
    _title(pages / "changelog.rst")
    (pages / "index.rst").rename(pages / "collection.rst")
    (pages / "index.rst").write_text(front_page(pages), encoding="utf-8")
    shutil.copytree(ROOT / "docs" / "docsite" / "images", pages / "images")
    tools = pathlib.Path(__file__).parent
    shutil.copy(tools / "site_conf.py", pages / "conf.py")
    (pages / "static").mkdir()
    shutil.copy(tools / "site.css", pages / "static")
    (pages / "ansible.inv").write_bytes(_inventory())
    _run("sphinx-build", "--builder", "html", "--fail-on-warning", "--keep-going", "--jobs", "2", "--quiet")


def front_page(pages: pathlib.Path) -> str:
    """The first page, whose lists are the sidebar of all pages."""
    extra = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text(encoding="utf-8"))
    lists = {one["title"]: [f"docsite/{page}" for page in one["toctree"]] for one in extra["sections"]}
    for title, ending in KINDS.items():
        lists[title] = [
            f"{path.stem.removesuffix(ending)} <{path.stem}>" for path in sorted(pages.glob(f"*{ending}.rst"))
        ]
    lists["All of it"] = ["collection", "environment_variables", "changelog"]
    trees = (
        f".. toctree::\n   :caption: {title}\n   :maxdepth: 1\n\n" + textwrap.indent("\n".join(entries), "   ")
        for title, entries in lists.items()
    )
    return (
        "\n\n".join([(pathlib.Path(__file__).parent / "site_index.rst").read_text(encoding="utf-8").strip(), *trees])
        + "\n"
    )


def _title(changelog: pathlib.Path) -> None:
    """Before the first release antsibull-docs writes this page without one."""
    text = changelog.read_text(encoding="utf-8")
    if "\n====" not in text:
        label, _blank, rest = text.partition("\n\n")
        changelog.write_text(f"{label}\n\nChangelog\n=========\n\n{rest}", encoding="utf-8")


def _run(tool: str, *arguments: str) -> None:
    where = {
        "antsibull-docs": ["--dest-dir", str(SITE / "rst"), "mailflow.exchange_online"],
        "sphinx-build": ["--doctree-dir", str(SITE / "doctrees"), str(SITE / "rst"), str(HTML)],
    }
    command = [str(pathlib.Path(sys.executable).with_name(tool)), *arguments, *where[tool]]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=600)


def _inventory() -> bytes:
    """The list that Sphinx would fetch from Ansible's site, with nothing but what is referred to."""
    lines = (f"{name} std:label -1 {page} {name.rpartition('.')[2]}\n" for name, page in ANSIBLE.items())
    return _INVENTORY.encode() + zlib.compress("".join(lines).encode())


def main() -> int:
    try:
        build()
    except subprocess.CalledProcessError as problem:
        return problem.returncode or 1
    problems = site_links.problems(HTML, ROOT)
    print("\n".join(problems) if problems else f"{HTML.relative_to(ROOT)}/index.html")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

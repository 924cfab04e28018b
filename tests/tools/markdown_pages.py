# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages in Markdown as pages of the documentation site: ``make docs`` writes them.

The role's README and the tables stand in Markdown, where people look for them in the repository. The site gets the same
text in reStructuredText; only the Markdown that these pages use is understood.
"""

from __future__ import annotations

import html
import pathlib
import re
import textwrap
import typing as t

from ansible_collections.mailflow.exchange_online.tests.tools import message_blocks as rst

ROOT = pathlib.Path(__file__).resolve().parents[2]
RST = ROOT / "docs" / "docsite" / "rst"
#: Page of the site -> what it is made from, and its title there.
PAGES: t.Mapping[str, tuple[str, str]] = {
    "architecture": ("ARCHITECTURE.md", "Architecture"),
    "forced_tls": ("roles/forced_tls/README.md", "The role forced_tls"),
    "findings": ("docs/findings.md", "Findings of the probe"),
    "lab_evidence": ("docs/lab-evidence.md", "What the lab's answers rest on"),
}
_LABEL = "ansible_collections.mailflow.exchange_online.docsite."
_BLOB = "https://github.com/mailflow/ansible-exchange-online/blob/main/"
_HEADINGS = {2: "-", 3: "~"}
_INLINE = re.compile(
    r"(`+)(?P<code>.+?)\1|\*\*(?P<bold>.+?)\*\*|\*(?P<slanted>[^*\s][^*]*)\*|\[(?P<text>[^\]]+)\]\((?P<url>[^)]+)\)"
)
_BULLET = re.compile(r"(?P<indent> *)(?:[-*]|\d+\.) (?P<text>.*)")


def page(name: str) -> str:
    """A page of the site as it stands."""
    source, title = PAGES[name]
    body = (ROOT / source).read_text(encoding="utf-8")
    body = re.sub(r"<!--.*?-->\n*", "", body, flags=re.DOTALL).partition("\n")[2]
    parts = [f".. _{_LABEL}{name}:", f".. Written by `make docs`; edit {source} instead.", _heading(title, "=")]
    if len(re.findall(r"^## ", body, flags=re.MULTILINE)) > 2:
        parts.append(".. contents::\n   :local:\n   :depth: 1")
    return "\n\n".join([*parts, *_blocks(body, pathlib.PurePosixPath(source).parent)]) + "\n"


def _blocks(body: str, folder: pathlib.PurePosixPath) -> t.Iterator[str]:
    fences = re.split(r"^```(\w*)\n(.*?)^```$", body, flags=re.MULTILINE | re.DOTALL)
    for number in range(0, len(fences), 3):
        for block in re.split(r"\n\s*\n", fences[number].strip("\n")):
            if block.strip():
                yield _block(block, lambda text: inline(text, folder))
        if number + 2 < len(fences):
            language = {"sh": "console"}.get(fences[number + 1], fences[number + 1])
            code = fences[number + 2].rstrip()
            shown = re.sub(r"^(?=ansible)", "$ ", code, flags=re.MULTILINE) if language == "console" else code
            yield f".. code-block:: {language}\n\n" + textwrap.indent(shown, "    ")


def _block(block: str, shown: t.Callable[[str], str]) -> str:
    lines = block.splitlines()
    heading = re.match(r"(#+) (.*)", lines[0])
    if heading:
        return _heading(shown(heading[2]), _HEADINGS[len(heading[1])])
    picture = re.fullmatch(r"!\[(.+)\]\(docs/docsite/(images/.+)\)", block)
    if picture:
        return f".. image:: ../{picture[2]}\n   :alt: {picture[1]}"
    if lines[0].startswith("|"):
        head, _rule, *rows = ([shown(cell.strip()) for cell in _cells(line)] for line in lines)
        return rst.table(head, rows, _widths([head, *rows]))
    if lines[0].startswith(">"):
        quoted = "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)
        return "\n\n".join(
            textwrap.indent(shown(" ".join(one.split())), "    ") for one in re.split(r"\n\s*\n", quoted)
        )
    if _BULLET.match(lines[0]):
        return _bullets(lines, shown)
    return rst.paragraph(shown(" ".join(lines)))


def _bullets(lines: t.Sequence[str], shown: t.Callable[[str], str]) -> str:
    items: list[str] = []
    for line in lines:
        found = _BULLET.fullmatch(line)
        if found and found["indent"]:
            raise ValueError(f"Lists within lists are not understood: {line}")
        if found:
            items.append(found["text"])
        else:
            items[-1] += " " + line.strip()
    return rst.bullets(map(shown, items))


def _cells(line: str) -> list[str]:
    return [cell.replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _widths(rows: t.Sequence[t.Sequence[str]]) -> str:
    """Widths by what stands in the columns, so that a column of short words does not take the room of a long one."""
    columns = list(zip(*rows, strict=True))
    wanted = [min(60, max(8, sorted(map(len, column))[len(column) * 9 // 10])) for column in columns]
    return " ".join(str(max(5, round(100 * one / sum(wanted)))) for one in wanted)


def _heading(title: str, line: str) -> str:
    return f"{title}\n{line * len(title)}"


def inline(text: str, folder: pathlib.PurePosixPath) -> str:
    """Words of Markdown in reStructuredText; ``folder`` is where relative links begin."""
    said, end = "", 0
    for found in _INLINE.finditer(text):
        said = _joined(said + _plain(text[end : found.start()]), _marked(found, folder), text[found.end() :])
        end = found.end()
    return said + _plain(text[end:])


def _joined(before: str, mark: str, after: str) -> str:
    """Markup that touches a word needs a mark between that is not seen."""
    if before and (before[-1].isalnum() or before[-1] == "`"):
        before += "\\ "
    return before + mark + ("\\ " if after and (after[0].isalnum() or after[0] in "`*") else "")


def _marked(found: re.Match[str], folder: pathlib.PurePosixPath) -> str:
    if found["code"]:
        return rst.literal(html.unescape(found["code"]).strip())
    if found["bold"]:
        return f"**{_plain(found['bold'].replace('`', ''))}**"
    if found["slanted"]:
        return f"*{_plain(found['slanted'])}*"
    return _link(found["text"].replace("`", ""), found["url"], folder)


def _link(text: str, url: str, folder: pathlib.PurePosixPath) -> str:
    if "://" in url:
        return f"`{text} <{url}>`__"
    path, _hash, anchor = url.partition("#")
    target = (ROOT / folder / path).resolve().relative_to(ROOT).as_posix() if path else ""
    for name, (source, _title) in PAGES.items():
        if target == source and not anchor:
            return f":ref:`{text} <{_LABEL}{name}>`"
    if target.startswith("docs/docsite/rst/"):
        return f":ref:`{text} <{_LABEL}{pathlib.PurePosixPath(target).stem}>`"
    return f"`{text} <{_BLOB}{target or folder}{'#' if anchor else ''}{anchor}>`__"


def _plain(text: str) -> str:
    return re.sub(r"([*`|\\]|_(?=\W|$))", r"\\\1", html.unescape(text))


if __name__ == "__main__":
    for made in PAGES:
        (RST / f"{made}.rst").write_text(page(made), encoding="utf-8")

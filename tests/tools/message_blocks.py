# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pieces of reStructuredText that the guide on messages is made of. Pure."""

from __future__ import annotations

import textwrap
import typing as t

_WIDTH = 112


def replace(text: str, block: str, content: str) -> str:
    """Put content between the markers of a block. Raises ValueError where they are not in the text."""
    begin, end = f".. begin {block}\n", f".. end {block}\n"
    before, found, rest = text.partition(begin)
    _old, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"The guide has no block {block!r}")
    return f"{before}{begin}\n{content.strip()}\n\n{end}{after}"


def code(text: str) -> str:
    """A block as it is, with long lines broken; what goes on is indented below."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        lines += textwrap.wrap(line, _WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]
    return ".. code-block:: text\n\n" + textwrap.indent("\n".join(lines), "    ")


def table(head: t.Sequence[str], rows: t.Iterable[t.Sequence[str]], widths: str = "auto") -> str:
    """A list-table; cells may be long."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in (head, *rows):
        for number, cell in enumerate(row):
            wrapped = textwrap.wrap(cell, _WIDTH - 7, break_on_hyphens=False, break_long_words=False) or [""]
            first = "   * - " if number == 0 else "     - "
            lines += [(first + wrapped[0]).rstrip(), *(f"       {line}" for line in wrapped[1:])]
    return "\n".join(lines)


def bullets(lines: t.Iterable[str]) -> str:
    """A list."""
    return "\n".join(
        textwrap.fill(one, _WIDTH, initial_indent="* ", subsequent_indent="  ", break_on_hyphens=False) for one in lines
    )


def paragraph(text: str) -> str:
    """Text in lines."""
    return textwrap.fill(text, _WIDTH, break_on_hyphens=False)


def literal(text: str) -> str:
    """Words of a machine, in a line."""
    return f"``{text}``"

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""A partner list as spreadsheets export it: CSV -> entries with their lines. Pure."""

from __future__ import annotations

import csv
import io
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rows import Row
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.values import did_you_mean, shortened

#: Column -> key of an entry. A test compares them with the keys there are: only exceptions do not fit into a cell.
COLUMNS: dict[str, str] = {
    "name": "name",
    "domains": "domains",
    "state": "state",
    "enforce_from": "enforce_from",
    "level": "outbound.level",
    "certificate_name": "outbound.certificate_name",
    "smart_hosts": "outbound.smart_hosts",
    "validation_recipients": "outbound.validation_recipients",
    "inbound_certificate_name": "inbound.certificate_name",
    "inbound_ip_addresses": "inbound.ip_addresses",
    "contact": "contact",
    "reference": "reference",
    "description": "description",
    "reason": "reason",
    "until": "until",
    "smtp_dane_mode": "outbound.smtp_dane_mode",
    "mta_sts_mode": "outbound.mta_sts_mode",
    "adopt_outbound": "outbound.adopt",
    "adopt_inbound": "inbound.adopt",
}
#: Columns whose cells hold several values.
LISTS = ("domains", "smart_hosts", "validation_recipients", "inbound_ip_addresses")

_NO_CELL = (
    "cannot be in a table, because an exception has a finding, an owner, an end and a reason;"
    " write the list as YAML or JSON, or take the column out"
)
_WORDS = {key: column for column, key in COLUMNS.items() if "." in key}
_SEPARATORS = ",;\t"
_BETWEEN_VALUES = re.compile(r"[\s,;]+")
_EXCEL_HINT = re.compile(r"sep=(.)", re.IGNORECASE)

Line = tuple[int, list[str]]


def read_table(text: str) -> list[Row]:
    """Return the entries of a CSV file. Raises InputError where no entry can be told from another."""
    lines, separator = _lines(text)
    if not lines:
        raise InputError(["The file is empty; its first line names the columns, for example: name,domains,state."])
    (number, header), *body = lines
    columns = [re.sub(r"[\s-]+", "_", cell.strip().casefold()) for cell in header]
    problems = _header_problems(number, columns, header)
    if problems:
        raise InputError(problems)
    return [_row(number, columns, cells, separator) for number, cells in body]


def _lines(text: str) -> tuple[list[Line], str]:
    """Return the lines that hold anything, and the separator with which the first one reads best."""
    hint = _EXCEL_HINT.fullmatch(text.split("\n", 1)[0].strip("\r"))
    first = next((line for line in text.splitlines() if line.strip(_SEPARATORS + '" ')), "")
    separator = hint[1] if hint else max(_SEPARATORS, key=lambda mark: _known(first, mark))
    found: list[Line] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begin = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not (hint and begin == 1):
                found.append((begin, cells))
            begin = reader.line_num + 1
    except csv.Error as problem:
        # What follows a quote that is never closed would be swallowed without a word.
        raise InputError(
            [f"Line {begin}: the line cannot be read as CSV ({problem}); look for a quote that is not closed."]
        ) from None
    return found, separator


def _known(line: str, separator: str) -> int:
    names = (cell.strip().strip('"').casefold() for cell in line.split(separator))
    return sum(1 for name in names if re.sub(r"[\s-]+", "_", name) in COLUMNS)


def _header_problems(number: int, columns: t.Sequence[str], header: t.Sequence[str]) -> list[str]:
    accepted = ", ".join(COLUMNS)
    problems = [
        f"Line {number}: the column '{shortened(said.strip())}' {_NO_CELL}."
        if column == "exceptions"
        else f"Line {number}: the column '{shortened(said.strip())}' is not known{did_you_mean(column, COLUMNS)};"
        f" accepted are {accepted}."
        for column, said in zip(columns, header, strict=True)
        if column and column not in COLUMNS
    ]
    problems += [
        f"Line {number}: the column '{column}' is there {columns.count(column)} times; keep one of them."
        for column in dict.fromkeys(columns)
        if column and columns.count(column) > 1
    ]
    if not problems and not {"name", "domains"} & set(columns):
        problems.append(f"Line {number}: the column domains is missing; the first line names the columns.")
    return problems


def _row(number: int, columns: t.Sequence[str], cells: t.Sequence[str], separator: str) -> Row:
    entry: dict[str, t.Any] = {}
    for column, cell in zip(columns, cells, strict=False):
        text = cell.strip()
        if not text or not column:  # an empty cell is the same as leaving out
            continue
        section, dot, key = COLUMNS[column].rpartition(".")
        place = entry.setdefault(section, {}) if dot else entry
        place[key] = [item for item in _BETWEEN_VALUES.split(text) if item] if column in LISTS else text
    strays = [cell for cell in cells[len(columns) :] if cell.strip()]
    strays += [cell for column, cell in zip(columns, cells, strict=False) if not column and cell.strip()]
    problems = [
        f"'{shortened(cell.strip())}' stands below no column; put cells that hold a '{separator}' in quotes, or name"
        " the column"
        for cell in strays
    ]
    return Row(f"Line {number}", entry, tuple(problems), _WORDS)

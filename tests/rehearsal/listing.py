# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The partner list that is rehearsed: what is wrong with the file, in a sentence, or the variables for the role."""

from __future__ import annotations

import csv
import dataclasses
import os
import pathlib
import typing as t

import yaml

_TABLES = (".csv", ".tsv")
_PREFIX = "forced_tls_"
#: What a rehearsal decides itself, because it would look at other machines.
_DECIDED = tuple(f"forced_tls_{name}" for name in ("probe", "probe_from", "report", "report_dir", "hosts"))


class ListError(Exception):
    """The file cannot be rehearsed; the text is a sentence."""


@dataclasses.dataclass(frozen=True)
class PartnerList:
    """``variables`` are for the role; ``left_out`` are names of variables that a rehearsal does not take."""

    variables: dict[str, t.Any]
    left_out: tuple[str, ...] = ()


def read(given: str, where: pathlib.Path) -> PartnerList:
    """Read the file that PARTNERS names, relative to ``where``. Raises ListError."""
    if not given.strip():
        raise ListError("Say which list is to be rehearsed: make rehearse PARTNERS=my.yml (YAML, JSON or CSV).")
    path = where / pathlib.Path(given).expanduser()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise ListError(f"The partner list {given} cannot be read: {problem.strerror}.") from None
    except UnicodeDecodeError:
        raise ListError(f"The partner list {given} is not in UTF-8; save it so, and try again.") from None
    if path.suffix.lower() in _TABLES:
        return _table(given, path, text)
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise ListError(f"The partner list {given} is no valid YAML: {_place(problem)}.") from None
    if isinstance(found, list):
        _filled(found, given)
        return PartnerList({"forced_tls_partners_file": str(path)})
    if not isinstance(found, dict):
        what = "is empty" if found is None else "is neither a list of partners nor variables of the role"
        raise ListError(f"The partner list {given} {what}; begin it with a list, or with forced_tls_partners.")
    return _variables(found, given, path)


def _table(given: str, path: pathlib.Path, text: str) -> PartnerList:
    rows = [row for row in csv.reader(text.splitlines()) if any(cell.strip() for cell in row)]
    _filled(rows[1:], given)
    return PartnerList({"forced_tls_partners_file": str(path)})


def _variables(found: dict[t.Any, t.Any], given: str, path: pathlib.Path) -> PartnerList:
    taken = {str(name): value for name, value in found.items() if str(name).startswith(_PREFIX)}
    left_out = [str(name) for name in found if str(name) not in taken]
    left_out += [name for name in _DECIDED if taken.pop(name, None) is not None]
    if "forced_tls_partners_file" in taken:
        taken["forced_tls_partners_file"] = _other(str(taken["forced_tls_partners_file"]), given, path)
    elif "forced_tls_partners" not in taken:
        raise ListError(
            f"The file {given} has neither forced_tls_partners nor forced_tls_partners_file; name one, or give a list."
        )
    else:
        _filled(taken["forced_tls_partners"], given)
    return PartnerList(taken, tuple(left_out))


def _other(name: str, given: str, path: pathlib.Path) -> str:
    """The list in another file, beside this one or where the command was given."""
    for place in (path.parent, pathlib.Path()):
        candidate = (place / os.path.expanduser(name)).resolve()
        if candidate.is_file():
            return str(candidate)
    raise ListError(f"The file {given} names the partner list {name}, which is not there.")


def _filled(partners: object, given: str) -> None:
    if not partners:
        raise ListError(f"The partner list {given} holds no partner, so there is nothing to rehearse.")


def _place(problem: yaml.YAMLError) -> str:
    mark = getattr(problem, "problem_mark", None)
    said = str(getattr(problem, "problem", None) or "it cannot be read").rstrip(".")
    return said if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: {said}"

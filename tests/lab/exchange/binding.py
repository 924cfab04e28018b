# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the JSON of a request to the values of a cmdlet's parameters."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .convert import Edit, convert
from .errors import missing_mandatory, unknown_parameters
from .parameters import Family, Parameter

if t.TYPE_CHECKING:
    from ..switches import Switches

# PowerShell's common parameters belong to every cmdlet; clients that imitate the module copy some of them.
COMMON = frozenset({"erroraction", "warningaction", "informationaction", "verbose", "debug"})


@dataclass(slots=True)
class Bound:
    """Parameters of one call: the values by the parameter's own spelling, and the tables they came from.

    A value is what the record will hold: str, bool, int, None, a list of str, or an Edit of the stored list.
    """

    values: dict[str, object]
    parameters: dict[str, Parameter]

    def flag(self, name: str) -> bool | None:
        """A Boolean parameter; None when it was not sent."""
        value = self.values.get(name)
        return value if isinstance(value, bool) else None

    def text(self, name: str) -> str | None:
        """A text parameter; None when it was not sent or was null."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def stored(self) -> t.Iterator[tuple[Parameter, object]]:
        """Those that end up in the record."""
        for name, value in self.values.items():
            if self.parameters[name].stored:
                yield self.parameters[name], value


def _exists(parameter: Parameter | None, switches: Switches) -> t.TypeGuard[Parameter]:
    if parameter is None:
        return False
    return parameter.present_with is None or switches[parameter.present_with] != "absent"


def bind(family: Family, verb: str, given: t.Mapping[str, object], switches: Switches) -> Bound:
    """Check and convert the parameters of one call.

    Unknown names are reported first, all of them, then values that do not convert, then what is missing.
    Raises CmdletError with the service's answer.
    """
    table = family.of(verb)
    bound = Bound({}, {})
    unknown: list[str] = []
    for name, raw in given.items():
        parameter = table.get(name.lower())
        if not _exists(parameter, switches):
            if name.lower() not in COMMON:
                unknown.append(name)
            continue
        if parameter.name in bound.values:
            raise unknown_parameters([name])
        bound.values[parameter.name] = raw
        bound.parameters[parameter.name] = parameter
    if unknown:
        raise unknown_parameters(unknown)
    for name, parameter in bound.parameters.items():
        bound.values[name] = convert(parameter, bound.values[name], switches)
    _drop_unchanged(bound)
    _check_mandatory(table, verb, bound)
    return bound


def _drop_unchanged(bound: Bound) -> None:
    """A form of "make it empty" that the service swallows without a word leaves the stored value alone."""
    ignored = [name for name, value in bound.values.items() if isinstance(value, Edit) and value.ignored]
    for name in ignored:
        del bound.values[name]
        del bound.parameters[name]


def _check_mandatory(table: t.Mapping[str, Parameter], verb: str, bound: Bound) -> None:
    missing = []
    for parameter in dict.fromkeys(table.values()):
        if verb in parameter.required_by and bound.values.get(parameter.name) in (None, "", []):
            missing.append(parameter.name)
    if missing:
        raise missing_mandatory(missing)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches: where public facts conflict or are silent, the lab offers each reading under a name.

A row of the table is a ``Switch``; the settings of one lab are ``Switches``, which takes no name and no value that the
table does not have. The rows themselves stand with the code that obeys them (see switch_table.py).
"""

from __future__ import annotations

import difflib
import typing as t

Value = str | int | float


class Switch(t.NamedTuple):
    """One question with the answers on offer.

    ``values`` None means any value of the default's type. ``basis`` tells on what the default rests: ``recorded``,
    ``documented`` or ``assumed``.
    """

    name: str
    default: Value
    values: tuple[Value, ...] | None
    question: str
    basis: str = "assumed"
    source: str = "no public source"

    def accept(self, value: object) -> Value:
        """Return ``value`` as the switch keeps it. Raises ValueError when it is none of the values on offer.

        Texts become numbers where numbers are wanted; the booleans that YAML makes of yes, no, true and false become
        the words on offer again.
        """
        if self.values is None:
            return self._of_type(value)
        words = (
            {True: ("yes", "true", "on"), False: ("no", "false", "off")}.get(value, ())
            if isinstance(value, bool)
            else ()
        )
        for candidate in self.values:
            if candidate in words or (not isinstance(value, bool) and str(candidate) == str(value)):
                return candidate
        raise ValueError(f"Switch {self.name}: {value!r} is not one of {', '.join(map(str, self.values))}")

    def _of_type(self, value: object) -> Value:
        try:
            if isinstance(value, bool):
                raise ValueError
            if isinstance(self.default, str):
                return str(value)
            return type(self.default)(str(value))
        except (TypeError, ValueError):
            raise ValueError(f"Switch {self.name}: {value!r} is no {type(self.default).__name__}") from None


class Switches:
    """The settings of one lab. Reads as a mapping; ``switches[name] = value`` is checked."""

    def __init__(self, table: t.Iterable[Switch], settings: t.Mapping[str, object] | None = None) -> None:
        """Raises KeyError for an unknown name and ValueError for a value that is not on offer."""
        self.table: dict[str, Switch] = {}
        for switch in table:
            if switch.name in self.table:
                raise ValueError(f"Two switches are named {switch.name}")
            self.table[switch.name] = switch
        self._start: dict[str, Value] = {name: switch.default for name, switch in self.table.items()}
        self._now = dict(self._start)
        self.update(settings or {})
        self._start = dict(self._now)

    def __getitem__(self, name: str) -> t.Any:
        return self._now[self._known(name).name]

    def __setitem__(self, name: str, value: object) -> None:
        self._now[name] = self._known(name).accept(value)

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._now)

    def __len__(self) -> int:
        return len(self._now)

    def __repr__(self) -> str:
        return f"Switches({self.changed()!r})"

    def keys(self) -> t.KeysView[str]:
        """The names."""
        return self._now.keys()

    def update(self, settings: t.Mapping[str, object]) -> None:
        """Set several; nothing is set when one of them is refused."""
        checked = {name: self._known(name).accept(value) for name, value in settings.items()}
        self._now.update(checked)

    def reset(self) -> None:
        """Back to the settings that the lab was started with."""
        self._now = dict(self._start)

    def as_dict(self) -> dict[str, Value]:
        """All settings."""
        return dict(self._now)

    def changed(self) -> dict[str, Value]:
        """The settings that are not the default."""
        return {name: value for name, value in self._now.items() if value != self.table[name].default}

    def _known(self, name: str) -> Switch:
        switch = self.table.get(name)
        if switch is None:
            near = difflib.get_close_matches(name, self.table, 1)
            raise KeyError(f"No switch is named {name!r}" + (f"; {near[0]!r} is" if near else ""))
        return switch

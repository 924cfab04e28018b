# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The check of a task's arguments, quick where there are a thousand entries with nothing to complain of.

Ansible's own check goes through each entry a dozen times. An entry whose keys are options, and whose values have the
types and are among the choices that these ask for, comes out of it as it went in, with the defaults added.
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult

Values = t.Mapping[str, t.Any]
_Judge = t.Callable[[t.Any], bool]

#: What an option may say of itself for its values to be judged here.
_KNOWN = frozenset({"type", "elements", "required", "choices", "default"})
_FITS: t.Mapping[tuple[str, str | None], _Judge] = {
    ("str", None): lambda value: isinstance(value, str),
    ("bool", None): lambda value: isinstance(value, bool),
    ("list", "str"): lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
}


def validate(spec: Values, given: Values) -> ValidationResult:
    """Return what ``ArgumentSpecValidator(**spec).validate(given)`` returns. ``given`` holds plain values."""
    options = spec["argument_spec"]
    quick = {name: done for name, option in options.items() if (done := _entries(option, given.get(name))) is not None}
    result: ValidationResult = ArgumentSpecValidator(**spec).validate({**given, **{name: [] for name in quick}})
    result.validated_parameters.update(quick)
    return result


def _entries(option: Values, value: object) -> list[Values] | None:
    """The entries with their defaults, or None where Ansible is to look at them."""
    inner: Values | None = option.get("options")
    if not inner or option.get("elements") != "dict" or not set(option) <= _KNOWN | {"options"}:
        return None
    if not isinstance(value, list) or not value or not all(set(one) <= _KNOWN for one in inner.values()):
        return None
    fits = {name: _judge_of(one) for name, one in inner.items()}
    required = {name for name, one in inner.items() if one.get("required")}
    if not all(isinstance(entry, dict) and required <= entry.keys() and _is_fine(fits, entry) for entry in value):
        return None
    defaults = {name: one.get("default") for name, one in inner.items()}
    return [{**defaults, **entry} for entry in value]


def _is_fine(fits: t.Mapping[str, _Judge], entry: Values) -> bool:
    return all(name in fits and fits[name](value) for name, value in entry.items())


def _judge_of(option: Values) -> _Judge:
    """What tells whether a value is one of this option."""
    fits = _FITS.get((option.get("type", "str"), option.get("elements")), lambda _value: False)
    choices = option.get("choices")
    return fits if choices is None else lambda value: fits(value) and value in choices

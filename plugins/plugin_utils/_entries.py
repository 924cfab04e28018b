# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The check of a task's arguments, quick where there are a thousand entries with nothing to complain of.

Ansible's own check goes through each entry a dozen times. An entry whose keys are options, and whose values have the
types and are among the choices that these ask for, comes out of it as it went in, with the defaults added. So all the
values of one option are looked at together.
"""

from __future__ import annotations

import itertools
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult

Values = t.Mapping[str, t.Any]
#: Whether these are all values of an option.
_Judge = t.Callable[[t.Sequence[t.Any]], bool]

#: What an option may say of itself for its values to be judged here.
_KNOWN = frozenset({"type", "elements", "required", "choices", "default"})
_FITS: t.Mapping[tuple[str, str | None], _Judge] = {
    ("str", None): lambda values: _are(str, values),
    ("bool", None): lambda values: _are(bool, values),
    ("list", "str"): lambda values: _are(list, values) and _are(str, itertools.chain.from_iterable(values)),
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
    if not _are(dict, value) or not set().union(*value) <= inner.keys():
        return None
    if not all(_fit(one, [entry[name] for entry in value if name in entry], len(value)) for name, one in inner.items()):
        return None
    defaults = {name: one.get("default") for name, one in inner.items()}
    return [{**defaults, **entry} for entry in value]


def _fit(option: Values, values: t.Sequence[t.Any], entries: int) -> bool:
    """Whether these are values of the option, and as many as ``entries`` where each has to have one."""
    if option.get("required") and len(values) < entries:
        return False
    fits = _FITS.get((option.get("type", "str"), option.get("elements")))
    if fits is None:
        return not values
    choices = option.get("choices")
    return fits(values) and (choices is None or set(values) <= set(choices))


def _are(kind: type, values: t.Iterable[object]) -> bool:
    return set(map(type, values)) <= {kind}

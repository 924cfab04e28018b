# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The value of a task's argument, or of a filter's, without rendering what holds no template.

Ansible renders an argument value by value. For the thousand connectors of five hundred partners that takes longer than
all that the task has to do, though a list from an inventory, or from a filter, seldom holds a template, and what a
module has returned never does.
"""

from __future__ import annotations

import contextlib
import re
import typing as t

from ansible import template

from ansible_collections.mailflow.exchange_online.plugins.module_utils._plain import TEMPLATE_MARKS, plain

#: What a text with a template in it holds: the beginning of one, or the line that may give it other beginnings.
_TEMPLATE = re.compile("|".join(map(re.escape, (*TEMPLATE_MARKS, "#jinja2:"))))
#: A template that names a variable. Facts are left to Ansible, which warns of their use; and some words are Jinja's.
_VARIABLE = re.compile(r"\{\{\s*(?!(?:ansible_|(?:true|false|none|self|super)\b))([a-z_]\w*)\s*\}\}", re.ASCII)
#: A text that is not marked as trusted is no template. Releases before 2.19 do not ask for arguments here.
_is_trusted: t.Callable[[str], bool] = getattr(template, "is_trusted_as_template", lambda _text: False)
#: What needs no second look: marks are kept by kinds of text, and of number, of Ansible's own.
_UNMARKED = frozenset({str, bool, int, float, type(None)})


class Standing(list[t.Any]):
    """A list that was taken as it stands, and holds plain values all through."""


class _NotPlain(Exception):
    """There is something that only Ansible can tell what it is."""


def as_it_stands(value: t.Any, templar: t.Any) -> t.Any:
    """Return what ``templar.template`` returns."""
    if isinstance(value, str) and value.startswith("{{"):
        found = _found(value, templar)
        with contextlib.suppress(_NotPlain):
            if isinstance(found, list):
                return Standing(map(_copy, found))
            if isinstance(found, str):
                return _copy(found)
    return templar.template(value)


def _found(text: str, templar: t.Any) -> object:
    """What stands under a variable, without a template being compiled for its name; or a list that a template makes.

    Both ways are of Ansible's inside, and may be gone one day: then nothing is found.
    """
    name = _VARIABLE.fullmatch(text)
    if name and _is_trusted(text):
        found = getattr(templar, "available_variables", {}).get(name[1])
        if isinstance(found, (str, list)):
            return found
    resolve = getattr(templar, "resolve_to_container", None)
    return resolve(text) if resolve else None


def handed(value: t.Any) -> t.Any:
    """Return what :func:`plain` returns of what a filter was handed.

    From 2.19 on, that is a container which renders each value when it is looked at. What holds no template is copied
    from below it.
    """
    raw = _below(value)
    if raw is value:
        return plain(value)
    if isinstance(raw, dict):
        return {plain(key): _value(each, value, key) for key, each in raw.items()}
    if isinstance(raw, list):
        return [_value(each, value, place) for place, each in enumerate(raw)]
    return plain(value)


def _below(value: t.Any) -> t.Any:
    """What a container renders when it is looked at. It is of Ansible's inside, and may be gone one day."""
    unrendered = getattr(value, "_non_lazy_copy", None)
    return unrendered() if unrendered else value


def _value(raw: object, container: t.Any, key: t.Any) -> t.Any:
    try:
        return _copy(raw)
    except _NotPlain:
        return handed(container[key])


def plain_arguments(arguments: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return a task's arguments as ``plain`` does, without another look into what was looked into already."""
    return {
        plain(name): list(value) if isinstance(value, Standing) else plain(value) for name, value in arguments.items()
    }


def _copy(value: object) -> t.Any:
    """Copy lists and dictionaries of texts without templates, numbers and truth values. Raises _NotPlain.

    Encrypted texts, undefined variables, dates: whatever else there is, is Ansible's to render. A text is a template
    only if it is marked as one, so one without any mark is none, whatever it says.
    """
    if type(value) in _UNMARKED:
        return value
    if isinstance(value, str):
        if ("{" in value or "#" in value) and _TEMPLATE.search(value):
            raise _NotPlain
        return str.__str__(value)
    if isinstance(value, (int, float)):
        return plain(value)
    if isinstance(value, dict):
        return {_copy(key): _copy(each) for key, each in _below(value).items()}
    if isinstance(value, list):
        return [_copy(each) for each in _below(value)]
    raise _NotPlain

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The value of a task's argument, without rendering what holds no template.

Ansible renders an argument value by value. For the thousand connectors of five hundred partners that takes longer than
all that the task has to do, though a list from an inventory, or from a filter, seldom holds a template.
"""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._plain import TEMPLATE_MARKS

#: What a text with a template in it holds: the beginning of one, or the line that may give it other beginnings.
_MARKS = (*TEMPLATE_MARKS, "#jinja2:")


class _NotPlain(Exception):
    """There is something that only Ansible can tell what it is."""


def as_it_stands(value: t.Any, templar: t.Any) -> t.Any:
    """Return what ``templar.template`` returns."""
    resolve = getattr(templar, "resolve_to_container", None)  # of Ansible's inside, and may be gone one day
    if resolve and isinstance(value, str) and value.startswith("{{"):
        found = resolve(value)
        if isinstance(found, list):
            with contextlib.suppress(_NotPlain):
                return _copy(found)
    return templar.template(value)


def _copy(value: object) -> t.Any:
    """Copy lists and dictionaries of texts without templates, numbers and truth values. Raises _NotPlain.

    Encrypted texts, undefined variables, dates: whatever else there is, is Ansible's to render.
    """
    if isinstance(value, str):
        if any(mark in value for mark in _MARKS):
            raise _NotPlain
        return value
    if isinstance(value, dict):
        return {_copy(key): _copy(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_copy(each) for each in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    raise _NotPlain

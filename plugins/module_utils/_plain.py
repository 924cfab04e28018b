# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What Ansible hands over -> plain values. Pure.

Ansible hands over texts that carry tags and containers that are looked into late. Neither is wanted where each value is
looked at several times, or handed on.
"""

from __future__ import annotations

import collections.abc
import typing as t

#: What Ansible takes for the beginning of a template.
TEMPLATE_MARKS = ("{{", "{%", "{#")


def plain(value: object) -> t.Any:
    """Return dictionaries, lists, texts, numbers, truth values and None, and nothing else."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    # Not those of typing, which take five times as long to ask.
    if isinstance(value, (dict, collections.abc.Mapping)):
        return {plain(key if isinstance(key, str) else str(key)): plain(each) for key, each in value.items()}
    if isinstance(value, (list, collections.abc.Iterable)) and not isinstance(value, (bytes, bytearray)):
        return [plain(each) for each in value]
    return str(value)

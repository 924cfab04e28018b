# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Ansible's masking of secrets, quick where a long result holds none. Pure.

Ansible looks for each secret in each text. As JSON the result is one text, and a secret in it stands there as JSON
writes it, for what JSON writes for a character does not depend on those beside it.
"""

from __future__ import annotations

import json
import typing as t

from ansible.module_utils.common.parameters import remove_values

T = t.TypeVar("T")


def masked(value: T, secrets: t.Collection[str]) -> T:
    """Return what ``remove_values`` returns, or ``value`` itself where nothing is to be masked."""
    return t.cast("T", remove_values(value, set(secrets))) if _may_hold(value, secrets) else value


def _may_hold(value: object, secrets: t.Collection[str]) -> bool:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return True
    return any(json.dumps(secret, ensure_ascii=False)[1:-1] in text for secret in secrets)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""A plan file -> the plan that was approved. Pure."""

from __future__ import annotations

import datetime as dt
import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import times, values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.planned import FORMAT
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.times import read_age

_MAKE = "make a new one with the playbook plan"


def approved_plan(text: str, path: str, max_age: object, now: dt.datetime) -> dict[str, t.Any]:
    """Return the plan. Raises InputError where the file holds none, or one that is too old to be carried out.

    ``max_age`` is in hours or a text such as ``7d``. Nothing in the file decides what is written: list and tenant are
    looked at again, and the plan must come out the same.
    """
    if not text.strip():
        problem = f"The plan file '{path}' was not found, cannot be read, or is empty"
        raise InputError([f"{problem}; give the path of a plan on the controller, or make one with the playbook plan."])
    try:
        plan = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError([f"The plan file '{path}' is not JSON, so it is no plan; {_MAKE}."]) from None
    if not isinstance(plan, dict) or plan.get("format") != FORMAT or not isinstance(plan.get("partners"), list):
        raise InputError([f"The plan file '{path}' holds no plan of this release; {_MAKE}."])
    try:
        limit = read_age(str(max_age))
    except ValueError as wrong:
        raise InputError([f"forced_tls_plan_max_age: {wrong}."]) from None
    try:
        made = times.moment(plan.get("made_at"))
    except values.Wrong:
        raise InputError([f"The plan file '{path}' does not say when it was made; {_MAKE}."]) from None
    if now - made > limit:
        problem = (
            f"The plan file '{path}' was made at {times.said(made)}, longer ago than forced_tls_plan_max_age"
            f" ({max_age}) allows; {_MAKE}."
        )
        raise InputError([problem])
    return plan

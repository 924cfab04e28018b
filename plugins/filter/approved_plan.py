# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: the text of a plan file -> the plan that was approved."""

from __future__ import annotations

DOCUMENTATION = r"""
name: approved_plan
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Read a plan file that somebody approved
description:
  - Takes the text of a file that the playbook C(mailflow.exchange_online.plan) has written, and returns the plan in it,
    as P(mailflow.exchange_online.partner_plan#filter) had made it.
  - Fails where the file holds no plan, or one that is too old.
options:
  _input:
    description: The text.
    type: str
    required: true
  path:
    description: Where it was read from, for messages.
    type: str
    default: plan
  max_age:
    description: How old it may be, in hours or as a text such as V(7d).
    type: str
    default: 7d
  now:
    description: The time. Left out, it is the present.
    type: str
seealso:
  - plugin: mailflow.exchange_online.partner_plan
    plugin_type: filter
"""

EXAMPLES = r"""
- name: See what was approved
  ansible.builtin.debug:
    msg: "{{ (lookup('ansible.builtin.file', 'plan.json') | mailflow.exchange_online.approved_plan).summary }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
"""

import datetime as dt
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError


def approved_plan(text: object, path: object = "plan", max_age: object = "7d", now: object = None) -> dict[str, t.Any]:
    """Return the plan in a text. Raises AnsibleFilterError where there is none, or an old one."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import approved, times, values

    try:
        moment = dt.datetime.now(dt.timezone.utc) if now is None else times.moment(now)
        return approved.approved_plan(str(text), str(path), max_age, moment)
    except values.Wrong as wrong:
        raise AnsibleFilterError(f"now {'; '.join(wrong.problems)}.") from None
    except InputError as error:
        raise AnsibleFilterError("\n- ".join(error.problems)) from None


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"approved_plan": approved_plan}

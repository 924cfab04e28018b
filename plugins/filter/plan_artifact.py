# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: a plan -> what travels of it to the next job of a workflow."""

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_artifact
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Make a plan small enough for the artifacts of a job
description:
  - Takes a plan of the role P(mailflow.exchange_online.forced_tls#role) and returns what the job that carries it out
    has to know, so that M(ansible.builtin.set_stats) can hand it on in a workflow of AWX. It is some hundred bytes a
    partner.
  - Which connectors are changed is not in it. The next job looks at the list and at the tenant again, and its plan must
    come out as the same one.
  - It looks at its input alone and talks to nobody.
options:
  _input:
    description: The plan, as the role has it in C(forced_tls_plan).
    type: dict
    required: true
seealso:
  - plugin: mailflow.exchange_online.approved_plan
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Hand the plan to the job that follows
  ansible.builtin.set_stats:
    data:
      forced_tls_plans: "{{ {inventory_hostname: forced_tls_plan | mailflow.exchange_online.plan_artifact} }}"
    per_host: false
"""

RETURN = r"""
_value:
  description:
    - V(format), V(plan_id), V(made_at), V(tenant_id) and V(summary) of the plan, V(lines), its first hundred sentences,
      and V(partners), of each its V(name) and V(evidence), what the probe saw.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._standing import handed


def plan_artifact(plan: object) -> dict[str, t.Any]:
    """Return what travels. Raises AnsibleFilterError where there is no plan."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.handed import handed_plan

    given = handed(plan)
    if not isinstance(given, dict) or not {"plan_id", "partners", "lines"} <= given.keys():
        raise AnsibleFilterError("This is no plan; give forced_tls_plan, as the step plan of the role leaves it.")
    return handed_plan(given)


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"plan_artifact": plan_artifact}

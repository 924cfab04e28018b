# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: a plan of the role -> what it is about to change, as it stands before."""

from __future__ import annotations

DOCUMENTATION = r"""
name: connectors_snapshot
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Keep what a plan is about to change
description:
  - Takes a plan of the role P(mailflow.exchange_online.forced_tls#role) and returns, for each connector that it
    changes, what stands now and what the plan makes of it. The role writes it to a file before its first write, and its
    rollback brings everything back from it.
  - It looks at its input alone and talks to nobody.
options:
  _input:
    description:
      - The plan, as the role has it in C(forced_tls_plan), or what
        P(mailflow.exchange_online.rollback_connectors#filter) or
        P(mailflow.exchange_online.break_glass_connectors#filter) returns.
    type: dict
    required: true
  inventory:
    description:
      - The result of M(mailflow.exchange_online.connector_info) that the plan was made from.
    type: dict
    required: true
  kind:
    description:
      - What makes the changes.
    type: str
    choices: [provision, rollback, break_glass]
    default: provision
seealso:
  - plugin: mailflow.exchange_online.rollback_connectors
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Keep what the run is about to change
  ansible.builtin.copy:
    content: "{{ forced_tls_plan | mailflow.exchange_online.connectors_snapshot(inventory) | to_nice_json }}"
    dest: "{{ forced_tls_report_dir }}/runs/{{ forced_tls_plan.run_id }}/snapshot.json"
    mode: "0600"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description:
    - V(format), V(kind), V(run_id), V(made_at), V(tenant_id), V(owner) and V(name_prefix), and V(sha256), a digest of
      V(connectors).
    - V(connectors) has, for each connector that is changed, V(partners), their names, V(before) and V(after), entries
      for the module M(mailflow.exchange_online.connectors), V(left_out), settings before that such an entry cannot say,
      and V(beside), the domains whose mail it took before and that others were for as well, with their names.
  type: dict
"""

import collections.abc
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError


def connectors_snapshot(plan: object, inventory: object, kind: object = "provision") -> dict[str, t.Any]:
    """Return the snapshot. Raises AnsibleFilterError when the input is not what it should be."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import connectors_from
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.snapshot import KINDS, make_snapshot

    if not isinstance(plan, collections.abc.Mapping) or not {"changes", "connectors", "run_id"} <= plan.keys():
        raise AnsibleFilterError("The plan has no changes, connectors or run_id; hand over forced_tls_plan.")
    if kind not in KINDS:
        raise AnsibleFilterError(f"The kind '{kind}' is not known; use one of {', '.join(KINDS)}.")
    try:
        return make_snapshot(plan, connectors_from(inventory), str(kind))
    except InputError as error:
        raise AnsibleFilterError("\n- ".join(error.problems)) from None


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"connectors_snapshot": connectors_snapshot}

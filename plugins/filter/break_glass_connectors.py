# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: names of partners and what stands now -> the connectors that take their forced TLS off."""

from __future__ import annotations

DOCUMENTATION = r"""
name: break_glass_connectors
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Turn names of partners into the connectors that take their forced TLS off
description:
  - Takes names of partners and what stands in Exchange, and returns the list that the option
    O(mailflow.exchange_online.connectors#module:connectors) expects to disable their connectors in both directions,
    with a line in each comment that says since when and why.
  - A name is enough. The partner list is needed for connectors that were adopted or are shared, and a list with
    mistakes is left aside, which is told.
  - It fails for a name that nobody has, and tells names that are like it.
options:
  _input:
    description:
      - The name of a partner, or a list of names.
    type: raw
    required: true
  inventory:
    description:
      - The result of M(mailflow.exchange_online.connector_info), without any of its filters.
    type: dict
    required: true
  partners:
    description:
      - The partner list, as P(mailflow.exchange_online.partner_connectors#filter) takes it.
    type: raw
    default: []
  defaults:
    description:
      - What holds for every entry of the list that does not say otherwise.
    type: dict
    default: {}
  name_prefix:
    description:
      - What the names of the connectors begin with.
    type: str
    default: Forced TLS
  owner:
    description:
      - The mark of the connectors. One with another owner's mark is left as it is.
    type: str
    default: forced_tls
  reason:
    description:
      - Why it is done, for the comment.
    type: str
    default: ''
  run_id:
    description:
      - The id of the run.
    type: str
    default: ''
  now:
    description:
      - The time of the run, such as V(2026-12-01T08:00Z).
    type: str
seealso:
  - plugin: mailflow.exchange_online.connectors_snapshot
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what a break glass would do
  ansible.builtin.debug:
    msg: "{{ 'Contoso' | mailflow.exchange_online.break_glass_connectors(inventory, reason='INC0042') }}"
"""

RETURN = r"""
_value:
  description:
    - V(connectors), the list for M(mailflow.exchange_online.connectors), and V(changes), what of it differs from what
      stands; further what P(mailflow.exchange_online.connectors_snapshot#filter) needs.
    - V(names) of the partners, and V(lines) that tell what is done with each.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import DEFAULT_PREFIX


def break_glass_connectors(
    names: object,
    inventory: object,
    partners: object = (),
    defaults: object = None,
    name_prefix: object = DEFAULT_PREFIX,
    owner: object = "forced_tls",
    reason: object = "",
    run_id: object = "",
    now: object = None,
) -> dict[str, t.Any]:
    """Return what takes them off. Raises AnsibleFilterError for a name that nobody has."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import connectors_from
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rollback import break_glass

    try:
        standing = connectors_from(inventory)
        header = {
            "run_id": str(run_id),
            "made_at": now,
            "tenant_id": t.cast("t.Mapping[str, t.Any]", inventory).get("tenant_id"),
            "owner": str(owner),
            "name_prefix": str(name_prefix),
        }
        return break_glass(names, standing, (partners, defaults), header, str(reason or ""))
    except InputError as error:
        raise AnsibleFilterError("\n- ".join(error.problems)) from None


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"break_glass_connectors": break_glass_connectors}

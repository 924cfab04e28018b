# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: what stands in Exchange -> a partner list that changes nothing when it is run."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gathered_partners
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Turn the connectors of a tenant into a partner list
description:
  - Takes what stands in Exchange and returns a partner list for the role P(mailflow.exchange_online.forced_tls#role)
    that changes nothing when it is run, unless partners are to share connectors. Connectors that were made by hand are
    adopted, with their names and comments.
  - An outbound and an inbound partner connector for the same domains are one partner, V(enforced) when both are enabled
    and V(prepared) when both are disabled.
  - What cannot be said in a partner list is told with the reason. Nothing is left out without a word. What carries the
    owner's mark and is not in the list is taken for a leftover by a run, and that is told as well.
  - It looks at its input alone and talks to nobody.
options:
  _input:
    description:
      - The result of M(mailflow.exchange_online.connector_info), without any of its filters.
    type: dict
    required: true
  defaults:
    description:
      - What holds for every partner that does not say otherwise, when the list is run. Where something else stands, the
        entry says so.
    type: dict
  name_prefix:
    description:
      - What the names of the role's own connectors begin with.
    type: str
    default: Forced TLS
  owner:
    description:
      - The mark of the role's own connectors.
    type: str
    default: forced_tls
  now:
    description:
      - The time that the text tells and at which dates are judged, such as V(2026-12-01T08:00Z). Left out, it is the
        present.
    type: str
seealso:
  - plugin: mailflow.exchange_online.partner_connectors
    plugin_type: filter
  - module: mailflow.exchange_online.connector_info
"""

EXAMPLES = r"""
- name: Read all connectors
  mailflow.exchange_online.connector_info:
  register: inventory

- name: Show the partner list that they are
  ansible.builtin.debug:
    msg: "{{ (inventory | mailflow.exchange_online.gathered_partners).partners }}"
"""

RETURN = r"""
_value:
  description:
    - V(partners), the list, and V(text), the same as a YAML file with comments.
    - V(not_expressed) has V(name), V(direction) and V(reason) of each connector that is not in the list, V(notes) are
      about settings of adopted connectors that the list does not say, V(sharing) are the names of partners whose
      connectors change where the list is run with C(forced_tls_pack), and V(lines) tell of all three.
    - V(deleted_by) in V(not_expressed) is what deletes the connector when the list is run, because it carries the
      owner's mark, V(forced_tls_prune) or, where partners share it, V(any run with this list). It is empty where
      nothing does.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import DEFAULT_PREFIX


def gathered_partners(
    inventory: object,
    name_prefix: object = DEFAULT_PREFIX,
    owner: object = "forced_tls",
    now: object = None,
    defaults: object = None,
) -> dict[str, t.Any]:
    """Return the list and what is not in it. Raises AnsibleFilterError when the input is no inventory."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import connectors_from
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gather import gather
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gather_text import plain_of
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rollback import moment_of
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.times import said

    try:
        standing = connectors_from(inventory)
        tenant_id = t.cast("t.Mapping[str, t.Any]", inventory).get("tenant_id")
        moment = moment_of(now)
        found = gather(standing, str(name_prefix), str(owner), now=moment, defaults=defaults)
        return plain_of(found, tenant_id, said(moment))
    except InputError as error:
        raise AnsibleFilterError("\n- ".join(error.problems)) from None


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"gathered_partners": gathered_partners}

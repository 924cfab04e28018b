# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: snapshots and what stands now -> the connectors as they were."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rollback_connectors
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Turn snapshots of runs into the connectors as they were before
description:
  - Takes what the lookup P(mailflow.exchange_online.run_snapshots#lookup) returns, and what stands in Exchange now, and
    returns the list that the option O(mailflow.exchange_online.connectors#module:connectors) expects to bring
    everything back.
  - It fails where that is not safe, with one sentence for each reason. The snapshot is of another tenant, a connector
    was changed by somebody else since, or a domain is in another connector by now in which it was not before the run.
  - It looks at its input alone and talks to nobody.
options:
  _input:
    description:
      - The snapshots, the newest first.
    type: list
    elements: dict
    required: true
  inventory:
    description:
      - The result of M(mailflow.exchange_online.connector_info), without any of its filters.
    type: dict
    required: true
  partners:
    description:
      - Names of partners. Only their connectors are brought back, each from the newest snapshot that has it. V([])
        means all of the first snapshot.
    type: list
    elements: str
    default: []
  force:
    description:
      - Whether connectors are brought back that somebody else has changed since.
    type: bool
    default: false
  run_id:
    description:
      - The id of the run that brings them back.
    type: str
    default: ''
  now:
    description:
      - The time of that run, such as V(2026-12-01T08:00Z).
    type: str
seealso:
  - plugin: mailflow.exchange_online.run_snapshots
    plugin_type: lookup
  - plugin: mailflow.exchange_online.connectors_snapshot
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what bringing the last run back would take
  ansible.builtin.debug:
    msg: >-
      {{ query('mailflow.exchange_online.run_snapshots', forced_tls_report_dir, run='last')
         | mailflow.exchange_online.rollback_connectors(inventory) }}
"""

RETURN = r"""
_value:
  description:
    - V(connectors), the list for M(mailflow.exchange_online.connectors), and V(changes), what of it differs from what
      stands; further what P(mailflow.exchange_online.connectors_snapshot#filter) needs.
    - V(runs), V(names) of partners and V(lines) tell what is brought back.
  type: dict
"""

import collections.abc
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError


def rollback_connectors(
    snapshots: object,
    inventory: object,
    partners: object = (),
    force: object = False,
    run_id: object = "",
    now: object = None,
) -> dict[str, t.Any]:
    """Return what brings everything back. Raises AnsibleFilterError that lists every reason against it."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import connectors_from
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rollback import rollback
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.snapshot import read_snapshot

    if not isinstance(snapshots, collections.abc.Sequence) or not all(
        isinstance(one, collections.abc.Mapping) and {"file", "text"} <= one.keys() for one in snapshots
    ):
        raise AnsibleFilterError("The snapshots are not what the lookup run_snapshots returns; hand over its list.")
    try:
        read = [read_snapshot(str(one["text"]), str(one["file"])) for one in snapshots]
        standing = connectors_from(inventory)
        tenant_id = t.cast("t.Mapping[str, t.Any]", inventory).get("tenant_id")
        return rollback(read, standing, tenant_id, partners, force=force is True, run_id=str(run_id), now=now)
    except InputError as error:
        raise AnsibleFilterError("\n- ".join(error.problems)) from None


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"rollback_connectors": rollback_connectors}

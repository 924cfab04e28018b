# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: results of the module connectors in one run -> what became of each connector."""

from __future__ import annotations

DOCUMENTATION = r"""
name: partner_outcomes
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Put the results of the stages of a run together
description:
  - The role P(mailflow.exchange_online.forced_tls#role) calls M(mailflow.exchange_online.connectors) once or, where
    Exchange validates in between, several times. This makes one result of them, in the same shape.
options:
  _input:
    description:
      - The results of M(mailflow.exchange_online.connectors), in their order. None where there was nothing to do.
    type: list
    elements: dict
    required: true
  plan:
    description: What P(mailflow.exchange_online.partner_plan#filter) had planned.
    type: dict
    required: true
  requests:
    description: How many requests were sent before.
    type: int
    default: 0
seealso:
  - plugin: mailflow.exchange_online.partner_plan
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Tell what was done
  ansible.builtin.debug:
    msg: "{{ ([first, second] | mailflow.exchange_online.partner_outcomes(plan)).lines }}"
"""

RETURN = r"""
_value:
  description:
    - As the result of M(mailflow.exchange_online.connectors), V(connectors), V(summary), V(plan_id), V(requests),
      V(changed), V(diff), V(error) and V(msg), and V(lines) that tell it to people. V(failed_partners) are the names of
      those for whom something failed that the plan had not refused.
  type: dict
"""

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._standing import handed
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._untrusted import untrusted

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.outcomes import Values


def partner_outcomes(results: t.Sequence[Values], plan: Values, requests: int = 0) -> dict[str, t.Any]:
    """Return one result for all."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.outcomes import merged

    told = merged(handed(results), handed(plan), int(requests))
    # Names are others' words, and so is what Exchange says.
    return t.cast("dict[str, t.Any]", untrusted(told))


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"partner_outcomes": partner_outcomes}

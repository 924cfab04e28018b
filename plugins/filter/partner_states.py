# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: a list of partners -> what holds for each of them now."""

from __future__ import annotations

DOCUMENTATION = r"""
name: partner_states
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Tell what holds for each partner of a list, and until when
description:
  - Takes the partner list of the role P(mailflow.exchange_online.forced_tls#role) and tells for each partner what is to
    stand in Exchange, whether it is held back and why, and whether somebody has to decide something.
  - It looks at its input and the time alone and talks to nobody. A list that is wrong is refused as by
    P(mailflow.exchange_online.partner_connectors#filter).
options:
  _input:
    description:
      - The partners, as P(mailflow.exchange_online.partner_connectors#filter) takes them.
    type: raw
    required: true
  defaults:
    description:
      - What holds for every entry that does not say otherwise.
    type: dict
    default: {}
  name_prefix:
    description:
      - What the names of the connectors begin with, at most 32 characters.
    type: str
    default: Forced TLS
  now:
    description:
      - The time at which dates are judged, such as V(2026-12-01T08:00Z). Left out, it is the time of the call.
    type: str
  allow_weaken:
    description:
      - Names of partners whose connectors may be weakened, or V(all). Looked at for names that are not listed.
    type: raw
    default: []
  lenient_names:
    description:
      - Whether V(outbound.level=domain_validation) may do without V(outbound.certificate_name), because the name is
        still to be found out.
    type: bool
    default: false
seealso:
  - plugin: mailflow.exchange_online.partner_connectors
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show who is to be enforced on the first of December
  ansible.builtin.debug:
    msg: >-
      {{ partners | mailflow.exchange_online.partner_states(now='2026-12-01')
         | selectattr('stands', 'equalto', 'enabled') | map(attribute='name') }}
  vars:
    partners:
      - fabrikam.com
      - name: Contoso
        domains: [contoso.com]
        enforce_from: 2026-12-01T08:00:00Z
"""

RETURN = r"""
_value:
  description:
    - For each partner, in the order of the list, its V(name), V(state), V(domains), the names of its
      V(connectors), and what V(stands) in Exchange, V(enabled), V(disabled), V(absent) or, for planned partners,
      V(untouched).
    - V(held) is V(null), or a dictionary with V(name), V(reason) and V(until) of a partner that is to be enforced
      and is not yet.
    - V(alert) is V(null), or a dictionary with V(name), V(alert) (V(suspension_over) or V(date_passed)), V(since) and
      V(message).
    - V(lines) are sentences that tell of both.
  type: list
  elements: dict
  sample:
    - name: Contoso
      state: enforced
      domains: [contoso.com]
      connectors: [Forced TLS to Contoso, Forced TLS from Contoso]
      stands: disabled
      held:
        name: Contoso
        reason: enforce_from
        until: "2026-12-01T08:00:00Z"
      alert: null
      lines: ["held: Contoso until 2026-12-01 08:00 UTC: enforce_from"]
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import DEFAULT_PREFIX


def partner_states(
    partners: object,
    defaults: object = None,
    name_prefix: object = DEFAULT_PREFIX,
    now: object = None,
    allow_weaken: object = (),
    lenient_names: bool = False,
) -> list[dict[str, t.Any]]:
    """Return what holds for each partner. Raises AnsibleFilterError that lists everything wrong with the input."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.listed import read_list
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.states import states_of

    try:
        return states_of(
            read_list(partners, defaults, name_prefix, now, allow_weaken, lenient_names=bool(lenient_names))
        )
    except InputError as error:
        raise AnsibleFilterError("\n- ".join(error.problems)) from None


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"partner_states": partner_states}

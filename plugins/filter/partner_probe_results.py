# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: what the probe had to look at, and what it saw -> the evidence for or against enforcing, by partner."""

from __future__ import annotations

DOCUMENTATION = r"""
name: partner_probe_results
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Put together what was seen of each partner's servers
description:
  - Takes the value of P(mailflow.exchange_online.partner_probe_targets#filter) and what
    M(mailflow.exchange_online.partner_tls_info) then returned, and tells for each partner whether its servers were seen
    to stand the level that is to be enforced.
  - An exception of the partner takes the findings that it names out; what is left is judged without them. An exception
    for C(probe) makes the partner V(ready) whatever was seen.
  - It looks at its input alone and talks to nobody.
options:
  _input:
    description:
      - The value of P(mailflow.exchange_online.partner_probe_targets#filter).
    type: dict
    required: true
  results:
    description:
      - The module's result for each of its V(rounds), as a loop registers them.
    type: list
    elements: dict
    default: []
  store:
    description:
      - The text of the file with what earlier probes saw, as
        P(mailflow.exchange_online.partner_probe_targets#filter) had it.
    type: str
seealso:
  - plugin: mailflow.exchange_online.partner_probe_targets
    plugin_type: filter
  - module: mailflow.exchange_online.partner_tls_info
"""

EXAMPLES = r"""
- name: Show who is not ready
  ansible.builtin.debug:
    msg: "{{ (look | mailflow.exchange_online.partner_probe_results(looked.results)).lines }}"
"""

RETURN = r"""
_value:
  description:
    - V(evidence) has for the name of each partner that was looked at, in small letters, a dictionary with V(verdict)
      (the worst of its domains), V(seen_at) (of the oldest look), V(vantage), V(delivery), V(sustains), V(names)
      (candidates for the certificate name that all servers share), V(obstacles) (findings that stand in the way, the
      worst first), V(waived) (what exceptions took out) and V(notices).
    - V(probes) is a text, JSON with a list for each of the same names of what the module returned for its domains, with
      V(seen_at), V(vantage) and V(notice).
    - V(store) is the text for the file that the next run reads, empty where it need not be written.
    - V(lines) are sentences that sum it up.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._untrusted import untrusted


def partner_probe_results(look: object, results: object = None, store: object = None) -> dict[str, t.Any]:
    """Return evidence and probes by partner, the text of the file, and lines."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.probe_results import results_of

    try:
        found = results_of(look, results, store)
    except InputError as error:
        raise AnsibleFilterError("\n- ".join(error.problems)) from None
    # Servers of others have said some of this: it must never be taken for a template.
    return t.cast("dict[str, t.Any]", untrusted(found))


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"partner_probe_results": partner_probe_results}

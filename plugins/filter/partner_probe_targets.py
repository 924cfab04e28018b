# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: a list of partners, and what was seen of them -> what the probe has to look at."""

from __future__ import annotations

DOCUMENTATION = r"""
name: partner_probe_targets
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Tell which servers of a partner list have to be looked at
description:
  - Takes the partner list of the role P(mailflow.exchange_online.forced_tls#role) and what earlier probes saw, and
    tells what M(mailflow.exchange_online.partner_tls_info) has to look at; each domain of each partner that is not
    V(absent), or one for a partner with smart hosts. In place of a domain with all its subdomains, such as
    V(*.contoso.com), the domain above it is looked at, unless the partner lists that one too.
  - It looks at its input and the time alone and talks to nobody.
  - Its value is for P(mailflow.exchange_online.partner_probe_results#filter), together with what the module returns.
options:
  _input:
    description:
      - The partners, as P(mailflow.exchange_online.partner_connectors#filter) takes them. A certificate name that is
        missing is not told here.
    type: raw
    required: true
  defaults:
    description:
      - What holds for every entry that does not say otherwise.
    type: dict
    default: {}
  now:
    description:
      - The time at which exceptions are judged, such as V(2026-12-01T08:00Z). Left out, it is the time of the call.
    type: str
  store:
    description:
      - The text of the file with what earlier probes saw.
    type: str
  store_path:
    description:
      - The path of that file, for messages.
    type: str
    default: ""
  store_present:
    description:
      - Whether there is such a file. One that is there without O(store) could not be read, and is left alone.
    type: bool
    default: false
  max_age:
    description:
      - How old a result may be before the servers are looked at again, in hours or as a text such as V(24h) or V(2d).
        V(0) always looks again. A result V(unreachable) or V(unknown) counts for a tenth of it,
        and not at all where the network may have been gone.
    type: str
    default: 24h
  probe_options:
    description:
      - The options of M(mailflow.exchange_online.partner_tls_info) with which it is done, without C(partners). Results
        that were got with others do not count.
    type: dict
    default: {}
  vantage:
    description:
      - The name of the host from which the servers are looked at. Results from elsewhere do not count.
    type: str
    default: localhost
  clock:
    description:
      - The time against which the age of results is told. Left out, it is the time of the call.
    type: str
seealso:
  - plugin: mailflow.exchange_online.partner_probe_results
    plugin_type: filter
  - module: mailflow.exchange_online.partner_tls_info
"""

EXAMPLES = r"""
- name: Work out what has to be looked at
  ansible.builtin.set_fact:
    look: "{{ ['fabrikam.com', 'contoso.com'] | mailflow.exchange_online.partner_probe_targets }}"

- name: Look at it
  mailflow.exchange_online.partner_tls_info:
    partners: "{{ look.rounds[item] }}"
  loop: "{{ range(look.rounds | length) | list }}"
  register: looked

- name: Show who is not ready
  ansible.builtin.debug:
    msg: "{{ (look | mailflow.exchange_online.partner_probe_results(looked.results)).lines }}"
"""

RETURN = r"""
_value:
  description:
    - V(rounds) has for each call of the module its O(mailflow.exchange_online.partner_tls_info#module:partners); mostly
      one, or none where everything is known. The other keys may change in any release.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import DEFAULT_PREFIX


def partner_probe_targets(
    partners: object,
    defaults: object = None,
    now: object = None,
    store: object = None,
    store_path: object = "",
    store_present: object = False,
    max_age: object = "24h",
    probe_options: object = None,
    vantage: object = "localhost",
    clock: object = None,
) -> dict[str, t.Any]:
    """Return what has to be looked at. Raises AnsibleFilterError that lists everything wrong with the input."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.listed import read_list
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.probes import look_at, read_setting

    try:
        setting = read_setting(probe_options, vantage, max_age, clock)
        listed = read_list(partners, defaults, DEFAULT_PREFIX, now, lenient_names=True)
        return look_at(listed.partners, listed.now, setting, store, store_path, bool(store_present))
    except InputError as error:
        raise AnsibleFilterError("\n- ".join(error.problems)) from None


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"partner_probe_targets": partner_probe_targets}

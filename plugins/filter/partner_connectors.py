# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: a list of partners -> the connectors that force TLS with them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: partner_connectors
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Turn a list of partners into the connectors that force TLS with them
description:
  - Takes the partner list of the role P(mailflow.exchange_online.forced_tls#role) and returns the list that the option
    O(mailflow.exchange_online.connectors#module:connectors) expects, an outbound and an inbound partner connector
    for each partner, except for planned ones.
  - It looks at its input and the time alone and talks to nobody, so a list can be checked without credentials.
  - The whole list is checked first. If anything is wrong, the filter fails with one sentence for each problem,
    which names the entry and the remedy.
  - Connector names depend on the prefix and on the partner's name alone. A partner name that does not fit into 64
    characters is cut and gets some digits of its digest.
  - Exchange stores at most 2243 characters of sender domains in one connector. A partner with more domains gets
    further inbound connectors, with V( (2\)), V( (3\)) and so on behind the name. A domain added at the end of the
    partner's list moves no other domain.
options:
  _input:
    description:
      - The partners.
      - Each element is a domain, or a dictionary with the keys V(name) (default the first domain), V(domains),
        V(state), V(enforce_from), V(reason), V(until), V(outbound) with V(level) (V(encryption_only),
        V(certificate_validation), which is the default, or V(domain_validation)), V(certificate_name),
        V(smart_hosts), V(smtp_dane_mode), V(mta_sts_mode) and V(validation_recipients), V(inbound)
        with V(certificate_name) and V(ip_addresses), and V(contact), V(reference) and V(description) for the
        connectors' comment.
      - V(outbound) and V(inbound) also take V(adopt), the name of a connector that becomes this partner's, in place.
        V(exceptions) is a list of dictionaries with V(finding), V(owner), V(until) and V(reason).
      - V(state) is V(enforced), the default, V(planned) for partners that get no connectors yet, V(prepared) for
        connectors that exist but are disabled, V(suspended) for connectors that are disabled again, which needs
        V(reason) and V(until), or V(absent). Before V(enforce_from) an enforced partner is as a prepared one.
      - A domain may be a wildcard such as V(*.contoso.com). International domains may be written in their own letters.
      - A date is written as V(2026-12-01), its first moment in UTC, or as V(2026-12-01T08:00Z).
      - A text with domains between blanks, commas or line ends is taken as well, as it comes from a survey, and
        what the lookup P(mailflow.exchange_online.partner_file#lookup) returns.
    type: raw
    required: true
  defaults:
    description:
      - What holds for every entry that does not say otherwise, in the shape of an entry without V(name), V(domains),
        V(reason), V(until), V(adopt) and V(exceptions).
      - V(outbound) and V(inbound) are merged key by key. Lists are replaced.
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
      - Names of partners whose connectors may be weakened, or V(all). Their entries get
        O(mailflow.exchange_online.connectors#module:connectors[].allow_weaken=true).
    type: raw
    default: []
seealso:
  - module: mailflow.exchange_online.connectors
  - plugin: mailflow.exchange_online.partner_states
    plugin_type: filter
  - plugin: mailflow.exchange_online.partner_file
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show which connectors two partners need
  ansible.builtin.debug:
    msg: "{{ partners | mailflow.exchange_online.partner_connectors }}"
  vars:
    partners:
      - fabrikam.com
      - name: Contoso
        domains: [contoso.com, "*.contoso.com"]
        outbound:
          level: domain_validation
          certificate_name: mail.contoso.com

- name: Force TLS with a list of domains, at the strictest level that needs no certificate name
  mailflow.exchange_online.connectors:
    connectors: >-
      {{ ['fabrikam.com', 'adatum.com']
         | mailflow.exchange_online.partner_connectors(defaults={'outbound': {'level': 'certificate_validation'}}) }}
"""

RETURN = r"""
_value:
  description:
    - Connectors as O(mailflow.exchange_online.connectors#module:connectors) takes them, in the order of the partners,
      outbound before inbound.
  type: list
  elements: dict
  sample:
    - name: Forced TLS to fabrikam.com
      direction: outbound
      state: present
      enabled: true
      connector_type: partner
      comment: Forced TLS with fabrikam.com.
      recipient_domains: [fabrikam.com]
      use_mx_record: true
      smart_hosts: []
      tls_settings: certificate_validation
      tls_domain: ""
      transport_rule_scoped: false
    - name: Forced TLS from fabrikam.com
      direction: inbound
      state: present
      enabled: true
      connector_type: partner
      comment: Forced TLS with fabrikam.com.
      sender_domains: [fabrikam.com]
      require_tls: true
      restrict_domains_to_certificate: false
      tls_sender_certificate_name: ""
      restrict_domains_to_ip_addresses: false
      sender_ip_addresses: []
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import DEFAULT_PREFIX

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import Connector


def partner_connectors(
    partners: object,
    defaults: object = None,
    name_prefix: object = DEFAULT_PREFIX,
    now: object = None,
    allow_weaken: object = (),
) -> list[Connector]:
    """Return the connectors of all partners. Raises AnsibleFilterError that lists everything wrong with the input."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import compose
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.listed import read_list

    try:
        listed = read_list(partners, defaults, name_prefix, now, allow_weaken)
    except InputError as error:
        raise AnsibleFilterError("\n- ".join(error.problems)) from None
    return compose(listed.partners, listed.now, listed.prefix, listed.consent)


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"partner_connectors": partner_connectors}

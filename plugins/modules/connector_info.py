#!/usr/bin/python

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connector_info
short_description: Read the mail flow connectors of Exchange Online
description:
  - Reads the complete inventory, both directions, every page, connectors scoped to mail flow rules and test-mode
    connectors included, or fails. A list that could not be read whole is never returned.
  - Its RV(connectors) is valid input of M(mailflow.exchange_online.connectors), and feeding it back changes nothing.
author:
  - mailflow.exchange_online contributors (@mailflow)
extends_documentation_fragment:
  - mailflow.exchange_online._auth
  - mailflow.exchange_online._connection
  - mailflow.exchange_online._deps
  - mailflow.exchange_online._attributes
  - mailflow.exchange_online._attributes.EXCHANGE
  - mailflow.exchange_online._attributes.INFO
options:
  name:
    description:
      - Only the connectors of this name, compared without case.
    type: str
  direction:
    description:
      - Only the connectors of this direction. The other direction is then not read.
    type: str
    choices: [outbound, inbound]
  domain:
    description:
      - Only the connectors that list exactly this domain among their recipient or sender domains, for example
        V(contoso.com), V(*.contoso.com) or V(*).
    type: str
  blocked:
    description:
      - Whether to ask as well which inbound connectors Exchange Online has blocked because they seem to be compromised.
        That is one more request.
      - An application that is not allowed to ask gets a warning. The roles Global Reader and Security Reader allow it.
    type: bool
    default: false
seealso:
  - module: mailflow.exchange_online.connector
  - module: mailflow.exchange_online.connectors
"""

EXAMPLES = r"""
- name: Read all connectors
  mailflow.exchange_online.connector_info:
  register: inventory

- name: Keep them as a backup
  ansible.builtin.copy:
    content: "{{ inventory.connectors | ansible.builtin.to_nice_json }}"
    dest: /var/backups/connectors.json
    mode: "0600"
  delegate_to: localhost

- name: Which connectors take mail to Contoso
  mailflow.exchange_online.connector_info:
    direction: outbound
    domain: contoso.com

- name: Which connectors has Exchange Online blocked
  mailflow.exchange_online.connector_info:
    direction: inbound
    blocked: true
  register: inventory

- name: Say so
  ansible.builtin.fail:
    msg: "Blocked: {{ names | join(', ') }}"
  vars:
    names: "{{ inventory.details | selectattr('blocked', 'equalto', true) | map(attribute='name') }}"
  when: names | length > 0
"""

RETURN = r"""
tenant_id:
  description: The tenant that was read, as O(tenant_id) names it; V(null) where the sign-in does without.
  returned: success
  type: str
  sample: contoso.onmicrosoft.com
connectors:
  description:
    - The connectors, sorted by direction and name, with the options of M(mailflow.exchange_online.connector) as keys.
    - What that module would refuse to write, such as settings that contradict each other, is left out, and so
      stays as it is when the list is fed back.
  returned: success
  type: list
  elements: dict
  sample:
    - name: Forced TLS to Contoso
      direction: outbound
      state: present
      enabled: true
      comment: ""
      connector_type: partner
      recipient_domains: [contoso.com]
      use_mx_record: true
      smart_hosts: []
      tls_settings: certificate_validation
details:
  description: What cannot be set, for each of RV(connectors) in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      returned: always
      type: str
    direction:
      description: The direction.
      returned: always
      type: str
    owner:
      description: The owner marked in its comment.
      returned: always
      type: str
    left_out:
      description: The settings that RV(connectors) leaves out, by option; mostly V({}).
      returned: always
      type: dict
    guid:
      description: The identity that stays when the connector is renamed.
      returned: always
      type: str
    connector_source:
      description: What created it; C(Default) is PowerShell and this collection, C(AdminUI) the admin center.
      returned: when Exchange returns it
      type: str
    is_validated:
      description: Whether a validation was recorded as successful. It has no effect on mail.
      returned: for outbound connectors
      type: bool
    last_validation_timestamp:
      description: When a validation was last recorded, in UTC, as Exchange returns it.
      returned: for outbound connectors
      type: str
    blocked:
      description:
        - Whether Exchange Online has blocked it, so that mail that comes by it is returned to its sender with 550 5.7.711;
          V(null) where O(blocked) is V(false), or Exchange Online did not tell.
        - It is released on the page Restricted entities of the Microsoft Defender portal, or with C(Remove-BlockedConnector),
          which takes the RV(details[].guid).
      returned: for inbound connectors
      type: bool
      sample: false
    link_for_modified_connector:
      description: While a connector is edited in the admin center, the connector that stands in for it.
      returned: when Exchange returns it
      type: str
    when_created:
      description: When it was created, in UTC.
      returned: when Exchange returns it
      type: str
    when_changed:
      description: When it was last changed, in UTC.
      returned: when Exchange returns it
      type: str
check_mode:
  description:
    - Whether the task ran in check mode. It reads all the same; this is for roles, whose tasks cannot see otherwise that
      a block or an include has put them into check mode.
  returned: success
  type: bool
  sample: false
requests:
  description: How many requests were sent to the admin API, sign-in apart.
  returned: success
  type: int
  sample: 5
error:
  description: Why it failed.
  returned: failure
  type: dict
  sample:
    kind: rejected
    message: "The outbound connector 'Forced TLS to Contoso' was not changed: ..."
    http_status: 400
    code: Microsoft.Exchange.Data.DataValidationException
    request_id: 11111111-2222-3333-4444-555555555555
    retryable: false
  contains:
    kind:
      description:
        - The kind of failure. All are in R(Errors and what to do,ansible_collections.mailflow.exchange_online.docsite.errors).
      returned: failure
      type: str
    message:
      description: One sentence that names the object and what to do next.
      returned: failure
      type: str
    http_status:
      description: The HTTP status of the answer, if there was one.
      returned: failure
      type: int
    code:
      description: The service's own code or type of error.
      returned: failure
      type: str
    request_id:
      description: The service's identifier of the request, for a support case.
      returned: failure
      type: str
    retryable:
      description: Whether the same task may succeed later without any change.
      returned: failure
      type: bool
"""

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.programs import CONNECTOR_INFO
from ansible_collections.mailflow.exchange_online.plugins.module_utils._module import host


def main() -> None:
    host(CONNECTOR_INFO)


if __name__ == "__main__":
    main()

#!/usr/bin/python

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connector
short_description: Manage one mail flow connector of Exchange Online
description:
  - Creates, changes or deletes one inbound or outbound connector, in place.
  - An option that is left out stays as it is in Exchange, V([]) and an empty text make it empty, and a list replaces the
    one that stands there.
  - For more than a few connectors use M(mailflow.exchange_online.connectors), which signs in and reads once for the whole list.
author:
  - mailflow.exchange_online contributors (@mailflow)
extends_documentation_fragment:
  - mailflow.exchange_online._connector
  - mailflow.exchange_online._auth
  - mailflow.exchange_online._connection
  - mailflow.exchange_online._deps
  - mailflow.exchange_online._attributes
  - mailflow.exchange_online._attributes.EXCHANGE
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - A change that weakens the protection of mail (see RV(weakens)) is made when it is asked for; a connector asked for by
    name needs no further consent. M(mailflow.exchange_online.connectors) does ask for it.
seealso:
  - module: mailflow.exchange_online.connectors
  - module: mailflow.exchange_online.connector_info
"""

EXAMPLES = r"""
- name: Mail to Contoso travels over TLS with their certificate, or not at all
  mailflow.exchange_online.connector:
    tenant_id: contoso.onmicrosoft.com
    client_id: 00000000-0000-0000-0000-000000000000
    certificate_path: /etc/ansible/exchange.pem
    name: Forced TLS to Contoso
    direction: outbound
    recipient_domains:
      - contoso.com
      - "*.contoso.com"
    tls_settings: domain_validation
    tls_domain: mail.contoso.com

- name: Mail from Contoso is refused without TLS
  mailflow.exchange_online.connector:
    name: Forced TLS from Contoso
    direction: inbound
    sender_domains: contoso.com
    require_tls: true

- name: Back to opportunistic TLS for the time being
  mailflow.exchange_online.connector:
    name: Forced TLS to Contoso
    direction: outbound
    enabled: false
"""

RETURN = r"""
connector:
  description:
    - The connector after the run, with the names of the options as keys; in check mode, as it would be.
    - For a new connector it holds what was asked for. For an absent one, only its name and direction.
  returned: success
  type: dict
  sample:
    name: Forced TLS to Contoso
    direction: outbound
    state: present
    enabled: true
    recipient_domains: [contoso.com]
    tls_settings: certificate_validation
action:
  description: What was done, or in check mode would be done.
  returned: success
  type: str
  choices: [create, update, delete, none]
  sample: update
changes:
  description: The options that differed.
  returned: success
  type: list
  elements: str
  sample: [tls_settings]
weakens:
  description:
    - Whether the change takes protection away from mail, by a lower level, by disabling or deleting an enforcing
      connector, by removing a domain or a pin.
  returned: success
  type: bool
  sample: false
requests:
  description: How many requests were sent to the admin API, sign-in apart.
  returned: success
  type: int
  sample: 4
diff:
  description: Before and after of the values that differ.
  returned: always
  type: list
  elements: dict
  sample:
    - before_header: outbound connector 'Forced TLS to Contoso'
      after_header: outbound connector 'Forced TLS to Contoso'
      before: {tls_settings: encryption_only}
      after: {tls_settings: certificate_validation}
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

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.programs import CONNECTOR
from ansible_collections.mailflow.exchange_online.plugins.module_utils._module import host


def main() -> None:
    host(CONNECTOR)


if __name__ == "__main__":
    main()

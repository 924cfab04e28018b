#!/usr/bin/python

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connectors
short_description: Manage a list of mail flow connectors of Exchange Online
description:
  - Brings a whole list of inbound and outbound connectors to the wished state with one sign-in, one reading of what
    stands in Exchange, one plan, and only the writes that differ.
  - The plan is made before the first write, and check mode shows the same plan. State that could not be read whole is
    taken neither for absent nor for right; nothing is changed then.
  - A domain that moves from one connector to another arrives before it leaves.
author:
  - mailflow.exchange_online contributors (@mailflow)
extends_documentation_fragment:
  - mailflow.exchange_online._connector.LIST
  - mailflow.exchange_online._auth
  - mailflow.exchange_online._connection
  - mailflow.exchange_online._deps
  - mailflow.exchange_online._attributes
  - mailflow.exchange_online._attributes.EXCHANGE
options:
  owner:
    description:
      - A mark that is kept in the comment of each connector of the list, on a line of its own, for example
        C([mailflow.exchange_online owner=forced_tls]). It says who manages the connector.
      - A connector with the mark of another owner is left as it is, and the task fails.
      - O(connectors[].owner) says otherwise for a connector of the list, for example for one that was made by hand and is to keep
        its comment as it is.
      - Up to 64 letters, digits, blanks and C(._:@/-).
    type: str
  prune:
    description:
      - Whether to delete the connectors, of both directions, that carry the mark of O(owner) and are not in the list.
        Nothing else is ever deleted by this. Requires O(owner), and a list that is not empty.
    type: bool
    default: false
  prune_limit:
    description:
      - The number of connectors that O(prune) may delete in one run. If there are more, none of them is deleted,
        and the task fails.
    type: int
    default: 10
  prune_keep:
    description:
      - Names of connectors, in either direction, that O(prune) leaves alone although they are not in the list.
    type: list
    elements: str
    default: []
  allow_weaken:
    description:
      - Whether changes may take protection away from mail, by a lower level, by disabling, deleting or scoping an enforcing
        connector to mail flow rules, by no longer requiring TLS, a pin or DANE, or by removing a domain.
      - Without it, such a change is C(skipped) with RV(connectors[].weakens=true), the others are made, and the task fails.
      - To agree to some changes only, set O(connectors[].allow_weaken=true) in their entries. Deletions by O(prune) need
        consent here.
    type: bool
    default: false
  refuse_shared_domains:
    description:
      - Whether to refuse changes that bring a domain into force for which a connector outside the list is in force already, while
        none of the list is. With two connectors for one domain Exchange may lose mail.
      - Such a change is C(skipped), the others are made, and the task fails.
      - C(*) and inbound connectors of type V(on_premises) stand in nobody's way. An inbound connector that restricts its domains
        also stands in the way of those that its wildcard covers, where they are without a restriction.
      - A connector that somebody else brings into force while the task is at work is told with either value.
    type: bool
    default: false
  continue_on_error:
    description:
      - With V(false), nothing more is sent after the first failure, and the rest is C(skipped).
    type: bool
    default: true
  plan_id:
    description:
      - The RV(plan_id) of an earlier run, usually one in check mode that somebody approved. The plan is carried out only if it
        is still the same, made from the same state. Otherwise the task fails and nothing is changed.
    type: str
  written_before:
    description:
      - What earlier tasks of the same run have written, the RV(written) of their results one after the other.
      - The connectors are read until all of it shows, since Exchange Online may answer from a copy that lags behind, and by such
        an answer a domain that has just moved would count as covered where it was. If it does not show, nothing is changed
        and the task fails.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - The name of the connector.
        type: str
        required: true
      direction:
        description:
          - The direction of the connector.
        type: str
        required: true
        choices: [outbound, inbound]
      guid:
        description:
          - The Guid of what was changed or deleted. Left out for a connector that is new.
        type: str
      settings:
        description:
          - The options that were set, and their values. Left out for a connector that was deleted.
        type: dict
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: mailflow.exchange_online.connector
  - module: mailflow.exchange_online.connector_info
"""

EXAMPLES = r"""
- name: Force TLS with two partners, in both directions
  mailflow.exchange_online.connectors:
    owner: forced_tls
    connectors:
      - name: Forced TLS to Fabrikam
        direction: outbound
        recipient_domains: [fabrikam.com]
        tls_settings: certificate_validation
      - name: Forced TLS from Fabrikam
        direction: inbound
        sender_domains: [fabrikam.com]
        require_tls: true
      - name: Forced TLS to Contoso
        direction: outbound
        recipient_domains: [contoso.com, "*.contoso.com"]
        tls_settings: domain_validation
        tls_domain: mail.contoso.com
      - name: Forced TLS from Contoso
        direction: inbound
        sender_domains: [contoso.com, "*.contoso.com"]
        require_tls: true

- name: See what would be done, and hand the plan's id on for approval
  mailflow.exchange_online.connectors:
    connectors: "{{ wished_connectors }}"
  check_mode: true
  diff: true
  register: planned

- name: Do exactly that
  mailflow.exchange_online.connectors:
    connectors: "{{ wished_connectors }}"
    plan_id: "{{ planned.plan_id }}"

- name: Put back what a backup holds
  mailflow.exchange_online.connectors:
    connectors: "{{ lookup('ansible.builtin.file', 'connectors.json') | ansible.builtin.from_json }}"
    allow_weaken: true
"""

RETURN = r"""
connectors:
  description: What became of each connector, in the order of the list; deletions by O(prune) come last.
  returned: success, and failure after the plan was made
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
    action:
      description: What is to be done; V(create), V(update), V(delete) or V(none).
      returned: always
      type: str
    changes:
      description: The options that differ. For a new connector, all that it is created with.
      returned: always
      type: list
      elements: str
    weakens:
      description: Whether the change takes protection away from mail.
      returned: always
      type: bool
    status:
      description:
        - V(planned) in check mode; V(applied); V(unchanged).
        - V(failed) when the service refused it or it did not take effect, or when somebody else was at it, or brought another
          connector into force for a domain of it, while the task was at work.
        - V(skipped) when a guard or an earlier failure stood against it.
        - V(unknown) when nothing tells whether it took effect, and reading again could not settle it.
      returned: always
      type: str
    error:
      description: Why it failed or was skipped, in the form of RV(error); V(null) otherwise.
      returned: always
      type: dict
  sample:
    - name: Forced TLS to Fabrikam
      direction: outbound
      action: create
      changes: [connector_type, enabled, recipient_domains, tls_settings, use_mx_record]
      weakens: false
      status: applied
      error: null
summary:
  description:
    - Counts of the outcomes by status, of what was created, updated and deleted (in check mode, what would be), and of
      changes that weaken.
  returned: success, and failure after the plan was made
  type: dict
  sample:
    total: 4
    planned: 0
    applied: 4
    unchanged: 0
    failed: 0
    skipped: 0
    unknown: 0
    created: 4
    updated: 0
    deleted: 0
    weakens: 0
written:
  description: What this task has written, for O(written_before) of a later one.
  returned: success, and failure after the plan was made
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
    guid:
      description: The Guid of what was changed or deleted; V(null) for a connector that is new.
      returned: always
      type: str
    settings:
      description: The options that were set, and their values; V(null) for a connector that was deleted.
      returned: always
      type: dict
  sample:
    - name: Forced TLS to Contoso
      direction: outbound
      guid: 11111111-2222-3333-4444-555555555555
      settings: {tls_settings: certificate_validation}
plan_id:
  description: A digest of the plan and of the state it was made from; equal for check mode and the real run.
  returned: success, and failure after the plan was made
  type: str
  sample: 3f2b8c6d0a914e57b1f0c2d3e4a5b6c7
requests:
  description: How many requests were sent to the admin API, sign-in apart.
  returned: success, and failure after the plan was made
  type: int
  sample: 9
diff:
  description: Before and after of the values that differ, connector by connector.
  returned: success, and failure after the plan was made
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

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.programs import CONNECTORS
from ansible_collections.mailflow.exchange_online.plugins.module_utils._module import host


def main() -> None:
    host(CONNECTORS)


if __name__ == "__main__":
    main()

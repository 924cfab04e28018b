#!/usr/bin/python

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tls_validation
short_description: Validate outbound connectors with Exchange Online's own validation
description:
  - Does for a list of outbound connectors what the last pages of the wizard in the admin center do. Exchange connects to
    the partner's servers as the connector demands, sends a test mail to each recipient, and the result is recorded in the
    connector (C(IsValidated), C(LastValidationTimestamp), C(ValidationRecipients)).
  - Real mail is sent to the recipients on every validation. That is why a recorded success is not repeated while it is
    younger than O(max_age) and the connector was not changed since.
  - The result is parsed, and only if each of its steps says that it succeeded, a success is recorded. An answer that is cut
    off, empty or cannot be read is no success. Each result is recorded as soon as it is there, so a run that was interrupted
    goes on where it stopped.
  - Right after a connector was created or changed, Exchange may say that the mail went out without the connector, or that
    the recipient's domain is not configured. Such a validation is tried again up to four times, with growing pauses, two
    minutes in all.
author:
  - mailflow.exchange_online contributors (@mailflow)
extends_documentation_fragment:
  - mailflow.exchange_online._auth
  - mailflow.exchange_online._connection
  - mailflow.exchange_online._deps
  - mailflow.exchange_online._attributes
  - mailflow.exchange_online._attributes.EXCHANGE
options:
  connectors:
    description:
      - The outbound connectors to validate.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name of the connector, compared without case.
        type: str
        required: true
      recipients:
        description:
          - The addresses that the test mail goes to, mailboxes at the partner that somebody reads. They must be in the
            domains of the connector; one that is scoped to mail flow rules takes any address.
          - If left out, the addresses that stand in the connector are taken.
        type: list
        elements: str
  max_age:
    description:
      - How old a recorded success may be, in hours or as a text such as V(90m), V(12h), V(30d) or V(4w). A younger one is not
        repeated, unless the connector was changed more than five minutes after it. Recording the result changes the connector
        too, which is why some minutes are left.
      - With V(0), every connector is validated in every run.
    type: str
    default: 30d
  record:
    description:
      - Whether to write the result into the connector. A success is written as one, with its time in UTC and the recipients.
        A failure takes back a success that stands there; where none stands, nothing is written.
    type: bool
    default: true
  fail_on:
    description:
      - With V(failure), the task fails when a connector did not pass, when its validation brought no answer, or when the result
        could not be recorded. The other connectors are validated all the same.
      - With V(never), all that is only told in RV(validations).
    type: str
    choices: [failure, never]
    default: failure
attributes:
  check_mode:
    support: full
    details:
      - Sends no mail, and says in RV(validations) which connectors would be validated, with which recipients and why.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - Within O(max_age). A validation that failed is done again in the next run.
notes:
  - The test mail comes from C(O365ConnectorValidation@) and the default domain of the tenant. That sender cannot be changed, so
    the partner has to accept it. While a new connector is not in use yet, Exchange may send the test mail without it, and so
    perhaps in clear.
  - One validation takes most of a minute. The module waits 300 seconds for it at least, whatever O(timeout) says, and
    O(concurrency) of them run side by side. They are never sent in batches.
  - A disabled connector carries no mail, and Microsoft documents that its validation fails. To test before mail depends on
    it, create the connector enabled with O(mailflow.exchange_online.connector#module:transport_rule_scoped=true) and without
    any mail flow rule.
seealso:
  - module: mailflow.exchange_online.connectors
  - module: mailflow.exchange_online.partner_tls_info
"""

EXAMPLES = r"""
- name: Validate two connectors, unless that was done in the last four weeks
  mailflow.exchange_online.tls_validation:
    connectors:
      - name: Forced TLS to Fabrikam
        recipients: [postmaster@fabrikam.com]
      - name: Forced TLS to Contoso
        recipients: [postmaster@contoso.com, mailtest@contoso.com]
    max_age: 4w

- name: Validate with the recipients that stand in the connectors, now, eight at a time
  mailflow.exchange_online.tls_validation:
    connectors:
      - name: Forced TLS to Fabrikam
      - name: Forced TLS to Contoso
    max_age: 0
    concurrency: 8

- name: See which connectors would be validated, and why
  mailflow.exchange_online.tls_validation:
    connectors: "{{ wished_validations }}"
  check_mode: true

- name: Look at the results instead of failing
  mailflow.exchange_online.tls_validation:
    connectors: "{{ wished_validations }}"
    fail_on: never
  register: validated

- name: Name those that did not pass
  ansible.builtin.debug:
    msg: "{{ validated.validations | map(attribute='error') | select | map(attribute='message') }}"
"""

RETURN = r"""
validations:
  description: What became of each connector, in the order of the list.
  returned: success, and failure after the connectors were read
  type: list
  elements: dict
  contains:
    connector:
      description: The name of the connector.
      returned: always
      type: str
    status:
      description:
        - V(passed) when Exchange's answer says of each step that it succeeded.
        - V(failed) when it does not, or when Exchange refused to validate.
        - V(unknown) when no answer came, or none that could be read; nothing is recorded then. Also when the connector was changed by
          somebody else while this ran, so that it is not known what was validated; a success that was recorded is taken back.
        - V(fresh) when the recorded success is young enough; nothing was sent.
        - V(planned) in check mode.
      returned: always
      type: str
    success:
      description: V(true) for V(passed) and V(fresh), V(false) for V(failed), else V(null).
      returned: always
      type: bool
    reason:
      description: Why the connector was validated, or would be. Empty for V(fresh).
      returned: always
      type: str
    steps:
      description: The steps of the last try, as Exchange names them. Microsoft does not publish the names.
      returned: always
      type: list
      elements: dict
      contains:
        name:
          description: The name as it came.
          returned: always
          type: str
        success:
          description: Whether the step succeeded; V(null) where the answer does not tell.
          returned: always
          type: bool
        detail:
          description: What Exchange says about it.
          returned: always
          type: str
    recipients:
      description: The addresses that the test mail went to, or would go to.
      returned: always
      type: list
      elements: str
    refused_disabled:
      description:
        - Whether Exchange did not look at it because the connector is disabled. Microsoft's pages contradict each other on
          that. Such a connector can be validated when it is enabled and V(transport_rule_scoped), while no mail flow
          rule names it.
      returned: always
      type: bool
    recorded:
      description: Whether something was written into the connector.
      returned: always
      type: bool
    tries:
      description: How often it was validated in this run.
      returned: always
      type: int
    seconds:
      description: How long it took, pauses between tries included.
      returned: always
      type: float
    error:
      description: Why it did not pass or could not be recorded, in the form of RV(error); V(null) otherwise.
      returned: always
      type: dict
  sample:
    - connector: Forced TLS to Fabrikam
      status: passed
      success: true
      reason: no success is recorded
      steps:
        - name: Send test email
          success: true
          detail: ""
      recipients: [postmaster@fabrikam.com]
      refused_disabled: false
      recorded: true
      tries: 1
      seconds: 41.3
      error: null
summary:
  description: Counts of the validations by status, and how many were recorded.
  returned: success, and failure after the connectors were read
  type: dict
  sample:
    total: 2
    passed: 1
    failed: 0
    unknown: 0
    fresh: 1
    planned: 0
    recorded: 1
requests:
  description: How many requests were sent to the admin API, sign-in apart.
  returned: success, and failure after the connectors were read
  type: int
  sample: 6
error:
  description: Why it failed.
  returned: failure
  type: dict
  sample:
    kind: not_validated
    message: "1 of 2 connectors did not come through their validation. The outbound connector 'Forced TLS to Contoso' ..."
    http_status: null
    code: null
    request_id: null
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

from ansible_collections.mailflow.exchange_online.plugins.module_utils._module import host
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.program import TLS_VALIDATION


def main() -> None:
    host(TLS_VALIDATION)


if __name__ == "__main__":
    main()

#!/usr/bin/python

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: exchange_qualification
short_description: Compare what this collection assumes of Exchange Online with a tenant
description:
  - Asks a tenant the questions that public documentation leaves open, and returns the answers, with every exchange that they
    rest on. Names, identifiers, domains, addresses and secrets in them are replaced, the same value always by the same one.
  - It reads. With O(write=true) it also makes a few throw-away connectors, and removes them at the end, whatever happens.
    They are disabled from the beginning and stay so; the outbound ones are scoped to mail flow rules, and no rule names
    them, or have no domain at all; all other domains are below C(example.com). No mail passes through them.
  - Their names begin with C(mailflow qualification - delete me). What an interrupted run has left behind is removed by the
    next one with O(write=true).
  - The lab of this collection can be started with the result, and then answers as the tenant did.
author:
  - mailflow.exchange_online contributors (@mailflow)
extends_documentation_fragment:
  - mailflow.exchange_online._auth
  - mailflow.exchange_online._connection
  - mailflow.exchange_online._deps
  - mailflow.exchange_online._attributes
  - mailflow.exchange_online._attributes.EXCHANGE
attributes:
  check_mode:
    support: full
    details:
      - In check mode it only reads, whatever O(write) says.
  diff_mode:
    support: N/A
    details:
      - Nothing is different afterwards.
  idempotent:
    support: none
    details:
      - With O(write=true) each run makes connectors and removes them.
options:
  write:
    description:
      - Whether throw-away connectors may be made. Most questions are about what Exchange Online does when it is told to write.
      - This takes some hundred and twenty requests, one after the other. No two such runs must work on one tenant at the same time.
    type: bool
    default: false
  validation_recipients:
    description:
      - Mail addresses of your own to which a throw-away connector is validated. Exchange Online then sends a real test mail
        to them, which nothing else in this module does. It needs O(write=true).
      - By default nothing is validated, and the questions about validation stay open.
    type: list
    elements: str
    default: []
notes:
  - O(concurrency) and O(batch_size) make no difference here.
seealso:
  - module: mailflow.exchange_online.connector_info
"""

EXAMPLES = r"""
- name: Ask what can be asked by reading
  mailflow.exchange_online.exchange_qualification:
  register: asked

- name: Ask everything, in a tenant for tests
  mailflow.exchange_online.exchange_qualification:
    write: true
  register: asked

- name: Write it down
  ansible.builtin.copy:
    content: "{{ asked.qualification | ansible.builtin.to_nice_json }}"
    dest: qualification.json
    mode: "0600"
  delegate_to: localhost
"""

RETURN = r"""
qualification:
  description: What the file is to hold. It is there after a failure as well, with what was found out until then.
  returned: when the tenant was asked anything
  type: dict
  contains:
    format:
      description: What this is, for programs that read it.
      returned: always
      type: str
      sample: mailflow.exchange_online qualification
    version:
      description: The version of the format.
      returned: always
      type: int
      sample: 1
    made:
      description: The day, in UTC.
      returned: always
      type: str
      sample: "2026-11-26"
    cloud:
      description: The O(cloud).
      returned: always
      type: str
      sample: worldwide
    wrote:
      description: Whether throw-away connectors were allowed.
      returned: always
      type: bool
    whole:
      description: Whether the run came to its end.
      returned: always
      type: bool
    answers:
      description: The questions that are answered.
      returned: always
      type: list
      elements: dict
      sample:
        - id: domain_case
          question: Case of domains as stored
          source: connectors.md 8.4
          answer: q-1a2b3c4d.example.com
          setting: lower
          assumed: as_sent
          agrees: false
          exchanges: [41, 42]
    open:
      description: The questions that are not, with the reason.
      returned: always
      type: list
      elements: dict
      sample:
        - question: Quotas, and how many requests may be in flight
          source: exo-wire.md 10.6
          reason: Provoking a 429 is abuse.
    settings:
      description: The answers as settings of the lab's switches.
      returned: always
      type: dict
      sample:
        domain_case: lower
    exchanges:
      description: Every request and its answer, with pseudonyms.
      returned: always
      type: list
      elements: dict
summary:
  description: Questions and answers as a page of Markdown, those first in which the tenant differs.
  returned: when the tenant was asked anything
  type: str
left:
  description: The throw-away connectors that could not be removed, each with the command that does it by hand.
  returned: when the tenant was asked anything
  type: list
  elements: dict
  sample: []
requests:
  description: How many requests were sent to the admin API, sign-in apart.
  returned: when the tenant was asked anything
  type: int
  sample: 18
error:
  description: Why it failed.
  returned: failure
  type: dict
  sample:
    kind: rejected
    message: "Set-OutboundConnector was sent and brought no clear answer: ..."
    http_status: 400
    code: Microsoft.Exchange.Data.DataValidationException
    request_id: 11111111-2222-3333-4444-555555555555
    retryable: false
  contains:
    kind:
      description: The kind of failure.
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
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.program import (
    EXCHANGE_QUALIFICATION,
)


def main() -> None:
    host(EXCHANGE_QUALIFICATION)


if __name__ == "__main__":
    main()

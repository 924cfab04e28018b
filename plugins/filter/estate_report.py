# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: what is known of each tenant of a run -> one summary for all of them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: estate_report
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Tell the reports of many tenants on one page, as JSON and as CSV
description:
  - Takes the summaries that P(mailflow.exchange_online.partner_report#filter) made of the tenants of a run, and makes
    one page of them that links to each tenant's own report, and the same as JSON and CSV.
  - A tenant without a summary is told as well, with the reason.
  - It looks at its input alone, talks to nobody and writes nothing.
  - Whatever comes from elsewhere is escaped in the page, and kept from being taken for a formula in the CSV.
options:
  _input:
    description:
      - A dictionary; its keys are the inventory hosts, one for each tenant, and its values what is known of them. All
        of it may be left out.
      - V(summary), as P(mailflow.exchange_online.partner_report#filter) returns it; V(report), the path of the tenant's
        own page; V(at), when that was made; V(problem), a sentence that says why there is no report.
    type: dict
    required: true
  made_at:
    description:
      - When the summary is made, as V(2026-12-01T08:00:00Z).
    type: str
    default: ""
  directory:
    description:
      - The directory that the summary is written to, and links are relative to.
    type: str
    default: ""
  version:
    description:
      - The version of the collection, for the foot of the page.
    type: str
    default: ""
  check_mode:
    description:
      - Whether the run was one in check mode.
    type: bool
    default: false
seealso:
  - plugin: mailflow.exchange_online.partner_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Count what is to be decided in two tenants
  ansible.builtin.debug:
    msg: "{{ ({'contoso': {'summary': contoso}, 'adatum': {'problem': 'Its certificate has expired.'}}
              | mailflow.exchange_online.estate_report).summary.decisions }}"
"""

RETURN = r"""
_value:
  description:
    - V(files), a dictionary of texts by the names of their files; V(estate.html), V(estate.json) and V(estate.csv).
    - V(summary), a small dictionary of counts and of names of hosts.
  type: dict
  sample:
    files: {"estate.html": "<!DOCTYPE html>...", "estate.json": "{...}", "estate.csv": "host,tenant_id,..."}
    summary: {tenants: 100, unreported: 2, partners: 812, decisions: 5, unreported_tenants: [adatum, litware]}
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._untrusted import untrusted


def estate_report(
    given: object, made_at: str = "", directory: str = "", version: str = "", check_mode: bool = False
) -> dict[str, t.Any]:
    """Return files and summary. Raises AnsibleFilterError when the input is no dictionary."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.estate_page import make_estate_report

    try:
        made = make_estate_report(
            given, made_at=made_at, directory=directory, version=version, check_mode=bool(check_mode)
        )
    except InputError as error:
        raise AnsibleFilterError("\n- ".join(error.problems)) from None
    # A refusal may hold what looks like a template: nothing of it is ever one.
    return t.cast("dict[str, t.Any]", untrusted(made))


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"estate_report": estate_report}

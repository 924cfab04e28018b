# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: what a run of the role planned, saw and did -> the files of its report."""

from __future__ import annotations

DOCUMENTATION = r"""
name: partner_report
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Tell a run of the role as a page, as JSON and CSV, and as letters
description:
  - Takes what a run of the role P(mailflow.exchange_online.forced_tls#role) planned, saw and did, and makes the texts
    of its report; a page for people, the same as JSON and CSV, and a draft letter for each partner.
  - It looks at its input alone, talks to nobody and writes nothing.
  - Whatever comes from elsewhere, such as a server's greeting, is escaped in the page, kept from being taken for a
    formula in the CSV, and freed of control characters in the letters.
options:
  _input:
    description:
      - A dictionary with V(plan), the plan of the role. All else may be left out.
      - V(run) tells of the run, with V(run_id), V(started_at), V(finished_at), V(tenant_id), V(host), V(check_mode),
        V(version) and V(default_domain), the tenant's default domain, which validation mails come from.
      - V(inventory) is what M(mailflow.exchange_online.connector_info) returned before the run; V(results) what
        M(mailflow.exchange_online.connectors) returned, stage by stage; V(validations) those of
        M(mailflow.exchange_online.tls_validation).
      - V(probes) are, by partner, lists of what M(mailflow.exchange_online.partner_tls_info) returned, each with
        V(seen_at) and V(vantage). As JSON, a text, they are looked through faster.
    type: dict
    required: true
  files:
    description:
      - Whether the files are made. Without them, only the summary is.
    type: bool
    default: true
seealso:
  - plugin: mailflow.exchange_online.partner_states
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the page alone
  ansible.builtin.copy:
    content: "{{ ({'plan': forced_tls_plan} | mailflow.exchange_online.partner_report).files['report.html'] }}"
    dest: report.html
    mode: "0600"
"""

RETURN = r"""
_value:
  description:
    - V(files), a dictionary of texts by the names of their files; V(report.html), V(report.json), V(report.csv) and
      V(letters/<name>.txt) for each partner that is not absent.
    - V(head), the line that each draft begins with.
    - V(summary), a small dictionary of counts and of names of partners.
  type: dict
  sample:
    files: {"report.html": "<!DOCTYPE html>...", "report.json": "{...}", "report.csv": "name,state,..."}
    summary: {run_id: 20261126T013012Z-4f2a9c, partners: 16, enforced: 5, held: 5, decisions: 8}
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._standing import handed
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._untrusted import untrusted


def partner_report(given: object, files: bool = True) -> dict[str, t.Any]:
    """Return files and summary. Raises AnsibleFilterError when there is no plan to tell."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.compose import make_report

    try:
        # A partner's server may greet with what looks like a template: nothing of it is ever one.
        return t.cast("dict[str, t.Any]", untrusted(make_report(handed(given), files=files)))
    except InputError as error:
        raise AnsibleFilterError("\n- ".join(error.problems)) from None


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"partner_report": partner_report}

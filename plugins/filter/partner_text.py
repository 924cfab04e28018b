# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: a text that somebody typed or pasted -> a partner list."""

from __future__ import annotations

DOCUMENTATION = r"""
name: partner_text
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Read a partner list from the text of a form
description:
  - Takes what somebody typed or pasted into a text area, such as the survey of an AWX template, and returns the partner
    list of the role P(mailflow.exchange_online.forced_tls#role).
  - Each domain is a partner. A line with a name, a colon and domains is one partner with that name and these domains.
  - Between domains stand blanks, tabs, commas, semicolons, bars or line ends of any kind. What follows a C(#), bullets,
    quotes, a full stop at the end and marks that nobody sees are left out. Of a mail address, the domain is taken. A
    domain without a name that is there several times is one partner.
  - Fails with one sentence for each line that cannot be used, and where the text lists nobody.
options:
  _input:
    description: The text.
    type: str
    required: true
seealso:
  - plugin: mailflow.exchange_online.partner_connectors
    plugin_type: filter
  - plugin: mailflow.exchange_online.partner_file
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: See what was meant
  ansible.builtin.debug:
    msg: "{{ answer | mailflow.exchange_online.partner_text }}"
  vars:
    answer: |
      fabrikam.com; adatum.com    # since March
      Woodgrove Bank: woodgrovebank.com *.woodgrovebank.com
"""

RETURN = r"""
_value:
  description:
    - The partners, each a domain, or a dictionary with V(name) and V(domains).
  type: list
  elements: raw
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._untrusted import untrusted


def partner_text(text: object) -> list[t.Any]:
    """Return the partners in a text. Raises AnsibleFilterError that lists every line that cannot be used."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.survey import partners_of

    try:
        # What somebody typed is never taken for a template.
        return t.cast("list[t.Any]", untrusted(partners_of(text)))
    except InputError as error:
        raise AnsibleFilterError("\n- ".join(error.problems)) from None


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"partner_text": partner_text}

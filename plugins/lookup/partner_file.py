# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lookup: the text of a file with a partner list."""

from __future__ import annotations

DOCUMENTATION = r"""
name: partner_file
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Read a file with a partner list
description:
  - Reads a file with a partner list on the controller, for the filters
    P(mailflow.exchange_online.partner_connectors#filter) and P(mailflow.exchange_online.partner_states#filter), which
    tell problems with the line of the file.
  - The file is CSV as spreadsheets export it (V(.csv) or V(.tsv)), YAML (V(.yml) or V(.yaml)) or JSON (V(.json)).
  - The text may be UTF-8, with or without a mark at its beginning, UTF-16 with a mark, or Windows-1252. The file may be
    encrypted with Ansible Vault.
options:
  _terms:
    description:
      - Paths of files. A relative one is looked for where Ansible looks for files, and then below the directory in
        which Ansible was started.
    type: list
    elements: str
    required: true
seealso:
  - plugin: mailflow.exchange_online.partner_connectors
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show which connectors the partners of a spreadsheet need
  ansible.builtin.debug:
    msg: >-
      {{ lookup('mailflow.exchange_online.partner_file', 'partners.csv')
         | mailflow.exchange_online.partner_connectors }}
"""

RETURN = r"""
_list:
  description: For each file a dictionary with its path as it was given (V(file)) and its text (V(text)).
  type: list
  elements: dict
"""

import os
import pathlib
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rows import decoded


class LookupModule(LookupBase):
    """Ansible looks its lookups up here."""

    def run(
        self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, str]]:
        """Return path and text of each file."""
        self.set_options(  # type: ignore[no-untyped-call]
            var_options=variables, direct=kwargs
        )
        return [self._read(str(term).strip(), variables) for term in terms]

    def _read(self, path: str, variables: dict[str, t.Any] | None) -> dict[str, str]:
        if self._loader is None:
            raise AnsibleError("The partner list cannot be read: this lookup runs inside Ansible only.")
        found = self.find_file_in_search_path(variables, "files", path, ignore_missing=True)  # type: ignore[no-untyped-call]
        found = found or os.path.abspath(path)
        if not os.path.isfile(found):
            raise AnsibleError(f"The partner list '{path}' was not found; give the path of a file on the controller.")
        try:
            content = pathlib.Path(self._loader.get_real_file(found)).read_bytes()
            return {"file": path, "text": decoded(content)}
        except OSError as problem:
            raise AnsibleError(f"The partner list '{path}' cannot be read: {problem.strerror}.") from None
        except InputError as error:
            raise AnsibleError(f"The partner list '{path}': {error.message}") from None

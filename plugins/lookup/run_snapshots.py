# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lookup: the snapshots that runs of the role have left."""

from __future__ import annotations

DOCUMENTATION = r"""
name: run_snapshots
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Read the snapshots that runs of the role have left
description:
  - Reads on the controller what runs of the role P(mailflow.exchange_online.forced_tls#role) have kept before they
    changed something, for the filter P(mailflow.exchange_online.rollback_connectors#filter). The newest comes first.
  - Reads no more than is needed to answer.
options:
  _terms:
    description:
      - Directories below which snapshots lie, C(runs/<run id>/snapshot.json); C(forced_tls_report_dir) of the role.
    type: list
    elements: str
    required: true
  run:
    description:
      - The id of a run, the path of a snapshot, or V(last), the newest run that was not a rollback itself.
      - Left out, the newest runs in which O(partners) were changed are taken, those of rollbacks apart.
    type: str
    default: ''
  partners:
    description:
      - Names of partners, compared without case.
    type: list
    elements: str
    default: []
seealso:
  - plugin: mailflow.exchange_online.rollback_connectors
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what the last run changed
  ansible.builtin.debug:
    msg: >-
      {{ query('mailflow.exchange_online.run_snapshots', forced_tls_report_dir, run='last') | map(attribute='file') }}
"""

RETURN = r"""
_list:
  description: For each snapshot a dictionary with its path (V(file)) and its text (V(text)).
  type: list
  elements: dict
"""

import os
import pathlib
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.snapshot import read_snapshot

_NAME = "snapshot.json"
_SHOWN = 10


class LookupModule(LookupBase):
    """Ansible looks its lookups up here."""

    def run(
        self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, str]]:
        """Return path and text of each snapshot that is needed."""
        self.set_options(  # type: ignore[no-untyped-call]
            var_options=variables, direct=kwargs
        )
        run, partners = self.get_option("run"), self.get_option("partners")  # type: ignore[no-untyped-call]
        run = str(run or "").strip()
        found = [path for term in terms for path in _snapshots(pathlib.Path(str(term)))]
        found.sort(key=lambda path: path.parent.name, reverse=True)
        if run and run != "last":
            return [_read(_named(run, found))]
        return _newest(found, {str(name).casefold() for name in partners}, terms)


def _snapshots(directory: pathlib.Path) -> list[pathlib.Path]:
    try:
        return list(directory.expanduser().glob(f"runs/*/{_NAME}"))
    except OSError as problem:
        raise AnsibleError(f"The directory '{directory}' cannot be read: {problem.strerror}.") from None


def _named(run: str, found: list[pathlib.Path]) -> pathlib.Path:
    if os.sep in run or run.endswith(".json"):
        path = pathlib.Path(run).expanduser()
        return path / _NAME if path.is_dir() else path
    for path in found:
        if path.parent.name == run:
            return path
    ids = [path.parent.name for path in found]
    rest = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    there = f"there are {', '.join(ids[:_SHOWN])}{rest}" if ids else "no run has left one"
    raise AnsibleError(f"There is no snapshot of a run '{run}'; {there}.")


def _newest(found: list[pathlib.Path], wanted: set[str], terms: list[t.Any]) -> list[dict[str, str]]:
    """The newest one, or as many as it takes until each of the wanted partners is in one."""
    taken: list[dict[str, str]] = []
    for path in found:
        read = _read(path)
        try:
            snapshot = read_snapshot(read["text"], read["file"])
        except InputError as error:
            raise AnsibleError(error.message) from None
        if snapshot.kind == "rollback":
            continue
        taken.append(read)
        wanted = wanted - snapshot.partners.keys()
        if not wanted:
            return taken
    if not taken:
        raise AnsibleError(
            f"No run has left a snapshot below '{terms[0]}'; give the directory as forced_tls_report_dir."
        )
    return taken


def _read(path: pathlib.Path) -> dict[str, str]:
    try:
        return {"file": str(path), "text": path.read_text(encoding="utf-8")}
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8"
        raise AnsibleError(f"The snapshot '{path}' cannot be read: {reason}.") from None

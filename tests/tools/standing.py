# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connectors that stand in a lab's tenant, put there by the module ``connectors`` as a playbook would."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.tests.integration.harness import run_module
from ansible_collections.mailflow.exchange_online.tests.lab import Lab

Options = dict[str, t.Any]


class Standing:
    """Called with connectors, it makes these stand in the first tenant, and none of those before them."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._known: set[tuple[str, str]] = set()

    def __call__(self, connectors: list[Options]) -> None:
        wanted = {(one["direction"], one["name"]) for one in connectors}
        gone = [{"direction": way, "name": name, "state": "absent"} for way, name in sorted(self._known - wanted)]
        for some in (gone, *_apart(connectors)):
            if some:
                self.run("connectors", connectors=some, allow_weaken=True)
        self._known = wanted

    def run(self, module: str, **options: t.Any) -> dict[str, t.Any]:
        """Run a module with the lab's credentials. Raises RuntimeError where it fails."""
        result = run_module(module, {**self._lab.connection(), **options})
        if result.get("failed"):
            raise RuntimeError(f"{module} failed: {result['msg']}")
        return result


def _apart(connectors: list[Options]) -> list[list[Options]]:
    """Lists in which no domain stands twice, which the module refuses; Exchange does not."""
    lists: list[list[Options]] = []
    for connector in connectors:
        domains = _domains(connector)
        for some in lists:
            if not any(domains & _domains(one) for one in some):
                some.append(connector)
                break
        else:
            lists.append([connector])
    return lists


def _domains(connector: Options) -> set[str]:
    return set(connector.get("recipient_domains") or connector.get("sender_domains") or ())

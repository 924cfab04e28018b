# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An inventory of tenants, as the guide "A hundred tenants" lays it out, and playbooks run with it."""

from __future__ import annotations

import json
import pathlib
import re
import sys
import typing as t

import yaml

from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.lab import Lab, TenantSeed
from ansible_collections.mailflow.exchange_online.tests.lab.tenant import Tenant

Values = dict[str, t.Any]

COLLECTION = "mailflow.exchange_online"
#: What is the same in each run of a tenant, and differs between tenants all the same.
_PASSING = frozenset({"Guid", "ExchangeObjectId", "Identity", "Id", "DistinguishedName", "OrganizationId"})


def seed(*names: str) -> list[TenantSeed]:
    """A tenant for each name, without connectors."""
    return [TenantSeed(domain=f"{name}.onmicrosoft.com") for name in names]


def standing(tenant: Tenant) -> list[Values]:
    """Its connectors, without what no two runs or tenants share."""
    found = [{"direction": "outbound", **one} for one in tenant.outbound]
    found += [{"direction": "inbound", **one} for one in tenant.inbound]
    kept = [{key: one[key] for key in one if key not in _PASSING and not key.startswith("When")} for one in found]
    return sorted(kept, key=lambda one: (one["direction"], one["Name"]))


class Estate:
    """Hosts of the group ``tenants``, with the partners that all share and those of their own."""

    def __init__(self, lab: Lab, home: pathlib.Path, shared: t.Sequence[object] = ("shared.example",)) -> None:
        self.lab = lab
        self.home = home
        self.place = home / "inventory"
        self._hosts: dict[str, None] = {}
        self._by_domain = {tenant.domain.partition(".")[0]: tenant for tenant in lab.tenants.values()}
        own = "{{ forced_tls_partners_shared + forced_tls_partners_own | default([]) }}"
        self._write(
            "group_vars/tenants.yml",
            {
                "exo_api_url": lab.api_url,
                "exo_authority_url": lab.authority_url,
                "exo_ca_path": lab.ca_path,
                "forced_tls_partners_shared": list(shared),
                "forced_tls_partners": own,
                "forced_tls_probe": False,
                "forced_tls_report": False,
            },
        )

    @property
    def hosts(self) -> list[str]:
        """The tenants that were added."""
        return list(self._hosts)

    def tenant(self, name: str) -> Tenant:
        """The lab's tenant of this name."""
        return self._by_domain[name]

    def add(self, host: str, like: str = "", **variables: t.Any) -> None:
        """A host for the tenant of its name, or ``like`` another one, with a partner of its own and the certificate.

        A variable that is None is left out.
        """
        tenant = self.tenant(like or host)
        usual = {
            "exo_tenant_id": tenant.tenant_id,
            "exo_client_id": tenant.client_id,
            "exo_certificate_path": tenant.certificate_pem_path,
            "forced_tls_partners_own": [f"own.{host}.example"],
        }
        given = {key: value for key, value in {**usual, **variables}.items() if value is not None}
        self._write(f"host_vars/{host}.yml", given)
        self._hosts[host] = None
        self.inventory()

    def inventory(
        self, hosts: t.Sequence[str] | None = None, name: str = "hosts.yml", **others: Values
    ) -> pathlib.Path:
        """Write an inventory with some of the hosts, and others that are no tenants."""
        groups = {"tenants": {"hosts": dict.fromkeys(self._hosts if hosts is None else hosts)}}
        return self._write(name, {**groups, "others": {"hosts": others}})

    def run(
        self,
        playbook: pathlib.Path | str,
        *arguments: str,
        inventory: pathlib.Path | None = None,
        environment: t.Mapping[str, str] | None = None,
        interpreter: str | None = sys.executable,
        **variables: t.Any,
    ) -> harness.Play:
        """Run a playbook with the inventory; extra variables win over those of inventory and play."""
        return harness.run_playbook(
            playbook,
            *("-i", str(inventory or self.place / "hosts.yml"), "--forks", "4"),
            *arguments,
            environment={"PWD": str(self.home), **(environment or {})},
            variables={"forced_tls_hosts": "tenants", **variables},
            home=self.home,
            interpreter=interpreter,
        )

    def writers(self) -> set[str]:
        """The hosts' names of those tenants that were written to."""
        return {self._name(entry.tenant) for entry in self.lab.journal.writes()}

    def callers(self) -> set[str]:
        """The names of those tenants that got any request at the admin API."""
        return {self._name(entry.tenant) for entry in self.lab.journal.entries if entry.service == "admin"}

    def _name(self, tenant: str | None) -> str:
        return next(name for name, one in self._by_domain.items() if tenant in (one.tenant_id, one.domain))

    def _write(self, name: str, content: object) -> pathlib.Path:
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # JSON is YAML, and keeps what looks like a template as it is.
        path.write_text(json.dumps(content) if isinstance(content, dict) else yaml.safe_dump(content), encoding="utf-8")
        return path


def ended(play: harness.Play, *hosts: str) -> dict[str, str]:
    """How each host ended: ok, failed or unreachable."""
    recaps = {host: play.recap(host) for host in hosts}
    words = ("unreachable", "failed")
    return {host: next((word for word in words if counts[word]), "ok") for host, counts in recaps.items()}


def sentence(play: harness.Play, host: str) -> str:
    """What the last failure of a host says, in one line."""
    start = play.stdout.rindex(f"fatal: [{host}]")
    told = re.split(r"\n(?:fatal:|ok:|\[ERROR\]|TASK|PLAY)", play.stdout[start:], maxsplit=1)[0]
    return " ".join(told.split())

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guide "A hundred tenants" shows works as it stands there."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import textwrap
import typing as t

import yaml

from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.integration.tenants import ended, seed, standing

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.lab.pytest_plugin import MakeLab

GUIDE = harness.ROOT / "docs" / "docsite" / "rst" / "many_tenants.rst"


def block(name: str) -> str:
    """The code between two marks of the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    (found,) = re.findall(rf"^\.\. begin {name}\n\n\.\. code-block:: yaml\n\n(.*?)^\.\. end {name}$", text, re.M | re.S)
    return textwrap.dedent(found)


def write(path: pathlib.Path, *parts: str) -> pathlib.Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def test_a_table_and_the_export_of_graph_become_tenants(make_lab: MakeLab, tmp_path: pathlib.Path) -> None:
    lab = make_lab(seed("contoso", "adatum", "litware"))
    contoso, adatum, litware = lab.tenants.values()
    for tenant in (contoso, adatum):
        shutil.copy(tenant.certificate_pem_path, tmp_path / f"{tenant.domain.partition('.')[0]}.pem")
    where = {"exo_api_url": lab.api_url, "exo_authority_url": lab.authority_url, "exo_ca_path": lab.ca_path}
    usual = yaml.safe_dump({**where, "forced_tls_probe": False, "forced_tls_report": False})
    in_group = block("group-vars").replace("/etc/exchange", str(tmp_path))
    shared = yaml.safe_load(in_group)["forced_tls_partners_shared"]

    # One host from the inventory of the guide, one from the table.
    write(tmp_path / "inventory" / "tenants.yml", "tenants: {hosts: {contoso: }}")
    group = write(tmp_path / "inventory" / "group_vars" / "tenants.yml", usual, in_group)
    write(
        tmp_path / "inventory" / "host_vars" / "contoso.yml",
        block("host-vars").replace("contoso.onmicrosoft.com", contoso.domain),
        f"exo_client_id: {contoso.client_id}",
    )
    write(tmp_path / "tenants.csv", "host;tenant;client", f"adatum ; {adatum.tenant_id};{adatum.client_id}", "")
    playbook = write(tmp_path / "all.yml", block("from-csv"))

    play = harness.run_playbook(playbook, "-i", str(tmp_path / "inventory"), environment={}, home=tmp_path)

    assert ended(play, "contoso", "adatum") == {"contoso": "ok", "adatum": "ok"}, play.text
    assert [one["Name"] for one in standing(contoso) if one["direction"] == "outbound"] == [
        *("Forced TLS to Woodgrove Bank", "Forced TLS to adatum.com", "Forced TLS to fabrikam.com")
    ]
    assert len(standing(adatum)) == 2 * len(shared) == 4
    assert standing(litware) == []

    # And what Graph says of a customer is enough for the third.
    contract = {"contractType": "ResellerPartnerContract", "displayName": "Litware", "id": contoso.tenant_id}
    contract |= {"customerId": litware.tenant_id, "defaultDomainName": litware.domain}
    write(tmp_path / "contracts.json", json.dumps({"value": [contract]}))
    (tmp_path / "inventory" / "tenants.yml").unlink()
    sign_in = f"exo_client_id: {litware.client_id}\nexo_certificate_path: {litware.certificate_pem_path}\n"
    group.write_text(f"{usual}{sign_in}exo_tenant_id: '{{{{ customerId }}}}'\nforced_tls_partners: [fabrikam.com]\n")
    refresh = "- {hosts: localhost, gather_facts: false, tasks: [{meta: refresh_inventory}]}"
    work = block("from-csv").partition("- name: Work on them")
    playbook = write(tmp_path / "graph.yml", block("from-graph"), refresh, "".join(work[1:]))

    play = harness.run_playbook(playbook, "-i", str(tmp_path / "inventory"), environment={}, home=tmp_path)

    assert ended(play, litware.domain) == {litware.domain: "ok"}, play.text
    assert len(standing(litware)) == 2

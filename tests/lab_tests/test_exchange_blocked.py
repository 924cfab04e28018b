# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connectors that the service has blocked: who may ask, and what the answer says."""

from __future__ import annotations

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import Api

GONE = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"


def inbound(api: Api, name: str) -> str:
    """Make an inbound connector; its Guid."""
    (made,) = api.value("New-InboundConnector", Name=name, SenderDomains=[f"{name}.example"])
    return str(made["Guid"])


@pytest.mark.parametrize("member", ["ConnectorId", "Identity"])
def test_blocked_ones_are_told_by_their_guid(api: Api, member: str) -> None:
    api.lab.switches["blocked_connector_id"] = member
    assert api.value("Get-BlockedConnector") == []
    first, _second, third = (inbound(api, name) for name in ("a", "b", "c"))
    api.lab.tenant.block("a", third, GONE.upper())
    assert [row[member] for row in api.value("Get-BlockedConnector")] == [first, third, GONE]
    assert [row[member] for row in api.value("Get-BlockedConnector", ConnectorId=third.upper())] == [third]
    assert api.value("Get-BlockedConnector", ConnectorId="aaaaaaaa-bbbb-4ccc-8ddd-000000000000") == []
    # A blocked connector stands as before; only its mail is refused.
    assert [row["Enabled"] for row in api.value("Get-InboundConnector")] == [True, True, True]


def test_it_takes_a_guid_and_nothing_else(api: Api) -> None:
    assert "Guid" in api.refused("Get-BlockedConnector", ConnectorId="a")
    api.refused("Get-BlockedConnector", Identity="a")
    api.refused("Get-BlockedConnector", ResultSize="Unlimited")


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("Security Reader", 200),
        ("Global Reader", 200),
        ("View-Only Configuration", 200),
        ("Exchange Administrator", 200),
        ("Remote and Accepted Domains", 403),
    ],
)
def test_who_may_ask(api: Api, role: str, status: int) -> None:
    api.lab.tenant.app.exchange_roles[:] = [role]
    answer = api.session.post(
        api.url(),
        json={"CmdletInput": {"CmdletName": "Get-BlockedConnector", "Parameters": {}}},
        headers={"Authorization": f"Bearer {api.token}"},
        stream=True,
    )
    answer.close()
    assert answer.status_code == status
    assert answer.headers["X-Lab-Evidence"] == ("blocked.list" if status == 200 else "rights.blocked")


def test_a_seed_says_which_are_blocked_and_a_reset_brings_that_back() -> None:
    tenant = {"inbound": [{"Name": "a", "SenderDomains": ["a.example"]}], "blocked": ["a"]}
    with Lab({"tenants": [tenant]}) as lab:
        api = Api(lab, lab.tenant.issue_token())
        (row,) = api.value("Get-BlockedConnector")
        assert row["ConnectorId"] == lab.tenant.inbound[0]["Guid"]
        lab.tenant.block()
        assert api.value("Get-BlockedConnector") == []
        lab.reset()
        api.token = lab.tenant.issue_token()
        assert api.value("Get-BlockedConnector") == [row]
        api.session.close()

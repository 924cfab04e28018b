# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: tokens, the permission, roles, and the addresses of the API."""

from __future__ import annotations

import zlib

import pytest
import requests

from ansible_collections.mailflow.exchange_online.tests.lab.exchange.rbac import ROLES
from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import Api, sign_in

READS = ("Get-OutboundConnector", "Get-InboundConnector", "Get-AcceptedDomain")


def test_without_a_bearer_the_challenge_is_basic_and_the_body_empty(api: Api) -> None:
    api.token = None
    answer = api.call("Get-OutboundConnector")
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_token_nobody_issued_gets_a_bearer_challenge(api: Api) -> None:
    api.token = "made.up.token"
    answer = api.call("Get-OutboundConnector")
    assert (answer.status_code, answer.content) == (401, b"")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert answer.headers["x-ms-diagnostics"].startswith("2000001;")


def test_a_token_for_another_resource(api: Api) -> None:
    api.token = sign_in(api.lab, scope="https://graph.microsoft.com/.default")
    answer = api.call("Get-OutboundConnector")
    assert answer.status_code == 401
    assert "invalid_resource" in answer.headers["x-ms-diagnostics"]


def test_a_token_that_is_taken_back_in_the_middle_of_a_run(api: Api) -> None:
    api.done("Get-OutboundConnector")
    api.lab.world.tokens.revoke()
    assert api.call("Get-OutboundConnector").status_code == 401
    api.token = sign_in(api.lab)
    api.done("Get-OutboundConnector")


def test_a_token_that_expires_in_the_middle_of_a_run(api: Api) -> None:
    api.done("Get-OutboundConnector")
    api.lab.switches["token_clock_skew"] = -7200
    answer = api.call("Get-OutboundConnector")
    assert answer.status_code == 401
    assert "2000008" in answer.headers["x-ms-diagnostics"]


def test_a_token_of_another_tenant(api: Api) -> None:
    api.tenant = "99999999-2222-3333-4444-555555555555"
    answer = api.call("Get-OutboundConnector")
    assert answer.status_code == 401
    assert "invalid_tenant" in answer.headers["x-ms-diagnostics"]


@pytest.mark.parametrize(
    ("permission", "role", "status"),
    [
        ([], [], 401),
        ([], ["Exchange Administrator"], 401),
        (["Exchange.ManageAsApp"], [], 403),
        (["Exchange.ManageAsAppV2"], ["Exchange Administrator"], 401),
        (["Exchange.ManageAsApp"], ["Exchange Administrator"], 200),
    ],
)
def test_the_matrix_of_permission_and_role(api: Api, permission: list[str], role: list[str], status: int) -> None:
    app = api.lab.tenant.app
    app.app_roles[:], app.exchange_roles[:] = permission, role
    api.token = sign_in(api.lab)
    answer = api.session.post(
        api.url(),
        json={"CmdletInput": {"CmdletName": "Get-OutboundConnector"}},
        headers={"Authorization": f"Bearer {api.token}"},
        stream=True,
    )
    assert answer.status_code == status
    answer.close()


ALLOWED = {
    "Exchange Administrator": (True, True),
    "Global Administrator": (True, True),
    "Organization Management": (True, True),
    "Global Reader": (True, False),
    "View-Only Configuration": (True, False),
    "View-Only Organization Management": (True, False),
    "Remote and Accepted Domains": (True, True),
    "Security Reader": (False, False),
    "A role nobody knows": (False, False),
}


def test_every_role_of_the_table_is_tried() -> None:
    assert set(ROLES) == set(ALLOWED) - {"A role nobody knows"}


def status(api: Api, cmdlet: str, **parameters: object) -> int:
    """The status alone: the body of a 403 cannot be read as what its headers say."""
    answer = api.session.post(
        api.url(),
        json={"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}},
        headers={"Authorization": f"Bearer {api.token}"},
        stream=True,
    )
    answer.close()
    return answer.status_code


@pytest.mark.parametrize("role", ALLOWED)
def test_what_each_role_may(api: Api, role: str) -> None:
    api.lab.tenant.app.exchange_roles[:] = [role]
    may_read, may_write = ALLOWED[role]
    for cmdlet in READS:
        assert status(api, cmdlet) == (200 if may_read else 403), cmdlet
    assert status(api, "New-OutboundConnector", Name="a") == (200 if may_write else 403)
    assert status(api, "Remove-OutboundConnector", Identity="a") == (200 if may_write else 403)


def test_a_custom_role_holds_the_cmdlets_that_it_names(api: Api) -> None:
    api.lab.tenant.app.exchange_roles[:] = ["cmdlets: new-outboundconnector, Get-InboundConnector"]
    assert status(api, "New-OutboundConnector", Name="a") == 200
    assert status(api, "Get-InboundConnector") == 200
    assert status(api, "Get-OutboundConnector") == 403
    assert status(api, "Set-OutboundConnector", Identity="a") == 403


def test_rights_of_several_roles_add_up_and_can_be_withdrawn(api: Api) -> None:
    api.lab.tenant.app.exchange_roles[:] = ["Global Reader", "Remote and Accepted Domains"]
    assert status(api, "New-OutboundConnector", Name="a") == 200
    api.lab.tenant.app.exchange_roles.remove("Remote and Accepted Domains")
    assert status(api, "New-OutboundConnector", Name="b") == 403
    assert status(api, "Get-OutboundConnector") == 200


@pytest.mark.parametrize("cmdlet", ["Get-Nonsense", "Get-Mailbox"])
def test_a_403_is_nul_bytes_that_call_themselves_gzip(api: Api, cmdlet: str) -> None:
    answer = api.session.post(
        api.url(),
        json={"CmdletInput": {"CmdletName": cmdlet, "Parameters": {}}},
        headers={"Authorization": f"Bearer {api.token}"},
        stream=True,
    )
    assert answer.status_code == 403
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Length"] == "4096"
    assert answer.raw.read(5000, decode_content=False) == b"\x00" * 4096
    with pytest.raises((requests.exceptions.ContentDecodingError, zlib.error)):
        api.call(cmdlet)


@pytest.mark.parametrize("denied", ["TlsSettings", "Set-OutboundConnector:TlsSettings", "Enabled, tlssettings"])
def test_a_parameter_that_the_role_lacks(api: Api, denied: str) -> None:
    api.done("New-OutboundConnector", Name="a")
    api.lab.switches["denied_parameters"] = denied
    assert status(api, "Set-OutboundConnector", Identity="a", tlssettings="EncryptionOnly") == 403
    assert status(api, "Set-OutboundConnector", Identity="a", Comment="c") == 200
    api.lab.switches["denied_parameters"] = ""
    assert status(api, "Set-OutboundConnector", Identity="a", TlsSettings="EncryptionOnly") == 200


@pytest.mark.parametrize(
    ("path", "method", "code"),
    [
        ("adminapi/v1.0/{tenant}/InvokeCommand", "POST", 405),
        ("adminapi/v2.0/{tenant}/InvokeCommand", "POST", 405),
        ("adminapi/beta/{tenant}/InvokeCommand", "GET", 405),
        ("adminapi/beta/{tenant}/Mailbox", "POST", 404),
        ("adminapi/beta/{tenant}", "POST", 404),
        ("", "GET", 404),
        ("AdminAPI/Beta/{tenant}/INVOKECOMMAND", "POST", 200),
    ],
)
def test_addresses(api: Api, path: str, method: str, code: int) -> None:
    url = f"{api.lab.api_url}/{path.format(tenant=api.tenant)}"
    assert api.send({"CmdletInput": {"CmdletName": "Get-AcceptedDomain"}}, url, method).status_code == code


@pytest.mark.parametrize("setting", ["answers", "redirects"])
def test_the_module_file(api: Api, setting: str) -> None:
    api.lab.switches["module_file"] = setting
    api.lab.tenant.app.exchange_roles[:] = ["Global Reader"]
    url = f"{api.lab.api_url}/adminapi/v1.0/{api.tenant}/EXOModuleFile?Version=3.9.2"
    answer = api.send(None, url, "GET", CommandName="*")
    if setting == "answers":
        assert sorted(row["CmdletName"] for row in answer.json()["value"]) == sorted((*READS, "Get-BlockedConnector"))
    else:
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("https://localhost:")


def test_ids_of_requests(api: Api) -> None:
    headers = api.send({"CmdletInput": {"CmdletName": "Get-AcceptedDomain"}}, client_request_id="mine").headers
    assert headers["client-request-id"] == "mine"
    assert len(headers["request-id"]) == 36
    assert "client-request-id" not in api.call("Get-AcceptedDomain").headers


def test_the_journal_has_every_request_and_no_token(api: Api) -> None:
    api.done("New-OutboundConnector", Name="a", Comment="c")
    api.refused("New-OutboundConnector", Name="a")
    api.token = None
    api.call("Get-OutboundConnector")
    entries = api.lab.journal.admin()
    assert [entry.status for entry in entries] == [200, 400, 401]
    assert [entry.effect for entry in entries] == [True, False, False]
    assert entries[0].parameters == [{"Name": "a", "Comment": "c"}]
    assert "already exists" in entries[1].outcome
    assert entries[2].cmdlets == ["Get-OutboundConnector"]
    assert [entry.evidence for entry in entries] == ["new.object", "cmdlet.already-exists", "auth.no-bearer"]
    assert "eyJ" not in str([entry.as_dict() for entry in entries])

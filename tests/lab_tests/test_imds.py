# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managed identity: msal finds the endpoint through its environment variable."""

from __future__ import annotations

import typing as t

import msal
import pytest
import requests

from ansible_collections.mailflow.exchange_online.tests.lab import AppSeed, Fault, Lab, TenantSeed
from ansible_collections.mailflow.exchange_online.tests.lab_tests import entra_client as entra

MakeLab = t.Callable[..., Lab]
RESOURCE = "https://outlook.office365.com"


@pytest.fixture(autouse=True)
def no_other_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET", "IMDS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


def by_msal(lab: Lab, monkeypatch: pytest.MonkeyPatch, client_id: str | None = None) -> dict[str, t.Any]:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", lab.imds_url)
    identity = (
        msal.SystemAssignedManagedIdentity()
        if client_id is None
        else msal.UserAssignedManagedIdentity(client_id=client_id)
    )
    with entra.session(lab) as http:
        client = msal.ManagedIdentityClient(identity, http_client=http)
        return t.cast("dict[str, t.Any]", client.acquire_token_for_client(resource=RESOURCE))


def get(lab: Lab, path: str = "/metadata/identity/oauth2/token", **headers: str) -> requests.Response:
    query = {"api-version": "2018-02-01", "resource": RESOURCE}
    with entra.session(lab) as http:
        return http.get(f"{lab.imds_url}{path}", params=query, headers=headers, timeout=10)


def test_the_machines_own_identity(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    claims = entra.claims_of(by_msal(lab, monkeypatch)["access_token"])
    assert claims["appid"] == lab.tenant.managed_identity_client_id
    assert claims["aud"] == RESOURCE
    assert claims["roles"] == ["Exchange.ManageAsApp"]
    assert [entry.service for entry in lab.journal.tokens()] == ["imds"]


def test_an_identity_by_its_client_id(make_lab: MakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    apps = [AppSeed(name="one", managed_identity="user"), AppSeed(name="two", managed_identity="user")]
    lab = make_lab(TenantSeed(apps=apps))
    for app in lab.tenant.apps:
        assert entra.claims_of(by_msal(lab, monkeypatch, app.client_id)["access_token"])["appid"] == app.client_id
    assert by_msal(lab, monkeypatch)["error_description"] == "Identity not found"


def test_an_app_registration_is_no_managed_identity_and_the_other_way_round(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert by_msal(lab, monkeypatch, lab.tenant.client_id)["error"] == "invalid_request"
    assert entra.code_of(entra.by_form(lab, client_id=lab.tenant.managed_identity_client_id)) == 700016


def test_numbers_are_texts(lab: Lab) -> None:
    body = get(lab, Metadata="true").json()
    assert (body["expires_in"], body["token_type"], body["resource"]) == ("3599", "Bearer", RESOURCE)
    assert int(body["expires_on"]) - int(body["not_before"]) == 3599


def test_requests_that_are_not_meant_for_it(lab: Lab) -> None:
    for answer, status, evidence in (
        (get(lab), 400, "imds.no-metadata-header"),
        (get(lab, Metadata="true", **{"X-Forwarded-For": "192.0.2.1"}), 400, "imds.forwarded"),
        (get(lab, path="/metadata/instance", Metadata="true"), 404, "imds.no-route"),
    ):
        assert (answer.status_code, answer.headers["X-Lab-Evidence"]) == (status, evidence)
    with entra.session(lab) as http:
        url, headers = f"{lab.imds_url}/metadata/identity/oauth2/token", {"Metadata": "true"}
        wrong = {"api-version": "2018-02-01", "resource": "https://x.example"}
        assert http.get(url, params=wrong, headers=headers, timeout=10).json()["error"] == "invalid_resource"
        assert http.get(url, headers=headers, timeout=10).headers["X-Lab-Evidence"] == "imds.bad-request"


def test_faults_strike_here_too(lab: Lab) -> None:
    lab.faults.add(
        Fault({"service": "imds"}, "status", status=429, body={"error": "busy"}),
        Fault({"service": "imds"}, "token_without_roles"),
        Fault({"service": "imds"}, "drop_before"),
    )
    assert get(lab, Metadata="true").status_code == 429
    assert "roles" not in entra.claims_of(get(lab, Metadata="true").json()["access_token"])
    with pytest.raises(requests.ConnectionError):
        get(lab, Metadata="true")
    assert [entry.status for entry in lab.journal.tokens()] == [429, 200, None]

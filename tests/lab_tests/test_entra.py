# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token endpoint with secrets: what a token holds, and every refusal."""

from __future__ import annotations

import time
import typing as t

import jwt
import pytest

from ansible_collections.mailflow.exchange_online.tests.lab import AppSeed, Fault, Lab, TenantSeed
from ansible_collections.mailflow.exchange_online.tests.lab.entra_errors import ERRORS
from ansible_collections.mailflow.exchange_online.tests.lab_tests import entra_client as entra

MakeLab = t.Callable[..., Lab]


def test_a_secret_gets_a_signed_token(lab: Lab) -> None:
    got = entra.by_msal(lab, lab.tenant.client_secret)
    with entra.session(lab) as http:
        keys = http.get(f"{lab.authority_url}/{lab.tenant.tenant_id}/discovery/v2.0/keys", timeout=10).json()["keys"]
    claims = jwt.decode(got["access_token"], jwt.PyJWK(keys[0]), audience="https://outlook.office365.com")
    assert claims["tid"] == lab.tenant.tenant_id
    assert claims["appid"] == lab.tenant.client_id
    assert claims["roles"] == ["Exchange.ManageAsApp"]
    assert (claims["idtyp"], claims["appidacr"], claims["oid"]) == ("app", "1", lab.tenant.app.object_id)
    assert claims["nbf"] == claims["iat"] <= time.time() < claims["exp"] == claims["iat"] + 3599
    assert got["expires_in"] == 3599
    assert lab.issued_tokens() == [got["access_token"]]


def test_directory_roles_are_in_the_token_and_role_groups_are_not(make_lab: MakeLab) -> None:
    lab = make_lab(TenantSeed(apps=[AppSeed(exchange_roles=["Global Reader", "Remote and Accepted Domains"])]))
    claims = entra.claims_of(entra.by_msal(lab, lab.tenant.client_secret)["access_token"])
    assert claims["wids"] == ["f2ef992c-3afb-46b9-b7cf-a126ee74c451"]


def test_the_tenant_may_be_named_by_any_of_its_domains(lab: Lab) -> None:
    for name in ("contoso.onmicrosoft.com", "Contoso.Example", lab.tenant.tenant_id.upper()):
        token = entra.by_msal(lab, lab.tenant.client_secret, tenant=name)["access_token"]
        assert entra.claims_of(token)["tid"] == lab.tenant.tenant_id


def test_each_tenant_has_its_own_apps(lab: Lab) -> None:
    first, second = lab.tenants.values()
    assert second.domain == "fabrikam.onmicrosoft.com"
    good = entra.by_form(lab, second.tenant_id, client_id=second.client_id, client_secret=second.client_secret)
    assert entra.claims_of(good.json()["access_token"])["tid"] == second.tenant_id
    assert entra.code_of(entra.by_form(lab, second.tenant_id, client_id=first.client_id)) == 700016


def test_an_unknown_tenant_is_refused_at_discovery_already(lab: Lab) -> None:
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        entra.by_msal(lab, "x", tenant="nobody.example")
    (entry,) = lab.journal.entries
    assert (entry.status, entry.outcome, entry.evidence) == (400, "AADSTS90002", "entra.discovery-unknown")
    with entra.session(lab) as http:
        path = "/nobody.example/v2.0/.well-known/openid-configuration"
        assert http.get(lab.authority_url + path, timeout=10).json()["error"] == "invalid_tenant"
    answer = entra.by_form(lab, "nobody.example")
    assert (answer.status_code, entra.code_of(answer)) == (400, 90002)
    assert answer.json()["error"] == "invalid_request"


def test_the_correlation_id_comes_back(lab: Lab) -> None:
    with entra.session(lab) as http:
        answer = http.post(
            f"{lab.authority_url}/nobody/oauth2/v2.0/token", data={}, headers={"client-request-id": "mine"}, timeout=10
        )
    assert answer.json()["correlation_id"] == answer.headers["client-request-id"] == "mine"


# What is wrong with the request -> number, status, error.
REQUESTS: tuple[tuple[dict[str, str], int, int, str], ...] = (
    ({"client_secret": "wrong"}, 7000215, 401, "invalid_client"),
    ({"client_secret": ""}, 7000216, 400, "invalid_request"),
    ({"client_id": "11111111-2222-3333-4444-555555555555"}, 700016, 400, "unauthorized_client"),
    ({"client_id": ""}, 900144, 400, "invalid_request"),
    ({"grant_type": ""}, 900144, 400, "invalid_request"),
    ({"grant_type": "password"}, 70003, 400, "unsupported_grant_type"),
    ({"scope": "nonsense"}, 70011, 400, "invalid_scope"),
    ({"scope": "https://outlook.office365.com/Mail.Read"}, 1002012, 400, "invalid_scope"),
    ({"scope": f"{entra.SCOPE} https://graph.microsoft.com/.default"}, 700022, 400, "invalid_scope"),
    ({"scope": "https://outlook.office365.us/.default"}, 500011, 400, "invalid_resource"),
    ({"client_secret": "", "client_assertion": "a.b.c", "client_assertion_type": "x"}, 900144, 400, "invalid_request"),
)


@pytest.mark.parametrize(("form", "code", "status", "error"), REQUESTS, ids=[str(sorted(row[0])) for row in REQUESTS])
def test_a_wrong_request_is_refused(lab: Lab, form: dict[str, str], code: int, status: int, error: str) -> None:
    answer = entra.by_form(lab, **form)
    assert (entra.code_of(answer), answer.status_code, answer.json()["error"]) == (code, status, error)
    assert lab.issued_tokens() == []


# How the seed's app or tenant is -> number, status.
STATES: tuple[tuple[TenantSeed, int, int], ...] = (
    (TenantSeed(apps=[AppSeed(enabled=False)]), 7000112, 400),
    (TenantSeed(apps=[AppSeed(secret_expired=True)]), 7000222, 401),
    (TenantSeed(apps=[AppSeed(conditional_access=True)]), 53003, 400),
    (TenantSeed(apps=[AppSeed(consented=False)]), 650052, 400),
    (TenantSeed(exchange=False), 500011, 400),
    (TenantSeed(other_cloud=True), 900382, 400),
    (TenantSeed(cloud="china"), 500011, 400),
)


@pytest.mark.parametrize(
    ("tenant", "code", "status"), STATES, ids=lambda value: value if isinstance(value, int) else ""
)
def test_the_state_of_app_and_tenant_decides(make_lab: MakeLab, tenant: TenantSeed, code: int, status: int) -> None:
    lab = make_lab(tenant)
    answer = entra.by_form(lab)
    assert (entra.code_of(answer), answer.status_code) == (code, status)


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_number_can_be_asked_for(lab: Lab, code: int) -> None:
    lab.faults.add(Fault({"service": "entra", "cmdlet": "token"}, "token_error", code=code, retry_after=3))
    answer = entra.by_form(lab)
    assert entra.code_of(answer) == code
    assert answer.status_code == ERRORS[code].status
    assert answer.headers["Retry-After"] == "3"
    assert "{" not in answer.json()["error_description"]
    assert entra.by_form(lab).status_code == 200


def test_a_tenant_of_another_cloud_knows_that_clouds_exchange(make_lab: MakeLab) -> None:
    lab = make_lab(TenantSeed(cloud="gcc_high"))
    got = entra.by_msal(lab, lab.tenant.client_secret, "https://outlook.office365.us/.default")
    assert entra.claims_of(got["access_token"])["aud"] == "https://outlook.office365.us"


def test_the_labs_own_address_stands_for_the_clouds(lab: Lab) -> None:
    got = entra.by_msal(lab, lab.tenant.client_secret, f"{lab.api_url}/.default")
    assert entra.claims_of(got["access_token"])["aud"] == "https://outlook.office365.com"


def test_a_token_for_another_resource_has_no_exchange_roles(lab: Lab) -> None:
    got = entra.by_msal(lab, lab.tenant.client_secret, "https://graph.microsoft.com/.default")
    claims = entra.claims_of(got["access_token"])
    assert claims["aud"] == "https://graph.microsoft.com"
    assert "roles" not in claims


def test_switches_of_sign_in(lab: Lab) -> None:
    lab.switches["token_audience"] = "app_id"
    lab.switches["token_lifetime"] = 600
    lab.switches["unauthorized_client_status"] = 401
    lab.switches["no_credential_error"] = 7000218
    got = entra.by_form(lab).json()
    claims = entra.claims_of(got["access_token"])
    assert claims["aud"] == "00000002-0000-0ff1-ce00-000000000000"
    assert claims["exp"] - claims["iat"] == got["expires_in"] == 600
    assert entra.by_form(lab, client_id="x").status_code == 401
    assert entra.code_of(entra.by_form(lab, client_secret="")) == 7000218


def test_the_first_tokens_after_a_grant_may_lack_the_role(lab: Lab) -> None:
    lab.faults.add(Fault({"service": "entra"}, "token_without_roles"))
    lacking, complete = (entra.by_form(lab).json()["access_token"] for _turn in range(2))
    assert "roles" not in entra.claims_of(lacking)
    assert "roles" in entra.claims_of(complete)


def test_there_is_nothing_else(lab: Lab) -> None:
    with entra.session(lab) as http:
        assert http.get(f"{lab.authority_url}/common/oauth2/token", timeout=10).status_code == 404

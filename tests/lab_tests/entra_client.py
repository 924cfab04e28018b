# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Callers of the lab's sign-in for its own tests: msal as users have it, and plain requests."""

from __future__ import annotations

import pathlib
import typing as t

import jwt
import msal
import requests

from ansible_collections.mailflow.exchange_online.tests.lab import Lab

SCOPE = "https://outlook.office365.com/.default"
Json = dict[str, t.Any]


def session(lab: Lab) -> requests.Session:
    """A session that trusts the lab and nothing of the environment."""
    made = requests.Session()
    made.trust_env = False
    made.verify = lab.ca_path
    return made


def application(
    lab: Lab, credential: t.Any, http: requests.Session, **options: t.Any
) -> msal.ConfidentialClientApplication:
    """msal's application for the first app of the first tenant."""
    return msal.ConfidentialClientApplication(
        options.pop("client_id", lab.tenant.client_id),
        client_credential=credential,
        authority=f"{lab.authority_url}/{options.pop('tenant', lab.tenant.tenant_id)}",
        instance_discovery=False,
        http_client=http,
        **options,
    )


def by_msal(lab: Lab, credential: t.Any, scope: str = SCOPE, **options: t.Any) -> Json:
    """What msal makes of a sign-in."""
    with session(lab) as http:
        return t.cast(Json, application(lab, credential, http, **options).acquire_token_for_client([scope]))


def by_form(lab: Lab, tenant: str | None = None, **form: str) -> requests.Response:
    """A token request as it is on the wire; a field given as an empty text is left out."""
    fields = {
        "grant_type": "client_credentials",
        "client_id": lab.tenant.client_id,
        "client_secret": lab.tenant.client_secret,
        "scope": SCOPE,
        **form,
    }
    url = f"{lab.authority_url}/{tenant or lab.tenant.tenant_id}/oauth2/v2.0/token"
    with session(lab) as http:
        return http.post(
            url, data={name: value for name, value in fields.items() if value}, timeout=10, allow_redirects=False
        )


def by_assertion(lab: Lab, assertion: str) -> requests.Response:
    """A token request with an assertion."""
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return by_form(lab, client_secret="", client_assertion=assertion, client_assertion_type=kind)


def code_of(answer: requests.Response) -> int:
    """The one AADSTS number of an error, after a look at the rest of its body."""
    body = answer.json()
    (code,) = body["error_codes"]
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert body["error_uri"].endswith(f"code={code}")
    assert set(body) == {
        "error",
        "error_description",
        "error_codes",
        "timestamp",
        "trace_id",
        "correlation_id",
        "error_uri",
    }
    assert answer.headers["X-Lab-Evidence"].startswith("entra.")
    return int(code)


def claims_of(token: str) -> Json:
    """What a token says, unverified."""
    return t.cast(Json, jwt.decode(token, options={"verify_signature": False}))


def private_key(lab: Lab) -> str:
    """The private key of the first app, as PEM."""
    text = pathlib.Path(lab.tenant.certificate_pem_path).read_text()
    return text[: text.index("-----BEGIN CERTIFICATE")]


def certificate(lab: Lab) -> str:
    """The certificate of the first app, as PEM."""
    text = pathlib.Path(lab.tenant.certificate_pem_path).read_text()
    return text[text.index("-----BEGIN CERTIFICATE") :]

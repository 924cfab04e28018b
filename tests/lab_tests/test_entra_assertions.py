# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in with certificates and federated tokens: msal's real assertions, and forged ones."""

from __future__ import annotations

import base64
import hashlib
import pathlib
import ssl
import time
import typing as t

import jwt
import pytest

from ansible_collections.mailflow.exchange_online.tests.lab import AppSeed, Lab, TenantSeed
from ansible_collections.mailflow.exchange_online.tests.lab.keys import issuer_key, stranger_key
from ansible_collections.mailflow.exchange_online.tests.lab_tests import entra_client as entra

MakeLab = t.Callable[..., Lab]
AUDIENCE = "api://AzureADTokenExchange"


def digest(lab: Lab, algorithm: str) -> bytes:
    return hashlib.new(algorithm, ssl.PEM_cert_to_DER_cert(entra.certificate(lab))).digest()


def forged(lab: Lab, key: object = None, algorithm: str = "PS256", header: object = None, **claims: t.Any) -> str:
    """An assertion as msal makes it, but for what is given."""
    now = int(time.time())
    good = {
        "iss": lab.tenant.client_id,
        "sub": lab.tenant.client_id,
        "aud": f"{lab.authority_url}/{lab.tenant.tenant_id}/oauth2/v2.0/token",
        "exp": now + 600,
        "nbf": now,
    }
    thumbprint = base64.urlsafe_b64encode(digest(lab, "sha256")).rstrip(b"=").decode()
    head = {"x5t#S256": thumbprint} if header is None else header
    return jwt.encode({**good, **claims}, key or entra.private_key(lab), algorithm, t.cast(t.Any, head))


def test_a_certificate_with_rs256(lab: Lab) -> None:
    credential = {"private_key": entra.private_key(lab), "thumbprint": digest(lab, "sha1").hex()}
    got = entra.by_msal(lab, credential)
    assert entra.claims_of(got["access_token"])["appidacr"] == "2"
    assert [entry.outcome for entry in lab.journal.tokens()] == ["certificate"]


def test_a_certificate_with_ps256(lab: Lab) -> None:
    credential = {"private_key": entra.private_key(lab), "public_certificate": entra.certificate(lab)}
    assert "access_token" in entra.by_msal(lab, credential)


def test_a_pfx_file(lab: Lab) -> None:
    credential = {"private_key_pfx_path": lab.tenant.pfx_path, "passphrase": lab.tenant.pfx_passphrase}
    assert "access_token" in entra.by_msal(lab, credential)
    with pytest.raises(ValueError, match="password"):
        entra.by_msal(lab, {**credential, "passphrase": "wrong"})


def test_a_federated_token(lab: Lab) -> None:
    token = pathlib.Path(lab.tenant.federated_token_path).read_text()
    got = entra.by_msal(lab, {"client_assertion": lambda: token})
    assert entra.claims_of(got["access_token"])["appidacr"] == "2"
    assert [entry.outcome for entry in lab.journal.tokens()] == ["federated"]


def test_the_tenant_of_the_audience_may_be_a_domain(lab: Lab) -> None:
    audience = f"{lab.authority_url}/{lab.tenant.domain}/oauth2/v2.0/token"
    assert entra.by_assertion(lab, forged(lab, aud=audience)).status_code == 200


def test_forged_assertions_are_refused(lab: Lab) -> None:
    other = list(lab.tenants.values())[1]
    now = int(time.time())
    for code, status, assertion in (
        (700027, 401, forged(lab, stranger_key())),
        (700027, 401, forged(lab, header={})),
        (700027, 401, forged(lab, header={"x5t#S256": "AAAA"})),
        (700027, 401, forged(lab, header={"x5t": "AAAA"})),
        (700027, 401, forged(lab, "s" * 64, "HS512")),
        (700027, 401, forged(lab, algorithm="RS512")),
        (700027, 401, forged(lab, sub="somebody")),
        (700023, 401, forged(lab, aud=f"{lab.authority_url}/{other.tenant_id}/oauth2/v2.0/token")),
        (700023, 401, forged(lab, aud=f"https://login.microsoftonline.us/{lab.tenant.tenant_id}/oauth2/v2.0/token")),
        (700024, 401, forged(lab, exp=now - 900, nbf=now - 1800)),
        (700024, 401, forged(lab, nbf=now + 900, exp=now + 1800)),
        (50027, 400, "not.a.token"),
        (50027, 400, "nonsense"),
    ):
        answer = entra.by_assertion(lab, assertion)
        assert (entra.code_of(answer), answer.status_code) == (code, status)
    assert lab.issued_tokens() == []


def test_the_certificate_of_another_app_is_not_taken(make_lab: MakeLab) -> None:
    lab = make_lab(TenantSeed(apps=[AppSeed(), AppSeed(name="other")]))
    first, other = lab.tenant.apps
    assert first.certificates != other.certificates
    text = pathlib.Path(other.certificate_pem_path or "").read_text()
    cut = text.index("-----BEGIN CERTIFICATE")
    got = entra.by_msal(lab, {"private_key": text[:cut], "public_certificate": text[cut:]})
    assert got["error_codes"] == [700027]


def test_federated_tokens_that_do_not_match(lab: Lab) -> None:
    now = int(time.time())
    good = {"iss": "https://issuer.lab.example", "sub": f"job:{lab.tenant.client_id}", "aud": AUDIENCE, "exp": now + 60}
    for code, token in (
        (700211, lab.tenant.federated_token(iss="https://elsewhere.example")),
        (700212, lab.tenant.federated_token(aud="api://other")),
        (700213, lab.tenant.federated_token(sub="job:other")),
        (700213, lab.tenant.federated_token(sub=f"JOB:{lab.tenant.client_id}")),
        (700024, lab.tenant.federated_token(exp=now - 900)),
        (700027, jwt.encode(good, stranger_key(), "RS256")),
    ):
        assert entra.code_of(entra.by_assertion(lab, token)) == code
    assert entra.by_assertion(lab, jwt.encode(good, issuer_key(), "RS256")).status_code == 200


def test_the_older_error_for_all_of_them(lab: Lab) -> None:
    lab.switches["federated_errors"] = "combined"
    answer = entra.by_assertion(lab, lab.tenant.federated_token(sub="job:other"))
    assert (entra.code_of(answer), answer.status_code, answer.json()["error"]) == (70021, 400, "invalid_request")


def test_the_status_of_the_detailed_errors_is_a_switch(lab: Lab) -> None:
    lab.switches["federated_error_status"] = 400
    assert entra.by_assertion(lab, lab.tenant.federated_token(sub="job:other")).status_code == 400


def test_a_federated_credential_of_the_seed(make_lab: MakeLab) -> None:
    trusted = {"issuer": "https://awx.example/o", "subject": "template:7", "audience": "urn:mine"}
    lab = make_lab(TenantSeed(apps=[AppSeed(federated=trusted)]))
    claims = entra.claims_of(pathlib.Path(lab.tenant.federated_token_path).read_text())
    assert (claims["iss"], claims["sub"], claims["aud"]) == tuple(trusted.values())
    assert entra.by_assertion(lab, lab.tenant.federated_token()).status_code == 200


def test_without_a_certificate_no_assertion_is_taken(make_lab: MakeLab) -> None:
    lab = make_lab(TenantSeed(apps=[AppSeed(certificate=False, federated=False)]))
    token = jwt.encode({"iss": lab.tenant.client_id}, stranger_key(), "RS256", {"x5t": "AAAA"})
    assert entra.code_of(entra.by_assertion(lab, token)) == 700027
    with pytest.raises(LookupError):
        _unused = lab.tenant.pfx_path

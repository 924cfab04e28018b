# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in: what is chosen, what is read, what is sent, and the words when it fails."""

from __future__ import annotations

import base64
import datetime
import json
import pathlib
import typing as t
import urllib.parse

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _certificate, _deps, _libraries
from ansible_collections.mailflow.exchange_online.plugins.module_utils._argspec import ENVIRONMENT
from ansible_collections.mailflow.exchange_online.plugins.module_utils._auth import (
    MOST_TRIES,
    Token,
    TokenSource,
    Tries,
    claims_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._clouds import endpoints
from ansible_collections.mailflow.exchange_online.plugins.module_utils._credential import Credential, choose
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._session import (
    Http,
    Reply,
    trust_in,
    usual_trust,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._signin_errors import REFUSALS
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.wire_server import (
    TENANT,
    Answering,
    Seen,
    WireServer,
    in_turn,
    response,
    token,
)

CLIENT = "22222222-3333-4444-5555-666666666666"
CANARY = "canary-9f31-secret"
BASE = {"tenant_id": TENANT, "client_id": CLIENT}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("IDENTITY_ENDPOINT", "MSI_ENDPOINT", "IMDS_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.delenv(name, raising=False)


# --- which credential


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"client_secret": "s"}, Credential("client_secret", TENANT, CLIENT, secret="s")),
        ({"certificate_path": "/c"}, Credential("certificate", TENANT, CLIENT, "/c")),
        (
            {"certificate_path": "/c", "certificate_passphrase": "p"},
            Credential("certificate", TENANT, CLIENT, "/c", "p"),
        ),
        ({"federated_token_file": "/f"}, Credential("federated_token", TENANT, CLIENT, "/f")),
        ({"access_token": "Bearer a.b.c"}, Credential("access_token", TENANT, secret="a.b.c")),
        ({"auth_method": "managed_identity"}, Credential("managed_identity", TENANT)),
        (
            {"auth_method": "managed_identity", "managed_identity_client_id": "m"},
            Credential("managed_identity", TENANT, "m"),
        ),
    ],
)
def test_what_is_given_is_chosen(options: dict[str, str], expected: Credential) -> None:
    assert choose({**BASE, "auth_method": "auto", **options}) == expected


EVERYTHING = {
    "access_token": "a.b.c",
    "certificate_path": "/c",
    "federated_token_file": "/f",
    "client_secret": "s",
    "managed_identity_client_id": "m",
}


def test_auto_takes_the_most_specific_and_never_a_managed_identity() -> None:
    left, chosen = dict(EVERYTHING), []
    for option in ("access_token", "certificate_path", "federated_token_file", "client_secret"):
        chosen.append(choose({**BASE, **left}).method)
        del left[option]
    assert chosen == ["access_token", "certificate", "federated_token", "client_secret"]
    with pytest.raises(InputError, match="nothing to sign in with"):
        choose({**BASE, **left})


@pytest.mark.parametrize(
    "method", ["client_secret", "certificate", "federated_token", "managed_identity", "access_token"]
)
def test_a_named_method_beats_leftovers(method: str) -> None:
    assert choose({**BASE, **EVERYTHING, "auth_method": method}).method == method


@pytest.mark.parametrize(
    ("method", "missing"),
    [
        ("client_secret", ["tenant_id", "client_id", "client_secret"]),
        ("certificate", ["tenant_id", "client_id", "certificate_path"]),
        ("federated_token", ["tenant_id", "client_id", "federated_token_file"]),
        ("access_token", ["access_token"]),
    ],
)
def test_each_missing_piece_is_named_with_its_variables(method: str, missing: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        choose({"auth_method": method, "client_secret": " ", "tenant_id": ""})
    assert [problem.partition(":")[0] for problem in caught.value.problems] == missing
    for name, problem in zip(missing, caught.value.problems, strict=True):
        assert all(variable in problem for variable in ENVIRONMENT[name])


@pytest.mark.parametrize("tenant", ["common", "Organizations", "a/b", "a b", "..", "https://x", "-x", "a?b"])
def test_what_is_no_tenant_is_refused(tenant: str) -> None:
    with pytest.raises(InputError, match="tenant_id"):
        choose({**BASE, "client_secret": "s", "tenant_id": tenant})


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(InputError, match="auth_method: 'magic'"):
        choose({**BASE, "auth_method": "magic"})


def test_a_token_with_a_line_break_is_refused_and_not_shown() -> None:
    with pytest.raises(InputError) as caught:
        choose({"access_token": f"{CANARY}\nX: y"})
    assert CANARY not in str(caught.value)


def test_secrets_stay_out_of_representations() -> None:
    assert CANARY not in repr(choose({**BASE, "client_secret": CANARY}))
    assert CANARY not in repr(Token(CANARY, {"x": CANARY}))
    assert CANARY not in repr(_certificate.Certificate(CANARY, "c", "t"))


# --- certificates


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate_for(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, until: datetime.datetime | None = None
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app")])
    now = datetime.datetime.now(datetime.UTC)
    end = until or now + datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    built = builder.not_valid_before(min(now, end) - datetime.timedelta(days=9)).not_valid_after(end)
    return built.sign(key, hashes.SHA256())


def key_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, passphrase: str | None = None) -> bytes:
    encryption = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def certificate_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, **how: t.Any) -> bytes:
    return certificate_for(key, **how).public_bytes(serialization.Encoding.PEM)


def pfx(key: rsa.RSAPrivateKey, passphrase: str | None) -> bytes:
    encryption = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    return pkcs12.serialize_key_and_certificates(b"app", key, certificate_for(key), None, encryption)


def write(path: pathlib.Path, content: bytes) -> str:
    path.write_bytes(content)
    path.chmod(0o600)
    return str(path)


def stored(kind: str, key: rsa.RSAPrivateKey) -> tuple[bytes, str | None]:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048) if kind == "chain first" else key
    return {
        "pem": (key_pem(key) + certificate_pem(key), None),
        "certificate first": (certificate_pem(key) + key_pem(key), None),
        "encrypted pem": (key_pem(key, CANARY) + certificate_pem(key), CANARY),
        "leftover passphrase": (key_pem(key) + certificate_pem(key), "left over"),
        "chain first": (certificate_pem(other) + certificate_pem(key) + key_pem(key), None),
        "pfx": (pfx(key, CANARY), CANARY),
        "pfx without passphrase": (pfx(key, None), None),
    }[kind]


KINDS = (
    "pem",
    "certificate first",
    "encrypted pem",
    "leftover passphrase",
    "chain first",
    "pfx",
    "pfx without passphrase",
)


@pytest.mark.parametrize("kind", KINDS)
def test_certificates_are_read_in_all_their_forms(kind: str, key: rsa.RSAPrivateKey, tmp_path: pathlib.Path) -> None:
    content, passphrase = stored(kind, key)
    found = _certificate.read_certificate(write(tmp_path / "c", content), passphrase)
    loaded = serialization.load_pem_private_key(found.key.encode(), None)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    assert loaded.private_numbers() == key.private_numbers()
    read = x509.load_pem_x509_certificate(found.certificate.encode())
    assert read.public_key() == key.public_key()
    assert found.thumbprint == read.fingerprint(hashes.SHA1()).hex().upper()


def bad(kind: str, key: rsa.RSAPrivateKey) -> tuple[bytes, str | None]:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    curve = ec.generate_private_key(ec.SECP256R1())
    past = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC) - datetime.timedelta(days=3000)
    return {
        "no certificate": (key_pem(key), None),
        "no key": (certificate_pem(key), None),
        "another's key": (key_pem(key) + certificate_pem(other), None),
        "elliptic": (key_pem(curve) + certificate_pem(curve), None),
        "expired": (key_pem(key) + certificate_pem(key, until=past), None),
        "no passphrase for pem": (key_pem(key, CANARY) + certificate_pem(key), None),
        "wrong passphrase for pem": (key_pem(key, "right") + certificate_pem(key), CANARY),
        "no passphrase for pfx": (pfx(key, "right"), None),
        "wrong passphrase for pfx": (pfx(key, "right"), CANARY),
        "damaged": (key_pem(key).replace(b"MII", b"AAA") + certificate_pem(key), None),
        "something else": (b"hello", None),
        "empty": (b"", None),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("no certificate", "has no certificate"),
        ("no key", "has no private key"),
        ("another's key", "do not belong together"),
        ("elliptic", "RSA"),
        ("expired", "expired on 2017-10-1"),
        ("no passphrase for pem", "EXO_CERTIFICATE_PASSPHRASE"),
        ("wrong passphrase for pem", "does not open the encrypted key"),
        ("no passphrase for pfx", "EXO_CERTIFICATE_PASSPHRASE"),
        ("wrong passphrase for pfx", "does not open the PFX file"),
        ("damaged", "is damaged"),
        ("something else", "neither a PEM nor a PFX"),
        ("empty", "neither a PEM nor a PFX"),
    ],
)
def test_certificates_of_no_use_are_explained(
    kind: str, words: str, key: rsa.RSAPrivateKey, tmp_path: pathlib.Path
) -> None:
    content, passphrase = bad(kind, key)
    path = write(tmp_path / "c", content)
    with pytest.raises(InputError) as caught:
        _certificate.read_certificate(path, passphrase)
    assert words in str(caught.value)
    assert path in str(caught.value)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_file_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match=r"certificate_path: .*no such file"):
        _certificate.read_certificate(str(tmp_path / "c"), None)
    with pytest.raises(InputError, match=r"federated_token_file: .*is a directory"):
        _certificate.read_token(str(tmp_path))


@pytest.mark.parametrize(("content", "words"), [(b" \n", "is empty"), (b"two words", "does not hold a token")])
def test_token_files_of_no_use(content: bytes, words: str, tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match=words):
        _certificate.read_token(write(tmp_path / "f", content))


# --- a sign-in service


class Entra:
    """Just enough of a sign-in service: discovery, and token answers as told."""

    def __init__(self, *answers: bytes | Answering | None, discovery: Answering | None = None) -> None:
        self._tokens = in_turn(*answers)
        self._discovery = discovery
        self.server = WireServer(self._answer)
        self.forms: list[dict[str, str]] = []

    def __enter__(self) -> t.Self:
        self.server.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self.server.__exit__(*problem)

    def _answer(self, seen: Seen) -> bytes | None:
        if seen.path.endswith("/token"):
            self.forms.append(dict(urllib.parse.parse_qsl(seen.body.decode())))
            return self._tokens(seen)
        if self._discovery:
            return self._discovery(seen)
        tenant = f"{self.server.url}/{seen.path.split('/')[1]}"
        endpoint = f"{tenant}/oauth2/v2.0"
        return response(
            200,
            {
                "issuer": f"{tenant}/v2.0",
                "authorization_endpoint": f"{endpoint}/authorize",
                "token_endpoint": f"{endpoint}/token",
            },
        )


class LoopbackHttp(Http):
    """Older releases of msal do not know the variable for another identity endpoint and would ask the real one."""

    def send(self, method: str, url: str, *, headers: t.Mapping[str, str], body: bytes | str | None = None) -> Reply:
        assert urllib.parse.urlsplit(url).hostname == "127.0.0.1", url
        return super().send(method, url, headers=headers, body=body)


class Source(t.NamedTuple):
    tokens: TokenSource
    secrets: list[str]
    slept: list[float]


def source(server: WireServer | None, options: t.Mapping[str, t.Any], **http: t.Any) -> Source:
    secrets: list[str] = []
    slept: list[float] = []
    tries = Tries(MOST_TRIES, slept.append, lambda: datetime.datetime.now(datetime.UTC).timestamp(), lambda: 0.5)
    channel = LoopbackHttp(trust=trust_in(server.ca_path) if server else usual_trust(), timeout=5, **http)
    where = endpoints("worldwide", None, server.url if server else None)
    made = TokenSource(choose({**BASE, **options}), where, channel, on_secret=secrets.append, tries=tries)
    return Source(made, secrets, slept)


def good(**claims: object) -> bytes:
    return response(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": token(**claims)})


def no(number: int, error: str = "invalid_client", status: int = 401) -> bytes:
    description = f"AADSTS{number}: Something about app.\r\nTrace ID: 1\r\nCorrelation ID: corr-1"
    return response(
        status,
        {"error": error, "error_description": description, "error_codes": [number], "correlation_id": "corr-1"},
    )


def refused(source: Source) -> ExchangeError:
    with pytest.raises(ExchangeError) as caught:
        source.tokens.token()
    shown = f"{caught.value} {caught.value.as_result()}"
    assert CANARY not in shown
    assert caught.value.__cause__ is None
    return caught.value


SECRET = {"client_secret": CANARY}


def test_a_secret_is_exchanged_once() -> None:
    with Entra(good()) as entra:
        signed_in = source(entra.server, SECRET)
        first = signed_in.tokens.token()
        assert signed_in.tokens.token() is first
        assert entra.forms == [
            {
                "client_id": CLIENT,
                "client_info": "1",
                "client_secret": CANARY,
                "grant_type": "client_credentials",
                "scope": "https://outlook.office365.com/.default",
            }
        ]
    assert signed_in.secrets == [first.value]
    assert (first.tenant, first.may_manage) == (TENANT, True)


@pytest.mark.parametrize("kind", ["pem", "encrypted pem", "pfx"])
def test_a_certificate_signs_the_assertion(kind: str, key: rsa.RSAPrivateKey, tmp_path: pathlib.Path) -> None:
    content, passphrase = stored(kind, key)
    path = write(tmp_path / "c", content)
    with Entra(good()) as entra:
        source(entra.server, {"certificate_path": path, "certificate_passphrase": passphrase}).tokens.token()
        assertion = entra.forms[0]["client_assertion"]
        audience = f"{entra.server.url}/{TENANT}/oauth2/v2.0/token"
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, key.public_key(), algorithms=["PS256", "RS256"], audience=audience)
    assert (claims["iss"], claims["sub"]) == (CLIENT, CLIENT)
    recent = _libraries.at_least(_deps.load_msal().__version__, "1.35")
    assert (header["alg"], "x5t#S256" in header) == (("PS256", True) if recent else ("RS256", False))


def test_older_msal_gets_a_thumbprint(
    key: rsa.RSAPrivateKey, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_deps.load_msal(), "__version__", "1.31.1")
    path = write(tmp_path / "c", stored("pem", key)[0])
    with Entra(good()) as entra:
        source(entra.server, {"certificate_path": path}).tokens.token()
        header = jwt.get_unverified_header(entra.forms[0]["client_assertion"])
    assert header["alg"] == "RS256"
    assert "x5t" in header


def test_a_federated_token_is_read_anew_each_time(tmp_path: pathlib.Path) -> None:
    path = pathlib.Path(write(tmp_path / "f", b"first.token.x\n"))
    with Entra(good(jti="1"), good(jti="2")) as entra:
        signed_in = source(entra.server, {"federated_token_file": str(path)})
        first = signed_in.tokens.token()
        path.write_text("second.token.x")
        second = signed_in.tokens.refresh(first)
        assert [form["client_assertion"] for form in entra.forms] == ["first.token.x", "second.token.x"]
    assert second is not None
    assert signed_in.secrets == ["first.token.x", first.value, "second.token.x", second.value]


def test_a_missing_federated_token_is_named(tmp_path: pathlib.Path) -> None:
    with Entra(good()) as entra:
        error = refused(source(entra.server, {"federated_token_file": str(tmp_path / "f")}))
        assert entra.forms == []
    assert error.kind == "input"


def test_a_ready_token_needs_no_service() -> None:
    value = token()
    signed_in = source(None, {"access_token": value})
    first = signed_in.tokens.token()
    assert first.value == value
    assert signed_in.tokens.refresh(first) is None
    assert signed_in.secrets == [value]


def test_an_expired_ready_token_is_refused_before_anything_is_sent() -> None:
    assert "expired" in refused(source(None, {"access_token": token(exp=1000)})).message


def test_a_token_of_another_tenant_is_refused() -> None:
    other = "99999999-2222-3333-4444-555555555555"
    error = refused(source(None, {"access_token": token(tid=other)}))
    assert error.kind == "input"
    assert other in error.message


def test_a_domain_as_tenant_is_not_compared() -> None:
    assert source(None, {"access_token": token(), "tenant_id": "contoso.com"}).tokens.token().tenant == TENANT


@pytest.mark.parametrize("value", ["opaque", "a.b", "a.!!.c", "a.e30.c", "a." + "W" * 9 + ".c"])
def test_a_token_that_says_nothing_is_taken_as_it_is(value: str) -> None:
    found = source(None, {"access_token": value}).tokens.token()
    assert (found.tenant, found.may_manage) == (None, None)


def test_claims_are_read_without_padding() -> None:
    for filler in ("", "x", "xx", "xxx"):
        part = base64.urlsafe_b64encode(json.dumps({"f": filler}).encode()).decode().rstrip("=")
        assert claims_of(f"a.{part}.c") == {"f": filler}


def test_refreshing_a_token_that_was_replaced_meanwhile_costs_nothing() -> None:
    with Entra(good(jti="1"), good(jti="2")) as entra:
        tokens = source(entra.server, SECRET).tokens
        first = tokens.token()
        second = tokens.refresh(first)
        assert tokens.refresh(first) is second is tokens.token()
        assert len(entra.forms) == 2


def test_a_claims_challenge_is_handed_on() -> None:
    challenge = '{"access_token": {"nbf": {"essential": true}}}'
    with Entra(good(jti="1"), good(jti="2")) as entra:
        tokens = source(entra.server, SECRET).tokens
        tokens.refresh(tokens.token(), challenge)
        assert json.loads(entra.forms[1]["claims"]) == json.loads(challenge)


@pytest.mark.parametrize("name", ["MSAL_FORCE_REGION", "REGION_NAME"])
@pytest.mark.parametrize("value", ["westeurope", "No Such Region!"])
def test_regions_of_the_environment_are_ignored(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with Entra(good()) as entra:
        assert source(entra.server, SECRET).tokens.token().value
        assert len(entra.forms) == 1


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_ca_variables_do_not_disturb_the_sign_in(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setenv(name, str(tmp_path / "elsewhere.pem"))
    with Entra(good()) as entra:
        assert source(entra.server, SECRET).tokens.token().value


# --- refusals in words


@pytest.mark.parametrize("number", REFUSALS)
def test_each_known_refusal_is_explained_once(number: int) -> None:
    with Entra(no(number)) as entra:
        error = refused(source(entra.server, SECRET))
    assert (
        error.message
        == f"Sign-in of application {CLIENT} in tenant {TENANT} failed: {REFUSALS[number]} (AADSTS{number})."
    )
    assert error.code == f"AADSTS{number}"
    assert error.request_id == "corr-1"
    assert error.kind == ("throttled" if number in (90055, 50196) else "authentication")
    assert len(entra.forms) == (2 if number == 700027 else 1)


def test_an_unknown_refusal_keeps_its_own_words() -> None:
    with Entra(no(1234567, "invalid_grant", 400)) as entra:
        error = refused(source(entra.server, SECRET))
    assert error.message.endswith("failed: Something about app (AADSTS1234567).")


@pytest.mark.parametrize(
    "content", [{"error": "odd"}, {"error": "odd", "error_description": None}, {"error": "odd", "error_codes": ["x"]}]
)
def test_a_refusal_without_words(content: dict[str, t.Any]) -> None:
    with Entra(response(400, content)) as entra:
        error = refused(source(entra.server, SECRET))
    assert error.message.endswith("the sign-in service says odd (odd).")


def test_a_fresh_certificate_gets_a_second_chance(key: rsa.RSAPrivateKey, tmp_path: pathlib.Path) -> None:
    path = write(tmp_path / "c", stored("pem", key)[0])
    with Entra(no(700027), good()) as entra:
        signed_in = source(entra.server, {"certificate_path": path})
        signed_in.tokens.token()
    assert signed_in.slept == [5.5]


def test_a_refused_certificate_is_named_by_its_thumbprint(key: rsa.RSAPrivateKey, tmp_path: pathlib.Path) -> None:
    path = write(tmp_path / "c", stored("pem", key)[0])
    with Entra(no(700027)) as entra:
        error = refused(source(entra.server, {"certificate_path": path}))
    assert f"(certificate {_certificate.read_certificate(path, None).thumbprint})" in error.message


@pytest.mark.parametrize(
    "answer",
    [
        response(429),
        response(429, {"error": "temporarily_unavailable", "error_codes": [90055]}),
        response(500, b"<html>"),
        response(503, b""),
        response(504, {"error": "server_error"}),
        response(200, b'{"access_token": "e', Content_Length="400", Connection="close"),
        None,
    ],
    ids=["empty 429", "429", "500", "503", "504", "cut short", "dropped"],
)
def test_passing_troubles_are_tried_again(answer: bytes | None) -> None:
    with Entra(answer, answer, good()) as entra:
        signed_in = source(entra.server, SECRET)
        assert signed_in.tokens.token().may_manage
        assert len(entra.forms) == 3
    assert signed_in.slept == [1.0, 2.0]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(response(429), "throttled"), (response(503, b"<html>"), "unavailable"), (None, "network")],
)
def test_trying_ends(answer: bytes | None, kind: str) -> None:
    with Entra(answer) as entra:
        error = refused(source(entra.server, SECRET))
        assert len(entra.forms) == MOST_TRIES
    assert (error.kind, error.retryable) == (kind, True)


def test_the_wish_to_wait_is_honoured() -> None:
    with Entra(response(429, b"", Retry_After="7"), good()) as entra:
        signed_in = source(entra.server, SECRET)
        signed_in.tokens.token()
    assert signed_in.slept == [7.5]


def test_a_sign_in_that_failed_is_not_tried_again() -> None:
    with Entra(response(429, b"", Retry_After="7")) as entra:
        signed_in = source(entra.server, SECRET)
        first, second = refused(signed_in), refused(signed_in)
        assert len(entra.forms) == MOST_TRIES
    assert first is second


def test_a_wish_for_too_long_ends_it() -> None:
    with Entra(response(429, b"", Retry_After="3000")) as entra:
        error = refused(source(entra.server, SECRET))
        assert len(entra.forms) == 1
    assert "3000 s" in error.message


@pytest.mark.parametrize("answer", [response(503), response(429), None])
def test_discovery_is_tried_again_too(answer: bytes | None) -> None:
    with Entra(good()) as entra:
        entra._discovery = None
        plain = entra._answer
        answers = in_turn(answer, plain)
        entra.server._answering = lambda seen: plain(seen) if seen.path.endswith("/token") else answers(seen)
        assert source(entra.server, SECRET).tokens.token().value


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (no(90002, "invalid_tenant", 400), "the tenant was not found"),
        (response(404, b"<html>"), "did not answer as a sign-in service does (HTTP 404)"),
        (response(200, b"<html>"), "did not answer as a sign-in service does (HTTP 200)"),
        (response(200, {}), "did not answer as a sign-in service does"),
        (response(200, []), "did not answer as a sign-in service does"),
        (
            response(200, {"authorization_endpoint": "https://x/t/a", "token_endpoint": "http://x/t/token"}),
            "did not answer as a sign-in service does",
        ),
        (response(302, b"", Location="https://evil.example/"), "redirects elsewhere"),
    ],
)
def test_what_is_no_sign_in_service_is_said_so(answer: bytes, words: str) -> None:
    with Entra(good(), discovery=in_turn(answer)) as entra:
        error = refused(source(entra.server, SECRET))
        assert entra.forms == []
    assert error.kind == "authentication"
    assert words in error.message


@pytest.mark.parametrize(
    "answer",
    [
        response(200, b"<html>"),
        response(200, b""),
        response(200, {}),
        response(200, []),
        response(200, {"access_token": ""}),
        response(200, {"access_token": 5}),
        response(403, b"\0" * 100, Content_Encoding="gzip"),
        response(302, b"", Location="https://evil.example/"),
    ],
)
def test_an_answer_without_a_token_is_an_error(answer: bytes) -> None:
    with Entra(answer) as entra:
        assert refused(source(entra.server, SECRET)).kind == "authentication"


def test_an_untrusted_sign_in_service_gets_nothing() -> None:
    with Entra(good()) as entra:
        where = endpoints("worldwide", None, entra.server.url)
        tries = Tries(MOST_TRIES, lambda _s: None, lambda: 0.0, lambda: 0.0)
        http = Http(trust=usual_trust(), timeout=5)
        tokens = TokenSource(choose({**BASE, **SECRET}), where, http, on_secret=print, tries=tries)
        error = refused(Source(tokens, [], []))
        assert entra.server.seen == []
    assert error.kind == "network"
    assert "ca_path" in error.message


# --- managed identity


@pytest.mark.parametrize("chosen", [None, CLIENT])
def test_a_managed_identity_asks_its_host(chosen: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = response(200, {"access_token": token(), "expires_in": "3599", "resource": "r", "token_type": "Bearer"})
    with WireServer(in_turn(response(404), answer), tls=False) as server:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.url)
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        options = {"auth_method": "managed_identity", "managed_identity_client_id": chosen}
        assert source(None, options, proxies=False).tokens.token().tenant == TENANT
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(server.seen[-1].path).query)
    assert asked["resource"] == ["https://outlook.office365.com"]
    assert asked.get("client_id") == ([chosen] if chosen else None)
    assert server.seen[-1].headers["metadata"] == "true"


def test_a_host_without_identity_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")
    signed_in = source(None, {"auth_method": "managed_identity"}, proxies=False)
    error = refused(signed_in)
    assert error.kind == "network"
    assert "choose another auth_method" in error.message
    assert signed_in.slept == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (response(400, {"error": "invalid_request", "error_description": "Identity not found"}), "Identity not found"),
        (response(404), "knows no such identity"),
        (response(200, b"<html>"), "the identity endpoint of this host did not answer"),
    ],
)
def test_refusals_of_the_identity_endpoint(answer: bytes, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with WireServer(in_turn(answer), tls=False) as server:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.url)
        error = refused(source(None, {"auth_method": "managed_identity"}, proxies=False))
    assert words in error.message


# --- files that others can read


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, False), (0o644, True), (0o604, True)])
@pytest.mark.parametrize("option", ["certificate_path", "federated_token_file"])
def test_files_that_everybody_can_read_bring_a_warning(
    option: str, mode: int, warned: bool, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "f"
    path.write_text("x")
    path.chmod(mode)
    warnings = source(None, {option: str(path)}).tokens.warnings
    assert len(warnings) == int(warned)
    assert all(option in warning and str(path) in warning for warning in warnings)

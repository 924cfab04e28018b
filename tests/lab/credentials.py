# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apps with credentials of this run only: secrets, self-signed certificates, federated tokens.

What clients read from files is written to files.
"""

from __future__ import annotations

import datetime as dt
import functools
import pathlib
import secrets
import time
import typing as t
import uuid

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from .identity import App, Federation
from .keys import app_key, issuer_key
from .seeds import AppSeed

ISSUER: t.Final = "https://issuer.lab.example"


def make_app(seed: AppSeed, number: int, directory: pathlib.Path) -> App:
    """The app of a seed; ``number`` chooses its key, ``directory`` gets its files."""
    app = App(
        name=seed.name,
        client_id=seed.client_id or str(uuid.uuid4()),
        object_id=str(uuid.uuid4()),
        secret=_secret(seed.secret),
        secret_expired=seed.secret_expired,
        managed_identity=seed.managed_identity,
        app_roles=list(seed.app_roles),
        exchange_roles=list(seed.exchange_roles),
        enabled=seed.enabled,
        conditional_access=seed.conditional_access,
        consented=seed.consented,
    )
    if seed.certificate:
        _certificate(app, number, directory)
    if seed.federated:
        named = seed.federated if isinstance(seed.federated, dict) else {}
        app.federation = Federation(
            named.get("issuer", ISSUER),
            named.get("subject", f"job:{app.client_id}"),
            named.get("audience", Federation.audience),
        )
        path = directory / f"{app.client_id}.jwt"
        _write(path, federated_token(app).encode())
        app.federated_token_path = str(path)
    return app


def _secret(wish: bool | str) -> str | None:
    if isinstance(wish, str):
        return wish
    return secrets.token_urlsafe(30) if wish else None


def federated_token(app: App, **claims: t.Any) -> str:
    """A token of the outside issuer for this app, good for an hour; ``claims`` replace its own."""
    assert app.federation is not None, f"{app.name} has no federated credential"
    now = int(time.time())
    mine = {
        "iss": app.federation.issuer,
        "sub": app.federation.subject,
        "aud": app.federation.audience,
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
        "jti": uuid.uuid4().hex,
    }
    return jwt.encode({**mine, **claims}, issuer_key(), "RS256", {"kid": "issuer"})


@functools.lru_cache(maxsize=16)
def self_signed(key: rsa.RSAPrivateKey, name: str) -> x509.Certificate:
    """A certificate by its own key, good for thirty days."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .sign(key, hashes.SHA256())
    )


def _certificate(app: App, number: int, directory: pathlib.Path) -> None:
    key = app_key(number)
    certificate = self_signed(key, f"{app.name} {number}")
    app.certificates.append(certificate)
    pem, pfx = directory / f"{app.client_id}.pem", directory / f"{app.client_id}.pfx"
    plain = _plain(key)
    _write(pem, plain + certificate.public_bytes(serialization.Encoding.PEM))
    app.pfx_passphrase = secrets.token_urlsafe(18)
    # Few rounds: the passphrase is random and lives as long as the run, and slow key derivation is felt at every start.
    encryption = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(2048)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(app.pfx_passphrase.encode())
    )
    _write(pfx, pkcs12.serialize_key_and_certificates(app.name.encode(), key, certificate, None, encryption))
    app.certificate_pem_path, app.pfx_path = str(pem), str(pfx)


@functools.lru_cache(maxsize=8)
def _plain(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: pathlib.Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who signs in with an assertion: a JWT signed with a registered certificate, or a token of a federated issuer."""

from __future__ import annotations

import base64
import time
import typing as t

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from .entra_errors import Refusal
from .identity import App
from .keys import issuer_key

JWT_BEARER: t.Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Which thumbprint goes with which algorithm, as the token endpoint's documentation has it.
_THUMBPRINTS = {"x5t": hashes.SHA1, "x5t#S256": hashes.SHA256}
_ALGORITHMS = ("RS256", "PS256")


def check_assertion(assertion: str, app: App, audiences: t.Collection[str], *, combined_errors: bool) -> str:
    """Return how the app signed in, ``certificate`` or ``federated``. Raises Refusal.

    ``audiences`` are the names of the token endpoint that an app's own assertion may carry; ``combined_errors`` chooses
    the one older error for a federated token that does not match.
    """
    try:
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, options={"verify_signature": False, "verify_aud": False})
    except (jwt.PyJWTError, ValueError, UnicodeDecodeError):
        raise Refusal(50027) from None
    if claims.get("iss") == app.client_id or app.federation is None:
        _own(assertion, header, claims, app, audiences)
        return "certificate"
    _federated(assertion, claims, app, combined_errors)
    return "federated"


def thumbprint(certificate: x509.Certificate, member: str) -> str:
    """The thumbprint of a certificate as the JWT header member ``x5t`` or ``x5t#S256`` carries it."""
    digest = certificate.fingerprint(_THUMBPRINTS[member]())
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _own(
    assertion: str, header: t.Mapping[str, t.Any], claims: t.Mapping[str, t.Any], app: App, audiences: t.Collection[str]
) -> None:
    if header.get("alg") not in _ALGORITHMS:
        raise Refusal(700027, detail=f"The algorithm {header.get('alg')!r} is not supported.")
    certificate = _registered(header, app)
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or not _signed_by(key, assertion, str(header["alg"])):
        raise Refusal(700027, detail="The key was found, but the signature is not by it.")
    if claims.get("aud") not in audiences:
        raise Refusal(700023)
    if claims.get("iss") != app.client_id or claims.get("sub") != app.client_id:
        raise Refusal(700027, detail="Issuer and subject must be the client id.")
    _in_time(claims)


def _registered(header: t.Mapping[str, t.Any], app: App) -> x509.Certificate:
    for member in _THUMBPRINTS:
        sent = header.get(member)
        if sent is None:
            continue
        for certificate in app.certificates:
            # msal leaves the padding on, which Entra ID bears.
            if thumbprint(certificate, member) == str(sent).rstrip("="):
                return certificate
        raise Refusal(700027, detail=f"The key was not found: no certificate of the app has the thumbprint {sent}.")
    raise Refusal(700027, detail="The assertion names no certificate: neither x5t nor x5t#S256.")


def _signed_by(key: rsa.RSAPublicKey, assertion: str, algorithm: str) -> bool:
    options = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        jwt.decode(assertion, key, [algorithm], options=t.cast(t.Any, options))
    except jwt.InvalidSignatureError:
        return False
    return True


def _in_time(claims: t.Mapping[str, t.Any]) -> None:
    now = time.time()
    start, end = claims.get("nbf", 0), claims.get("exp", 0)
    # Five minutes is the clock skew that the platform allows for assertions.
    if not isinstance(end, (int, float)) or now > end + 300 or (isinstance(start, (int, float)) and now < start - 300):
        raise Refusal(700024)


def _federated(assertion: str, claims: t.Mapping[str, t.Any], app: App, combined: bool) -> None:
    wanted = app.federation
    assert wanted is not None
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    for code, good, told in (
        (700211, claims.get("iss") == wanted.issuer, claims.get("iss")),
        (700212, wanted.audience in audiences, audience),
        (700213, claims.get("sub") == wanted.subject, claims.get("sub")),
    ):
        if not good:
            raise Refusal(70021 if combined else code, detail=str(told))
    if not _signed_by(issuer_key().public_key(), assertion, "RS256"):
        raise Refusal(700027, detail="The signature is not by a key of the issuer.")
    _in_time(claims)

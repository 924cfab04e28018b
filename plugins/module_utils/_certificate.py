# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Files that credentials are read from: certificates with their key, and federated tokens."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import os
import re
import stat
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, InputError

if t.TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_SIZE_LIMIT = 1024 * 1024
_PEM_KEY = re.compile(rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.+?-----END \1-----", re.DOTALL)
_PEM_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Certificate:
    """A key and its certificate as msal takes them, and the SHA-1 of the certificate as Entra shows it."""

    key: str = dataclasses.field(repr=False)
    certificate: str
    thumbprint: str


def read_certificate(path: str, passphrase: str | None) -> Certificate:
    """Read a PEM file (key and certificate, in any order) or a PFX file. Raises InputError."""
    content = _read("certificate_path", path)
    try:
        from cryptography import exceptions  # noqa: PLC0415 - slow to import, and comes with msal
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    except ImportError:
        raise ExchangeError(
            "dependency", "The Python library cryptography, which msal needs, cannot be loaded; install msal anew."
        ) from None
    secret = passphrase.encode() if passphrase else None
    try:
        key, certificates = _from_pem(path, content, secret) if b"-----BEGIN" in content else _from_pfx(content, secret)
    except (ValueError, TypeError, exceptions.UnsupportedAlgorithm):
        raise InputError([_why_unreadable(path, content, passphrase)]) from None
    certificate = _matching(path, key, certificates)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    der = certificate.public_bytes(serialization.Encoding.DER)
    return Certificate(
        pem.decode(),
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        hashlib.sha1(der, usedforsecurity=False).hexdigest().upper(),
    )


def read_token(path: str) -> str:
    """Read a federated token. Raises InputError."""
    text = _read("federated_token_file", path).decode("ascii", "replace").strip()
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        problem = "is empty" if not text else "does not hold a token"
        raise InputError([f"federated_token_file: '{path}' {problem}; see why the platform does not write it."])
    return text


def exposure(option: str, path: str) -> list[str]:
    """Return a warning when everybody on the host can read or replace the file.

    What is mounted read-only is passed over: that is how containers get their secrets, often readable for everybody in
    them, and nobody there could change it.
    """
    place = os.path.dirname(os.path.abspath(path))
    try:
        file, directory = os.stat(path).st_mode, os.stat(place).st_mode
        mounted = os.statvfs(path).f_flag & os.ST_RDONLY
    except OSError:
        return []
    if mounted:
        return []
    if file & (stat.S_IROTH | stat.S_IWOTH):
        what = "read" if file & stat.S_IROTH else "replaced"
        danger = "whoever has it can sign in as this application" if what == "read" else "it decides who signs in"
        return [f"{option}: '{path}' can be {what} by every user of this host, and {danger}; run chmod 600 '{path}'."]
    if directory & stat.S_IWOTH and not directory & stat.S_ISVTX:
        danger = f"'{path}' can be replaced by every user of this host, who may write into its directory"
        return [f"{option}: {danger}; run chmod o-w '{place}'."]
    return []


def _read(option: str, path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_SIZE_LIMIT)
    except OSError as problem:
        reason = (problem.strerror or type(problem).__name__).lower()
        raise InputError([f"{option}: '{path}' cannot be read ({reason}) on the host where the module runs."]) from None


def _from_pem(path: str, content: bytes, secret: bytes | None) -> tuple[PrivateKeyTypes, list[x509.Certificate]]:
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    found = _PEM_KEY.search(content)
    blocks = [match.group() for match in _PEM_CERTIFICATE.finditer(content)]
    if found is None or not blocks:
        lacking = "private key" if found is None else "certificate"
        raise InputError(
            [f"certificate_path: '{path}' has no {lacking}; put private key and certificate into one PEM file."]
        )
    encrypted = b"ENCRYPTED" in found.group()
    # A passphrase left over in the environment does no harm to a key that has none.
    key = serialization.load_pem_private_key(found.group(), secret if encrypted else None)
    return key, [x509.load_pem_x509_certificate(block) for block in blocks]


def _from_pfx(content: bytes, secret: bytes | None) -> tuple[PrivateKeyTypes, list[x509.Certificate]]:
    from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: PLC0415

    key, certificate, others = pkcs12.load_key_and_certificates(content, secret)
    if key is None:
        raise ValueError("no key")
    return key, [*([certificate] if certificate else []), *others]


def _why_unreadable(path: str, content: bytes, passphrase: str | None) -> str:
    if b"-----BEGIN" in content:
        what = "PEM file" if b"ENCRYPTED" not in content else "encrypted key"
    elif content[:1] == b"\x30":
        what = "PFX file"
    else:
        return (
            f"certificate_path: '{path}' is neither a PEM nor a PFX file; give a file with private key and certificate."
        )
    if what == "PEM file":
        return f"certificate_path: the private key or the certificate in '{path}' is damaged; export it again."
    if not passphrase:
        return (
            f"certificate_passphrase: the {what} '{path}' cannot be opened without a passphrase; set it or the"
            " environment variable EXO_CERTIFICATE_PASSPHRASE or AZURE_CLIENT_CERTIFICATE_PASSWORD."
        )
    return (
        f"certificate_passphrase: it does not open the {what} '{path}' (or the file is damaged); check the passphrase."
    )


def _matching(path: str, key: PrivateKeyTypes, certificates: t.Sequence[x509.Certificate]) -> x509.Certificate:
    """The certificate that belongs to the key: a file may hold a chain."""
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    if not isinstance(key, rsa.RSAPrivateKey):
        raise InputError(
            [f"certificate_path: the key in '{path}' is not an RSA key, and Entra ID signs in with RSA only."]
        )
    numbers = key.public_key().public_numbers()
    for certificate in certificates:
        public = certificate.public_key()
        if isinstance(public, rsa.RSAPublicKey) and public.public_numbers() == numbers:
            _check_dates(path, certificate)
            return certificate
    raise InputError(
        [f"certificate_path: private key and certificate in '{path}' do not belong together; export both anew."]
    )


def _check_dates(path: str, certificate: x509.Certificate) -> None:
    # Older releases of cryptography know only the form without a zone.
    until = getattr(certificate, "not_valid_after_utc", None)
    if until is None:
        until = certificate.not_valid_after.replace(tzinfo=datetime.timezone.utc)
    if until < datetime.datetime.now(datetime.timezone.utc):
        problem = (
            f"certificate_path: the certificate in '{path}' expired on {until:%Y-%m-%d}; add a new one to the app"
            " registration and give its file."
        )
        raise InputError([problem])

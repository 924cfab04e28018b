# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authorities, certificates and revocation lists to verify. Keys are made once a process."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

NOW = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)


@functools.cache
def key(name: str, kind: str = "ec") -> t.Any:
    """The key of this name."""
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if kind == "rsa1024":
        return rsa.generate_private_key(public_exponent=65537, key_size=1024)
    return ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())


def subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclasses.dataclass(frozen=True)
class Made:
    """A certificate with the key that signs what it issues."""

    certificate: x509.Certificate
    key: t.Any

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        form, nothing = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return t.cast(bytes, self.key.private_bytes(serialization.Encoding.PEM, form, nothing))


def make(
    name: str,
    issuer: Made | None = None,
    *,
    names: t.Sequence[str] = (),
    authority: bool = False,
    kind: str = "ec",
    valid: tuple[float, float] = (-10, 60),
    crl: str = "",
    issuer_url: str = "",
    client_only: bool = False,
    own: t.Any = None,
    more: t.Sequence[x509.ExtensionType] = (),
) -> Made:
    """Issue a certificate; without an issuer it signs itself. ``valid`` are days from now.

    ``own`` is a key other than the one of this name.
    """
    own = own or key(name, kind)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject(name))
        .issuer_name(issuer.certificate.subject if issuer else subject(name))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + dt.timedelta(days=valid[0]))
        .not_valid_after(NOW + dt.timedelta(days=valid[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    extensions: list[x509.ExtensionType] = list(more)
    if names:
        extensions.append(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]))
    if crl:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl)], None, None, None)
        extensions.append(x509.CRLDistributionPoints([point]))
    if issuer_url:
        url = x509.UniformResourceIdentifier(issuer_url)
        description = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, url)
        extensions.append(x509.AuthorityInformationAccess([description]))
    if client_only:
        extensions.append(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    signer = issuer.key if issuer else own
    digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Made(builder.sign(signer, digest), own)


@functools.cache
def root() -> Made:
    """The authority that is trusted."""
    return make("Root", authority=True)


@functools.cache
def intermediate(kind: str = "ec") -> Made:
    return make("Intermediate", root(), authority=True, kind=kind)


@functools.cache
def stranger() -> Made:
    """An authority that nobody trusts."""
    return make("Stranger", authority=True)


def leaf(**changes: t.Any) -> Made:
    """A good server certificate from the intermediate authority."""
    return make("leaf", changes.pop("issuer", intermediate()), **{"names": ["mx.contoso.com"], **changes})


def with_sha1() -> Made:
    """A server certificate signed with SHA-1 by the RSA intermediate, which the library no longer does by itself."""
    good = leaf(issuer=intermediate("rsa"))
    sha256, sha1 = (bytes.fromhex(f"06092a864886f70d0101{last}") for last in ("0b", "05"))
    before = good.certificate.tbs_certificate_bytes
    signed = before.replace(sha256, sha1)
    signature = intermediate("rsa").key.sign(signed, padding.PKCS1v15(), hashes.SHA1())
    der = good.der.replace(before, signed).replace(sha256, sha1).replace(good.certificate.signature, signature)
    return Made(x509.load_der_x509_certificate(der), good.key)


def crl(
    issuer: Made,
    revoked: t.Sequence[int] = (),
    *,
    removed: t.Sequence[int] = (),
    signer: Made | None = None,
    days: tuple[float, float] = (-1, 6),
    more: t.Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> bytes:
    """A revocation list in DER."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(NOW + dt.timedelta(days=days[0]))
        .next_update(NOW + dt.timedelta(days=days[1]))
    )
    for number in (*revoked, *removed):
        entry = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(NOW)
        if number in removed:
            entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.remove_from_crl), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    for extension, critical in more:
        builder = builder.add_extension(extension, critical)
    return builder.sign((signer or issuer).key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def signed_anew(der: bytes, inside: bytes, signer: Made) -> bytes:
    """A revocation list with other contents of the same length, signed by ``signer``."""
    before = x509.load_der_x509_crl(der)
    # A signature of an elliptic curve differs in length, and so do the lengths in front of it.
    signature = signer.key.sign(inside, ec.ECDSA(hashes.SHA256()))
    while len(signature) != len(before.signature):
        signature = signer.key.sign(inside, ec.ECDSA(hashes.SHA256()))
    return der.replace(before.tbs_certlist_bytes, inside).replace(before.signature, signature)

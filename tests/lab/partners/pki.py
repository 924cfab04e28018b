# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates of the partners' servers, with every fault that one can have, and the revocation lists."""

from __future__ import annotations

import datetime
import functools
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, ExtensionOID, NameOID

from .shapes import Leaf

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_DAY: t.Final = datetime.timedelta(days=1)
#: sha256WithRSAEncryption and sha1WithRSAEncryption differ in the last byte only.
_SHA256_RSA: t.Final = bytes.fromhex("06092a864886f70d01010b")
_SHA1_RSA: t.Final = bytes.fromhex("06092a864886f70d010105")


class Issued(t.NamedTuple):
    """A certificate, its key, and what a server sends: the certificate first, DER."""

    certificate: x509.Certificate
    key: PrivateKey
    chain: tuple[x509.Certificate, ...]
    issuer: x509.Certificate

    def pem(self) -> bytes:
        """Key and chain, as ssl reads them from a file."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return key + b"".join(one.public_bytes(serialization.Encoding.PEM) for one in self.chain)


class _Authority(t.NamedTuple):
    name: str
    certificate: x509.Certificate
    key: PrivateKey


@functools.cache
def rsa_key(bits: int, _use: str) -> rsa.RSAPrivateKey:
    """RSA keys are slow to make: one for each use, once a process."""
    return rsa.generate_private_key(65537, bits)


def _ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class Pki:
    """Two hierarchies, each a root and two issuing authorities (for EC and for RSA), and what they issue.

    ``files`` is the URL under which certificates and lists are served, without a trailing slash; empty: certificates
    name neither. ``dead_files`` is one where nothing answers.
    """

    def __init__(self, files: str = "", dead_files: str = "") -> None:
        self.now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        self._files = files
        self._dead_files = dead_files
        self._revoked: list[int] = []
        self._roots = {kind: self._root(f"Lab {kind.title()} Root") for kind in ("public", "private")}
        self._issuing = {
            (kind, key): self._intermediate(f"Lab {kind.title()} Issuing {key.upper()}", kind, key)
            for kind in ("public", "private")
            for key in ("ec", "rsa")
        }

    # -- what is served ----------------------------------------------------------------------------------------------

    def root_pem(self) -> bytes:
        """What a client is to trust."""
        return self._roots["public"].certificate.public_bytes(serialization.Encoding.PEM)

    def file(self, path: str) -> tuple[str, bytes] | None:
        """Return the content type and body of a path: ``/NAME.cer``, ``/NAME.crl`` or ``/stale/NAME.crl``."""
        stale = path.startswith("/stale/")
        name, _dot, kind = path.removeprefix("/stale").removeprefix("/").rpartition(".")
        authority = next((one for one in self._all() if _file_name(one.name) == name), None)
        if authority is None:
            return None
        if kind == "cer":
            return "application/pkix-cert", authority.certificate.public_bytes(serialization.Encoding.DER)
        return ("application/pkix-crl", self._list(authority, stale)) if kind == "crl" else None

    def _all(self) -> t.Iterator[_Authority]:
        yield from self._roots.values()
        yield from self._issuing.values()

    def _list(self, authority: _Authority, stale: bool) -> bytes:
        last = self.now - (30 if stale else 1) * _DAY
        builder = x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject)
        builder = builder.last_update(last).next_update(last + 7 * _DAY)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
        builder = builder.add_extension(identifier, critical=False).add_extension(x509.CRLNumber(1), critical=False)
        for serial in self._revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(last).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    # -- authorities -------------------------------------------------------------------------------------------------

    def _root(self, name: str) -> _Authority:
        key = _ec_key()
        builder = self._builder(_name(name), _name(name), key, (-3650, 3650))
        builder = _as_authority(builder)
        return _Authority(name, builder.sign(key, hashes.SHA256()), key)

    def _intermediate(self, name: str, kind: str, key_kind: str) -> _Authority:
        root = self._roots[kind]
        key: PrivateKey = _ec_key() if key_kind == "ec" else rsa_key(2048, "issuing")
        builder = self._builder(_name(name), root.certificate.subject, key, (-1000, 1000), root.key)
        builder = self._with_urls(_as_authority(builder), root, "good" if kind == "public" else "none")
        return _Authority(name, builder.sign(root.key, hashes.SHA256()), key)

    # -- servers -----------------------------------------------------------------------------------------------------

    def issue(self, leaf: Leaf, host: str, domain: str) -> Issued:
        """Make a server's certificate. ``host`` and ``domain`` fill in its names."""
        fill = functools.partial(str.format, host=host, domain=domain)
        key: PrivateKey = _ec_key()
        if leaf.key != "ec":
            key = rsa_key(1024 if leaf.key == "rsa1024" else 2048, "server")
        subject = _name(fill(leaf.common_name))
        kind = "private" if leaf.issuer.startswith("private") else "public"
        issuing = self._issuing[kind, "rsa" if leaf.key != "ec" or leaf.sha1 else "ec"]
        own = leaf.issuer == "self"
        issuer = subject if own else issuing.certificate.subject
        builder = self._builder(subject, issuer, key, leaf.valid_days, None if own else issuing.key)
        builder = _as_server(builder, leaf, fill)
        if not own and leaf.issuer != "private":
            builder = self._with_urls(builder, issuing, "none" if kind == "private" else leaf.revocation)
        signer = key if own else issuing.key
        certificate = builder.sign(signer, hashes.SHA256())
        if leaf.sha1:
            certificate = _signed_with_sha1(certificate, signer)
        if leaf.revocation == "revoked":
            self._revoked.append(certificate.serial_number)
        chain = [certificate]
        if not own and leaf.sends != "leaf_only":
            chain += [issuing.certificate, *([self._roots[kind].certificate] if leaf.sends == "with_root" else [])]
        return Issued(certificate, key, tuple(chain), certificate if own else issuing.certificate)

    def _builder(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        key: PrivateKey,
        valid_days: tuple[int, int],
        issuer_key: PrivateKey | None = None,
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now + valid_days[0] * _DAY)
            # Some hours more, so that the count of whole days holds while tests run.
            .not_valid_after(self.now + valid_days[1] * _DAY + datetime.timedelta(hours=6))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer_key or key).public_key()), critical=False
            )
        )

    def _with_urls(
        self, builder: x509.CertificateBuilder, issuer: _Authority, revocation: str
    ) -> x509.CertificateBuilder:
        if not self._files:
            return builder
        name = _file_name(issuer.name)
        at = x509.UniformResourceIdentifier(f"{self._files}/{name}.cer")
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, at)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        base = {"none": "", "missing": self._dead_files, "stale": f"{self._files}/stale"}.get(revocation, self._files)
        if not base:
            return builder
        at = x509.UniformResourceIdentifier(f"{base}/{name}.crl")
        point = x509.DistributionPoint(full_name=[at], relative_name=None, reasons=None, crl_issuer=None)
        return builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)


def _name(common_name: str) -> x509.Name:
    # A name of more than 64 characters does not fit into a common name.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])] if common_name else [])


def _file_name(name: str) -> str:
    return name.lower().replace(" ", "-")


def _as_authority(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    signs = {name: name in ("key_cert_sign", "crl_sign") for name in _KEY_USES}
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.add_extension(x509.KeyUsage(**signs), critical=True)


_KEY_USES: t.Final = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def _as_server(builder: x509.CertificateBuilder, leaf: Leaf, fill: t.Callable[[str], str]) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    server, client = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
    purposes = x509.ExtendedKeyUsage([client if leaf.purpose == "client" else server])
    builder = builder.add_extension(purposes, critical=False)
    if leaf.broken_san:  # a name that is not ASCII: OpenSSL passes it on, stricter readers refuse the extension
        nonsense = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\x30\x05\x82\x03m\xfcx")
        return builder.add_extension(nonsense, critical=False)
    if leaf.names:
        names = x509.SubjectAlternativeName([x509.DNSName(fill(name)) for name in leaf.names])
        builder = builder.add_extension(names, critical=False)
    return builder


def _signed_with_sha1(certificate: x509.Certificate, key: PrivateKey) -> x509.Certificate:
    """Sign once more with SHA-1, which the library's builder refuses: same lengths, so only bytes are exchanged."""
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("only RSA keys sign with SHA-1 here")
    signed = certificate.tbs_certificate_bytes
    signed_sha1 = signed.replace(_SHA256_RSA, _SHA1_RSA)
    signature = key.sign(signed_sha1, padding.PKCS1v15(), hashes.SHA1())
    der = certificate.public_bytes(serialization.Encoding.DER)
    der = der.replace(signed, signed_sha1).replace(_SHA256_RSA, _SHA1_RSA)
    return x509.load_der_x509_certificate(der.replace(certificate.signature, signature))

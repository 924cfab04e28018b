# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Certificates taken apart. Pure; every text in one comes from a stranger."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
import typing as t
import warnings

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Certificate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.libraries import (
    dsa,
    ec,
    ed448,
    ed25519,
    rsa,
    serialization,
    x509,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.text import clean

_MOST_NAMES = 100
_MOST_URLS = 3
_LONGEST_URL = 500
#: A DNS name as it may stand in a certificate: a wildcard only as the whole first label, underscores as some have them.
_NAME = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


class Unreadable(Exception):
    """The bytes are not a certificate that can be used. The text says why, in a few words."""


@functools.lru_cache(maxsize=4096)
def read(der: bytes) -> Certificate:
    """Take a certificate apart. Raises Unreadable. Cached: partners share servers, and servers share authorities."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of oddities that it still reads
        try:
            return _read(der, x509.load_der_x509_certificate(der))
        except Unreadable:
            raise
        except Exception as problem:  # noqa: BLE001 - a parser in another language, fed by strangers
            raise Unreadable(clean(f"not a certificate: {problem}", 120)) from None


def readable(der: bytes) -> Certificate | None:
    """Take a certificate apart; None where it cannot be."""
    try:
        return read(der)
    except Unreadable:
        return None


def issued(authority: Certificate, certificate: Certificate) -> bool:
    """Whether one certificate's name and key signed the other (RFC 5280 section 6.1.3 (a)).

    False as well for a signature that the library checks no longer, such as one with SHA-1.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            signed = x509.load_der_x509_certificate(certificate.der)
            signed.verify_directly_issued_by(x509.load_der_x509_certificate(authority.der))
    except Exception:  # noqa: BLE001 - as in read()
        return False
    return True


def _read(der: bytes, found: t.Any) -> Certificate:
    key_type, key_bits = _key(found)
    san = _extension(found, "SubjectAlternativeName")
    common_names = [clean(str(name.value), 100) for name in found.subject if name.oid.dotted_string == "2.5.4.3"]
    return Certificate(
        der=der,
        subject=clean(found.subject.rfc4514_string()),
        issuer=clean(found.issuer.rfc4514_string()),
        serial=f"{found.serial_number:x}",
        names=_dns_names(san),
        addresses=tuple(str(value) for value in _of_type(san, "IPAddress")[:_MOST_NAMES]),
        common_name=common_names[-1] if common_names else "",
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
        key_type=key_type,
        key_bits=key_bits,
        signature=_signature(found),
        sha256=hashlib.sha256(der).hexdigest(),
        spki_sha256=hashlib.sha256(spki(found)).hexdigest(),
        self_issued=found.subject == found.issuer,
        crl_urls=_crl_urls(found),
        ocsp_urls=_access_urls(found, "1.3.6.1.5.5.7.48.1"),
        issuer_urls=_access_urls(found, "1.3.6.1.5.5.7.48.2"),
        has_san=san is not None,
    )


def spki(found: t.Any) -> bytes:
    """The SubjectPublicKeyInfo of a certificate of ``cryptography``, in DER."""
    return t.cast(
        bytes,
        found.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
    )


def dns_name(text: str) -> str:
    """A DNS name in lower case, without a trailing dot, or an empty text where it can be none."""
    name = text.lower().removesuffix(".")
    return name if len(name) <= 253 and _NAME.fullmatch(name) else ""


def _key(found: t.Any) -> tuple[str, int]:
    key = found.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {_CURVES.get(key.curve.name, key.curve.name)}", key.key_size
    if isinstance(key, dsa.DSAPublicKey):
        return "DSA", key.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", 256
    return ("Ed448", 448) if isinstance(key, ed448.Ed448PublicKey) else ("unknown", 0)


def _signature(found: t.Any) -> str:
    """The algorithm by its short name, such as sha256WithRSAEncryption, or as a dotted number."""
    oid = found.signature_algorithm_oid
    name = getattr(oid, "_name", "")
    return oid.dotted_string if name in ("", "Unknown OID") else str(name)


def _dns_names(san: t.Any) -> tuple[str, ...]:
    names = (dns_name(value) for value in _of_type(san, "DNSName")[: _MOST_NAMES * 2] if isinstance(value, str))
    return tuple(dict.fromkeys(name for name in names if name))[:_MOST_NAMES]


def _of_type(san: t.Any, kind: str) -> list[t.Any]:
    return [] if san is None else san.get_values_for_type(getattr(x509, kind))


def _extension(found: t.Any, kind: str) -> t.Any:
    """The value of an extension; None where it is not there, or where the extensions cannot be read."""
    with contextlib.suppress(Exception):
        return found.extensions.get_extension_for_class(getattr(x509, kind)).value
    return None


def _crl_urls(found: t.Any) -> tuple[str, ...]:
    points = _extension(found, "CRLDistributionPoints") or ()
    return _http(name.value for point in points for name in point.full_name or () if isinstance(name.value, str))


def _access_urls(found: t.Any, method: str) -> tuple[str, ...]:
    entries = _extension(found, "AuthorityInformationAccess") or ()
    return _http(
        entry.access_location.value
        for entry in entries
        if entry.access_method.dotted_string == method and isinstance(entry.access_location.value, str)
    )


def _http(urls: t.Iterable[str]) -> tuple[str, ...]:
    """Those that can be fetched: HTTP in clear, since the answers are signed (RFC 5280 section 4.2.1.13)."""
    plain = (url for url in urls if url.lower().startswith("http://") and len(url) <= _LONGEST_URL)
    return tuple(dict.fromkeys(url for url in plain if url == clean(url, _LONGEST_URL) and " " not in url))[:_MOST_URLS]

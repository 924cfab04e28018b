# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Revocation lists (RFC 5280 section 5): what they say of a chain."""

from __future__ import annotations

import datetime
import typing as t
import warnings

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Certificate, RevocationStatus
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.libraries import serialization, x509
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.text import clean

_UNREADABLE = "the list cannot be read"

Fetch = t.Callable[[str], t.Awaitable[bytes | None]]


class Lists:
    """The lists of a run. ``fetch`` returns what a URL leads to, or None, and asks each URL once."""

    def __init__(self, fetch: Fetch, now: datetime.datetime) -> None:
        self._fetch = fetch
        self._now = now
        self._parsed: dict[str, t.Any] = {}
        #: What is wrong with a list as the list of an issuer: signatures are checked once, not for each certificate.
        self._problems: dict[tuple[str, bytes], str] = {}

    async def check(
        self, chain: t.Sequence[Certificate], issuer_of: t.Callable[[Certificate], Certificate | None]
    ) -> RevocationStatus:
        """Judge the server's certificate and those of the authorities above it, the worst answer counts.

        An authority that issued itself is trusted or not, and is in no list. ``issuer_of`` finds the certificate of the
        one that issued another.
        """
        found = [await self._judge(one, issuer_of(one)) for one in chain if not one.self_issued]
        for status in ("revoked", "unknown"):
            for one in found:
                if one.status == status:
                    return one
        return found[0] if found else RevocationStatus("not_named")

    async def _judge(self, certificate: Certificate, issuer: Certificate | None) -> RevocationStatus:
        if not certificate.crl_urls:
            return RevocationStatus("not_named", certificate.subject)
        if issuer is None:
            return RevocationStatus("unknown", certificate.subject, "the certificate of the issuer is not at hand")
        problem = ""
        for url in certificate.crl_urls:
            crl = await self._load(url)
            problem = self._problem(url, crl, certificate, issuer)
            revoked = "" if problem else _guarded(_revoked, crl, certificate)
            if revoked == _UNREADABLE:  # whoever signs lists of his own can write anything into them
                problem = revoked
            elif not problem:
                return RevocationStatus("revoked" if revoked else "good", certificate.subject, revoked)
        return RevocationStatus("unknown", certificate.subject, clean(problem))

    async def _load(self, url: str) -> t.Any:
        body = await self._fetch(url)
        if url not in self._parsed:
            self._parsed[url] = None if body is None else parse(body)
        return self._parsed[url]

    def _problem(self, url: str, crl: t.Any, certificate: Certificate, issuer: Certificate) -> str:
        """Why a list cannot judge this certificate, in a few words, or an empty text."""
        if crl is None:
            return f"nothing usable at {url}"
        key = (url, issuer.der)
        if key not in self._problems:
            self._problems[key] = _guarded(_problem_of, crl, issuer, self._now)
        return self._problems[key] or _guarded(_covers, crl, certificate)


def parse(body: bytes) -> t.Any:
    """Return a list from DER or PEM, or None where it is none."""
    load = x509.load_pem_x509_crl if body.lstrip().startswith(b"-----BEGIN") else x509.load_der_x509_crl
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load(body)
    except Exception:  # noqa: BLE001 - a parser in another language, fed by strangers
        return None


def _guarded(judge: t.Callable[..., str], *values: t.Any) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return judge(*values)
    except Exception:  # noqa: BLE001 - as above
        return _UNREADABLE


def _problem_of(crl: t.Any, issuer: Certificate, now: datetime.datetime) -> str:
    """Return why a list does not count as this issuer's, in a few words, or an empty text (RFC 5280 section 6.3.3).

    Only whole lists of the certificate's own issuer count: delta lists are not followed.
    """
    authority = x509.load_der_x509_certificate(issuer.der)
    if crl.issuer != authority.subject:
        return "the list is not the issuer's own"
    if not crl.is_signature_valid(authority.public_key()):
        return "the signature of the list is wrong"
    if crl.next_update_utc is not None and crl.next_update_utc < now:
        return f"the list is out of date since {crl.next_update_utc:%Y-%m-%d}"
    if any(isinstance(extension.value, x509.DeltaCRLIndicator) for extension in crl.extensions):
        return "the list holds changes only"
    if any(
        extension.critical and isinstance(extension.value, x509.UnrecognizedExtension) for extension in crl.extensions
    ):
        return "the list has a critical extension that is not known"  # RFC 5280 section 5.2
    return ""


def _revoked(crl: t.Any, certificate: Certificate) -> str:
    """Return since when a certificate is revoked, or an empty text."""
    entry = crl.get_revoked_certificate_by_serial_number(int(certificate.serial, 16))
    return "" if entry is None or _is_removed(entry) else f"revoked on {entry.revocation_date_utc:%Y-%m-%d}"


def _is_removed(revoked: t.Any) -> bool:
    """Whether an entry says that its certificate is revoked no longer (RFC 5280 section 5.3.1)."""
    reasons = (extension.value for extension in revoked.extensions if isinstance(extension.value, x509.CRLReason))
    return any(reason.reason is x509.ReasonFlags.remove_from_crl for reason in reasons)


def _covers(crl: t.Any, certificate: Certificate) -> str:
    """Return an empty text when a list is for certificates of this kind (RFC 5280 section 5.2.5).

    Indirect lists and those for some reasons only are not followed.
    """
    for extension in crl.extensions:
        point = extension.value
        if not isinstance(point, x509.IssuingDistributionPoint):
            continue
        partial = point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs
        other = point.only_contains_user_certs if _is_authority(certificate) else point.only_contains_ca_certs
        if partial or other:
            return "the list is for other certificates"
    return ""


def _is_authority(certificate: Certificate) -> bool:
    extensions = x509.load_der_x509_certificate(certificate.der).extensions
    return any(isinstance(one.value, x509.BasicConstraints) and one.value.ca for one in extensions)


def certificate_in(body: bytes) -> bytes | None:
    """Return the certificate that an authority hands out, as DER, from DER or PEM (RFC 5280 section 4.2.2.1)."""
    load = x509.load_pem_x509_certificate if body.lstrip().startswith(b"-----BEGIN") else x509.load_der_x509_certificate
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load(body).public_bytes(serialization.Encoding.DER)
    except Exception:  # noqa: BLE001 - as above
        return None

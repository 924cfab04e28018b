# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Revocation: the lists that certificates name are fetched, and OpenSSL checks against them."""

from __future__ import annotations

import http.client
import typing as t
import urllib.parse

from cryptography import x509
from OpenSSL import crypto

from .names import Names
from .security import verify

_MOST_BYTES: t.Final = 2**20
_REVOKED: t.Final = 23

Status = t.Literal["good", "revoked", "unknown"]


def revocation(chain: t.Sequence[x509.Certificate], ca_path: str, names: Names, timeout: float) -> Status:
    """Whether a certificate of a chain that is trusted is revoked, or it cannot be told."""
    found = {_of_one(chain[index:], ca_path, names, timeout) for index in range(len(chain))}
    return "revoked" if "revoked" in found else "unknown" if "unknown" in found else "good"


def _of_one(chain: t.Sequence[x509.Certificate], ca_path: str, names: Names, timeout: float) -> Status:
    urls = _list_urls(chain[0])
    if not urls:
        return "good"
    lists = [found for url in urls if (found := _fetch(url, names, timeout)) is not None]
    store = crypto.X509Store()
    store.load_locations(ca_path)
    for one in lists:
        store.add_crl(one)
    store.set_flags(crypto.X509StoreFlags.CRL_CHECK)
    code = verify(store, chain)
    return "revoked" if code == _REVOKED else "unknown" if code else "good"


def _list_urls(certificate: x509.Certificate) -> list[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    names = [name.value for point in points for name in point.full_name or () if isinstance(name.value, str)]
    return [name for name in names if name.startswith("http://")]


def _fetch(url: str, names: Names, timeout: float) -> x509.CertificateRevocationList | None:
    parts = urllib.parse.urlsplit(url)
    _answers, addresses = names.addresses(parts.hostname or "")
    if not addresses:
        return None
    connection = http.client.HTTPConnection(addresses[0], parts.port or 80, timeout=timeout)
    try:
        connection.request("GET", parts.path, headers={"Host": parts.netloc})
        answer = connection.getresponse()
        data = answer.read(_MOST_BYTES)
        return x509.load_der_x509_crl(data) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates and lists of revoked ones, as servers and authorities hand them out."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt

from cryptography import x509

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import certificate, names, revocation
from ansible_collections.mailflow.exchange_online.tests.fuzz import promises
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls import pki

NOW = dt.datetime.now(dt.timezone.utc)


def _pair(one: bytes, revoked: bytes = b"") -> bytes:
    return len(one).to_bytes(2, "big") + one + revoked


def _list_with_a_strange_entry(issuer: pki.Made) -> bytes:
    """A list that its authority has really signed, with a reason that is none."""
    number = issuer.certificate.serial_number
    der = pki.crl(issuer, removed=[number])
    strange = x509.load_der_x509_crl(der).tbs_certlist_bytes.replace(b"\x0a\x01\x08", b"\x0a\x01\x63")
    return pki.signed_anew(der, strange, issuer)


SEEDS = (
    _pair(pki.leaf(crl="http://crl.example/x", issuer_url="http://ca.example/x").der, pki.crl(pki.root())),
    _pair(pki.make("evil\x1b[2J\u202e", names=["a.example", "*.b.example"]).der),
    _pair(pki.leaf().pem),
    _pair(pki.root().der, pki.crl(pki.root(), [pki.root().certificate.serial_number])),
    # Found here: an entry that cannot be read, in a list that somebody signed with an authority of his own.
    _pair(pki.root().der, _list_with_a_strange_entry(pki.root())),
)


def check(data: bytes) -> None:
    """Two bytes tell the length of a certificate; behind it is a list of revoked ones."""
    length = int.from_bytes(data[:2], "big")
    one, revoked = data[2 : 2 + length], data[2 + length :]
    handed = revocation.certificate_in(one)
    found = certificate.readable(one) or (certificate.readable(handed) if handed else None)
    if found is None:
        _is_refused(one)
        return
    promises.shown(found.subject, found.issuer, found.common_name, found.key, found.signature)
    promises.shown(*found.names, *found.addresses, *found.crl_urls, *found.ocsp_urls, *found.issuer_urls)
    assert len(found.names) <= 100
    certificate.issued(found, found)
    promises.shown(*names.candidates([found], "p.test", ["mx.p.test"]))
    for name in (*found.names, "mx.p.test"):
        names.exchange_match(name, found)
    _revocation(found, revoked)


def _is_refused(one: bytes) -> None:
    try:
        certificate.read(one)
    except certificate.Unreadable as problem:
        promises.shown(str(problem))


def _revocation(found: certificate.Certificate, revoked: bytes) -> None:
    async def fetch(_url: str) -> bytes | None:
        return revoked

    named = dataclasses.replace(found, crl_urls=("http://crl.example/x",), self_issued=False)
    status = asyncio.run(revocation.Lists(fetch, NOW).check([named], lambda _one: found))
    assert status.status in ("good", "revoked", "unknown")
    promises.shown(status.detail)

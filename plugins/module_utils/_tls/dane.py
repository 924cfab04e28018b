# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""TLSA records against what a server showed (RFC 7672). Pure, but for the verifier that is handed in."""

from __future__ import annotations

import hashlib
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.certificate import spki
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Answer, Certificate, Dane, Tlsa
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.libraries import x509
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.names import covers

#: Records that are looked at; a set has one or two, and four while keys change.
_MOST_RECORDS = 20
_DIGESTS: t.Mapping[int, t.Callable[[bytes], bytes]] = {
    0: bytes,
    1: lambda data: hashlib.sha256(data).digest(),
    2: lambda data: hashlib.sha512(data).digest(),
}
_LENGTHS = {1: 32, 2: 64}

#: Whether a chain verifies with one certificate of it as the only authority.
Anchored = t.Callable[[t.Sequence[bytes], bytes], bool]


def judge(
    answer: Answer | None,
    chain: t.Sequence[Certificate],
    names: t.Sequence[str],
    *,
    reached: bool,
    proven: bool,
    anchored: Anchored,
) -> Dane:
    """Hold a server against the TLSA records of its host.

    ``answer`` is None where none were asked for, ``names`` are the reference identifiers (RFC 7672 section 3.2.2),
    ``reached`` tells whether the server came as far as TLS or refused it, ``proven`` whether the AD bit counts.
    """
    if answer is None or answer.status in ("absent", "nxdomain"):
        return Dane("none", proven=proven)
    if answer.status == "timeout":
        # The resolver itself said nothing, so that there may be no network.
        return Dane("unjudged", detail=answer.detail, proven=proven)
    if answer.status != "found":
        # The host must not be used (RFC 7672 section 2.1.3); a look-up that fails may hide records.
        return Dane("bogus", detail=answer.detail, proven=proven)
    records = tuple(record for record in answer.records if isinstance(record, Tlsa))[:_MOST_RECORDS]
    usable = [record for record in records if _usable(record)]
    if not reached:
        return Dane("unjudged", records, proven=proven)
    if not usable:
        # TLS is mandatory all the same, without authentication (RFC 7672 section 2.2).
        status: t.Literal["unusable", "mismatch"] = "unusable" if chain else "mismatch"
        return Dane(status, records, detail="" if chain else "no TLS", proven=proven)
    ders = [certificate.der for certificate in chain]
    for record in usable:
        if _matches(record, chain, ders, names, anchored):
            return Dane("match", records, record, proven=proven)
    return Dane("mismatch", records, detail="" if chain else "no TLS", proven=proven)


def _usable(record: Tlsa) -> bool:
    """Usages 0 and 1 are not for SMTP (RFC 7672 section 3.1.3); a digest has one length."""
    return (
        record.usage in (2, 3)
        and record.selector in (0, 1)
        and record.matching in _DIGESTS
        and len(record.data) == _LENGTHS.get(record.matching, len(record.data) or -1)
    )


def _matches(
    record: Tlsa, chain: t.Sequence[Certificate], ders: t.Sequence[bytes], names: t.Sequence[str], anchored: Anchored
) -> bool:
    if record.usage == 3:
        # DANE-EE: neither names nor dates nor the rest of the chain count (RFC 7672 section 3.1.1).
        return bool(ders) and _is(record, ders[0])
    anchor = next((der for der in ders if _is(record, der)), None)
    # DANE-TA: the authority must be in the chain as sent, the chain be good up to it, and a name match (3.1.2).
    return anchor is not None and any(covers(chain[0], name) for name in names) and anchored(ders, anchor)


def _is(record: Tlsa, der: bytes) -> bool:
    data = der if record.selector == 0 else spki(x509.load_der_x509_certificate(der))
    return _DIGESTS[record.matching](data) == record.data

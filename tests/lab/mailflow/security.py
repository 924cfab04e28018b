# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts on what a server showed: its chain, its names, its TLSA records. It is OpenSSL that verifies chains."""

from __future__ import annotations

import datetime
import hashlib
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from OpenSSL import crypto

from ..switches import Switches
from .policies import Dane, Tlsa, matches
from .sessions import Presented

#: X509_V_ERR_*: not valid yet or any more; no root that is trusted at the end of what was sent.
_DATES: t.Final = frozenset({9, 10})
_UNTRUSTED: t.Final = frozenset({2, 18, 19, 20, 21, 27})

#: What is wrong with a certificate, in the words of Exchange's texts; invalid: there is no word of its own for it.
Flaw = t.Literal["", "SubjectMismatch", "UntrustedRoot", "CertificateExpired", "invalid", "revocation_unknown"]
#: What is wrong under DANE, in the words of RFC 8460.
DaneFlaw = t.Literal["", "certificate-expired", "tlsa-invalid", "certificate-host-mismatch"]


#: For people; Exchange's texts have no words for these.
_WORDS: t.Final[t.Mapping[int, str]] = {
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is self-signed",
    19: "its root is not trusted",
    20: "a certificate of its issuer is neither sent nor trusted",
    26: "it is not for servers",
    66: "its key is weak",
    67: "the key of an issuer is weak",
    68: "it is signed with a weak digest",
}


def in_words(presented: Presented) -> str:
    """What OpenSSL says against a chain, for people."""
    return ", ".join(_WORDS.get(one, f"OpenSSL's error {one}") for one in sorted(presented.errors))


def chain_flaw(presented: Presented) -> Flaw:
    """What is wrong with the chain. Where several things are, trust comes before dates: nobody has published which."""
    if presented.errors & _UNTRUSTED:
        return "UntrustedRoot"
    if presented.errors & _DATES:
        return "CertificateExpired"
    return "invalid" if presented.errors else ""


def fits_tls_domain(presented: Presented, tls_domain: str, switches: Switches) -> bool:
    """Whether a name in the certificate is what a connector's TlsDomain asks for."""
    wanted = tls_domain.lower().rstrip(".")
    return any(_fits(name, wanted, switches) for name in presented.names())


def _fits(name: str, wanted: str, switches: Switches) -> bool:
    if name == wanted:
        return True
    if switches["tls_domain_apex"] == "yes" and name.removeprefix("*.") == wanted.removeprefix("*."):
        return True
    if wanted.startswith("*."):
        deep = switches["tls_domain_depth"] == "all" and name.endswith(wanted[1:])
        return deep or matches(wanted, name)
    return matches(name, wanted)


def fits_host(presented: Presented, host: str) -> bool:
    """Whether a certificate is for a server of this name, as MTA-STS and TLSA records with usage 2 ask for."""
    return any(matches(name, host) for name in presented.names())


# -- DANE ------------------------------------------------------------------------------------------------------------


def dane_flaw(presented: Presented, dane: Dane, names: t.Sequence[str], switches: Switches) -> DaneFlaw:
    """What is wrong by the TLSA records, of which one that is satisfied is enough."""
    flaws = {_by_record(presented, record, names, switches) for record in dane.records}
    order: tuple[DaneFlaw, ...] = ("", "certificate-host-mismatch", "certificate-expired", "tlsa-invalid")
    return next((one for one in order if one in flaws), "tlsa-invalid")


def _by_record(presented: Presented, record: Tlsa, names: t.Sequence[str], switches: Switches) -> DaneFlaw:
    if record.usage == 3:
        if not _is(record, presented.leaf):
            return "tlsa-invalid"
        refused = switches["dane_expired"] == "refused" and _is_out_of_date(presented.leaf)
        return "certificate-expired" if refused else ""
    anchors = [one for one in presented.chain if _is(record, one)]
    if not anchors:
        return "tlsa-invalid"
    flaw = _anchored(presented, anchors[0])
    if flaw:
        return flaw
    return "" if any(fits_host(presented, name) for name in names) else "certificate-host-mismatch"


def _is(record: Tlsa, certificate: x509.Certificate) -> bool:
    if record.selector == 0:
        data = certificate.public_bytes(serialization.Encoding.DER)
    else:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        data = certificate.public_key().public_bytes(serialization.Encoding.DER, form)
    digests = {0: data, 1: hashlib.sha256(data).digest(), 2: hashlib.sha512(data).digest()}
    return digests[record.matching] == record.data


def _anchored(presented: Presented, anchor: x509.Certificate) -> DaneFlaw:
    """Verify the chain up to the certificate that a TLSA record names."""
    store = crypto.X509Store()
    store.add_cert(crypto.X509.from_cryptography(anchor))
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    code = verify(store, presented.chain)
    if not code:
        return ""
    return "certificate-expired" if code in _DATES else "tlsa-invalid"


def verify(store: crypto.X509Store, chain: t.Sequence[x509.Certificate]) -> int:
    """Have OpenSSL verify a chain, its first certificate first; the code of the first error, 0 for none."""
    leaf, *others = [crypto.X509.from_cryptography(one) for one in chain]
    try:
        crypto.X509StoreContext(store, leaf, others).verify_certificate()
    except crypto.X509StoreContextError as problem:
        return int(problem.errors[0])
    return 0


def _is_out_of_date(certificate: x509.Certificate) -> bool:
    now = datetime.datetime.now(datetime.UTC)
    return not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Whether a chain leads to a trusted authority: OpenSSL's own judgement, without a connection.

The chain was taken from a handshake that verified nothing, so that one connection proves encryption and shows the chain
at once. To have it verified, OpenSSL is handed the two messages in which a server would have sent it: a client that
demands a certificate reads them from memory, and ends in asking for more (the chain is good) or with its error.
"""

from __future__ import annotations

import functools
import pathlib
import re
import ssl
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import certificate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import (
    Certificate,
    Trust,
    TrustReason,
    path_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.text import clean

Ders = t.Sequence[bytes]

#: A TLS 1.2 server that knows one suite, with a key exchange in which its certificate is the next thing it sends.
_SUITE = "AES128-GCM-SHA256"
_SERVER_HELLO = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x9c" + b"\x00" + b"\x00\x05" + b"\xff\x01\x00\x01\x00"

#: OpenSSL's X509_V_ERR_* -> what it means here. What is not in it is "other".
_REASONS: t.Mapping[int, TrustReason] = {
    2: "incomplete_chain",  # UNABLE_TO_GET_ISSUER_CERT
    9: "not_yet_valid",  # CERT_NOT_YET_VALID
    10: "expired",  # CERT_HAS_EXPIRED
    18: "self_signed",  # DEPTH_ZERO_SELF_SIGNED_CERT
    19: "untrusted_root",  # SELF_SIGNED_CERT_IN_CHAIN
    20: "incomplete_chain",  # UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    21: "incomplete_chain",  # UNABLE_TO_VERIFY_LEAF_SIGNATURE
    26: "wrong_purpose",  # INVALID_PURPOSE
}
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")
_KEPT = 8192


class Verifier:
    """Verifies chains against one set of trusted authorities, loaded once."""

    def __init__(self, ca_path: str = "") -> None:
        """Trust what ``ca_path`` holds, a PEM file or a directory with hashed names; empty: what the system trusts.

        Raises ValueError with half a sentence when nothing can be trusted.
        """
        self._context = _context()
        _load(self._context, ca_path)
        self._ca_path = ca_path
        self._known: dict[tuple[bytes, ...], tuple[int, str]] = {}
        self._authorities: t.Mapping[str, bytes] = {}
        self._counted = 0

    def web_context(self) -> ssl.SSLContext:
        """For HTTPS: the same authorities, and the name is checked as well."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        _load(context, self._ca_path)
        return context

    def verify(self, chain: Ders, extra: Ders = ()) -> Trust:
        """Judge a chain as sent, leaf first. ``extra`` are certificates of authorities that others have sent.

        They serve to tell a chain that lacks an intermediate certificate from one that leads to an unknown authority,
        and never make a chain trusted that is not: Exchange does not look for what a server leaves out.
        """
        code, text = self._ask(tuple(chain))
        if code == 0:
            return Trust("trusted")
        reason = _REASONS.get(code, "other")
        if reason != "incomplete_chain":
            return Trust(reason, code, text)
        return self._incomplete(chain, extra, code, text)

    def _incomplete(self, chain: Ders, extra: Ders, code: int, text: str) -> Trust:
        last = _last(chain)
        missing = last.issuer if last is not None else ""
        completed, words = self._ask((*chain, *_above(last, extra))) if last is not None else (code, text)
        if completed == 19:
            return Trust("untrusted_root", completed, words, missing)
        if _REASONS.get(completed) != "incomplete_chain":
            return Trust("incomplete_chain", code, text, missing)
        # Nothing is known of the issuer. Public authorities say in each certificate where theirs is to be had, private
        # ones do so rarely.
        leads_on = last is not None and bool(last.issuer_urls)
        return Trust("incomplete_chain" if leads_on else "untrusted_root", code, text, missing, proven=False)

    def anchored(self, chain: Ders, anchor: bytes) -> bool:
        """Whether the chain verifies with this one certificate as the authority (RFC 7671 section 5.2)."""
        return _ask(_anchored_at(anchor), chain)[0] == 0

    @property
    def authorities(self) -> t.Mapping[str, bytes]:
        """The trusted authorities by their subject, for looking up the issuer that a server need not send.

        Of a directory, those that a chain has led to: OpenSSL reads the others when they are wanted.
        """
        count = self._context.cert_store_stats()["x509_ca"]
        if count != self._counted:
            self._counted = count
            read = (certificate.readable(der) for der in self._context.get_ca_certs(binary_form=True))
            self._authorities = {one.subject: one.der for one in read if one is not None}
        return self._authorities

    def _ask(self, chain: tuple[bytes, ...]) -> tuple[int, str]:
        known = self._known.get(chain)
        if known is None:
            known = _ask(self._context, chain)
            if len(self._known) < _KEPT:
                self._known[chain] = known
        return known


def _context() -> ssl.SSLContext:
    """Security level 0: whether keys and signatures are strong enough is for the rules to say."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{_SUITE}:@SECLEVEL=0")
    return context


def _load(context: ssl.SSLContext, ca_path: str) -> None:
    path = pathlib.Path(ca_path)
    try:
        if not ca_path:
            context.load_default_certs()
            if not context.get_ca_certs() and not _has_hashed(ssl.get_default_verify_paths().capath):
                raise ValueError("is not given and this machine has no CA certificates; install them or give a file")
        elif path.is_dir():
            if not _has_hashed(ca_path):
                raise ValueError("is a directory without CA certificates of hashed names; give a PEM file")
            context.load_verify_locations(capath=ca_path)
        else:
            context.load_verify_locations(cafile=ca_path)
    except ssl.SSLError:
        raise ValueError("holds no certificate in PEM form; give a file of CA certificates") from None
    except OSError as problem:
        raise ValueError(f"cannot be read ({problem.strerror}); give a file of CA certificates") from None


def _has_hashed(directory: str | None) -> bool:
    return bool(directory) and any(_HASHED.fullmatch(path.name) for path in pathlib.Path(directory or "").glob("*.*"))


@functools.lru_cache(maxsize=256)
def _anchored_at(anchor: bytes) -> ssl.SSLContext:
    context = _context()
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=anchor)
    return context


def _ask(context: ssl.SSLContext, chain: Ders) -> tuple[int, str]:
    """Return OpenSSL's code and words, 0 for a good chain; code -1 where it could not read the chain at all."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing)
    try:
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            incoming.write(_flight(chain))
            client.do_handshake()
    except ssl.SSLWantReadError:
        return 0, ""
    except ssl.SSLCertVerificationError as problem:
        return problem.verify_code, clean(problem.verify_message)
    except ssl.SSLError as problem:
        # The chain was verified before OpenSSL noticed that its key does not fit our one suite.
        return (0, "") if problem.reason == "WRONG_CERTIFICATE_TYPE" else (-1, clean(problem.reason or "unreadable"))
    return -1, "unreadable"


def _flight(chain: Ders) -> bytes:
    certificates = b"".join(len(der).to_bytes(3, "big") + der for der in chain)
    messages = _message(2, _SERVER_HELLO) + _message(11, len(certificates).to_bytes(3, "big") + certificates)
    pieces = (messages[start : start + 16384] for start in range(0, len(messages), 16384))
    return b"".join(b"\x16\x03\x03" + len(piece).to_bytes(2, "big") + piece for piece in pieces)


def _message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def _last(chain: Ders) -> Certificate | None:
    """Return the certificate at the end of the path, whose issuer the chain lacks; None where it cannot be read."""
    certificates = [certificate.readable(der) for der in chain]
    return None if None in certificates else path_of([one for one in certificates if one is not None])[-1]


def _above(last: Certificate, extra: Ders) -> list[bytes]:
    """Return the extra certificates that lead on from the last one, by signature: anybody can bear a name."""
    rest = [one for der in extra if (one := certificate.readable(der)) is not None]
    above: list[bytes] = []
    while issuer := next((one for one in rest if certificate.issued(one, last)), None):
        rest.remove(issuer)
        above.append(issuer.der)
        last = issuer
    return above

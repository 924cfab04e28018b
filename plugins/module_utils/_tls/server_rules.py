# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The rules for one server: what was observed -> which findings it makes. Pure.

Each rule is a function that knows one thing. Where a rule comes from stands in the table of findings.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.codes import CODES
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import (
    Certificate,
    Failure,
    Session,
    Step,
    path_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Level, Server, Target, rank
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.names import covers, exchange_match

#: Bits of the shortest key that counts, by type (RFC 9325 section 4.5).
_SHORTEST_KEY = {"RSA": 2048, "EC": 224}
_BROKEN_HASHES = ("sha1", "md5", "md2", "md4")


@dataclasses.dataclass(frozen=True)
class Note:
    """A finding before it has its words. ``subject`` is the server or domain, ``values`` fill the templates."""

    code: str
    subject: str
    values: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    #: It stops no mail, whatever else does.
    harmless: bool = False

    @property
    def proven(self) -> Level | None:
        bounds = CODES[self.code].bounds
        return "domain_validation" if bounds is None else bounds[0]

    @property
    def possible(self) -> Level:
        bounds = CODES[self.code].bounds
        return "domain_validation" if bounds is None else bounds[1]


@dataclasses.dataclass(frozen=True)
class Context:
    """What the rules need beside the server itself. ``candidates`` is a text for the advice.

    ``has_ipv6`` tells that another server was connected to over IPv6, so there is a way to IPv6 addresses from here.
    """

    target: Target
    now: datetime.datetime
    expiry_warning_days: int
    candidates: str = ""
    has_ipv6: bool = False


@dataclasses.dataclass(frozen=True)
class Judged:
    """A server with its findings. ``proven`` is None where it was not judged."""

    server: Server
    notes: tuple[Note, ...]

    @property
    def proven(self) -> Level | None:
        proven = [note.proven for note in self.notes if note.proven is not None]
        weakest: Level = min(proven, key=rank, default="domain_validation")
        return weakest if len(proven) == len(self.notes) else None

    @property
    def possible(self) -> Level:
        return min((note.possible for note in self.notes), key=rank, default="domain_validation")


def judge_server(server: Server, context: Context) -> Judged:
    """Apply all rules to one server."""
    subject = label(server)
    found = [
        Note(code, subject, {"server": subject, **values})
        for rule in (_conversation, _encryption, _trust, _strength, _revocation, _expiry, _names)
        for code, values in rule(server, context)
    ]
    return Judged(server, tuple(found))


def label(server: Server) -> str:
    """The server as people call it."""
    name = server.host.name
    return f"{name} [{server.address}]" if name else f"[{server.address}]"


_Found = t.Iterator[tuple[str, dict[str, str]]]
#: (step, fault) -> code, for conversations that ended before TLS. What is not in it ended in closing or in silence.
_EARLY: t.Mapping[tuple[Step, str], str] = {
    ("banner", "timeout"): "banner_timeout",
    ("ehlo", "reply"): "ehlo_refused",
    ("starttls", "reply"): "starttls_refused",
    ("handshake", "timeout"): "handshake_timeout",
    ("ehlo_again", "reply"): "ehlo_refused",
}


def _conversation(server: Server, context: Context) -> _Found:
    """How far the conversation came."""
    session, failure = server.session, server.session.failure
    if failure is not None and not server.handshake_failed:
        values = {"detail": failure.detail or failure.fault, "step": failure.step, "port": str(session.port)}
        if failure.step == "connect":
            codes = {"private": "private_address", "deadline": "deadline_server"}
            no_ipv6 = failure.fault == "unreachable" and ":" in server.address and not context.has_ipv6
            yield "ipv6_not_tested" if no_ipv6 else codes.get(failure.fault, "connect_failed"), values
        elif failure.step == "banner" and session.banner is not None:
            yield "banner_tempfail" if session.banner.code < 500 else "banner_reject", values
        elif failure.fault == "protocol":
            yield "not_smtp", values
        else:
            yield _ended_early(failure), values
    if session.ehlo is not None and session.ehlo.code == 250 and "STARTTLS" not in session.extensions:
        overwritten = next((word for word in session.extensions if word.startswith("XXXX")), None)
        if overwritten is None:
            yield "no_starttls", {}
        else:
            yield "starttls_stripped", {"detail": overwritten}
    if session.injected:
        yield "plaintext_after_starttls", {"detail": str(session.injected)}


def _ended_early(failure: Failure) -> str:
    general = "reply_timeout" if failure.fault == "timeout" else "closed_early"
    return _EARLY.get((failure.step, failure.fault), general)


def _encryption(server: Server, context: Context) -> _Found:
    """What TLS was agreed on, or why none was."""
    if server.handshake_failed:
        code, values = _why_no_handshake(server)
        yield code, values
        ended = server.second.failure if server.second is not None and code == "tls13_only" else None
        if ended is not None:
            # That one is the connection that counts then, and it came to no good end either.
            yield _ended_early(ended), {"detail": ended.detail or ended.fault, "step": ended.step}
    tls = server.tls
    if tls is None:
        return
    if tls.protocol == "TLSv1.2" and not tls.cipher.startswith(("ECDHE", "DHE")):
        yield "no_forward_secrecy", {"detail": tls.cipher}
    if server.session.client_certificate_asked:
        yield "client_certificate_asked", {}
    if server.leaf is not None and server.leaf.key_type.startswith("EC"):
        yield "ecdsa_certificate", {}


def _why_no_handshake(server: Server) -> tuple[str, dict[str, str]]:
    """The second connection offered all that there is: what the server then took names the cause."""
    second = server.second.tls if server.second is not None else None
    failure = server.session.failure
    if server.session.client_certificate_asked:
        return "client_cert_required", {}
    if second is None:
        return "handshake_failed", {"detail": failure.detail if failure is not None else ""}
    if second.protocol == "TLSv1.3":
        return ("client_cert_required" if _wants_certificate(server.second) else "tls13_only"), {}
    if second.protocol == "TLSv1.2":
        return "no_shared_cipher", {"detail": second.cipher}
    return "protocol_too_old", {"detail": second.protocol.replace("TLSv", "TLS ")}


def _wants_certificate(session: Session | None) -> bool:
    """In TLS 1.3 the refusal of a client without a certificate comes after the handshake (RFC 8446 section 4.4.2.4)."""
    failure = session.failure if session is not None else None
    if failure is None or failure.step != "ehlo_again":
        return False
    return "certificate required" in failure.detail.replace("_", " ")  # the alert's name, or OpenSSL's words for it


def _trust(server: Server, context: Context) -> _Found:
    """Whether an authority vouches for the certificate."""
    if server.tls is None:
        return
    if server.chain_problem:
        yield "certificate_unreadable", {"detail": server.chain_problem}
    trust, leaf = server.trust, server.leaf
    if trust is None or leaf is None:
        return
    values = {"subject": leaf.subject, "detail": trust.missing or server.chain[-1].issuer}
    for reason in dict.fromkeys((trust.reason, *trust.also)):
        if reason == "expired":
            late = min(path_of(server.chain), key=lambda one: one.not_after)
            yield "cert_expired", {**values, "date": _date(late.not_after)}
        elif reason == "not_yet_valid":
            early = max(path_of(server.chain), key=lambda one: one.not_before)
            yield "cert_not_yet_valid", {**values, "date": _date(early.not_before)}
        elif reason == "other":
            yield "untrusted", {**values, "detail": trust.text}
        elif reason != "trusted":
            yield reason, values


def _strength(server: Server, context: Context) -> _Found:
    """Keys and signatures; a root's own signature does not count, and nobody has to send the root."""
    if server.tls is None:
        return
    for certificate in path_of(server.chain):
        values = {"subject": certificate.subject}
        shortest = _SHORTEST_KEY.get(certificate.key_type.partition(" ")[0], 0)
        if certificate.key_bits < shortest or certificate.key_type == "DSA":
            yield "weak_key", {**values, "detail": certificate.key}
        if certificate.self_issued and certificate is not server.leaf:
            continue
        signature = certificate.signature.lower().replace("-", "")
        if any(broken in signature for broken in _BROKEN_HASHES):
            yield "weak_signature", {**values, "detail": certificate.signature}


def _revocation(server: Server, context: Context) -> _Found:
    revocation = server.revocation
    values = {"subject": revocation.subject, "detail": revocation.detail}
    if revocation.status == "revoked":
        yield "cert_revoked", values
    elif revocation.status == "unknown":
        yield "revocation_unknown", values


def _expiry(server: Server, context: Context) -> _Found:
    """The first certificate of the chain to expire, within the time of warning."""
    if server.tls is None or not server.chain:
        return
    first = min(path_of(server.chain), key=lambda one: one.not_after)
    left = first.not_after - context.now
    if datetime.timedelta(0) <= left < datetime.timedelta(days=context.expiry_warning_days):
        values = {"subject": first.subject, "date": _date(first.not_after), "days": str(left.days)}
        yield "cert_expires_soon", values


def _names(server: Server, context: Context) -> _Found:
    """The given certificate name by Exchange's rule; without one, the names that come to mind by RFC 9525."""
    leaf, target = server.leaf, context.target
    if server.tls is None or leaf is None:
        return
    expected = [target.certificate_name] if target.certificate_name else [target.domain, server.host.name]
    values = {
        "expected": " or ".join(f"'{name}'" for name in dict.fromkeys(expected) if name),
        "names": _list(leaf),
        "candidates": context.candidates or "there is none yet",
    }
    if not target.certificate_name:
        code = _best_guess(leaf, expected)
        if code is not None:
            yield code, {**values, "name": leaf.common_name}
        return
    match = exchange_match(target.certificate_name, leaf)
    codes = {"no": "name_mismatch", "ambiguous": "name_ambiguous", "common_name": "no_san"}
    if match.kind in codes:
        yield codes[match.kind], {**values, "name": match.name}


def _best_guess(leaf: Certificate, expected: t.Sequence[str]) -> str | None:
    if any(covers(leaf, name) for name in expected if name):
        return None
    in_common_name = leaf.common_name.lower() in [name for name in expected if name]
    return "no_san" if in_common_name else "name_mismatch"


def _list(leaf: Certificate) -> str:
    shown = [f"'{name}'" for name in leaf.names[:5]] or [f"'{leaf.common_name}' (common name only)"]
    return ", ".join(shown) + (f" and {len(leaf.names) - 5} more" if len(leaf.names) > 5 else "")


def _date(moment: datetime.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

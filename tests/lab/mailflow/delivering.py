# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One attempt to hand a message to the servers of a route: what is asked of each, and what comes of it."""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace

from OpenSSL import SSL, crypto

from ..switches import Switches
from .demands import Demands, Refused, Where, path_of
from .names import Names, Server, a_label
from .policies import Dane, Sts, look_for_dane, look_for_sts
from .revocation import revocation
from .security import Flaw, chain_flaw, dane_flaw, fits_host, fits_tls_domain, in_words
from .sessions import Presented, context
from .shapes import Attempt, Envelope, Route
from .talk import BrokenOff, Reply, Talk
from .texts import Problem, text_of
from .transport_evidence import cite

#: What SMTP without SMTPUTF8 can carry between angle brackets.
_ADDRESS: t.Final = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
#: By the first digit of a reply.
_MEANINGS: t.Final[t.Mapping[int, tuple[t.Literal["delivered", "deferred", "failed"], str]]] = {
    2: ("delivered", cite("transport.delivered")),
    4: ("deferred", cite("transport.tempfailed")),
    5: ("failed", cite("transport.rejected")),
}
_TLS_TROUBLES: t.Final = ("no_starttls", "handshake_closed", "handshake_failed", "handshake_timed_out")


class Delivery:
    """One attempt. ``log`` is its conversation."""

    def __init__(self, where: Where, switches: Switches, names: Names, route: Route, envelope: Envelope) -> None:
        self._where = where
        self._switches = switches
        self._names = names
        self._route = route
        self._envelope = envelope
        self._policies: dict[str, Sts] = {}
        self.log: list[str] = []

    def run(self) -> Attempt:
        """Try every server until one takes the message, or says that nobody will."""
        return replace(self._run(), conversation=tuple(self.log))

    def _run(self) -> Attempt:
        sender, recipient = path_of(self._envelope.mail_from), path_of(self._envelope.recipient)
        if not (_ADDRESS.fullmatch(recipient) and (not sender or _ADDRESS.fullmatch(sender))):
            return self._ended("failed", Problem("bad_address", ""))
        found = self._names.servers(self._route)
        self.log += found.notes
        if found.trouble:
            last = self._route.smart_hosts[-1] if self._route.smart_hosts else a_label(self._route.domain)
            lost = found.trouble in ("no_domain", "null_mx")
            return self._ended("failed" if lost else "deferred", Problem(found.trouble, last))
        attempt = self._try(found.servers[0])
        for server in found.servers[1:]:
            if attempt.result != "deferred":
                break
            attempt = self._try(server)
        return attempt

    # -- one server --------------------------------------------------------------------------------------------------

    def _try(self, server: Server) -> Attempt:
        self.log.append(f"-- {server.name or 'smart host'} [{server.address}]:25")
        shown: list[Presented] = []
        try:
            return self._meet(server, shown)
        except Refused as problem:
            return self._ended("deferred", self._problem(problem, server, shown), server, shown)

    def _meet(self, server: Server, shown: list[Presented]) -> Attempt:
        """Try one server. Raises Refused where its own replies do not say what becomes of the message."""
        demands = self._demands(server)
        try:
            return self._as_demanded(server, demands, shown)
        except BrokenOff as problem:
            raise self._refusal(problem, demands) from None
        except (SSL.Error, crypto.Error, OSError) as problem:
            # Not the server's doing: the file of trusted roots is gone, for one. An attempt must not raise.
            self.log.append(f"-- the lab's own TLS fails: {str(problem) or type(problem).__name__}")
            raise Refused("handshake_failed") from None

    def _as_demanded(self, server: Server, demands: Demands, shown: list[Presented]) -> Attempt:
        try:
            return self._converse(server, demands, shown, in_clear=False)
        except BrokenOff as problem:
            if problem.trouble not in _TLS_TROUBLES or demands.forced:
                raise
        self.log.append("-- TLS is not asked for: once more, in clear")
        return self._converse(server, demands, shown, in_clear=True)

    def _demands(self, server: Server) -> Demands:
        """What this server must show. Raises Refused where that is known without asking it."""
        dane = Dane()
        smart_off = server.smart and self._switches["dane_smart_hosts"] == "off"
        if self._route.smtp_dane_mode != "None" and not smart_off:
            dane = look_for_dane(self._names, server)
            if dane.state != "absent":
                self.log.append(f"-- DANE of {dane.base}: {len(dane.records)} TLSA records, {dane.state}")
            if dane.state == "bogus":
                as_dns = self._switches["dnssec_failure_code"] == "4.4.312"
                raise Refused("dnssec_dns" if as_dns else "dnssec_invalid")
            if self._route.smtp_dane_mode == "Mandatory" and dane.state != "usable":
                self.log.append("-- DANE is demanded, and there is none that can be used")
                raise Refused("dane_missing")
        sts = Sts()
        first = dane.state == "usable" and self._switches["dane_and_mta_sts"] == "dane_first"
        if self._route.mta_sts_mode != "None" and server.policy_domain and not first:
            sts = self._policy(server.policy_domain)
            if sts.mode == "enforce" and not sts.lists(server.name):
                self.log.append(f"-- the policy does not list {server.name}")
                raise Refused("sts_host")
        return Demands(self._route.tls_settings, dane, sts)

    def _policy(self, domain: str) -> Sts:
        if domain not in self._policies:
            where = self._where
            policy = look_for_sts(self._names, domain, where.policy_port, where.ca_path, where.timeout)
            self.log += [policy.note] if policy.note else []
            self._policies[domain] = policy
        return self._policies[domain]

    def _refusal(self, problem: BrokenOff, demands: Demands) -> Refused:
        """A server that does not give the TLS that must be: whose demand it was decides the text."""
        if problem.trouble not in _TLS_TROUBLES:
            return Refused(problem.trouble, problem.said)
        if demands.dane.state in ("unusable", "usable"):
            return Refused("dane_starttls")
        if demands.level is None and problem.trouble == "no_starttls":
            return Refused("sts_starttls")
        return Refused(problem.trouble, problem.said)

    # -- one connection ----------------------------------------------------------------------------------------------

    def _converse(self, server: Server, demands: Demands, shown: list[Presented], *, in_clear: bool) -> Attempt:
        where = self._where
        with Talk(server.address, where.port, where.timeout, self.log) as talk:
            extensions = talk.greet(where.helo_name)
            if "STARTTLS" in extensions and not in_clear:
                sni = (demands.dane.base or server.name) if self._switches["outbound_sni"] == "yes" else ""
                shown.append(talk.start_tls(context(where.ca_path, self._switches), sni))
                self._judge(talk, server, demands, shown[-1])
                extensions = talk.ehlo(where.helo_name)
            elif demands.forced:
                self.log.append("-- no STARTTLS, and TLS is asked for")
                talk.quit()
                raise BrokenOff("no_starttls")
            attempt = self._hand_over(talk, server, extensions)
            talk.quit()
        return attempt

    def _judge(self, talk: Talk, server: Server, demands: Demands, presented: Presented) -> None:
        """Raise Refused unless the certificate is what is asked for. Nothing of the message is out by then."""
        kind, said = self._verdict(server, demands, presented)
        if not kind:
            if demands.certificate:
                self.log.append("-- the certificate is what is asked for")
        else:
            details = f" ({in_words(presented)})" if presented.errors else ""
            self.log.append(f"-- the certificate does not do: {said or kind}{details}")
            talk.quit()
            raise Refused(kind, said)

    def _verdict(self, server: Server, demands: Demands, presented: Presented) -> tuple[str, str]:
        flaw = self._level_flaw(demands, presented)
        if flaw:
            return flaw, ""
        if demands.dane.state == "usable":
            names = list(filter(None, (server.name, server.end_of_alias, a_label(self._route.domain))))
            dane = dane_flaw(presented, demands.dane, names, self._switches)
            if dane:
                return dane, ""
        if demands.sts.mode == "enforce":
            sts = chain_flaw(presented) or ("" if fits_host(presented, server.name) else "SubjectMismatch")
            if sts:
                return "sts_certificate", sts
        return "", ""

    def _level_flaw(self, demands: Demands, presented: Presented) -> Flaw:
        if demands.level not in ("CertificateValidation", "DomainValidation"):
            return ""
        # JPBLOG's SubjectMismatch was for what looks like a self-signed certificate: so names come before trust.
        expected = self._route.tls_domain or a_label(self._route.domain)
        if demands.level == "DomainValidation" and not fits_tls_domain(presented, expected, self._switches):
            return "SubjectMismatch"
        flaw = chain_flaw(presented)
        if flaw:
            return flaw
        status = revocation(presented.chain, self._where.ca_path, self._names, self._where.timeout)
        if status != "good":
            self.log.append(f"-- revocation: {status}")
        if status == "unknown" and self._switches["revocation_unknown"] == "refused":
            return "revocation_unknown"
        return "invalid" if status == "revoked" else ""

    def _hand_over(self, talk: Talk, server: Server, extensions: set[str]) -> Attempt:
        """Send the message. Raises BrokenOff where the server breaks off."""
        envelope = self._envelope
        size = f" SIZE={len(envelope.content)}" if "SIZE" in extensions else ""
        body = " BODY=8BITMIME" if "8BITMIME" in extensions and not envelope.content.isascii() else ""
        steps = (
            (f"MAIL FROM:<{path_of(envelope.mail_from)}>{size}{body}", 2),
            (f"RCPT TO:<{path_of(envelope.recipient)}>", 2),
            ("DATA", 3),
        )
        for command, wanted in steps:
            reply = talk.command(command)
            if reply.code // 100 != wanted:
                return self._said(reply, talk, server)
        return self._said(talk.content(envelope.content), talk, server, sent=True)

    # -- ends --------------------------------------------------------------------------------------------------------

    def _said(self, reply: Reply, talk: Talk, server: Server, *, sent: bool = False) -> Attempt:
        """What a partner's own reply means."""
        kind = reply.code // 100
        if kind not in (4, 5) and not (sent and kind == 2):
            raise BrokenOff("nonsense", str(reply))
        result, evidence = _MEANINGS[kind]
        protocol = talk.presented.protocol if talk.presented else ""
        encrypted = sent and bool(protocol)
        return Attempt(result, str(reply), evidence, encrypted, protocol, server.label, server.address)

    def _problem(self, refused: Refused, server: Server, shown: list[Presented]) -> Problem:
        return Problem(
            refused.kind,
            server.label,
            server.address,
            refused.said,
            server.policy_domain,
            self._route.tls_domain or a_label(self._route.domain),
            shown[-1] if shown else None,
        )

    def _ended(
        self,
        result: t.Literal["deferred", "failed"],
        problem: Problem,
        server: Server | None = None,
        shown: t.Sequence[Presented] = (),
    ) -> Attempt:
        row = text_of(problem, self._switches)
        return Attempt(
            result,
            row.text,
            row.evidence,
            protocol=shown[-1].protocol if shown else "",
            server=server.label if server else "",
            address=server.address if server else "",
        )

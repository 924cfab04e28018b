# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The certificate chains of a run: each is read, verified and looked up in the revocation lists once."""

from __future__ import annotations

import dataclasses
import datetime
import functools

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import certificate, revocation
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import (
    NOT_CHECKED,
    Certificate,
    RevocationStatus,
    Trust,
    TrustReason,
    path_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.once import Once
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.verify import Verifier

Ders = tuple[bytes, ...]

#: How many missing issuers are put to one chain.
_MOST_ADDED = 3


@dataclasses.dataclass(frozen=True)
class Chain:
    """What a chain is worth. ``problem`` says why it could not be read."""

    certificates: tuple[Certificate, ...] = ()
    problem: str = ""
    trust: Trust | None = None
    revocation: RevocationStatus = NOT_CHECKED


class Chains:
    """Judges chains as they come in; ``fetch`` is None where nothing may be fetched."""

    def __init__(self, verifier: Verifier, fetch: revocation.Fetch | None, now: datetime.datetime) -> None:
        self._verifier = verifier
        self._fetch = fetch
        self._now = now
        self._lists = None if fetch is None else revocation.Lists(fetch, now)
        self._judged: Once[Ders, Chain] = Once()
        #: Authorities that any server of this run has shown, by their subject.
        self._authorities: dict[str, Certificate] = {}

    async def judge(self, ders: Ders) -> Chain:
        """Return what is known of a chain, as sent and leaf first. Never raises for what a server sent."""
        if not ders:
            return Chain()
        return await self._judged.get(ders, functools.partial(self._judge, ders))

    def settle(self, ders: Ders, chain: Chain) -> Chain:
        """Judge once more where nothing told an incomplete chain from an unknown authority.

        By the end of a run another server may have sent the certificate that is missing.
        """
        if chain.trust is None or chain.trust.proven:
            return chain
        extra: list[bytes] = []
        wanted = chain.trust.missing
        while len(extra) < _MOST_ADDED and (issuer := self._authorities.get(wanted)) is not None:
            extra.append(issuer.der)
            wanted = issuer.issuer if not issuer.self_issued else ""
        return dataclasses.replace(chain, trust=self._verify(ders, chain.certificates, tuple(extra)))

    async def _judge(self, ders: Ders) -> Chain:
        try:
            leaf = certificate.read(ders[0])
        except certificate.Unreadable as problem:
            return Chain(problem=str(problem))
        certificates = (leaf, *(found for der in ders[1:] if (found := certificate.readable(der)) is not None))
        self._authorities.update((one.subject, one) for one in certificates[1:])
        trust = self._verify(ders, certificates, ())
        if trust.reason == "incomplete_chain" and self._fetch is not None:
            fetched = await self._fetch_issuers(certificates)
            trust = self._verify(ders, certificates, fetched)
        status = NOT_CHECKED
        # A chain that is not trusted anyway has no issuer whose list would count.
        if self._lists is not None and trust.trusted:
            status = await self._lists.check(path_of(certificates), lambda one: self._issuer(one, certificates))
        return Chain(certificates, "", trust, status)

    def _verify(self, ders: Ders, certificates: tuple[Certificate, ...], extra: Ders) -> Trust:
        trust = self._verifier.verify(ders, extra)
        also: TrustReason | None = None
        if certificates[0].not_after < self._now:
            also = "expired"
        elif certificates[0].not_before > self._now:
            also = "not_yet_valid"
        # OpenSSL builds the path before it looks at dates, and stops at the first fault.
        return trust if also in (None, trust.reason) else dataclasses.replace(trust, also=(also,))

    async def _fetch_issuers(self, certificates: tuple[Certificate, ...]) -> Ders:
        """Fetch what the server left out (RFC 5280 section 4.2.2.1), as browsers do and Exchange is not known to."""
        found: list[bytes] = []
        last = path_of(certificates)[-1]
        while self._fetch is not None and last.issuer_urls and len(found) < _MOST_ADDED and not last.self_issued:
            body = await self._fetch(last.issuer_urls[0])
            der = None if body is None else revocation.certificate_in(body)
            issuer = None if der is None else certificate.readable(der)
            if issuer is None:
                break
            found.append(issuer.der)
            last = issuer
        return tuple(found)

    def _issuer(self, one: Certificate, certificates: tuple[Certificate, ...]) -> Certificate | None:
        sent = next((other for other in certificates if other.subject == one.issuer), None)
        if sent is not None:
            return sent
        der = self._verifier.authorities.get(one.issuer)
        return None if der is None else certificate.readable(der)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Observations and judgements as the values that the module returns. Pure."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import (
    Certificate,
    Dane,
    MtaSts,
    Reply,
    Tls,
    TlsRpt,
    Trust,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import (
    Judgement,
    Level,
    Observation,
    Server,
)

Values = dict[str, t.Any]

#: The worst comes first: it is what stands for the whole.
_DANE_ORDER = ("bogus", "mismatch", "unusable", "unjudged", "none", "match")


def present(observation: Observation, judgement: Judgement, now: datetime.datetime) -> Values:
    """One partner, as the module returns it."""
    target = observation.target
    levels = zip(observation.servers, judgement.levels, strict=True)
    return {
        "domain": target.domain,
        "level": target.level,
        "certificate_name": target.certificate_name,
        "verdict": judgement.verdict,
        "sustains": judgement.sustains,
        "delivery": judgement.delivery,
        "names": list(judgement.names),
        "hosts": [_server(server, level, now) for server, level in levels],
        "dane": _dane_of_all(observation),
        "mta_sts": [_mta_sts(domain, policy) for domain, policy in observation.mta_sts.items()],
        "tls_rpt": _tls_rpt(observation.tls_rpt),
        "findings": [dict(vars(finding)) for finding in judgement.findings],
    }


def _server(server: Server, level: Level | None, now: datetime.datetime) -> Values:
    host, session = server.host, server.session
    failure = session.failure
    return {
        "host": host.name,
        "via": host.via,
        "preference": host.preference,
        "address": server.address,
        "canonical_name": host.canonical,
        "dnssec": host.secure,
        "sustains": level,
        "failed_at": failure.step if failure else None,
        "failure": failure.fault if failure else None,
        "failure_detail": failure.detail if failure else None,
        "milliseconds": dict(session.milliseconds),
        "banner": _reply(session.banner),
        "extensions": list(session.extensions),
        "starttls": _reply(session.starttls),
        "extensions_after_tls": list(session.extensions_after_tls),
        **_tls(server.tls),
        "client_certificate_asked": session.client_certificate_asked,
        "chain": [_certificate(certificate, now) for certificate in server.chain],
        "trust": _trust(server.trust),
        "revocation": server.revocation.status,
        "dane": _dane(server.dane),
    }


def _reply(reply: Reply | None) -> Values | None:
    return None if reply is None else {"code": reply.code, "text": reply.text}


def _tls(tls: Tls | None) -> Values:
    if tls is None:
        return {"protocol": None, "cipher": None, "offers_tls13": None}
    return {
        "protocol": tls.protocol,
        "cipher": tls.cipher,
        "offers_tls13": tls.offers_tls13,
    }


def _certificate(certificate: Certificate, now: datetime.datetime) -> Values:
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial_number": certificate.serial,
        "names": list(certificate.names),
        "common_name": certificate.common_name,
        "not_before": timestamp(certificate.not_before),
        "not_after": timestamp(certificate.not_after),
        "days_left": (certificate.not_after - now).days,
        "key": certificate.key,
        "signature": certificate.signature,
        "sha256": certificate.sha256,
        "spki_sha256": certificate.spki_sha256,
        "crl_urls": list(certificate.crl_urls),
        "ocsp_urls": list(certificate.ocsp_urls),
    }


def _trust(trust: Trust | None) -> Values | None:
    if trust is None:
        return None
    return {
        "trusted": trust.trusted,
        "reason": trust.reason,
        "code": trust.code,
        "text": trust.text,
        "missing_issuer": trust.missing,
    }


def _dane(dane: Dane) -> Values:
    return {
        "status": dane.status,
        "records": [
            f"{record.usage} {record.selector} {record.matching} {record.data.hex()}" for record in dane.records
        ],
        "detail": dane.detail,
    }


def _dane_of_all(observation: Observation) -> Values:
    seen = [server.dane for server in observation.servers]
    statuses = {dane.status for dane in seen}
    return {
        "status": next((status for status in _DANE_ORDER if status in statuses), "none"),
        "dnssec": observation.route.secure,
        "proven": all(dane.proven for dane in seen),
    }


def _mta_sts(domain: str, policy: MtaSts) -> Values:
    return {
        "domain": domain,
        "status": policy.status,
        "mode": policy.mode,
        "policy_id": policy.policy_id,
        "mx": list(policy.mx),
        "max_age": policy.max_age,
        "detail": policy.detail,
    }


def _tls_rpt(record: TlsRpt) -> Values:
    return {"status": record.status, "rua": list(record.rua)}


def timestamp(moment: datetime.datetime) -> str:
    """A moment in UTC, in the form of ISO 8601 that ``to_datetime`` and people read."""
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What the probe is asked, what it puts together from the facts, and what the rules make of it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import (
    NO_DANE,
    NO_REPORTS,
    NOT_CHECKED,
    Certificate,
    Dane,
    Host,
    MtaSts,
    RevocationStatus,
    Route,
    Session,
    Step,
    Tls,
    TlsRpt,
    Trust,
)

Level = t.Literal["opportunistic", "encryption_only", "certificate_validation", "domain_validation"]
#: From the weakest to the strongest; the words are those of the connectors' ``tls_settings``.
LEVELS: tuple[Level, ...] = ("opportunistic", "encryption_only", "certificate_validation", "domain_validation")

DaneMode = t.Literal["opportunistic", "mandatory", "none"]
MtaStsMode = t.Literal["opportunistic", "none"]

_BEFORE_TLS: tuple[Step, ...] = ("connect", "banner", "ehlo", "starttls")


def rank(level: Level) -> int:
    """How strong a level is, 0 for the weakest."""
    return LEVELS.index(level)


# -- what is asked ---------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Target:
    """One partner to look at. ``domain`` and names are lower-case A-labels.

    ``smart_hosts`` are names, addresses or networks; empty: by MX. The modes are those of the connector that mail to
    the partner takes, or will take.
    """

    domain: str
    smart_hosts: tuple[str, ...] = ()
    level: Level = "certificate_validation"
    certificate_name: str = ""
    smtp_dane_mode: DaneMode = "opportunistic"
    mta_sts_mode: MtaStsMode = "opportunistic"


@dataclasses.dataclass(frozen=True)
class Settings:
    """How the probe goes about it. Times are in seconds; ``deadline`` is for the whole run.

    ``resolvers`` are (address, port), empty: the system's. ``trust_ad`` says whether an AD bit in their answers
    proves DNSSEC. ``helo_name`` is sent as it is; empty: the name of this machine, or its address as a literal.
    """

    resolvers: tuple[tuple[str, int], ...] = ()
    trust_ad: bool | None = None
    port: int = 25
    policy_port: int = 443
    helo_name: str = ""
    timeout: float = 20.0
    deadline: float = 900.0
    concurrency: int = 32
    ca_path: str = ""
    expiry_warning_days: int = 14
    check_revocation: bool = True
    allow_private: bool = False


# -- all of it together (probe.py) -----------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Server:
    """One address of one host, with everything that one partner's view of it needs.

    ``session`` is the main connection; ``second`` the one that named the cause of a failed handshake, or that found
    TLS 1.3 alone. ``chain``, ``trust``, ``revocation`` belong to the connection that ``tls`` is from; where none is,
    to the certificate that the second one showed, if any. ``chain_problem`` says why a chain could not be read.
    """

    host: Host
    address: str
    session: Session
    second: Session | None = None
    chain: tuple[Certificate, ...] = ()
    chain_problem: str = ""
    trust: Trust | None = None
    revocation: RevocationStatus = NOT_CHECKED
    dane: Dane = NO_DANE

    @property
    def leaf(self) -> Certificate | None:
        return self.chain[0] if self.chain else None

    @property
    def tls(self) -> Tls | None:
        """The handshake that proves something: the main connection's, or that of a server with TLS 1.3 alone."""
        if self.session.tls is not None:
            return self.session.tls
        second = self.second.tls if self.second is not None else None
        return second if second is not None and second.protocol == "TLSv1.3" else None

    @property
    def handshake_failed(self) -> bool:
        """Whether the server is known to fail at TLS as Exchange asks for it.

        A connection that just ends may have lost its network: it proves something only if the second came as far.
        """
        failure = self.session.failure
        if failure is None or failure.step != "handshake" or failure.fault not in ("tls", "closed"):
            return False
        second = self.second.failure if self.second is not None else None
        return failure.fault == "tls" or second is None or second.step not in _BEFORE_TLS


@dataclasses.dataclass(frozen=True)
class Observation:
    """Everything seen of one partner."""

    target: Target
    route: Route
    servers: tuple[Server, ...] = ()
    #: For the recipient domain, or with smart hosts for each smart host's name.
    mta_sts: t.Mapping[str, MtaSts] = dataclasses.field(default_factory=dict)
    tls_rpt: TlsRpt = NO_REPORTS
    #: The deadline of the run ended the work before this partner was done.
    cut_off: bool = False


# -- what the rules make of it (rules.py) ----------------------------------------------------------------------------

Severity = t.Literal["error", "warning", "info"]
Verdict = t.Literal["ready", "not_ready", "unreachable", "unknown"]
Delivery = t.Literal["ok", "blocked", "unknown"]


@dataclasses.dataclass(frozen=True)
class Finding:
    """One sentence on what was found and one on what to do, as they can be sent to the partner.

    ``subject`` is the host and address, or the domain, that it is about.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    advice: str


@dataclasses.dataclass(frozen=True)
class Judgement:
    """The verdict on one partner. ``sustains`` is None when no server let itself be judged.

    ``names`` are certificate names that every judged server has, best candidate for ``tls_domain`` first.
    ``levels`` is the proven level of each server, in the order of ``Observation.servers``.
    """

    verdict: Verdict
    sustains: Level | None
    delivery: Delivery
    names: tuple[str, ...]
    findings: tuple[Finding, ...]
    levels: tuple[Level | None, ...] = ()

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validation of an outbound connector: its smart hosts are contacted, and a test mail is really sent.

The mail is tried once, and not kept for later.
"""

from __future__ import annotations

import datetime as dt
import typing as t
import uuid
from dataclasses import dataclass

from .flow_evidence import cite
from .letters import Header, compose
from .routing import Connector, Readings, fit, route, route_by
from .shapes import Attempt, Envelope, Found, Route, Transport

#: What the texts and lines below rest on.
RESTS_ON: t.Final = (
    cite("validation.domain"),
    cite("validation.no-route"),
    cite("validation.mail"),
    cite("validation.log"),
)
#: Microsoft KB 3179588.
NOT_OF_CONNECTOR: t.Final = "The domain of the recipient is not configured as part of connector."
#: Lab text of Microsoft's course MS-203.
NO_CONNECTOR: t.Final = "The test email was routed out from O365 without using any connector"
SENDER: t.Final = "O365ConnectorValidation"
SUBJECT: t.Final = "Test email for connector validation"
_BODY: t.Final = "This message tests a connector. Nobody reads replies to it."

# The name of the level in the tracking log; only the one for DomainValidation was ever published.
_LEVELS: t.Final[t.Mapping[str | None, str]] = {
    "DomainValidation": "ForcedTlsDomainValidation",
    "CertificateValidation": "ForcedTlsCertificateValidation",
    "EncryptionOnly": "ForcedTlsEncryptionOnly",
    None: "OpportunisticTls",
}


@dataclass(frozen=True)
class Leg:
    """The test mail to one recipient. No route: it is not sent. ``problem``: it cannot count as a success."""

    recipient: str
    route: Route | None
    problem: str = ""


@dataclass(frozen=True)
class Plan:
    """What a validation is going to do. ``hosts`` are contacted before the mail goes out."""

    connector: Connector
    sender: str
    at: dt.datetime
    hosts: tuple[str, ...]
    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class Task:
    """A row of the result. ``host`` is empty for the mail task."""

    host: str
    success: bool
    detail: tuple[str, ...]


class Given(t.NamedTuple):
    """What a validation starts from: the connector as stored and (``seen``) as routing knows it, if it does.

    ``routed`` are all connectors that routing knows.
    """

    connector: Connector
    seen: Connector | None
    routed: t.Sequence[Connector]


def leg(given: Given, recipient: str, readings: Readings, *, even_disabled: bool) -> Leg:
    """How the test mail gets to a recipient."""
    domain = recipient.rpartition("@")[2]
    if not (even_disabled or given.connector.get("Enabled")) or _fit(domain, given.connector, readings) is None:
        return Leg(recipient, None, NOT_OF_CONNECTOR)
    seen = given.seen
    found = None if seen is None else _fit(domain, seen, readings)
    if seen is None or found is None or not (even_disabled or seen.get("Enabled")):
        return Leg(recipient, route(domain, given.routed, readings=readings), NO_CONNECTOR)
    return Leg(recipient, route_by(domain, seen, found))


def _fit(domain: str, connector: Connector, readings: Readings) -> Found | None:
    if connector.get("IsTransportRuleScoped"):
        return "rule"
    best = fit(domain, connector, readings)
    return None if best is None else best.found


def hosts(connector: Connector, recipients: t.Sequence[str], *, mx_too: bool) -> tuple[str, ...]:
    """What is contacted: the smart hosts, or, where ``mx_too``, the domains of the recipients."""
    if not connector.get("UseMXRecord"):
        return tuple(connector.get("SmartHosts") or ())
    return tuple(dict.fromkeys(one.rpartition("@")[2].lower() for one in recipients)) if mx_too else ()


def perform(plan: Plan, transport: Transport) -> tuple[Task, ...]:
    """Do it. Blocks; writes nothing."""
    reached = [transport.reach(host) for host in plan.hosts]
    tasks = [Task(one.host, one.success, one.detail) for one in reached]
    results = [_mail(plan, one, transport) for one in plan.legs]
    lines = tuple(line for _success, told in results for line in told)
    return (*tasks, Task("", all(success for success, _told in results), lines))


def _mail(plan: Plan, leg: Leg, transport: Transport) -> tuple[bool, tuple[str, ...]]:
    attempt = None
    if leg.route is not None:
        header = Header(plan.sender, leg.recipient, SUBJECT, plan.at, uuid.uuid4())
        attempt = transport.attempt(leg.route, Envelope("", leg.recipient, compose(header, _BODY)))
    success = not leg.problem and attempt is not None and attempt.result == "delivered"
    texts = [leg.problem] if leg.problem else []
    texts += [attempt.text] if attempt is not None else []
    return success, (*texts, *_tracking(plan, leg, attempt))


def _tracking(plan: Plan, leg: Leg, attempt: Attempt | None) -> t.Iterator[str]:
    """The lines of the message tracking log, in the shape that was published."""
    yield f"RECEIVE (SMTP) Sender={plan.sender}, OriginalFromAddress:<>, Recipient={leg.recipient}"
    if leg.route is None:
        yield f"BADMAIL Recipient={leg.recipient}"
        return
    if not leg.problem:
        name, kind, by_mx = (plan.connector.get(one) for one in ("Name", "ConnectorType", "UseMXRecord"))
        next_hop = ",".join(leg.route.smart_hosts) or leg.route.domain
        yield (
            f"SETROUTE (AGENT) ConnectorRedirect:smtp:{_LEVELS[leg.route.tls_settings]}({next_hop}), "
            f"TenantOutboundConnectorCustomData:Name={name};ConnectorType={kind};UseMxRecord={by_mx}"
        )
    yield "AGENTINFO (AGENT)"
    if attempt is not None:
        event = {"delivered": "SEND", "deferred": "DEFER", "failed": "FAIL"}[attempt.result]
        yield f"{event} (SMTP) {attempt.server} [{attempt.address}] {attempt.protocol}".rstrip()

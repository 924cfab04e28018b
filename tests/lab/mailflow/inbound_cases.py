# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inbound connectors by clients: one list, for tests and guide, of what becomes of mail with the default switches."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from .inbound_rules import CLEAR, RELAY_DENIED, RESTRICTED

Connector = t.Mapping[str, t.Any]

HERE: t.Final = "127.30.0.10"
ELSEWHERE: t.Final = "127.30.1.99"
#: The tenant's own domains.
ACCEPTED: t.Final = ("contoso.example", "contoso.onmicrosoft.example")


@dataclass(frozen=True)
class Client:
    """A partner's server that brings one message."""

    what: str
    encrypts: bool = True
    certificate: t.Literal["none", "right", "other_name", "untrusted", "expired"] = "none"
    address: str = HERE
    mail_from: str = "anna@partner.example"
    recipient: str = "bob@contoso.example"


@dataclass(frozen=True)
class Expected:
    """What becomes of the message. ``reply`` is the refusal, with places for server, time and session."""

    outcome: t.Literal["accepted encrypted", "accepted clear", "refused"]
    reply: str = ""


ENCRYPTED: t.Final = Expected("accepted encrypted")
IN_CLEAR: t.Final = Expected("accepted clear")
NEEDS_TLS: t.Final = Expected("refused", CLEAR["454"])
NOT_FROM_THERE: t.Final = Expected("refused", RESTRICTED)
NOT_OURS: t.Final = Expected("refused", RELAY_DENIED)


@dataclass(frozen=True)
class Case:
    """``connector``: options in Exchange's words, None for none; ``also``: another one that is there."""

    id: str
    what: str
    connector: Connector | None
    client: Client
    expected: Expected
    also: Connector | None = None


# -- connectors by clients -------------------------------------------------------------------------------------------

CLIENTS: t.Final[t.Mapping[str, Client]] = {
    "clear": Client("in clear", encrypts=False),
    "tls": Client("TLS without a certificate"),
    "certificate": Client("TLS with the partner's certificate", certificate="right"),
    "other_name": Client("TLS with a certificate for another name", certificate="other_name"),
    "untrusted": Client("TLS with a certificate that nobody trusts", certificate="untrusted"),
    "expired": Client("TLS with an expired certificate", certificate="expired"),
    "clear_elsewhere": Client("in clear from another address", encrypts=False, address=ELSEWHERE),
    "tls_elsewhere": Client("TLS without a certificate from another address", address=ELSEWHERE),
    "certificate_elsewhere": Client(
        "TLS with the partner's certificate from another address", certificate="right", address=ELSEWHERE
    ),
}

_DOMAIN: t.Final = {"SenderDomains": ["partner.example"]}
_TLS: t.Final = {**_DOMAIN, "RequireTls": True}
_NAMED: t.Final = {"RestrictDomainsToCertificate": True, "TlsSenderCertificateName": "mail.partner.example"}
_FROM: t.Final = {"RestrictDomainsToIPAddresses": True, "SenderIPAddresses": [HERE]}

#: By connector: what it is, its options, and what becomes of the mail of each of CLIENTS, in their order.
_GRID: t.Final[tuple[tuple[str, str, Connector | None, tuple[Expected, ...]], ...]] = (
    ("none", "no connector", None, (IN_CLEAR, *[ENCRYPTED] * 5, IN_CLEAR, ENCRYPTED, ENCRYPTED)),
    (
        "require_tls",
        "TLS required",
        _TLS,
        (NEEDS_TLS, *[ENCRYPTED] * 5, NEEDS_TLS, ENCRYPTED, ENCRYPTED),
    ),
    (
        "certificate",
        "TLS required, restricted to a certificate",
        {**_TLS, **_NAMED},
        (NOT_FROM_THERE, NOT_FROM_THERE, ENCRYPTED, *[NOT_FROM_THERE] * 5, ENCRYPTED),
    ),
    (
        "address",
        "restricted to addresses, TLS not required",
        {**_DOMAIN, **_FROM, "RequireTls": False},
        (IN_CLEAR, *[ENCRYPTED] * 5, *[NOT_FROM_THERE] * 3),
    ),
    (
        "address_tls",
        "TLS required, restricted to addresses",
        {**_TLS, **_FROM},
        (NEEDS_TLS, *[ENCRYPTED] * 5, *[NOT_FROM_THERE] * 3),
    ),
)


def _grid() -> t.Iterator[Case]:
    for name, what, connector, outcomes in _GRID:
        for (client_name, client), expected in zip(CLIENTS.items(), outcomes, strict=True):
            yield Case(f"{name}-{client_name}", f"{what}; {client.what}", connector, client, expected)


# -- what else admins should know ------------------------------------------------------------------------------------

_CLEAR: t.Final = CLIENTS["clear"]
_CLEAR_ELSEWHERE: t.Final = CLIENTS["clear_elsewhere"]


def _from(mail_from: str, client: Client = _CLEAR) -> Client:
    return dataclasses.replace(client, mail_from=mail_from)


def _to(recipient: str, client: Client = _CLEAR) -> Client:
    return dataclasses.replace(client, recipient=recipient)


_EVERYBODY: t.Final = {"SenderDomains": ["*"], "RequireTls": False, **_FROM}
_BELOW: t.Final = {**_TLS, "SenderDomains": ["*.partner.example"]}

_OTHERS: t.Final = (
    Case("disabled", "a connector that is off requires nothing", {**_TLS, "Enabled": False}, _CLEAR, IN_CLEAR),
    Case(
        "other_sender",
        "mail of other senders needs no TLS",
        _TLS,
        _from("carl@other.example"),
        IN_CLEAR,
    ),
    Case(
        "name_alone",
        "TlsSenderCertificateName without RestrictDomainsToCertificate pins nothing",
        {**_TLS, "TlsSenderCertificateName": "mail.partner.example"},
        CLIENTS["other_name"],
        ENCRYPTED,
    ),
    Case(
        "addresses_alone",
        "SenderIPAddresses without RestrictDomainsToIPAddresses restricts nothing",
        {**_TLS, "SenderIPAddresses": [HERE]},
        CLIENTS["tls_elsewhere"],
        ENCRYPTED,
    ),
    Case(
        "addresses_alone_clear",
        "... and does not narrow the connector either: TLS is required from everywhere",
        {**_TLS, "SenderIPAddresses": [HERE]},
        _CLEAR_ELSEWHERE,
        NEEDS_TLS,
    ),
    Case(
        "network",
        "a network holds the address, also when written with host bits",
        {**_DOMAIN, "RequireTls": False, "RestrictDomainsToIPAddresses": True, "SenderIPAddresses": ["127.30.0.1/25"]},
        _CLEAR,
        IN_CLEAR,
    ),
    Case(
        "certificate_wildcard",
        "*.partner.example as TlsSenderCertificateName is good for mail.partner.example",
        {**_TLS, **_NAMED, "TlsSenderCertificateName": "*.partner.example"},
        CLIENTS["certificate"],
        ENCRYPTED,
    ),
    Case(
        "subdomain_exact",
        "a domain without asterisk leaves subdomains out",
        _TLS,
        _from("a@x.partner.example"),
        IN_CLEAR,
    ),
    Case("wildcard", "*.partner.example is for subdomains", _BELOW, _from("a@x.y.partner.example"), NEEDS_TLS),
    Case("wildcard_apex", "... and for the domain itself", _BELOW, _CLEAR, NEEDS_TLS),
    Case(
        "exact_first",
        "an exact domain comes before a wildcard",
        {**_DOMAIN, "RequireTls": False},
        _CLEAR,
        IN_CLEAR,
        {"SenderDomains": ["*"], "RequireTls": True},
    ),
    Case(
        "restricting_first",
        "a connector that restricts everybody leaves no room for one that lets a partner in by domain",
        {**_DOMAIN, "RequireTls": False},
        _CLEAR_ELSEWHERE,
        NOT_FROM_THERE,
        _EVERYBODY,
    ),
    Case(
        "two_restricting",
        "of two that restrict, one has to be satisfied",
        {**_TLS, **_NAMED},
        CLIENTS["certificate_elsewhere"],
        ENCRYPTED,
        {**_EVERYBODY, "SenderDomains": ["*", "partner.example"]},
    ),
    Case(
        "null_sender",
        "bounces have no sender's domain and fall to * only",
        {"SenderDomains": ["*"], "RequireTls": True},
        _from(""),
        NEEDS_TLS,
    ),
    Case("null_sender_exact", "... and not to a domain's connector", _TLS, _from(""), IN_CLEAR),
    Case(
        "associated",
        "AssociatedAcceptedDomains limits a connector to recipients there",
        {**_TLS, "AssociatedAcceptedDomains": ["contoso.example"]},
        _CLEAR,
        NEEDS_TLS,
    ),
    Case(
        "associated_other",
        "... others get mail in clear",
        {**_TLS, "AssociatedAcceptedDomains": ["contoso.example"]},
        _to("bob@contoso.onmicrosoft.example"),
        IN_CLEAR,
    ),
    Case(
        "not_associated",
        "without it, it is for the onmicrosoft domain as well",
        _EVERYBODY,
        _to("bob@contoso.onmicrosoft.example", _CLEAR_ELSEWHERE),
        NOT_FROM_THERE,
    ),
    Case("relay", "recipients outside the tenant", None, _to("dora@elsewhere.example", CLIENTS["tls"]), NOT_OURS),
    Case(
        "on_premises",
        "a connector for own servers is none for partners",
        {**_TLS, "ConnectorType": "OnPremises"},
        _CLEAR,
        IN_CLEAR,
    ),
)

CASES: t.Final[tuple[Case, ...]] = (*_grid(), *_OTHERS)


def connectors_of(case: Case) -> list[dict[str, t.Any]]:
    """The connectors of a case as Get-InboundConnector shows them."""
    given = [one for one in (case.connector, case.also) if one is not None]
    return [as_shown(f"From partner {number}", one) for number, one in enumerate(given, 1)]


def as_shown(name: str, options: Connector) -> dict[str, t.Any]:
    """Options of New-InboundConnector as the members that count here, as Get shows them."""
    shown = {
        "Name": name,
        "Enabled": True,
        "ConnectorType": "Partner",
        "SenderIPAddresses": [],
        "AssociatedAcceptedDomains": [],
        "RequireTls": True,
        "RestrictDomainsToIPAddresses": False,
        "RestrictDomainsToCertificate": False,
        "TlsSenderCertificateName": None,
        **options,
    }
    return {**shown, "SenderDomains": [f"smtp:{domain};1" for domain in options["SenderDomains"]]}

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of inbound_cases.py, played against the mail server of a tenant in which their connectors really stand."""

from __future__ import annotations

import contextlib
import typing as t

from ..partners.pki import Pki
from .inbound import InboundServer
from .inbound_cases import ACCEPTED, CASES, Case
from .inbound_play import LEAVES, Observed, run
from .proof import Connect, Options

if t.TYPE_CHECKING:
    from ..server import Lab

#: A tenant with the domains that the cases write to.
SEED: t.Final = {"tenants": [{"domain": "contoso.onmicrosoft.com", "accepted_domains": list(ACCEPTED)}]}
#: Parameters of New-InboundConnector, and the module's options.
_OPTIONS: t.Final[t.Mapping[str, str]] = {
    "SenderDomains": "sender_domains",
    "RequireTls": "require_tls",
    "RestrictDomainsToCertificate": "restrict_domains_to_certificate",
    "TlsSenderCertificateName": "tls_sender_certificate_name",
    "RestrictDomainsToIPAddresses": "restrict_domains_to_ip_addresses",
    "SenderIPAddresses": "sender_ip_addresses",
    "AssociatedAcceptedDomains": "associated_accepted_domains",
    "ConnectorType": "connector_type",
    "Enabled": "enabled",
}
_TYPES: t.Final = {"Partner": "partner", "OnPremises": "on_premises"}


def options(case: Case) -> list[Options]:
    """The connectors of a case in the words of the module."""
    given = [one for one in (case.connector, case.also) if one is not None]
    return [
        {
            # A name of its own, so that nothing is left of the one before: the module keeps what it is not told.
            "name": f"From partner {number} of {case.id}",
            "direction": "inbound",
            **{_OPTIONS[key]: _TYPES[value] if key == "ConnectorType" else value for key, value in one.items()},
        }
        for number, one in enumerate(given, 1)
    ]


@contextlib.contextmanager
def serving(lab: Lab) -> t.Iterator[tuple[InboundServer, dict[str, bytes]]]:
    """A mail server for the first tenant, and clients' certificates of an authority that it trusts or not."""
    pki = Pki()
    tenant = lab.tenant
    server = InboundServer(
        connectors=lambda: tenant.inbound,
        accepted_domains=lambda: [str(one["DomainName"]) for one in tenant.accepted_domains],
        switches=lab.world.switches,
        trust_pem=pki.root_pem(),
    )
    with server:
        yield server, {kind: pki.issue(leaf, "", "").pem() for kind, leaf in LEAVES.items()}


def play(lab: Lab, connect: Connect, cases: t.Sequence[Case] = CASES) -> dict[str, Observed]:
    """Play cases, by id. Cases in a row with the same connectors share them."""
    seen: dict[str, Observed] = {}
    standing: tuple[object, object] | None = None
    with serving(lab) as (server, pems):
        for case in cases:
            if (case.connector, case.also) != standing:
                connect(options(case))
                standing = case.connector, case.also
            seen[case.id] = run(case, server, pems)
    return seen

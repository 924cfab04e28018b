# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the answers of sign-in rest on; the errors' rows come from their own table."""

from __future__ import annotations

from .entra_errors import ERRORS
from .evidence import ASSUMED, DOCUMENTED, RECORDED, Evidence

_FLOW = "Microsoft identity platform: client credentials flow"
_IMDS = "Microsoft: how to use managed identities on a VM"

EVIDENCE: tuple[Evidence, ...] = (
    Evidence(
        "entra.discovery", "200 with issuer and endpoints", RECORDED, "public discovery documents", "fewer members"
    ),
    Evidence(
        "entra.discovery-unknown", "400 invalid_tenant, AADSTS90002, at discovery", RECORDED, "azure-cli issue 22145"
    ),
    Evidence("entra.keys", "200 with the public key of access tokens", DOCUMENTED, "OpenID Connect discovery"),
    Evidence("entra.token", "200 with token_type, expires_in, ext_expires_in, access_token", DOCUMENTED, _FLOW),
    Evidence("entra.no-route", "404 for another path", ASSUMED, "no public source", "body unknown, sent empty"),
    Evidence(
        "entra.fault", "an answer or connection that a fault spoils", ASSUMED, "asked for by the caller of the lab"
    ),
    Evidence("imds.token", "200 with every number as a text", DOCUMENTED, _IMDS),
    Evidence("imds.no-metadata-header", "400 invalid_request without Metadata: true", DOCUMENTED, _IMDS),
    Evidence(
        "imds.forwarded",
        "400 with an X-Forwarded-For header",
        DOCUMENTED,
        "Azure Instance Metadata Service",
        "text assumed",
    ),
    Evidence("imds.no-identity", "400 invalid_request, Identity not found", RECORDED, "azure-docs issue 21322"),
    Evidence("imds.bad-resource", "400 invalid_resource for a resource that the tenant does not know", ASSUMED, _IMDS),
    Evidence("imds.bad-request", "400 without api-version or resource", DOCUMENTED, _IMDS, "text assumed"),
    Evidence("imds.no-route", "404 for another path", DOCUMENTED, _IMDS),
    Evidence(
        "imds.fault", "an answer or connection that a fault spoils", ASSUMED, "asked for by the caller of the lab"
    ),
    *(
        Evidence(f"entra.{code}", f"{kind.status} {kind.error}, AADSTS{code}", kind.basis, kind.source, kind.note)
        for code, kind in sorted(ERRORS.items())
    ),
)
_IDS = frozenset(row.id for row in EVIDENCE)


def cite(row_id: str) -> str:
    """The id itself, checked: an answer cannot rest on a row that does not exist."""
    if row_id not in _IDS:
        raise KeyError(f"No evidence row named {row_id}")
    return row_id

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Why Exchange Online let the application in no further, and what to do, in words. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._auth import MANAGE_AS_APP, Token
from ansible_collections.mailflow.exchange_online.plugins.module_utils._retry import cmdlet_kind
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import one_line

#: The application id of Exchange Online, which tokens may name in place of its address.
_EXCHANGE_ID = "00000002-0000-0ff1-ce00-000000000000"
#: Who may: the management role of Exchange, and the role of Entra, which allows much more.
_READERS = ("View-Only Configuration", "Global Reader")
_WRITERS = ("Remote and Accepted Domains", "Exchange Administrator")
_NO_PERMISSION = (
    f"the token lacks the application permission {MANAGE_AS_APP}; grant it on 'Office 365 Exchange Online', give admin"
    " consent, and wait up to an hour"
)


def why_unauthorized(token: Token, resource: str, headers: t.Mapping[str, str]) -> str:
    """Return what a 401 means for this token."""
    audience = token.claims.get("aud")
    if token.may_manage is False:
        reason = _NO_PERMISSION
    elif isinstance(audience, str) and audience.rstrip("/") not in (resource, _EXCHANGE_ID):
        reason = f"the token is meant for '{one_line(audience, 100)}', not for {resource}; check cloud"
    else:
        reason = (
            "the token has expired, or the application has neither the permission nor a role for Exchange Online; fetch"
            " a new token, check both, and after a new grant wait up to an hour"
        )
    said = re.search(r'reason="([^"]{1,200})"', headers.get("x-ms-diagnostics", ""))
    return reason + (f" (the service says: {one_line(said.group(1)).rstrip('.')})" if said else "")


def why_forbidden(token: Token, cmdlet: str, text: str) -> str:
    """Return what a 403 to this cmdlet means; the service does not tell a cmdlet and a parameter apart."""
    if token.may_manage is False:
        reason = _NO_PERMISSION
    else:
        also = "" if token.may_manage else f", and check that it has the permission {MANAGE_AS_APP}"
        small, large = _READERS if cmdlet_kind(cmdlet) == "read" else _WRITERS
        reason = (
            f"no role of the application allows {cmdlet} or one of the parameters it was given; add it to a role group"
            f" with '{small}' (the guide 'Least rights' says how), or assign the role {large}{also}; after a new grant"
            " wait up to an hour"
        )
    return reason + (f" (the service says: {text.rstrip('.')})" if text else "")

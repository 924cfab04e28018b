# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Why a sign-in was refused, in words. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, Kind
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import one_line

# Microsoft's page "Microsoft Entra authentication and authorization error codes". It asks not to build logic on these
# numbers, so they choose words only.
_CONSENT = "give it the application permission Exchange.ManageAsApp of 'Office 365 Exchange Online' with admin consent"
_SCOPE = "the requested scope is not accepted: check cloud"
_OTHER_CLOUD = "the tenant or the application lives in another cloud: check cloud (and authority_url, if it is set)"
_NO_CREDENTIAL = "no client secret or assertion arrived: check client_secret, or choose another auth_method"
_FEDERATION = (
    "no federated credential of the application fits the token: compare issuer, subject and audience of the credential"
    " with those of the token in federated_token_file"
)
#: The number of a refusal -> what to do, as the middle of a sentence.
REFUSALS: t.Mapping[int, str] = {
    70011: _SCOPE,
    1002012: _SCOPE,
    700022: _SCOPE,
    7000215: "the client secret is wrong: check client_secret, which must be the secret's value, not its ID",
    7000222: "the client secret has expired: create a new one for the application and give it as client_secret",
    7000216: _NO_CREDENTIAL,
    7000218: _NO_CREDENTIAL,
    50027: "the assertion is not a valid token: check what is in federated_token_file",
    700024: "the assertion is not valid at this time: check this host's clock, and that the token in"
    " federated_token_file is fresh",
    70021: _FEDERATION,
    700211: _FEDERATION,
    700212: _FEDERATION,
    700213: _FEDERATION,
    700027: "the certificate is not accepted: add exactly this certificate to the app registration, and if that was"
    " just done, wait a few minutes",
    700023: "the signed assertion is meant for another sign-in service: check cloud (and authority_url, if it is set)",
    700016: "the application is not known in this tenant: check client_id and tenant_id, and that the application was"
    " consented to in this tenant",
    7000112: "the application is disabled: let an administrator enable it under Enterprise applications",
    90002: "the tenant was not found: check tenant_id, and cloud",
    90038: _OTHER_CLOUD,
    900382: _OTHER_CLOUD,
    900432: _OTHER_CLOUD,
    500011: "Exchange Online is not known in this tenant: check tenant_id and cloud, and that the tenant has a"
    " subscription with Exchange Online",
    650052: f"the application may not use Exchange Online, or the tenant has no subscription for it: {_CONSENT}",
    53003: "a Conditional Access policy for workload identities blocks it: let an administrator allow the application"
    " from this address",
    700229: "the federated token is not one of an application, and only such may be exchanged: check which token the"
    " platform writes into federated_token_file",
    90055: "the tenant gets too many sign-ins at the moment: wait and run again",
    50196: "the application asked for tokens in a loop: wait some minutes and run again",
}
#: Codes after which the same sign-in may succeed without any change.
_PASSING = frozenset({90055, 50196, 700027})
_THROTTLED = frozenset({90055, 50196})


def code_of(payload: t.Mapping[str, t.Any]) -> int | None:
    """Return the AADSTS number of an error answer."""
    codes = payload.get("error_codes")
    if isinstance(codes, list) and codes and isinstance(codes[0], int):
        return codes[0]
    found = re.search(r"AADSTS(\d{4,8})", str(payload.get("error_description") or ""))
    return int(found.group(1)) if found else None


def refusal(payload: t.Mapping[str, t.Any], who: str, status: int | None = None) -> ExchangeError:
    """Return the error for an answer of the token endpoint; ``who`` is the application and tenant in words."""
    code = code_of(payload)
    error = one_line(payload.get("error"), 100) or "no reason"
    words = REFUSALS.get(code or 0) or _own_words(payload) or f"the sign-in service says {error}"
    number = f" (AADSTS{code})" if code else f" ({error})"
    kind: Kind = "throttled" if code in _THROTTLED or status == 429 else "authentication"
    return ExchangeError(
        kind,
        f"Sign-in of {who} failed: {words}{number}.",
        http_status=status,
        code=f"AADSTS{code}" if code else error,
        request_id=one_line(payload.get("correlation_id"), 100) or None,
        retryable=code in _PASSING or kind == "throttled",
    )


def _own_words(payload: t.Mapping[str, t.Any]) -> str | None:
    """The first line of the service's description, without the code in front and the trace behind."""
    description = payload.get("error_description")
    lines = description.strip().splitlines() if isinstance(description, str) else []
    if not lines:
        return None
    text = re.sub(r"^AADSTS\d+:", "", one_line(lines[0])).partition("Trace ID:")[0][:300].strip().rstrip(".")
    # An HTML page in place of an answer explains nothing.
    return None if not text or text.startswith("<") else text

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the token endpoint: one row per AADSTS number, and the body in which they travel."""

from __future__ import annotations

import datetime as dt
import typing as t
import uuid

from .evidence import ASSUMED, DOCUMENTED, RECORDED

LISTED: t.Final = "Microsoft Entra authentication error codes"
USUAL: t.Final = "status as clients usually see it"


class Kind(t.NamedTuple):
    """One kind of refusal. ``text`` may name {tenant}, {client}, {resource}, {scope}, {parameter} and {detail}."""

    error: str
    status: int
    text: str
    basis: str
    source: str
    note: str


#: Row: AADSTS number, error, HTTP status, text.
_TEXTS: tuple[tuple[int, str, int, str], ...] = (
    (50027, "invalid_request", 400, "JWT token is invalid or malformed."),
    (50196, "invalid_request", 400, "The request was stopped because the client asks in a loop."),
    (53003, "invalid_grant", 400, "Access has been blocked by Conditional Access policies."),
    (70003, "unsupported_grant_type", 400, "The app requested an unsupported grant type '{detail}'."),
    (70011, "invalid_scope", 400, "The provided value for scope {scope} is not valid."),
    (70021, "invalid_request", 400, "No matching federated identity record found for presented assertion."),
    (90002, "invalid_request", 400, "Tenant '{tenant}' not found. Check the tenant ID, and that the cloud is right."),
    (90038, "invalid_request", 400, "Tenant '{tenant}' belongs to another national cloud."),
    (90055, "temporarily_unavailable", 429, "The tenant is throttled because of too many requests."),
    (500011, "invalid_resource", 400, "The resource principal named {resource} was not found in the tenant {tenant}."),
    (650052, "invalid_client", 400, "The app needs access to a service that the organization has not enabled."),
    (700016, "unauthorized_client", 400, "Application '{client}' was not found in the directory '{tenant}'."),
    (700022, "invalid_scope", 400, "The scopes {scope} belong to more than one resource."),
    (700023, "invalid_client", 401, "Client assertion audience claim does not match Realm issuer."),
    (700024, "invalid_client", 401, "Client assertion is not within its valid time range."),
    (700027, "invalid_client", 401, "Client assertion failed signature validation. {detail}"),
    (700211, "invalid_client", 401, "No matching federated identity record found for assertion issuer '{detail}'."),
    (700212, "invalid_client", 401, "No matching federated identity record found for assertion audience '{detail}'."),
    (700213, "invalid_client", 401, "No matching federated identity record found for assertion subject '{detail}'."),
    (700229, "invalid_client", 400, "Only app tokens can be used as federated identity credentials."),
    (900144, "invalid_request", 400, "The request body must contain the following parameter: '{parameter}'."),
    (900382, "invalid_request", 400, "Confidential Client is not supported in Cross Cloud request."),
    (900432, "invalid_request", 400, "Confidential Client is not supported in Cross Cloud request."),
    (1002012, "invalid_scope", 400, "The scope {scope} is not valid. This flow needs the resource and /.default."),
    (7000112, "unauthorized_client", 400, "Application '{client}' is disabled."),
    (7000215, "invalid_client", 401, "Invalid client secret provided for app '{client}': send its value, not its ID."),
    (7000216, "invalid_request", 400, "'client_assertion' or 'client_secret' is required for this grant type."),
    (7000218, "invalid_client", 401, "The request body must contain 'client_assertion' or 'client_secret'."),
    (7000222, "invalid_client", 401, "The provided client secret keys for app '{client}' are expired."),
)
# What a row rests on where it is not simply Microsoft's list of numbers: basis, source, note.
_SOURCES: dict[int, tuple[str, str, str]] = {
    53003: (ASSUMED, LISTED, "error and status assumed"),
    70021: (RECORDED, "azure-workload-identity issue 616 (2022)", "the older form"),
    90002: (RECORDED, "several public error reports", "at discovery the error is invalid_tenant"),
    90055: (ASSUMED, LISTED, "error and body assumed"),
    650052: (ASSUMED, LISTED, "error assumed"),
    700211: (RECORDED, "azure-workload-identity issue 1200", "status from a sibling number"),
    700212: (DOCUMENTED, LISTED, "status from a sibling number"),
    700213: (RECORDED, "azure/login issue 482; microsoft/Agents issue 202", "status from a sibling number"),
    700229: (ASSUMED, LISTED, "error assumed"),
    7000112: (RECORDED, "psoxy pull request 74", "status assumed"),
    7000215: (RECORDED, "several public error reports", USUAL),
}
ERRORS: dict[int, Kind] = {
    code: Kind(error, status, text, *_SOURCES.get(code, (DOCUMENTED, LISTED, USUAL)))
    for code, error, status, text in _TEXTS
}


class Refusal(Exception):
    """A sign-in that is refused: the AADSTS number and what its text is about."""

    def __init__(self, code: int, **about: str) -> None:
        super().__init__(code)
        self.code = code
        self.kind = ERRORS[code]
        self.about = about

    @property
    def evidence(self) -> str:
        """The id of the row of evidence."""
        return f"entra.{self.code}"

    def text(self) -> str:
        """The sentence, with names put in."""
        return self.kind.text.format_map(_Blanks(self.about)).strip()


class _Blanks(dict[str, str]):
    def __missing__(self, _key: str) -> str:
        return ""


def body_of(refusal: Refusal, correlation_id: str | None, error: str | None = None) -> dict[str, t.Any]:
    """The JSON body of a refusal; ``error`` replaces that of the table."""
    now = dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = str(uuid.uuid4()), correlation_id or str(uuid.uuid4())
    tail = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
    return {
        "error": error or refusal.kind.error,
        "error_description": f"AADSTS{refusal.code}: {refusal.text()} {tail}",
        "error_codes": [refusal.code],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={refusal.code}",
    }

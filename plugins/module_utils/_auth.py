# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Credentials -> access tokens, through msal."""

from __future__ import annotations

import base64
import dataclasses
import json
import threading
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _certificate, _deps, _libraries, _retry
from ansible_collections.mailflow.exchange_online.plugins.module_utils._clouds import Endpoints
from ansible_collections.mailflow.exchange_online.plugins.module_utils._credential import Credential, is_guid
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._msal_http import (
    MsalHttp,
    Unavailable,
    payload_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._session import Http, TransportFailure
from ansible_collections.mailflow.exchange_online.plugins.module_utils._signin_errors import refusal

#: The application permission without which Exchange Online lets no application in.
MANAGE_AS_APP = "Exchange.ManageAsApp"
MOST_TRIES = 4
_BACKOFF = _retry.Backoff(base=1.0, cap=10.0)
_SKEW = 300  # seconds by which this host's clock may be wrong
# "How to use managed identities to get an access token": try again on 404, 410, 429 and 5xx.
_IMDS_PASSING = (404, 410)


@dataclasses.dataclass(frozen=True)
class Token:
    """An access token. What it says of itself is read for words and addresses only, never to decide on rights."""

    value: str = dataclasses.field(repr=False)
    claims: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict, repr=False)

    @property
    def tenant(self) -> str | None:
        tenant = self.claims.get("tid")
        return tenant if isinstance(tenant, str) and is_guid(tenant) else None

    @property
    def may_manage(self) -> bool | None:
        """Whether the application permission is in the token; None when the token cannot be read."""
        if not self.claims:
            return None
        roles = self.claims.get("roles")
        return isinstance(roles, list) and MANAGE_AS_APP in roles


@dataclasses.dataclass(frozen=True)
class Tries:
    """How often and how patiently. Given, so that tests need not wait."""

    most: int
    sleep: t.Callable[[float], None]
    now: t.Callable[[], float]  # seconds since 1970
    random: t.Callable[[], float]


class TokenSource:
    """Fetches one token and keeps it. Safe to use from several threads.

    A sign-in that failed is not tried again: the other commands of the run would only ask for the same once more.
    """

    def __init__(
        self,
        credential: Credential,
        where: Endpoints,
        http: Http,
        *,
        on_secret: t.Callable[[str], None],
        tries: Tries,
    ) -> None:
        self._credential = credential
        self._where = where
        self._http = http
        self._on_secret = on_secret
        self._tries = tries
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._failed: ExchangeError | None = None
        self._certificate: _certificate.Certificate | None = None
        self.warnings: list[str] = _exposed(credential)

    def token(self) -> Token:
        """Return the token, fetching it at the first call. Raises ExchangeError."""
        with self._lock:
            if self._token is None or self._failed is not None:
                self._token = self._fetch(None)
            return self._token

    def refresh(self, refused: Token, claims: str | None = None) -> Token | None:
        """Return another token than ``refused``, or None when there is no way to one.

        ``claims`` is the challenge of continuous access evaluation, as JSON. Raises ExchangeError.
        """
        with self._lock:
            if self._token is refused:
                if self._credential.method == "access_token":
                    return None
                self._token = self._fetch(claims)
            return self._token

    def _fetch(self, claims: str | None) -> Token:
        if self._failed is not None:
            raise self._failed
        try:
            return self._sign_in(claims)
        except ExchangeError as problem:
            self._failed = problem
            raise

    def _sign_in(self, claims: str | None) -> Token:
        """One sign-in, tried again a bounded number of times where that can help."""
        refused_certificate = False
        for attempt in range(1, self._tries.most + 1):
            wish: float | None = None
            try:
                return self._accept(self._ask(claims))
            except ExchangeError as problem:
                # A certificate that was just added is not known everywhere at once.
                if problem.code != "AADSTS700027" or refused_certificate or attempt == self._tries.most:
                    raise
                refused_certificate, wish = True, 5.0
            except TransportFailure as problem:
                if attempt == self._tries.most or not self._worth_another(problem):
                    raise self._unreachable(problem) from None
            except Unavailable as problem:
                wish = _retry.retry_after(problem.retry_after, self._tries.now())
                if attempt == self._tries.most or _BACKOFF.delay(attempt, wish, 0) is None:
                    raise self._unavailable(problem, attempt, wish) from None
            self._tries.sleep(_BACKOFF.delay(attempt, wish, self._tries.random()) or 0.0)
        raise ExchangeError("internal", "The sign-in was not tried at all.")

    def _ask(self, claims: str | None) -> str:
        """Ask once, with an msal application of its own: msal answers a repeated question from memory."""
        if self._credential.method == "access_token":
            return self._credential.secret or ""
        if self._credential.method == "managed_identity":
            return self._ask_identity_endpoint()
        msal = _deps.load_msal()
        channel = MsalHttp(self._http)
        credential = self._client_credential(msal.__version__)
        try:
            application = msal.ConfidentialClientApplication(
                self._credential.client_id,
                client_credential=credential,
                authority=f"{self._where.authority}/{self._credential.tenant_id}",
                instance_discovery=False,  # this would ask login.microsoftonline.com first, whatever the cloud
                azure_region=False,  # MSAL_FORCE_REGION would lead to another host
                http_client=channel,
            )
            result = application.acquire_token_for_client(scopes=[self._where.scope], claims_challenge=claims)
        except (msal.exceptions.MsalError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, OSError):
            raise self._unreadable(channel) from None
        return self._found(result, channel)

    def _ask_identity_endpoint(self) -> str:
        msal = _deps.load_msal()
        chosen = self._credential.client_id
        identity = (
            msal.UserAssignedManagedIdentity(client_id=chosen) if chosen else msal.SystemAssignedManagedIdentity()
        )
        channel = MsalHttp(self._http, passing=_IMDS_PASSING)
        try:
            client = msal.ManagedIdentityClient(identity, http_client=channel)
            result = client.acquire_token_for_client(resource=self._where.resource)
        except (msal.exceptions.MsalError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, OSError):
            raise self._unreadable(channel) from None
        return self._found(result, channel)

    def _client_credential(self, msal_version: str) -> object:
        credential = self._credential
        if credential.method == "client_secret":
            return credential.secret
        path = credential.path or ""
        if credential.method == "federated_token":
            return {"client_assertion": lambda: self._federated(path)}
        if self._certificate is None:
            self._certificate = _certificate.read_certificate(path, credential.secret)
        found = self._certificate
        parts = {"private_key": found.key, "public_certificate": found.certificate}
        # Older releases need the SHA-1 thumbprint and sign RS256; with it newer ones would do so as well.
        return parts if _libraries.at_least(msal_version, "1.35") else {**parts, "thumbprint": found.thumbprint}

    def _federated(self, path: str) -> str:
        """Read the token anew each time: it lives for minutes and its platform renews it."""
        token = _certificate.read_token(path)
        self._on_secret(token)
        return token

    def _found(self, result: object, channel: MsalHttp) -> str:
        answer = result if isinstance(result, dict) else {}
        token = answer.get("access_token")
        if isinstance(token, str) and token:
            return token
        if not answer.get("error"):
            raise self._unreadable(channel)
        raise refusal(answer, self._who(), channel.last.status if channel.last else None)

    def _accept(self, value: str) -> Token:
        self._on_secret(value)
        token = Token(value, claims_of(value))
        tenant, expiry = self._credential.tenant_id, token.claims.get("exp")
        if tenant and is_guid(tenant) and token.tenant and tenant.lower() != token.tenant.lower():
            problem = (
                f"tenant_id: the token is for the tenant {token.tenant}, not for {tenant}; nothing was sent there."
            )
            raise InputError([problem])
        if isinstance(expiry, (int, float)) and expiry + _SKEW < self._tries.now():
            raise ExchangeError(
                "authentication",
                "The access token has expired; fetch a new one and give it as access_token."
                if self._credential.method == "access_token"
                else "The sign-in service issued a token that has expired already; check this host's clock.",
            )
        return token

    def _who(self) -> str:
        if self._credential.method == "managed_identity":
            chosen = self._credential.client_id
            return f"the managed identity {chosen}" if chosen else "the host's managed identity"
        proof = f" (certificate {self._certificate.thumbprint})" if self._certificate else ""
        return f"application {self._credential.client_id} in tenant {self._credential.tenant_id}{proof}"

    def _worth_another(self, problem: TransportFailure) -> bool:
        if problem.kind == "untrusted":
            return False
        return not (problem.kind == "never_connected" and self._credential.method == "managed_identity")

    def _unreachable(self, problem: TransportFailure) -> ExchangeError:
        if self._credential.method == "managed_identity":
            words = "check that this host has a managed identity, or choose another auth_method"
        else:
            words = "check the network, the proxy variables and authority_url"
        return ExchangeError(
            "network", f"The sign-in service could not be reached: {problem.text}; {words}.", retryable=True
        )

    def _unavailable(self, problem: Unavailable, tries: int, wish: float | None) -> ExchangeError:
        throttled = problem.status == 429
        if problem.status in _IMDS_PASSING:
            reason = "knows no such identity"
        else:
            reason = "gets too many requests" if throttled else "is not available"
        later = f"run again in {wish:.0f} s" if wish else "run again later"
        return ExchangeError(
            "throttled" if throttled else "unavailable",
            f"Sign-in of {self._who()} failed: the sign-in service {reason} (HTTP {problem.status}, {tries} tries);"
            f" {later}.",
            http_status=problem.status,
            retryable=True,
        )

    def _unreadable(self, channel: MsalHttp) -> ExchangeError:
        """msal could not make sense of an answer, or of the tenant's sign-in metadata."""
        payload, status = payload_of(channel.last), channel.last.status if channel.last else None
        if payload.get("error"):
            return refusal(payload, self._who(), status)
        if self._credential.method == "managed_identity":
            where, remedy = "the identity endpoint of this host", "the host's managed identity"
        else:
            where, remedy = self._where.authority, "tenant_id, cloud and authority_url"
        return ExchangeError(
            "authentication",
            f"Sign-in of {self._who()} failed: {where} did not answer as a sign-in service does"
            f"{'' if status is None else f' (HTTP {status})'}; check {remedy}.",
            http_status=status,
        )


def claims_of(token: str) -> dict[str, t.Any]:
    """Return what a token says of itself, empty for one that cannot be read. Nothing is verified."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _exposed(credential: Credential) -> list[str]:
    options = {"certificate": "certificate_path", "federated_token": "federated_token_file"}
    option = options.get(credential.method)
    return _certificate.exposure(option, credential.path) if option and credential.path else []

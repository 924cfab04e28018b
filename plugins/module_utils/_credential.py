# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Options -> the credential to sign in with. Pure: nothing is opened and nothing is sent."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._argspec import ENVIRONMENT
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError

Method = t.Literal["access_token", "certificate", "federated_token", "client_secret", "managed_identity"]

#: What each method cannot do without. Its own option comes last.
NEEDS: t.Mapping[Method, tuple[str, ...]] = {
    "access_token": ("access_token",),
    "certificate": ("tenant_id", "client_id", "certificate_path"),
    "federated_token": ("tenant_id", "client_id", "federated_token_file"),
    "client_secret": ("tenant_id", "client_id", "client_secret"),
    "managed_identity": (),
}
#: ``auto`` takes the first whose own option is given: the most specific first, so that what a task says is not
#: outdone by a general secret in the environment. A managed identity is never assumed.
AUTO: tuple[Method, ...] = ("access_token", "certificate", "federated_token", "client_secret")

# A tenant is a GUID or a domain; anything else would change the path of the URLs it is put into.
_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SHARED_TENANTS = ("common", "organizations", "consumers")


@dataclasses.dataclass(frozen=True)
class Credential:
    """What to sign in with. ``secret`` is the client secret, the passphrase or the token, and never shown."""

    method: Method
    tenant_id: str | None = None
    client_id: str | None = None
    path: str | None = None
    secret: str | None = dataclasses.field(default=None, repr=False)


def choose(options: t.Mapping[str, t.Any]) -> Credential:
    """Return the credential that these options mean. Raises InputError with one sentence per missing piece."""
    given = {name: str(options[name]).strip() for name in ENVIRONMENT if options.get(name) is not None}
    given = {name: value for name, value in given.items() if value}
    method = _method(given)
    problems = [_lacking(name, method) for name in NEEDS[method] if name not in given]
    problems += _tenant_problem(given.get("tenant_id"))
    if problems:
        raise InputError(problems)
    tenant, client = given.get("tenant_id"), given.get("client_id")
    if method == "certificate":
        return Credential(method, tenant, client, given["certificate_path"], given.get("certificate_passphrase"))
    if method == "federated_token":
        return Credential(method, tenant, client, given["federated_token_file"])
    if method == "client_secret":
        return Credential(method, tenant, client, secret=given["client_secret"])
    if method == "managed_identity":
        return Credential(method, tenant, given.get("managed_identity_client_id"))
    return Credential(method, tenant, secret=_bare_token(given["access_token"]))


def is_guid(text: str) -> bool:
    """Whether this is the identifier of a tenant, not one of its domains."""
    return _GUID.fullmatch(text) is not None


def _method(given: t.Mapping[str, str]) -> Method:
    wanted = given.get("auth_method", "auto")
    if wanted != "auto":
        for method in NEEDS:
            if method == wanted:
                return method
        raise InputError([f"auth_method: '{wanted}' is not known; use auto or one of {', '.join(NEEDS)}."])
    for method in AUTO:
        if NEEDS[method][-1] in given:
            return method
    own = [NEEDS[method][-1] for method in AUTO]
    nothing = (
        f"There is nothing to sign in with: set one of {', '.join(own)} or its environment variable"
        f" ({', '.join(ENVIRONMENT[name][0] for name in own)}), or auth_method to managed_identity."
    )
    raise InputError([nothing])


def _lacking(option: str, method: Method) -> str:
    return (
        f"{option}: it is needed to sign in by {method.replace('_', ' ')} and was not given; set it or the environment"
        f" variable {' or '.join(ENVIRONMENT[option])}."
    )


def _tenant_problem(tenant: str | None) -> list[str]:
    if tenant is None:
        return []
    if tenant.lower() in _SHARED_TENANTS:
        return [f"tenant_id: '{tenant}' is not one tenant; give the tenant's GUID or one of its verified domains."]
    if not _TENANT.fullmatch(tenant):
        return [f"tenant_id: '{tenant}' is neither a GUID nor a domain; give the tenant's GUID or a verified domain."]
    return []


def _bare_token(text: str) -> str:
    token = text[len("bearer ") :].strip() if text.lower().startswith("bearer ") else text
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise InputError(
            ["access_token: a token has no blanks, line breaks or special characters; give the token alone."]
        )
    return token

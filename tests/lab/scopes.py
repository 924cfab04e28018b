# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the scope of a token request to the audience of the token."""

from __future__ import annotations

import urllib.parse

from .clouds import CLOUDS, EXCHANGE_APP_ID, OTHER_RESOURCES, resources_of
from .entra_errors import Refusal
from .identity import TenantIdentity

_SUFFIX = "/.default"


def resource_of(scope: str) -> str:
    """The one resource that the scope is about. Raises Refusal."""
    scopes = scope.split()
    if not scopes:
        raise Refusal(70011, scope=scope)
    if any(not one.endswith(_SUFFIX) for one in scopes):
        raise Refusal(1002012 if all(_is_uri(one) for one in scopes) else 70011, scope=scope)
    resources = {one.removesuffix(_SUFFIX).rstrip("/") for one in scopes}
    if len(resources) > 1:
        raise Refusal(700022, scope=scope)
    return resources.pop()


def _is_uri(scope: str) -> bool:
    parts = urllib.parse.urlsplit(scope)
    return bool(parts.scheme and parts.netloc)


def audience_of(resource: str, tenant: TenantIdentity, own_url: str, form: str) -> str:
    """The ``aud`` of a token for ``resource`` in this tenant. Raises Refusal where the tenant does not know it.

    ``own_url`` is the lab's address of Exchange, which stands for the cloud's; ``form`` is the switch token_audience.
    """
    if resource in OTHER_RESOURCES:
        return resource
    usual = CLOUDS[tenant.cloud][0]
    known = resources_of(tenant.cloud) | {own_url}
    if resource not in known or not tenant.exchange:
        raise Refusal(500011, resource=resource, tenant=tenant.tenant_id)
    if form == "app_id":
        return EXCHANGE_APP_ID
    return usual if resource in (own_url, EXCHANGE_APP_ID) else resource

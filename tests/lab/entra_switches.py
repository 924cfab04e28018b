# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches of sign-in: token endpoint, tokens, managed identity."""

from __future__ import annotations

from .switches import Switch

SWITCHES: tuple[Switch, ...] = (
    Switch(
        "token_lifetime",
        3599,
        None,
        "Seconds for which an access token is good",
        "documented",
        "Microsoft identity platform: configurable token lifetimes (60 to 90 minutes)",
    ),
    Switch("token_clock_skew", 0, None, "Seconds for which Exchange takes a token that has expired"),
    Switch(
        "token_audience",
        "host",
        ("host", "app_id"),
        "The aud of a token for Exchange: the URL of the resource, or the id of its application",
        "recorded",
        "graph2otel and azure-auth see the URL; the id is the other form that Entra ID writes",
    ),
    Switch(
        "federated_errors",
        "detailed",
        ("detailed", "combined"),
        "A federated token that no credential matches: 700211, 700212 or 700213 by what differs, or 70021 for all",
        "documented",
        "Microsoft Entra authentication error codes list both families",
    ),
    Switch(
        "no_credential_error",
        7000216,
        (7000216, 7000218),
        "AADSTS number when neither secret nor assertion was sent",
        "documented",
        "azure-docs issues 30777 and 25959 show either",
    ),
    Switch(
        "unauthorized_client_status",
        400,
        (400, 401),
        "HTTP status of unauthorized_client at the token endpoint: application unknown or disabled",
    ),
    Switch(
        "federated_error_status",
        401,
        (400, 401),
        "HTTP status when no federated credential matches the token",
    ),
)

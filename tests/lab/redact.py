# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials out of what the lab keeps. Names decide, so that a wrong secret is hidden as well as the right one."""

from __future__ import annotations

import typing as t

HIDDEN: t.Final = "[redacted]"
# Form fields and members, and header names, in lower case.
_SECRET_NAMES = frozenset(
    {"client_secret", "client_assertion", "assertion", "access_token", "refresh_token", "password", "authorization"}
)
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-identity-header", "secret"})


def redact(values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A deep copy with secret members replaced; the names stay, so that a test can see that a secret was sent."""
    return {
        str(name): HIDDEN if str(name).lower() in _SECRET_NAMES else _inner(value) for name, value in values.items()
    }


def _inner(value: t.Any) -> t.Any:
    if isinstance(value, t.Mapping):
        return redact(value)
    if isinstance(value, (list, tuple)):
        return [_inner(one) for one in value]
    return value


def redact_headers(headers: t.Mapping[str, str]) -> dict[str, str]:
    """Headers with lower-case names; of a credential only its scheme is left."""
    kept: dict[str, str] = {}
    for name, value in headers.items():
        if name.lower() in _SECRET_HEADERS:
            scheme, blank, _rest = value.partition(" ")
            kept[name.lower()] = f"{scheme} {HIDDEN}" if blank else HIDDEN
        else:
            kept[name.lower()] = value
    return kept

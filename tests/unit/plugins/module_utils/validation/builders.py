# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connectors as they stand in Exchange, for tests of their validation."""

from __future__ import annotations

import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.codec import read_record
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector

NOW = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.timezone.utc)


def wire(when: dt.datetime, zone: str = "") -> str:
    """A time as the service writes it."""
    return f"{when:%Y-%m-%dT%H:%M:%S}.0000000{zone}"


def record(name: str = "to a", **members: t.Any) -> dict[str, t.Any]:
    """What Get-OutboundConnector shows of a connector."""
    return {
        "Name": name,
        "Guid": f"guid of {name}",
        "Enabled": True,
        "RecipientDomains": ["a.example"],
        "IsTransportRuleScoped": False,
        "AllAcceptedDomains": False,
        "ValidationRecipients": [],
        "IsValidated": False,
        "LastValidationTimestamp": None,
        "WhenChangedUTC": wire(NOW - dt.timedelta(days=90), "Z"),
        **members,
    }


def connector(name: str = "to a", **members: t.Any) -> Connector:
    """The same, read."""
    return read_record("outbound", record(name, **members))


def validated(hours_ago: float, changed_hours_ago: float, **members: t.Any) -> Connector:
    """A connector with a recorded success."""
    return connector(
        IsValidated=True,
        LastValidationTimestamp=wire(NOW - dt.timedelta(hours=hours_ago)),
        WhenChangedUTC=wire(NOW - dt.timedelta(hours=changed_hours_ago), "Z"),
        **members,
    )

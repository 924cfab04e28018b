# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of Get-, New-, Set- and Remove-InboundConnector (Microsoft's cmdlet pages, August 2026)."""

from __future__ import annotations

from .parameters import (
    CONFIRM,
    CONNECTOR_SOURCE,
    CONNECTOR_TYPE,
    IDENTITY,
    NEW,
    NEW_SET,
    RESULT_SIZE,
    WHAT_IF,
    Family,
    Kind,
    Parameter,
)

INBOUND = Family(
    "InboundConnector",
    (
        # A limit is documented for the outbound name only; the same is assumed here.
        Parameter("Name", Kind.TEXT, NEW_SET, required_by=NEW, max_length=64),
        IDENTITY,
        Parameter("SenderDomains", Kind.LIST, NEW_SET, required_by=NEW, item="sender_domain"),
        Parameter("Enabled", Kind.BOOL, NEW_SET, default=True),
        Parameter("ConnectorType", Kind.ENUM, NEW_SET, enum=CONNECTOR_TYPE, default_switch="connector_type_default"),
        Parameter("ConnectorSource", Kind.ENUM, NEW_SET, enum=CONNECTOR_SOURCE, default="Default"),
        Parameter("Comment", Kind.TEXT, NEW_SET, default="", nullable=True),
        Parameter("SenderIPAddresses", Kind.LIST, NEW_SET, default=(), item="ipv4_range"),
        Parameter("TrustedOrganizations", Kind.LIST, NEW_SET, default=()),
        Parameter("ClientHostNames", Kind.LIST, NEW, default=()),
        Parameter("AssociatedAcceptedDomains", Kind.LIST, NEW_SET, default=()),
        Parameter("RequireTls", Kind.BOOL, NEW_SET, default_switch="require_tls_default"),
        Parameter("RestrictDomainsToIPAddresses", Kind.BOOL, NEW_SET, default=False),
        Parameter("RestrictDomainsToCertificate", Kind.BOOL, NEW_SET, default=False),
        Parameter("CloudServicesMailEnabled", Kind.BOOL, NEW_SET, default=False),
        Parameter("TreatMessagesAsInternal", Kind.BOOL, NEW_SET, default=False),
        Parameter(
            "TlsSenderCertificateName", Kind.CERTIFICATE, NEW_SET, default=None, item="certificate", nullable=True
        ),
        Parameter("EFTestMode", Kind.BOOL, NEW_SET, default=False),
        Parameter("ScanAndDropRecipients", Kind.LIST, NEW_SET, default=()),
        Parameter("EFSkipLastIP", Kind.BOOL, NEW_SET, default=False),
        Parameter("EFSkipIPs", Kind.LIST, NEW_SET, default=()),
        Parameter("EFSkipMailGateway", Kind.LIST, NEW_SET, default=()),
        Parameter("EFUsers", Kind.LIST, NEW_SET, default=()),
        RESULT_SIZE,
        CONFIRM,
        WHAT_IF,
    ),
)

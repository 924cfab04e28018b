# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of Get-, New-, Set- and Remove-OutboundConnector (Microsoft's cmdlet pages, August 2026)."""

from __future__ import annotations

from .parameters import (
    CONFIRM,
    CONNECTOR_SOURCE,
    CONNECTOR_TYPE,
    GET,
    IDENTITY,
    MTA_STS_MODE,
    NEW,
    NEW_SET,
    RESULT_SIZE,
    SET,
    SMTP_DANE_MODE,
    TLS_LEVEL,
    WHAT_IF,
    Family,
    Kind,
    Parameter,
)

NO_GUID = "00000000-0000-0000-0000-000000000000"

OUTBOUND = Family(
    "OutboundConnector",
    (
        Parameter("Name", Kind.TEXT, NEW_SET, required_by=NEW, max_length=64),
        IDENTITY,
        Parameter("Enabled", Kind.BOOL, NEW_SET, default=True),
        Parameter("UseMXRecord", Kind.BOOL, NEW_SET, default=True),
        Parameter("Comment", Kind.TEXT, NEW_SET, default="", nullable=True),
        Parameter("ConnectorType", Kind.ENUM, NEW_SET, enum=CONNECTOR_TYPE, default_switch="connector_type_default"),
        Parameter("ConnectorSource", Kind.ENUM, NEW_SET, enum=CONNECTOR_SOURCE, default="Default"),
        Parameter("RecipientDomains", Kind.LIST, NEW_SET, default=(), item="recipient_domain"),
        Parameter("SmartHosts", Kind.LIST, NEW_SET, default=(), item="smart_host"),
        Parameter("TlsDomain", Kind.DOMAIN, NEW_SET, default=None, item="domain_pattern", nullable=True),
        Parameter("TlsSettings", Kind.ENUM, NEW_SET, enum=TLS_LEVEL, default=None, nullable=True),
        Parameter("IsTransportRuleScoped", Kind.BOOL, NEW_SET, default=False),
        Parameter("RouteAllMessagesViaOnPremises", Kind.BOOL, NEW_SET, default=False),
        Parameter("CloudServicesMailEnabled", Kind.BOOL, NEW_SET, default=False),
        Parameter("AllAcceptedDomains", Kind.BOOL, NEW_SET, default=False),
        Parameter("SenderRewritingEnabled", Kind.BOOL, NEW_SET, default=False),
        Parameter(
            "MtaStsMode",
            Kind.ENUM,
            NEW_SET,
            enum=MTA_STS_MODE,
            default="Opportunistic",
            present_with="mail_security_modes",
        ),
        Parameter(
            "SmtpDaneMode",
            Kind.ENUM,
            NEW_SET,
            enum=SMTP_DANE_MODE,
            default="Opportunistic",
            present_with="mail_security_modes",
        ),
        Parameter("TestMode", Kind.BOOL, NEW_SET, default=False),
        Parameter("LinkForModifiedConnector", Kind.GUID, NEW, default=NO_GUID),
        # The result of a validation is recorded with a second call: New does not know these three.
        Parameter("ValidationRecipients", Kind.LIST, SET, default=()),
        Parameter("IsValidated", Kind.BOOL, SET, default=False),
        Parameter("LastValidationTimestamp", Kind.DATE, SET, default=None, nullable=True),
        # The filters of Get are told apart from the member of the same name by their verb.
        Parameter("IsTransportRuleScoped", Kind.BOOL, GET, stored=False),
        Parameter("IncludeTestModeConnectors", Kind.BOOL, GET, stored=False),
        RESULT_SIZE,
        CONFIRM,
        WHAT_IF,
    ),
)

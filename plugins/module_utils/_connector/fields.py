# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""THE table: every setting of a connector, once.

Argument specification, reading, comparing, sending and the rules about directions and types are derived from
it, and a test compares it with the documentation. A new parameter of Exchange is one row here (and one entry
in the documentation fragment).

Sources: Microsoft's pages of New-, Set- and Get-OutboundConnector and -InboundConnector. Parameters that those
pages reserve for internal use or for the hybrid wizard's book-keeping (ConnectorSource,
LinkForModifiedConnector, ClientHostNames, EFTestMode, EFSkipMailGateway, ScanAndDropRecipients) are left alone.
"""

from __future__ import annotations

import dataclasses

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import kinds
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    DIRECTIONS,
    Direction,
    Settings,
    Value,
)

PARTNER = "partner"
ON_PREMISES = "on_premises"

#: Exchange refuses longer names (New-OutboundConnector, -Name). The inbound page gives no limit; the same is safe.
LONGEST_NAME = 64


@dataclasses.dataclass(frozen=True)
class Field:
    """One setting.

    ``create`` is sent with New-* when the user left the option out, because Exchange's own default is contested
    or undocumented (None: nothing is sent). ``settable_on_create`` is false where only Set-* has the parameter.
    """

    option: str
    parameter: str
    kind: kinds.Kind
    directions: tuple[Direction, ...] = DIRECTIONS
    connector_type: str | None = None
    create: Value | None = None
    settable_on_create: bool = True


_OUT: tuple[Direction, ...] = ("outbound",)
_IN: tuple[Direction, ...] = ("inbound",)

_TYPES = kinds.choice({PARTNER: "Partner", ON_PREMISES: "OnPremises"}, PARTNER)
_TLS = kinds.choice(
    {
        "opportunistic": None,
        "encryption_only": "EncryptionOnly",
        "certificate_validation": "CertificateValidation",
        "domain_validation": "DomainValidation",
    },
    "opportunistic",
)
_DANE = kinds.choice({"opportunistic": "Opportunistic", "mandatory": "Mandatory", "none": "None"}, "opportunistic")
_MTA_STS = kinds.choice({"opportunistic": "Opportunistic", "none": "None"}, "opportunistic")

FIELDS: tuple[Field, ...] = (
    Field("enabled", "Enabled", kinds.FLAG, create=True),
    Field("comment", "Comment", kinds.COMMENT),
    Field("connector_type", "ConnectorType", _TYPES, create=PARTNER),
    Field("cloud_services_mail_enabled", "CloudServicesMailEnabled", kinds.FLAG, connector_type=ON_PREMISES),
    Field("recipient_domains", "RecipientDomains", kinds.RECIPIENT_DOMAINS, _OUT),
    Field("use_mx_record", "UseMXRecord", kinds.FLAG, _OUT, create=True),
    Field("smart_hosts", "SmartHosts", kinds.SMART_HOSTS, _OUT),
    Field("tls_settings", "TlsSettings", _TLS, _OUT),
    Field("tls_domain", "TlsDomain", kinds.CERTIFICATE_NAME, _OUT),
    Field("smtp_dane_mode", "SmtpDaneMode", _DANE, _OUT),
    Field("mta_sts_mode", "MtaStsMode", _MTA_STS, _OUT),
    Field("transport_rule_scoped", "IsTransportRuleScoped", kinds.FLAG, _OUT),
    Field("test_mode", "TestMode", kinds.FLAG, _OUT),
    Field("validation_recipients", "ValidationRecipients", kinds.MAIL_ADDRESSES, _OUT, settable_on_create=False),
    Field("all_accepted_domains", "AllAcceptedDomains", kinds.FLAG, _OUT, connector_type=ON_PREMISES),
    Field(
        "route_all_messages_via_on_premises",
        "RouteAllMessagesViaOnPremises",
        kinds.FLAG,
        _OUT,
        connector_type=ON_PREMISES,
    ),
    Field("sender_rewriting_enabled", "SenderRewritingEnabled", kinds.FLAG, _OUT, connector_type=ON_PREMISES),
    Field("sender_domains", "SenderDomains", kinds.SENDER_DOMAINS, _IN),
    Field("sender_ip_addresses", "SenderIPAddresses", kinds.SENDER_NETWORKS, _IN),
    Field("require_tls", "RequireTls", kinds.FLAG, _IN, create=True),
    Field("tls_sender_certificate_name", "TlsSenderCertificateName", kinds.CERTIFICATE_NAME, _IN),
    Field("restrict_domains_to_certificate", "RestrictDomainsToCertificate", kinds.FLAG, _IN, connector_type=PARTNER),
    Field("restrict_domains_to_ip_addresses", "RestrictDomainsToIPAddresses", kinds.FLAG, _IN, connector_type=PARTNER),
    Field("associated_accepted_domains", "AssociatedAcceptedDomains", kinds.ACCEPTED_DOMAINS, _IN),
    Field("trusted_organizations", "TrustedOrganizations", kinds.PLAIN_TEXTS, _IN),
    Field("treat_messages_as_internal", "TreatMessagesAsInternal", kinds.FLAG, _IN, connector_type=ON_PREMISES),
    Field("ef_skip_last_ip", "EFSkipLastIP", kinds.FLAG, _IN),
    Field("ef_skip_ips", "EFSkipIPs", kinds.PLAIN_TEXTS, _IN),
    Field("ef_users", "EFUsers", kinds.PLAIN_TEXTS, _IN),
)

BY_OPTION: dict[str, Field] = {field.option: field for field in FIELDS}

#: Exchange wants these two in one command (New-OutboundConnector, -UseMXRecord), so neither travels alone.
SENT_TOGETHER: tuple[frozenset[str], ...] = (frozenset({"use_mx_record", "smart_hosts"}),)

#: The domains a connector is for, by direction.
DOMAINS_OPTION: dict[Direction, str] = {"outbound": "recipient_domains", "inbound": "sender_domains"}


def fields_of(direction: Direction) -> tuple[Field, ...]:
    """The settings a connector of this direction has."""
    return _BY_DIRECTION[direction]


def applies(field: Field, connector_type: Value | None) -> bool:
    """Whether connectors of this type have the setting; an unknown type has them all."""
    return field.connector_type is None or connector_type is None or field.connector_type == connector_type


def domains_of(direction: Direction, settings: Settings) -> tuple[str, ...]:
    """The domains the connector is for."""
    value = settings.get(DOMAINS_OPTION[direction], ())
    return value if isinstance(value, tuple) else ()


_BY_DIRECTION: dict[Direction, tuple[Field, ...]] = {
    direction: tuple(field for field in FIELDS if direction in field.directions) for direction in DIRECTIONS
}

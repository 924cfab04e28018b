# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of the records in wire order. The two directions are different shapes, neither a subset of the other."""

from __future__ import annotations

from .parameters import CONNECTOR_SOURCE, CONNECTOR_TYPE, MTA_STS_MODE, SMTP_DANE_MODE, TLS_LEVEL

# Members that every directory object ends with, in order.
_DIRECTORY = (
    "AdminDisplayName",
    "ExchangeVersion",
    "DirectoryObjectVersion",
    "Name",
    "DistinguishedName",
    "Identity",
    "ObjectCategory",
    "ObjectClass",
    "WhenChanged",
    "WhenCreated",
    "WhenChangedUTC",
    "WhenCreatedUTC",
    "ExchangeObjectId",
    "OrganizationalUnitRoot",
    "OrganizationId",
    "Id",
    "Guid",
    "OriginatingServer",
    "IsValid",
    "ObjectState",
)

OUTBOUND_MEMBERS = (
    "Enabled",
    "UseMXRecord",
    "Comment",
    "ConnectorType",
    "ConnectorSource",
    "RecipientDomains",
    "SmartHosts",
    "TlsDomain",
    "TlsSettings",
    "IsTransportRuleScoped",
    "RouteAllMessagesViaOnPremises",
    "CloudServicesMailEnabled",
    "AllAcceptedDomains",
    "SenderRewritingEnabled",
    "MtaStsMode",
    "SmtpDaneMode",
    "TestMode",
    "LinkForModifiedConnector",
    "ValidationRecipients",
    "IsValidated",
    "LastValidationTimestamp",
    *_DIRECTORY,
)

INBOUND_MEMBERS = (
    "Enabled",
    "ConnectorType",
    "ConnectorSource",
    "Comment",
    "SenderIPAddresses",
    "SenderDomains",
    "TrustedOrganizations",
    "ClientHostNames",
    "AssociatedAcceptedDomains",
    "RequireTls",
    "RestrictDomainsToIPAddresses",
    "RestrictDomainsToCertificate",
    "CloudServicesMailEnabled",
    "TreatMessagesAsInternal",
    "TlsSenderCertificateName",
    "EFTestMode",
    "ScanAndDropRecipients",
    "EFSkipLastIP",
    "EFSkipIPs",
    "EFSkipMailGateway",
    "EFUsers",
    "NameHashGuid",
    "OrganizationalUnitRootInternal",
    *_DIRECTORY,
)

# An accepted domain's own members with the value of an ordinary one.
DOMAIN_DEFAULTS: dict[str, object] = {
    "DomainName": "",
    "CatchAllRecipientID": None,
    "DomainType": "Authoritative",
    "MatchSubDomains": False,
    "AddressBookEnabled": True,
    "Default": False,
    "EmailOnly": False,
    "ExternallyManaged": False,
    "RawAuthenticationType": "Managed",
    "AuthenticationType": "Managed",
    "LiveIdInstanceType": "Business",
    "PendingRemoval": False,
    "PendingCompletion": False,
    "FederatedOrganizationLink": "Federation",
    "MailFlowPartner": None,
    "OutboundOnly": False,
    "PendingFederatedAccountNamespace": False,
    "PendingFederatedDomain": False,
    "IsCoexistenceDomain": False,
    "PerimeterDuplicateDetected": False,
    "IsDefaultFederatedDomain": False,
    "EnableNego2Authentication": False,
    "CanHaveCloudCache": False,
    "SendingFromDomainDisabled": False,
    "SendingToDomainDisabled": False,
    "SmtpDaneStatus": "Disabled",
    "MailFlowRegion": "",
    "AzureProvisioningRegion": "",
    "InitialDomain": False,
}
DOMAIN_MEMBERS = (*DOMAIN_DEFAULTS, *_DIRECTORY)

# The sidecar "<name>@data.type"; "<name>@odata.type" besides it for the two types that public captures show.
DATA_TYPES: dict[str, str] = {
    "Guid": "System.Guid",
    "ExchangeObjectId": "System.Guid",
    "LinkForModifiedConnector": "System.Guid",
    "NameHashGuid": "System.Guid",
    "WhenChanged": "System.DateTime",
    "WhenCreated": "System.DateTime",
    "WhenChangedUTC": "System.DateTime",
    "WhenCreatedUTC": "System.DateTime",
    "LastValidationTimestamp": "System.DateTime",
    "ConnectorType": CONNECTOR_TYPE.type_name,
    "ConnectorSource": CONNECTOR_SOURCE.type_name,
    "TlsSettings": TLS_LEVEL.type_name,
    "MtaStsMode": MTA_STS_MODE.type_name,
    "SmtpDaneMode": SMTP_DANE_MODE.type_name,
}
LISTS = frozenset(
    {
        "RecipientDomains",
        "SmartHosts",
        "ValidationRecipients",
        "SenderIPAddresses",
        "SenderDomains",
        "TrustedOrganizations",
        "ClientHostNames",
        "AssociatedAcceptedDomains",
        "ScanAndDropRecipients",
        "EFSkipIPs",
        "EFSkipMailGateway",
        "EFUsers",
        "ObjectClass",
    }
)


def _sidecars(name: str) -> tuple[tuple[str, str], ...]:
    found = []
    data_type = DATA_TYPES.get(name)
    if data_type is not None:
        found.append((f"{name}@data.type", data_type))
    if data_type == "System.Guid":
        found.append((f"{name}@odata.type", "#Guid"))
    if name in LISTS:
        found.append((f"{name}@odata.type", "#Collection(String)"))
    return tuple(found)


# Made once: every record of every list is written with them.
SIDECARS: dict[str, tuple[tuple[str, str], ...]] = {
    name: _sidecars(name) for name in {*OUTBOUND_MEMBERS, *INBOUND_MEMBERS, *DOMAIN_MEMBERS}
}
MAIL_SECURITY_MEMBERS = frozenset({"MtaStsMode", "SmtpDaneMode"})

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small Exchange for the tests of the connector utilities, written from Microsoft's pages and public captures.

It knows the records of Get-*Connector, what New-, Set- and Remove- do to them, and the few rules whose breach the
service is known to refuse. It imports nothing of the product: what both agree on was written down twice.
"""

from __future__ import annotations

import copy
import typing as t
import uuid

_COMMON_DEFAULTS: dict[str, t.Any] = {
    "Enabled": True,
    "Comment": "",
    "ConnectorType": "Partner",
    "CloudServicesMailEnabled": False,
}
DEFAULTS: dict[str, dict[str, t.Any]] = {
    "outbound": {
        **_COMMON_DEFAULTS,
        "RecipientDomains": [],
        "UseMXRecord": True,
        "SmartHosts": [],
        "TlsSettings": None,
        "TlsDomain": None,
        "SmtpDaneMode": "Opportunistic",
        "MtaStsMode": "Opportunistic",
        "IsTransportRuleScoped": False,
        "TestMode": False,
        "AllAcceptedDomains": False,
        "RouteAllMessagesViaOnPremises": False,
        "SenderRewritingEnabled": False,
    },
    "inbound": {
        **_COMMON_DEFAULTS,
        "SenderDomains": [],
        "SenderIPAddresses": [],
        "RequireTls": False,
        "TlsSenderCertificateName": None,
        "RestrictDomainsToCertificate": False,
        "RestrictDomainsToIPAddresses": False,
        "AssociatedAcceptedDomains": [],
        "TrustedOrganizations": [],
        "TreatMessagesAsInternal": False,
        "EFSkipLastIP": False,
        "EFSkipIPs": [],
        "EFUsers": [],
    },
}
#: Only Set-OutboundConnector has these.
SET_ONLY: dict[str, dict[str, t.Any]] = {"outbound": {"ValidationRecipients": [], "IsValidated": False}, "inbound": {}}
#: Members of a record that nobody sets, some of them new to the reader.
READ_ONLY: dict[str, t.Any] = {
    "ConnectorSource": "Default",
    "AdminDisplayName": "",
    "ExchangeVersion": "0.1 (8.0.535.0)",
    "DirectoryObjectVersion": 3,
    "IsValid": True,
    "ObjectState": "Unchanged",
    "WhenChangedUTC": "2026-07-24T19:01:54.0000000Z",
    "WhenCreatedUTC": "2026-07-24T18:58:31.0000000Z",
}
_ENUMS = {
    "ConnectorType": ("Partner", "OnPremises"),
    "TlsSettings": (None, "EncryptionOnly", "CertificateValidation", "DomainValidation"),
    "SmtpDaneMode": ("Opportunistic", "Mandatory", "None"),
    "MtaStsMode": ("Opportunistic", "None"),
}


class RefusedError(Exception):
    """The service understood and refused; ``kind`` is what a client would make of it."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Exchange:
    """One tenant's connectors. ``log`` holds every cmdlet that had an effect."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, dict[str, t.Any]]] = {"outbound": {}, "inbound": {}}
        self.log: list[str] = []

    def seed(self, direction: str, name: str, **members: t.Any) -> str:
        """Put a record there as an administrator might have left it; returns its Guid."""
        guid = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{direction}.{name}"))
        record = copy.deepcopy({**DEFAULTS[direction], **SET_ONLY[direction], **READ_ONLY, **members})
        self.records[direction][guid] = {"Name": name, "Identity": name, "Guid": guid, **self._stored(record)}
        return guid

    def get(self, direction: str) -> list[dict[str, t.Any]]:
        """What Get-*Connector returns."""
        return copy.deepcopy(list(self.records[direction].values()))

    def snapshot(self) -> dict[str, t.Any]:
        return copy.deepcopy(self.records)

    def run(self, cmdlet: str, parameters: t.Mapping[str, t.Any]) -> None:
        """Carry out one cmdlet, or refuse it and change nothing."""
        verb, _separator, noun = cmdlet.partition("-")
        direction = {"OutboundConnector": "outbound", "InboundConnector": "inbound"}[noun]
        sent = dict(parameters)
        if verb == "New":
            self._new(direction, sent)
        elif verb == "Set":
            self._set(direction, sent)
        elif verb == "Remove":
            assert sent.pop("Confirm") is False, "Remove would ask"
            del self.records[direction][self._find(direction, sent.pop("Identity"))]
            assert not sent
        else:
            raise AssertionError(cmdlet)
        self.log.append(cmdlet)

    def _new(self, direction: str, sent: dict[str, t.Any]) -> None:
        name = sent.pop("Name")
        if any(record["Name"].lower() == name.lower() for record in self.records[direction].values()):
            raise RefusedError("already_exists", f"'{name}' already exists.")
        self._check(direction, sent, set(DEFAULTS[direction]), DEFAULTS[direction])
        if direction == "inbound" and not sent.get("SenderDomains"):
            raise RefusedError("rejected", "SenderDomains is mandatory.")
        members = {key: value for key, value in sent.items() if key != "Confirm"}
        self.seed(direction, name, **members)

    def _set(self, direction: str, sent: dict[str, t.Any]) -> None:
        record = self.records[direction][self._find(direction, sent.pop("Identity"))]
        assert sent.pop("Confirm", False) is False, "Set would ask"
        self._check(direction, sent, {*DEFAULTS[direction], *SET_ONLY[direction]}, record)
        record.update(self._stored(copy.deepcopy(sent)))

    def _find(self, direction: str, identity: str) -> str:
        for guid, record in self.records[direction].items():
            if identity.lower() in (guid, record["Name"].lower()):
                return guid
        raise RefusedError("not_found", f"The object '{identity}' couldn't be found.")

    @staticmethod
    def _stored(members: dict[str, t.Any]) -> dict[str, t.Any]:
        domains = members.get("SenderDomains")
        if domains is not None:
            members["SenderDomains"] = [d if d.startswith("smtp:") else f"smtp:{d};1" for d in domains]
        # Microsoft says that partner connectors rewrite senders anyway, and captures read true there.
        if members.get("ConnectorType") == "Partner" and "SenderRewritingEnabled" in members:
            members["SenderRewritingEnabled"] = True
        return members

    def _check(
        self, direction: str, sent: t.Mapping[str, t.Any], known: set[str], before: t.Mapping[str, t.Any]
    ) -> None:
        unknown = set(sent) - known - {"Confirm"}
        if unknown:
            raise RefusedError("rejected", f"Invalid cmdlet parameters specified. {sorted(unknown)}")
        for name, allowed in _ENUMS.items():
            if name in sent and sent[name] not in allowed:
                raise RefusedError("rejected", f"Unable to match the identifier name {sent[name]} for {name}.")
        after = {**before, **sent}
        if sent.get("SenderRewritingEnabled") and after["ConnectorType"] == "Partner":
            raise RefusedError("rejected", "The SenderRewritingEnabled parameter can only be specified for OnPremises.")
        if direction == "outbound":
            self._check_outbound(sent, after)
        elif len(",".join(f"smtp:{domain};1" for domain in sent.get("SenderDomains", ()))) > 2243:
            raise RefusedError("rejected", "The length of the property is too long.")

    @staticmethod
    def _check_outbound(sent: t.Mapping[str, t.Any], after: t.Mapping[str, t.Any]) -> None:
        if sent.get("UseMXRecord") is False and not sent.get("SmartHosts"):
            raise RefusedError("rejected", "SmartHosts is required, in the same call, when UseMXRecord is false.")
        if after["TlsSettings"] == "DomainValidation" and not after["TlsDomain"]:
            raise RefusedError("rejected", "TlsDomain is required with DomainValidation.")


def enforced(exchange: Exchange, direction: str) -> set[str]:
    """The domains for which some connector in ordinary mail flow insists on TLS or a pin, read from the records."""
    found: set[str] = set()
    for record in exchange.get(direction):
        if not record["Enabled"]:
            continue
        if direction == "outbound":
            aside = record["IsTransportRuleScoped"] or record["TestMode"]
            if not aside and (record["TlsSettings"] is not None or record["SmtpDaneMode"] == "Mandatory"):
                found.update(record["RecipientDomains"])
        elif any(record[m] for m in ("RequireTls", "RestrictDomainsToCertificate", "RestrictDomainsToIPAddresses")):
            found.update(domain.removeprefix("smtp:").partition(";")[0] for domain in record["SenderDomains"])
    return found

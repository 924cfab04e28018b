# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One stored object, and how Get shows it: members in wire order, type sidecars, the switches about reading."""

from __future__ import annotations

import datetime as dt
import functools
import ipaddress
import json
import typing as t
import uuid
from dataclasses import dataclass, field, replace

from .errors import FOREST, SERVER
from .shapes import DOMAIN_MEMBERS, INBOUND_MEMBERS, MAIL_SECURITY_MEMBERS, OUTBOUND_MEMBERS, SIDECARS

if t.TYPE_CHECKING:
    from ..switches import Switches

Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the objects of one noun have in common."""

    noun: str
    members: tuple[str, ...]
    object_class: str
    category: str
    version: str


OUTBOUND_KIND = Kind(
    "OutboundConnector",
    OUTBOUND_MEMBERS,
    "msExchSMTPOutboundConnector",
    "ms-Exch-SMTP-Outbound-Connector",
    "0.1 (8.0.535.0)",
)
INBOUND_KIND = Kind(
    "InboundConnector",
    INBOUND_MEMBERS,
    "msExchSMTPInboundConnector",
    "ms-Exch-SMTP-Inbound-Connector",
    "0.1 (8.0.535.0)",
)
DOMAIN_KIND = Kind(
    "AcceptedDomain", DOMAIN_MEMBERS, "msExchAcceptedDomain", "ms-Exch-Accepted-Domain", "0.20 (15.0.0.0)"
)


class Shape(t.NamedTuple):
    """The switches that change how a record is read; equal shapes give equal bytes."""

    annotations: bool
    mail_security_modes: bool
    directory_object_version: bool
    sender_rewriting_on_partner: bool
    bracketed_ips: bool

    @classmethod
    def of(cls, switches: Switches) -> Shape:
        """The shape that the switches ask for now."""
        return cls(
            switches["annotations"] == "present",
            switches["mail_security_modes"] == "present",
            switches["directory_object_version"] == "present",
            switches["sender_rewriting_on_partner"] == "reads_true",
            switches["smart_host_ip"] == "bracketed",
        )


#: How many ways of looking at a record are remembered: a connector is asked for whole, and by its settings.
_LOOKS_KEPT = 4


class Shown(t.Protocol):
    """Whatever an answer can show."""

    def wire(self, shape: Shape, select: tuple[str, ...] = ()) -> bytes:
        """It in JSON; ``select`` are the members that are wanted, empty for all."""


def chosen(members: Values, select: tuple[str, ...]) -> Values:
    """The members that are wanted, with their sidecars."""
    wanted = {name.lower() for name in select}
    return {name: value for name, value in members.items() if name.partition("@")[0].lower() in wanted}


@dataclass(frozen=True, slots=True)
class Plain:
    """Something that is no object of the directory: just members."""

    members: Values

    def wire(self, shape: Shape, select: tuple[str, ...] = ()) -> bytes:
        """It in JSON. Lists have the sidecar that lists of directory objects have."""
        shown: Values = {}
        for name, value in self.members.items():
            if shape.annotations and isinstance(value, list):
                shown[f"{name}@odata.type"] = "#Collection(String)"
            shown[name] = value
        return json.dumps(chosen(shown, select) if select else shown).encode()


PLAIN = Shape(
    annotations=False,
    mail_security_modes=True,
    directory_object_version=False,
    sender_rewriting_on_partner=False,
    bracketed_ips=False,
)


@functools.lru_cache(4096)
def wire_time(when: dt.datetime, zone: str) -> str:
    """A time as the directory shows it: whole seconds written with seven decimals."""
    return f"{when:%Y-%m-%dT%H:%M:%S}.0000000{zone}"


def utc_now() -> dt.datetime:
    """Now, in whole seconds as the directory stores it."""
    return dt.datetime.now(dt.timezone.utc).replace(microsecond=0)


def _bracketed(host: str) -> str:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return host
    return f"[{host}]"


@dataclass(frozen=True, slots=True)
class Record:
    """An object of the directory. Immutable: a change makes a new one, so snapshots and late replicas keep theirs.

    ``values`` holds the members that cmdlets and seeds set; the directory's own members are computed.
    """

    kind: Kind
    tenant: str
    values: Values
    guid: str
    created: dt.datetime
    changed: dt.datetime
    _wire: dict[tuple[Shape, tuple[str, ...]], bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The name, which is the identity too."""
        return str(self.values["Name"])

    @property
    def distinguished_name(self) -> str:
        """The path in the directory; a comma in the name is escaped."""
        name = self.name.replace("\\", "\\\\").replace(",", "\\,")
        return (
            f"CN={name},CN=Transport Settings,CN=Configuration,CN={self.tenant},CN=ConfigurationUnits,"
            f"DC={FOREST.partition('.')[0]},DC=PROD,DC=OUTLOOK,DC=COM"
        )

    def changed_to(self, values: Values, changed: dt.datetime) -> Record:
        """The record with other values."""
        return replace(self, values=values, changed=changed, _wire={})

    def flag(self, name: str) -> bool:
        """A Boolean member; false when it is not there."""
        return self.values.get(name) is True

    def _computed(self) -> Values:
        return {
            "AdminDisplayName": "",
            "ExchangeVersion": self.kind.version,
            "DirectoryObjectVersion": 1,
            "DistinguishedName": self.distinguished_name,
            "Identity": self.name,
            "ObjectCategory": f"{FOREST}/Configuration/Schema/{self.kind.category}",
            "ObjectClass": ["top", self.kind.object_class],
            "WhenChanged": wire_time(self.changed, "+00:00"),
            "WhenCreated": wire_time(self.created, "+00:00"),
            "WhenChangedUTC": wire_time(self.changed, "Z"),
            "WhenCreatedUTC": wire_time(self.created, "Z"),
            "ExchangeObjectId": self.guid,
            "NameHashGuid": str(uuid.uuid5(uuid.NAMESPACE_OID, self.name.lower())),
            "OrganizationalUnitRoot": self.tenant,
            "OrganizationalUnitRootInternal": self.tenant,
            "OrganizationId": f"{FOREST}/Microsoft Exchange Hosted Organizations/{self.tenant} - {FOREST}/"
            f"ConfigurationUnits/{self.tenant}/Configuration",
            "Id": self.name,
            "Guid": self.guid,
            "OriginatingServer": f"{SERVER}.{FOREST}",
            "IsValid": True,
            "ObjectState": "Unchanged",
        }

    def members(self, shape: Shape = PLAIN) -> Values:
        """The object as Get shows it, in wire order."""
        everything = self._computed() | self.values
        if shape.sender_rewriting_on_partner and self.values.get("ConnectorType") == "Partner":
            everything["SenderRewritingEnabled"] = True
        if shape.bracketed_ips and "SmartHosts" in everything:
            everything["SmartHosts"] = [_bracketed(host) for host in t.cast("list[str]", everything["SmartHosts"])]
        shown: Values = {}
        annotated = shape.annotations
        for name in self.kind.members:
            if name in MAIL_SECURITY_MEMBERS and not shape.mail_security_modes:
                continue
            if name == "DirectoryObjectVersion" and not shape.directory_object_version:
                continue
            value = everything[name]
            if annotated and value is not None:
                shown.update(SIDECARS[name])
            shown[name] = value
        return shown

    def wire(self, shape: Shape, select: tuple[str, ...] = ()) -> bytes:
        """The object in JSON; encoded once for the same look, because lists of thousands are read again and again."""
        encoded = self._wire.get((shape, select))
        if encoded is None:
            members = self.members(shape)
            encoded = json.dumps(chosen(members, select) if select else members).encode()
            if len(self._wire) == _LOOKS_KEPT:
                self._wire.clear()
            self._wire[shape, select] = encoded
        return encoded

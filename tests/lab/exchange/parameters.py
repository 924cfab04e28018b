# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cmdlet parameter is: the vocabulary of the tables schema_outbound, schema_inbound and schema_domain."""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass, field


class Kind(enum.Enum):
    """How the JSON value of a parameter is read."""

    TEXT = "System.String"
    BOOL = "System.Boolean"
    SWITCH = "System.Management.Automation.SwitchParameter"
    ENUM = "enum"
    LIST = "Microsoft.Exchange.Data.MultiValuedProperty`1[System.String]"
    GUID = "System.Guid"
    DATE = "System.DateTime"
    DOMAIN = "Microsoft.Exchange.Data.SmtpDomainWithSubdomains"
    CERTIFICATE = "Microsoft.Exchange.Data.TlsCertificate"
    IDENTITY = "identity"
    SIZE = "Microsoft.Exchange.Data.Unlimited`1[System.UInt32]"


class Absent(enum.Enum):
    """The parameter has no default: the record keeps what it has."""

    ABSENT = 0


ABSENT: t.Final = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enumeration of the service: its .NET name as error texts show it, and its members in order."""

    type_name: str
    members: tuple[str, ...]


CONNECTOR_TYPE = EnumType(
    "Microsoft.Exchange.Data.Directory.SystemConfiguration.TenantConnectorType", ("Partner", "OnPremises")
)
CONNECTOR_SOURCE = EnumType(
    "Microsoft.Exchange.Data.Directory.SystemConfiguration.TenantConnectorSource",
    ("Default", "Migrated", "HybridWizard", "AdminUI"),
)
TLS_LEVEL = EnumType(
    "Microsoft.Exchange.Data.TlsAuthLevel", ("EncryptionOnly", "CertificateValidation", "DomainValidation")
)
MTA_STS_MODE = EnumType("Microsoft.Exchange.Data.MtaStsMode", ("Opportunistic", "None"))
SMTP_DANE_MODE = EnumType("Microsoft.Exchange.Data.SmtpDaneMode", ("Opportunistic", "Mandatory", "None"))


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of one or more cmdlets of a family (New, Set, Get, Remove ... of one noun).

    ``default`` is the value a new object gets when New is called without the parameter; where public facts conflict,
    ``default_switch`` names the lab switch that holds it. ``item`` names a rule of syntax.py for the value or each
    item of a list. ``present_with`` names a switch: with its value "absent" the parameter does not exist at all, as
    in a cloud that has not got the feature yet. ``stored`` is false for parameters that steer the call only.
    """

    name: str
    kind: Kind
    verbs: frozenset[str]
    required_by: frozenset[str] = frozenset()
    default: object = ABSENT
    default_switch: str | None = None
    enum: EnumType | None = None
    item: str | None = None
    max_length: int | None = None
    nullable: bool = False
    aliases: tuple[str, ...] = ()
    present_with: str | None = None
    stored: bool = True

    @property
    def type_name(self) -> str:
        """Name of the .NET type as an error text shows it."""
        return self.enum.type_name if self.enum is not None else self.kind.value


@dataclass(frozen=True, slots=True)
class Family:
    """Everything the parameter tables say about one noun."""

    noun: str
    parameters: tuple[Parameter, ...]
    by_verb: dict[str, dict[str, Parameter]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for parameter in self.parameters:
            for verb in parameter.verbs:
                names = self.by_verb.setdefault(verb, {})
                for name in (parameter.name, *parameter.aliases):
                    names[name.lower()] = parameter

    def of(self, verb: str) -> dict[str, Parameter]:
        """Parameters of one cmdlet by lower-case name or alias."""
        return self.by_verb.get(verb, {})


NEW = frozenset({"New"})
SET = frozenset({"Set"})
GET = frozenset({"Get"})
NEW_SET = frozenset({"New", "Set"})
WRITES = frozenset({"New", "Set", "Remove"})
BY_IDENTITY = frozenset({"Set", "Remove"})

CONFIRM = Parameter("Confirm", Kind.SWITCH, WRITES, aliases=("cf",), stored=False)
WHAT_IF = Parameter("WhatIf", Kind.SWITCH, WRITES, aliases=("wi",), stored=False)
IDENTITY = Parameter("Identity", Kind.IDENTITY, BY_IDENTITY | GET, required_by=BY_IDENTITY, nullable=True, stored=False)
RESULT_SIZE = Parameter("ResultSize", Kind.SIZE, GET, stored=False)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records a tenant starts with: from the parameters in a seed, or made by the thousand.

A seed may hold what the rules would refuse today (tenants do); only names, types and syntax are checked.
"""

from __future__ import annotations

import datetime as dt
import typing as t
import uuid

from .binding import Bound
from .convert import convert
from .errors import CmdletError
from .parameters import ABSENT, Family, Kind, Parameter
from .records import DOMAIN_KIND, INBOUND_KIND, OUTBOUND_KIND, Record, Values, utc_now
from .records import Kind as RecordKind
from .schema_inbound import INBOUND
from .schema_outbound import OUTBOUND
from .shapes import DOMAIN_DEFAULTS
from .storage import stored

if t.TYPE_CHECKING:
    from ..switches import Switches

_SPACE = uuid.UUID("6f1d0c5e-3d0b-4c39-9f7a-2f1f2b4a7c10")
# Members that no cmdlet writes and that a seed may state all the same.
_TIMES = {"WhenCreatedUTC": "created", "WhenChangedUTC": "changed"}
_COMPUTED = frozenset({"Identity", "Id", "DistinguishedName", "WhenChanged", "WhenCreated", "NameHashGuid"})
_LEVELS = ("EncryptionOnly", "CertificateValidation", "DomainValidation")


def _of_table(family: Family) -> dict[str, Parameter]:
    known: dict[str, Parameter] = {}
    for verb in ("New", "Set"):
        known |= {name: parameter for name, parameter in family.of(verb).items() if parameter.stored}
    return known


def defaults(family: Family, switches: Switches) -> Values:
    """What a new object has when New gets nothing but its mandatory parameters."""
    values: Values = {}
    for parameter in _of_table(family).values():
        if parameter.default_switch is not None:
            text = switches[parameter.default_switch]
            values[parameter.name] = text == "true" if parameter.kind is Kind.BOOL else text
        elif parameter.default is not ABSENT:
            default = parameter.default
            values[parameter.name] = list(default) if isinstance(default, tuple) else default
    return values


def _when(text: object) -> dt.datetime:
    when = dt.datetime.fromisoformat(str(text))
    return when if when.tzinfo is not None else when.replace(tzinfo=dt.timezone.utc)


class _Sorted(t.NamedTuple):
    """A seeded object, its entries sorted by what they are."""

    parameters: Bound
    members: Values
    moments: dict[str, dt.datetime]
    guid: str | None


def _sorted(entry: t.Mapping[str, object], family: Family, kind: RecordKind) -> _Sorted:
    table = _of_table(family)
    found = _Sorted(Bound({}, {}), {}, {}, None)
    for name, raw in entry.items():
        parameter = table.get(name.lower())
        if name in _TIMES:
            found.moments[_TIMES[name]] = _when(raw)
        elif name in ("Guid", "ExchangeObjectId"):
            found = found._replace(guid=str(uuid.UUID(str(raw))))
        elif parameter is not None:
            found.parameters.values[parameter.name] = raw
            found.parameters.parameters[parameter.name] = parameter
        elif name in kind.members:
            found.members[name] = raw
        elif "@" not in name:
            raise ValueError(f"A seeded {family.noun} has {name!r}, which is neither a parameter nor a member of it")
    return found


def _seed_value(parameter: Parameter, raw: object, switches: Switches) -> object:
    """A value as the record keeps it. What is empty is empty, whichever form of clearing a switch asks of callers."""
    if parameter.kind is Kind.LIST and (raw is None or raw == []):
        return []
    if parameter.nullable and raw is None:
        return "" if parameter.kind is Kind.TEXT else None
    return stored(parameter, convert(parameter, raw, switches), [], switches)


def _seeded(entry: t.Mapping[str, object], family: Family, kind: RecordKind, tenant: str, switches: Switches) -> Record:
    given = _sorted(entry, family, kind)
    values = defaults(family, switches) | {k: v for k, v in given.members.items() if k not in _COMPUTED}
    try:
        for parameter, raw in given.parameters.stored():
            values[parameter.name] = _seed_value(parameter, raw, switches)
    except CmdletError as problem:
        raise ValueError(f"The seeded {family.noun} {entry.get('Name')!r} cannot be: {problem.summary}") from problem
    if "Name" not in values or (family is INBOUND and not values.get("SenderDomains")):
        raise ValueError(f"A seeded {family.noun} lacks a mandatory parameter: {dict(entry)!r}")
    guid = given.guid or str(uuid.uuid5(_SPACE, f"{tenant}/{family.noun}/{values['Name']}"))
    created = given.moments.get("created", utc_now())
    changed = given.moments.get("changed", created)
    return Record(kind, tenant, values, guid, created, max(created, changed))


def _generated(kind: RecordKind, tenant: str, base: Values, number: int, own: Values) -> Record:
    guid = str(uuid.uuid5(_SPACE, f"{tenant}/{kind.noun}/generated/{number}"))
    made = dt.datetime(2025, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(minutes=number)
    copied = {name: list(value) if isinstance(value, list) else value for name, value in base.items()}
    return Record(kind, tenant, copied | own, guid, made, made)


def seed_outbound(
    entries: t.Sequence[t.Mapping[str, object]], counts: t.Mapping[str, int], tenant: str, switches: Switches
) -> t.Iterator[Record]:
    """Outbound connectors of a seed, the written ones first."""
    for entry in entries:
        yield _seeded(entry, OUTBOUND, OUTBOUND_KIND, tenant, switches)
    base = defaults(OUTBOUND, switches)
    for number in range(1, int(counts.get("outbound", 0)) + 1):
        level = _LEVELS[number % 3]
        domain = f"partner{number:05d}.example"
        own: Values = {
            "Name": f"Partner {number:05d} outbound",
            "ConnectorType": "Partner",
            "RecipientDomains": [domain],
            "TlsSettings": level,
            "TlsDomain": f"mx.{domain}" if level == "DomainValidation" else None,
        }
        yield _generated(OUTBOUND_KIND, tenant, base, number, own)


def seed_inbound(
    entries: t.Sequence[t.Mapping[str, object]], counts: t.Mapping[str, int], tenant: str, switches: Switches
) -> t.Iterator[Record]:
    """Inbound connectors of a seed, the written ones first."""
    for entry in entries:
        yield _seeded(entry, INBOUND, INBOUND_KIND, tenant, switches)
    base = defaults(INBOUND, switches)
    for number in range(1, int(counts.get("inbound", 0)) + 1):
        own: Values = {
            "Name": f"Partner {number:05d} inbound",
            "ConnectorType": "Partner",
            "SenderDomains": [f"smtp:partner{number:05d}.example;1"],
            "RequireTls": True,
        }
        yield _generated(INBOUND_KIND, tenant, base, number, own)


def seed_domains(entries: t.Sequence[str | t.Mapping[str, object]], tenant: str) -> t.Iterator[Record]:
    """Accepted domains; the tenant's initial domain is always among them, the first listed one is the default."""
    rows: list[dict[str, object]] = []
    for entry in entries:
        row: dict[str, object] = {"DomainName": entry} if isinstance(entry, str) else dict(entry)
        row.setdefault("DomainName", row.get("Name"))
        unknown = [name for name in row if name not in DOMAIN_KIND.members and "@" not in name]
        if unknown or not row["DomainName"]:
            raise ValueError(f"A seeded accepted domain has no name or unknown members {unknown}: {row!r}")
        rows.append(row)
    if tenant.lower() not in (str(row["DomainName"]).lower() for row in rows):
        rows.append({"DomainName": tenant})
    if not any(row.get("Default") for row in rows):
        rows[0]["Default"] = True
    for row in rows:
        name = str(row["DomainName"])
        made = dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)
        values: Values = {
            **DOMAIN_DEFAULTS,
            "Name": name,
            "InitialDomain": name.lower() == tenant.lower(),
            # On accepted domains, other than on connectors, the two ids differ.
            "ExchangeObjectId": str(uuid.uuid5(_SPACE, f"{tenant}/domain/{name.lower()}/object")),
            **{key: value for key, value in row.items() if "@" not in key},
        }
        yield Record(DOMAIN_KIND, tenant, values, str(uuid.uuid5(_SPACE, f"{tenant}/{name.lower()}")), made, made)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Exchanges -> a recording that can be sent to strangers. Pure."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import Exchange, is_own
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.pseudonyms import Pseudonyms
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Call, Record

#: Members whose values are words of the service.
_PLAIN = frozenset(
    {
        *("ConnectorType", "ConnectorSource", "TlsSettings", "MtaStsMode", "SmtpDaneMode", "ExchangeVersion"),
        *("ObjectState", "ObjectClass", "DomainType", "AuthenticationType", "RawAuthenticationType"),
        *("LiveIdInstanceType", "SmtpDaneStatus", "FederatedOrganizationLink"),
    }
)
_SIDECAR = re.compile(r"[#\w.`()\[\]]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
#: Headers that say something about the service and nothing about who asks.
_HEADERS = frozenset(
    {
        *("content-type", "content-encoding", "odata-version", "preference-applied", "retry-after", "x-exceptiontype"),
        *("rate-limit-limit", "rate-limit-remaining", "rate-limit-reset"),
    }
)
_MemberOf = t.Callable[[str, t.Any, Pseudonyms], t.Any]
#: Of a long list so many records are kept, and the first one of each sort.
_KEPT = 10
_SORTS = (
    *("IsTransportRuleScoped", "TestMode", "ConnectorType", "ConnectorSource", "RequireTls"),
    *("RestrictDomainsToCertificate", "RestrictDomainsToIPAddresses"),
)


def record(exchanges: t.Sequence[Exchange], names: Pseudonyms) -> list[Exchange]:
    """Return the exchanges with pseudonyms."""
    for exchange in exchanges:
        for one in _records(exchange.body):
            for member in ("Name", "Comment", "Identity", "Id", "DisplayName"):
                if isinstance(one.get(member), str):
                    names.know(one[member])
    return [_recorded(exchange, names) for exchange in exchanges]


def _records(body: t.Any) -> t.Iterator[Record]:
    """All records in a body, those in the answers of a batch as well."""
    if isinstance(body, dict):
        value = body.get("value")
        yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict))
        responses = body.get("responses")
        for item in responses if isinstance(responses, list) else []:
            yield from _records(item.get("body") if isinstance(item, dict) else None)


def _recorded(exchange: Exchange, names: Pseudonyms) -> Exchange:
    return dataclasses.replace(
        exchange,
        calls=tuple(Call(call.cmdlet, _parameters(call.parameters, names)) for call in exchange.calls),
        headers={name: names.free(value) for name, value in exchange.headers.items() if name in _HEADERS},
        body=_body(exchange.body, names, _free_member if _validates(exchange) else _member),
        other=names.free(exchange.other),
        at=round(exchange.at, 3),
        seconds=round(exchange.seconds, 3),
    )


def _validates(exchange: Exchange) -> bool:
    return exchange.calls[0].cmdlet == "Validate-OutboundConnector"


def _parameters(given: t.Mapping[str, object], names: Pseudonyms) -> dict[str, object]:
    """Ours are kept; what is a Guid has its pseudonym."""
    shown = dict(given)
    identity, recipients = given.get("Identity"), given.get("Recipients")
    if isinstance(identity, str) and " " not in identity:
        shown["Identity"] = names.value(identity)
    if isinstance(recipients, list):
        shown["Recipients"] = [names.mail(str(one)) for one in recipients]
    return shown


def _body(body: t.Any, names: Pseudonyms, member_of: _MemberOf) -> t.Any:
    if not isinstance(body, dict):
        return names.free(body) if isinstance(body, str) else None if isinstance(body, list) else body
    shown: dict[str, t.Any] = {}
    for member, value in body.items():
        if member == "value" and isinstance(value, list):
            shown["value"] = [member_of("", one, names) for one in _some(value)]
            shown["value@count"] = len(value)
        elif member == "responses" and isinstance(value, list):
            shown["responses"] = [_item(one, names) for one in value]
        else:
            shown[member] = _free(value, names)
    return shown


def _item(item: t.Any, names: Pseudonyms) -> t.Any:
    if not isinstance(item, dict):
        return None
    return {
        name: _body(value, names, _member) if name == "body" else _free(value, names) for name, value in item.items()
    }


def _free(value: t.Any, names: Pseudonyms) -> t.Any:
    """Members of the envelope: sentences, errors, links."""
    if isinstance(value, str):
        return value if _SIDECAR.fullmatch(value) and value.startswith("#") else names.free(value)
    if isinstance(value, list):
        return [_free(one, names) for one in value]
    return {key: _free(one, names) for key, one in value.items()} if isinstance(value, dict) else value


def _member(name: str, value: t.Any, names: Pseudonyms) -> t.Any:
    """A member of a record: harmless by its type or its name, or replaced as a whole."""
    if isinstance(value, list):
        return [_member(name, one, names) for one in value]
    if isinstance(value, dict):
        return {key: _member(key, one, names) for key, one in value.items()}
    if not isinstance(value, str) or name in _PLAIN or _DATE.fullmatch(value):
        return value
    if "@" in name and _SIDECAR.fullmatch(value):
        return value
    return names.value(value)


def _free_member(_name: str, value: t.Any, names: Pseudonyms) -> t.Any:
    """What a validation tells: sentences, by which it is judged."""
    return _free(value, names)


def _some(records: t.Sequence[t.Any]) -> list[t.Any]:
    """Some of a long list: our own, the first ones, and one of each sort."""
    kept: list[t.Any] = []
    sorts: set[tuple[t.Any, ...]] = set()
    for one in records:
        sort = tuple(str(one.get(member)) for member in _SORTS) if isinstance(one, dict) else ()
        if len(kept) < _KEPT or sort not in sorts or (isinstance(one, dict) and is_own(one.get("Name"))):
            kept.append(one)
        sorts.add(sort)
    return kept

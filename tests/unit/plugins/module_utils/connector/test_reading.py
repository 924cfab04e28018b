# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of ``connector_info`` read back: nothing of what stands in Exchange is lost or changed."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import present
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import connectors_from
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import inventory
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    DEFAULTS,
    Exchange,
)

Info = dict[str, t.Any]

OUTBOUND: list[dict[str, t.Any]] = [
    {"RecipientDomains": ["b.example", "*.a.example"], "TlsSettings": "DomainValidation", "TlsDomain": "mx.a.example"},
    {"RecipientDomains": ["a.example"], "TlsSettings": "EncryptionOnly", "TlsDomain": "left.over"},
    {"RecipientDomains": ["com", "a.example", "bücher.example"], "TlsSettings": "QuantumValidation"},
    {"RecipientDomains": ["a.example"], "SmartHosts": ["[192.0.2.9]"], "UseMXRecord": True},
    {"RecipientDomains": [], "IsTransportRuleScoped": True, "TestMode": True, "Enabled": False},
    {"ConnectorType": "OnPremises", "AllAcceptedDomains": True, "SenderRewritingEnabled": True},
    {"ConnectorType": "Test", "RecipientDomains": ["a.example"]},
    {"RecipientDomains": ["a.example"], "Comment": "x\r\n[mailflow.exchange_online owner=o]\r\ny"},
    {"RecipientDomains": ["*"], "ValidationRecipients": ["A@a.example", "not an address"], "IsValidated": True},
    {"RecipientDomains": ["a.example"], "LinkForModifiedConnector": "11111111-2222-3333-4444-555555555555"},
]
INBOUND: list[dict[str, t.Any]] = [
    {"SenderDomains": ["smtp:a.example;5", "b.example"], "RequireTls": True},
    {"SenderDomains": ["a.example"], "SenderIPAddresses": ["2001:db8::1", "192.0.2.1/32"]},
    {
        "SenderDomains": ["a.example"],
        "TlsSenderCertificateName": "<I>CN=x<S>CN=y",
        "RestrictDomainsToCertificate": True,
    },
    {"SenderDomains": ["a.example"], "RestrictDomainsToIPAddresses": True},
    {"SenderDomains": []},
    {"ConnectorType": "OnPremises", "SenderDomains": ["*"], "TreatMessagesAsInternal": True},
    {"SenderDomains": ["a.example"], "AssociatedAcceptedDomains": ["own.example"], "EFUsers": ["Someone@own.example"]},
]


def tenant() -> list[Connector]:
    exchange = Exchange()
    for number, members in enumerate(OUTBOUND):
        exchange.seed("outbound", f"Out {number}", **members)
    for number, members in enumerate(INBOUND):
        exchange.seed("inbound", f"In {number}", **members)
    return inventory(exchange)


def as_info(connectors: list[Connector]) -> Info:
    """What the module returns, as it comes out of JSON."""
    info = {
        "tenant_id": "contoso.onmicrosoft.com",
        "connectors": [present.as_input(connector) for connector in connectors],
        "details": [present.details(connector) for connector in connectors],
    }
    return t.cast("Info", json.loads(json.dumps(info)))


@pytest.mark.parametrize("connector", tenant(), ids=lambda connector: connector.name)
def test_what_was_read_comes_back_as_it_was(connector: Connector) -> None:
    assert connectors_from(as_info([connector])) == [connector]


def test_the_whole_tenant_comes_back_in_its_order() -> None:
    assert connectors_from(as_info(tenant())) == tenant()
    assert connectors_from(as_info([])) == []


@pytest.mark.parametrize("direction", ["outbound", "inbound"])
@pytest.mark.parametrize("missing", sorted({*DEFAULTS["outbound"], *DEFAULTS["inbound"]}))
def test_what_exchange_does_not_return_stays_unknown(direction: str, missing: str) -> None:
    exchange = Exchange()
    guid = exchange.seed(direction, "A", RecipientDomains=["a.example"], SenderDomains=["a.example"])
    exchange.records[direction][guid].pop(missing, None)
    found = inventory(exchange)
    assert connectors_from(as_info(found)) == found


def test_each_setting_is_in_the_list_or_among_what_it_leaves_out() -> None:
    for connector in tenant():
        shown, details = present.as_input(connector), present.details(connector)
        assert details["left_out"].keys() | (shown.keys() - {"name", "direction", "state"}) == connector.settings.keys()
        assert details["left_out"].keys().isdisjoint(shown)


def broken(**changes: t.Any) -> Info:
    info = as_info(tenant()[:2])
    for path, value in changes.items():
        member, place, key = path.split("__")
        if value is None:
            del info[member][int(place)][key]
        else:
            info[member][int(place)][key] = value
    return info


@pytest.mark.parametrize(
    ("info", "words"),
    [
        (None, "registered result"),
        ({"connectors": []}, "no list details"),
        ({"connectors": "x", "details": []}, "no list connectors"),
        ({**broken(), "details": []}, "2 connectors and 0 details"),
        ({"connectors": ["x"], "details": [{}]}, "connectors[0] is not a dictionary"),
        (broken(connectors__1__direction="sideways"), "connectors[1] has no name or no direction"),
        (broken(details__1__name="Else"), "connectors[1] is 'Out 1'"),
        (broken(details__0__guid=None), "connectors[0] ('Out 0') has no guid"),
        (broken(details__0__left_out=None), "no left_out"),
        (broken(connectors__1__recipient_domains=["a b"]), "connectors[1] ('Out 1') has a value"),
        (broken(connectors__1__recipient_domains=7), "connectors[1] ('Out 1') has a value"),
    ],
)
def test_what_is_no_inventory_is_refused_with_a_sentence(info: object, words: str) -> None:
    with pytest.raises(InputError) as found:
        connectors_from(info)
    (problem,) = found.value.problems
    assert words in problem
    assert problem.startswith("The inventory is not a result of connector_info")

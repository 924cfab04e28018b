# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Get, New, Set and Remove: records, their members and their life."""

from __future__ import annotations

import re

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import (
    Api,
    bare,
    names,
    text_of,
    type_of,
)

OUTBOUND_ONLY = {"RecipientDomains", "SmartHosts", "TlsSettings", "IsTransportRuleScoped", "ValidationRecipients"}
INBOUND_ONLY = {"SenderDomains", "SenderIPAddresses", "RequireTls", "TlsSenderCertificateName", "EFUsers"}


def test_a_new_outbound_connector_has_the_documented_defaults(api: Api) -> None:
    (record,) = api.value("New-OutboundConnector", Name="out1", RecipientDomains=["a.example"])
    assert bare(api.one("Get-OutboundConnector", "out1")) == bare(record)
    for name, value in {
        "Enabled": True,
        "UseMXRecord": True,
        "Comment": "",
        "ConnectorType": "Partner",
        "ConnectorSource": "Default",
        "RecipientDomains": ["a.example"],
        "SmartHosts": [],
        "TlsDomain": None,
        "TlsSettings": None,
        "IsTransportRuleScoped": False,
        "MtaStsMode": "Opportunistic",
        "SmtpDaneMode": "Opportunistic",
        "IsValidated": False,
        "LastValidationTimestamp": None,
        "ValidationRecipients": [],
        "LinkForModifiedConnector": "00000000-0000-0000-0000-000000000000",
        "Identity": "out1",
        "Id": "out1",
        "ExchangeVersion": "0.1 (8.0.535.0)",
        "ObjectState": "Unchanged",
        "IsValid": True,
    }.items():
        assert record[name] == value, name
    assert record["Guid"] == record["ExchangeObjectId"]


def test_a_new_inbound_connector_has_the_documented_defaults(api: Api) -> None:
    (record,) = api.value("New-InboundConnector", Name="in1", SenderDomains=["a.example", "*.b.example"])
    assert record["SenderDomains"] == ["smtp:a.example;1", "smtp:*.b.example;1"]
    assert record["RequireTls"] is True
    assert record["TlsSenderCertificateName"] is None
    assert record["SenderIPAddresses"] == []
    assert record["RestrictDomainsToCertificate"] is False


def test_the_two_directions_are_different_shapes(api: Api) -> None:
    api.done("New-OutboundConnector", Name="out1")
    api.done("New-InboundConnector", Name="in1", SenderDomains=["*"])
    outbound, inbound = api.one("Get-OutboundConnector", "out1"), api.one("Get-InboundConnector", "in1")
    assert set(outbound) >= OUTBOUND_ONLY
    assert not OUTBOUND_ONLY & set(inbound)
    assert set(inbound) >= INBOUND_ONLY
    assert not INBOUND_ONLY & set(outbound)


def test_members_come_in_wire_order_with_their_sidecars(api: Api) -> None:
    api.done("New-OutboundConnector", Name="out1", TlsSettings="EncryptionOnly")
    record = api.one("Get-OutboundConnector", "out1")
    members = list(bare(record))
    assert members[:4] == ["Enabled", "UseMXRecord", "Comment", "ConnectorType"]
    assert members[-3:] == ["OriginatingServer", "IsValid", "ObjectState"]
    assert record["Guid@data.type"] == "System.Guid"
    assert record["Guid@odata.type"] == "#Guid"
    assert record["SmartHosts@odata.type"] == "#Collection(String)"
    assert record["WhenChangedUTC@data.type"] == "System.DateTime"
    assert "TlsDomain@data.type" not in record


def test_the_envelope_is_that_of_the_service(api: Api) -> None:
    answer = api.call("Get-OutboundConnector")
    body = answer.json()
    assert list(body) == ["@odata.context", "adminapi.warnings@odata.type", "@adminapi.warnings", "value"]
    collection = "$metadata#Collection(Exchange.GenericHashTable)"
    assert body["@odata.context"] == f"{api.lab.api_url}/adminapi/beta/{api.tenant}/{collection}"
    assert body["@adminapi.warnings"] == []
    assert answer.headers["Content-Type"].startswith("application/json;odata.metadata=minimal")
    assert answer.headers["OData-Version"] == "4.0"


def test_times_have_seven_decimals_and_their_own_zones(api: Api) -> None:
    api.done("New-OutboundConnector", Name="out1")
    api.done("Set-OutboundConnector", Identity="out1", LastValidationTimestamp="2026-07-24T20:59:12+02:00")
    record = api.one("Get-OutboundConnector", "out1")
    seconds = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.0000000"
    assert re.fullmatch(seconds + "Z", record["WhenChangedUTC"])
    assert re.fullmatch(seconds + r"\+00:00", record["WhenCreated"])
    assert record["LastValidationTimestamp"] == "2026-07-24T18:59:12.0000000"


def test_a_rename_changes_the_identity_and_keeps_the_guid(api: Api) -> None:
    (before,) = api.value("New-OutboundConnector", Name="old")
    api.done("Set-OutboundConnector", Identity=before["Guid"], Name="new")
    after = api.one("Get-OutboundConnector", "new")
    assert (after["Identity"], after["Id"], after["Guid"]) == ("new", "new", before["Guid"])
    assert after["DistinguishedName"].startswith("CN=new,CN=Transport Settings,")
    assert "'old'" in api.refused("Set-OutboundConnector", 404, Identity="old", Enabled=False)


@pytest.mark.parametrize("by", ["Name", "Guid", "DistinguishedName"])
def test_objects_are_found_by_name_guid_and_path_whatever_the_case(api: Api, by: str) -> None:
    (record,) = api.value("New-OutboundConnector", Name="Mixed, Case")
    api.done("Set-OutboundConnector", Identity=record[by].upper(), Comment="found")
    assert api.one("Get-OutboundConnector", record[by].lower())["Comment"] == "found"


@pytest.mark.parametrize("noun", ["OutboundConnector", "InboundConnector"])
def test_a_taken_name_is_refused_on_new_and_on_rename(api: Api, noun: str) -> None:
    extra = {"SenderDomains": ["a.example"]} if noun == "InboundConnector" else {}
    api.done(f"New-{noun}", Name="taken", **extra)
    api.done(f"New-{noun}", Name="other", **extra)
    answer = api.call(f"New-{noun}", Name="TAKEN", **extra)
    assert answer.status_code == 400
    assert type_of(answer.json()) == "Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException"
    assert "already exists" in text_of(answer.json())
    assert "already exists" in api.refused(f"Set-{noun}", Identity="other", Name="Taken")
    api.done(f"Set-{noun}", Identity="other", Name="OTHER")
    assert names(api.value(f"Get-{noun}")) == ["taken", "OTHER"]


@pytest.mark.parametrize("cmdlet", ["Set-OutboundConnector", "Remove-InboundConnector"])
def test_an_unknown_object_is_a_404_of_the_recorded_shape(api: Api, cmdlet: str) -> None:
    answer = api.call(cmdlet, Identity="nope")
    error = answer.json()["error"]
    assert answer.status_code == 404
    assert (error["code"], error["message"]) == ("NotFound", "Error executing cmdlet")
    assert error["details"][0]["message"] == (
        "Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|The operation couldn't be "
        "performed because object 'nope' couldn't be found on 'XX0PR00A000DC00.EURPR00A000.PROD.OUTLOOK.COM'."
    )
    assert "DirectInvokeCmdletExecutionException" in error["innererror"]["internalexception"]["message"]


def test_remove_needs_no_confirm_and_takes_the_object_away(api: Api) -> None:
    api.done("New-InboundConnector", Name="in1", SenderDomains="a.example")
    assert api.done("Remove-InboundConnector", Identity="IN1")["value"] == []
    assert api.value("Get-InboundConnector") == []
    api.refused("Remove-InboundConnector", 404, Identity="in1")


def test_names_of_cmdlets_parameters_and_paths_are_matched_without_case(api: Api) -> None:
    url = api.url().replace("adminapi", "AdminApi").replace("InvokeCommand", "invokecommand")
    call = {"CmdletInput": {"CmdletName": "new-outboundCONNECTOR", "Parameters": {"name": "out1", "comment": "c"}}}
    assert api.send(call, url).status_code == 200
    assert api.one("get-outboundconnector", "out1")["Comment"] == "c"


def test_the_tenant_may_be_a_domain_and_the_context_repeats_it(api: Api) -> None:
    url = f"{api.lab.api_url}/adminapi/beta/{api.lab.tenant.domain}/InvokeCommand"
    answer = api.send({"CmdletInput": {"CmdletName": "Get-AcceptedDomain"}}, url)
    assert f"/beta/{api.lab.tenant.domain}/$metadata" in answer.json()["@odata.context"]


def test_select_trims_the_members(api: Api) -> None:
    api.done("New-OutboundConnector", Name="out1")
    answer = api.send(
        {"CmdletInput": {"CmdletName": "Get-OutboundConnector", "Parameters": {}}}, api.url() + "?%24select=Name,guid"
    )
    (record,) = answer.json()["value"]
    assert list(bare(record)) == ["Name", "Guid"]


def test_what_if_changes_nothing(api: Api) -> None:
    answer = api.done("New-OutboundConnector", Name="out1", WhatIf=True)
    assert "What if" in answer["@adminapi.confirmationmessage"]
    assert api.value("Get-OutboundConnector") == []


def test_accepted_domains_have_their_own_shape(api: Api) -> None:
    domains = {record["DomainName"]: record for record in api.value("Get-AcceptedDomain")}
    initial = domains[api.lab.tenant.domain]
    assert initial["InitialDomain"] is True
    assert initial["Guid"] != initial["ExchangeObjectId"]
    assert initial["ExchangeVersion"] == "0.20 (15.0.0.0)"
    assert [record["Default"] for record in domains.values()].count(True) == 1
    assert api.one("Get-AcceptedDomain", api.lab.tenant.domain) == initial


def test_validation_fields_are_set_only(api: Api) -> None:
    for name, value in {"IsValidated": True, "ValidationRecipients": ["a@b.example"]}.items():
        assert name in api.refused("New-OutboundConnector", Name="out1", **{name: value})
    api.done("New-OutboundConnector", Name="out1")
    api.done("Set-OutboundConnector", Identity="out1", IsValidated=True, ValidationRecipients=["a@b.example"])
    record = api.one("Get-OutboundConnector", "out1")
    assert (record["IsValidated"], record["ValidationRecipients"]) == (True, ["a@b.example"])


@pytest.mark.parametrize(
    ("cmdlet", "name"),
    [("Set-InboundConnector", "ClientHostNames"), ("Set-OutboundConnector", "LinkForModifiedConnector")],
)
def test_parameters_that_only_new_has(api: Api, cmdlet: str, name: str) -> None:
    assert name in api.refused(cmdlet, Identity="x", **{name: "a"})


def test_lab_and_api_agree_on_the_truth(api: Api) -> None:
    api.done("New-OutboundConnector", Name="out1", RecipientDomains=["a.example"])
    (held,) = api.lab.tenant.outbound
    assert held["Name"] == "out1"
    assert held["RecipientDomains"] == ["a.example"]

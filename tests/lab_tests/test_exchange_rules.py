# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules between parameters, those in force and those behind a switch in both settings."""

from __future__ import annotations

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import Api, Json

OUT: Json = {"Name": "out1", "RecipientDomains": ["a.example"]}
IN: Json = {"Name": "in1", "SenderDomains": ["a.example"]}


@pytest.mark.parametrize("item", ["*", "a.example", "*.a.example", "xn--mnchen-3ya.example"])
def test_domains_that_are_taken(api: Api, item: str) -> None:
    api.done("New-OutboundConnector", Name="out1", RecipientDomains=[item])
    api.done("New-InboundConnector", Name="in1", SenderDomains=[item])
    assert api.one("Get-OutboundConnector", "out1")["RecipientDomains"] == [item]
    assert api.one("Get-InboundConnector", "in1")["SenderDomains"] == [f"smtp:{item};1"]


@pytest.mark.parametrize(
    "item", ["a.*.example", "*a.example", "**", "a b.example", "user@a.example", "192.0.2.1", "", "-a.example"]
)
def test_domains_that_are_none(api: Api, item: str) -> None:
    assert "RecipientDomains" in api.refused("New-OutboundConnector", Name="out1", RecipientDomains=[item])
    assert "SenderDomains" in api.refused("New-InboundConnector", Name="in1", SenderDomains=[item])


@pytest.mark.parametrize("host", ["mx.a.example", "192.0.2.1", "192.0.2.0/25", "[192.0.2.1]"])
def test_smart_hosts_that_are_taken(api: Api, host: str) -> None:
    api.done("New-OutboundConnector", **OUT, UseMXRecord=False, SmartHosts=[host])
    assert [one.strip("[]") for one in api.one("Get-OutboundConnector", "out1")["SmartHosts"]] == [host.strip("[]")]


@pytest.mark.parametrize("host", ["mx.a.example:587", "192.0.2.1:25", "mx_", "2001:db8::1", "*.a.example"])
def test_smart_hosts_that_are_none(api: Api, host: str) -> None:
    assert "SmartHosts" in api.refused("New-OutboundConnector", **OUT, UseMXRecord=False, SmartHosts=[host])


def test_without_mx_smart_hosts_are_required(api: Api) -> None:
    assert "SmartHosts" in api.refused("New-OutboundConnector", **OUT, UseMXRecord=False)
    api.done("New-OutboundConnector", **OUT)
    assert "SmartHosts" in api.refused("Set-OutboundConnector", Identity="out1", UseMXRecord=False)
    api.done("Set-OutboundConnector", Identity="out1", UseMXRecord=False, SmartHosts=["mx.a.example"])
    api.done("Set-OutboundConnector", Identity="out1", Comment="the pair is stored")
    assert "SmartHosts" in api.refused("Set-OutboundConnector", Identity="out1", SmartHosts=[])


@pytest.mark.parametrize(("setting", "status"), [("required", 400), ("stored_suffice", 200)])
def test_smart_hosts_in_the_same_call(api: Api, setting: str, status: int) -> None:
    api.lab.switches["smart_hosts_same_call"] = setting
    api.done("New-OutboundConnector", **OUT, SmartHosts=["mx.a.example"])
    assert api.call("Set-OutboundConnector", Identity="out1", UseMXRecord=False).status_code == status


@pytest.mark.parametrize(("setting", "kept"), [("kept", ["mx.a.example"]), ("cleared", [])])
def test_smart_hosts_after_mx(api: Api, setting: str, kept: list[str]) -> None:
    api.lab.switches["smart_hosts_after_mx"] = setting
    api.done("New-OutboundConnector", **OUT, UseMXRecord=False, SmartHosts=["mx.a.example"])
    api.done("Set-OutboundConnector", Identity="out1", UseMXRecord=True)
    assert api.one("Get-OutboundConnector", "out1")["SmartHosts"] == kept


@pytest.mark.parametrize("setting", ["stored", "refused", "turns_mx_off"])
def test_smart_hosts_with_mx(api: Api, setting: str) -> None:
    api.lab.switches["smart_hosts_with_mx"] = setting
    answer = api.call("New-OutboundConnector", **OUT, SmartHosts=["mx.a.example"])
    assert answer.status_code == (400 if setting == "refused" else 200)
    if setting != "refused":
        assert api.one("Get-OutboundConnector", "out1")["UseMXRecord"] is (setting == "stored")


@pytest.mark.parametrize("name", ["AllAcceptedDomains", "RouteAllMessagesViaOnPremises", "SenderRewritingEnabled"])
def test_three_parameters_need_on_premises(api: Api, name: str) -> None:
    text = f"The {name} parameter can only be specified for Connector type OnPremises."
    assert api.refused("New-OutboundConnector", **OUT, **{name: True}) == text
    api.done("New-OutboundConnector", **OUT, ConnectorType="OnPremises", **{name: True})
    assert api.refused("Set-OutboundConnector", Identity="out1", ConnectorType="Partner") == text


def test_the_recorded_text_has_the_recorded_form(api: Api) -> None:
    error = api.call("New-OutboundConnector", **OUT, SenderRewritingEnabled=True).json()["error"]
    assert error["details"][0]["message"] == (
        "|System.ArgumentException|"
        "The SenderRewritingEnabled parameter can only be specified for Connector type OnPremises."
    )


BOTH_WAYS = [
    ("domain_validation_without_tls_domain", "New-OutboundConnector", {**OUT, "TlsSettings": "DomainValidation"}),
    (
        "tls_domain_without_domain_validation",
        "New-OutboundConnector",
        {**OUT, "TlsSettings": "EncryptionOnly", "TlsDomain": "a.example"},
    ),
    ("outbound_without_scope", "New-OutboundConnector", {"Name": "out1"}),
    ("duplicate_recipient_domain", "New-OutboundConnector", {"Name": "out1", "RecipientDomains": ["TAKEN.example"]}),
    ("ip_restriction_without_addresses", "New-InboundConnector", {**IN, "RestrictDomainsToIPAddresses": True}),
    ("certificate_restriction_without_name", "New-InboundConnector", {**IN, "RestrictDomainsToCertificate": True}),
    ("partner_without_restriction", "New-InboundConnector", {**IN, "RequireTls": False}),
    (
        "ip_and_certificate",
        "New-InboundConnector",
        {
            **IN,
            "RestrictDomainsToCertificate": True,
            "TlsSenderCertificateName": "a.example",
            "RestrictDomainsToIPAddresses": True,
            "SenderIPAddresses": ["192.0.2.1"],
        },
    ),
]


@pytest.mark.parametrize("setting", ["accepted", "refused"])
@pytest.mark.parametrize(("switch", "cmdlet", "parameters"), BOTH_WAYS)
def test_rules_nobody_documented(api: Api, switch: str, cmdlet: str, parameters: Json, setting: str) -> None:
    api.done("New-OutboundConnector", Name="holder", RecipientDomains=["taken.example"])
    api.lab.switches[switch] = setting
    answer = api.call(cmdlet, **parameters)
    assert answer.status_code == (200 if setting == "accepted" else 400)
    assert answer.headers["X-Lab-Evidence"].startswith("new." if setting == "accepted" else "rule.")


def test_a_disabled_or_scoped_connector_takes_no_domain_away(api: Api) -> None:
    api.lab.switches["duplicate_recipient_domain"] = "refused"
    api.done("New-OutboundConnector", Name="off", RecipientDomains=["a.example"], Enabled=False)
    api.done("New-OutboundConnector", Name="scoped", RecipientDomains=["a.example"], IsTransportRuleScoped=True)
    api.done("New-OutboundConnector", **OUT)
    assert "'out1'" in api.refused("Set-OutboundConnector", Identity="off", Enabled=True)


def length(domains: list[str]) -> int:
    return sum(len(f"smtp:{domain};1") for domain in domains) + len(domains) - 1


def test_sender_domains_hold_2243_characters(api: Api) -> None:
    domains = [f"d{number:06d}.example" for number in range(95)]
    rest = 2243 - length(domains) - 1 - len("smtp:;1")
    first, second = rest // 2 - 1, rest - rest // 2 - len(".example")
    exact = [*domains, "x" * first + "." + "x" * second + ".example"]
    assert length(exact) == 2243
    api.done("New-InboundConnector", Name="in1", SenderDomains=exact)
    longer = [*exact[:-1], "x" + exact[-1]]
    text = (
        "The length of the property is too long. "
        "The maximum length is 2243 and the length of the value provided is 2244."
    )
    assert api.refused("Set-InboundConnector", Identity="in1", SenderDomains=longer) == text
    assert api.refused("New-InboundConnector", Name="in2", SenderDomains=longer) == text


@pytest.mark.parametrize(("setting", "status"), [("none", 200), ("2243", 400)])
def test_recipient_domains_may_have_a_limit_too(api: Api, setting: str, status: int) -> None:
    api.lab.switches["recipient_domains_limit"] = setting
    domains = [f"d{number:06d}.example" for number in range(150)]
    assert api.call("New-OutboundConnector", Name="out1", RecipientDomains=domains).status_code == status


@pytest.mark.parametrize(
    ("noun", "extra"), [("OutboundConnector", {}), ("InboundConnector", {"SenderDomains": "a.example"})]
)
def test_a_name_has_64_characters_at_most(api: Api, noun: str, extra: Json) -> None:
    api.done(f"New-{noun}", Name="n" * 64, **extra)
    assert "maximum length is 64" in api.refused(f"New-{noun}", Name="m" * 65, **extra)
    assert "maximum length is 64" in api.refused(f"Set-{noun}", Identity="n" * 64, Name="m" * 65)


@pytest.mark.parametrize(("setting", "status"), [("direction", 200), ("tenant", 400)])
def test_within_what_a_name_is_unique(api: Api, setting: str, status: int) -> None:
    api.lab.switches["name_scope"] = setting
    api.done("New-OutboundConnector", Name="same", RecipientDomains=["a.example"])
    assert api.call("New-InboundConnector", Name="same", SenderDomains=["a.example"]).status_code == status


@pytest.mark.parametrize("address", ["192.0.2.1", "192.0.2.0/24", "192.0.2.1/32", "192.0.2.129/25"])
def test_sender_addresses_that_are_taken(api: Api, address: str) -> None:
    api.done("New-InboundConnector", **IN, SenderIPAddresses=[address])
    assert api.one("Get-InboundConnector", "in1")["SenderIPAddresses"] == [address]


@pytest.mark.parametrize(
    "address", ["192.0.0.0/23", "2001:db8::1", "192.0.2.256", "mx.a.example", "192.0.2.1-192.0.2.9"]
)
def test_sender_addresses_that_are_not(api: Api, address: str) -> None:
    assert "SenderIPAddresses" in api.refused("New-InboundConnector", **IN, SenderIPAddresses=[address])


def test_messages_are_internal_only_on_premises_without_cloud_services(api: Api) -> None:
    assert api.refused("New-InboundConnector", **IN, TreatMessagesAsInternal=True)
    premises = {"ConnectorType": "OnPremises", "TreatMessagesAsInternal": True}
    assert api.refused("New-InboundConnector", **IN, **premises, CloudServicesMailEnabled=True)
    api.done("New-InboundConnector", **IN, **premises)


def test_sender_domains_cannot_be_emptied(api: Api) -> None:
    api.done("New-InboundConnector", **IN)
    assert "SenderDomains" in api.refused("Set-InboundConnector", Identity="in1", SenderDomains=[])


@pytest.mark.parametrize(("setting", "kept"), [("kept", "a.example"), ("cleared", None)])
def test_tls_domain_when_the_level_changes(api: Api, setting: str, kept: str | None) -> None:
    api.lab.switches["tls_domain_on_level_change"] = setting
    api.done("New-OutboundConnector", **OUT, TlsSettings="DomainValidation", TlsDomain="a.example")
    api.done("Set-OutboundConnector", Identity="out1", TlsSettings="CertificateValidation")
    assert api.one("Get-OutboundConnector", "out1")["TlsDomain"] == kept


@pytest.mark.parametrize(("setting", "status"), [("no", 200), ("yes", 400)])
def test_developer_tenants_create_no_inbound_connectors(api: Api, setting: str, status: int) -> None:
    api.lab.switches["developer_tenant"] = setting
    assert api.call("New-InboundConnector", **IN).status_code == status
    api.done("New-OutboundConnector", **OUT)


@pytest.mark.parametrize("setting", ["no", "yes"])
def test_dehydrated_tenants_refuse_writes(api: Api, setting: str) -> None:
    api.done("New-OutboundConnector", **OUT)
    api.lab.switches["dehydrated_tenant"] = setting
    for cmdlet, parameters in (
        ("New-InboundConnector", IN),
        ("Set-OutboundConnector", {"Identity": "out1", "Comment": "c"}),
        ("Remove-OutboundConnector", {"Identity": "out1"}),
    ):
        answer = api.call(cmdlet, **parameters)
        assert answer.status_code == (400 if setting == "yes" else 200)
        assert ("InvalidOperationInDehydratedContextException" in answer.text) is (setting == "yes")
    assert len(api.value("Get-OutboundConnector")) == (1 if setting == "yes" else 0)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms of storing and of answering on which nobody published anything: each switch in each setting."""

from __future__ import annotations

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import Api, bare

DOMAIN_FORMS = [
    ("domain_case", "as_sent", "Mixed.Example", "Mixed.Example"),
    ("domain_case", "lower", "Mixed.Example", "mixed.example"),
    ("trailing_dot", "kept", "a.example.", "a.example."),
    ("trailing_dot", "dropped", "a.example.", "a.example"),
    ("trailing_dot", "refused", "a.example.", None),
    ("idn", "as_sent", "münchen.example", "münchen.example"),
    ("idn", "a_label", "*.münchen.example", "*.xn--mnchen-3ya.example"),
    ("idn", "refused", "münchen.example", None),
]


@pytest.mark.parametrize(("switch", "setting", "sent", "kept"), DOMAIN_FORMS)
def test_forms_of_domains(api: Api, switch: str, setting: str, sent: str, kept: str | None) -> None:
    api.lab.switches[switch] = setting
    outbound = api.call("New-OutboundConnector", Name="out1", RecipientDomains=[sent])
    inbound = api.call("New-InboundConnector", Name="in1", SenderDomains=[sent])
    if kept is None:
        assert (outbound.status_code, inbound.status_code) == (400, 400)
    else:
        assert outbound.json()["value"][0]["RecipientDomains"] == [kept]
        assert inbound.json()["value"][0]["SenderDomains"] == [f"smtp:{kept};1"]


@pytest.mark.parametrize(
    ("setting", "kept"),
    [("dropped", ["a.example", "b.example"]), ("kept", ["a.example", "b.example", "A.example"]), ("refused", None)],
)
def test_an_entry_twice(api: Api, setting: str, kept: list[str] | None) -> None:
    api.lab.switches["list_duplicates"] = setting
    answer = api.call("New-OutboundConnector", Name="out1", RecipientDomains=["a.example", "b.example", "A.example"])
    assert answer.status_code == (400 if kept is None else 200)
    if kept is not None:
        assert answer.json()["value"][0]["RecipientDomains"] == kept


@pytest.mark.parametrize(
    ("setting", "kept"),
    [("as_sent", ["192.0.2.129/25", "192.0.2.1/32"]), ("network", ["192.0.2.128/25", "192.0.2.1"])],
)
def test_address_ranges(api: Api, setting: str, kept: list[str]) -> None:
    api.lab.switches["cidr_form"] = setting
    addresses = ["192.0.2.129/25", "192.0.2.1/32"]
    (record,) = api.value("New-InboundConnector", Name="in1", SenderDomains="*", SenderIPAddresses=addresses)
    assert record["SenderIPAddresses"] == kept


@pytest.mark.parametrize(("setting", "read"), [("plain", "192.0.2.1"), ("bracketed", "[192.0.2.1]")])
@pytest.mark.parametrize("sent", ["192.0.2.1", "[192.0.2.1]"])
def test_smart_hosts_that_are_addresses(api: Api, setting: str, read: str, sent: str) -> None:
    api.lab.switches["smart_host_ip"] = setting
    api.done("New-OutboundConnector", Name="out1", UseMXRecord=False, SmartHosts=[sent, "mx.a.example"])
    assert api.one("Get-OutboundConnector", "out1")["SmartHosts"] == [read, "mx.a.example"]


@pytest.mark.parametrize("setting", ["Partner", "OnPremises"])
def test_connector_type_by_default(api: Api, setting: str) -> None:
    api.lab.switches["connector_type_default"] = setting
    assert api.value("New-OutboundConnector", Name="out1")[0]["ConnectorType"] == setting
    assert api.value("New-InboundConnector", Name="in1", SenderDomains="*")[0]["ConnectorType"] == setting


@pytest.mark.parametrize("setting", ["true", "false"])
def test_require_tls_by_default(api: Api, setting: str) -> None:
    api.lab.switches["require_tls_default"] = setting
    (record,) = api.value("New-InboundConnector", Name="in1", SenderDomains="*")
    assert record["RequireTls"] is (setting == "true")


@pytest.mark.parametrize("setting", ["reads_true", "reads_false"])
def test_sender_rewriting_of_a_partner_connector(api: Api, setting: str) -> None:
    api.lab.switches["sender_rewriting_on_partner"] = setting
    api.done("New-OutboundConnector", Name="partner")
    api.done("New-OutboundConnector", Name="premises", ConnectorType="OnPremises")
    assert api.one("Get-OutboundConnector", "partner")["SenderRewritingEnabled"] is (setting == "reads_true")
    assert api.one("Get-OutboundConnector", "premises")["SenderRewritingEnabled"] is False


@pytest.mark.parametrize("setting", ["no", "yes"])
def test_whether_set_resets_is_validated(api: Api, setting: str) -> None:
    api.lab.switches["set_resets_is_validated"] = setting
    api.done("New-OutboundConnector", Name="out1")
    api.done("Set-OutboundConnector", Identity="out1", IsValidated=True)
    api.done("Set-OutboundConnector", Identity="out1", ValidationRecipients=["a@b.example"], Enabled=True)
    assert api.one("Get-OutboundConnector", "out1")["IsValidated"] is True
    api.done("Set-OutboundConnector", Identity="out1", Comment="changed")
    assert api.one("Get-OutboundConnector", "out1")["IsValidated"] is (setting == "no")


@pytest.mark.parametrize("setting", ["object", "nothing"])
def test_what_new_returns(api: Api, setting: str) -> None:
    api.lab.switches["new_returns"] = setting
    value = api.value("New-OutboundConnector", Name="out1")
    assert [record["Name"] for record in value] == (["out1"] if setting == "object" else [])


@pytest.mark.parametrize("setting", ["array", "null", "absent", "no_content"])
def test_the_value_of_nothing(api: Api, setting: str) -> None:
    api.done("New-OutboundConnector", Name="out1")
    api.lab.switches["empty_result"] = setting
    answer = api.call("Set-OutboundConnector", Identity="out1", Comment="c")
    if setting == "no_content":
        assert (answer.status_code, answer.content) == (204, b"")
    else:
        assert answer.json().get("value", "absent") == {"array": [], "null": None, "absent": "absent"}[setting]
    api.done("Remove-OutboundConnector", Identity="out1") if setting != "no_content" else api.call(
        "Remove-OutboundConnector", Identity="out1"
    )
    assert api.value("Get-OutboundConnector") == []


@pytest.mark.parametrize("setting", ["warning", "silent"])
def test_a_set_that_changes_nothing(api: Api, setting: str) -> None:
    api.lab.switches["set_without_change"] = setting
    api.done("New-OutboundConnector", Name="out1")
    warnings = api.done("Set-OutboundConnector", Identity="out1", Enabled=True)["@adminapi.warnings"]
    assert len(warnings) == (1 if setting == "warning" else 0)
    assert [entry.effect for entry in api.lab.journal.admin()] == [True, False]


@pytest.mark.parametrize("setting", ["no", "yes"])
def test_when_changed_of_a_set_that_changes_nothing(old: Api, setting: str) -> None:
    old.lab.switches["noop_set_moves_when_changed"] = setting
    before = old.one("Get-OutboundConnector", "old")["WhenChangedUTC"]
    old.done("Set-OutboundConnector", Identity="old", Enabled=True)
    assert (old.one("Get-OutboundConnector", "old")["WhenChangedUTC"] != before) is (setting == "yes")


@pytest.mark.parametrize("setting", ["present", "absent"])
def test_mail_security_modes(api: Api, setting: str) -> None:
    api.lab.switches["mail_security_modes"] = setting
    answer = api.call("New-OutboundConnector", Name="out1", SmtpDaneMode="Mandatory", MtaStsMode="N")
    if setting == "present":
        record = answer.json()["value"][0]
        assert (record["SmtpDaneMode"], record["MtaStsMode"]) == ("Mandatory", "None")
    else:
        assert answer.status_code == 400
        assert "SmtpDaneMode, MtaStsMode" in answer.text
        (record,) = api.value("New-OutboundConnector", Name="out1")
        assert not {"SmtpDaneMode", "MtaStsMode"} & set(record)


@pytest.mark.parametrize(
    ("switch", "setting", "there"),
    [
        ("directory_object_version", "absent", False),
        ("directory_object_version", "present", True),
    ],
)
def test_members_that_appear_over_time(api: Api, switch: str, setting: str, there: bool) -> None:
    api.lab.switches[switch] = setting
    assert ("DirectoryObjectVersion" in api.value("New-OutboundConnector", Name="out1")[0]) is there


@pytest.mark.parametrize("setting", ["present", "absent"])
def test_annotations(api: Api, setting: str) -> None:
    api.lab.switches["annotations"] = setting
    (record,) = api.value("New-OutboundConnector", Name="out1")
    assert (record != bare(record)) is (setting == "present")


@pytest.mark.parametrize("setting", ["present", "absent"])
def test_rate_limit_headers(api: Api, setting: str) -> None:
    api.lab.switches["rate_limit_headers"] = setting
    headers = api.call("Get-OutboundConnector").headers
    assert ({"Rate-Limit-Limit", "Rate-Limit-Remaining", "Rate-Limit-Reset"} <= set(headers)) is (setting == "present")

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the JSON of parameters is read: types, enumerations, lists, hashtables, and what is refused."""

from __future__ import annotations

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import (
    TAG,
    Api,
    Json,
    text_of,
    type_of,
)

TRANSFORMATION = "Microsoft.Exchange.AdminApi.CommandInvocation.ParameterTransformationException"


@pytest.fixture
def out1(api: Api) -> Api:
    """An API whose tenant has the connector out1."""
    api.done("New-OutboundConnector", Name="out1", RecipientDomains=["a.example", "b.example"])
    return api


def domains(api: Api) -> object:
    return api.one("Get-OutboundConnector", "out1")["RecipientDomains"]


def test_an_unknown_parameter_is_refused_with_the_recorded_text(api: Api) -> None:
    answer = api.call("Get-OutboundConnector", Bogus=1, Worse=2)
    assert answer.status_code == 400
    assert type_of(answer.json()) == "Microsoft.Exchange.AdminApi.CommandInvocation.AmbiguousParameterSetException"
    assert text_of(answer.json()) == (
        "Parameter set cannot be resolved using the specified named parameters. "
        "Invalid cmdlet parameters specified. Bogus, Worse"
    )
    assert answer.json()["error"]["details"][0]["message"].startswith("|Microsoft")


def test_a_bad_enum_names_the_good_ones_and_has_no_details(out1: Api) -> None:
    answer = out1.call("Set-OutboundConnector", Identity="out1", TlsSettings="Nonsense")
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert "details" not in error
    assert error["message"] == "Invalid Operation"
    assert type_of(answer.json()) == TRANSFORMATION
    assert text_of(answer.json()).endswith(
        'Error: "Unable to match the identifier name Nonsense to a valid enumerator name. Specify one of the following '
        'enumerator names and try again: EncryptionOnly, CertificateValidation, DomainValidation"'
    )


@pytest.mark.parametrize(
    ("sent", "kept"), [("Enc", "EncryptionOnly"), ("certificatevalidation", "CertificateValidation")]
)
def test_enums_match_by_their_beginning(out1: Api, sent: str, kept: str) -> None:
    out1.done("Set-OutboundConnector", Identity="out1", TlsSettings=sent)
    assert out1.one("Get-OutboundConnector", "out1")["TlsSettings"] == kept


@pytest.mark.parametrize("sent", ["true", "$true", "TRUE", 1])
def test_booleans_may_be_words_and_numbers(out1: Api, sent: object) -> None:
    out1.done("Set-OutboundConnector", Identity="out1", Enabled=False)
    out1.done("Set-OutboundConnector", Identity="out1", Enabled=sent)
    assert out1.one("Get-OutboundConnector", "out1")["Enabled"] is True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Enabled", "maybe"),
        ("Enabled", None),
        ("Enabled", [True]),
        ("ConnectorType", None),
        ("LastValidationTimestamp", "yesterday"),
        ("RecipientDomains", [["a.example"]]),
        ("RecipientDomains", [None]),
        ("TlsDomain", {"@odata.type": TAG, "Add": "a.example"}),
        ("TlsDomain", "a.*.example"),
        ("Name", ""),
        ("Name", None),
    ],
)
def test_values_of_the_wrong_type_are_refused(out1: Api, name: str, value: object) -> None:
    answer = out1.call("Set-OutboundConnector", Identity="out1", **{name: value})
    assert answer.status_code == 400
    assert type_of(answer.json()) == TRANSFORMATION
    assert f"'{name}'" in text_of(answer.json())


@pytest.mark.parametrize("verb", ["New", "Set", "Remove"])
def test_a_missing_mandatory_parameter_is_named(api: Api, verb: str) -> None:
    wanted = "Name" if verb == "New" else "Identity"
    assert wanted in api.refused(f"{verb}-OutboundConnector")
    assert api.refused(f"{verb}-OutboundConnector", **{wanted: ""})


def test_sender_domains_are_mandatory_on_new(api: Api) -> None:
    assert "SenderDomains" in api.refused("New-InboundConnector", Name="in1")


def test_a_list_replaces_and_a_lone_string_is_a_list(out1: Api) -> None:
    out1.done("Set-OutboundConnector", Identity="out1", RecipientDomains="c.example")
    assert domains(out1) == ["c.example"]


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"Add": "c.example"}, ["a.example", "b.example", "c.example"]),
        ({"add": ["c.example"], "remove": ["A.EXAMPLE"]}, ["b.example", "c.example"]),
        ({"Remove": "b.example"}, ["a.example"]),
        ({"Add": ["a.example"]}, ["a.example", "b.example"]),
        ({"Add": None, "Remove": "x.example"}, ["a.example", "b.example"]),
    ],
)
def test_a_tagged_hashtable_edits_the_list(out1: Api, change: Json, kept: list[str]) -> None:
    out1.done("Set-OutboundConnector", Identity="out1", RecipientDomains={"@odata.type": TAG, **change})
    assert domains(out1) == kept


@pytest.mark.parametrize("table", [{"Add": "c.example"}, {"@odata.type": "#Other", "Add": "c.example"}, {}])
def test_an_untagged_hashtable_is_refused(out1: Api, table: Json) -> None:
    answer = out1.call("Set-OutboundConnector", Identity="out1", RecipientDomains=table)
    assert answer.status_code == 400
    assert type_of(answer.json()) == TRANSFORMATION
    assert domains(out1) == ["a.example", "b.example"]


def test_a_hashtable_with_other_keys_is_refused(out1: Api) -> None:
    out1.refused(
        "Set-OutboundConnector", Identity="out1", RecipientDomains={"@odata.type": TAG, "Replace": "x.example"}
    )
    assert domains(out1) == ["a.example", "b.example"]


def test_sender_domains_are_edited_in_either_form(api: Api) -> None:
    api.done("New-InboundConnector", Name="in1", SenderDomains=["a.example", "smtp:b.example;1"])
    change = {"@odata.type": TAG, "Add": "c.example", "Remove": ["a.example", "smtp:b.example;1"]}
    api.done("Set-InboundConnector", Identity="in1", SenderDomains=change)
    assert api.one("Get-InboundConnector", "in1")["SenderDomains"] == ["smtp:c.example;1"]


EMPTY = {"empty_array": [], "null": None, "empty_hashtable": {"@odata.type": TAG}}


@pytest.mark.parametrize("form", EMPTY)
@pytest.mark.parametrize("rule", ["any", *EMPTY])
@pytest.mark.parametrize("others", ["refused", "ignored"])
def test_forms_of_emptying_a_list(out1: Api, form: str, rule: str, others: str) -> None:
    out1.lab.switches["clear_list"] = rule
    out1.lab.switches["clear_other_forms"] = others
    answer = out1.call("Set-OutboundConnector", Identity="out1", RecipientDomains=EMPTY[form], Comment="done")
    clears = rule in ("any", form)
    assert answer.status_code == (200 if clears or others == "ignored" else 400)
    assert domains(out1) == ([] if clears else ["a.example", "b.example"])


@pytest.mark.parametrize(("form", "value"), [("null", None), ("empty_string", "")])
@pytest.mark.parametrize("rule", ["any", "null", "empty_string"])
@pytest.mark.parametrize("others", ["refused", "ignored"])
def test_forms_of_clearing_a_single_value(out1: Api, form: str, value: object, rule: str, others: str) -> None:
    out1.done("Set-OutboundConnector", Identity="out1", TlsSettings="DomainValidation", TlsDomain="a.example")
    out1.lab.switches["clear_scalar"] = rule
    out1.lab.switches["clear_other_forms"] = others
    answer = out1.call("Set-OutboundConnector", Identity="out1", TlsSettings=value, TlsDomain=value)
    clears = rule in ("any", form)
    record = out1.one("Get-OutboundConnector", "out1")
    assert answer.status_code == (200 if clears or others == "ignored" else 400)
    assert record["TlsSettings"] == (None if clears else "DomainValidation")
    assert record["TlsDomain"] == (None if clears else "a.example")


def test_a_comment_keeps_its_lines_and_null_empties_it(out1: Api) -> None:
    out1.done("Set-OutboundConnector", Identity="out1", Comment="one\r\ntwo ")
    assert out1.one("Get-OutboundConnector", "out1")["Comment"] == "one\r\ntwo "
    out1.done("Set-OutboundConnector", Identity="out1", Comment=None)
    assert out1.one("Get-OutboundConnector", "out1")["Comment"] == ""


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"cmdletinput": {"CmdletName": "Get-OutboundConnector"}},
        {"CmdletInput": {"CmdletName": 1}},
        {"CmdletInput": {"CmdletName": "Get-OutboundConnector", "Parameters": None}},
    ],
)
def test_a_body_that_is_no_command_is_refused(api: Api, body: object) -> None:
    answer = api.send(body)
    assert answer.status_code == 400
    assert answer.headers["X-Lab-Evidence"] == "http.bad-body"


def test_parameters_may_be_left_out(api: Api) -> None:
    assert api.send({"CmdletInput": {"CmdletName": "Get-OutboundConnector"}}).json()["value"] == []


def test_common_parameters_are_taken_by_every_cmdlet(api: Api) -> None:
    common = {"ErrorAction": "Stop", "Verbose": False}
    api.done("New-OutboundConnector", Name="out1", RecipientDomains=["a.example"], **common)
    api.done("Set-OutboundConnector", Identity="out1", Comment="x", **common)
    assert [record["Comment"] for record in api.value("Get-OutboundConnector", **common)] == ["x"]
    api.done("Remove-OutboundConnector", Identity="out1", **common)
    assert api.value("Get-OutboundConnector", **common) == []

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exchange's records -> connectors, settings -> cmdlet parameters."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import codec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import FIELDS, fields_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import DIRECTIONS, Direction
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    DEFAULTS,
    SET_ONLY,
    Exchange,
)

MARK = "[mailflow.exchange_online owner=team a]"


def outbound(**members: t.Any) -> dict[str, t.Any]:
    exchange = Exchange()
    exchange.seed("outbound", "Contoso", **members)
    return exchange.get("outbound")[0]


def inbound(**members: t.Any) -> dict[str, t.Any]:
    exchange = Exchange()
    exchange.seed("inbound", "Contoso", **members)
    return exchange.get("inbound")[0]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_every_setting_of_a_record_is_read(direction: Direction) -> None:
    record = outbound() if direction == "outbound" else inbound(SenderDomains=["a.example"])
    found = codec.read_record(direction, record)
    assert set(found.settings) == {field.option for field in fields_of(direction)}
    settable = {*DEFAULTS[direction], *SET_ONLY[direction]} - {"IsValidated"}
    assert {field.parameter for field in fields_of(direction)} == settable


def test_a_captured_inbound_record() -> None:
    # The members and values of ScubaGear's sample report, names replaced.
    found = codec.read_record(
        "inbound",
        {
            "Enabled": True,
            "ConnectorType": "Partner",
            "ConnectorSource": "AdminUI",
            "Comment": "",
            "SenderIPAddresses": [],
            "SenderDomains": ["smtp:Partner.example;1", "smtp:*;1"],
            "RequireTls": True,
            "RestrictDomainsToCertificate": False,
            "TlsSenderCertificateName": None,
            "EFTestMode": False,
            "NameHashGuid": "00000000-0000-8000-8000-000000000002",
            "Name": "in1",
            "Guid": "00000000-0000-4000-8000-000000000003",
            "WhenChangedUTC": "2026-03-03T01:15:23.0000000Z",
        },
    )
    assert found.settings == {
        "enabled": True,
        "connector_type": "partner",
        "comment": "",
        "sender_ip_addresses": (),
        "sender_domains": ("*", "partner.example"),
        "require_tls": True,
        "restrict_domains_to_certificate": False,
        "tls_sender_certificate_name": "",
    }
    assert (found.name, found.guid, found.owner) == ("in1", "00000000-0000-4000-8000-000000000003", None)
    assert found.details["connector_source"] == "AdminUI"
    assert found.details["when_changed"] == "2026-03-03T01:15:23.0000000Z"


@pytest.mark.parametrize(
    ("member", "one", "other", "option"),
    [
        ("TlsDomain", None, "", "tls_domain"),
        ("TlsDomain", "Mail.Contoso.com", "mail.contoso.com.", "tls_domain"),
        ("Comment", None, "", "comment"),
        ("Comment", "a\r\nb", "a\nb", "comment"),
        ("SmartHosts", None, [], "smart_hosts"),
        ("SmartHosts", ["b.example", "A.example"], ["a.example", "b.example", "B.example"], "smart_hosts"),
        ("SmartHosts", ["[192.0.2.1]"], ["192.0.2.1/32"], "smart_hosts"),
        ("RecipientDomains", ["MÜNCHEN.example"], ["xn--mnchen-3ya.example."], "recipient_domains"),
        ("TlsSettings", None, "", "tls_settings"),
    ],
)
def test_two_spellings_of_one_value_read_alike(member: str, one: t.Any, other: t.Any, option: str) -> None:
    first, second = (codec.read_record("outbound", outbound(**{member: value})) for value in (one, other))
    assert first.settings[option] == second.settings[option]
    assert option in first.settings


def test_outbound_domains_are_not_stripped_of_a_decoration_they_never_have() -> None:
    found = codec.read_record("outbound", outbound(RecipientDomains=["smtp:contoso.com;1"]))
    assert found.settings["recipient_domains"] == ("smtp:contoso.com;1",)


def test_what_the_collection_would_not_write_is_read_as_it_stands() -> None:
    found = codec.read_record("inbound", inbound(SenderDomains=["com"], SenderIPAddresses=["2001:db8::1"]))
    assert found.settings["sender_ip_addresses"] == ("2001:db8::1",)
    assert found.settings["sender_domains"] == ("smtp:com;1",)


def test_unknown_members_are_ignored() -> None:
    plain = codec.read_record("outbound", outbound())
    assert codec.read_record("outbound", {**outbound(), "BrandNew": {"a": [1]}}) == plain


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_missing_member_is_not_false_but_unknown(direction: Direction) -> None:
    record = outbound() if direction == "outbound" else inbound()
    for field in fields_of(direction):
        found = codec.read_record(direction, {k: v for k, v in record.items() if k != field.parameter})
        assert field.option not in found.settings


def test_an_outbound_record_has_no_require_tls() -> None:
    assert "require_tls" not in codec.read_record("outbound", {**outbound(), "RequireTls": True}).settings


WRONG_TYPES: list[tuple[str, t.Any]] = [
    ("Enabled", "True"),
    ("Enabled", None),
    ("Enabled", 1),
    ("TlsDomain", ["mail.contoso.com"]),
    ("TlsSettings", 2),
    ("TlsSettings", False),
    ("Comment", {"a": 1}),
    ("RecipientDomains", "contoso.com"),
    ("RecipientDomains", [None]),
    ("RecipientDomains", {"a": "b"}),
    ("SmartHosts", [{"Domain": "x"}]),
    ("ConnectorType", 0),
]


@pytest.mark.parametrize(("member", "value"), WRONG_TYPES)
def test_a_value_of_another_type_makes_the_list_unreadable(member: str, value: t.Any) -> None:
    with pytest.raises(ExchangeError) as caught:
        codec.read_record("outbound", outbound(**{member: value}))
    assert caught.value.kind == "unreadable"
    assert member in caught.value.message
    assert "'Contoso'" in caught.value.message


@pytest.mark.parametrize("member", ["Name", "Guid"])
@pytest.mark.parametrize("value", [None, "", 7])
def test_a_record_without_name_or_guid_is_unreadable(member: str, value: t.Any) -> None:
    with pytest.raises(ExchangeError) as caught:
        codec.read_record("outbound", {**outbound(), member: value})
    assert caught.value.kind == "unreadable"
    without = {key: kept for key, kept in outbound().items() if key != member}
    with pytest.raises(ExchangeError):
        codec.read_record("outbound", without)


def test_an_unknown_enum_name_is_kept() -> None:
    found = codec.read_record("outbound", outbound(TlsSettings="QuantumValidation", ConnectorType="Test"))
    assert found.settings["tls_settings"] == "QuantumValidation"
    assert found.settings["connector_type"] == "Test"


@pytest.mark.parametrize(
    ("member", "stored", "option", "word"),
    [
        ("TlsSettings", None, "tls_settings", "opportunistic"),
        ("TlsSettings", "EncryptionOnly", "tls_settings", "encryption_only"),
        ("TlsSettings", "CertificateValidation", "tls_settings", "certificate_validation"),
        ("TlsSettings", "DomainValidation", "tls_settings", "domain_validation"),
        ("SmtpDaneMode", "None", "smtp_dane_mode", "none"),
        ("SmtpDaneMode", "Mandatory", "smtp_dane_mode", "mandatory"),
        ("SmtpDaneMode", "Opportunistic", "smtp_dane_mode", "opportunistic"),
        ("MtaStsMode", "None", "mta_sts_mode", "none"),
        ("MtaStsMode", "Opportunistic", "mta_sts_mode", "opportunistic"),
        ("ConnectorType", "Partner", "connector_type", "partner"),
        ("ConnectorType", "OnPremises", "connector_type", "on_premises"),
    ],
)
def test_words_for_exchanges_names_both_ways(member: str, stored: str | None, option: str, word: str) -> None:
    assert codec.read_record("outbound", outbound(**{member: stored})).settings[option] == word
    assert codec.parameters({option: word}, None) == {member: stored}


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_what_is_read_and_sent_again_reads_the_same(direction: Direction) -> None:
    members: dict[Direction, dict[str, t.Any]] = {
        "outbound": {
            "Comment": "two\r\nlines",
            "RecipientDomains": ["B.example", "*.a.example"],
            "UseMXRecord": False,
            "SmartHosts": ["[192.0.2.1]", "Mail.a.example"],
            "TlsSettings": "DomainValidation",
            "TlsDomain": "*.A.example",
            "SmtpDaneMode": "None",
            "ValidationRecipients": ["Postmaster@A.example"],
        },
        "inbound": {
            "SenderDomains": ["*", "a.example"],
            "SenderIPAddresses": ["192.0.2.1/32", "198.51.100.7/24"],
            "TlsSenderCertificateName": "Mail.a.example",
            "TrustedOrganizations": ["Fabrikam.com"],
            "AssociatedAcceptedDomains": ["own.example"],
            "EFUsers": ["a@own.example"],
        },
    }
    record = outbound(**members["outbound"]) if direction == "outbound" else inbound(**members["inbound"])
    before = copy.deepcopy(record)
    found = codec.read_record(direction, record)
    again = codec.read_record(direction, {**record, **codec.parameters(found.settings, found.owner)})
    assert again.settings == found.settings
    assert record == before


def test_unset_values_travel_as_exchange_clears_them() -> None:
    unset = {field.option: field.kind.unset for field in FIELDS}
    sent = codec.parameters(unset, None)
    assert sent["TlsDomain"] is None
    assert sent["TlsSenderCertificateName"] is None
    assert sent["TlsSettings"] is None
    assert sent["Comment"] == ""
    assert sent["SmartHosts"] == []
    assert sent["Enabled"] is False


@pytest.mark.parametrize(
    ("stored", "text", "owner"),
    [
        ("", "", None),
        ("plain", "plain", None),
        (MARK, "", "team a"),
        (f"text\n{MARK}", "text", "team a"),
        (f"two\nlines\n{MARK}", "two\nlines", "team a"),
        (f"text\n{MARK}\nadded by hand", "text\nadded by hand", "team a"),
        (f"{MARK}\nadded below", "added below", "team a"),
        (f"text\n\n{MARK}\n\nmore", "text\n\n\nmore", "team a"),
        (f"text\n  {MARK}  \nmore", "text\nmore", "team a"),
        ("text\n[mailflow.exchange_online owner=other]", "text", "other"),
        (f"inline {MARK} is prose", f"inline {MARK} is prose", None),
        ("[mailflow.exchange_online owner=a\nb]", "[mailflow.exchange_online owner=a\nb]", None),
    ],
)
def test_the_owners_mark_is_taken_out_of_a_comment(stored: str, text: str, owner: str | None) -> None:
    assert codec.split_comment(stored) == (text, owner)


def test_the_owners_mark_in_a_comment_with_other_line_ends() -> None:
    found = codec.read_record("outbound", outbound(Comment=f"text\r\n{MARK}\r\nmore\r\n"))
    assert (found.settings["comment"], found.owner) == ("text\nmore", "team a")


@pytest.mark.parametrize("owner", [None, "a", "team a", "prod:eu/1 -_.@", "a "])
@pytest.mark.parametrize("text", ["", "one", "two\nlines", "\nleading"])
def test_a_marked_comment_comes_back_apart(text: str, owner: str | None) -> None:
    assert codec.split_comment(codec.join_comment(text, owner)) == (text, owner)


@pytest.mark.parametrize("owner", ["a", "Team 1", "x" * 64])
def test_an_owner_that_can_be_marked(owner: str) -> None:
    assert codec.OWNER.fullmatch(owner)


@pytest.mark.parametrize("owner", ["", " a", "a]b", "a\nb", "x" * 65, "ü"])
def test_an_owner_that_cannot_be_marked(owner: str) -> None:
    assert not codec.OWNER.fullmatch(owner)

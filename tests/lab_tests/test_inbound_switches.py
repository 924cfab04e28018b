# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How switches and rules decide on mail that comes to the tenant: each setting, and what the table does not reach."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.mailflow import inbound_rules
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_cases import (
    CASES,
    CLIENTS,
    ELSEWHERE,
    HERE,
    as_shown,
)
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_play import Stand, send
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_shapes import (
    ClientCertificate,
    Facts,
    Received,
    Refused,
)
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_switches import SWITCHES
from ansible_collections.mailflow.exchange_online.tests.lab.partners.shapes import Leaf
from ansible_collections.mailflow.exchange_online.tests.lab.switches import Switches

BY_ID = {case.id: case for case in CASES}
RESTRICTED = "550 5.7.51 TenantInboundAttribution; "
NAME = "mail.partner.example"


@pytest.fixture(scope="module")
def running() -> t.Iterator[Stand]:
    with Stand() as stand:
        yield stand


@pytest.fixture
def stand(running: Stand) -> Stand:
    running.reset()
    return running


# -- switches: every setting -----------------------------------------------------------------------------------------


def _refusal(stand: Stand, case_id: str, **settings: str) -> str:
    """The first word of a refusal, nothing where the message was taken."""
    stand.switches.update(settings)
    return " ".join(stand.play(BY_ID[case_id]).reply.split(" ")[:2])


SETTINGS = [
    ("inbound_clear_reply", "454", "require_tls-clear", "454 4.7.0"),
    ("inbound_clear_reply", "451", "require_tls-clear", "451 5.7.3"),
    ("inbound_clear_reply", "530", "require_tls-clear", "530 5.7.0"),
    ("inbound_first_check", "restriction", "certificate-clear", "550 5.7.51"),
    ("inbound_first_check", "restriction", "address_tls-clear_elsewhere", "550 5.7.51"),
    ("inbound_first_check", "tls", "certificate-clear", "454 4.7.0"),
    ("inbound_first_check", "tls", "address_tls-clear_elsewhere", "454 4.7.0"),
    ("inbound_first_check", "tls", "address_tls-tls_elsewhere", "550 5.7.51"),
    ("inbound_wildcard_apex", "yes", "wildcard_apex", "454 4.7.0"),
    ("inbound_wildcard_apex", "no", "wildcard_apex", ""),
    ("inbound_wildcard_apex", "no", "wildcard", "454 4.7.0"),
    ("inbound_sender_addresses", "ignored", "addresses_alone_clear", "454 4.7.0"),
    ("inbound_sender_addresses", "identify", "addresses_alone_clear", ""),
    ("inbound_several_restrictions", "any", "two_restricting", ""),
    ("inbound_several_restrictions", "most_specific", "two_restricting", ""),
    ("inbound_untrusted_root", "ignored", "require_tls-untrusted", ""),
    ("inbound_untrusted_root", "refused", "require_tls-untrusted", "454 4.7.0"),
    ("inbound_untrusted_root", "refused", "none-untrusted", ""),
    ("inbound_untrusted_root", "refused", "require_tls-expired", ""),
]


@pytest.mark.parametrize(("switch", "value", "case_id", "refusal"), SETTINGS)
def test_switches(stand: Stand, switch: str, value: str, case_id: str, refusal: str) -> None:
    assert _refusal(stand, case_id, **{switch: value}) == refusal


@pytest.mark.parametrize(("value", "refusal"), [("any", ""), ("most_specific", RESTRICTED)])
def test_two_restrictions_of_which_the_vaguer_is_satisfied(stand: Stand, value: str, refusal: str) -> None:
    stand.switches["inbound_several_restrictions"] = value
    restricting = {"RestrictDomainsToIPAddresses": True, "RequireTls": False}
    stand.connectors = [
        as_shown("everybody", {"SenderDomains": ["*"], "SenderIPAddresses": [HERE], **restricting}),
        as_shown("exact", {"SenderDomains": ["partner.example"], "SenderIPAddresses": ["127.30.9.9"], **restricting}),
    ]
    observed = send(CLIENTS["tls"], stand.server, stand.pems)
    assert observed.reply.startswith(refusal)
    assert observed.kept is not None
    assert (observed.outcome, observed.kept.connector) == (
        ("refused", "exact") if refusal else ("accepted encrypted", "everybody")
    )


def _with_leaf(stand: Stand, leaf: Leaf, wanted: str = NAME) -> str:
    """What becomes of the mail of a client with a certificate, where another connector restricts to one."""
    options = {"RequireTls": True, "RestrictDomainsToCertificate": True, "TlsSenderCertificateName": wanted}
    stand.connectors = [as_shown("pinned", {"SenderDomains": ["partner.example"], **options})]
    pems = {"right": stand.pki.issue(leaf, "", "").pem()}
    return send(CLIENTS["certificate"], stand.server, pems).outcome


@pytest.mark.parametrize(
    ("switch", "value", "leaf", "outcome"),
    [
        ("inbound_certificate_san", "yes", Leaf((NAME,), "else.example"), "accepted encrypted"),
        ("inbound_certificate_san", "no", Leaf((NAME,), "else.example"), "refused"),
        ("inbound_certificate_san", "no", Leaf(("else.example",), NAME), "accepted encrypted"),
        ("inbound_certificate_asterisk", "yes", Leaf(("*.partner.example",), ""), "accepted encrypted"),
        ("inbound_certificate_asterisk", "no", Leaf(("*.partner.example",), ""), "refused"),
        ("inbound_certificate_asterisk", "yes", Leaf(("*.example",), ""), "refused"),
        ("inbound_client_purpose", "no", Leaf((NAME,), purpose="server"), "accepted encrypted"),
        ("inbound_client_purpose", "yes", Leaf((NAME,), purpose="server"), "refused"),
        ("inbound_client_purpose", "yes", Leaf((NAME,), purpose="client"), "accepted encrypted"),
        ("inbound_client_purpose", "no", Leaf((NAME,), sends="leaf_only"), "refused"),
        ("inbound_client_purpose", "no", Leaf((NAME,), valid_days=(2, 30)), "refused"),
        ("inbound_client_purpose", "no", Leaf((NAME,), issuer="self"), "refused"),
    ],
)
def test_certificates_of_clients(stand: Stand, switch: str, value: str, leaf: Leaf, outcome: str) -> None:
    stand.switches[switch] = value
    assert _with_leaf(stand, leaf) == outcome


@pytest.mark.parametrize(
    ("apex", "name", "outcome"),
    [
        ("yes", "*.partner.example", "accepted encrypted"),
        ("yes", "a.b.partner.example", "accepted encrypted"),
        ("yes", "partner.example", "accepted encrypted"),
        ("no", "partner.example", "refused"),
        ("yes", "notpartner.example", "refused"),
    ],
)
def test_an_asterisk_in_the_name_that_is_wanted(stand: Stand, apex: str, name: str, outcome: str) -> None:
    stand.switches["inbound_wildcard_apex"] = apex
    assert _with_leaf(stand, Leaf((name,), name), "*.partner.example") == outcome


def test_refused_after_the_content(stand: Stand) -> None:
    stand.switches["inbound_refusal_stage"] = "DATA"
    for case_id, beginning in (
        ("certificate-tls", RESTRICTED),
        ("require_tls-clear", "454 "),
        ("relay", "550 5.7.64 "),
    ):
        observed = stand.play(BY_ID[case_id])
        assert observed.reply.startswith(beginning)
        assert isinstance(observed.kept, Refused)
        assert observed.kept.stage == "DATA"
        assert observed.kept.conversation[-2:] == ("C: (message)", f"S: {observed.reply}")
    assert stand.server.received == []


def test_each_setting_of_each_switch_is_tried() -> None:
    tried = {row[:2] for row in SETTINGS}
    for marked in (test_certificates_of_clients, test_an_asterisk_in_the_name_that_is_wanted):
        (mark,) = marked.pytestmark  # type: ignore[attr-defined]
        tried |= {(row[0], row[1]) for row in mark.args[1]}
    tried |= {("inbound_refusal_stage", value) for value in ("RCPT", "DATA")}  # test_the_table has the first
    assert {(one.name, value) for one in SWITCHES for value in one.values or ()} <= tried


# -- rules that the table does not reach -----------------------------------------------------------------------------


def test_changes_count_at_once(stand: Stand) -> None:
    outcomes = []
    for options in (None, {"RequireTls": True}, {"RequireTls": False}, {"RequireTls": True, "Enabled": False}):
        stand.connectors = [as_shown("x", {"SenderDomains": ["partner.example"], **options})] if options else []
        outcomes.append(send(CLIENTS["clear"], stand.server, stand.pems).outcome)
    assert outcomes == ["accepted clear", "refused", "accepted clear", "accepted clear"]


def test_domains_are_compared_without_regard_to_case(stand: Stand) -> None:
    stand.connectors = [as_shown("x", {"SenderDomains": ["Partner.Example"], "RequireTls": True})]
    client = dataclasses.replace(CLIENTS["clear"], mail_from="Anna@PARTNER.example", recipient="Bob@Contoso.EXAMPLE")
    assert send(client, stand.server, stand.pems).outcome == "refused"


@pytest.mark.parametrize(
    ("ranges", "outcome"),
    [
        (["127.30.0.10/32"], "accepted encrypted"),
        (["10.0.0.0/24", "127.30.0.255/24"], "accepted encrypted"),
        (["127.30.0.11"], "refused"),
        (["127.30.1.0/24"], "refused"),
        ([], "refused"),
    ],
)
def test_addresses(stand: Stand, ranges: list[str], outcome: str) -> None:
    options = {"RestrictDomainsToIPAddresses": True, "SenderIPAddresses": ranges}
    stand.connectors = [as_shown("x", {"SenderDomains": ["partner.example"], **options})]
    assert send(CLIENTS["tls"], stand.server, stand.pems).outcome == outcome


@pytest.mark.parametrize(
    ("client", "outcome"), [("certificate", True), ("tls", False), ("certificate_elsewhere", False)]
)
def test_both_restrictions_in_one_connector(stand: Stand, client: str, outcome: bool) -> None:
    options = {
        "RestrictDomainsToIPAddresses": True,
        "SenderIPAddresses": [HERE],
        "RestrictDomainsToCertificate": True,
        "TlsSenderCertificateName": NAME,
    }
    stand.connectors = [as_shown("x", {"SenderDomains": ["partner.example"], **options})]
    assert isinstance(send(CLIENTS[client], stand.server, stand.pems).kept, Received) == outcome


def test_a_certificate_in_clear_is_none() -> None:
    """Pure, since no client can show one without TLS."""
    named = ClientCertificate((NAME,), (NAME,))
    options = {"RestrictDomainsToCertificate": True, "TlsSenderCertificateName": NAME, "RequireTls": False}
    connector = as_shown("x", {"SenderDomains": ["partner.example"], **options})
    facts = Facts("partner.example", "contoso.example", ELSEWHERE, True, named)
    switches = Switches(SWITCHES)
    assert inbound_rules.is_satisfied(connector, facts, switches)
    assert not inbound_rules.is_satisfied(connector, dataclasses.replace(facts, encrypted=False), switches)
    for problem in ("expired", inbound_rules.UNTRUSTED):
        doubtful = dataclasses.replace(named, problem=problem)
        assert not inbound_rules.is_satisfied(connector, dataclasses.replace(facts, certificate=doubtful), switches)


def test_the_order_of_connectors() -> None:
    def named(name: str, *domains: str, restricting: bool = False) -> dict[str, t.Any]:
        return as_shown(name, {"SenderDomains": domains, "RestrictDomainsToIPAddresses": restricting})

    connectors = [
        named("c everybody", "*"),
        named("b below", "*.example"),
        named("a below", "*.partner.example"),
        named("e exact", "x.partner.example", "*"),
        named("d exact", "x.partner.example"),
        named("f restricting", "*", restricting=True),
        named("other", "y.partner.example"),
    ]
    facts = Facts("x.partner.example", "contoso.example", HERE, True)
    found = inbound_rules.matching(facts, connectors, Switches(SWITCHES))
    assert [one["Name"] for one in found] == [
        *("f restricting", "d exact", "e exact", "a below", "b below", "c everybody")
    ]

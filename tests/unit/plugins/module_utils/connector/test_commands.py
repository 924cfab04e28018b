# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes -> cmdlets, in the order in which they must take effect."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.commands import (
    Command,
    rounds,
    took_effect,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Policy
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    Entry,
    carry_out,
    inn,
    inventory,
    named,
    out,
    plan_for,
    sent,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
)

DV: dict[str, t.Any] = {"TlsSettings": "DomainValidation", "TlsDomain": "mx.a.example"}
CONSENT = Policy(allow_weaken=True)


def tenant() -> Exchange:
    exchange = Exchange()
    exchange.seed(
        "outbound",
        "A",
        RecipientDomains=["a.example"],
        UseMXRecord=False,
        SmartHosts=["h.example"],
        Comment="text",
        ValidationRecipients=["x@a.example"],
        **DV,
    )
    exchange.seed("inbound", "A", SenderDomains=["a.example"], RequireTls=True, TlsSenderCertificateName="mx.a.example")
    return exchange


def guid(exchange: Exchange, direction: str = "outbound") -> str:
    return str(named(exchange, direction, "A")["Guid"])


def change_of(*entries: Entry, policy: Policy = CONSENT, exchange: Exchange | None = None) -> list[tuple[t.Any, ...]]:
    exchange = exchange or tenant()
    found = sent(plan_for(exchange, *entries, policy=policy))
    # Whatever the plan sends, the service takes it.
    carry_out(exchange, plan_for(exchange, *entries, policy=policy))
    return found


def test_nothing_to_do_sends_nothing() -> None:
    assert change_of(out("A"), {**out("Never there"), "state": "absent"}) == []


def test_what_is_left_out_is_not_sent() -> None:
    assert change_of(out("A", mta_sts_mode="none")) == [
        (1, "Set-OutboundConnector", {"Identity": guid(tenant()), "MtaStsMode": "None", "Confirm": False})
    ]


@pytest.mark.parametrize(
    ("entry", "parameters"),
    [
        (out("A", validation_recipients=[]), {"ValidationRecipients": []}),
        (
            out("A", tls_settings="certificate_validation", tls_domain=""),
            {"TlsSettings": "CertificateValidation", "TlsDomain": None},
        ),
        (out("A", tls_settings="opportunistic"), {"TlsSettings": None}),
        (out("A", comment=""), {"Comment": ""}),
        (out("A", comment="two\r\nlines"), {"Comment": "two\nlines"}),
        (out("A", enabled=False), {"Enabled": False}),
        (out("A", recipient_domains=["b.example", "A.example"]), {"RecipientDomains": ["a.example", "b.example"]}),
        (inn("A", tls_sender_certificate_name=""), {"TlsSenderCertificateName": None}),
        (inn("A", sender_domains=["smtp:b.example;5"]), {"SenderDomains": ["b.example"]}),
        (inn("A", sender_ip_addresses=["192.0.2.7/24"]), {"SenderIPAddresses": ["192.0.2.0/24"]}),
        (inn("A", require_tls=False), {"RequireTls": False}),
    ],
)
def test_values_and_empty_values_are_sent(entry: Entry, parameters: dict[str, t.Any]) -> None:
    direction = entry["direction"]
    noun = "OutboundConnector" if direction == "outbound" else "InboundConnector"
    identity = guid(tenant(), direction)
    assert change_of(entry) == [(1, f"Set-{noun}", {"Identity": identity, **parameters, "Confirm": False})]


@pytest.mark.parametrize(
    ("entry", "pair"),
    [
        (out("A", smart_hosts=["i.example"]), {"UseMXRecord": False, "SmartHosts": ["i.example"]}),
        (out("A", use_mx_record=True), {"UseMXRecord": True, "SmartHosts": ["h.example"]}),
        (out("A", use_mx_record=True, smart_hosts=[]), {"UseMXRecord": True, "SmartHosts": []}),
    ],
)
def test_mx_and_smart_hosts_travel_together(entry: Entry, pair: dict[str, t.Any]) -> None:
    ((_phase, _cmdlet, parameters),) = change_of(entry)
    assert parameters == {"Identity": guid(tenant()), **pair, "Confirm": False}


@pytest.mark.parametrize(
    ("entry", "is_void"),
    [
        (out("A", smart_hosts=["mx.a.example"], use_mx_record=False), True),
        (out("A", tls_settings="certificate_validation"), True),
        (out("A", smtp_dane_mode="mandatory"), True),
        (out("A", recipient_domains=["a.example", "b.example", "c.example"]), True),
        (out("A", recipient_domains=["a.example"]), False),
        (out("A", enabled=False, comment="x", transport_rule_scoped=True), False),
        (out("A", enabled=False, use_mx_record=True, recipient_domains=["b.example", "a.example"]), False),
    ],
)
def test_a_recorded_success_is_taken_back_where_mail_goes_another_way(entry: Entry, is_void: bool) -> None:
    domains = ["a.example", "b.example"]
    exchange = Exchange()
    exchange.seed("outbound", "A", RecipientDomains=domains, TlsSettings="EncryptionOnly", IsValidated=True)
    exchange.seed("outbound", "B", RecipientDomains=["d.example"], TlsSettings="EncryptionOnly")
    never = {**entry, "name": "B"}
    never.pop("recipient_domains", None)
    plan = plan_for(exchange, entry, never, policy=Policy(allow_weaken=True))
    told = {parameters["Identity"]: parameters.get("IsValidated") for _phase, _cmdlet, parameters in sent(plan)}
    guids = {one.name: one.guid for one in inventory(exchange)}
    assert told[guids["A"]] is (False if is_void else None)
    assert told.get(guids["B"]) is None


def test_a_new_outbound_connector() -> None:
    entry = out(
        "N",
        recipient_domains=["n.example"],
        tls_settings="domain_validation",
        tls_domain="mx.n.example",
        smart_hosts=[],
        comment="",
        test_mode=False,
        smtp_dane_mode="mandatory",
    )
    assert change_of(entry) == [
        (
            1,
            "New-OutboundConnector",
            {
                "Name": "N",
                "Enabled": True,
                "ConnectorType": "Partner",
                "UseMXRecord": True,
                "RecipientDomains": ["n.example"],
                "TlsSettings": "DomainValidation",
                "TlsDomain": "mx.n.example",
                "SmtpDaneMode": "Mandatory",
            },
        )
    ]


def test_a_new_inbound_connector_says_what_exchanges_defaults_leave_open() -> None:
    ((_phase, cmdlet, parameters),) = change_of(inn("N", sender_domains=["n.example"]))
    assert cmdlet == "New-InboundConnector"
    assert parameters == {
        "Name": "N",
        "Enabled": True,
        "ConnectorType": "Partner",
        "RequireTls": True,
        "SenderDomains": ["n.example"],
    }
    ((_phase, _cmdlet, off),) = change_of(inn("N", sender_domains=["n.example"], require_tls=False, enabled=False))
    assert (off["RequireTls"], off["Enabled"]) == (False, False)


def test_what_only_set_has_follows_in_the_next_round() -> None:
    exchange = tenant()
    entry = out("N", recipient_domains=["n.example"], validation_recipients=["Postmaster@n.example"])
    (first, second) = change_of(entry, exchange=exchange)
    assert (first[0], first[1]) == (1, "New-OutboundConnector")
    assert "ValidationRecipients" not in first[2]
    assert second == (
        2,
        "Set-OutboundConnector",
        {"Identity": "N", "ValidationRecipients": ["postmaster@n.example"], "Confirm": False},
    )
    assert named(exchange, "outbound", "N")["ValidationRecipients"] == ["postmaster@n.example"]
    assert len(change_of(out("M", recipient_domains=["m.example"], validation_recipients=[]))) == 1


def test_delete_goes_by_guid_without_a_question() -> None:
    assert change_of({**inn("a"), "state": "absent"}) == [
        (1, "Remove-InboundConnector", {"Identity": guid(tenant(), "inbound"), "Confirm": False})
    ]


def test_the_owners_mark_travels_in_the_comment() -> None:
    mine = Policy(owner="me", allow_weaken=True)
    mark = "[mailflow.exchange_online owner=me]"
    ((_p, _c, adopted),) = change_of(out("A"), policy=mine)
    assert adopted["Comment"] == f"text\n{mark}"
    ((_p, _c, new),) = change_of(out("N", recipient_domains=["n.example"]), policy=mine)
    assert new["Comment"] == mark
    marked = tenant()
    carry_out(marked, plan_for(marked, out("A"), policy=mine))
    ((_p, _c, kept),) = change_of(out("A", comment="other"), policy=Policy(), exchange=marked)
    assert kept["Comment"] == f"other\n{mark}"
    ((_p, _c, untouched),) = change_of(out("A", mta_sts_mode="none"), policy=mine, exchange=marked)
    assert "Comment" not in untouched


def test_a_blocked_change_sends_nothing() -> None:
    assert sent(plan_for(tenant(), out("A", enabled=False))) == []


def moved() -> Exchange:
    exchange = Exchange()
    for name in ("A", "B", "C"):
        exchange.seed("outbound", name, RecipientDomains=[f"{name.lower()}.example", f"{name.lower()}2.example"], **DV)
    return exchange


def brief(exchange: Exchange, *entries: Entry) -> list[tuple[int, str, list[str] | None]]:
    names = {record["Guid"]: record["Name"] for record in exchange.get("outbound")}
    return [
        (phase, f"{cmdlet.partition('-')[0]} {names.get(parameters.get('Identity'), parameters.get('Name'))}", domains)
        for phase, cmdlet, parameters in sent(plan_for(exchange, *entries, policy=CONSENT))
        for domains in (parameters.get("RecipientDomains"),)
    ]


def test_a_moving_domain_arrives_before_it_leaves() -> None:
    found = brief(
        moved(), out("A", recipient_domains=["a.example"]), out("B", recipient_domains=["b.example", "a2.example"])
    )
    assert found == [(1, "Set B", ["a2.example", "b.example"]), (2, "Set A", ["a.example"])]


def test_a_chain_moves_from_its_end_without_a_sum() -> None:
    """The sum of two lists may be longer than Exchange stores; only a circle needs it."""
    found = brief(
        moved(),
        out("A", recipient_domains=["a.example"]),
        out("B", recipient_domains=["b.example", "a2.example"]),
        out("C", recipient_domains=["c.example", "c2.example", "b2.example"]),
    )
    assert found == [
        (1, "Set C", ["b2.example", "c.example", "c2.example"]),
        (2, "Set B", ["a2.example", "b.example"]),
        (3, "Set A", ["a.example"]),
    ]


def test_what_waits_behind_a_circle_follows_it() -> None:
    found = brief(
        moved(),
        out("A", recipient_domains=["a.example", "b2.example", "c2.example"]),
        out("B", recipient_domains=["b.example", "a2.example"]),
        out("C", recipient_domains=["c.example"]),
    )
    assert [(turn, command) for turn, command, _domains in found] == [
        (1, "Set B"),
        (2, "Set A"),
        (3, "Set B"),
        (3, "Set C"),
    ]


def test_a_swap_goes_through_the_sum_of_both_lists_of_one() -> None:
    found = brief(
        moved(),
        out("A", recipient_domains=["a.example", "b2.example"]),
        out("B", recipient_domains=["b.example", "a2.example"]),
    )
    assert found == [
        (1, "Set A", ["a.example", "a2.example", "b2.example"]),
        (2, "Set B", ["a2.example", "b.example"]),
        (3, "Set A", ["a.example", "b2.example"]),
    ]


def test_a_connector_is_deleted_after_its_heir_was_created() -> None:
    heir = out("N", recipient_domains=["a.example", "a2.example"], tls_settings="domain_validation", tls_domain="x.y")
    assert brief(moved(), {**out("A"), "state": "absent"}, heir) == [
        (1, "New N", ["a.example", "a2.example"]),
        (2, "Remove A", None),
    ]


def one(exchange: Exchange, entry: Entry, policy: Policy = CONSENT) -> Command:
    return rounds(plan_for(exchange, entry, policy=policy).changes)[0][0]


def test_whether_a_command_took_effect() -> None:
    exchange = tenant()
    create = one(exchange, out("N", recipient_domains=["n.example"]))
    assert create.creates
    assert not took_effect(create, None, None)
    stands = {"enabled": True, "connector_type": "partner", "use_mx_record": True, "recipient_domains": ("n.example",)}
    assert took_effect(create, {**stands, "comment": "whatever else"}, None)
    assert not took_effect(create, {**stands, "enabled": False}, None)
    assert not took_effect(create, {"enabled": True}, None)

    change = one(exchange, out("A", comment="x"), Policy(owner="me"))
    assert not change.creates
    assert took_effect(change, {"comment": "x"}, "me")
    assert not took_effect(change, {"comment": "x"}, None)
    assert not took_effect(change, {"comment": "x"}, "them")
    assert not took_effect(change, None, None)

    remove = one(exchange, {**out("A"), "state": "absent"})
    assert took_effect(remove, None, None)
    assert not took_effect(remove, {"enabled": True}, None)

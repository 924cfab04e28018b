# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Partners become the connectors that shall stand in Exchange."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import fields
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.rules import (
    SENDER_DOMAINS_LIMIT,
    sender_domains_length,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import compose, inbound_parts

Connector = dict[str, t.Any]
NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.timezone.utc)


def composed(*entries: object, defaults: object = None) -> list[Connector]:
    return compose(check_partners(list(entries), defaults), NOW)


def test_both_connectors_of_the_shortest_entry() -> None:
    assert composed("fabrikam.com") == [
        {
            "name": "Forced TLS to fabrikam.com",
            "direction": "outbound",
            "state": "present",
            "enabled": True,
            "connector_type": "partner",
            "comment": "Forced TLS with fabrikam.com.",
            "recipient_domains": ["fabrikam.com"],
            "use_mx_record": True,
            "smart_hosts": [],
            "tls_settings": "certificate_validation",
            "tls_domain": "",
            "transport_rule_scoped": False,
        },
        {
            "name": "Forced TLS from fabrikam.com",
            "direction": "inbound",
            "state": "present",
            "enabled": True,
            "connector_type": "partner",
            "comment": "Forced TLS with fabrikam.com.",
            "sender_domains": ["fabrikam.com"],
            "require_tls": True,
            "restrict_domains_to_certificate": False,
            "tls_sender_certificate_name": "",
            "restrict_domains_to_ip_addresses": False,
            "sender_ip_addresses": [],
        },
    ]


def test_both_connectors_of_a_full_entry() -> None:
    outbound, inbound = composed(
        {
            "name": "Contoso",
            "domains": ["contoso.com", "*.contoso.com"],
            "state": "prepared",
            "outbound": {
                "level": "domain_validation",
                "certificate_name": "mail.contoso.com",
                "smart_hosts": ["mx1.contoso.com"],
                "smtp_dane_mode": "mandatory",
                "mta_sts_mode": "none",
                "validation_recipients": ["it@contoso.com"],
            },
            "inbound": {"certificate_name": "*.contoso.com", "ip_addresses": ["192.0.2.0/24"]},
            "contact": "postmaster@contoso.com",
            "reference": "CHG0042",
            "description": "Agreed in May",
        }
    )
    comment = "Forced TLS with Contoso. Contact: postmaster@contoso.com. Reference: CHG0042. Agreed in May."
    assert outbound == {
        "name": "Forced TLS to Contoso",
        "direction": "outbound",
        "state": "present",
        "enabled": False,
        "connector_type": "partner",
        "comment": comment,
        "recipient_domains": ["contoso.com", "*.contoso.com"],
        "use_mx_record": False,
        "smart_hosts": ["mx1.contoso.com"],
        "tls_settings": "domain_validation",
        "tls_domain": "mail.contoso.com",
        "transport_rule_scoped": False,
        "smtp_dane_mode": "mandatory",
        "mta_sts_mode": "none",
        "validation_recipients": ["it@contoso.com"],
    }
    assert inbound == {
        "name": "Forced TLS from Contoso",
        "direction": "inbound",
        "state": "present",
        "enabled": False,
        "connector_type": "partner",
        "comment": comment,
        "sender_domains": ["contoso.com", "*.contoso.com"],
        "require_tls": True,
        "restrict_domains_to_certificate": True,
        "tls_sender_certificate_name": "*.contoso.com",
        "restrict_domains_to_ip_addresses": True,
        "sender_ip_addresses": ["192.0.2.0/24"],
    }


@pytest.mark.parametrize(("state", "enabled"), [("prepared", False), ("enforced", True)])
def test_prepared_stands_disabled_and_enforced_enabled(state: str, enabled: bool) -> None:
    made = composed({"domains": ["contoso.com"], "state": state})
    assert [(connector["state"], connector["enabled"]) for connector in made] == [("present", enabled)] * 2


def test_absent_connectors_carry_nothing_but_their_names() -> None:
    assert composed({"name": "Contoso", "state": "absent"}) == [
        {"name": "Forced TLS to Contoso", "direction": "outbound", "state": "absent"},
        {"name": "Forced TLS from Contoso", "direction": "inbound", "state": "absent"},
    ]


def test_the_comment_reads_as_sentences() -> None:
    outbound, _rest = composed({"name": "Contoso Inc.", "domains": ["contoso.com"], "description": "Ask first!"})
    assert outbound["comment"] == "Forced TLS with Contoso Inc. Ask first!"


def test_the_prefix_is_the_users() -> None:
    made = compose(check_partners(["contoso.com"]), NOW, "TLS partner")
    assert [connector["name"] for connector in made] == ["TLS partner to contoso.com", "TLS partner from contoso.com"]


def test_many_domains_take_several_inbound_connectors() -> None:
    domains = [f"domain{number:03}.example" for number in range(250)]
    outbound, *inbound = composed({"name": "Contoso", "domains": domains})
    assert outbound["recipient_domains"] == domains
    assert [connector["name"] for connector in inbound] == [
        "Forced TLS from Contoso",
        "Forced TLS from Contoso (2)",
        "Forced TLS from Contoso (3)",
    ]
    assert [domain for connector in inbound for domain in connector["sender_domains"]] == domains
    assert all(sender_domains_length(connector["sender_domains"]) <= 2243 for connector in inbound)
    gone = composed({"name": "Contoso", "domains": domains, "state": "absent"})
    assert [connector["name"] for connector in gone] == [connector["name"] for connector in (outbound, *inbound)]


def test_consent_stands_in_the_connectors_of_those_who_are_named() -> None:
    made = compose(check_partners(["a.com", {"name": "B", "state": "absent"}, "c.com"]), NOW, consent={"b"})
    assert [connector["name"] for connector in made if connector.get("allow_weaken")] == [
        "Forced TLS to B",
        "Forced TLS from B",
    ]


def test_the_length_limit_is_met_to_the_character() -> None:
    # 31 domains of 62 characters take 31 * (5 + 62 + 2 + 1) with what Exchange puts around and between them, and one
    # of 66 takes 5 + 66 + 2: together 2243.
    exact = [f"{number:02}{'x' * 52}.example" for number in range(31)] + ["y" * 58 + ".example"]
    assert inbound_parts(exact) == [exact]
    longer = [*exact[:-1], "y" + exact[-1]]
    assert inbound_parts(longer) == [exact[:-1], ["y" + exact[-1]]]


# -- properties ----------------------------------------------------------------------------------------------------

_LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(lambda x: x[2:4] != "--")
_DOMAINS = st.builds(
    lambda front, label, top: f"{front}{label}.{top}",
    st.sampled_from(["", "*.", "mail."]),
    _LABELS,
    st.sampled_from(["com", "example", "co.uk"]),
)


@st.composite
def entries(draw: st.DrawFn) -> list[object]:
    """A good list: short and full entries of every state."""
    domains = draw(st.lists(_DOMAINS, min_size=1, max_size=12, unique=True))
    written: list[object] = []
    for domain in domains:
        form = draw(st.sampled_from(["short", "full", "named"]))
        if form == "short":
            written.append(domain)
            continue
        entry: dict[str, object] = {
            "domains": [domain],
            "state": draw(st.sampled_from(["prepared", "enforced", "absent"])),
            "outbound": draw(
                st.sampled_from(
                    [
                        {},
                        {"level": "domain_validation", "certificate_name": "mail.example.com"},
                        {"level": "encryption_only", "smart_hosts": ["mail.example.com", "192.0.2.1"]},
                        {"smtp_dane_mode": "mandatory"},
                    ]
                )
            ),
            "inbound": draw(
                st.sampled_from([{}, {"certificate_name": "*.example.com"}, {"ip_addresses": ["192.0.2.1"]}])
            ),
        }
        if form == "named":
            entry["name"] = f"Partner {domain} {draw(st.sampled_from(['', '(2)', 'x' * 60]))}"
        written.append(entry)
    return written


@given(entries())
def test_every_connector_is_one_that_the_module_takes(written: list[object]) -> None:
    for connector in composed(*written):
        settings = connector.keys() - {"name", "direction", "state"}
        known = {field.option for field in fields.fields_of(connector["direction"])}
        assert settings <= known
        assert len(connector["name"]) <= fields.LONGEST_NAME


@given(entries())
def test_no_two_connectors_share_direction_and_name(written: list[object]) -> None:
    made = [(connector["direction"], connector["name"].casefold()) for connector in composed(*written)]
    assert len(made) == len(set(made))


@given(entries())
def test_the_same_list_gives_the_same_connectors(written: list[object]) -> None:
    assert composed(*written) == composed(*written)


@given(entries(), st.integers(min_value=0))
def test_a_partner_changes_no_other_partners_connectors(written: list[object], position: int) -> None:
    without = written.copy()
    del without[position % len(written)]
    everything = composed(*written)
    assert all(connector in everything for connector in composed(*without))


@given(st.lists(_DOMAINS, min_size=1, max_size=300, unique=True), _DOMAINS)
def test_a_domain_added_at_the_end_moves_no_other(domains: list[str], added: str) -> None:
    before, after = inbound_parts(domains), inbound_parts([*domains, added])
    for part, grown in zip(before, after, strict=False):
        assert grown[: len(part)] == part
    assert sum(map(len, after)) == len(domains) + 1
    assert all(sender_domains_length(part) <= SENDER_DOMAINS_LIMIT for part in after)


def test_recipients_that_are_made_empty_are_made_empty() -> None:
    (outbound, _inbound) = composed({"domains": ["contoso.com"], "outbound": {"validation_recipients": []}})
    assert outbound["validation_recipients"] == []

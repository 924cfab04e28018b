# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which connector takes a message: the rules alone."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.flow_switches import SWITCHES
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.routing import Readings, route
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.shapes import Route
from ansible_collections.mailflow.exchange_online.tests.lab.switches import Switches


def connector(name: str, *domains: str, **members: t.Any) -> dict[str, t.Any]:
    return {"Name": name, "Enabled": True, "UseMXRecord": True, "RecipientDomains": list(domains), **members}


def taken(
    domain: str, *connectors: dict[str, t.Any], rule: str | None = None, **settings: object
) -> tuple[str, str | None]:
    found = route(domain, connectors, rule, Readings.of(Switches(SWITCHES, settings)))
    return found.found, found.connector


DEFAULT = ("default", None)
EXACT = connector("exact", "contoso.com")
NEAR = connector("near", "*.eu.contoso.com")
FAR = connector("far", "*.contoso.com")
ALL = connector("all", "*")
SCOPED = connector("scoped", "contoso.com", IsTransportRuleScoped=True)


@pytest.mark.parametrize("order", [1, -1], ids=["as made", "other way round"])
@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("contoso.com", ("exact", "exact")),
        ("CONTOSO.com.", ("exact", "exact")),
        ("a.contoso.com", ("wildcard", "far")),
        ("a.eu.contoso.com", ("wildcard", "near")),
        ("eu.contoso.com", ("wildcard", "far")),
        ("b.a.eu.contoso.com", ("wildcard", "near")),
        ("notcontoso.com", ("wildcard", "all")),
        ("fabrikam.com", ("wildcard", "all")),
    ],
)
def test_the_most_specific_connector_takes_the_mail(domain: str, expected: tuple[str, str], order: int) -> None:
    assert taken(domain, *(ALL, FAR, EXACT, NEAR)[::order]) == expected


def test_an_exact_domain_comes_before_a_longer_wildcard_in_another_connector() -> None:
    both = connector("both", "*.a.b.c.contoso.com", "contoso.com")
    assert taken("contoso.com", FAR, both) == ("exact", "both")
    assert taken("x.a.b.c.contoso.com", FAR, both) == ("wildcard", "both")


def test_without_a_connector_mail_goes_as_everybody_s_does() -> None:
    assert route("Fabrikam.com", [EXACT]) == Route("fabrikam.com")


def test_disabled_connectors_take_no_mail() -> None:
    assert taken("contoso.com", {**EXACT, "Enabled": False}, ALL) == ("wildcard", "all")
    assert taken("contoso.com", {**SCOPED, "Enabled": False}, rule="scoped") == DEFAULT


def test_connectors_of_rules_take_mail_by_their_name_only() -> None:
    assert taken("contoso.com", SCOPED) == DEFAULT
    assert taken("contoso.com", EXACT, SCOPED, rule="Scoped") == ("rule", "scoped")
    assert taken("elsewhere.example", EXACT, SCOPED, rule="scoped") == ("rule", "scoped")
    assert taken("contoso.com", EXACT, rule="gone") == ("exact", "exact")


@pytest.mark.parametrize(("value", "expected"), [("no", DEFAULT), ("yes", ("wildcard", "far"))])
def test_whether_a_wildcard_is_meant_for_the_domain_itself(value: str, expected: tuple[str, str | None]) -> None:
    assert taken("contoso.com", FAR, routing_wildcard_apex=value) == expected
    assert taken("contoso.com", FAR, EXACT, routing_wildcard_apex=value) == ("exact", "exact")


@pytest.mark.parametrize(("value", "expected"), [("oldest", "exact"), ("newest", "twin")])
def test_which_of_two_equal_connectors_takes_the_mail(value: str, expected: str) -> None:
    twin = connector("twin", "contoso.com")
    assert taken("contoso.com", ALL, EXACT, twin, FAR, routing_tie=value) == ("exact", expected)


@pytest.mark.parametrize(("value", "expected"), [("ignored", DEFAULT), ("used", ("exact", "test"))])
def test_whether_a_connector_in_test_mode_takes_mail(value: str, expected: tuple[str, str | None]) -> None:
    assert taken("contoso.com", connector("test", "contoso.com", TestMode=True), routing_test_mode=value) == expected


def test_idn_domains_are_compared_in_one_form() -> None:
    assert taken("xn--mnchen-3ya.example", connector("u", "M\u00fcnchen.example")) == ("exact", "u")
    assert taken("a.m\u00fcnchen.example", connector("u", "*.xn--mnchen-3ya.example")) == ("wildcard", "u")
    assert taken("a.xn--mnchen-3ya.example", connector("u", "*.m\u00fcnchen.example")) == ("wildcard", "u")


def test_a_route_asks_for_what_the_connector_says() -> None:
    found = route(
        "contoso.com",
        [
            connector(
                "strict",
                "contoso.com",
                UseMXRecord=False,
                SmartHosts=["a.contoso.com", "192.0.2.1"],
                TlsSettings="DomainValidation",
                TlsDomain="*.contoso.com",
                SmtpDaneMode="Mandatory",
                MtaStsMode="None",
            )
        ],
    )
    assert found == Route(
        "contoso.com",
        "exact",
        "strict",
        ("a.contoso.com", "192.0.2.1"),
        "DomainValidation",
        "*.contoso.com",
        "Mandatory",
        "None",
    )


def test_smart_hosts_that_are_left_over_play_no_part() -> None:
    found = route("contoso.com", [connector("mx", "contoso.com", SmartHosts=["old.contoso.com"], TlsDomain="")])
    assert (found.smart_hosts, found.tls_domain, found.tls_settings) == ((), None, None)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the contracts are checked on: a tenant as it stands, a call, and what must come of it."""

from __future__ import annotations

import dataclasses
import typing as t

Connector = dict[str, t.Any]


def outbound(name: str, *domains: str, **options: t.Any) -> Connector:
    """A wished outbound connector."""
    level = {"tls_settings": "certificate_validation"}
    return {"name": name, "direction": "outbound", "recipient_domains": list(domains), **level, **options}


def inbound(name: str, *domains: str, **options: t.Any) -> Connector:
    """A wished inbound connector."""
    return {"name": name, "direction": "inbound", "sender_domains": list(domains), **options}


@dataclasses.dataclass(frozen=True)
class Scenario:
    """``standing`` is made first; then ``wished`` is run with ``options``, and must count ``outcomes`` by status."""

    name: str
    wished: tuple[Connector, ...]
    outcomes: dict[str, int]
    standing: tuple[Connector, ...] = ()
    options: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    standing_options: dict[str, t.Any] = dataclasses.field(default_factory=dict)


PAIR = (outbound("to adatum", "adatum.com"), inbound("from adatum", "adatum.com"))

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("create in both directions", PAIR, {"applied": 2}),
    Scenario("nothing to do", PAIR, {"unchanged": 2}, standing=PAIR),
    Scenario(
        "written otherwise, meant the same",
        (
            outbound("TO ADATUM", "ADATUM.com.", "adatum.com", "Bücher.example"),
            inbound("from adatum", "smtp:Adatum.COM;1", sender_ip_addresses=["192.0.2.17/24", "198.51.100.7/32"]),
        ),
        {"unchanged": 2},
        standing=(
            outbound("to adatum", "xn--bcher-kva.example", "adatum.com"),
            inbound("from adatum", "adatum.com", sender_ip_addresses=["198.51.100.7", "192.0.2.0/24"]),
        ),
    ),
    Scenario(
        "raise the level",
        (outbound("to adatum", "adatum.com", tls_settings="domain_validation", tls_domain="mail.adatum.com"),),
        {"applied": 1},
        standing=PAIR,
    ),
    Scenario(
        "lower the level without consent",
        (
            outbound("to adatum", "adatum.com", tls_settings="encryption_only"),
            inbound("from adatum", "adatum.com", comment="x"),
        ),
        {"skipped": 1, "applied": 1},
        standing=PAIR,
    ),
    Scenario(
        "lower the level with consent",
        (outbound("to adatum", "adatum.com", tls_settings="opportunistic"),),
        {"applied": 1},
        standing=PAIR,
        options={"allow_weaken": True},
    ),
    Scenario(
        "make empty what is set, leave alone what is left out",
        (
            outbound("to adatum", "adatum.com", comment="", tls_domain="", validation_recipients=[]),
            inbound("from adatum", "adatum.com", sender_ip_addresses=[], tls_sender_certificate_name=""),
        ),
        {"applied": 2},
        standing=(
            outbound("to adatum", "adatum.com", comment="two\nlines", validation_recipients=["it@adatum.com"]),
            inbound(
                "from adatum",
                "adatum.com",
                sender_ip_addresses=["192.0.2.1"],
                tls_sender_certificate_name="mx.adatum.com",
            ),
        ),
    ),
    Scenario(
        "from MX to smart hosts",
        (outbound("to adatum", "adatum.com", use_mx_record=False, smart_hosts=["mail.adatum.com", "[192.0.2.9]"]),),
        {"applied": 1},
        standing=PAIR,
    ),
    Scenario(
        "delete by name without consent",
        ({"name": "to adatum", "direction": "outbound", "state": "absent"},),
        {"skipped": 1},
        standing=PAIR,
    ),
    Scenario(
        "consent for one of two",
        (
            outbound("to adatum", "adatum.com", enabled=False, allow_weaken=True),
            inbound("from adatum", "adatum.com", enabled=False),
        ),
        {"applied": 1, "skipped": 1},
        standing=PAIR,
    ),
    Scenario(
        "delete by name, and what is not there",
        (
            {"name": "to adatum", "direction": "outbound", "state": "absent"},
            {"name": "to nobody", "direction": "outbound", "state": "absent"},
        ),
        {"applied": 1, "unchanged": 1},
        standing=PAIR,
        options={"allow_weaken": True},
    ),
    Scenario(
        "prune what is ours",
        (outbound("to fabrikam", "fabrikam.com"),),
        {"applied": 3},
        standing=PAIR,
        standing_options={"owner": "us"},
        options={"owner": "us", "prune": True, "allow_weaken": True},
    ),
    Scenario(
        "prune nothing that is not ours",
        (outbound("to fabrikam", "fabrikam.com"),),
        {"applied": 1},
        standing=PAIR,
        standing_options={"owner": "them"},
        options={"owner": "us", "prune": True, "allow_weaken": True},
    ),
    Scenario(
        "prune, but keep one",
        (outbound("to fabrikam", "fabrikam.com"),),
        {"applied": 2},
        standing=PAIR,
        standing_options={"owner": "us"},
        options={"owner": "us", "prune": True, "prune_keep": ["FROM adatum"], "allow_weaken": True},
    ),
    Scenario(
        "prune more than the limit",
        (outbound("to fabrikam", "fabrikam.com"),),
        {"applied": 1, "skipped": 2},
        standing=PAIR,
        standing_options={"owner": "us"},
        options={"owner": "us", "prune": True, "prune_limit": 1, "allow_weaken": True},
    ),
    Scenario(
        "another owner's connector",
        (outbound("to adatum", "adatum.com", comment="ours"),),
        {"skipped": 1},
        standing=PAIR,
        standing_options={"owner": "them"},
        options={"owner": "us"},
    ),
    Scenario(
        "mark what had no owner",
        PAIR,
        {"applied": 2},
        standing=PAIR,
        options={"owner": "us"},
    ),
    Scenario(
        "two connectors exchange their domains",
        (outbound("one", "b.example"), outbound("two", "a.example")),
        {"applied": 2},
        standing=(outbound("one", "a.example"), outbound("two", "b.example")),
    ),
    Scenario(
        "a domain moves to a stricter connector",
        (
            outbound("one", "a.example"),
            outbound("two", "b.example", "c.example", tls_settings="domain_validation", tls_domain="mx.b.example"),
        ),
        {"applied": 2},
        standing=(outbound("one", "a.example", "b.example"),),
    ),
)

#: Records that this collection would never write: on-premises, for rules only, test mode, stale or contradicting.
LEFT_BEHIND: dict[str, t.Any] = {
    "tenants": [
        {
            "outbound": [
                {
                    "Name": "hybrid",
                    "ConnectorType": "OnPremises",
                    "SmartHosts": ["relay.example.net"],
                    "UseMXRecord": False,
                    "CloudServicesMailEnabled": True,
                    "TlsSettings": "CertificateValidation",
                    "IsTransportRuleScoped": True,
                },
                {
                    "Name": "stale name",
                    "RecipientDomains": ["a.example"],
                    "TlsSettings": "EncryptionOnly",
                    "TlsDomain": "old.example",
                },
                {"Name": "stale host", "RecipientDomains": ["b.example"], "SmartHosts": ["mx.b.example"]},
                {"Name": "in the wizard", "RecipientDomains": ["c.example"], "TestMode": True},
                {"Name": "both", "RecipientDomains": ["d.example"], "TestMode": True, "IsTransportRuleScoped": True},
                {"Name": "same domain 1", "RecipientDomains": ["e.example"]},
                {"Name": "same domain 2", "RecipientDomains": ["e.example"]},
            ],
            "inbound": [
                {
                    "Name": "hybrid",
                    "ConnectorType": "OnPremises",
                    "SenderDomains": ["*"],
                    "SenderIPAddresses": ["192.0.2.31"],
                },
                {"Name": "priority", "SenderDomains": ["smtp:a.example;5"]},
                {"Name": "pin without name", "SenderDomains": ["b.example"], "RestrictDomainsToCertificate": True},
            ],
        }
    ]
}

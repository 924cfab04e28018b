# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connectors, plans and fates -> what users see."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import present
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.apply import foresee
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fate import Fate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Change, Connector, Policy
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    Entry,
    inn,
    inventory,
    out,
    plan_for,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
)

DV: dict[str, t.Any] = {"TlsSettings": "DomainValidation", "TlsDomain": "mx.a.example"}


def stored(direction: str, **members: t.Any) -> Connector:
    exchange = Exchange()
    exchange.seed(direction, "A", **members)
    return inventory(exchange)[0]


def fed_back(found: Connector, direction: str, **members: t.Any) -> Change:
    exchange = Exchange()
    exchange.seed(direction, "A", **members)
    (change,) = plan_for(exchange, present.as_input(found)).changes
    return change


def test_a_connector_has_the_options_as_keys_and_lists_as_lists() -> None:
    shown = present.as_input(stored("inbound", SenderDomains=["b.example", "a.example"], RequireTls=True))
    assert list(shown)[:3] == ["name", "direction", "state"]
    assert (shown["name"], shown["direction"], shown["state"]) == ("A", "inbound", "present")
    assert shown["sender_domains"] == ["a.example", "b.example"]
    assert shown["tls_sender_certificate_name"] == ""
    assert json.loads(json.dumps(shown)) == shown


CASES: list[tuple[str, dict[str, t.Any], set[str]]] = [
    ("outbound", {"RecipientDomains": ["a.example"]}, {"sender_rewriting_enabled", "all_accepted_domains"}),
    ("outbound", {"RecipientDomains": ["a.example"], **DV}, set()),
    # Left-overs without effect must not hide the level or the route that count.
    ("outbound", {"RecipientDomains": ["a.b"], "TlsSettings": "EncryptionOnly", "TlsDomain": "x.y"}, {"tls_domain"}),
    ("outbound", {"RecipientDomains": ["a.b"], "SmartHosts": ["h.example"]}, {"smart_hosts"}),
    ("outbound", {"RecipientDomains": []}, set()),
    ("outbound", {"RecipientDomains": ["com", "a.example"]}, {"recipient_domains"}),
    ("outbound", {"RecipientDomains": ["a.b"], "TlsSettings": "QuantumValidation"}, {"tls_settings"}),
    ("outbound", {"RecipientDomains": ["a.b"], "ConnectorType": "Test"}, {"connector_type", "all_accepted_domains"}),
    ("outbound", {"ConnectorType": "OnPremises", "AllAcceptedDomains": True, "SenderRewritingEnabled": True}, set()),
    ("outbound", {"RecipientDomains": ["a.b"], "Comment": "x\r\n[mailflow.exchange_online owner=o]\r\ny"}, set()),
    ("inbound", {"SenderDomains": ["a.example"], "SenderIPAddresses": ["192.0.2.1/32"]}, set()),
    ("inbound", {"SenderDomains": ["a.b"], "SenderIPAddresses": ["2001:db8::1"]}, {"sender_ip_addresses"}),
    (
        "inbound",
        {
            "SenderDomains": ["a.b"],
            "TlsSenderCertificateName": "<I>CN=x<S>CN=y",
            "RestrictDomainsToCertificate": True,
            "RequireTls": True,
        },
        {"tls_sender_certificate_name"},
    ),
    (
        "inbound",
        {"SenderDomains": ["a.b"], "RestrictDomainsToIPAddresses": True},
        {"restrict_domains_to_ip_addresses", "sender_ip_addresses"},
    ),
    ("inbound", {"SenderDomains": []}, {"sender_domains"}),
]


@pytest.mark.parametrize(("direction", "members", "left_out"), CASES)
def test_what_is_shown_can_be_fed_back_and_changes_nothing(
    direction: str, members: dict[str, t.Any], left_out: set[str]
) -> None:
    found = stored(direction, **members)
    shown = present.as_input(found)
    assert left_out.isdisjoint(shown)
    hidden = set(found.settings) - set(shown)
    types = {
        "partner": {
            "cloud_services_mail_enabled",
            "all_accepted_domains",
            "route_all_messages_via_on_premises",
            "sender_rewriting_enabled",
            "treat_messages_as_internal",
        },
        "on_premises": {"restrict_domains_to_certificate", "restrict_domains_to_ip_addresses"},
    }
    of_no_type = types["partner"] | types["on_premises"]
    assert hidden - left_out <= types.get(str(found.settings["connector_type"]), of_no_type)
    assert fed_back(found, direction, **members).action == "none"


def test_an_outcome() -> None:
    exchange = Exchange()
    exchange.seed("outbound", "A", RecipientDomains=["a.example"], **DV)
    plan = plan_for(exchange, out("A", enabled=False, comment="x"), out("N", recipient_domains=["n.example"]))
    blocked, planned = (present.outcome(fate) for fate in foresee(plan))
    assert blocked["error"]["kind"] == "refused"
    assert "allow_weaken" in blocked["error"]["message"]
    assert {key: value for key, value in blocked.items() if key != "error"} == {
        "name": "A",
        "direction": "outbound",
        "action": "update",
        "changes": ["comment", "enabled"],
        "weakens": True,
        "status": "skipped",
    }
    assert (planned["action"], planned["status"], planned["weakens"], planned["error"]) == (
        "create",
        "planned",
        False,
        None,
    )


def fates() -> list[Fate]:
    exchange = Exchange()
    for name in ("Same", "Down", "Gone"):
        exchange.seed("outbound", name, RecipientDomains=[f"{name.lower()}.example"], **DV)
    plan = plan_for(
        exchange,
        out("Same"),
        out("Down", enabled=False),
        {**out("Gone"), "state": "absent"},
        inn("New", sender_domains=["n.example"]),
        out("Never", recipient_domains=["never.example"]),
        policy=Policy(allow_weaken=True),
    )
    found = foresee(plan)
    found[4].status, found[4].error = "failed", ExchangeError("rejected", "It was refused.")
    found[3].status = "applied"
    return found


def test_the_summary_counts_every_status_and_action() -> None:
    assert present.summary(fates()) == {
        "total": 5,
        "planned": 2,
        "applied": 1,
        "unchanged": 1,
        "failed": 1,
        "skipped": 0,
        "unknown": 0,
        "created": 1,
        "updated": 1,
        "deleted": 1,
        "weakens": 2,
    }


def test_each_count_can_be_reached_from_jinja() -> None:
    """``summary.update`` would be the method of the dictionary."""
    assert not [key for key in present.summary(fates()) if hasattr(dict, key)]


def test_failures_and_their_text() -> None:
    failed = present.failures(fates())
    assert [fate.change.name for fate in failed] == ["Never"]
    assert present.failure_text(failed, 5) == (
        "1 of 5 connectors could not be brought to the wished state. It was refused."
    )
    many = present.failure_text(failed * 7, 9)
    assert many.startswith("7 of 9 connectors")
    assert many.count("It was refused.") == 5
    assert many.endswith("And 2 more; see connectors in the result.")


def difference(entry: Entry, policy: Policy | None = None, **members: t.Any) -> list[dict[str, t.Any]]:
    exchange = Exchange()
    exchange.seed("outbound", "A", **{"RecipientDomains": ["a.example"], "Comment": "old", **members})
    return present.diff(plan_for(exchange, entry, policy=policy or Policy(allow_weaken=True)).changes)


def test_the_diff_shows_the_touched_values_of_an_update() -> None:
    (found,) = difference(out("A", comment="new", recipient_domains=["b.example", "c.example"], enabled=True))
    assert found["before"] == {"comment": "old", "recipient_domains": ["a.example"]}
    assert found["after"] == {"comment": "new", "recipient_domains": ["b.example", "c.example"]}
    assert found["before_header"] == found["after_header"] == "outbound connector 'A'"


def test_the_diff_of_a_new_and_of_a_deleted_connector() -> None:
    (created,) = difference(out("N", recipient_domains=["n.example"]), Policy(owner="me"))
    assert created["before"] == {}
    assert created["after"]["recipient_domains"] == ["n.example"]
    assert created["after"]["owner"] == "me"
    (deleted,) = difference({**out("A"), "state": "absent"}, Comment="[mailflow.exchange_online owner=me]")
    assert deleted["after"] == {}
    assert deleted["before"]["owner"] == "me"
    assert deleted["before"]["recipient_domains"] == ["a.example"]


def test_the_diff_shows_a_new_owner() -> None:
    (found,) = difference(out("A"), Policy(owner="me"))
    assert "owner" not in found["before"]
    assert found["after"]["owner"] == "me"
    assert found["before"]["comment"] == found["after"]["comment"] == "old"


def test_what_is_not_changed_is_not_in_the_diff() -> None:
    assert difference(out("A")) == []
    assert difference(out("A", enabled=False), Policy(), **DV) == []

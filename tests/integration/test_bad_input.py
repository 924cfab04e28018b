# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input: one sentence each, naming the entry and the remedy, before the first write, and all of them at once."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration.both_ways import where
from ansible_collections.mailflow.exchange_online.tests.integration.scenarios import Connector, inbound, outbound

__all__ = ["where"]

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run

#: Entry -> words that its sentence must hold. These can be judged without looking at the tenant.
UNSENT: dict[str, tuple[Connector, tuple[str, ...]]] = {
    "a blank in a domain": (outbound("x", "a b"), ("recipient_domains", "'a b'", "letters, digits")),
    "two wildcards": (outbound("x", "*.*.x"), ("'*.*.x'", "first label")),
    "an empty label": (inbound("x", "x..y"), ("sender_domains", "'x..y'", "empty label")),
    "an address as domain": (outbound("x", "192.0.2.1"), ("'192.0.2.1'", "IP address")),
    "a bracketed address as domain": (outbound("x", "[192.0.2.1]"), ("IP address",)),
    "an over-long label": (outbound("x", "a" * 64 + ".example"), ("64 characters", "63")),
    "a bare top-level domain": (outbound("x", "com"), ("'com'", "whole domain")),
    "a wildcard below the root": (outbound("x", "*.com"), ("'*.com'", "whole domain")),
    "an IPv6 sender": (inbound("x", "a.example", sender_ip_addresses=["2001:db8::1"]), ("2001:db8::1", "IPv4")),
    "a /23 sender": (inbound("x", "a.example", sender_ip_addresses=["192.0.2.0/23"]), ("/23", "/24 to /32")),
    "a smart host with a port": (
        outbound("x", "a.example", use_mx_record=False, smart_hosts=["mail.a.example:587"]),
        ("mail.a.example:587", "port 25"),
    ),
    "a certificate name that is not checked": (
        outbound("x", "a.example", tls_domain="mx.a.example"),
        ("tls_domain", "domain_validation"),
    ),
    "a certificate name that is missing": (
        outbound("x", "a.example", tls_settings="domain_validation", tls_domain=""),
        ("tls_domain is empty", "certificate_validation"),
    ),
    "no route": (
        outbound("x", "a.example", use_mx_record=False, smart_hosts=[]),
        ("smart_hosts is empty", "use_mx_record"),
    ),
    "a name of 65 characters": (outbound("n" * 65, "a.example"), ("65 characters", "64 at most")),
    "an option of the other direction": (
        inbound("x", "a.example", smart_hosts=["mx.a.example"]),
        ("smart_hosts", "outbound", "leave it out"),
    ),
    "an option of the other type": (
        outbound("x", "a.example", connector_type="partner", sender_rewriting_enabled=True),
        ("sender_rewriting_enabled", "on_premises"),
    ),
    "too many sender domains": (
        inbound("x", *(f"partner-{n:05}.example" for n in range(100))),
        ("100 domains", "2243", "Spread them"),
    ),
    "no sender domain at all": (inbound("x"), ("sender_domains is empty",)),
    "a pin without a name": (
        inbound("x", "a.example", restrict_domains_to_certificate=True, tls_sender_certificate_name=""),
        ("tls_sender_certificate_name is empty",),
    ),
    "a pin without TLS": (
        inbound("x", "a.example", restrict_domains_to_certificate=True, require_tls=False),
        ("require_tls is false",),
    ),
    "a pin without addresses": (
        inbound("x", "a.example", restrict_domains_to_ip_addresses=True, sender_ip_addresses=[]),
        ("sender_ip_addresses is empty",),
    ),
}

#: Entry -> words. These need a look at the tenant; nothing is written.
UNWRITTEN: dict[str, tuple[Connector, tuple[str, ...]]] = {
    "no smart host at all": (outbound("x", "a.example", use_mx_record=False), ("smart_hosts is empty",)),
    "no certificate name at all": (
        outbound("x", "a.example", tls_settings="domain_validation"),
        ("tls_domain is empty",),
    ),
    "no domain at all": (outbound("x"), ("recipient_domains is empty",)),
    "the tenant's own domain": (outbound("x", "contoso.example"), ("contoso.example", "accepted domain")),
    "the tenant's own domain as sender": (inbound("x", "*.contoso.example"), ("accepted domain",)),
    "an option of the other type, type not given": (
        outbound("x", "a.example", all_accepted_domains=True),
        ("all_accepted_domains", "on_premises"),
    ),
}


def the_sentence(result: dict[str, t.Any], name: str, words: tuple[str, ...]) -> str:
    """The message, once it is one of kind ``input`` that names the entry and holds the words."""
    assert result["failed"] is True
    assert result["error"]["kind"] == "input"
    assert result["error"]["retryable"] is False
    text: str = result["msg"]
    assert name in text
    assert [word for word in words if word not in text] == []
    return text


@pytest.mark.parametrize("case", UNSENT)
def test_refused_before_anything_is_sent(case: str, run: Run) -> None:
    entry, words = UNSENT[case]
    the_sentence(run.connectors(outbound("fine", "fine.example"), entry), f"connectors[1] ({entry['direction']}", words)
    the_sentence(run.module("connector", **entry), f"connector '{entry['name']}'", words)
    assert run.lab.journal.entries == []


@pytest.mark.parametrize("case", UNWRITTEN)
def test_refused_before_anything_is_written(case: str, run: Run) -> None:
    entry, words = UNWRITTEN[case]
    the_sentence(run.connectors(outbound("fine", "fine.example"), entry), f"connector '{entry['name']}'", words)
    assert run.lab.journal.writes() == []
    assert run.lab.tenant.outbound == run.lab.tenant.inbound == []


def test_all_problems_of_a_list_at_once(run: Run) -> None:
    result = run.connectors(*(entry for entry, _words in UNSENT.values()))
    for entry, words in UNSENT.values():
        the_sentence(result, entry["name"], words)
    assert len(result["error"]["message"].split("connectors[")) > len(UNSENT)


def test_all_problems_that_the_tenant_brings_to_light_at_once(run: Run) -> None:
    entries = [{**entry, "name": f"{entry['name']} {n}"} for n, (entry, _words) in enumerate(UNWRITTEN.values())]
    result = run.connectors(*entries)
    for entry, (_entry, words) in zip(entries, UNWRITTEN.values(), strict=True):
        the_sentence(result, f"connector '{entry['name']}'", words)
    assert run.lab.journal.writes() == []


def test_a_name_twice_in_one_direction(run: Run) -> None:
    result = run.connectors(outbound("Adatum", "a.example"), outbound("ADATUM", "b.example"))
    the_sentence(result, "connectors[1] (outbound 'ADATUM')", ("connectors[0]", "once"))
    assert run.lab.journal.entries == []


def test_a_domain_in_two_connectors(run: Run) -> None:
    result = run.connectors(outbound("one", "a.example"), outbound("two", "A.example."))
    the_sentence(result, "'one' and 'two'", ("a.example", "one connector only"))
    assert run.lab.journal.writes() == []


def test_pruning_needs_an_owner_and_a_list(run: Run) -> None:
    the_sentence(run.connectors(outbound("one", "a.example"), prune=True), "owner", ("set owner",))
    the_sentence(run.connectors(prune=True, owner="us"), "connectors is empty", ("delete every connector",))
    assert run.lab.journal.entries == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"api_url": "http://127.0.0.1:1"}, ("api_url", "https://")),
        ({"authority_url": "http://127.0.0.1:1"}, ("authority_url", "https://")),
        ({"client_secret": None}, ("client_secret", "EXO_CLIENT_SECRET")),
        ({"client_id": None}, ("client_id", "EXO_CLIENT_ID")),
        ({"ca_path": "/nowhere/ca.pem"}, ("ca_path", "/nowhere/ca.pem")),
        ({"certificate_path": "/nowhere/app.pem", "client_secret": None}, ("certificate_path", "/nowhere/app.pem")),
        ({"batch_size": 11}, ("batch_size", "10")),
        ({"concurrency": 0}, ("concurrency", "1")),
    ],
)
def test_connection_options(options: dict[str, t.Any], words: tuple[str, ...], run: Run) -> None:
    result = run.connectors(outbound("one", "a.example"), **options)
    assert result["failed"] is True
    assert [word for word in words if word not in result["msg"]] == []
    assert run.lab.journal.entries == []


def test_an_unknown_cloud_is_named(run: Run) -> None:
    result = run.connectors(outbound("one", "a.example"), cloud="moon")
    assert "cloud" in result["msg"]
    assert "worldwide" in result["msg"]


def test_a_wrong_secret_is_told_in_words(run: Run) -> None:
    result = run.connectors(outbound("one", "a.example"), client_secret="not the secret")
    assert result["error"]["kind"] == "authentication"
    assert "7000215" in result["msg"]
    assert "client_secret" in result["msg"]
    assert run.lab.journal.admin() == []

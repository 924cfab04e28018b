# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tenant's own mail server takes and refuses: real clients over real sockets, case by case."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.evidence import BASES
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow import inbound_rules
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_cases import (
    CASES,
    CLIENTS,
    Case,
    Client,
)
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_evidence import EVIDENCE, cite
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_play import Stand
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_shapes import (
    Refused,
)
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_switches import SWITCHES

LAB = pathlib.Path(__file__).resolve().parents[1] / "lab"
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


# -- the table -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_table(stand: Stand, case: Case) -> None:
    observed = stand.play(case)
    assert observed.is_as(case.expected), (observed.outcome, observed.reply, observed.conversation)
    kept = observed.kept
    assert kept is not None
    assert (kept.mail_from, kept.recipients) == (case.client.mail_from, (case.client.recipient,))
    assert (kept.address, kept.encrypted) == (case.client.address, case.client.encrypts)
    assert kept.protocol == ("TLSv1.3" if case.client.encrypts else "")
    trusted = case.client.certificate in ("right", "other_name")
    assert bool(kept.certificate_names) == trusted
    problems = {"untrusted": "untrusted root", "expired": "expired"}
    assert kept.certificate_problem == problems.get(case.client.certificate, "")
    assert len(stand.server.received) + len(stand.server.refused) == 1
    if isinstance(kept, Refused):
        assert (kept.reply, kept.stage) == (observed.reply, "RCPT")
        assert kept.conversation[-1] == f"S: {observed.reply}"
        assert "C: (message)" not in kept.conversation
    else:
        assert b"Subject: Order 7\r\n\r\nThe order.\r\n" in kept.content
        assert kept.conversation[-2:] == ("C: (message)", "S: 250 2.6.0 Queued mail for delivery")


def test_the_table_is_one_a_guide_can_be_made_from() -> None:
    assert len(BY_ID) == len(CASES)
    assert {case.client.certificate for case in CASES} == {"none", "right", "other_name", "untrusted", "expired"}
    assert {case.expected.outcome for case in CASES} == {"accepted encrypted", "accepted clear", "refused"}
    for case in CASES:
        assert "\n" not in case.what
        assert bool(case.expected.reply) == (case.expected.outcome == "refused")


@pytest.mark.parametrize(
    ("case_id", "connector"),
    [
        ("none-clear", None),
        ("disabled", None),
        ("on_premises", None),
        ("require_tls-tls", "From partner 1"),
        ("require_tls-clear", "From partner 1"),
        ("certificate-certificate", "From partner 1"),
        ("exact_first", "From partner 1"),
        ("restricting_first", "From partner 2"),
        ("two_restricting", "From partner 1"),
        ("relay", None),
    ],
)
def test_which_connector_took_or_refused_it(stand: Stand, case_id: str, connector: str | None) -> None:
    kept = stand.play(BY_ID[case_id]).kept
    assert kept is not None
    assert kept.connector == connector


def test_the_texts_are_those_that_are_published() -> None:
    """By hand from the facts, so that nobody changes them without a source."""
    assert inbound_rules.RESTRICTED == (
        "550 5.7.51 TenantInboundAttribution; There is a partner connector configured that matched the message's "
        "recipient domain. The connector had either the RestrictDomainsToIPAddresses or RestrictDomainsToCertificate "
        "set [{server} {time} {session}]"
    )
    assert inbound_rules.RELAY_DENIED == "550 5.7.64 TenantAttribution; Relay Access Denied [{server}]"
    assert inbound_rules.CLEAR == {
        "454": "454 4.7.0 Failed to establish appropriate TLS channel: Access Denied",
        "451": "451 5.7.3 STARTTLS is required to send mail",
        "530": "530 5.7.0 Must issue a STARTTLS command first",
    }
    assert inbound_rules.UNTRUSTED_ROOT == (
        "454 4.7.0 Failed to establish appropriate TLS channel: UntrustedRoot: Access Denied"
    )


def test_what_stands_in_brackets(stand: Stand) -> None:
    reply = stand.play(BY_ID["certificate-tls"]).reply
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert re.search(rf" \[\S+\.prod\.outlook\.test {time} [0-9A-F]{{16}}\]$", reply)


# -- evidence --------------------------------------------------------------------------------------------------------


def test_each_row_is_cited_and_each_citation_is_a_row() -> None:
    text = "\n".join(path.read_text() for path in sorted((LAB / "mailflow").glob("inbound*.py")))
    assert set(re.findall(r'"(inbound\.[a-z0-9-]+)"', text)) == {row.id for row in EVIDENCE}
    code = "\n".join(
        path.read_text() for path in sorted((LAB / "mailflow").glob("inbound*.py")) if "_evidence" not in path.name
    )
    assert set(re.findall(r'"(inbound\.[a-z0-9-]+)"', code)) == {row.id for row in EVIDENCE}
    with pytest.raises(KeyError):
        cite("inbound.nothing")


def test_rows_and_switches_are_sound() -> None:
    assert len({row.id for row in EVIDENCE}) == len(EVIDENCE)
    assert all(row.basis in BASES and row.answer and row.source for row in EVIDENCE)
    code = "\n".join(
        path.read_text() for path in sorted((LAB / "mailflow").glob("inbound*.py")) if "_switches" not in path.name
    )
    for switch in SWITCHES:
        assert f'switches["{switch.name}"]' in code
        assert switch.basis in BASES


def test_each_verdict_names_what_it_rests_on(stand: Stand) -> None:
    rows = {
        "none-clear": "no-connector",
        "require_tls-tls": "connector",
        "exact_first": "precedence",
        "require_tls-clear": "clear-454",
        "certificate-tls": "restricted",
        "relay": "relay-denied",
    }
    for case_id, row in rows.items():
        kept = stand.play(BY_ID[case_id]).kept
        assert kept is not None
        assert kept.evidence == f"inbound.{row}"


def test_the_guide_can_show_a_conversation(stand: Stand) -> None:
    lines = stand.play(BY_ID["require_tls-certificate"]).conversation
    assert [line[:2] for line in lines[:3]] == ["S:", "C:", "S:"]
    (secured,) = [line for line in lines if line.startswith("-- TLSv1.3")]
    assert secured.endswith("client certificate mail.partner.example (trusted)")
    assert not any("The order." in line for line in lines)


def test_clients_of_the_table_differ() -> None:
    told: list[Client] = list(CLIENTS.values())
    assert len({dataclasses.replace(one, what="") for one in told}) == len(told)

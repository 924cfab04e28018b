# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of evidence covers the code, the switches are all obeyed, and seeds are checked."""

from __future__ import annotations

import ast
import json
import pathlib
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab import exchange as package
from ansible_collections.mailflow.exchange_online.tests.lab.exchange.evidence import EVIDENCE, cite
from ansible_collections.mailflow.exchange_online.tests.lab.exchange.state import ExchangeState
from ansible_collections.mailflow.exchange_online.tests.lab.exchange.switches import SWITCHES
from ansible_collections.mailflow.exchange_online.tests.lab.identity import TenantIdentity
from ansible_collections.mailflow.exchange_online.tests.lab.switch_table import TABLE
from ansible_collections.mailflow.exchange_online.tests.lab.switches import Switches

SOURCES = sorted(pathlib.Path(package.__path__[0]).glob("*.py"))
TENANT = TenantIdentity("11111111-2222-3333-4444-555555555555", "contoso.onmicrosoft.com")


def literals(pattern: t.Callable[[ast.AST], str | None]) -> set[str]:
    found = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            text = pattern(node)
            if text is not None:
                found.add(text)
    return found


def _cited(node: ast.AST) -> str | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cite":
        assert isinstance(node.args[0], ast.Constant), ast.dump(node)
        return str(node.args[0].value)
    return None


def test_every_cited_row_exists_and_every_row_is_cited() -> None:
    assert literals(_cited) == {row.id for row in EVIDENCE}


def test_rows_are_told_apart_and_well_formed() -> None:
    assert len({row.id for row in EVIDENCE}) == len(EVIDENCE)
    assert {row.basis for row in EVIDENCE} == {"recorded", "documented", "assumed"}
    assert all(row.answer and row.source for row in EVIDENCE)
    with pytest.raises(KeyError):
        cite("no.such-row")


def test_every_switch_is_read_somewhere() -> None:
    words = literals(
        lambda node: node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
    )
    code = "".join(source.read_text(encoding="utf-8") for source in SOURCES if source.name != "switches.py")
    for switch in SWITCHES:
        assert switch.name in words
        assert f'"{switch.name}"' in code, switch.name


def test_every_value_of_every_choice_is_tried_by_a_test() -> None:
    here = pathlib.Path(__file__).parent
    tests = "".join(
        path.read_text(encoding="utf-8") for path in here.glob("test_exchange_*.py") if path != pathlib.Path(__file__)
    )
    for switch in SWITCHES:
        assert f'"{switch.name}"' in tests, switch.name
        for value in switch.values or ():
            assert f'"{value}"' in tests, (switch.name, value)


def state(seed: dict[str, t.Any], **settings: object) -> ExchangeState:
    return ExchangeState.from_seed(seed, TENANT, Switches(TABLE, settings))


def test_seeds_may_hold_what_the_rules_refuse_and_read_only_members() -> None:
    guid = "00000000-0000-4000-8000-00000000000a"
    held = state(
        {
            "outbound": [
                {
                    "Name": "wizard",
                    "ConnectorSource": "AdminUI",
                    "Guid": guid,
                    "TestMode": True,
                    "TlsSettings": "DomainValidation",
                    "WhenCreatedUTC": "2026-07-24T18:58:31.0000000Z",
                    "WhenChangedUTC": "2026-07-24T19:01:54.0000000Z",
                    "IsValidated": True,
                    "LastValidationTimestamp": "2026-07-24T18:59:12.0000000",
                }
            ]
        }
    )
    (record,) = held.outbound
    assert (record["Guid"], record["ExchangeObjectId"]) == (guid, guid)
    assert (record["ConnectorSource"], record["TestMode"], record["TlsDomain"]) == ("AdminUI", True, None)
    assert record["WhenCreatedUTC"] == "2026-07-24T18:58:31.0000000Z"
    assert record["LastValidationTimestamp"] == "2026-07-24T18:59:12.0000000"


def test_what_get_shows_is_a_seed() -> None:
    first = state({"generate": {"outbound": 3, "inbound": 3}, "accepted_domains": ["contoso.com", "contoso.net"]})
    seed = {"outbound": first.outbound, "inbound": first.inbound, "accepted_domains": first.accepted_domains}
    again = state(json.loads(json.dumps(seed)))
    assert (again.outbound, again.inbound) == (first.outbound, first.inbound)
    assert [row["DomainName"] for row in again.accepted_domains] == [
        row["DomainName"] for row in first.accepted_domains
    ]


@pytest.mark.parametrize(
    "seed",
    [
        {"outbound": [{"Name": "a", "RequireTls": True}]},
        {"outbound": [{"RecipientDomains": ["a.example"]}]},
        {"outbound": [{"Name": "a"}, {"Name": "A"}]},
        {"outbound": [{"Name": "a", "TlsSettings": "Nonsense"}]},
        {"inbound": [{"Name": "a"}]},
        {"inbound": [{"Name": "a", "SenderDomains": ["a.*.example"]}]},
        {"accepted_domains": [{"Nonsense": 1}]},
    ],
)
def test_seeds_with_mistakes_are_refused(seed: dict[str, t.Any]) -> None:
    with pytest.raises(ValueError, match=r"seed"):
        state(seed)


@pytest.mark.parametrize("form", ["empty_array", "null", "empty_hashtable"])
def test_forms_of_clearing_are_no_matter_of_seeds(form: str) -> None:
    seed = {"outbound": [{"Name": "a", "SmartHosts": [], "RecipientDomains": None, "TlsDomain": None, "Comment": None}]}
    (record,) = state(seed, clear_list=form, clear_scalar="empty_string", clear_other_forms="ignored").outbound
    assert (record["SmartHosts"], record["RecipientDomains"], record["TlsDomain"], record["Comment"]) == (
        [],
        [],
        None,
        "",
    )


def test_reset_brings_the_seed_back() -> None:
    held = state({"outbound": [{"Name": "a"}], "generate": {"outbound": 2}})
    before = held.outbound
    for record in list(held.collections["OutboundConnector"].truth.records()):
        held.write("OutboundConnector", record.guid, None)
    assert held.outbound == []
    held.reset()
    assert [row["Guid"] for row in held.outbound] == [row["Guid"] for row in before]


def test_the_first_accepted_domain_is_the_default_unless_one_says_so() -> None:
    first = state({"accepted_domains": ["contoso.com", "contoso.net"]}).accepted_domains
    assert [(row["DomainName"], row["Default"]) for row in first] == [
        ("contoso.com", True),
        ("contoso.net", False),
        ("contoso.onmicrosoft.com", False),
    ]
    chosen = [{"DomainName": "contoso.com"}, {"DomainName": "contoso.net", "Default": True}]
    assert [row["Default"] for row in state({"accepted_domains": chosen}).accepted_domains] == [False, True, False]

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where public facts about the service conflict, the collection does its work in every reading of them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import apply
from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.integration.scenarios import Connector, inbound, outbound
from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.exchange.switches import SWITCHES

#: Switch and value -> words of the error where the service refuses by design; everywhere else the work gets done.
REFUSED: dict[tuple[str, str], tuple[str, ...]] = {
    ("developer_tenant", "yes"): ("from adatum", "was not created"),
    ("dehydrated_tenant", "yes"): ("was not created", "Enable-OrganizationCustomization"),
}
#: Only one JSON form empties a value, and it is not the one this collection sends: the service says so, nobody lies.
NOT_CLEARED = {
    ("clear_list", "null"),
    ("clear_list", "empty_hashtable"),
    ("clear_scalar", "empty_string"),
}


CHOICES = [(switch.name, value) for switch in SWITCHES for value in switch.values or ()]

FIRST: tuple[Connector, ...] = (
    outbound(
        "to adatum",
        "Adatum.com",
        "*.adatum.com.",
        "bücher.example",
        tls_settings="domain_validation",
        tls_domain="mail.adatum.com",
        comment="two\nlines",
        use_mx_record=False,
        smart_hosts=["mx1.adatum.com", "192.0.2.9"],
    ),
    inbound(
        "from adatum",
        "adatum.com",
        restrict_domains_to_ip_addresses=True,
        sender_ip_addresses=["192.0.2.77/24", "198.51.100.1/32"],
    ),
)
THEN: tuple[Connector, ...] = (
    outbound(
        "to adatum",
        "adatum.com",
        tls_settings="certificate_validation",
        tls_domain="",
        use_mx_record=True,
        smart_hosts=[],
        comment="",
    ),
    inbound("from adatum", "adatum.com", restrict_domains_to_ip_addresses=False, sender_ip_addresses=[]),
)


@pytest.mark.parametrize("batch_size", [1, 10], ids=["alone", "batched"])
@pytest.mark.parametrize(("switch", "value"), CHOICES)
def test_the_work_gets_done(switch: str, value: str, batch_size: int) -> None:
    options = {"allow_weaken": True, "batch_size": batch_size}
    with Lab(switches={switch: value}) as lab:

        def run(*wished: Connector) -> dict[str, t.Any]:
            return harness.run_module("connectors", {**lab.connection(), "connectors": list(wished), **options})

        first = run(*FIRST)
        if (switch, value) in REFUSED:
            assert first["failed"] is True
            assert [word for word in REFUSED[switch, value] if word not in first["msg"]] == []
            return
        assert first["summary"]["applied"] == 2, first.get("msg")
        unchanged(lab, run, FIRST)
        then = run(*THEN)
        if (switch, value) in NOT_CLEARED:
            assert then["failed"] is True
            assert {o["status"] for o in then["connectors"]} <= {"applied", "failed"}
            return
        assert then["summary"]["applied"] == 2, then.get("msg")
        unchanged(lab, run, THEN)
        fed_back = harness.run_module("connector_info", lab.connection())
        unchanged(lab, run, fed_back["connectors"])


def unchanged(lab: Lab, run: t.Callable[..., dict[str, t.Any]], wished: t.Sequence[Connector]) -> None:
    """A further run finds nothing to do."""
    lab.journal.clear()
    again = run(*wished)
    assert "msg" not in again
    assert again["summary"]["unchanged"] == len(wished) == 2
    assert lab.journal.writes() == []


LARGE = {"tenants": [{"generate": {"outbound": 1100, "inbound": 2300}}]}


@pytest.mark.parametrize("result_size", ["honoured", "ignored", "total"])
@pytest.mark.parametrize("next_link", ["usable", "needs_anchor"])
def test_more_than_a_page_is_read_whole(next_link: str, result_size: str) -> None:
    with Lab(LARGE, switches={"next_link": next_link, "result_size": result_size}) as lab:
        read = harness.run_module("connector_info", lab.connection())
        names = {(c["direction"], c["name"]) for c in read["connectors"]}
        assert names == {("outbound", r["Name"]) for r in lab.tenant.outbound} | {
            ("inbound", r["Name"]) for r in lab.tenant.inbound
        }
        assert len(read["connectors"]) == len(names) == 3400


@pytest.mark.parametrize("module", ["connectors", "connector", "connector_info"])
def test_a_link_that_does_not_work_stops_the_run(module: str) -> None:
    """A first page is never taken for the whole list."""
    with Lab(LARGE, switches={"next_link": "expired"}) as lab:
        wish = inbound("from adatum", "adatum.com")
        options = {"connectors": {"connectors": [wish]}, "connector": wish, "connector_info": {}}[module]
        result = harness.run_module(module, {**lab.connection(), **options})
        assert result["error"]["kind"] == "incomplete"
        assert "nothing is changed" in result["msg"]
        assert "connectors" not in result
        assert lab.journal.writes() == []


@pytest.mark.parametrize("both", ["both_filters", "either_parameter"])
@pytest.mark.parametrize("test_mode", ["all", "only"])
@pytest.mark.parametrize("rule_scoped", ["when_sent", "hidden_by_default"])
def test_hidden_connectors_are_found_in_every_reading_of_the_filters(
    rule_scoped: str, test_mode: str, both: str
) -> None:
    """Otherwise one that exists would be created again."""
    kinds = [{}, {"IsTransportRuleScoped": True}, {"TestMode": True}, {"IsTransportRuleScoped": True, "TestMode": True}]
    hidden = [{"Name": f"kind {n}", "RecipientDomains": [f"d{n}.example"], **kind} for n, kind in enumerate(kinds)]
    switches = {"rule_scoped_filter": rule_scoped, "include_test_mode": test_mode, "rule_scoped_and_test": both}
    with Lab({"tenants": [{"outbound": hidden}]}, switches=switches) as lab:
        read = harness.run_module("connector_info", {**lab.connection(), "direction": "outbound"})
        assert [c["name"] for c in read["connectors"]] == ["kind 0", "kind 1", "kind 2", "kind 3"]


@pytest.mark.parametrize("batch_size", [1, 10], ids=["alone", "batched"])
@pytest.mark.parametrize(
    "lag",
    [{"visibility_reads": 2}, {"visibility_reads": 3, "replicas": "flip_flop"}, {"fresh_write_target": "by_name"}],
)
def test_lagging_reads_make_no_second_connector(lag: dict[str, t.Any], batch_size: int) -> None:
    """A new connector that a read does not show yet is met again as "already exists", and settled by reading."""
    with Lab(switches=lag) as lab:
        for _turn in range(2):
            options = {"connectors": list(FIRST), "batch_size": batch_size, "allow_weaken": True}
            result = harness.run_module("connectors", {**lab.connection(), **options})
            assert {o["status"] for o in result["connectors"]} <= {"applied", "unchanged"}, result["msg"]
        assert len(lab.tenant.outbound) == len(lab.tenant.inbound) == 1


def _moved(lab: Lab) -> dict[str, t.Any]:
    """A task moves a domain from one connector to another; nobody who reads sees it yet."""
    lab.switches["visibility_reads"] = 1_000_000
    wishes = [
        outbound("first", "a.example", tls_settings="encryption_only"),
        outbound("second", "b.example", "moving.example", tls_settings="encryption_only"),
    ]
    return harness.run_module("connectors", {**lab.connection(), "connectors": wishes})


#: And a later one of the same run moves it back, as the role does where Exchange's validation fails.
BACK = [
    outbound("first", "a.example", "moving.example", tls_settings="encryption_only"),
    outbound("second", "b.example", tls_settings="encryption_only"),
]


def test_a_later_task_plans_from_what_an_earlier_one_has_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a reading that lags behind, the domain would count as covered where it was, and leave where it is."""
    monkeypatch.setattr(apply, "PAUSES", (0.01, 0.02, 0.03, 0.04))
    domains = {"first": ["a.example", "moving.example"], "second": ["b.example"]}
    standing = [{"Name": n, "RecipientDomains": d, "TlsSettings": "EncryptionOnly"} for n, d in domains.items()]
    with Lab({"tenants": [{"outbound": standing}]}) as lab:
        first = _moved(lab)
        assert [one["status"] for one in first["connectors"]] == ["applied", "applied"]
        before = lab.tenant.outbound
        lab.journal.clear()
        options = {**lab.connection(), "connectors": BACK, "written_before": first["written"]}
        stopped = harness.run_module("connectors", options)
        assert stopped["error"]["kind"] == "incomplete"
        assert "written of outbound connector 'first' and outbound connector 'second' does not show" in stopped["msg"]
        assert (lab.journal.writes(), lab.tenant.outbound) == ([], before)
        assert len(lab.journal.reads()) == 5 * 4

        # The two looks of the first task, all of the second one, and the first look of this one do not show it.
        lab.switches["visibility_reads"] = 2 + 20 + 4
        lab.journal.clear()
        done = harness.run_module("connectors", options)
        assert [one["status"] for one in done["connectors"]] == ["applied", "applied"], done["msg"]
        assert {one["Name"]: set(one["RecipientDomains"]) for one in lab.tenant.outbound} == {
            "first": {"a.example", "moving.example"},
            "second": {"b.example"},
        }
        arrived, left = lab.journal.writes()
        assert (arrived.parameters[0]["Identity"], left.parameters[0]["Identity"]) == tuple(
            one["guid"] for one in done["written"]
        )

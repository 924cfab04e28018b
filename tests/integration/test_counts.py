# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests, writes and tokens a run costs. These bars hold on every machine; ``make bench`` has the times."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _wire
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import compose
from ansible_collections.mailflow.exchange_online.tests.integration.harness import run_module
from ansible_collections.mailflow.exchange_online.tests.lab import Lab

SIZE = 500

Options = dict[str, t.Any]


def connectors_of(count: int, *, changed: bool = False) -> list[Options]:
    """The connectors of ``count`` partners; ``changed``: one of them is to be held to its certificate name."""
    partners: list[t.Any] = [f"partner{number:04d}.example" for number in range(count)]
    if changed:
        domain = partners[count // 2]
        partners[count // 2] = {
            "domains": [domain],
            "outbound": {"level": "domain_validation", "certificate_name": f"mail.{domain}"},
        }
    return compose(check_partners(partners, {}), dt.datetime.now(dt.timezone.utc))


@pytest.fixture(scope="module")
def settled() -> t.Iterator[Lab]:
    """A tenant in which the connectors of all partners stand."""
    with Lab() as lab:
        options = {**lab.connection(), "connectors": connectors_of(SIZE), "batch_size": 10}
        assert run_module("connectors", options)["changed"]
        yield lab


def run(lab: Lab, module: str, /, **options: t.Any) -> dict[str, t.Any]:
    """Run one module; afterwards the journal holds this run alone."""
    lab.journal.clear()
    result = run_module(module, {**lab.connection(), **options})
    assert not result.get("failed"), result["msg"]
    assert len(lab.journal.tokens()) == 1
    return result


def written(lab: Lab) -> list[str]:
    """The writing cmdlets that the lab has seen, those in batches one by one."""
    return [cmdlet for entry in lab.journal.writes() for cmdlet in entry.writing]


@pytest.mark.parametrize(("batch_size", "most"), [(1, 1010), (10, 110)])
def test_creating_500_partners(batch_size: int, most: int) -> None:
    with Lab() as lab:
        result = run(lab, "connectors", connectors=connectors_of(SIZE), batch_size=batch_size)
        assert len(lab.journal.admin()) <= most
        assert result["requests"] == len(lab.journal.admin())
        assert result["summary"]["created"] == 2 * SIZE
        assert len(written(lab)) == 2 * SIZE
        assert (len(lab.tenant.outbound), len(lab.tenant.inbound)) == (SIZE, SIZE)


@pytest.mark.parametrize(("batch_size", "most"), [(1, 5), (10, 1)])
def test_a_second_run_is_five_requests_and_no_write(settled: Lab, batch_size: int, most: int) -> None:
    result = run(settled, "connectors", connectors=connectors_of(SIZE), batch_size=batch_size)
    assert not result["changed"]
    assert len(settled.journal.admin()) <= most
    assert written(settled) == []


def test_a_second_run_over_one_partner_costs_no_more(settled: Lab) -> None:
    run(settled, "connectors", connectors=connectors_of(1))
    assert len(settled.journal.admin()) <= 5
    assert written(settled) == []


def test_one_changed_partner_is_one_write(settled: Lab) -> None:
    result = run(settled, "connectors", connectors=connectors_of(SIZE, changed=True))
    assert written(settled) == ["Set-OutboundConnector"]
    assert result["summary"]["updated"] == 1
    assert result["summary"]["unchanged"] == 2 * SIZE - 1
    # Five to plan, the write, and one to look whether somebody else was at it.
    assert len(settled.journal.admin()) == 7
    # And back, so that the tenant is as the other tests expect it.
    run(settled, "connectors", connectors=connectors_of(SIZE), allow_weaken=True)
    assert written(settled) == ["Set-OutboundConnector"]


@pytest.mark.parametrize(("direction", "most"), [("outbound", 4), ("inbound", 1)])
def test_one_unchanged_connector(settled: Lab, direction: str, most: int) -> None:
    connector = next(entry for entry in connectors_of(1) if entry["direction"] == direction)
    result = run(settled, "connector", **connector)
    assert not result["changed"]
    assert len(settled.journal.admin()) <= most
    assert written(settled) == []


def test_an_answer_that_comes_twice_is_read_once(settled: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the four questions about outbound connectors, two have one answer here, and the other two have another one."""
    bodies: list[bytes] = []
    read_body = _wire.read_body

    def seen(content: bytes, damaged: bool = False) -> _wire.Body:
        bodies.append(content)
        return read_body(content, damaged)

    monkeypatch.setattr(_wire, "read_body", seen)
    result = run(settled, "connector_info")
    assert (result["requests"], len(bodies), len(set(bodies))) == (5, 3, 3)
    assert len(result["connectors"]) == 2 * SIZE


def test_reading_everything(settled: Lab) -> None:
    result = run(settled, "connector_info")
    assert len(result["connectors"]) == 2 * SIZE
    assert len(settled.journal.admin()) <= 5


def test_the_largest_tenant_is_read_in_five_requests_where_batches_are_allowed() -> None:
    with Lab({"tenants": [{"generate": {"outbound": 1800, "inbound": 4450}}]}) as lab:
        result = run(lab, "connector_info", batch_size=10)
        assert len(result["connectors"]) == 6250
        assert len(lab.journal.admin()) == result["requests"] == 5

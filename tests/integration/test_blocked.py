# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connectors that Exchange Online has blocked: what the module says of them, and what the role makes of it."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible.module_utils import basic

from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import compose
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.times import moment
from ansible_collections.mailflow.exchange_online.tests.integration.both_ways import where
from ansible_collections.mailflow.exchange_online.tests.integration.test_role import Role, role
from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.faults import Fault

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run

__all__ = ["role", "where"]

GONE = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
OWN = "Forced TLS from Contoso"
CONTOSO: dict[str, t.Any] = {"name": "Contoso", "domains": ["contoso.com"]}
FABRIKAM: dict[str, t.Any] = {"name": "Fabrikam", "domains": ["fabrikam.com"]}


Warned = t.Callable[[dict[str, t.Any]], list[str]]


def tenant(run: Run, *partners: dict[str, t.Any]) -> None:
    """Have the connectors of partners stand."""
    entries = compose(check_partners([*partners]), moment("2026-11-26"))
    assert run.connectors(*entries, owner="forced_tls")["changed"]
    run.lab.journal.clear()


def known(result: dict[str, t.Any]) -> dict[str, object]:
    """By name, what the details say."""
    return {one["name"]: one.get("blocked", "nothing") for one in result["details"]}


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> Warned:
    """The warnings of a result. Those of a module in this process go to the display, which tells each once."""
    told: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _module, text: told.append(text))
    return lambda result: [*told, *result.get("warnings", ())]


@pytest.mark.parametrize("member", ["ConnectorId", "Identity"])
@pytest.mark.parametrize(("batch_size", "requests"), [(1, 6), (10, 1)])
def test_the_module_tells_in_every_reading(
    lab: Lab, run: Run, member: str, batch_size: int, requests: int, warned: Warned
) -> None:
    lab.switches["blocked_connector_id"] = member
    tenant(run, CONTOSO, FABRIKAM)
    lab.tenant.block(OWN)
    result = run.module("connector_info", blocked=True, batch_size=batch_size)
    assert known(result) == {
        "Forced TLS from Contoso": True,
        "Forced TLS from Fabrikam": False,
        "Forced TLS to Contoso": "nothing",
        "Forced TLS to Fabrikam": "nothing",
    }
    assert (result["requests"], len(lab.journal.admin())) == (requests, requests)
    assert warned(result) == []
    # A filter is for what is shown, not for what is looked at.
    assert known(run.module("connector_info", blocked=True, name="forced tls FROM fabrikam")) == {
        "Forced TLS from Fabrikam": False
    }


@pytest.mark.parametrize(("options", "requests"), [({}, 5), ({"blocked": True, "direction": "outbound"}, 4)])
def test_the_module_asks_only_where_it_is_to(lab: Lab, run: Run, options: dict[str, t.Any], requests: int) -> None:
    tenant(run, CONTOSO)
    lab.tenant.block(OWN)
    result = run.module("connector_info", **options)
    assert (result["requests"], lab.journal.commands("BlockedConnector")) == (requests, [])
    assert set(known(result).values()) <= {"nothing", None}


@pytest.mark.parametrize("batch_size", [1, 10])
def test_what_is_refused_is_not_known_and_the_rest_is_read(lab: Lab, run: Run, batch_size: int, warned: Warned) -> None:
    lab.tenant.app.exchange_roles[:] = ["Remote and Accepted Domains"]
    tenant(run, CONTOSO)
    lab.tenant.block(OWN)
    result = run.module("connector_info", blocked=True, batch_size=batch_size)
    assert known(result) == {OWN: None, "Forced TLS to Contoso": "nothing"}
    (warning,) = warned(result)
    assert "(Get-BlockedConnector: HTTP 403), so 'blocked' is null" in warning
    assert "Global Reader or Security Reader" in warning
    assert "failed" not in result


def test_what_cannot_be_read_stops_it(lab: Lab, run: Run) -> None:
    tenant(run, CONTOSO)
    lab.faults.add(Fault({"cmdlet": "Get-BlockedConnector"}, "status", None, status=500))
    result = run.module("connector_info", blocked=True, retries=1)
    assert "Get-BlockedConnector" in result["msg"]
    assert "connectors" not in result


def test_a_blocked_connector_that_is_gone_is_told(lab: Lab, run: Run, warned: Warned) -> None:
    tenant(run, CONTOSO)
    lab.tenant.block(GONE)
    result = run.module("connector_info", blocked=True)
    assert known(result)[OWN] is False
    (warning,) = warned(result)
    assert GONE in warning


# -- the role ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["controller"])
def test_the_role_and_the_report_tell_it(lab: Lab, role: Role, run: Run, tmp_path: pathlib.Path) -> None:
    tenant(run, CONTOSO, FABRIKAM)
    lab.tenant.block(OWN)
    done = role([CONTOSO, FABRIKAM], rc=2, blocked=True, fail_on=["alert"])
    (alert,) = done.result["alerts"]
    assert (alert["name"], alert["alert"]) == ("Contoso", "connector_blocked")
    assert f"Exchange Online has blocked the inbound connector '{OWN}'" in alert["message"]
    text = " ".join(done.play.text.split())
    assert f"ALERT: {alert['message']}" in text
    assert f"{alert['message']} (forced_tls_fail_on: alert)" in text
    assert (len(lab.journal.admin()), lab.journal.writes()) == (6, [])

    # The report asks without being told to.
    given = {"forced_tls_partners": [CONTOSO, FABRIKAM], "forced_tls_probe": False}
    play = run.playbook("mailflow.exchange_online.report", **given, forced_tls_report_dir=str(tmp_path / "report"))
    assert play.rc == 0, play.text
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    decisions = {one["name"]: one["decisions"] for one in report["partners"]}
    assert decisions == {"Contoso": [{"matter": "alert", "message": alert["message"]}], "Fabrikam": []}
    assert len(lab.journal.admin()) == 12


@pytest.mark.parametrize("where", ["controller"])
def test_an_approved_plan_knows_what_was_blocked(lab: Lab, run: Run, tmp_path: pathlib.Path) -> None:
    tenant(run, {**CONTOSO, "state": "prepared"})
    lab.tenant.block(OWN)
    given: dict[str, t.Any] = {
        "forced_tls_plan_file": str(tmp_path / "plan.json"),
        "forced_tls_partners": [CONTOSO, FABRIKAM],
        "forced_tls_probe": False,
        "forced_tls_report": False,
    }
    made = run.playbook("mailflow.exchange_online.plan", **given)
    assert made.rc == 0, made.text
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    (contoso, fabrikam) = plan["partners"]
    assert (contoso["held"]["reason"], fabrikam["held"]) == ("conflict", None)
    assert f"has blocked the inbound connector '{OWN}'" in contoso["held"]["message"]
    assert plan["requests"]["read"] == 6
    assert lab.journal.commands("BlockedConnector") == ["Get-BlockedConnector"]

    done = run.playbook("mailflow.exchange_online.provision", **given)
    assert done.rc == 0, done.text
    enabled = {record["Name"]: record["Enabled"] for record in [*lab.tenant.outbound, *lab.tenant.inbound]}
    assert enabled == {
        "Forced TLS to Contoso": False,
        "Forced TLS from Contoso": False,
        "Forced TLS to Fabrikam": True,
        "Forced TLS from Fabrikam": True,
    }

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The network goes for good at each step of what only reads: check mode, the plan, the probe and the report.

Nothing is written, one sentence says what failed and what to do, and the next run is as if nothing had been.
"""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.filter.partner_plan import partner_plan
from ansible_collections.mailflow.exchange_online.plugins.filter.partner_probe_results import partner_probe_results
from ansible_collections.mailflow.exchange_online.plugins.filter.partner_probe_targets import partner_probe_targets
from ansible_collections.mailflow.exchange_online.tests.integration.cuts import Cut
from ansible_collections.mailflow.exchange_online.tests.integration.harness import Play, run_action, run_module
from ansible_collections.mailflow.exchange_online.tests.integration.kills import (
    OWNER,
    CheckedRole,
    StoppedError,
    standing,
)
from ansible_collections.mailflow.exchange_online.tests.integration.scripted import scripted
from ansible_collections.mailflow.exchange_online.tests.integration.tenants import (
    COLLECTION,
    Estate,
    ended,
    seed,
    sentence,
)
from ansible_collections.mailflow.exchange_online.tests.integration.test_role_bars import partner, seed_of
from ansible_collections.mailflow.exchange_online.tests.lab import Fault, Lab
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab.pytest_plugin import MakeLab

Values = dict[str, t.Any]

YESTERDAY = [
    partner("Alpha", "one.example", "two.example"),
    partner("Beta", "three.example", level="encryption_only", validated=True),
    partner("Delta", "five.example"),
]
TODAY = [
    partner("Alpha", "one.example"),
    partner("Beta", "three.example", validated=True),
    partner("Gamma", "four.example", "two.example", validated=True),
    partner("Delta", "five.example", state="absent"),
]

#: What connector_info tells of a tenant without connectors.
NOTHING: Values = {"connectors": [], "details": [], "tenant_id": None, "requests": 5, "check_mode": False}


def is_told(text: str) -> None:
    """The reason, and what to do."""
    assert "ended before the answer" in text, text
    assert "heck the network" in text
    assert "Traceback" not in text


# -- check mode --------------------------------------------------------------------------------------------------------


def check(lab: Lab, cut: Cut) -> Values:
    """The role's sequence in check mode: the plan, what the module makes of it, and whom it would validate."""
    connection = {**lab.connection(), "batch_size": 1, "concurrency": 1, "retries": 1}
    evidence = {one["name"]: {"verdict": "ready", "names": [], "obstacles": []} for one in TODAY}
    terms = {
        "allow_weaken": ["Delta"],
        "owner": OWNER,
        "evidence": evidence,
        "run_id": "check",
        "now": "2026-11-26T08:00Z",
    }
    options = {"connection": connection, "partners": TODAY, "terms": terms}
    with scripted(lab, cut):
        return CheckedRole(options, lambda name, given: run_action(name, given, check=True)).run()


def test_a_check_says_that_its_network_is_gone_and_the_next_one_is_whole(make_lab: MakeLab) -> None:
    lab = make_lab(seed_of(YESTERDAY))
    before, cut = standing(lab), Cut()
    whole = check(lab, cut)
    assert whole["outcome"]["error"] is None, whole["outcome"]["msg"]
    assert [one["status"] for one in whole["validations"]] == ["planned"]
    # Three modules sign in, and the second reads for itself what the first has read for the role.
    commands = [name for entry in lab.journal.entries for name in entry.cmdlets]
    assert (commands.count("token"), commands.count("Get-InboundConnector")) == (3, 2)
    assert len(commands) == cut.seen
    for at in range(1, cut.seen + 1):
        for late in (False, True):
            with pytest.raises(StoppedError) as stopped:
                check(lab, Cut(at, late))
            is_told(str(stopped.value))
            assert str(stopped.value).count("the connection to") == 1
    assert (lab.journal.writes(), standing(lab)) == ([], before)
    assert check(lab, Cut()) == whole


# -- the probe ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["w_sts_ok", "v_dane_ok"])
def test_a_probe_without_network_says_nothing_about_the_partner_and_the_next_run_looks_again(case: str) -> None:
    with PartnerWorld((case,)) as world:
        options = world.module_options()
        (asked,) = world.partners("encryption_only" if case == "v_dane_ok" else "certificate_validation")
        partners = [{"name": "A", "domains": [asked["domain"]], "outbound": {"level": asked["level"]}}]

        def run(cut: Cut, store: str) -> tuple[Values, Values]:
            """A run of the step; what it was to look at, and what the step makes of it."""
            look = partner_probe_targets(
                partners, store=store, store_present=bool(store), probe_options=options, max_age="24h"
            )
            with cut.of_the_probe():
                seen = [run_module("partner_tls_info", {**options, "partners": one}) for one in look["rounds"]]
            for one in seen:
                if "error" in one:  # then the play ends here, and there is nothing to keep
                    assert "No DNS resolver answered any question" in one["msg"]
                    assert "Check that they can be reached" in one["msg"]
                    return look, {}
            return look, partner_probe_results(look, seen, store)

        cut = Cut()
        _look, whole = run(cut, "")
        assert whole["evidence"]["a"]["verdict"] == "ready", whole["lines"]
        verdicts = set()
        for at in range(1, cut.seen + 1):
            _look, lost = run(Cut(at), "")
            if not lost:
                continue
            evidence = lost["evidence"]["a"]
            verdicts.add(evidence["verdict"])
            if evidence["verdict"] != "ready":
                plan = partner_plan(partners, NOTHING, evidence=lost["evidence"])
                held = plan["partners"][0]["held"]
                assert (held["reason"], plan["partners"][0]["alerts"]) == ("probe", []), at
                assert "forced_tls_probe_from" in held["message"]
            look, again = run(Cut(), lost["store"])
            assert bool(look["rounds"]) == (evidence["verdict"] != "ready"), (at, evidence)
            assert again["evidence"]["a"]["verdict"] == "ready", at
    assert verdicts == {"unknown", "unreachable", "ready"}


# -- playbooks ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def estate(request: pytest.FixtureRequest, make_lab: MakeLab, tmp_path: pathlib.Path) -> Estate:
    """So many tenants, which take as few requests as they can."""
    hosts = [f"t{number}" for number in range(1, request.param + 1)]
    estate = Estate(make_lab(seed(*hosts)), tmp_path)
    for host in hosts:
        estate.add(host, exo_retries=1, forced_tls_report=True, forced_tls_batch_size=10)
    return estate


def cut_off(estate: Estate) -> dict[str, Fault]:
    """Take the network from the tenants, each at a request of its own, and the last one after all of them."""
    faults = {
        host: Fault({"tenant": estate.tenant(host).tenant_id}, "drop_before", times=None, after=at)
        for at, host in enumerate(estate.hosts)
    }
    estate.lab.faults.add(*faults.values())
    return faults


def lost(estate: Estate, play: Play, faults: dict[str, Fault]) -> list[str]:
    """The hosts that lost their network, which is told of each; the others came to their end."""
    gone = [host for host, fault in faults.items() if fault.done]
    assert gone == estate.hosts[:-1], play.text
    assert ended(play, *estate.hosts) == {host: "failed" if host in gone else "ok" for host in estate.hosts}, play.text
    for host in gone:
        is_told(sentence(play, host))
    assert "Traceback" not in play.text
    assert estate.lab.journal.writes() == []
    return gone


@pytest.mark.parametrize("estate", [8], indirect=True)
def test_a_plan_that_loses_its_network_is_not_written(estate: Estate, tmp_path: pathlib.Path) -> None:
    plans = tmp_path / "plans"
    plans.mkdir()
    for host in estate.hosts:
        (plans / f"{host}.json").write_text("old", encoding="utf-8")
    options = {"forced_tls_plan_file": f"{plans}/{{{{ inventory_hostname }}}}.json"}
    faults = cut_off(estate)
    play = estate.run(f"{COLLECTION}.plan", **options)
    gone = lost(estate, play, faults)
    assert [host for host in estate.hosts if (plans / f"{host}.json").read_text(encoding="utf-8") == "old"] == gone
    assert len(list(plans.iterdir())) == len(estate.hosts)

    # The next run is whole, and what it planned is carried out.
    estate.lab.faults.clear()
    estate.inventory(gone[-1:])
    assert estate.run(f"{COLLECTION}.plan", **options).rc == 0
    done = estate.run(f"{COLLECTION}.provision", **options)
    assert done.rc == 0, done.text
    assert len(estate.tenant(gone[-1]).outbound) == 2
    assert estate.writers() == {gone[-1]}


@pytest.mark.parametrize("estate", [4], indirect=True)
def test_a_report_that_loses_its_network_leaves_the_old_one_and_is_on_the_summary(estate: Estate) -> None:
    place = estate.home / "forced_tls"
    for host in estate.hosts:
        (place / host).mkdir(parents=True)
        (place / host / "report.html").write_text("old", encoding="utf-8")
    faults = cut_off(estate)
    play = estate.run(f"{COLLECTION}.report")
    gone = lost(estate, play, faults)
    assert [
        host for host in estate.hosts if (place / host / "report.html").read_text(encoding="utf-8") == "old"
    ] == gone
    summary = json.loads((place / "estate.json").read_text(encoding="utf-8"))["summary"]
    assert (summary["tenants"], summary["unreported"]) == (len(estate.hosts), len(gone))

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rollback: what a run has changed comes back as it was, whatever became of the run."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.snapshot import (
    make_snapshot,
    read_snapshot,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import inventory
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.partner.runs import Values, World

CONTOSO: Values = {"name": "Contoso", "domains": ["contoso.com", "*.contoso.com"]}
STRICT: Values = {
    **CONTOSO,
    "outbound": {"level": "domain_validation", "certificate_name": "mx.contoso.com", "smart_hosts": ["mx.contoso.com"]},
    "inbound": {"certificate_name": "*.contoso.com", "ip_addresses": ["192.0.2.1"]},
    "contact": "mail@contoso.com",
}
VALIDATED: Values = {**CONTOSO, "outbound": {"validation_recipients": ["postmaster@contoso.com"]}}
FABRIKAM: Values = {"name": "Fabrikam", "domains": ["fabrikam.com"]}
NAMED: Values = {**FABRIKAM, "outbound": {"level": "domain_validation", "certificate_name": "mx.fabrikam.com"}}


def by_hand(world: World) -> None:
    world.exchange.seed(
        "outbound",
        "Contoso TLS",
        RecipientDomains=["contoso.com", "*.contoso.com"],
        TlsSettings="EncryptionOnly",
        Comment="by hand",
    )
    world.exchange.seed("inbound", "Contoso in", SenderDomains=["contoso.com", "*.contoso.com"], Enabled=False)


ADOPTED: Values = {**STRICT, "outbound": {**STRICT["outbound"], "adopt": "Contoso TLS"}}
ADOPTED = {**ADOPTED, "inbound": {**STRICT["inbound"], "adopt": "Contoso in"}}

RUNS: dict[str, tuple[list[Values], list[Values]]] = {
    "create": ([], [CONTOSO, FABRIKAM]),
    "delete": ([VALIDATED, FABRIKAM], [{**VALIDATED, "state": "absent"}, FABRIKAM]),
    "stricter": ([CONTOSO, FABRIKAM], [STRICT, FABRIKAM]),
    "looser": ([STRICT, FABRIKAM], [CONTOSO, FABRIKAM]),
    "disable": ([STRICT], [{**STRICT, "state": "prepared"}]),
    "adopt": ([], [ADOPTED]),
    "move": (
        [CONTOSO, FABRIKAM],
        [{**CONTOSO, "domains": ["contoso.com"]}, {**FABRIKAM, "domains": ["*.contoso.com"]}],
    ),
}


def world_before(name: str) -> World:
    """The tenant of a run, before it."""
    world = World()
    by_hand(world) if name == "adopt" else None
    if before := RUNS[name][0]:
        world.provision(*before)
    return world


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_is_rolled_back_has_changed_nothing(name: str) -> None:
    world, after = world_before(name), RUNS[name][1]
    stood = world.state()
    run = world.provision(*after)
    changed = world.state()
    assert changed != stood, "the run is to change something"
    found = world.back(run=run)
    assert world.state() == stood
    assert found["runs"] == [run]

    assert world.back(run=run)["writes"] == 0, "again: all is as before"
    undone = [snapshot for snapshot in world.snapshots if snapshot.kind == "rollback"][-1].run_id
    world.back(run=undone)
    assert world.state() == changed


def a_run_dies(world: World, after: t.Any, steps: int) -> int:
    """And it is brought back. Return how many writes a whole one has."""
    run = world.provision(*after, steps=steps)
    world.back(run=run)
    return world.write(world.plan(*after)["connectors"], "forced_tls", 0)


def a_rollback_dies(world: World, after: t.Any, steps: int) -> int:
    """And it is run again. Return how many writes it had ahead of it."""
    run = world.provision(*after)
    writes: int = world.back(run=run, steps=steps)["writes"]
    world.back(run=run)
    return writes


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("killed", [a_run_dies, a_rollback_dies])
def test_what_was_killed_after_any_write_is_brought_back(
    killed: t.Callable[[World, t.Any, int], int], name: str
) -> None:
    steps = 0
    while True:
        world = world_before(name)
        stood = world.state()
        writes = killed(world, RUNS[name][1], steps)
        assert world.state() == stood
        if steps == writes:
            return
        steps += 1


@pytest.mark.parametrize("by_mx", [True, False])
def test_an_adopted_route_that_somebody_has_disabled_since_is_not_taken_for_a_dead_run(by_mx: bool) -> None:
    """A run disables what it has adopted until that is validated, but not where mail would go another way then."""
    world = World()
    hosts = {} if by_mx else {"UseMXRecord": False, "SmartHosts": ["relay.contoso.com"]}
    world.exchange.seed("outbound", "Relay", RecipientDomains=["contoso.com"], TlsSettings=None, **hosts)
    run = world.provision({"name": "Contoso", "domains": ["contoso.com"], "outbound": {"adopt": "Relay"}})
    (record,) = world.exchange.records["outbound"].values()
    record.update(Enabled=False)
    if by_mx:
        world.back(run=run)
        assert record["Enabled"] is True
    else:
        with pytest.raises(InputError, match=r"'Relay' was changed since run .* \(enabled\)"):
            world.back(run=run)


@pytest.mark.parametrize("enabled", [True, False])
def test_a_run_that_died_before_a_new_connector_was_complete(enabled: bool) -> None:
    world = World()
    run = world.provision(VALIDATED)
    (record,) = world.exchange.records["outbound"].values()
    # New-OutboundConnector does not take them; and before its validation it was disabled.
    record.update(ValidationRecipients=[], Enabled=enabled)
    world.back(run=run)
    assert world.state() == {}


def test_a_run_that_died_while_what_an_earlier_one_had_left_on_trial_was_disabled() -> None:
    world = World()
    world.provision(CONTOSO)
    (record,) = world.exchange.records["outbound"].values()
    record["IsTransportRuleScoped"] = True
    stood = world.state()
    run = world.provision(CONTOSO)
    record.update(IsTransportRuleScoped=False, Enabled=False)
    world.back(run=run)
    assert world.state() == stood


def test_a_run_that_died_while_what_forced_nothing_before_was_disabled() -> None:
    world = World()
    domains = ["contoso.com", "*.contoso.com"]
    world.exchange.seed("outbound", "Contoso TLS", RecipientDomains=domains, TlsSettings=None, Comment="by hand")
    world.exchange.seed("inbound", "Contoso in", SenderDomains=domains)
    stood = world.state()
    run = world.provision(ADOPTED)
    (record,) = world.exchange.records["outbound"].values()
    record["Enabled"] = False
    world.back(run=run)
    assert world.state() == stood


def test_a_domain_that_was_in_two_connectors_comes_back_in_the_one_that_has_it() -> None:
    world = World()
    world.provision(CONTOSO, FABRIKAM)
    (contoso, fabrikam) = (one for one in world.exchange.records["outbound"].values())
    fabrikam["RecipientDomains"] = ["fabrikam.com", "*.contoso.com"]
    run = world.provision(
        {**CONTOSO, "domains": ["contoso.com"]}, {**NAMED, "domains": ["fabrikam.com", "*.contoso.com"]}
    )
    found = world.back(run=run)
    assert (
        "*.contoso.com was in the outbound connectors 'Forced TLS to Fabrikam' and 'Forced TLS to Contoso', and with"
        " two it is open which one Exchange takes: it comes back in 'Forced TLS to Fabrikam' alone." in found["lines"]
    )
    assert (contoso["Enabled"], contoso["RecipientDomains"]) == (True, ["contoso.com"])
    assert sorted(fabrikam["RecipientDomains"]) == ["*.contoso.com", "fabrikam.com"]


def test_a_connector_without_a_domain_of_its_own_comes_back_disabled() -> None:
    world = World()
    world.provision(FABRIKAM, CONTOSO)
    (fabrikam, contoso) = (one for one in world.exchange.records["outbound"].values())
    contoso["RecipientDomains"] = ["fabrikam.com"]
    run = world.provision(NAMED, {**CONTOSO, "state": "prepared"})
    found = world.back(run=run)
    assert (contoso["Enabled"], contoso["RecipientDomains"]) == (False, ["fabrikam.com"])
    assert fabrikam["Enabled"] is True
    assert any("it comes back in 'Forced TLS to Fabrikam' alone" in line for line in found["lines"])


def test_one_partner_of_a_run_comes_back_and_the_other_stays() -> None:
    world = World()
    world.provision(CONTOSO, FABRIKAM)
    stood = world.state()
    world.provision(STRICT, {**FABRIKAM, "state": "prepared"})
    found = world.back("CONTOSO")
    assert found["names"] == ["Contoso"]
    state = world.state()
    assert {key for key in state if state[key] != stood[key]} == {
        "outbound Forced TLS to Fabrikam",
        "inbound Forced TLS from Fabrikam",
    }


def test_each_partner_comes_from_the_newest_run_that_has_it() -> None:
    world = World()
    world.provision(CONTOSO, FABRIKAM)
    stood = world.state()
    world.provision(STRICT, FABRIKAM)
    world.provision(STRICT, {**FABRIKAM, "state": "prepared"})
    found = world.back("Contoso", "Fabrikam")
    assert len(found["runs"]) == 2
    assert world.state() == stood


def test_the_same_command_again_does_not_undo_the_rollback() -> None:
    world = World()
    world.provision(CONTOSO)
    stood = world.state()
    world.provision(STRICT)
    world.back("Contoso")
    assert world.back("Contoso")["writes"] == 0
    assert world.state() == stood


def refused(world: World, *partners: str, **options: t.Any) -> str:
    before = world.state()
    with pytest.raises(InputError) as found:
        world.back(*partners, **options)
    assert world.state() == before
    return "\n".join(found.value.problems)


@pytest.mark.parametrize(
    ("members", "option"),
    [
        ({"Comment": "mine now\n[mailflow.exchange_online owner=forced_tls]"}, "comment"),
        ({"TlsSettings": "EncryptionOnly"}, "tls_settings"),
        ({"RecipientDomains": ["contoso.com", "*.contoso.com", "more.example"]}, "recipient_domains"),
        ({"Enabled": False}, "enabled"),
        ({"MtaStsMode": "None"}, "mta_sts_mode"),
    ],
)
def test_what_somebody_else_did_since_stops_it_unless_said_otherwise(members: Values, option: str) -> None:
    world = World()
    world.provision(CONTOSO)
    stood = world.state()
    run = world.provision(STRICT)
    (record,) = world.exchange.records["outbound"].values()
    record.update(members)
    told = refused(world, run=run)
    assert told.startswith("The outbound connector 'Forced TLS to Contoso' was changed since run")
    assert f"({option})" in told
    assert "forced_tls_rollback_force" in told
    world.back(run=run, force=True)
    assert world.state() == stood


def test_who_disables_what_was_for_mail_flow_rules_alone_is_told() -> None:
    world = World()
    scoped = {"RecipientDomains": ["contoso.com"], "TlsSettings": "EncryptionOnly", "IsTransportRuleScoped": True}
    world.exchange.seed("outbound", "Rule", **scoped)
    (record,) = world.exchange.records["outbound"].values()
    stricter = {"name": "Rule", "direction": "outbound", "action": "update", "partners": []}
    wish = {"name": "Rule", "direction": "outbound", "tls_settings": "certificate_validation"}
    plan = {**world.plan(FABRIKAM), "changes": [stricter], "connectors": [wish]}
    world.keep(make_snapshot(plan, inventory(world.exchange)))
    record.update(TlsSettings="CertificateValidation", Enabled=False)
    assert "(enabled)" in refused(world, run=plan["run_id"])


def test_another_owner_since_then_and_a_deletion_are_told() -> None:
    world = World()
    world.provision(CONTOSO)
    run = world.provision(STRICT)
    (record,) = world.exchange.records["outbound"].values()
    record["Comment"] = record["Comment"].replace("owner=forced_tls", "owner=them")
    assert "(owner)" in refused(world, run=run)
    world.exchange.records["outbound"].clear()
    assert "(it was deleted)" in refused(world, run=run)


def test_an_earlier_run_comes_after_the_later_ones() -> None:
    world = World()
    first = world.provision(CONTOSO)
    world.provision(STRICT)
    third = world.provision({**STRICT, "contact": "else@contoso.com"})
    assert "later run first" in refused(world, run=first)
    world.back(run=third)
    assert "later run first" in refused(world, run=first)


def test_another_tenants_snapshot_is_refused_with_and_without_force() -> None:
    world = World()
    run = world.provision(CONTOSO)
    for tenant in ("fabrikam.onmicrosoft.com", None):
        for force in (False, True):
            told = refused(world, run=run, tenant=tenant, force=force)
            assert "is of the tenant 'contoso.onmicrosoft.com'" in told
    world.back(run=run, tenant="Contoso.OnMicrosoft.com")
    assert world.state() == {}


def test_an_unknown_partner_is_told_with_those_there_are() -> None:
    world = World()
    world.provision(CONTOSO, FABRIKAM)
    told = refused(world, "Contoso Ltd")
    assert "No snapshot has a connector of 'Contoso Ltd'; there are Contoso, Fabrikam." in told


def test_a_domain_that_went_to_somebody_else_is_not_put_into_two_connectors() -> None:
    world = World()
    world.provision(CONTOSO, FABRIKAM)
    world.provision({**CONTOSO, "domains": ["contoso.com"]}, {**FABRIKAM, "domains": ["fabrikam.com", "*.contoso.com"]})
    told = refused(world, "Contoso")
    assert "was for *.contoso.com, which is in the outbound connector 'Forced TLS to Fabrikam' now" in told
    world.back("Contoso", "Fabrikam")


def test_a_domain_that_was_in_somebody_elses_connector_before_the_run_comes_back_and_is_told() -> None:
    world = World()
    world.provision(CONTOSO)
    world.exchange.seed("outbound", "By hand", RecipientDomains=["contoso.com"], TlsSettings="EncryptionOnly")
    stood = world.state()
    run = world.provision({**CONTOSO, "state": "prepared"})
    lines = world.back(run=run)["lines"]
    assert world.state() == stood
    assert (
        "contoso.com is in the outbound connectors 'Forced TLS to Contoso' and 'By hand' again, as before the run, and"
        " with two it is open which one Exchange takes: take it out of one of them." in lines
    )
    assert not any("again" in line for line in world.back(run=run)["lines"]), "it changes nothing any more"


def test_a_domain_that_two_had_is_not_put_into_one_beside_a_third_that_got_it_since() -> None:
    world = World()
    world.provision(CONTOSO)
    world.exchange.seed("outbound", "By hand", RecipientDomains=["contoso.com"], TlsSettings="EncryptionOnly")
    run = world.provision({**CONTOSO, "state": "absent"})
    world.exchange.seed("outbound", "New", RecipientDomains=["contoso.com"], TlsSettings="EncryptionOnly")
    told = refused(world, run=run)
    assert "was for contoso.com, which is in the outbound connector 'New' now" in told
    assert "By hand" not in told


def test_a_domain_that_partners_had_both_comes_back_with_one_of_them() -> None:
    world = World()
    world.provision(CONTOSO, FABRIKAM)
    for direction, option in (("outbound", "RecipientDomains"), ("inbound", "SenderDomains")):
        (_contoso, fabrikam) = world.exchange.records[direction].values()
        fabrikam[option] = ["fabrikam.com", "contoso.com"]
    prepared = {**CONTOSO, "domains": ["*.contoso.com"], "state": "prepared"}
    world.provision(prepared, {**NAMED, "domains": ["fabrikam.com", "contoso.com"]})
    lines = world.back("Contoso")["lines"]
    assert any("'Forced TLS to Contoso' and 'Forced TLS to Fabrikam' again, as before the run" in one for one in lines)


def test_what_cannot_be_written_again_is_told() -> None:
    world = World()
    by_hand(world)
    (record,) = world.exchange.records["outbound"].values()
    record["TlsDomain"] = "left.over"
    run = world.provision(ADOPTED)
    lines = world.back(run=run)["lines"]
    assert "The outbound connector 'Contoso TLS' comes back without its former tls_domain: set that by hand." in lines


def test_a_connector_that_a_guard_holds_back_is_not_in_the_snapshot() -> None:
    world = World()
    plan = world.plan(CONTOSO)
    plan["changes"][0]["blocked"] = "because"
    (record,) = make_snapshot(plan, inventory(world.exchange))["connectors"]
    assert record["before"] == {"name": "Forced TLS from Contoso", "direction": "inbound", "state": "absent"}


def test_a_pruned_connector_is_on_no_list_and_comes_back() -> None:
    world = World()
    world.provision(CONTOSO)
    stood = world.state()
    plan = world.plan(CONTOSO)
    gone = [{**change, "action": "delete", "partners": []} for change in plan["changes"]]
    plan = {**plan, "connectors": [], "changes": gone}
    world.keep(make_snapshot(plan, inventory(world.exchange)))
    for direction in ("outbound", "inbound"):
        world.exchange.records[direction].clear()
    world.back(run=plan["run_id"])
    assert world.state() == stood


def test_a_snapshot_is_plain_and_says_whose_it_is() -> None:
    world = World()
    plan = world.plan(CONTOSO)
    snapshot = make_snapshot(plan, inventory(world.exchange))
    assert json.loads(json.dumps(snapshot)) == snapshot
    assert {key: snapshot[key] for key in ("format", "kind", "tenant_id", "owner", "name_prefix")} == {
        "format": 1,
        "kind": "provision",
        "tenant_id": "contoso.onmicrosoft.com",
        "owner": "forced_tls",
        "name_prefix": "Forced TLS",
    }
    assert [record["partners"] for record in snapshot["connectors"]] == [["Contoso"], ["Contoso"]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: "no json", "is no JSON"),
        (lambda text: "[]", "is no snapshot of this collection"),
        (lambda text: '{"connectors": []}', "is no snapshot of this collection"),
        (lambda text: text.replace('"format": 1', '"format": 2'), "has the format 2"),
        (lambda text: text.replace("contoso.com", "evil.example", 1), "was changed since it was made"),
    ],
)
def test_a_file_that_is_no_snapshot_is_refused_in_a_sentence(change: t.Callable[[str], str], words: str) -> None:
    world = World()
    text = json.dumps(make_snapshot(world.plan(CONTOSO), inventory(world.exchange)))
    assert read_snapshot(text, "x.json").partners == {"contoso": "Contoso"}
    with pytest.raises(InputError) as found:
        read_snapshot(change(text), "x.json")
    (problem,) = found.value.problems
    assert words in problem
    assert problem.startswith("The snapshot 'x.json'")

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role enforces what was seen to work: what fails the probe or Exchange's validation is held or taken back."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration.test_role import Role, record_of, role
from ansible_collections.mailflow.exchange_online.tests.integration.validation import CLEAR, GOOD, letters, record
from ansible_collections.mailflow.exchange_online.tests.lab import Fault, Lab
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run

__all__ = ["role"]


def partner(domain: str, **members: t.Any) -> dict[str, t.Any]:
    outbound = {"validation_recipients": [f"postmaster@{domain}"], **members.pop("outbound", {})}
    return {"domains": [domain], "outbound": outbound, **members}


@pytest.fixture(scope="module")
def world() -> t.Iterator[Lab]:
    """An empty tenant, a good partner, and one without TLS."""
    with Lab(partners=PartnerWorld(["a_good", "f_no_starttls"])) as running:
        yield running


@pytest.fixture
def lab(world: Lab) -> Lab:
    world.reset()
    return world


def enabled(lab: Lab) -> dict[str, bool]:
    """Which connectors take mail."""
    found = [*lab.tenant.outbound, *lab.tenant.inbound]
    return {r["Name"]: r["Enabled"] and not r.get("IsTransportRuleScoped") for r in found}


@pytest.mark.parametrize("disabled", ["refused", "validated"])
def test_a_new_partner_is_made_validated_and_enforced(lab: Lab, role: Role, disabled: str) -> None:
    """Microsoft's pages contradict each other on whether a disabled connector can be validated."""
    lab.switches["validation_disabled"] = disabled
    done = role([partner(GOOD), partner(CLEAR), "fabrikam.com"])
    assert enabled(lab) == {
        f"Forced TLS to {GOOD}": True,
        f"Forced TLS from {GOOD}": True,
        f"Forced TLS to {CLEAR}": False,
        f"Forced TLS from {CLEAR}": False,
        "Forced TLS to fabrikam.com": True,
        "Forced TLS from fabrikam.com": True,
    }
    (held,) = done.result["held"]
    assert (held["name"], held["reason"]) == (CLEAR, "validation")
    assert "The partner's server offers no STARTTLS" in held["message"]
    # The one test mail that was delivered went by a connector that nothing else could take.
    assert letters(lab) == [(f"postmaster@{GOOD}", True)]
    assert record(lab, f"Forced TLS to {GOOD}")["IsValidated"] is True
    assert record_of(lab.tenant.outbound, f"Forced TLS to {CLEAR}")["IsTransportRuleScoped"] is False
    assert done.result["summary"]["created"] == 6

    again = role([partner(GOOD), "fabrikam.com"])
    assert lab.journal.writes() == lab.journal.commands("Validate-") == []
    assert again.result["requests"] == 5


def test_who_fails_the_probe_is_held_and_a_second_run_asks_nobody(lab: Lab, role: Role, tmp_path: pathlib.Path) -> None:
    options = {name: value for name, value in lab.partners.module_options().items() if value is not None}
    given = {"probe": True, "probe_options": options, "probe_file": str(tmp_path / "probe.json")}
    done = role([partner(GOOD), partner(CLEAR)], **given)
    (held,) = done.result["held"]
    assert (held["name"], held["reason"]) == (CLEAR, "probe")
    assert "does not offer STARTTLS" in held["message"]
    assert {name for name, on in enabled(lab).items() if on} == {f"Forced TLS to {GOOD}", f"Forced TLS from {GOOD}"}
    assert letters(lab) == [(f"postmaster@{GOOD}", True)]

    visits = len(lab.partners.visits("a_good")) + len(lab.partners.visits("f_no_starttls"))
    again = role([partner(GOOD), partner(CLEAR)], **given)
    assert (again.result["requests"], again.play.recap()["changed"]) == (5, 0)
    assert lab.journal.writes() == []
    assert len(lab.partners.visits("a_good")) + len(lab.partners.visits("f_no_starttls")) == visits > 0


def test_a_change_that_does_not_pass_is_taken_back(lab: Lab, role: Role) -> None:
    role([partner(CLEAR, outbound={"level": "encryption_only"})], validate=False)
    done = role([partner(CLEAR, inbound={"certificate_name": "mx.f.test"})])
    assert [(held["name"], held["reason"]) for held in done.result["held"]] == [(CLEAR, "validation")]
    sent = [one.get("TlsSettings") for entry in lab.journal.writes() for one in entry.parameters]
    assert "CertificateValidation" in sent  # it was tried
    after = record_of(lab.tenant.outbound, f"Forced TLS to {CLEAR}")
    assert (after["TlsSettings"], after["Enabled"]) == ("EncryptionOnly", True)
    assert record_of(lab.tenant.inbound, f"Forced TLS from {CLEAR}")["TlsSenderCertificateName"] is None


def test_waves_stop_after_too_many_failures(lab: Lab, role: Role) -> None:
    partners = ["a.com", partner(CLEAR), "c.com", "d.com", "e.com"]
    done = role(partners, wave_size=2)
    assert {name for name, on in enabled(lab).items() if on} == {"Forced TLS to a.com", "Forced TLS from a.com"}
    assert {held["name"]: held["reason"] for held in done.result["held"]} == {
        CLEAR: "validation",
        "c.com": "wave",
        "d.com": "wave",
        "e.com": "wave",
    }
    assert "Forced TLS to c.com" not in enabled(lab)

    done = role(partners, wave_size=2, wave_max_failures=1)
    assert [held["name"] for held in done.result["held"]] == [CLEAR]
    assert sum(enabled(lab).values()) == 8


def test_what_is_refused_stops_no_wave(lab: Lab, role: Role) -> None:
    role([{"name": "A", "domains": ["a.com", "old.com"]}])
    # Nobody has agreed that old.com is without enforcement.
    moved = {"name": "A", "domains": ["a.com"], "outbound": {"smart_hosts": ["gw.a.com"]}}
    told = role([moved, "b.com"], "--check", rc=2, wave_size=1)
    done = role([moved, "b.com"], rc=2, wave_size=1)
    assert told.result["held"] == done.result["held"] == []
    assert done.result["summary"] == {**told.result["summary"], "planned": 0, "applied": 2}
    assert enabled(lab)["Forced TLS to b.com"] is enabled(lab)["Forced TLS from b.com"] is True


def test_a_shared_connector_that_cannot_be_made_stops_the_waves(lab: Lab, role: Role) -> None:
    lab.faults.add(Fault({"cmdlet": "New-OutboundConnector"}, "status", 1, status=400))
    done = role(["a.com", "b.com"], rc=2, wave_size=1, pack=True)
    (held,) = done.result["held"]
    assert (held["name"], held["reason"]) == ("b.com", "wave")
    assert held["message"] == "the run stopped before its wave; mend what failed in it, and run again."
    done = role(["a.com", "b.com"], wave_size=1, pack=True)
    assert (done.result["held"], set(enabled(lab).values())) == ([], {True})


def test_consent_is_for_what_an_earlier_wave_has_written_too(lab: Lab, role: Role) -> None:
    """G gives its domains to two partners, wave by wave, and the second one asks for less."""
    role([{"name": "G", "domains": ["a.com", "b.com", "c.com"]}])
    less = {"level": "encryption_only", "smart_hosts": ["gw.c.com"]}
    partners = [
        {"name": "B", "domains": ["b.com"], "outbound": {"smart_hosts": ["gw.b.com"]}},
        {"name": "C", "domains": ["c.com"], "outbound": less},
        {"name": "G", "domains": ["a.com"]},
    ]
    done = role(partners, wave_size=1, allow_weaken=["G"])
    assert (done.result["held"], done.result["error"]) == ([], None)
    assert record_of(lab.tenant.outbound, "Forced TLS to G")["RecipientDomains"] == ["a.com"]


def test_a_wave_waits_until_the_one_before_it_shows(lab: Lab, run: Run) -> None:
    """Else it would plan from what stood before the run, and make again what stands already."""
    lab.switches["visibility_seconds"] = 6.0
    given = {"forced_tls_partners": ["a.com", "b.com"], "forced_tls_wave_size": 1, "forced_tls_probe": False}
    play = run.playbook("mailflow.exchange_online.provision", **given, forced_tls_report=False)
    assert play.rc == 0, play.text
    assert sum(enabled(lab).values()) == len(enabled(lab)) == 4
    made = [one["Name"] for entry in lab.journal.writes() for one in entry.parameters]
    assert sorted(made) == sorted(enabled(lab))


def test_what_fails_the_run_is_said_by_fail_on(lab: Lab, role: Role) -> None:
    done = role([partner(CLEAR)], rc=2, fail_on=["held"])
    assert f"Held back: {CLEAR} (forced_tls_fail_on: held)." in done.play.text
    role([partner(CLEAR)], rc=0, fail_on=["alert", "validation"])
    passed = [{"domains": ["a.com"], "state": "prepared", "enforce_from": "2020-01-01"}]
    role(passed, rc=2, fail_on=["alert"])
    role(passed, "--check", rc=0, fail_on=["changes"])
    told = " ".join(role(["a.com"], "--check", rc=2, fail_on=["changes"]).play.text.split())
    assert "2 connectors are not as the list says: Forced TLS to a.com, Forced TLS from a.com (" in told


def test_somebody_in_force_who_does_not_pass_fails_the_run_and_stays(lab: Lab, role: Role) -> None:
    role([partner(CLEAR)], validate=False)
    done = role([partner(CLEAR), "a.com"], rc=2)
    assert all(enabled(lab).values())
    assert len(enabled(lab)) == 4
    assert [alert["alert"] for alert in done.result["alerts"]] == ["validation_failed"]
    assert f"{CLEAR}: it is enforced, stays so, and mail may not get through" in done.play.text
    role([partner(CLEAR), "a.com"], rc=0, fail_on=[])


# -- plan and apply apart ----------------------------------------------------------------------------------------------


def test_an_approved_plan_is_carried_out_and_no_other(lab: Lab, run: Run, tmp_path: pathlib.Path) -> None:
    plan_file = tmp_path / "plan.json"
    usual: dict[str, t.Any] = {"forced_tls_plan_file": str(plan_file), "forced_tls_probe": False}
    later = {"name": "Later", "domains": ["later.com"], "enforce_from": "2026-01-01"}
    partners: list[t.Any] = ["a.com", later]

    made = run.playbook("mailflow.exchange_online.plan", **usual, forced_tls_partners=partners)
    assert made.rc == 0, made.text
    assert "--- before: outbound connector 'Forced TLS to a.com'" in made.text
    assert lab.journal.writes() == []
    plan = json.loads(plan_file.read_text(encoding="utf-8"))
    assert [(change["name"], change["action"]) for change in plan["changes"]] == [
        ("Forced TLS to a.com", "create"),
        ("Forced TLS from a.com", "create"),
        ("Forced TLS to Later", "create"),
        ("Forced TLS from Later", "create"),
    ]
    assert plan["requests"] == {"read": 5, "write": 5, "look": 2, "validate": 0}

    other = run.playbook("mailflow.exchange_online.provision", **usual, forced_tls_partners=[*partners, "b.com"])
    assert other.rc == 2
    assert "The plan is not the approved one" in other.text, other.text
    assert lab.journal.writes() == []

    done = run.playbook("mailflow.exchange_online.provision", **usual, forced_tls_partners=partners)
    assert done.rc == 0, done.text
    assert len(lab.tenant.outbound) == 2
    lab.journal.clear()
    again = run.playbook("mailflow.exchange_online.provision", **usual, forced_tls_partners=partners)
    assert (again.rc, again.recap()["changed"]) == (0, 0)
    assert lab.journal.writes() == []


def test_a_file_that_is_no_plan_is_refused_before_anything_is_sent(
    lab: Lab, role: Role, tmp_path: pathlib.Path
) -> None:
    wrong = tmp_path / "plan.json"
    wrong.write_text('{"format": 1}', encoding="utf-8")
    done = role(["a.com"], rc=2, plan_file=str(wrong))
    assert "holds no plan of this release; make a new one with the playbook plan." in done.play.text
    wrong.unlink()
    gone = " ".join(role(["a.com"], rc=2, plan_file=str(wrong)).play.text.split())
    assert "was not found, cannot be read, or is empty; give the path of a plan on the controller" in gone
    assert "[WARNING]" not in gone
    assert lab.journal.entries == []


def test_an_emptied_list_stops_before_anything_is_written(lab: Lab, role: Role) -> None:
    role(["a.com"])
    done = role([], rc=2)
    assert "The partner list is empty, but 2 connectors with the mark of owner 'forced_tls' stand in Exchange" in (
        " ".join(done.play.text.split())
    )
    assert lab.journal.writes() == []
    role([], allow_empty=True)


def test_a_plan_is_written_with_what_it_refuses(lab: Lab, run: Run, role: Role, tmp_path: pathlib.Path) -> None:
    role(["a.com"])
    lab.journal.clear()
    plan_file = tmp_path / "plan.json"
    suspended = {"domains": ["a.com"], "state": "suspended", "reason": "broken", "until": "2099-01-01"}
    made = run.playbook(
        "mailflow.exchange_online.plan",
        forced_tls_plan_file=str(plan_file),
        forced_tls_probe=False,
        forced_tls_partners=[suspended],
    )
    assert made.rc == 0, made.text
    plan = json.loads(plan_file.read_text(encoding="utf-8"))
    assert plan["summary"]["refused"] == 2
    assert all("would weaken it" in change["blocked"] for change in plan["changes"])
    assert lab.journal.writes() == []

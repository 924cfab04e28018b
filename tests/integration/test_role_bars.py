# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role must reach: requests of a second run, lines of its output, the same end after any interruption."""

from __future__ import annotations

import json
import pathlib
import re
import signal
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.filter.partner_connectors import partner_connectors
from ansible_collections.mailflow.exchange_online.plugins.filter.partner_probe_results import partner_probe_results
from ansible_collections.mailflow.exchange_online.plugins.filter.partner_probe_targets import partner_probe_targets
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import codec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Policy
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import make_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.wishes import read_wishes
from ansible_collections.mailflow.exchange_online.tests.integration import kills
from ansible_collections.mailflow.exchange_online.tests.integration.harness import Play, run_playbook
from ansible_collections.mailflow.exchange_online.tests.integration.kills import (
    Killing,
    Runs,
    end_all_below,
    killing,
    settled,
    standing,
)
from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld

Values = dict[str, t.Any]

# -- twenty partners, of which nearly every one has another fate -------------------------------------------------------

GOOD, WILDCARD, MOVED, RAISED = "a-good.test", "o-wildcard.test", "a-ecdsa.test", "j-tls12.test"
EXPIRED, CLEAR = "c-expired.test", "f-no-starttls.test"
WORLD = ("a_good", "o_wildcard", "a_ecdsa", "j_tls12", "c_expired", "f_no_starttls")


def partner(name: str, *domains: str, level: str = "", validated: bool = False, **members: t.Any) -> Values:
    """An entry of the list."""
    outbound = {**({"level": level} if level else {}), **members.pop("outbound", {})}
    if validated:
        outbound["validation_recipients"] = [f"postmaster@{domains[-1]}"]
    return {"name": name, "domains": list(domains), "outbound": outbound, **members}


LOW = "encryption_only"
#: In force before the run.
YESTERDAY = [
    partner("Settled", "settled.example"),
    partner("Gives away", "gives.example", "moves.example"),
    partner("Waits", "waits.example", MOVED),
    partner("Circle one", "one.example", "turns.example"),
    partner("Circle two", "two.example", "returns.example"),
    partner("Weaker", "weaker.example"),
    partner("Leaves unasked", "unasked.example"),
    partner("Leaves", "leaves.example"),
    partner("Pauses", "pauses.example"),
    partner("Raised", RAISED, level=LOW),
    partner("Overreached", CLEAR, level=LOW),
]
TODAY = [
    partner("Settled", "settled.example"),
    partner("Gives away", "gives.example"),
    partner("Takes over", "takes.example", "moves.example", inbound={"certificate_name": "mx.takes.example"}),
    partner("Waits", "waits.example"),
    partner("Validated mover", MOVED, validated=True),
    partner("Circle one", "one.example", "returns.example"),
    partner("Circle two", "two.example", "turns.example"),
    partner("Weaker", "weaker.example", level=LOW),
    partner("Leaves unasked", "unasked.example", state="absent"),
    partner("Leaves", "leaves.example", state="absent"),
    partner("Pauses", "pauses.example", state="suspended", reason="INC1", until="2999-01-01"),
    partner("Raised", RAISED, validated=True),
    partner("Overreached", CLEAR, validated=True),
    partner("Good", GOOD, validated=True),
    partner("Better", WILDCARD, validated=True, inbound={"ip_addresses": ["192.0.2.0/24"]}),
    partner("Expired", EXPIRED, validated=True),
    partner("Dated", "dated.example", enforce_from="2999-01-01"),
    partner("Not ready", "notready.example"),
    partner("Prepared", "prepared.example", state="prepared"),
    partner("Planned", "planned.example", state="planned"),
]
NOT_READY = ("notready.example",)
CONSENT = ["Leaves", "Pauses"]


def seed_of(partners: list[t.Any]) -> Values:
    """A tenant in which these stand."""
    wishes = read_wishes(partner_connectors(partners), listed=True)
    found: dict[str, list[Values]] = {"outbound": [], "inbound": []}
    for change in make_plan(wishes, [], Policy(owner=kills.OWNER)).changes:
        found[change.direction].append({"Name": change.name, **codec.parameters(change.after or {}, change.owner)})
    return {"tenants": [found]}


#: Nobody answers there: a probe that looks at anything ends the run.
NO_LOOKING = {"resolvers": ["127.0.0.1:1"], "timeout": 1}


def seen(partners: list[t.Any], not_ready: t.Container[str] = ()) -> str:
    """The text of the file in which earlier results of the probe are kept."""
    look = partner_probe_targets(partners, probe_options=NO_LOOKING)
    results = [
        {"partners": [_seen(asked, not_ready=asked["domain"] in not_ready) for asked in one]} for one in look["rounds"]
    ]
    return str(partner_probe_results(look, results)["store"])


def _seen(asked: Values, *, not_ready: bool) -> Values:
    finding = {"code": "no_starttls", "severity": "error", "subject": f"mx.{asked['domain']}"}
    told = {"message": f"mx.{asked['domain']} offers no STARTTLS.", "advice": "Switch it on."}
    return {
        "domain": asked["domain"],
        "level": asked["level"],
        "verdict": "not_ready" if not_ready else "ready",
        "sustains": None if not_ready else "certificate_validation",
        "delivery": "ok",
        "names": [f"mx.{asked['domain']}"],
        "hosts": [],
        "findings": [{**finding, **told}] if not_ready else [],
    }


def evidence(partners: list[t.Any], store: str) -> Values:
    """What the step probe makes of the file."""
    look = partner_probe_targets(partners, store=store, store_present=True, probe_options=NO_LOOKING)
    assert look["rounds"] == []
    return t.cast("Values", partner_probe_results(look, [], store)["evidence"])


@pytest.fixture(scope="module")
def world() -> t.Iterator[Lab]:
    """A tenant in which yesterday's list stands, and the servers of those whom Exchange validates."""
    with Lab(seed_of(YESTERDAY), partners=PartnerWorld(WORLD)) as running:
        yield running


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Runs]:
    with Runs(tmp_path_factory.mktemp("runs")) as running:
        yield running


def options_of(lab: Lab, partners: list[t.Any], **connection: t.Any) -> Values:
    """What a run is called with. Signing in changes nothing, so that it is left out here."""
    consent = CONSENT if partners is TODAY else []
    signed_in = {"tenant_id": lab.tenant.tenant_id, "api_url": lab.api_url, "ca_path": lab.ca_path}
    return {
        "connection": {**signed_in, "access_token": lab.tenant.issue_token(), **connection},
        "partners": partners,
        "terms": {"evidence": evidence(partners, seen(partners, NOT_READY)), "allow_weaken": consent},
    }


# -- killed at any request, then run again -----------------------------------------------------------------------------


class Interrupted:
    """Runs that are killed, and what the next run makes of what they left."""

    def __init__(self, lab: Lab, runs: Runs, partners: list[t.Any]) -> None:
        self._lab, self._runs, self._partners = lab, runs, partners
        self.result = self._runs.whole(self._reset())
        self.end = standing(lab)
        self.entries = lab.journal.entries
        #: What killed runs left, and where the first of them was killed.
        self.left: dict[str, int] = {}

    def _reset(self) -> Values:
        """Back to yesterday. One write a request and one request at a time, so that each point is always the same."""
        self._lab.reset()
        return options_of(self._lab, self._partners, concurrency=1, batch_size=1)

    def kill(self, faults: Killing, at: int, *, late: bool) -> str:
        """Kill a run at its ``at``-th request and return what stands then."""
        self._runs.killed(self._reset(), faults, at, late=late)
        settled(self._lab, at)
        return json.dumps(standing(self._lab), sort_keys=True, default=str)

    def end_after(self, faults: Killing, at: int) -> dict[str, Values]:
        """Kill a run after its ``at``-th request was carried out, run again, and return what stands in the end.

        A killed run knows nothing any more, so that what counts is what stands; where that stood before, the end is
        known.
        """
        left = self.kill(faults, at, late=True)
        if left in self.left:
            return self.end
        self.left[left] = at
        self._runs.whole(options_of(self._lab, self._partners, batch_size=10))
        return standing(self._lab)


def differences(found: dict[str, Values], wanted: dict[str, Values]) -> dict[str, t.Any]:
    """What is not as it should be: what stands and what should, by connector and member."""
    return {
        name: {
            member: (found.get(name, {}).get(member), wanted.get(name, {}).get(member))
            for member in {**found.get(name, {}), **wanted.get(name, {})}
            if found.get(name, {}).get(member) != wanted.get(name, {}).get(member)
        }
        for name in {**found, **wanted}
        if found.get(name) != wanted.get(name)
    }


@pytest.fixture(scope="module")
def interrupted(world: Lab, runs: Runs) -> Interrupted:
    return Interrupted(world, runs, TODAY)


def test_the_run_that_is_killed_is_the_one_that_is_meant(interrupted: Interrupted) -> None:
    """Twenty partners with nearly as many fates, or the bar below would prove less."""
    assert len(TODAY) == 20
    held = {one["name"]: one["held"]["reason"] for one in interrupted.result["partners"] if one["held"]}
    assert held == {
        "Expired": "validation",
        "Overreached": "validation",
        "Dated": "enforce_from",
        "Not ready": "probe",
    }
    outcomes = interrupted.result["outcome"]["connectors"]
    refused = {one["name"] for one in outcomes if one["error"]}
    assert refused == {"Forced TLS to Weaker", "Forced TLS to Leaves unasked", "Forced TLS from Leaves unasked"}
    passed = {one["connector"] for one in interrupted.result["validations"] if one["success"]}
    assert {f"Forced TLS to {name}" for name in ("Good", "Better", "Raised", "Validated mover")} == passed
    end = interrupted.end
    assert end["outbound Forced TLS to Good"]["Enabled"] is True
    assert end["outbound Forced TLS to Expired"]["Enabled"] is False
    assert end["outbound Forced TLS to Overreached"]["TlsSettings"] == "EncryptionOnly"
    assert end["outbound Forced TLS to Takes over"]["RecipientDomains"] == ["moves.example", "takes.example"]
    assert end["outbound Forced TLS to Gives away"]["RecipientDomains"] == ["gives.example"]
    assert not any(record.get("IsTransportRuleScoped") for record in end.values())


#: The points of a run in four stretches that take about the same time: a run that is killed late takes longer.
STRETCHES = ((0, 0.42), (0.42, 0.64), (0.64, 0.83), (0.83, 1))


@pytest.mark.parametrize("stretch", STRETCHES, ids=["begin", "middle", "later", "end"])
def test_a_run_killed_at_any_request_is_made_good_by_the_next(
    stretch: tuple[float, float], world: Lab, interrupted: Interrupted
) -> None:
    entries = interrupted.entries
    first, last = (round(share * len(entries)) for share in stretch)
    wrong = {}
    with killing(world) as faults:
        for at in range(first + 1, last + 1):
            found = differences(interrupted.end_after(faults, at), interrupted.end)
            if found:
                wrong[f"killed after request {at}, {entries[at - 1].cmdlets}"] = found
        # What a kill before a request leaves is what one after the request before it left.
        for at in range(first + 2, last + 1, 9):
            assert interrupted.kill(faults, at, late=False) in interrupted.left, (at, entries[at - 1].cmdlets)
    assert wrong == {}
    assert len(interrupted.left) >= 5


class Provisioning:
    """The playbook, with what was seen of the partners in a file, and a directory for its reports."""

    def __init__(self, lab: Lab, home: pathlib.Path, partners: list[t.Any], not_ready: t.Container[str] = ()) -> None:
        self._lab, self._home = lab, home
        home.mkdir()
        file = home / "probe.json"
        file.write_text(seen(partners, not_ready), encoding="utf-8")
        self._variables = {
            "forced_tls_partners": partners,
            "forced_tls_probe_file": str(file),
            "forced_tls_probe_options": NO_LOOKING,
            "forced_tls_report_dir": str(home / "reports"),
        }

    def __call__(self, **variables: t.Any) -> Play:
        self._lab.journal.clear()
        return run_playbook(
            "mailflow.exchange_online.provision",
            environment=self._lab.environment(),
            variables={**self._variables, **{f"forced_tls_{name}": value for name, value in variables.items()}},
            home=self._home,
        )


#: Requests of the role, signing in among them: in the first writes, while Exchange validates, in the last writes.
SAMPLED = (32, 66, 88)


@pytest.mark.parametrize("at", SAMPLED)
def test_a_playbook_killed_with_all_its_processes_is_made_good_by_the_next(
    at: int, world: Lab, interrupted: Interrupted, tmp_path: pathlib.Path
) -> None:
    world.reset()
    home = tmp_path / "home"
    provision = Provisioning(world, home, TODAY, NOT_READY)
    options = {"allow_weaken": CONSENT, "batch_size": 1, "report": False}
    with killing(world) as faults:
        faults.prepare(at, lambda: end_all_below(home), late=True)
        killed = provision(**options)
    assert killed.rc == -signal.SIGKILL, killed.text
    settled(world, at)
    assert standing(world) != interrupted.end
    again = provision(**options)
    # Of the twenty, two would be weakened.
    assert again.rc == 2
    assert "would weaken it" in again.text
    assert differences(standing(world), interrupted.end) == {}


# -- five partners or five hundred -------------------------------------------------------------------------------------

FEW, MANY = 5, 500


def crowd(count: int) -> tuple[list[t.Any], set[str]]:
    """Partners, and the domains of those of them that are not ready."""
    domains = [f"partner{number:04d}.example" for number in range(count)]
    kinds: list[t.Callable[[str], t.Any]] = [
        lambda domain: domain,
        lambda domain: domain,
        lambda domain: {"domains": [domain], "inbound": {"certificate_name": f"mx.{domain}"}},
        lambda domain: {"domains": [domain], "enforce_from": "2999-01-01"},
        lambda domain: {"domains": [domain, f"*.{domain}"], "contact": f"it@{domain}"},
    ]
    return [kinds[number % FEW](domain) for number, domain in enumerate(domains)], set(domains[1::FEW])


def lines_of(play: Play) -> tuple[list[str], list[str]]:
    """The tasks of the output, and what is said of each and of each of its items."""
    tasks = re.findall(r"^TASK \[.*\]", play.stdout, flags=re.MULTILINE)
    # What follows is the number of items at most, or a text.
    said = re.findall(r"^(?:ok|changed|skipping|included|failed|fatal|rescued|ignored): ", play.stdout, re.MULTILINE)
    return tasks, said


def test_a_second_run_costs_five_requests_and_the_output_no_line_for_a_partner(tmp_path: pathlib.Path) -> None:
    lines = {}
    for count in (FEW, MANY):
        with Lab() as lab:
            provision = Provisioning(lab, tmp_path / str(count), *crowd(count))
            first = provision(batch_size=10, report=False)
            assert (first.rc, first.recap()["changed"]) == (0, 1), first.text
            assert len(lab.tenant.outbound) == len(lab.tenant.inbound) == count
            enabled = sum(record["Enabled"] for record in lab.tenant.outbound)
            assert enabled == count * 3 // FEW  # not the dated, and not those that are not ready

            second = provision()
            assert (second.rc, second.recap()["changed"]) == (0, 0), second.text
            assert len(lab.journal.admin()) <= 5
            assert lab.journal.writes() == []
            assert f"{count} from the cache" in " ".join(second.stdout.split())
            lines[count] = [lines_of(first), lines_of(second)]
    assert lines[FEW] == lines[MANY]


# -- what a plan says that it takes ------------------------------------------------------------------------------------


def test_a_first_run_takes_as_many_requests_as_planned(runs: Runs) -> None:
    partners = crowd(20)[0]
    with Lab() as lab:
        result = runs.whole(options_of(lab, partners, batch_size=1))
        planned = result["plan"]["requests"]
        assert planned == {"read": 5, "write": 2 * 20 + 1, "look": 2, "validate": 0}
        # The inventory is read for the plan, and once more before the first write.
        assert len(lab.journal.admin()) == 2 * planned["read"] + planned["write"] + planned["look"]
        assert sum(len(entry.writing) for entry in lab.journal.writes()) == planned["write"] - 1
        assert result["outcome"]["requests"] == len(lab.journal.admin())

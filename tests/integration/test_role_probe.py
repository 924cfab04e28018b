# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The probe as a step of the role, against the partners of the lab."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.evidence import Looked, evidence_of
from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.lab.partners import CASES, PartnerWorld

Values = dict[str, t.Any]

GOOD, SELF_SIGNED, NO_TLS = "a-good.test", "d-selfsigned.test", "f-no-starttls.test"
INCOMPLETE, REFUSED = "l-no-intermediate.test", "y-refused.test"
LISTED = ["a_good", "d_selfsigned", "f_no_starttls", "l_no_intermediate", "y_refused"]
#: Cases whose evidence is compared with the probe's verdict.
JUDGED = [
    *LISTED,
    *("a_no_name_asked", "k_sha1", "cc_broken_san", "bb_crl_stale", "s_null_mx", "s_servfail", "t_nothing"),
    *("v_dane_bad", "v_dane_bogus", "v_dane_no_tls", "v_dane_one_of_two", "w_sts_mismatch", "w_sts_selfsigned"),
    *("w_sts_testing", "w_sts_404", "ee_smarthost_network"),
]
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.import_role:
        name: mailflow.exchange_online.forced_tls
        tasks_from: probe
    - ansible.builtin.copy:
        content: >-
          {{ {'evidence': __forced_tls_evidence, 'probes': __forced_tls_probes | from_json,
              'lines': (__forced_tls_seen | default({})).lines | default([])} | to_json }}
        dest: "{{ result_file }}"
        mode: "0600"
      check_mode: false
      diff: false
      changed_when: false
"""


@pytest.fixture(scope="module")
def world() -> t.Iterator[PartnerWorld]:
    with PartnerWorld(JUDGED) as running:
        yield running


@dataclasses.dataclass
class Told:
    play: harness.Play
    evidence: Values
    probes: Values
    lines: list[str]

    def verdicts(self) -> dict[str, str]:
        return {key: one["verdict"] for key, one in self.evidence.items()}


class Step:
    """Runs the step alone, with no credentials at all."""

    def __init__(self, world: PartnerWorld, home: pathlib.Path) -> None:
        self.world = world
        self.home = home
        self.reports = home / "reports" / "tenant"
        self.file = self.reports / "probe.json"
        self._result = home / "result.json"
        self._playbook = home / "probe.yml"
        self._playbook.write_text(PLAY, encoding="utf-8")

    def __call__(self, partners: object, *arguments: str, rc: int = 0, **variables: t.Any) -> Told:
        """Run it, and see that it ends with ``rc`` and without any warning. Variables lack their prefix."""
        self.world.journal.clear()
        self._result.unlink(missing_ok=True)
        given = {
            "partners": partners,
            "probe": True,
            "probe_options": self.world.module_options(),
            "report_dir": str(self.reports),
            **variables,
        }
        play = harness.run_playbook(
            self._playbook,
            *arguments,
            environment={"PWD": str(self.home)},
            variables={"result_file": str(self._result), **{f"forced_tls_{key}": one for key, one in given.items()}},
            home=self.home,
        )
        assert play.rc == rc, play.text
        assert "WARNING" not in play.text
        assert "DEPRECAT" not in play.text
        if rc:
            return Told(play, {}, {}, [])
        result = json.loads(self._result.read_text(encoding="utf-8"))
        return Told(play, result["evidence"], result["probes"], result["lines"])


@pytest.fixture
def step(world: PartnerWorld, tmp_path: pathlib.Path) -> Step:
    return Step(world, tmp_path)


def test_first_the_servers_then_the_file(step: Step) -> None:
    partners = [GOOD, SELF_SIGNED, {"name": "Plain", "domains": [NO_TLS]}, INCOMPLETE, REFUSED]
    check = step(partners, "--check", "--diff")
    assert not step.reports.exists()
    first = step(partners, "--diff")
    expected = {GOOD: "ready", SELF_SIGNED: "not_ready", "plain": "not_ready"}
    expected |= {INCOMPLETE: "not_ready", REFUSED: "unreachable"}
    assert check.verdicts() == first.verdicts() == expected
    assert first.lines[0] == (
        "Probe: 5 partners, 5 targets, 5 looked at from localhost: 1 ready, 3 not ready, 1 unreachable."
    )
    assert first.lines[3].startswith(f"{INCOMPLETE}: not ready: mx.l-no-intermediate.test [")
    assert [line.split(":")[0] for line in first.lines[1:]] == [SELF_SIGNED, "Plain", INCOMPLETE, REFUSED]
    assert all(line[:60] in first.play.stdout for line in first.lines)
    assert first.play.recap()["changed"] == 0
    assert [one["code"] for one in first.evidence["plain"]["obstacles"]] == ["no_starttls"]
    (host,) = first.probes[GOOD][0]["hosts"]
    assert host["chain"][0]["names"] == ["mx.a-good.test"]
    assert step.file.stat().st_mode & 0o777 == 0o600
    assert step.reports.stat().st_mode & 0o777 == 0o700

    kept = step.file.read_text(encoding="utf-8")
    again = step(partners)
    assert step.world.journal.visits == step.world.journal.questions == []
    assert (again.evidence, again.probes) == (first.evidence, first.probes)
    assert re.match(r"Probe: 5 partners, 5 targets, 5 from the cache .oldest \d min.: 1 ready, 3 not", again.lines[0])
    assert step.file.read_text(encoding="utf-8") == kept


def test_only_what_is_not_known_is_looked_at(step: Step) -> None:
    step([GOOD, SELF_SIGNED])
    more = step([GOOD, NO_TLS])
    assert len(step.world.visits("f_no_starttls")) == 1
    assert step.world.visits("a_good") == step.world.visits("d_selfsigned") == []
    assert re.search(r", 1 from the cache .oldest \d min., 1 looked at from localhost: ", more.lines[0])
    always = step([GOOD], probe_max_age="0")
    assert len(step.world.visits("a_good")) == 1
    assert "cache" not in always.lines[0]


def test_exceptions_names_and_wildcards(step: Step) -> None:
    until = {"owner": "alice@example.com", "until": "2999-12-31", "reason": "CHG0050"}
    told = step(
        [
            {"domains": [SELF_SIGNED], "exceptions": [{"finding": "self_signed", **until}]},
            {"domains": [INCOMPLETE], "exceptions": [{"finding": "self_signed", **until}]},
            {"domains": [REFUSED], "exceptions": [{"finding": "probe", **until}]},
            {"domains": [GOOD], "outbound": {"level": "domain_validation"}},
            {"name": "Below", "domains": [f"*.{GOOD}"]},
        ]
    )
    assert told.verdicts() == {
        SELF_SIGNED: "ready",
        INCOMPLETE: "not_ready",
        REFUSED: "ready",
        GOOD: "unknown",
        "below": "ready",
    }
    assert told.evidence[SELF_SIGNED]["waived"] == ["self_signed"]
    assert f"{REFUSED}: ready by an exception for probe." in told.lines
    assert told.evidence[GOOD]["names"][0] == "mx.a-good.test"
    assert told.evidence[GOOD]["obstacles"][0]["code"] == "certificate_name_missing"
    assert told.evidence["below"]["notices"] == [
        "a-good.test was looked at in place of *.a-good.test, whose servers cannot be listed."
    ]
    assert "Probe: 5 partners, 5 targets, 5 looked at" in told.lines[0]


def test_the_probe_can_be_switched_off(step: Step) -> None:
    off = step([GOOD], probe=False)
    assert off.evidence == off.probes == {}
    assert step.world.journal.questions == []
    assert not step.reports.exists()
    assert "Probe:" not in off.play.stdout
    assert step([GOOD], "-e", "forced_tls_probe=false").evidence == {}


def test_nobody_is_left_to_look_at(step: Step) -> None:
    gone = step([{"name": "a", "domains": [GOOD], "state": "absent"}])
    assert (gone.evidence, gone.lines) == ({}, ["Probe: 0 partners, 0 targets."])
    assert step.world.journal.questions == []


def test_a_probe_that_cannot_be_done_ends_the_run_and_says_why(step: Step) -> None:
    silent = {**step.world.module_options(), "resolvers": ["127.0.0.1:1"], "timeout": 1}
    told = step([GOOD], rc=2, probe_options=silent)
    assert "No DNS resolver answered any question (127.0.0.1:1)" in told.play.text
    unknown = step([GOOD], rc=2, probe_options={"resolver": ["127.0.0.1:1"]})
    assert "forced_tls_probe_options: 'resolver' is not known (did you mean resolvers?)" in unknown.play.text
    aged = step([GOOD], rc=2, probe_max_age="a while")
    assert "forced_tls_probe_max_age: 'a while' is not an age" in aged.play.text
    ranged = step([GOOD], rc=2, probe_options={**silent, "port": 70000})
    assert "port: 70000 is out of range" in ranged.play.text
    assert not step.file.exists()


def test_a_file_that_is_something_else_is_told_and_left_alone(step: Step, tmp_path: pathlib.Path) -> None:
    other = tmp_path / "partners.json"
    other.write_text('["a.com"]', encoding="utf-8")
    (tmp_path / "directory").mkdir()
    for path, wrong in ((other, "holds no results of a probe"), (tmp_path / "directory", "cannot be read")):
        told = step([GOOD], probe_file=str(path))
        assert told.verdicts() == {GOOD: "ready"}
        assert told.lines[1].startswith(
            f"Results of earlier probes in '{path}' do not count, as it {wrong}; it is left"
        )
    assert other.read_text(encoding="utf-8") == '["a.com"]'
    assert list((tmp_path / "directory").iterdir()) == []


def test_a_file_that_cannot_be_written_is_told_and_no_failure(step: Step, tmp_path: pathlib.Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    told = step([GOOD], probe_file=str(tmp_path / "taken" / "probe.json"))
    assert told.verdicts() == {GOOD: "ready"}
    said = " ".join(told.play.stdout.split())
    assert f"What was seen could not be kept in {tmp_path}/taken/probe.json, so the next run looks at it" in said


def test_a_relative_path_is_where_ansible_was_started(step: Step, tmp_path: pathlib.Path) -> None:
    (tmp_path / "kept").mkdir(mode=0o755)
    step([GOOD], probe_file="kept/seen.json")
    assert (tmp_path / "kept" / "seen.json").is_file()
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o755  # what exists already is left as it is


def test_foreign_text_is_never_a_template(step: Step) -> None:
    """Banners and names in certificates are written by others."""
    step([GOOD])
    whole = json.loads(step.file.read_text(encoding="utf-8"))
    (entry,) = whole["results"].values()
    entry["item"]["verdict"] = "not_ready"
    bad = {"code": "self_signed", "severity": "error", "subject": "mx", "advice": "{{ 6 * 7 }}"}
    entry["item"]["findings"] = [{**bad, "message": "{{ lookup('pipe', 'touch owned') }}"}]
    step.file.write_text(json.dumps(whole), encoding="utf-8")
    told = step([GOOD])
    assert told.lines[1] == f"{GOOD}: not ready: {{{{ lookup('pipe', 'touch owned') }}}}"
    assert told.evidence[GOOD]["obstacles"][0]["advice"] == "{{ 6 * 7 }}"
    assert not (step.home / "owned").exists()


def test_as_many_tasks_for_many_partners_as_for_few(step: Step) -> None:
    tasks = []
    for partners in ([GOOD], [*(f"p{number}.test" for number in range(120)), GOOD, {"domains": [f"*.{GOOD}", NO_TLS]}]):
        told = step(partners)
        tasks.append(re.findall(r"^TASK \[.*\]", told.play.stdout, flags=re.MULTILINE))
    assert tasks[0] == tasks[1]
    assert "Probe: 122 partners, 122 targets, 1 from the cache" in told.lines[0]


# -- the evidence and the probe's own verdicts agree ------------------------------------------------------------------


@pytest.fixture(scope="module")
def items(world: PartnerWorld) -> dict[str, Values]:
    partners = world.partners()
    result = harness.run_module("partner_tls_info", {**world.module_options(), "timeout": 3, "partners": partners})
    return dict(zip([case.id for case in world.cases], result["partners"], strict=True))


@pytest.mark.parametrize("case_id", JUDGED)
def test_evidence_is_what_the_probe_says_until_an_exception_takes_something_out(
    case_id: str, items: dict[str, Values]
) -> None:
    item = items[case_id]
    assert item["verdict"] == CASES[case_id].expected.verdicts.certificate_validation
    looks = [Looked(item, "2026-11-26T01:30:00Z", "here")]
    found = evidence_of(looks, ())
    assert (found["verdict"], found["waived"]) == (item["verdict"], [])
    assert bool(found["obstacles"]) is (item["verdict"] != "ready")
    codes = [one["code"] for one in found["obstacles"]]
    assert "unexplained" not in codes
    waived = evidence_of(looks, codes)
    judged = item["sustains"] is not None
    unseen = "unreachable" if item["verdict"] == "unreachable" else "unknown"
    assert waived["verdict"] == ("ready" if judged else unseen)
    for one in set(codes):
        rest = set(codes) - {one}
        if rest and item["verdict"] == "not_ready":
            assert evidence_of(looks, rest)["verdict"] == "not_ready"

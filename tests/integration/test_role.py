# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role forced_tls, run by ansible-playbook against the lab."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.lab import Lab

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run

PLAY = """
- name: Run the role and write its result down
  hosts: localhost
  gather_facts: false
  tasks:
    - block:
        - ansible.builtin.import_role:
            name: mailflow.exchange_online.forced_tls
      always:
        - ansible.builtin.copy:
            content: >-
              {{ forced_tls_result | default({}) | combine({'held': forced_tls_held | default(none),
                                                            'alerts': forced_tls_alerts | default(none)}) | to_json }}
            dest: "{{ result_file }}"
            mode: "0600"
          check_mode: false
          diff: false
          changed_when: false
"""

WOODGROVE: dict[str, t.Any] = {
    "name": "Woodgrove Bank",
    "domains": ["woodgrovebank.com", "*.woodgrovebank.com"],
    "outbound": {"level": "domain_validation", "certificate_name": "mx.woodgrovebank.com"},
    "inbound": {"certificate_name": "*.woodgrovebank.com"},
    "reference": "CHG0042",
}
PARTNERS: list[t.Any] = ["fabrikam.com", WOODGROVE]


@dataclasses.dataclass
class Outcome:
    """What a run printed, and ``forced_tls_result``."""

    play: harness.Play
    result: dict[str, t.Any]


class Role:
    """Runs the role on a lab."""

    def __init__(self, run: Run, home: pathlib.Path) -> None:
        self._run = run
        self._result_file = home / "result.json"
        self._playbook = home / "role.yml"
        self._playbook.write_text(PLAY, encoding="utf-8")

    def __call__(self, partners: object, *arguments: str, rc: int = 0, **variables: t.Any) -> Outcome:
        """Run it, and see that it ends with ``rc`` and without any warning. Variables lack their prefix."""
        self._run.lab.journal.clear()
        self._result_file.unlink(missing_ok=True)
        # What is tested elsewhere, and would look at the internet's partners, or write into every test's directory.
        usual = {"probe": False, "report": False}
        given = {f"forced_tls_{name}": value for name, value in {"partners": partners, **usual, **variables}.items()}
        given = {name: value for name, value in given.items() if value is not None}
        play = self._run.playbook(self._playbook, *arguments, result_file=str(self._result_file), **given)
        assert play.rc == rc, play.text
        assert "WARNING" not in play.text
        assert "DEPRECAT" not in play.text
        return Outcome(play, json.loads(self._result_file.read_text(encoding="utf-8")))


@pytest.fixture
def role(run: Run, tmp_path: pathlib.Path) -> Role:
    """The role, bound to this test's lab."""
    return Role(run, tmp_path)


def names(records: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    return sorted(record["Name"] for record in records)


def record_of(records: t.Iterable[t.Mapping[str, t.Any]], name: str) -> t.Mapping[str, t.Any]:
    (found,) = (record for record in records if record["Name"] == name)
    return found


def test_check_then_run_then_run_again(lab: Lab, role: Role) -> None:
    check = role(PARTNERS, "--check", "--diff")
    assert lab.journal.writes() == []
    assert lab.tenant.outbound == lab.tenant.inbound == []
    assert check.result["summary"]["planned"] == 4
    assert "Partners 2, connectors 4: 0 unchanged, 4 to create, 0 to update" in " ".join(check.play.stdout.split())

    real = role(PARTNERS, "--diff")
    assert real.result["summary"]["applied"] == 4
    assert (real.result["plan_id"], real.result["diff"]) == (check.result["plan_id"], check.result["diff"])
    assert real.play.recap()["changed"] == 1
    assert names(lab.tenant.outbound) == ["Forced TLS to Woodgrove Bank", "Forced TLS to fabrikam.com"]
    assert names(lab.tenant.inbound) == ["Forced TLS from Woodgrove Bank", "Forced TLS from fabrikam.com"]
    for output in (check.play.stdout, real.play.stdout):
        assert "+++ after: outbound connector 'Forced TLS to Woodgrove Bank'" in output
        assert "mx.woodgrovebank.com" in output

    again = role(PARTNERS, "--diff")
    assert lab.journal.writes() == []
    assert again.play.recap()["changed"] == 0
    assert again.result["summary"]["unchanged"] == 4


def test_what_stands_in_exchange_is_what_the_list_says(lab: Lab, role: Role) -> None:
    role(PARTNERS, defaults={"contact": "mail team"})
    outbound = record_of(lab.tenant.outbound, "Forced TLS to Woodgrove Bank")
    assert (outbound["TlsSettings"], outbound["TlsDomain"]) == ("DomainValidation", "mx.woodgrovebank.com")
    assert sorted(outbound["RecipientDomains"]) == ["*.woodgrovebank.com", "woodgrovebank.com"]
    assert (outbound["Enabled"], outbound["UseMXRecord"], outbound["ConnectorType"]) == (True, True, "Partner")
    assert outbound["Comment"].startswith("Forced TLS with Woodgrove Bank. Contact: mail team. Reference: CHG0042.")
    inbound = record_of(lab.tenant.inbound, "Forced TLS from Woodgrove Bank")
    assert sorted(inbound["SenderDomains"]) == ["smtp:*.woodgrovebank.com;1", "smtp:woodgrovebank.com;1"]
    assert (inbound["RequireTls"], inbound["RestrictDomainsToCertificate"]) == (True, True)
    assert inbound["TlsSenderCertificateName"] == "*.woodgrovebank.com"
    assert record_of(lab.tenant.outbound, "Forced TLS to fabrikam.com")["TlsSettings"] == "CertificateValidation"


def test_from_prepared_to_enforced_in_place(lab: Lab, role: Role) -> None:
    role([{**WOODGROVE, "state": "prepared"}])
    before = [*lab.tenant.outbound, *lab.tenant.inbound]
    assert [record["Enabled"] for record in before] == [False, False]
    role([WOODGROVE])
    after = [*lab.tenant.outbound, *lab.tenant.inbound]
    assert [record["Enabled"] for record in after] == [True, True]
    assert [record["Guid"] for record in after] == [record["Guid"] for record in before]


def test_bad_input_is_told_whole_before_anything_is_sent(lab: Lab, role: Role) -> None:
    bad = role(
        ["a b", {"name": "X", "domains": ["x.com"], "state": "on"}, "fabrikam.com", "Fabrikam.com"],
        rc=2,
        defaults={"inbound": {"ip_addresses": ["192.0.2.0/8"]}},
    )
    for sentence in (
        "Defaults: inbound.ip_addresses '192.0.2.0/8' is a /8 network",
        "Partner 1 (a b): domains 'a b' has the label 'a b'",
        "Partner 2 (X): state 'on' is not known; use planned, prepared, enforced, suspended or absent.",
        "Partner 4 (Fabrikam.com): the domain 'fabrikam.com' is already listed by partner 3 (fabrikam.com)",
    ):
        assert sentence in bad.play.text
    assert lab.journal.entries == []
    assert bad.result == {"held": None, "alerts": None}


def test_an_unknown_key_of_the_defaults_and_an_unknown_consent(lab: Lab, role: Role) -> None:
    assert "smarthosts" in role(PARTNERS, rc=2, defaults={"outbound": {"smarthosts": []}}).play.text
    refused = role(PARTNERS, rc=2, allow_weaken=["fabrikan.com"]).play.text
    assert "The consent to weaken names 'fabrikan.com', who is not on the list (did you mean fabrikam.com?)" in refused
    assert lab.journal.entries == []


def test_a_partner_goes_only_with_consent(lab: Lab, role: Role) -> None:
    role(PARTNERS)
    going = ["fabrikam.com", {**WOODGROVE, "state": "absent"}]
    refused = role(going, rc=2)
    assert refused.result["failed"] is True
    assert refused.result["summary"]["skipped"] == 2
    assert "would weaken it" in refused.play.stdout
    assert 'the consent is forced_tls_allow_weaken: [\\"Woodgrove Bank\\"], or all.' in refused.play.stdout
    assert lab.journal.writes() == []

    gone = role(going, allow_weaken="all")
    assert gone.result["summary"]["deleted"] == 2
    assert names(lab.tenant.outbound) == ["Forced TLS to fabrikam.com"]
    assert names(lab.tenant.inbound) == ["Forced TLS from fabrikam.com"]


def test_prune_takes_what_is_ours_and_nothing_else(lab: Lab, role: Role, run: Run) -> None:
    run.connectors({"name": "by hand", "direction": "outbound", "recipient_domains": ["a.example"]})
    run.connectors({"name": "theirs", "direction": "outbound", "recipient_domains": ["b.example"]}, owner="them")
    role(PARTNERS)
    role(["fabrikam.com"])  # an entry that is simply removed leaves its connectors in force
    assert len(lab.tenant.outbound) == 4

    limited = role(["fabrikam.com"], rc=2, prune=True, prune_limit=1, allow_weaken="all")
    assert limited.result["summary"]["skipped"] == 2
    assert lab.journal.writes() == []

    role(["fabrikam.com"], prune=True, prune_limit=2, allow_weaken="all")
    assert names(lab.tenant.outbound) == ["Forced TLS to fabrikam.com", "by hand", "theirs"]
    assert names(lab.tenant.inbound) == ["Forced TLS from fabrikam.com"]


def test_a_list_of_domains_as_text_in_one_batch(lab: Lab, role: Role) -> None:
    domains = [f"partner{number}.example" for number in range(5)]
    done = role("\n".join(domains), batch_size=10)
    assert done.result["summary"]["applied"] == 10
    # The lists twice, and both directions once more to see who else is there.
    assert [len(entry.writing) for entry in lab.journal.admin() if entry.batch] == [0, 0, 10, 0]
    assert len(lab.tenant.inbound) == 5


def test_the_check_alone_needs_no_credentials(lab: Lab, tmp_path: pathlib.Path) -> None:
    play = harness.run_playbook(
        "mailflow.exchange_online.provision",
        "--tags",
        "forced_tls_check",
        environment={},
        variables={"forced_tls_partners": PARTNERS},
        home=tmp_path,
    )
    assert play.rc == 0, play.text
    assert lab.journal.entries == []


def test_the_playbook_signs_in_with_the_variables_of_the_host(lab: Lab, tmp_path: pathlib.Path) -> None:
    play = harness.run_playbook(
        "mailflow.exchange_online.provision",
        environment={},
        variables={
            "forced_tls_partners": PARTNERS,
            **{f"exo_{option}": value for option, value in lab.connection().items()},
        },
        home=tmp_path,
    )
    assert play.rc == 0, play.text
    assert len(lab.tenant.outbound) == len(lab.tenant.inbound) == 2
    assert lab.tenant.client_secret not in play.text


def test_the_list_of_the_demo_is_in_order(lab: Lab, tmp_path: pathlib.Path) -> None:
    plays = [
        harness.run_playbook("mailflow.exchange_online.demo", environment=lab.environment(), home=tmp_path)
        for _turn in range(2)
    ]
    assert [play.rc for play in plays] == [0, 0], plays[0].text + plays[1].text
    assert [play.recap()["changed"] for play in plays] == [1, 0]
    assert len(lab.tenant.outbound) == len(lab.tenant.inbound) >= 14

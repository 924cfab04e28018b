# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The qualification does no harm: it writes only when it may, leaves nothing behind, tells nothing of the tenant."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import PREFIX
from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.integration.both_ways import where
from ansible_collections.mailflow.exchange_online.tests.integration.qualification import ask, nothing, own, settings
from ansible_collections.mailflow.exchange_online.tests.lab import Fault, Lab
from ansible_collections.mailflow.exchange_online.tests.lab.pytest_plugin import MakeLab

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run

__all__ = ["where"]

LEFT = f"{PREFIX} 0a1b2c3d out"


def leave(lab: Lab, run: Run) -> None:
    """Have a connector of an earlier run stand."""
    given = {"name": LEFT, "direction": "outbound", "enabled": False, "transport_rule_scoped": True}
    assert run.module("connector", **given)["changed"]
    lab.journal.clear()


# -- writing -----------------------------------------------------------------------------------------------------------


def test_by_default_it_only_reads(run: Run) -> None:
    leave(run.lab, run)
    before = (run.lab.tenant.outbound, run.lab.tenant.inbound)
    result = run.module("exchange_qualification")
    assert not result["changed"]
    assert run.lab.journal.writes() == []
    assert (run.lab.tenant.outbound, run.lab.tenant.inbound) == before
    assert result["requests"] == len(run.lab.journal.admin()) == len(result["qualification"]["exchanges"])
    assert not result["qualification"]["wrote"]
    reasons = {one["reason"] for one in result["qualification"]["open"]}
    assert "Only a run that may write can ask this." in reasons


def test_check_mode_only_reads_too(run: Run) -> None:
    result = run.module("exchange_qualification", write=True, check=True)
    assert result["changed"]
    assert run.lab.journal.writes() == []


def test_what_is_left_of_an_earlier_run_is_told_by_one_and_removed_by_the_next(lab: Lab, run: Run) -> None:
    leave(lab, run)
    assert any(LEFT in text for text in ask(lab, write=False).warnings)
    assert own(lab) == [LEFT]
    lab.journal.clear()
    result = ask(lab, sleep=nothing)
    assert (own(lab), result.warnings) == ([], [])
    written = [cmdlet for entry in lab.journal.writes() for cmdlet in entry.cmdlets]
    assert written[:2] == ["Remove-OutboundConnector", "New-OutboundConnector"]


def test_no_connector_can_ever_carry_mail(lab: Lab) -> None:
    ask(lab, sleep=nothing)
    pairs = [
        (cmdlet, parameters)
        for entry in lab.journal.writes()
        for cmdlet, parameters in zip(entry.cmdlets, entry.parameters, strict=True)
    ]
    assert {cmdlet.partition("-")[0] for cmdlet, _given in pairs} == {"New", "Set", "Remove"}
    for cmdlet, given in pairs:
        lists = [given.get(name) for name in ("RecipientDomains", "SenderDomains")]
        domains = [one for items in lists if isinstance(items, list) for one in items]
        assert all(str(one).lower().rstrip(".").endswith(".example.com") for one in domains)
        if cmdlet.startswith("New-"):
            assert given["Enabled"] is False
            assert given["Name"].startswith(PREFIX)
        else:
            assert "Enabled" not in given
        if cmdlet == "New-OutboundConnector":
            assert given.get("IsTransportRuleScoped") is True or not domains


def test_other_connectors_stay_as_they_are(make_lab: MakeLab) -> None:
    lab = make_lab(seed={"tenants": [{"generate": {"outbound": 3, "inbound": 3}}]})
    before = (lab.tenant.outbound, lab.tenant.inbound)
    assert ask(lab, sleep=nothing).error is None
    assert (lab.tenant.outbound, lab.tenant.inbound) == before


def test_who_may_not_write_gets_what_reading_tells(make_lab: MakeLab) -> None:
    apps = [{"exchange_roles": ["View-Only Configuration"]}]
    lab = make_lab(seed={"tenants": [{"apps": apps}]})
    result = ask(lab, sleep=nothing)
    assert result.error is None
    assert settings(result)["get_unknown_identity"] == "404"
    assert "domain_case" not in settings(result)


def test_who_may_not_even_read_is_told_which_role_to_assign(make_lab: MakeLab) -> None:
    lab = make_lab(seed={"tenants": [{"apps": [{"exchange_roles": []}]}]})
    error = ask(lab, sleep=nothing).error
    assert error is not None
    assert error.kind == "permission"
    assert "Global Reader" in error.message


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"recipients": ["contoso.com"], "write": True}, "'contoso.com' is no mail address"),
        ({"recipients": ["a@contoso.com"], "write": False}, "set write: true"),
    ],
)
def test_recipients_that_cannot_be(options: dict[str, t.Any], sentence: str, run: Run) -> None:
    given = {"validation_recipients": options["recipients"], "write": options["write"]}
    result = run.module("exchange_qualification", **given)
    assert result["failed"]
    assert sentence in result["msg"]
    assert run.lab.journal.entries == []


# -- failing -----------------------------------------------------------------------------------------------------------


def test_whatever_request_fails_nothing_is_left(make_lab: MakeLab) -> None:
    lab = make_lab()
    ask(lab, sleep=nothing)
    count = len(lab.journal.admin())
    assert count > 100
    # All of the first ones, by which connectors come to be, and some of the others.
    for number in (*range(20, 36), *range(36, count, 9), *range(count - 8, count)):
        lab.faults.clear()
        lab.faults.add(Fault({"service": "admin", "nth": number}, "status", status=500))
        result = ask(lab, sleep=nothing, retries=1)
        assert own(lab) == [], number
        assert result.data["left"] == [], number
        assert result.data["qualification"]["answers"], number


@pytest.mark.parametrize("action", ["drop_after", "drop_before", "truncate", "not_json"])
@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_connector_that_came_to_be_unseen_is_removed(action: str, number: int, make_lab: MakeLab) -> None:
    lab = make_lab()
    lab.faults.add(Fault({"cmdlet": "New-*", "nth": number}, action))
    result = ask(lab, sleep=nothing)
    assert result.error is not None
    assert result.error.kind == "unknown_outcome"
    assert "New-" in result.error.message
    assert (own(lab), result.data["left"]) == ([], [])


@pytest.mark.parametrize(("target", "known"), [("found", True), ("404", False)])
def test_a_connector_that_is_not_listed_yet(target: str, known: bool, make_lab: MakeLab) -> None:
    lab = make_lab(switches={"visibility_seconds": 3600.0, "fresh_write_target": target})
    lab.faults.add(Fault({"cmdlet": "New-*"}, "drop_after"))
    result = ask(lab, sleep=nothing)
    assert result.error is not None
    assert (own(lab) == []) == known
    told = [text for text in result.warnings if "It is not known whether the connector" in text]
    assert len(told) == (0 if known else 1)
    lab.switches["visibility_seconds"] = 0.0  # it is seen at last
    assert ask(lab, sleep=nothing).warnings == []
    assert own(lab) == []


def test_what_cannot_be_removed_is_told_with_the_command_that_does_it(make_lab: MakeLab) -> None:
    lab = make_lab()
    lab.faults.add(Fault({"cmdlet": "Remove-*"}, "status", status=500, times=None))
    result = ask(lab, sleep=nothing)
    standing = own(lab)
    assert standing
    assert {one["name"] for one in result.data["left"]} == set(standing)
    assert result.error is not None
    for one in lab.tenant.outbound:
        assert f"Remove-OutboundConnector -Identity '{one['Guid']}'" in result.error.message
    assert "carry no mail" in result.error.message
    lab.faults.clear()
    assert ask(lab, sleep=nothing).error is None
    assert own(lab) == []


KILLED = """
import json, sys
from ansible_collections.mailflow.exchange_online.tests.integration.harness import run_module
run_module("exchange_qualification", json.loads(sys.argv[1]))
"""


def test_after_a_kill_the_next_run_cleans_up(lab: Lab) -> None:
    lab.faults.add(Fault({"cmdlet": "Set-InboundConnector"}, "stall", seconds=60))
    options = json.dumps({**lab.connection(), "write": True})
    running = subprocess.Popen(
        [sys.executable, "-c", KILLED, options], env={"PYTHONPATH": str(harness.ROOT / ".cache" / "collections")}
    )
    try:
        for _try in range(600):
            if any(fault.done for fault in lab.faults.all):
                break
            time.sleep(0.1)
    finally:
        running.kill()
        running.wait(timeout=30)
    assert len(own(lab)) > 2
    lab.faults.clear()
    assert ask(lab, sleep=nothing).error is None
    assert own(lab) == []


# -- telling nothing ---------------------------------------------------------------------------------------------------

CANARIES = (
    *("canarymail", "Canary GmbH", "canarypartner", "canaryhost", "canary-comment", "canaryperson", "canaryorg"),
    *("203.0.113.77", "203.0.113.0/24", "198.51.100.66", "canarydomain"),
)
SEED: dict[str, t.Any] = {
    "tenants": [
        {
            "domain": "canarymail.onmicrosoft.com",
            "accepted_domains": ["canarydomain.de"],
            "outbound": [
                {
                    "Name": "To Canary GmbH",
                    "Comment": "canary-comment by canaryperson@canarydomain.de",
                    "RecipientDomains": ["canarypartner.org", "*.canarypartner.org"],
                    "UseMXRecord": False,
                    "SmartHosts": ["canaryhost.canarypartner.org", "203.0.113.77"],
                    "TlsSettings": "DomainValidation",
                    "TlsDomain": "*.canarypartner.org",
                    "ValidationRecipients": ["canaryperson@canarypartner.org"],
                    "IsTransportRuleScoped": True,
                },
                {"Name": "canaryorg", "RecipientDomains": ["canaryorg.example.net"]},
            ],
            "inbound": [
                {
                    "Name": "From Canary GmbH",
                    "SenderDomains": ["canarypartner.org"],
                    "SenderIPAddresses": ["203.0.113.0/24", "198.51.100.66"],
                    "TlsSenderCertificateName": "mail.canarypartner.org",
                }
            ],
            "blocked": ["From Canary GmbH"],
        }
    ]
}


def test_nothing_of_the_tenant_is_in_the_file(make_lab: MakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = make_lab(seed=SEED)
    kept: list[bytes] = []
    session = "ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.ask.Wire._keep"
    keep: t.Any = harness.importlib.import_module(session.rpartition(".Wire")[0]).Wire._keep

    def listen(wire: t.Any, step: t.Any, calls: t.Any, reply: t.Any, *rest: t.Any, **named: t.Any) -> t.Any:
        kept.append(reply.body)
        return keep(wire, step, calls, reply, *rest, **named)

    monkeypatch.setattr(session, listen)
    lab.faults.add(
        Fault({"cmdlet": "Get-AcceptedDomain", "nth": 1}, "status", status=400, body=json.dumps(ERROR)),
    )
    result = ask(lab, recipients=["canaryperson@canarydomain.de"], sleep=nothing)
    assert result.error is None
    raw = b"".join(kept).decode("utf-8", "replace").lower()
    shown = (json.dumps(result.data["qualification"], ensure_ascii=False) + result.data["summary"]).lower()
    for canary in CANARIES:
        assert canary.lower() in raw, canary
        assert canary.lower() not in shown, canary
    guids = {
        str(one[name])
        for one in (*lab.tenant.outbound, *lab.tenant.inbound)
        for name in ("Guid", "NameHashGuid")
        if one.get(name)
    }
    options = lab.connection()
    secrets = {*guids, *lab.issued_tokens(), *(options[name] for name in ("tenant_id", "client_id", "client_secret"))}
    assert len(secrets) > 6
    assert [one for one in secrets if one.lower() in shown] == []


ERROR = {
    "error": {
        "code": "BadRequest",
        "message": "Error executing cmdlet",
        "details": [
            {
                "code": "Context",
                "target": "",
                "message": "Ex1|System.ArgumentException|The domain canarydomain.de of canarymail.onmicrosoft.com, seen"
                " by 'To Canary GmbH' at 203.0.113.77, asked canaryperson@canarypartner.org.",
            }
        ],
    }
}


def test_the_same_value_has_the_same_pseudonym(make_lab: MakeLab) -> None:
    found = ask(make_lab(seed=SEED), write=False).data["qualification"]
    by_step = {one["step"]: one["answer"]["body"] for one in found["exchanges"] if "body" in one["answer"]}
    names = {step: [record["Name"] for record in by_step[step]["value"]] for step in ("outbound", "scoped", "both")}
    assert names["scoped"] == names["both"]
    assert names["scoped"][0] in names["outbound"]
    assert len(set(names["outbound"])) == 2


def test_an_identifier_that_was_missed_stops_the_file(make_lab: MakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = make_lab()
    place = (
        "ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.pseudonyms.Pseudonyms.free"
    )
    monkeypatch.setattr(place, lambda _names, text: text)  # addresses of the answers, with the tenant in them
    with pytest.raises(ExchangeError, match="identifiers of the tenant would have stood in the file"):
        ask(lab, write=False)
    lab.faults.add(Fault({"cmdlet": "Remove-*"}, "status", status=403, times=None))
    with pytest.raises(
        ExchangeError, match=r"could not be removed.*identifiers of the tenant.*Remove-OutboundConnector"
    ):
        ask(lab, sleep=nothing)


def test_long_lists_are_shortened_and_counted(make_lab: MakeLab) -> None:
    lab = make_lab(seed={"tenants": [{"generate": {"outbound": 400, "inbound": 400}}]})
    result = ask(lab, sleep=nothing)
    body = next(one for one in result.data["qualification"]["exchanges"] if one["step"] == "outbound")["answer"]["body"]
    assert body["value@count"] == 400
    assert len(body["value"]) < 60
    assert len(json.dumps(result.data["qualification"])) < 2_000_000


# -- the playbook ------------------------------------------------------------------------------------------------------


def test_the_playbook_writes_file_and_page(lab: Lab, tmp_path: pathlib.Path) -> None:
    play = harness.run_playbook(
        "mailflow.exchange_online.qualify", environment=lab.environment(), variables={}, home=tmp_path
    )
    assert play.rc == 0, play.text
    assert lab.journal.writes() == []
    assert json.loads((tmp_path / "qualification.json").read_text(encoding="utf-8"))["wrote"] is False
    assert (tmp_path / "qualification.md").read_text(encoding="utf-8").startswith("# Our picture of Exchange")
    assert (tmp_path / "qualification.json").stat().st_mode & 0o777 == 0o600
    assert "WARNING" not in play.text
    assert "questions are answered" in play.text


def test_the_playbook_writes_and_then_fails_where_something_is_left(lab: Lab, tmp_path: pathlib.Path) -> None:
    lab.faults.add(Fault({"cmdlet": "Remove-*"}, "status", status=403, times=None))
    place = tmp_path / "there"
    place.mkdir()
    variables = {"exo_qualify_write": True, "exo_qualify_dir": str(place)}
    play = harness.run_playbook(
        "mailflow.exchange_online.qualify", environment=lab.environment(), variables=variables, home=tmp_path
    )
    assert play.rc == 2, play.text
    assert "could not be removed" in play.text
    assert (
        json.loads((place / "qualification.json").read_text(encoding="utf-8"))["settings"]["domain_case"] == "as_sent"
    )
    assert own(lab) != []

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exchange's own validation, with test mails that really go to partners' servers."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation import carry
from ansible_collections.mailflow.exchange_online.tests.integration.harness import run_module
from ansible_collections.mailflow.exchange_online.tests.integration.validation import (
    CLEAR,
    EXPIRED,
    GOOD,
    lab,
    letters,
    record,
    validate,
    waits,
    world,
)
from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.exchange.records import utc_now

__all__ = ["lab", "waits", "world"]


def change(lab: Lab, name: str, later: dt.timedelta) -> None:
    """Somebody changes a connector, so long after now."""
    state = lab.world.tenants[lab.tenant.tenant_id].exchange
    found = state.target("OutboundConnector", name)
    assert found is not None
    state.write("OutboundConnector", found.guid, found.changed_to({**found.values, "Comment": "x"}, utc_now() + later))


# -- what comes of it ------------------------------------------------------------------------------------------------


def test_a_good_partner_gets_the_mail_and_the_success_is_recorded(lab: Lab) -> None:
    result = validate(lab, GOOD)
    (one,) = result["validations"]
    assert (one["status"], one["success"], one["recorded"], one["tries"]) == ("passed", True, True, 1)
    assert letters(lab) == [(f"postmaster@{GOOD}", True)]
    (letter,) = lab.partners.journal.letters
    assert letter.mail_from == ""
    assert b"Subject: Test email for connector validation" in letter.content
    found = record(lab, f"to {GOOD}")
    assert (found["IsValidated"], found["ValidationRecipients"]) == (True, [f"postmaster@{GOOD}"])
    assert found["LastValidationTimestamp"] is not None
    assert result["changed"] is True
    assert not result.get("failed")


def test_partners_that_cannot_be_forced_are_told_with_exchanges_words(lab: Lab) -> None:
    result = validate(lab, GOOD, CLEAR, EXPIRED)
    assert [one["status"] for one in result["validations"]] == ["passed", "failed", "failed"]
    assert result["failed"] is True
    assert result["error"]["kind"] == "not_validated"
    _good, clear, expired = result["validations"]
    assert "451 5.7.3 STARTTLS is required to send mail" in clear["error"]["message"]
    assert "The partner's server offers no STARTTLS: the partner must switch TLS on." in clear["error"]["message"]
    assert "CertificateExpired" in expired["error"]["message"]
    assert "must renew it" in expired["error"]["message"]
    assert letters(lab) == [(f"postmaster@{GOOD}", True)]
    # A stale success is taken back; where there was none, nothing is written.
    assert (clear["recorded"], record(lab, f"to {CLEAR}")["IsValidated"]) == (True, False)
    assert (expired["recorded"], record(lab, f"to {EXPIRED}")["LastValidationTimestamp"]) == (False, None)


def test_check_mode_sends_nothing_and_says_what_it_would_test(lab: Lab) -> None:
    before = lab.tenant.outbound
    result = validate(lab, GOOD, CLEAR, check=True)
    assert [(one["status"], one["recipients"]) for one in result["validations"]] == [
        ("planned", [f"postmaster@{GOOD}"]),
        ("planned", [f"postmaster@{CLEAR}"]),
    ]
    assert [one["reason"] for one in result["validations"]] == [
        "no success is recorded",
        "the recorded success is older than max_age",
    ]
    assert lab.journal.writes() == lab.journal.commands("Validate-") == []
    assert letters(lab) == []
    assert lab.tenant.outbound == before
    assert result["changed"] is True


def test_a_second_run_sends_nothing_until_the_connector_is_changed(lab: Lab) -> None:
    assert validate(lab, GOOD)["changed"] is True
    lab.journal.clear()
    second = validate(lab, GOOD)
    assert (second["validations"][0]["status"], second["changed"]) == ("fresh", False)
    assert lab.journal.writes() == lab.journal.commands("Validate-") == []
    assert len(lab.journal.admin()) <= 4
    change(lab, f"to {GOOD}", dt.timedelta(minutes=4))  # as recording a result does
    assert validate(lab, GOOD, check=True)["validations"][0]["status"] == "fresh"
    change(lab, f"to {GOOD}", dt.timedelta(minutes=6))
    third = validate(lab, GOOD, check=True)
    assert third["validations"][0]["reason"] == "the connector was changed since the recorded success"


@pytest.mark.parametrize("reading", ["refused", "validated"])
def test_a_disabled_connector_in_both_readings(reading: str, lab: Lab) -> None:
    lab.switches["validation_disabled"] = reading
    result = validate(lab, connectors=[{"name": "off", "recipients": [f"it@{GOOD}"]}])
    (one,) = result["validations"]
    if reading == "validated":
        assert (one["status"], one["recorded"]) == ("passed", True)
    else:
        assert (one["status"], one["recorded"], one["tries"]) == ("failed", False, 1)
        assert "The connector is disabled, and Exchange says this of every disabled connector" in result["msg"]
        assert letters(lab) == []


def test_a_connector_for_mail_flow_rules_takes_any_address(lab: Lab) -> None:
    result = validate(lab, connectors=[{"name": "rules", "recipients": [f"it@{GOOD}"]}])
    assert result["validations"][0]["status"] == "passed"


def test_stored_recipients_stand_in(lab: Lab) -> None:
    stored = {"name": f"to {GOOD}", "direction": "outbound", "validation_recipients": [f"it@{GOOD}", f"mail@{GOOD}"]}
    run_module("connector", {**lab.connection(), **stored})
    result = validate(lab, connectors=[{"name": f"TO {GOOD}"}])
    assert result["validations"][0]["status"] == "passed"
    assert sorted(letters(lab)) == [(f"it@{GOOD}", True), (f"mail@{GOOD}", True)]


# -- shapes and readings ---------------------------------------------------------------------------------------------

SHAPES = [
    ("validation_detail", "text"),
    ("validation_detail", "list"),
    ("validation_detail", "other_name"),
    ("validation_detail", "absent"),
    ("validation_flag", "text"),
    ("validation_task_names", "others"),
    ("validation_connectivity", "mx_too"),
]


@pytest.mark.parametrize(("switch", "setting"), SHAPES)
def test_every_shape_of_the_answer_is_read(switch: str, setting: str, lab: Lab) -> None:
    lab.switches[switch] = setting
    result = validate(lab, GOOD, CLEAR)
    good, clear = result["validations"]
    assert (good["status"], clear["status"]) == ("passed", "failed")
    assert all(step["success"] is True and step["name"] for step in good["steps"])
    assert [one["IsValidated"] for one in (record(lab, f"to {GOOD}"), record(lab, f"to {CLEAR}"))] == [True, False]
    if setting != "absent":
        assert "STARTTLS is required" in clear["error"]["message"]


@pytest.mark.parametrize(("switch", "setting"), [("routing_delay_uses", 2), ("validation_detail", "absent")])
def test_a_new_connector_is_tried_again_until_routing_has_it(
    switch: str, setting: object, lab: Lab, waits: list[float]
) -> None:
    lab.switches[switch] = setting
    lab.switches["routing_delay_uses"] = 2
    made = {"name": "new", "direction": "outbound", "recipient_domains": [GOOD], "tls_settings": "encryption_only"}
    assert run_module(
        "connector", {**lab.connection(), "state": "absent", "direction": "outbound", "name": f"to {GOOD}"}
    )
    assert run_module("connector", {**lab.connection(), **made})["changed"]
    (one,) = validate(lab, connectors=[{"name": "new", "recipients": [f"it@{GOOD}"]}])["validations"]
    if setting == "absent":  # nothing says why it failed, so it is not known to be worth another try
        assert (one["status"], one["tries"], one["recorded"]) == ("failed", 1, False)
    else:
        assert (one["status"], one["tries"], waits) == ("passed", 3, list(carry.PAUSES[:2]))


# -- what is refused before anything is sent -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"name": f"to {GOOD}", "recipients": []}, "recipients: the list is empty; give a mailbox at the partner"),
        ({"name": f"to {GOOD}"}, "recipients: none are given and none are stored with the connector; give a mailbox"),
        (
            {"name": f"to {GOOD}", "recipients": ["x@other.test"]},
            "x@other.test is outside the domains of the connector",
        ),
        ({"name": f"to {GOOD}", "recipients": ["other.test"]}, "'other.test' is not a mail address"),
        (
            {"name": "from a", "recipients": [f"x@{GOOD}"]},
            "an inbound one of that name does; Exchange validates outbound",
        ),
        ({"name": "to nobody", "recipients": ["x@nobody.test"]}, "does not exist in this tenant; create it first"),
    ],
)
def test_bad_input(entry: dict[str, t.Any], words: str, lab: Lab) -> None:
    before = lab.tenant.outbound
    for check in (True, False):
        result = validate(lab, connectors=[{"name": f"to {CLEAR}", "recipients": [f"x@{CLEAR}"]}, entry], check=check)
        assert result["failed"] is True
        assert result["error"]["kind"] == "input"
        assert words in result["msg"]
        assert entry["name"] in result["msg"]
    assert lab.journal.writes() == lab.journal.commands("Validate-") == []
    assert lab.tenant.outbound == before

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: which request meets them, and that they really happen on the wire."""

from __future__ import annotations

import json
import time
import typing as t

import msal
import pytest
import requests

from ansible_collections.mailflow.exchange_online.tests.lab import Fault, Lab
from ansible_collections.mailflow.exchange_online.tests.lab.fault_actions import ACTIONS
from ansible_collections.mailflow.exchange_online.tests.lab.faults import Faults
from ansible_collections.mailflow.exchange_online.tests.lab.transport import PERFORMED
from ansible_collections.mailflow.exchange_online.tests.lab_tests import entra_client as entra

TOKEN = {"service": "entra", "cmdlet": "token"}


def hits(fault: Fault, *requests_made: tuple[str, str]) -> list[bool]:
    faults = Faults()
    faults.add(fault)
    return [faults.take("admin", cmdlet, tenant=tenant) is fault for cmdlet, tenant in requests_made]


# -- which request ----------------------------------------------------------------------------------------------------


def test_times_and_after() -> None:
    asked = [("New-InboundConnector", "t")] * 5
    assert hits(Fault({}, "drop_before"), *asked) == [True, False, False, False, False]
    assert hits(Fault({}, "drop_before", times=2, after=1), *asked) == [False, True, True, False, False]
    assert hits(Fault({}, "drop_before", times=None, after=3), *asked) == [False, False, False, True, True]
    assert hits(Fault({"nth": 3}, "drop_before"), *asked) == [False, False, True, False, False]


def test_cmdlets_are_matched_by_pattern_and_without_case() -> None:
    asked = [("Get-OutboundConnector", "t"), ("new-outboundconnector", "t"), ("New-InboundConnector", "t")]
    assert hits(Fault({"cmdlet": "New-*"}, "drop_before", times=None), *asked) == [False, True, True]
    assert hits(Fault({"cmdlet": "*-OutboundConnector"}, "drop_before", times=None), *asked) == [True, True, False]


def test_only_what_matches_is_counted() -> None:
    asked = [("Get-X", "a"), ("New-X", "b"), ("New-X", "A"), ("New-X", "a")]
    assert hits(Fault({"cmdlet": "New-*", "tenant": "a", "nth": 2}, "drop_before"), *asked) == [False] * 3 + [True]


def test_a_batch_is_matched_as_a_whole_and_item_by_item() -> None:
    whole, second = Fault({"cmdlet": "New-*"}, "drop_before"), Fault({"cmdlet": "New-*", "item": 2}, "drop_before")
    missing = Fault({}, "missing_item", after=2)
    faults = Faults()
    faults.add(second, missing, whole)
    assert faults.take("admin", ["Get-X", "New-X"]) is whole
    assert faults.take("admin", "New-X", item=1) is None
    assert faults.take("admin", "New-X", item=2) is second
    assert faults.take("admin", "New-X", item=3) is missing


def test_items_and_requests_are_not_mixed_up() -> None:
    faults = Faults()
    faults.add(Fault({}, "missing_item", times=None))
    assert faults.take("admin", ["New-X"]) is None
    faults.clear()
    faults.add(Fault({}, "drop_before", times=None))
    assert faults.take("admin", "New-X", item=1) is None


def test_several_happen_one_after_the_other() -> None:
    first, second, later = Fault({}, "drop_before"), Fault({}, "drop_after"), Fault({"nth": 3}, "stall", seconds=1)
    faults = Faults()
    faults.add(first, second, later)
    assert [faults.take("admin", "Get-X") for _turn in range(4)] == [first, second, later, None]
    assert [(one.seen, one.done) for one in faults.all] == [(4, 1), (4, 1), (4, 1)]
    faults.clear()
    assert faults.take("admin", "Get-X") is None


def test_services_keep_to_themselves() -> None:
    faults = Faults()
    faults.add(Fault({}, "token_error", code=90055), Fault({"service": "imds"}, "drop_before"))
    assert faults.take("admin", "Get-X") is None


@pytest.mark.parametrize(
    ("match", "action", "arguments"),
    [
        ({}, "explode", {}),
        ({"cmdlets": "New-*"}, "drop_before", {}),
        ({"service": "smtp"}, "drop_before", {}),
        ({"service": "entra"}, "missing_item", {}),
        ({}, "status", {}),
        ({}, "drop_before", {"seconds": 1}),
    ],
)
def test_a_fault_that_cannot_be_is_refused(match: dict[str, t.Any], action: str, arguments: dict[str, t.Any]) -> None:
    with pytest.raises(ValueError, match=r"[Ff]ault"):
        Fault(match, action, **arguments)


def test_a_fault_travels_as_json() -> None:
    fault = Fault({"cmdlet": "New-*"}, "status", None, 2, status=503, retry_after="soon")
    again = Fault.from_dict(json.loads(json.dumps(fault.as_dict())))
    assert again.as_dict() == fault.as_dict()
    assert Fault.from_dict({"action": "stall", "seconds": 2})["seconds"] == 2


def test_whether_the_request_is_carried_out() -> None:
    assert not Fault({}, "drop_before").happens
    assert Fault({}, "drop_after").happens
    assert not Fault({}, "status", status=500).happens
    assert Fault({}, "status", status=500, effect=True).happens
    assert not Fault({}, "truncate", effect=False).happens


def test_each_action_has_somebody_who_performs_it() -> None:
    assert {name for name, kind in ACTIONS.items() if kind.transport} == PERFORMED


# -- on the wire ------------------------------------------------------------------------------------------------------


def test_a_status_with_headers_and_body(lab: Lab) -> None:
    lab.faults.add(
        Fault(TOKEN, "status", status=503, body="busy", headers={"X-Mine": "1"}, retry_after=7),
        Fault(TOKEN, "status", status=500, body={"error": {"code": "x"}}),
        Fault(TOKEN, "throttle", retry_after="Wed, 21 Oct 2026 07:28:00 GMT", json=True),
        Fault(TOKEN, "throttle"),
    )
    busy, broken, dated, plain = (entra.by_form(lab) for _turn in range(4))
    assert (busy.status_code, busy.text) == (503, "busy")
    assert (busy.headers["Retry-After"], busy.headers["X-Mine"]) == ("7", "1")
    assert broken.json() == {"error": {"code": "x"}}
    assert dated.headers["Retry-After"].startswith("Wed")
    assert dated.json()["error"]["code"] == "TooManyRequests"
    assert (plain.status_code, plain.headers["Content-Type"]) == (429, "text/plain; charset=utf-8")
    assert "Retry-After" not in plain.headers
    assert lab.issued_tokens() == []
    assert [entry.status for entry in lab.journal.tokens()] == [503, 500, 429, 429]


def test_a_dropped_connection_before_and_after(lab: Lab) -> None:
    lab.faults.add(Fault(TOKEN, "drop_before"), Fault(TOKEN, "drop_after"))
    for issued in (0, 1):
        with pytest.raises(requests.ConnectionError):
            entra.by_form(lab)
        assert len(lab.issued_tokens()) == issued
    assert [(entry.status, entry.fault) for entry in lab.journal.tokens()] == [
        (None, "drop_before"),
        (None, "drop_after"),
    ]
    assert entra.by_form(lab).status_code == 200


def test_a_body_cut_short(lab: Lab) -> None:
    lab.faults.add(Fault(TOKEN, "truncate"))
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError), match="IncompleteRead"):
        entra.by_form(lab)
    lab.faults.add(Fault(TOKEN, "invalid_json"))
    answer = entra.by_form(lab)
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_body_that_is_something_else(lab: Lab) -> None:
    lab.faults.add(Fault(TOKEN, "not_json"), Fault(TOKEN, "empty_body", status=204), Fault(TOKEN, "false_gzip"))
    assert entra.by_form(lab).text.startswith("<!DOCTYPE html>")
    empty = entra.by_form(lab)
    assert (empty.status_code, empty.content) == (204, b"")
    with pytest.raises(requests.exceptions.ContentDecodingError):
        entra.by_form(lab)


def test_a_stall_and_a_slow_body(lab: Lab) -> None:
    lab.faults.add(
        Fault(TOKEN, "stall", seconds=0.2),
        Fault(TOKEN, "stall", seconds=0.05, answer=False),
        Fault(TOKEN, "slow_body", seconds=0.2, pieces=4),
    )
    begun = time.monotonic()
    assert entra.by_form(lab).status_code == 200
    assert time.monotonic() - begun >= 0.2
    with pytest.raises(requests.ConnectionError):
        entra.by_form(lab)
    assert "access_token" in entra.by_form(lab).json()
    assert [entry.status for entry in lab.journal.tokens()] == [200, None, 200]


def test_a_stalled_request_does_not_hold_up_the_end() -> None:
    with Lab() as lab:
        lab.faults.add(Fault(TOKEN, "stall", seconds=3600))
        with entra.session(lab) as http, pytest.raises(requests.ReadTimeout):
            http.post(f"{lab.authority_url}/{lab.tenant.tenant_id}/oauth2/v2.0/token", data={}, timeout=0.2)
        assert len(lab.journal.tokens()) == 1


def test_a_redirect_leads_msal_to_another_host(lab: Lab) -> None:
    target = f"{lab.imds_url}/elsewhere"
    lab.faults.add(Fault(TOKEN, "redirect", location=target, status=307))
    answer = entra.by_form(lab)
    assert (answer.status_code, answer.headers["Location"]) == (307, target)


def test_discovery_has_faults_of_its_own(lab: Lab) -> None:
    lab.faults.add(Fault({"service": "entra", "cmdlet": "discovery"}, "status", status=500))
    with pytest.raises((ValueError, msal.exceptions.MsalServiceError)):
        entra.by_msal(lab, "x")
    assert lab.journal.tokens() == []


def test_a_fault_for_one_tenant_spares_the_others(lab: Lab) -> None:
    first, second = lab.tenants.values()
    lab.faults.add(Fault({**TOKEN, "tenant": first.domain}, "status", times=None, status=503))
    assert entra.by_form(lab, first.tenant_id).status_code == 503
    other = entra.by_form(lab, second.domain, client_id=second.client_id, client_secret=second.client_secret)
    assert other.status_code == 200

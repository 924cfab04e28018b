# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to a tenant between two requests: tokens expire, rights go, somebody else is at work."""

from __future__ import annotations

import pytest
import requests

from ansible_collections.mailflow.exchange_online.tests.lab import Fault
from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import Api, sign_in


def test_tokens_expire_before_a_request(api: Api) -> None:
    api.lab.faults.add(Fault({"cmdlet": "New-*"}, "expire_token"))
    assert api.value("Get-OutboundConnector") == []
    answer = api.call("New-OutboundConnector", Name="a", RecipientDomains=["a.example"])
    assert answer.status_code == 401
    assert "token_expired" in answer.headers["x-ms-diagnostics"]
    assert api.call("Get-OutboundConnector").status_code == 401
    api.token = sign_in(api.lab)
    assert api.value("Get-OutboundConnector") == []


def test_rights_go_before_a_request_and_stay_gone(api: Api) -> None:
    api.lab.faults.add(Fault({"cmdlet": "New-*"}, "withdraw_rights"))
    assert api.value("Get-OutboundConnector") == []
    for cmdlet in ("New-OutboundConnector", "Get-OutboundConnector"):
        with pytest.raises(requests.exceptions.ContentDecodingError):  # the body of a 403 is labelled as gzip
            api.call(cmdlet, Name="a", RecipientDomains=["a.example"])
    assert [entry.status for entry in api.lab.journal.admin()] == [200, 403, 403]
    assert api.lab.tenant.outbound == []


def test_somebody_else_makes_changes_and_removes_a_connector(old: Api) -> None:
    def at_next_read(noun: str = "OutboundConnector", **arguments: object) -> list[tuple[str, str]]:
        old.lab.faults.add(Fault({"cmdlet": f"Get-{noun}"}, "edit", noun=noun, **arguments))
        return [(record["Name"], record["Comment"]) for record in old.value(f"Get-{noun}")]

    before = old.lab.tenant.outbound[0]
    assert at_next_read(name="new", members={"Comment": "hers"}) == [("old", ""), ("new", "hers")]
    assert at_next_read(name="OLD", members={"Comment": "changed"}) == [("old", "changed"), ("new", "hers")]
    after = old.lab.tenant.outbound[0]
    assert after["Guid"] == before["Guid"]
    assert after["WhenChangedUTC"] > before["WhenChangedUTC"]
    assert at_next_read(name="old", members=None) == [("new", "hers")]
    assert at_next_read(name="old", members=None) == [("new", "hers")]
    assert at_next_read("InboundConnector", name="in", members={"SenderDomains": ["a.example"]}) == [("in", "")]

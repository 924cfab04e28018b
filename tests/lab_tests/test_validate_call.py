# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate-OutboundConnector: its parameters, what it leaves alone, and a lab without partners."""

from __future__ import annotations

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import Api, Json
from ansible_collections.mailflow.exchange_online.tests.lab_tests.flow_fixtures import GOOD, Post


def test_nothing_is_written_back(post: Post) -> None:
    post.connect(GOOD, TlsSettings="EncryptionOnly")
    before = post.lab.tenant.outbound
    assert post.mail_task(GOOD)["IsTaskSuccessful"] is True
    assert post.lab.tenant.outbound == before
    assert before[0]["IsValidated"] is False
    assert before[0]["ValidationRecipients"] == []


def test_it_is_found_by_guid_and_path_and_must_be_there(post: Post) -> None:
    made = post.connect(GOOD)
    for identity in (made["Guid"], made["DistinguishedName"], "PARTNER"):
        assert post.mail_task(GOOD, identity)["IsTaskSuccessful"] is True
    text = post.api.refused("Validate-OutboundConnector", 404, Identity="gone", Recipients=[post.address(GOOD)])
    assert "object 'gone' couldn't be found" in text
    assert len(post.letters(GOOD)) == 3


def test_what_if_sends_nothing(post: Post) -> None:
    post.connect(GOOD)
    answer = post.api.done(
        "Validate-OutboundConnector", Identity="partner", Recipients=post.address(GOOD), WhatIf=True, Confirm=False
    )
    assert 'operation "Validate-OutboundConnector" on target "partner"' in answer["@adminapi.confirmationmessage"]
    assert answer["value"] == []
    assert post.lab.partners.journal.letters == []


def test_recipients_may_come_in_any_form_of_a_list(post: Post) -> None:
    post.connect(GOOD)
    tagged = {"@odata.type": "#Exchange.GenericHashTable", "Add": [post.address(GOOD)]}
    for recipients in (post.address(GOOD), [post.address(GOOD)], tagged):
        answer = post.api.value("Validate-OutboundConnector", Identity="partner", Recipients=recipients)
        assert answer[-1]["IsTaskSuccessful"] is True


@pytest.mark.parametrize(
    "recipients", ["nobody", "@a-good.test", "a@", "a b@a-good.test", "a@b@a-good.test", "a@-", "<a@a-good.test>"]
)
def test_recipients_must_be_addresses(post: Post, recipients: str) -> None:
    post.connect(GOOD)
    text = post.api.refused("Validate-OutboundConnector", Identity="partner", Recipients=[recipients])
    assert "isn't a valid SMTP address" in text


@pytest.mark.parametrize("parameters", [{"Identity": "partner"}, {"Recipients": ["a@a-good.test"]}, {"Recipients": []}])
def test_both_parameters_are_needed(post: Post, parameters: Json) -> None:
    post.connect(GOOD)
    assert "missing mandatory parameters" in post.api.refused("Validate-OutboundConnector", **parameters)
    assert "Nonsense" in post.api.refused("Validate-OutboundConnector", **parameters, Nonsense=1)


def test_the_mail_comes_from_the_default_domain(post: Post) -> None:
    post.connect(GOOD)
    post.mail_task(GOOD)
    assert post.lab.tenant.domain != "contoso.example"
    assert b"From: O365ConnectorValidation@contoso.example\r\n" in post.letters(GOOD)[0].content


def test_in_a_lab_without_partners_no_name_is_resolved(lab: Lab) -> None:
    api = Api(lab, lab.tenant.issue_token())
    try:
        parameters = {"RecipientDomains": ["a.example"], "UseMXRecord": False, "SmartHosts": ["mx.a.example"]}
        api.value("New-OutboundConnector", Name="a", **parameters)
        tasks = api.value("Validate-OutboundConnector", Identity="a", Recipients=["b@a.example"])
    finally:
        api.session.close()
    assert [(task["TaskName"], task["IsTaskSuccessful"]) for task in tasks] == [
        ("Check connectivity to 'mx.a.example'", False),
        ("Send test email", False),
    ]
    assert tasks[1]["Detail"].splitlines()[0] == "450 4.4.312 DNS query failed"

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is validated, and why; and what is refused before anything is sent."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.model import Request
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.plan import (
    make_tasks,
    read_requests,
    serves,
    why_due,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.validation.builders import (
    NOW,
    connector,
    validated,
    wire,
)

MONTH = dt.timedelta(days=30)


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (connector(), "no success is recorded"),
        (connector(LastValidationTimestamp=wire(NOW)), "the last validation is not recorded as a success"),
        (connector(IsValidated=True), "a success is recorded without its time"),
        (connector(IsValidated=True, LastValidationTimestamp="?"), "a success is recorded without its time"),
        (connector(IsValidated="true", LastValidationTimestamp=wire(NOW)), "the last validation is not recorded"),
        (validated(719, 719), ""),
        (validated(721, 721), "the recorded success is older than max_age"),
        (validated(-0.05, 0), ""),
        (validated(-1, 0), "lies in the future"),
        # Recording a result changes the connector as well, a little later and by another clock.
        (validated(100, 100 - 4 / 60), ""),
        (validated(100, 100 - 6 / 60), "changed since"),
        (validated(100, 101), ""),
        (validated(100, 1), "changed since"),
    ],
)
def test_why_a_connector_is_due(standing: Connector, reason: str) -> None:
    found = why_due(standing, MONTH, NOW)
    assert bool(found) == bool(reason)
    assert reason in found


def test_a_connector_that_does_not_tell_when_it_was_changed_is_due() -> None:
    standing = connector(IsValidated=True, LastValidationTimestamp=wire(NOW), WhenChangedUTC=None)
    assert "changed since" in why_due(standing, MONTH, NOW)


def test_max_age_zero_is_always() -> None:
    assert why_due(validated(0, 0), dt.timedelta(), NOW) == "max_age is 0"


@pytest.mark.parametrize(
    ("members", "domain", "served"),
    [
        ({}, "a.example", True),
        ({}, "sub.a.example", False),
        ({}, "b.example", False),
        ({}, "xa.example", False),
        ({"RecipientDomains": ["*.a.example"]}, "sub.a.example", True),
        ({"RecipientDomains": ["*.a.example"]}, "a.example", True),  # documented both ways: Exchange decides
        ({"RecipientDomains": ["*.a.example"]}, "xa.example", False),
        ({"RecipientDomains": ["*"]}, "b.example", True),
        ({"RecipientDomains": []}, "a.example", False),
        ({"RecipientDomains": [], "IsTransportRuleScoped": True}, "b.example", True),
        ({"RecipientDomains": [], "AllAcceptedDomains": True}, "b.example", True),
    ],
)
def test_which_domains_a_connector_serves(members: dict[str, t.Any], domain: str, served: bool) -> None:
    assert serves(connector(**members), domain) is served


def tasks(*requests: Request, inbound: t.Collection[str] = (), **members: t.Any) -> t.Any:
    return make_tasks(requests, [connector(**members)], inbound, MONTH, NOW)


def test_names_are_compared_without_case_and_stored_recipients_stand_in() -> None:
    (task,) = tasks(Request("TO A", None), ValidationRecipients=["It@A.example"])
    assert task.connector.name == "to a"
    assert task.recipients == ("it@a.example",)
    assert task.due == "no success is recorded"


@pytest.mark.parametrize(
    ("request_", "inbound", "sentence"),
    [
        (
            Request("to b", ("x@b.example",)),
            (),
            "The outbound connector 'to b' does not exist in this tenant; create it first, or correct the name.",
        ),
        (
            Request("To B", ("x@b.example",)),
            ("to b",),
            (
                "The outbound connector 'To B' does not exist, an inbound one of that name does; Exchange validates"
                " outbound connectors only, so ask the partner for a test mail to prove the way in."
            ),
        ),
        (
            Request("to a", None),
            (),
            (
                "The outbound connector 'to a': recipients: none are given and none are stored with the connector; give"
                " a mailbox at the partner that somebody reads."
            ),
        ),
        (
            Request("to a", ("x@a.example", "y@b.example")),
            (),
            (
                "The outbound connector 'to a': recipients: y@b.example is outside the domains of the connector"
                " (a.example); Exchange validates it with addresses in these domains only."
            ),
        ),
    ],
)
def test_what_cannot_be_validated(request_: Request, inbound: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        tasks(request_, inbound=inbound)
    assert caught.value.problems == [sentence]


def test_entries_of_the_module() -> None:
    (request_,) = read_requests([{"name": "to a", "recipients": ["It@A.Example", " it@a.example", "post@ä.example"]}])
    assert request_.recipients == ("it@a.example", "post@xn--4ca.example")
    assert read_requests([{"name": "to a", "recipients": None}])[0].recipients is None


def test_every_problem_of_the_entries_in_one_go() -> None:
    with pytest.raises(InputError) as caught:
        read_requests(
            [
                {"name": "to a", "recipients": []},
                {"name": "to b", "recipients": ["b.example", "x@", "x@b.example"]},
                {"name": "TO A", "recipients": None},
            ]
        )
    assert caught.value.problems == [
        (
            "connectors[0] (outbound 'to a'): recipients: the list is empty; give a mailbox at the partner that"
            " somebody reads."
        ),
        "connectors[1] (outbound 'to b'): recipients: 'b.example' is not a mail address.",
        "connectors[1] (outbound 'to b'): recipients: 'x@' is not a mail address.",
        "connectors[2] (outbound 'TO A'): connectors[0] has the same name; name each connector once.",
    ]

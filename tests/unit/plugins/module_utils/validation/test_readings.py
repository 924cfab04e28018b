# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Exchange's texts mean."""

from __future__ import annotations

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.model import Step, Task
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.readings import (
    advice,
    may_pass_later,
    telling,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.validation.builders import connector

FOREIGN = "The domain of the recipient is not configured as part of connector."
UNUSED = "The test email was routed out from O365 without using any connector"
ENABLED = Task(connector(), ("x@a.example",), "asked")
DISABLED = Task(connector(Enabled=False), ("x@a.example",), "asked")


def said(text: str) -> tuple[Step, ...]:
    return (Step("connect", True, "450 4.4.312 DNS query failed"), Step("mail", False, text))


@pytest.mark.parametrize(
    ("task", "text", "part", "later"),
    [
        (ENABLED, FOREIGN, "up to an hour", True),
        (DISABLED, FOREIGN, "The connector is disabled", False),
        (ENABLED, UNUSED, "up to an hour", True),
        (DISABLED, UNUSED, "up to an hour", True),
        (ENABLED, "450 4.4.317 [Message=451 5.7.3 STARTTLS is required to send mail]", "offers no STARTTLS", False),
        (ENABLED, "450 4.4.317 [Message=SubjectMismatch Expected Subject: a]", "set tls_domain", False),
        (ENABLED, "450 4.4.317 [Message=CertificateExpired Expected Subject: a]", "must renew it", False),
        (ENABLED, "450 4.4.317 [Message=UntrustedRoot]", "must send the whole chain", False),
        (ENABLED, "450 4.7.320 Certificate validation failed", "certificate was not accepted", False),
        (ENABLED, "Security status InvalidToken", "handshake", False),
        (ENABLED, "450 4.7.323 tlsa-invalid", "DANE", False),
        (ENABLED, "450 4.4.312 DNS query failed", "could not be resolved", False),
        (ENABLED, "450 4.4.316 Connection refused [Message=Socket error code 10061]", "on port 25", False),
        (ENABLED, "550 5.7.1 not wanted here", "O365ConnectorValidation@", False),
        (ENABLED, "", "O365ConnectorValidation@", False),
    ],
)
def test_what_to_do(task: Task, text: str, part: str, later: bool) -> None:
    assert part in advice(said(text), task)
    assert may_pass_later(said(text), task) is later


@pytest.mark.parametrize(
    ("detail", "line"),
    [
        ("", ""),
        (" \n one \n two", " one "),
        ("RECEIVE (SMTP)\n450 4.4.312 DNS query failed\nDEFER (SMTP)", "450 4.4.312 DNS query failed"),
        (f"{UNUSED}\n250 taken", UNUSED),
    ],
)
def test_which_line_of_a_log_is_told(detail: str, line: str) -> None:
    assert telling(detail) == line

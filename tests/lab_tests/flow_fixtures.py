# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab with partners for tests of mail and validation. It runs for a whole session and is reset for each test."""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab import AppSeed, Lab, TenantSeed
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.flow import MailFlow
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.queue import Message
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab.partners.journal import Letter
from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import Api, Json
from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_fixtures import PERMISSIONS, ROLES

GOOD, PLAIN, SELF_SIGNED, OTHER_NAME = "a_good", "f_no_starttls", "d_selfsigned", "b_wrong_name"
CLOSED, SMART, DANE, SILENT, GONE = "y_refused", "ee_smarthost_name", "v_dane_no_tls", "p_hang", "s_servfail"
CASES = (GOOD, PLAIN, SELF_SIGNED, OTHER_NAME, CLOSED, SMART, DANE, SILENT, GONE)
SENDER = "anna@contoso.example"
DAY = 24 * 3600
#: After so long a silent server closes the connection.
SILENCE = 0.4


@dataclass
class Post:
    """A tenant with partners, and a caller who may do what validation needs."""

    lab: Lab
    api: Api

    @property
    def mail(self) -> MailFlow:
        return self.lab.mail

    def domain(self, case_id: str) -> str:
        return next(case.ascii_domain for case in self.lab.partners.cases if case.id == case_id)

    def address(self, case_id: str) -> str:
        return f"bernd@{self.domain(case_id)}"

    def connect(self, case_id: str, name: str = "partner", **parameters: object) -> Json:
        """An outbound connector for a partner."""
        values = {"ConnectorType": "Partner", "RecipientDomains": [self.domain(case_id)], **parameters}
        (made,) = self.api.value("New-OutboundConnector", Name=name, **values)
        return made

    def change(self, name: str = "partner", **parameters: object) -> None:
        self.api.done("Set-OutboundConnector", Identity=name, **parameters)

    def send(self, case_id: str, **rest: t.Any) -> Message:
        (message,) = self.mail.submit(SENDER, [self.address(case_id)], "Hello", "How are you?", **rest)
        return message

    def letters(self, case_id: str) -> list[Letter]:
        return self.lab.partners.letters(case_id)

    def validate(self, name: str, *recipients: str) -> list[Json]:
        return self.api.value("Validate-OutboundConnector", Identity=name, Recipients=list(recipients))

    def mail_task(self, case_id: str, name: str = "partner") -> Json:
        """The last task of a validation with one recipient."""
        return self.validate(name, self.address(case_id))[-1]


def made(world: PartnerWorld) -> Lab:
    """A lab with one tenant, whose mail goes to these partners."""
    return Lab([TenantSeed(apps=[AppSeed()], accepted_domains=["contoso.example"])], partners=world)


def until(condition: t.Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    for _turn in range(1000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come to that")


@pytest.fixture(scope="session")
def post_lab() -> t.Iterator[Lab]:
    """The lab."""
    with made(PartnerWorld(CASES, hang_seconds=SILENCE)) as lab:
        yield lab


@pytest.fixture
def post(post_lab: Lab) -> t.Iterator[Post]:
    """The lab as it was at the beginning."""
    post_lab.reset()
    app = post_lab.tenant.app
    app.app_roles[:], app.exchange_roles[:] = PERMISSIONS, ROLES
    api = Api(post_lab, post_lab.tenant.issue_token())
    yield Post(post_lab, api)
    api.session.close()
    for case_id in CASES:
        for verb in ("MAIL", "RCPT", "DATA", "."):
            post_lab.partners.say(case_id, verb, None)

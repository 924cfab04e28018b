# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant with connectors to partners whose servers are there, for tests of the validation."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _client
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation import runner
from ansible_collections.mailflow.exchange_online.tests.integration.harness import run_module
from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld

__all__ = ["CLEAR", "EXPIRED", "GOOD", "lab", "letters", "record", "standing", "validate", "waits", "world"]

GOOD, CLEAR, EXPIRED = "a-good.test", "f-no-starttls.test", "c-expired.test"


def standing(domain: str, **members: t.Any) -> dict[str, t.Any]:
    """A connector that forces TLS with a partner of the lab."""
    return {"Name": f"to {domain}", "RecipientDomains": [domain], "TlsSettings": "CertificateValidation", **members}


STALE = {"IsValidated": True, "LastValidationTimestamp": "2026-01-01T00:00:00"}
SEED = {
    "tenants": [
        {
            "outbound": [
                standing(GOOD),
                standing(CLEAR, **STALE),
                standing(EXPIRED),
                standing(GOOD, Name="off", Enabled=False),
                standing(GOOD, Name="rules", RecipientDomains=[], IsTransportRuleScoped=True),
                standing("none.test", Name="none"),
            ],
            "inbound": [{"Name": "from a", "SenderDomains": [GOOD], "RequireTls": True}],
        }
    ]
}


@pytest.fixture(scope="module")
def world() -> t.Iterator[Lab]:
    """A lab with a good partner and two that cannot be forced."""
    with Lab(SEED, partners=PartnerWorld(["a_good", "f_no_starttls", "c_expired"])) as running:
        yield running


@pytest.fixture
def lab(world: Lab) -> Lab:
    """The same, as it was at the start."""
    world.reset()
    return world


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits are asked for and not served."""
    asked: list[float] = []
    quick = dataclasses.replace(_client.Pace(), sleep=asked.append)
    monkeypatch.setattr(runner, "Pace", lambda: quick)
    return asked


def validate(lab: Lab, *names: str, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
    """Run the module; a name stands for its connector and a mailbox at the partner it is named for."""
    entries = options.pop(
        "connectors", [{"name": f"to {name}", "recipients": [f"postmaster@{name}"]} for name in names]
    )
    return run_module("tls_validation", {**lab.connection(), "connectors": entries, **options}, check=check)


def record(lab: Lab, name: str) -> dict[str, t.Any]:
    """A connector as it stands."""
    return next(one for one in lab.tenant.outbound if one["Name"] == name)


def letters(lab: Lab) -> list[tuple[str, bool]]:
    """Whom mail came to, and whether encrypted."""
    return [(recipient, one.encrypted) for one in lab.partners.journal.letters for recipient in one.recipients]

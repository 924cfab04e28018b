# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for tests of the admin API. The labs run for a whole session and go back to their seed for each test."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab import AppSeed, Lab, TenantSeed
from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_client import Api

PERMISSIONS = ["Exchange.ManageAsApp"]
ROLES = ["Remote and Accepted Domains", "View-Only Configuration"]
OLD = {
    "Name": "old",
    "RecipientDomains": ["old.example"],
    "WhenCreatedUTC": "2026-01-01T00:00:00.0000000Z",
    "WhenChangedUTC": "2026-01-01T00:00:00.0000000Z",
}


def _running(*tenants: TenantSeed) -> t.Iterator[Lab]:
    with Lab(list(tenants)) as lab:
        yield lab


@pytest.fixture(scope="session")
def empty_lab() -> t.Iterator[Lab]:
    """Two tenants without connectors."""
    yield from _running(TenantSeed(apps=[AppSeed()]), TenantSeed(apps=[AppSeed()]))


@pytest.fixture(scope="session")
def old_lab() -> t.Iterator[Lab]:
    """A tenant with an outbound connector of January 2026."""
    yield from _running(TenantSeed(apps=[AppSeed()], outbound=[OLD]))


@pytest.fixture(scope="session")
def many_lab() -> t.Iterator[Lab]:
    """A tenant with 1,200 inbound connectors."""
    yield from _running(TenantSeed(apps=[AppSeed()], generate={"inbound": 1200}))


def _caller(lab: Lab) -> t.Iterator[Api]:
    lab.reset()
    app = lab.tenant.app
    app.app_roles[:], app.exchange_roles[:] = PERMISSIONS, ROLES
    api = Api(lab, lab.tenant.issue_token())
    yield api
    api.session.close()


@pytest.fixture
def api(empty_lab: Lab) -> t.Iterator[Api]:
    """A caller in a tenant without connectors, with the least rights that suffice for reading and writing them."""
    yield from _caller(empty_lab)


@pytest.fixture
def old(old_lab: Lab) -> t.Iterator[Api]:
    """A caller in a tenant with one old connector."""
    yield from _caller(old_lab)


@pytest.fixture
def many(many_lab: Lab) -> t.Iterator[Api]:
    """A caller in a tenant with 1,200 inbound connectors."""
    yield from _caller(many_lab)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For tests that hold for the modules as modules and inside the controller: import ``where``."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration import harness


@pytest.fixture(params=harness.WAYS)
def where(request: pytest.FixtureRequest) -> harness.Way:
    """Each of the ways in which a module runs."""
    return t.cast("harness.Way", request.param)

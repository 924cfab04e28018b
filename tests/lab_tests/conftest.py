# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for the lab's own tests."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.tests.lab.pytest_plugin import lab, make_lab
from ansible_collections.mailflow.exchange_online.tests.lab_tests.exchange_fixtures import (
    api,
    empty_lab,
    many,
    many_lab,
    old,
    old_lab,
)
from ansible_collections.mailflow.exchange_online.tests.lab_tests.flow_fixtures import post, post_lab

__all__ = ["api", "empty_lab", "lab", "make_lab", "many", "many_lab", "old", "old_lab", "post", "post_lab"]

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Postfix of our own beside the lab: whether it is here.

The tests that need it are in ``test_postfix_*``, and only there where it can be run: it takes root and the package.
`make test` says what was not run. With JUDGES=required, as in CI, that is a failure.
"""

from __future__ import annotations

import os

from ansible_collections.mailflow.exchange_online.tests.judges.postfix import unavailable


def test_postfix_is_here_where_it_must_be() -> None:
    assert os.environ.get("JUDGES") != "required" or unavailable() == ""

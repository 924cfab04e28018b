# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The module ``exchange_qualification``: what it takes and what it does."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._argspec import ArgumentSpec, exchange_spec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._program import Program
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.options import (
    qualification_options,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.runner import run_qualification

EXCHANGE_QUALIFICATION = Program(exchange_spec() | ArgumentSpec(qualification_options()), run_qualification)

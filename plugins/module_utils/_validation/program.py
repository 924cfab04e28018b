# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The module ``tls_validation``: what it takes and what it does."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._argspec import ArgumentSpec, exchange_spec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._program import Program
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.options import validation_options
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.runner import run_validation

TLS_VALIDATION = Program(exchange_spec() | ArgumentSpec(validation_options()), run_validation)

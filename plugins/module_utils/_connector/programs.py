# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The connector modules: what they take and what they do."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._argspec import ArgumentSpec, exchange_spec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.options import (
    connector_options,
    info_options,
    list_options,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.runner import (
    run_connector,
    run_connector_info,
    run_connectors,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._program import Program

CONNECTOR = Program(exchange_spec() | ArgumentSpec(connector_options()), run_connector)
CONNECTORS = Program(exchange_spec() | ArgumentSpec(list_options()), run_connectors)
CONNECTOR_INFO = Program(exchange_spec() | ArgumentSpec(info_options()), run_connector_info)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.programs import CONNECTOR_INFO

# What is read is mostly planned with, by filters. They run in workers, and each one would compile this code anew, since
# Ansible keeps no bytecode of collections.
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import (  # noqa: F401
    listed,
    planned,
    terms,
)
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._controller import InController


class ActionModule(InController):
    """The module ``connector_info`` inside the controller."""

    program = CONNECTOR_INFO

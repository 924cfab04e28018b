# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.programs import CONNECTOR_INFO
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._controller import InController


class ActionModule(InController):
    """The module ``connector_info`` inside the controller."""

    program = CONNECTOR_INFO

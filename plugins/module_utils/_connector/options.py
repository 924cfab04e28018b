# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The options of the connector modules, derived from the field table."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import FIELDS
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import DIRECTIONS

Options = dict[str, dict[str, t.Any]]


def connector_options() -> Options:
    """The options of one connector: of ``connector`` itself, and of each entry of ``connectors``."""
    return {
        "name": {"type": "str", "required": True},
        "direction": {"type": "str", "required": True, "choices": list(DIRECTIONS)},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        **{field.option: dict(field.kind.argument) for field in FIELDS},
    }


def list_options() -> Options:
    """The options of ``connectors``."""
    return {
        "connectors": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                **connector_options(),
                "owner": {"type": "str"},
                "allow_weaken": {"type": "bool", "default": False},
                "allow_weaken_from": {"type": "str"},
            },
        },
        "owner": {"type": "str"},
        "prune": {"type": "bool", "default": False},
        "prune_limit": {"type": "int", "default": 10},
        "prune_keep": {"type": "list", "elements": "str", "default": []},
        "allow_weaken": {"type": "bool", "default": False},
        "refuse_shared_domains": {"type": "bool", "default": False},
        "continue_on_error": {"type": "bool", "default": True},
        "plan_id": {"type": "str"},
        "written_before": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "direction": {"type": "str", "required": True, "choices": list(DIRECTIONS)},
                "guid": {"type": "str"},
                "settings": {"type": "dict"},
            },
        },
    }


def info_options() -> Options:
    """The options of ``connector_info``."""
    return {
        "name": {"type": "str"},
        "direction": {"type": "str", "choices": list(DIRECTIONS)},
        "domain": {"type": "str"},
        "blocked": {"type": "bool", "default": False},
    }
